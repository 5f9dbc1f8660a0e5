/**
 * `boot.sh` of a database node: brings a PostgreSQL server up as it should be and becomes it. One POSIX script for both
 * engines. Usage: `sh boot.sh` (bring up) or `sh boot.sh template <folder>` (make a template of a new cluster).
 *
 * Environment, from the topology: NODE_ID, DIR (the node's files), DATA (what the server keeps, and may enter),
 * BORN (primary or standby: what it is when there is no data yet), UPSTREAM ("host:port" of the first primary), SLOT.
 * From the engine: SERVER_BIN (folder of the binaries; without: on the PATH, else the newest where Debian keeps them),
 * SERVER_USER (who runs the server when we are root), TEMPLATE (a template to begin from; optional), CLONE (command of
 * the base backup, quoted for sh, where there is no pg_basebackup; optional).
 *
 * Files in DIR that decide: `fenced` (a reason): never start, unless `follow` tells whom to follow. `follow` (sh:
 * FOLLOW_HOST, FOLLOW_PORT, SINCE, HOW=auto|copy): become a standby of that server; with SINCE, rows that were written
 * here since then are kept in DATA/diverged.ndjson first. auto: what has been a standby all along only follows, what was a
 * primary is rewound or copied. `follow` and `fenced` go when that is done. `seed.sql`: what is put into a new primary
 * beside what is in the template, which many share.
 */
export const POSTGRES_BOOT = `#!/bin/sh
# Brings this database server up. Written by scalelab; see src/parts/postgres/boot.ts for what decides what.
set -eu
umask 077
# Messages are read below, and times compared: neither is a matter of where we are.
LC_ALL=C TZ=UTC
export LC_ALL TZ
# The first process of a container is deaf to signals that it does not ask for.
trap 'exit 143' INT TERM
bin=\${SERVER_BIN:-}
# Debian keeps every version apart and none on the PATH.
if [ -z "$bin" ] && ! command -v postgres >/dev/null; then
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
fi
bin=\${bin:+$bin/}
user=\${SERVER_USER:-postgres}
pgdata=$DATA/pgdata

say() { echo "boot: $*"; }
give_up() { echo "boot: $*" >&2; exit 3; }

# PostgreSQL refuses to run as root. setpriv and gosu become the command, so that its process id is ours.
if [ "$(id -u)" != 0 ]; then as=''
elif setpriv --help 2>&1 | grep -q -e --reuid; then
  as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups --"
elif command -v gosu >/dev/null; then as="gosu $user"
else give_up "running as root, and neither setpriv nor gosu is there to become $user"
fi

# Texts as they stand in other syntaxes, between single quotes: an SQL literal; a value of a postgresql.conf; a value of a
# connection string. Folders may have any name.
literal() { printf '%s' "$1" | sed "s/'/''/g"; }
setting() { printf '%s' "$1" | sed "s/['\\\\]/&&/g"; }
conninfo() { printf '%s' "$1" | sed "s/['\\\\]/\\\\\\\\&/g"; }

# Runs single statements, separated by empty lines, without a server.
single() { # data folder, database, config; statements on stdin
  $as "\${bin}postgres" --single -j -D "$1" -c config_file="$3" "$2" >"$DATA/single.log" 2>&1 || {
    cat "$DATA/single.log" >&2
    return 1
  }
  # It goes on after a mistake, and its exit code does not tell.
  if grep -E '(ERROR|FATAL|PANIC):' "$DATA/single.log" >&2; then return 1; fi
}

# Settings that need no network: the template is made before any port is known. With as little WAL as can be: every
# server starts from a copy of it.
bare_config() { # file
  # A failing statement is not logged: it may set a password.
  printf '%s\\n' "log_min_error_statement = panic" "listen_addresses = ''" "unix_socket_directories = ''" 'wal_level = replica' 'wal_log_hints = on' \\
    'wal_init_zero = off' 'wal_recycle = off' 'min_wal_size = 32MB' \\
    'shared_buffers = 64MB' 'fsync = off' 'max_wal_senders = 16' 'max_connections = 200' \\
    'max_replication_slots = 16' >"$1"
}

new_cluster() { # folder
  mkdir -p "$1"
  bare_config "$1.conf"
  own "$1" "$1.conf"
  # Small WAL files: every failover leaves one half-used, and pg_rewind copies them all (16 MB each by default: after 30
  # failovers 600 MB, and the old primary was back a second later than at first).
  $as "\${bin}initdb" -D "$1" -U scalelab -E UTF8 --locale=C --auth=reject --wal-segsize=1 --no-sync --no-instructions \\
    >"$1.log" 2>&1 || {
    cat "$1.log" >&2
    return 1
  }
  single "$1" postgres "$1.conf" <"$DIR/roles.sql"
  single "$1" ecomarket "$1.conf" <"$DIR/ecomarket.sql"
  # Two thirds of what every server would copy at its start, and nobody uses them.
  for unused in template0 template1 postgres; do
    printf '%s;\\n\\n' "ALTER DATABASE $unused IS_TEMPLATE false" "DROP DATABASE $unused"
  done | single "$1" ecomarket "$1.conf"
  # Everything comes from our own files; these would only mislead a reader.
  rm -f "$1/postgresql.conf" "$1/pg_hba.conf" "$1.conf" "$1.log" "$1/postmaster.opts"
}

seed() { # folder
  bare_config "$1.conf"
  own "$1" "$1.conf"
  single "$1" ecomarket "$1.conf" <"$DIR/seed.sql"
  rm -f "$1.conf" "$1/postmaster.opts" "$DATA/single.log"
}

# Nothing is ever done to the data of a server that runs.
leave_running_alone() {
  [ -e "$pgdata/postmaster.pid" ] || return 0
  pid=$(head -n 1 "$pgdata/postmaster.pid")
  # In a container the number of a server that ended may be ours by now; a zombie (Z) only waits to be counted out.
  if [ "$pid" != $$ ] && ps -p "$pid" -o stat=,args= 2>/dev/null | grep -v '^Z' | grep -q postgres; then
    give_up "a server with process id $pid still runs on this data"
  fi
  # PostgreSQL itself would take a zombie for a server.
  rm -f "$pgdata/postmaster.pid"
}

own() { # to the server's user
  [ -z "$as" ] || chown -R "$user" "$@"
}

settle() { # folder host port: this data follows that server from now on
  : >"$1/standby.signal"
  upstream="host=$2 port=$3 user=replicator passfile='$(conninfo "$DATA/pgpass")' application_name=$NODE_ID"
  printf '%s\\n' \\
    "primary_conninfo = '$(setting "$upstream sslmode=disable gssencmode=disable connect_timeout=2")'" \\
    "primary_slot_name = '$SLOT'" >"$1/postgresql.auto.conf"
}

# Before 16 pg_rewind goes by the last checkpoint of its source. So soon after a promotion that may be of the old
# timeline: then it says that there is nothing to rewind, and this server would keep rows that the others never had.
on_new_timeline() { # host port
  case $("\${bin}pg_rewind" --version) in
    *' 15.'*)
      $as env PGPASSFILE="$DATA/pgpass" "\${bin}psql" -X -q -w -h "$1" -p "$2" -U scalelab -d ecomarket -c CHECKPOINT
      ;;
  esac
}

fresh_copy() { # host port; into pgdata.new
  rm -rf "$pgdata.new"
  if [ -n "\${CLONE:-}" ]; then
    # It writes only what differs, so it begins from what there is.
    if [ -d "$pgdata" ]; then mv "$pgdata" "$pgdata.new"; else mkdir "$pgdata.new"; fi
    # It comes quoted for sh: folders may have spaces.
    eval 'PGPASSFILE="$DATA/pgpass"' "$CLONE" '"$1" "$2" "$pgdata.new"'
  else
    $as env PGPASSFILE="$DATA/pgpass" "\${bin}pg_basebackup" -h "$1" -p "$2" -U replicator -w -D "$pgdata.new" \\
      -X stream -c fast --no-sync
  fi
}

# The server's own copies of what it reads: its user may not be able to enter DIR.
server_files() {
  mkdir -p "$DATA"
  cp "$DIR/postgresql.conf" "$DIR/pg_hba.conf" "$DIR/pgpass" "$DATA/"
  # After a crash, and on a fresh copy, a server first flushes all its files: one by one that takes seconds.
  if [ "$(uname)" = Linux ]; then echo 'recovery_init_sync_method = syncfs' >>"$DATA/postgresql.conf"; fi
  chmod 600 "$DATA/pgpass"
  [ -z "$as" ] || chown "$user" "$DATA" "$DATA/postgresql.conf" "$DATA/pg_hba.conf" "$DATA/pgpass"
}

if [ "\${1:-}" = template ]; then
  DATA=$2
  mkdir -p "$DATA"
  own "$DATA"
  new_cluster "$DATA/pgdata"
  rm -f "$DATA/single.log"
  exit 0
fi

leave_running_alone
server_files

if [ -e "$DIR/follow" ]; then
  . "$DIR/follow"
  if [ -s "$pgdata/PG_VERSION" ] && [ ! -e "$pgdata/standby.signal" ] && [ -n "\${SINCE:-}" ]; then
    # Recovers first, as after any crash; nobody can connect meanwhile.
    rm -f "$DATA/diverged.ndjson"
    printf "COPY (SELECT row_to_json(r) FROM requests r WHERE status < 400 AND created_at >= '%s') TO '%s';\\n" \\
      "$SINCE" "$(literal "$DATA/diverged.ndjson")" >"$DATA/diverged.sql"
    single "$pgdata" ecomarket "$DATA/postgresql.conf" <"$DATA/diverged.sql"
    rm -f "$DATA/diverged.sql"
    say "rows written here since $SINCE are in diverged.ndjson"
  fi
  made=no
  if [ "\${HOW:-auto}" = auto ] && [ -e "$pgdata/standby.signal" ]; then made=pointed
  elif [ "\${HOW:-auto}" = auto ] && [ -s "$pgdata/PG_VERSION" ] && [ -z "\${CLONE:-}" ]; then
    if on_new_timeline "$FOLLOW_HOST" "$FOLLOW_PORT" &&
      $as env PGPASSFILE="$DATA/pgpass" "\${bin}pg_rewind" -D "$pgdata" --no-sync \\
      --config-file="$DATA/postgresql.conf" \\
      --source-server="host=$FOLLOW_HOST port=$FOLLOW_PORT user=scalelab dbname=ecomarket sslmode=disable"
    then made=rewound
    else say 'pg_rewind could not; a fresh copy is made'
    fi
  fi
  if [ "$made" = no ]; then
    fresh_copy "$FOLLOW_HOST" "$FOLLOW_PORT"
    rm -rf "$pgdata"
    mv "$pgdata.new" "$pgdata"
    own "$pgdata"
    made=copied
  fi
  # Slots of its time as a primary would hold back WAL for ever.
  rm -rf "$pgdata"/pg_replslot/*
  settle "$pgdata" "$FOLLOW_HOST" "$FOLLOW_PORT"
  own "$pgdata/standby.signal" "$pgdata/postgresql.auto.conf"
  rm -f "$DIR/follow" "$DIR/fenced"
  say "$made, a standby of $FOLLOW_HOST:$FOLLOW_PORT from now on"
elif [ -e "$DIR/fenced" ]; then
  give_up "fenced: $(cat "$DIR/fenced"). It must not serve until it follows the new primary: scalelab failover --resume"
elif [ ! -s "$pgdata/PG_VERSION" ]; then
  # Made aside: what was killed half-way is made anew, and no copy ever starts as a second primary.
  rm -rf "$pgdata" "$pgdata.new"
  if [ -n "\${TEMPLATE:-}" ]; then cp -R "$TEMPLATE/pgdata" "$pgdata.new"
  elif [ "$BORN" = primary ]; then new_cluster "$pgdata.new"
  else
    # The first primary may take a moment longer than we do; whoever waits for us limits the time. Each try costs it
    # some of the processor.
    until fresh_copy "\${UPSTREAM%:*}" "\${UPSTREAM##*:}" 2>"$DATA/copy.log"; do sleep 0.25; done
  fi
  if [ "$BORN" != primary ]; then settle "$pgdata.new" "\${UPSTREAM%:*}" "\${UPSTREAM##*:}"
  elif [ -e "$DIR/seed.sql" ]; then seed "$pgdata.new"
  fi
  own "$pgdata.new"
  mv "$pgdata.new" "$pgdata"
fi

exec $as "\${bin}postgres" -D "$pgdata" -c config_file="$DATA/postgresql.conf" -c hba_file="$DATA/pg_hba.conf"
`
