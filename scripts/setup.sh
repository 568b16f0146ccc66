#!/usr/bin/env bash
# Puts what the tests need on the machine, and says what it does.
#
#   scripts/setup.sh [browser] [postgres] [tools]     (all three when none is named)
#
# A package that is missing is installed with apt (through sudo when not root);
# development tools come from package-lock.json. Where that is not possible, the
# line to type is printed: with CI set the script then fails, otherwise it goes
# on and the tests concerned say that they are skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*"; }
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(browser postgres tools)
wants() { local p; for p in "${parts[@]}"; do [ "$p" = "$1" ] && return 0; done; return 1; }

cannot() { # cannot REASON LINE
  printf '!! %s\n!! Type this, then start again:\n!!\n!!     %s\n!!\n' "$1" "$2" >&2
  if [ -n "${CI:-}" ]; then exit 1; fi
}

command -v go >/dev/null || { cannot "Go is not installed (1.26 or newer; any Go since 1.21 fetches the right one)." "see https://go.dev/doc/install"; exit 1; }

has_chromium() { [ -n "${CHROME_PATH:-}" ] && [ -x "$CHROME_PATH" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
has_postgres() { [ -n "${PARVIS_TEST_POSTGRES:-}" ] || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }
has_arabic() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=ar family 2>/dev/null | grep -i noto || true)" ]; }
node_fits() { command -v node >/dev/null && command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]; }

missing=() why=()
need() { missing+=("$1"); why+=("$1 ($2)"); }
if wants browser; then
  has_chromium || need chromium "to walk through the pages"
  has_arabic || need fonts-noto-core "letters for Arabic pages"
  command -v fc-list >/dev/null || need fontconfig "to find the fonts"
  command -v pdftotext >/dev/null || need poppler-utils "to read printed sheets"
fi
if wants postgres; then
  has_postgres || need postgresql "the second database"
fi
if wants tools; then
  node_fits || need nodejs "axe, TypeScript, esbuild"
  node_fits || need npm "axe, TypeScript, esbuild"
fi

if [ ${#missing[@]} -gt 0 ]; then
  say "missing here: $(IFS=';'; echo "${why[*]}" | sed 's/;/, /g')"
  line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      as_root=(false)
    elif [ -t 0 ]; then
      as_root=(sudo)
    else
      as_root=(sudo -n)
    fi
  fi
  if ! command -v apt-get >/dev/null; then
    cannot "This system has no apt-get: these packages have to come another way." "install: ${missing[*]}"
  elif [ "${as_root[*]:-}" = false ]; then
    cannot "These packages need root, and sudo is not here." "su -c '$line'"
  else
    say "installing ${missing[*]} with apt (a minute or two the first time)"
    if ! { "${as_root[@]}" apt-get update -q &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } </dev/null; then
      cannot "apt could not install ${missing[*]}." "sudo sh -c '$line'"
    fi
  fi
fi

if wants tools && node_fits; then
  stamp=node_modules/.parvis-lock
  if ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
    say "fetching the development tools of package-lock.json (npm ci)"
    if npm ci --no-audit --no-fund --loglevel=error </dev/null; then
      cp package-lock.json "$stamp"
    else
      cannot "npm could not fetch the development tools." "npm ci"
    fi
  fi
fi
