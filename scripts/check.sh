#!/usr/bin/env bash
# The checks that read the code without running it: layout, vet, staticcheck, types.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf '== %s\n' "$*"; }

STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.8.2

say "gofmt"
unformatted=$(git ls-files -co --exclude-standard '*.go' | grep -v '/testdata/' | xargs -r gofmt -l)
if [ -n "$unformatted" ]; then
  printf 'gofmt would change these files (gofmt -w FILE):\n%s\n' "$unformatted" >&2
  exit 1
fi

say "go vet"
go vet ./...

bin="$PWD/.cache/bin"
if [ ! -x "$bin/staticcheck" ] || ! cmp -s <(echo "$STATICCHECK") "$bin/staticcheck.version"; then
  say "fetching $STATICCHECK"
  mkdir -p "$bin"
  if GOBIN="$bin" GOFLAGS= go install "$STATICCHECK"; then
    echo "$STATICCHECK" >"$bin/staticcheck.version"
  elif [ -n "${CI:-}" ]; then
    echo "!! staticcheck cannot be fetched" >&2
    exit 1
  else
    echo "-- staticcheck cannot be fetched from here: skipped"
  fi
fi
if [ -x "$bin/staticcheck" ]; then
  say "staticcheck"
  "$bin/staticcheck" ./...
fi

if [ -x node_modules/.bin/tsc ] && [ -n "$(git ls-files '*tsconfig.json')" ]; then
  say "TypeScript"
  while read -r project; do
    node_modules/.bin/tsc --noEmit -p "$project"
  done < <(git ls-files '*tsconfig.json')
fi
