# Sourced: a PostgreSQL server of our own in a temporary folder, on a Unix socket
# and a free port of the loopback, without a password, gone at the end.
# PostgreSQL refuses to run as root: it then runs as the user "postgres", or "nobody".

postgres_bin() {
  local dir newest=
  for dir in /usr/lib/postgresql/*/bin; do
    [ -x "$dir/initdb" ] && newest=$dir
  done
  if [ -z "$newest" ] && command -v initdb >/dev/null; then
    newest=$(dirname "$(command -v initdb)")
  fi
  printf '%s' "$newest"
}

postgres_found() { [ -n "$(postgres_bin)" ]; }

postgres_as() { # runs a command as a user that PostgreSQL accepts
  if [ "$(id -u)" -eq 0 ]; then
    runuser -u "$postgres_user" -- "$@"
  else
    "$@"
  fi
}

postgres_start() { # sets and exports PARVIS_TEST_POSTGRES
  local bin port try
  bin=$(postgres_bin)
  postgres_user=postgres
  id "$postgres_user" >/dev/null 2>&1 || postgres_user=nobody
  postgres_dir=$(mktemp -d /tmp/parvis-postgres.XXXXXX)
  [ "$(id -u)" -ne 0 ] || chown "$postgres_user" "$postgres_dir"
  # A test server keeps nothing: what it loses in a power cut is a test's rows.
  (cd "$postgres_dir" && postgres_as "$bin/initdb" -D "$postgres_dir/data" -U parvis -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$postgres_dir/initdb.log" 2>&1) ||
    { cat "$postgres_dir/initdb.log" >&2; return 1; }
  for try in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 20000))
    if (cd "$postgres_dir" && postgres_as "$bin/pg_ctl" -D "$postgres_dir/data" -w -t 60 -s -l "$postgres_dir/server.log" \
      -o "-p $port -k $postgres_dir -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB" start); then
      export PARVIS_TEST_POSTGRES="postgres://parvis@127.0.0.1:$port/postgres?sslmode=disable"
      return 0
    fi
  done
  cat "$postgres_dir/server.log" >&2
  return 1
}

postgres_stop() {
  [ -n "${postgres_dir:-}" ] || return 0
  (cd / && postgres_as "$(postgres_bin)/pg_ctl" -D "$postgres_dir/data" -m immediate -w -s stop) || true
  rm -rf "$postgres_dir"
  postgres_dir=
}
