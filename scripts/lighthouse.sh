#!/usr/bin/env bash
# Lighthouse on the pages that matter most, in the demo, as a phone sees them and
# as a desktop does. Prints a table; fails under the goals: performance 95,
# accessibility 100, best practices 95.
#
#   make lighthouse
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

LIGHTHOUSE=lighthouse@12.8.2 # the last that runs on Debian 12's Node
CHROME_PATH=${CHROME_PATH:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
export CHROME_PATH

echo "== starting a demo of its own"
HOME="$work" XDG_CONFIG_HOME="$work/config" bin/parvis demo --listen 127.0.0.1:0 --data "$work/demo" >"$work/out" 2>"$work/err" &
server=$!
for _ in $(seq 300); do
  base=$(sed -n 's/^ready //p' "$work/out")
  [ -z "$base" ] || break
  kill -0 "$server" 2>/dev/null || { cat "$work/err" >&2; exit 1; }
  sleep 0.1
done
[ -n "$base" ] || { echo "the demo did not start" >&2; cat "$work/err" >&2; exit 1; }

curl -sf -c "$work/jar" -o /dev/null "$base/demo/enter/worker"
cookie=$(awk '!/^# / && NF >= 7 {sub(/^#HttpOnly_/, ""); printf "%s%s=%s", sep, $6, $7; sep="; "}' "$work/jar")
page() { curl -sf -b "$work/jar" "$base$1"; }
person=$(page "/personnes" | grep -oE '/personnes/[0-9a-f-]{36}' | head -1)
[ -n "$person" ] || { echo "no person's file found in the demo" >&2; exit 1; }
# A sheet is made by a form, then has an address: send the form as a browser would.
asked=$(page "$person" | tr -d '\n' | grep -oE "<form[^>]*action=\"$person/fiche\".*" | sed 's|</form>.*||')
fields=()
while read -r field; do
  fields+=(--data-urlencode "$field")
done < <(grep -oE '<input type="hidden" name="[^"]*" value="[^"]*"' <<<"$asked" | sed -E 's/.*name="([^"]*)" value="([^"]*)"/\1=\2/')
sheet=$(curl -sf -b "$work/jar" -c "$work/jar" -o /dev/null -w '%{redirect_url}' "${fields[@]}" "$base$person/fiche")
sheet=${sheet#"$base"}
[ -n "$sheet" ] || { echo "no printed sheet could be made in the demo" >&2; exit 1; }

failed=0
printf '%-26s %-8s %12s %14s %15s\n' page form performance accessibility 'best practices'
audit() { # audit NAME PATH COOKIE FORM
  local out="$work/$1-$4.json" preset=()
  [ "$4" = desktop ] && preset=(--preset=desktop)
  npm exec --yes --package="$LIGHTHOUSE" -- lighthouse "$base$2" --quiet --output=json --output-path="$out" "${preset[@]}" \
    --only-categories=performance,accessibility,best-practices --extra-headers="{\"Cookie\":\"$3\"}" \
    --chrome-flags="--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync" 2>"$work/lh.err" ||
    { cat "$work/lh.err" >&2; return 1; }
  node -e '
    const [file, name, form] = process.argv.slice(1);
    const r = JSON.parse(require("fs").readFileSync(file));
    const score = c => Math.round(100 * r.categories[c].score);
    const all = ["performance", "accessibility", "best-practices"].map(score);
    console.log(name.padEnd(26), form.padEnd(8), String(all[0]).padStart(12), String(all[1]).padStart(14), String(all[2]).padStart(15));
    const low = Object.values(r.audits).filter(a => a.score !== null && a.score < 0.9 && a.details && a.scoreDisplayMode !== "informative");
    if (all[0] < 95 || all[1] < 100 || all[2] < 95) { for (const a of low) console.log("    ", a.id, a.displayValue || ""); process.exit(1); }
  ' "$out" "$1" "$4" || failed=1
}
for form in mobile desktop; do
  audit sign-in /entrer "" "$form"
  audit person "$person" "$cookie" "$form"
  audit sheet "$sheet" "$cookie" "$form"
done
exit "$failed"
