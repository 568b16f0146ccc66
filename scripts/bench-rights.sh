#!/usr/bin/env bash
# The figures of the rights engine, in one run:
#
#   make bench-rights                 one household; sweeps of 1,000 to 1,000,000 made-up households
#   SWEEPS="1000 10000" make bench-rights
#   BASELINE=1 make bench-rights      OpenFisca beside, installed from PyPI in a throw-away environment
#
# Processor time is what counts: neighbours on the machine stretch the clock, not it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
eleven=rsa,ppa,aide_logement,aah,aspa,cmu_c,css_participation_forfaitaire,af,asf,cf,paje_base
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "== one household, eleven rights, a batch of its own"
go test -run '^$' -bench OneHousehold -benchtime 3s ./rights/population | grep Benchmark
echo "== the next question after each page of three households"
go test -run '^$' -bench Next -benchtime 20x ./rights/ask | grep Benchmark
echo "== sweeps: eleven rights, 2026-06"
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/parvis" ./cmd/parvis
for n in ${SWEEPS:-1000 10000 100000 1000000}; do
  LANG=en_GB.UTF-8 "$work/parvis" rights sweep --synthetic "$n" --month 2026-06 --rights "$eleven" --out "$work/out.csv" 2>&1 | tail -1 | sed "s#$work/##"
  rm -f "$work/out.csv"
done
echo "== the engine alone: from its start to ready, then /calculate, eleven rights, full input"
"$work/parvis" rights serve --listen 127.0.0.1:0 >"$work/engine.log" 2>&1 &
engine=$!
trap 'kill "$engine" 2>/dev/null || true; rm -rf "$work"' EXIT
until url=$(sed -n 's/^ready //p' "$work/engine.log") && [ -n "$url" ]; do sleep 0.05; done
awk '{ print "ready after " ($14 + $15) * 10 " ms of processor" }' "/proc/$engine/stat"
grep VmHWM "/proc/$engine/status"
PARVIS_ENGINE="$url $engine" go test -run '^$' -bench Calculate -benchtime 5s ./internal/interop/openfisca | grep Benchmark
if [ -n "${BASELINE:-}" ]; then
  echo "== OpenFisca, one household, the same rights"
  if python3 -m venv "$work/venv" && "$work/venv/bin/pip" -q install openfisca-france; then
    "$work/venv/bin/python" scripts/openfisca-one.py
  else
    echo "-- OpenFisca cannot be installed from here: skipped"
  fi
fi
