#!/usr/bin/env bash
# Looks for what a program could send that the APIs answer badly: Schemathesis, from
# its registry, in a throw-away environment, against their OpenAPI documents.
#
#   scripts/fuzz-api.sh           both APIs, of a demo on made-up people (`make fuzz-api`, EXAMPLES=50 SECONDS_EACH=120)
#   scripts/fuzz-api.sh engine    the OpenFisca web API of the engine alone, under a minute; continuous integration runs it
#
# Where Schemathesis cannot be installed, `engine` says so and passes: `make fuzz` still looks, with Go alone.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
stop() {
  [ -z "${served:-}" ] || kill "$served" 2>/dev/null || true
  rm -rf "$dir"
}
trap stop EXIT
install() {
  python3 -m venv "$dir/venv" || { echo "!! python3 with venv is needed: apt-get install python3-venv" >&2; return 1; }
  "$dir/venv/bin/pip" install -q --disable-pip-version-check "schemathesis==4.32.5"
}
ready() { # waits for the line that says where
  for _ in $(seq 60); do
    url=$(sed -n 's/^ready //p' "$dir/served.log")
    [ -z "$url" ] || return 0
    sleep 1
  done
  cat "$dir/served.log" >&2
  return 1
}
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
run() { # document, base, more…
  (cd "$dir" # it leaves a folder where it runs
  nice "$dir/venv/bin/schemathesis" run "$1" -u "$2" --checks "$checks" -n "${EXAMPLES:-20}" --max-time "${SECONDS_EACH:-120}" --seed 1 "${@:3}")
}

if [ "${1:-}" = engine ]; then
  install || { echo "-- Schemathesis cannot be installed from here: the engine's API is not fuzzed with it"; exit 0; }
  go build -o "$dir/parvis" ./cmd/parvis
  "$dir/parvis" rights serve --listen 127.0.0.1:0 >"$dir/served.log" 2>&1 &
  served=$!
  ready
  echo "== Schemathesis on the OpenFisca web API"
  EXAMPLES=${EXAMPLES:-10} SECONDS_EACH=${SECONDS_EACH:-40}
  run "$url/openfisca/spec" "$url/openfisca"
  exit 0
fi

install
go build -o "$dir/parvis" ./cmd/parvis
XDG_CACHE_HOME=$dir/cache XDG_CONFIG_HOME=$dir/config "$dir/parvis" demo --listen 127.0.0.1:0 --fresh >"$dir/served.log" 2>&1 &
served=$!
ready

# A key of the demo's worker, for everything, made as a browser makes it.
field() { sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" "$dir/page.html" | head -1; }
ask() { curl -fsS -L -b "$dir/jar" -c "$dir/jar" "$@"; }
ask -o /dev/null "$url/demo/enter/worker"
ask -o "$dir/page.html" "$url/compte/cles"
tr '<' '\n<' <"$dir/page.html" >"$dir/lines" && mv "$dir/lines" "$dir/page.html"
form=(--data-urlencode "jeton=$(field jeton)" --data-urlencode "unique=$(field unique)" --data-urlencode "name=fuzz" --data-urlencode "until=11/06/2027")
for scope in $(sed -n 's/.*name="scopes" value="\([^"]*\)".*/\1/p' "$dir/page.html"); do form+=(--data-urlencode "scopes=$scope"); done
key=$(ask -e "$url/compte/cles" -H "Origin: $url" "${form[@]}" "$url/compte/cles" | grep -o 'parvis_[A-Za-z0-9_-]\{43\}' | head -1)
[ -n "$key" ] || { echo "!! no key was made" >&2; exit 1; }

echo "== the OpenFisca web API"
run "$url/openfisca/spec" "$url/openfisca"
echo "== /api/v1"
# 600 requests a minute are answered: slower is not useful, faster meets 429, which is documented.
run "$url/api/v1/openapi.json" "$url" -H "Authorization: Bearer $key" --rate-limit 9/s
