# A throw-away PostgreSQL server on 127.0.0.1, for tests and benchmarks. Source this file; it runs nothing by itself.
#
#   require_postgres             finds the server's programs, installs them where it may, or fails and says what to do
#   start_postgres [NAME=VALUE…] starts an empty cluster with these settings; sets postgres_url
#   stop_postgres                stops it and removes its files; does nothing when none was started
#
# The caller runs stop_postgres on every way out: trap stop_postgres EXIT
# shellcheck shell=bash disable=SC2034

postgres_bin=""     # folder of initdb, pg_ctl and postgres
postgres_dir=""     # temporary folder of the running cluster
postgres_url=""     # what clients connect to

require_postgres() {
  find_postgres_bin || { install_postgres && find_postgres_bin; } || {
    cat >&2 <<'HELP'
PostgreSQL's server programs (initdb, pg_ctl, postgres) are missing, version 15 or later. Install them:
  Debian, Ubuntu   sudo apt-get install postgresql
  Fedora           sudo dnf install postgresql-server
  macOS            brew install postgresql
or put the folder that holds them on PATH. No server needs to run and no database needs to exist.
HELP
    return 1
  }
}

# The newest version wins; distributions keep the server's programs off PATH.
find_postgres_bin() {
  local folder
  while IFS= read -r folder; do
    if [[ -x $folder/initdb && -x $folder/pg_ctl && -x $folder/postgres ]]; then
      postgres_bin=$folder
      return 0
    fi
  done < <(
    printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin | sort -rV
    dirname "$(command -v pg_ctl || echo /none/pg_ctl)"
  )
  return 1
}

install_postgres() {
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 1
  echo "Installing PostgreSQL with apt-get" >&2
  # Debian makes and starts a cluster when it installs the server; nobody asked for one.
  local no_cluster=/etc/postgresql-common/createcluster.d/memberpulse-tests.conf
  mkdir -p "${no_cluster%/*}"
  echo "create_main_cluster = false" >"$no_cluster"
  local installed=0
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql; } \
    </dev/null >&2 || installed=1
  rm -f "$no_cluster"
  return "$installed"
}

start_postgres() {
  require_postgres || return 1
  postgres_dir=$(mktemp -d "${TMPDIR:-/tmp}/memberpulse-postgres.XXXXXX") || return 1
  if [[ $(id -u) == 0 ]]; then chown postgres "$postgres_dir"; fi

  # Words sort as in English, as on most servers. Ours must sort by code point whatever the server does: a column
  # without COLLATE "C" would show here, and not on a server whose own order is by code point.
  as_postgres initdb --pgdata=data --username=postgres --auth=trust --no-sync \
    --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=en \
    >"$postgres_dir/log" 2>&1 || { fail_postgres "initdb failed"; return 1; }

  local setting settings=""
  for setting in listen_addresses=127.0.0.1 unix_socket_directories= max_connections=300 "$@"; do
    settings+=" -c $setting"
  done
  # A port that is free now can be taken by the time the server wants it: try a few.
  local port attempt
  for attempt in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000)) # below the range that systems give to outgoing connections
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then continue; fi
    if as_postgres pg_ctl start --wait --timeout=60 --pgdata=data --log=data/log --options="-p $port$settings" \
      </dev/null >"$postgres_dir/log" 2>&1; then
      postgres_url=postgres://postgres@127.0.0.1:$port/postgres
      return 0
    fi
    grep -q "could not bind" "$postgres_dir/data/log" || break
  done
  fail_postgres "the server did not start (attempt $attempt)"
  return 1
}

# pg_ctl stops the process whose id is in this cluster's own folder, and no other.
stop_postgres() {
  [[ -n $postgres_dir ]] || return 0
  if [[ -f $postgres_dir/data/postmaster.pid ]]; then
    as_postgres pg_ctl stop --silent --mode=immediate --pgdata=data >&2 || true
  fi
  rm -rf "$postgres_dir"
  postgres_dir=""
}

# Runs one of the server's programs in the cluster's folder. The server refuses to run as root.
as_postgres() (
  cd "$postgres_dir" || exit 1
  program=$postgres_bin/$1
  shift
  if [[ $(id -u) == 0 ]]; then runuser -u postgres -- "$program" "$@"; else "$program" "$@"; fi
)

fail_postgres() {
  echo "PostgreSQL: $1. The end of its logs:" >&2
  tail -q -n 20 "$postgres_dir/log" "$postgres_dir/data/log" >&2 || true
}
