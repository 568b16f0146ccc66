#!/usr/bin/env bash
# Go benchmarks, in the form that benchstat reads:
#
#   make bench                         all of them, once
#   BENCH=OpenFile COUNT=6 make bench | tee new.txt; benchstat old.txt new.txt
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
packages=$(git grep -lE '^func Benchmark' -- '*_test.go' | xargs -n1 dirname | sort -u | sed 's|^|./|')
[ -n "$packages" ] || { echo "no benchmark yet"; exit 0; }
echo "== benchmarks of $(git rev-parse --short HEAD) on $(nproc) cores" >&2
# One package after the other (-p 1): two at once would measure each other.
# shellcheck disable=SC2086
exec go test -p 1 -run '^$' -bench "${BENCH:-.}" -benchmem -count "${COUNT:-1}" -timeout 60m $packages
