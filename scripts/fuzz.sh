#!/usr/bin/env bash
# Runs every Go fuzz target for FUZZTIME each, one after the other. What it finds lands in
# testdata/fuzz beside the test: commit it with the fix, it runs with `make test` from then on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
grep -rlE '^func Fuzz' --include='*_test.go' internal rights cmd | sort | while read -r file; do
  for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
    echo "== ./$(dirname "$file") $name"
    go test "./$(dirname "$file")" -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-30s}" </dev/null
  done
done
