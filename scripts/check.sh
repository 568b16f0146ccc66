#!/usr/bin/env bash
# The checks that read the code without running it: layout, vet, staticcheck, gosec,
# govulncheck, types.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf '== %s\n' "$*"; }

STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOSEC=github.com/securego/gosec/v2/cmd/gosec@v2.28.0
GOVULNCHECK=golang.org/x/vuln/cmd/govulncheck@v1.8.0

say "gofmt"
unformatted=$(git ls-files -co --exclude-standard '*.go' | grep -v '/testdata/' | xargs -r gofmt -l)
if [ -n "$unformatted" ]; then
  printf 'gofmt would change these files (gofmt -w FILE):\n%s\n' "$unformatted" >&2
  exit 1
fi

say "go vet"
go vet ./...

bin="$PWD/.cache/bin"
# fetched MODULE@VERSION [beside]: a pinned tool of Go's registry, kept between runs. One
# that stands beside the checks and cannot be fetched is said, even where CI is set.
fetched() {
  local tool=${1%@*}
  tool=${tool##*/}
  if [ ! -x "$bin/$tool" ] || ! cmp -s <(echo "$1") "$bin/$tool.version"; then
    say "fetching $1"
    mkdir -p "$bin"
    if GOBIN="$bin" GOFLAGS= go install "$1"; then
      echo "$1" >"$bin/$tool.version"
    elif [ -n "${CI:-}" ] && [ "${2:-}" != beside ]; then
      echo "!! $tool cannot be fetched" >&2
      exit 1
    else
      echo "-- $tool cannot be fetched from here: skipped"
      return 1
    fi
  fi
}

if fetched "$STATICCHECK"; then
  say "staticcheck"
  "$bin/staticcheck" ./...
fi

# gosec looks for dangerous gestures. Three of its rules say nothing here: a name with
# « token » or « secret » in it is a query's (G101), a number that is converted is bounded
# by its column or its type (G115; fuzzing and properties look at it), a file whose name
# is a variable is the one that the command line names (G304). Any other finding is
# mended, or answered on its line: #nosec RULE -- why.
if fetched "$GOSEC" beside; then
  say "gosec"
  "$bin/gosec" -quiet -terse -exclude=G101,G115,G304 -exclude-generated \
    -exclude-dir=internal/testkit -exclude-dir=internal/browsertest -exclude-dir=internal/platform/db/dbtest -exclude-dir=internal/directory/gen ./...
fi

# govulncheck needs the database of vuln.go.dev: a known flaw that our code reaches
# fails the checks, a database out of reach is said and no more.
if fetched "$GOVULNCHECK" beside; then
  say "govulncheck"
  found=0
  report=$("$bin/govulncheck" ./... 2>&1) || found=$?
  if [ "$found" = 3 ]; then
    printf '%s\n' "$report" >&2
    exit 1
  elif [ "$found" != 0 ]; then
    echo "-- vuln.go.dev cannot be reached from here: known flaws were not looked for ($(printf '%s' "$report" | tail -1))"
  fi
fi

if [ -x node_modules/.bin/tsc ] && [ -n "$(git ls-files '*tsconfig.json')" ]; then
  say "TypeScript"
  while read -r project; do
    node_modules/.bin/tsc --noEmit -p "$project"
  done < <(git ls-files '*tsconfig.json')
fi
