#!/usr/bin/env bash
# A PostgreSQL for tests: a temporary cluster behind a unix socket, gone when nobody needs it any more.
#   postgres.sh serve         prints the URL of a new cluster and serves until its standard input ends
#   postgres.sh run CMD …     runs CMD with LIANBO_TEST_POSTGRES set to such a URL
# It flushes nothing to disk; LIANBO_POSTGRES_OPTIONS="-c fsync=on …" gives it other settings (benches do).
set -euo pipefail

serve() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
  [ -x "$bin/postgres" ] || { echo "no PostgreSQL server under /usr/lib/postgresql; apt install postgresql" >&2; exit 1; }
  dir=$(mktemp -d "${TMPDIR:-/tmp}/lianbo-pg-XXXXXX")
  server=
  trap 'if [ -n "$server" ]; then kill -QUIT "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; rm -rf "$dir"' EXIT
  trap '' INT  # Ctrl-C reaches the whole group; the end of the input tells when to go
  trap 'exit 0' TERM HUP
  local as=()
  if [ "$(id -u)" = 0 ]; then  # initdb and postgres refuse to run as root
    chown postgres "$dir"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  fi
  cd "$dir"
  "${as[@]}" "$bin/initdb" -D "$dir/data" --no-sync --auth=trust -U lianbo -E UTF8 --locale=C > "$dir/log" 2>&1 ||
    { cat "$dir/log" >&2; exit 1; }
  "${as[@]}" "$bin/postgres" -D "$dir/data" -c listen_addresses= -c unix_socket_directories="$dir" \
    -c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c max_connections=300 \
    -c shared_buffers=64MB -c deadlock_timeout=50ms -c jit=off ${LIANBO_POSTGRES_OPTIONS:-} < /dev/null > "$dir/log" 2>&1 &
  server=$!
  until "$bin/pg_isready" -q -h "$dir" -U lianbo; do
    kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
    sleep 0.02
  done
  echo "postgresql:///postgres?host=$dir&user=lianbo"
  read -r _ || true
}

case "${1:-}" in
  serve) serve ;;
  run)
    shift
    coproc SERVER { exec "$0" serve; }
    read -r LIANBO_TEST_POSTGRES <&"${SERVER[0]}" || exit 1
    export LIANBO_TEST_POSTGRES
    "$@"
    ;;
  *) sed -n '2,5p' "$0" >&2; exit 2 ;;
esac
