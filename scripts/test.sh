#!/usr/bin/env bash
# `make test`: set-up, checks, then every test, on SQLite and on PostgreSQL, with
# a real Chromium. With CI set nothing is skipped: what is missing is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf '== %s\n' "$*"; }
started=$SECONDS

scripts/setup.sh
scripts/check.sh

say "building bin/parvis as it is shipped (static, with Go alone)"
CGO_ENABLED=0 go build -trimpath -o bin/parvis ./cmd/parvis

source scripts/postgres.sh
if [ -z "${PARVIS_TEST_POSTGRES:-}" ] && postgres_found; then
  say "starting a PostgreSQL of our own for the tests"
  trap postgres_stop EXIT
  postgres_start
fi

say "go test ./... (a quarter of an hour on two cores)"
go test -count=1 -timeout 28m ./...
say "everything passed in $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s"
