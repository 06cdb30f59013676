#!/usr/bin/env bash
# An MLflow server for a team: a PostgreSQL of its own and the artifacts, both in one folder.
#
#   jobs/mlflow_server.sh FOLDER [HOST:PORT] [DATABASE_URI]
#
# Makes FOLDER/postgres where it is not there yet, starts it, serves on HOST:PORT (127.0.0.1:5000) until it is stopped,
# and stops the PostgreSQL with it. With a DATABASE_URI, such as postgresql+psycopg2://user@there/mlflow, that database
# is used and none is made; a password belongs into ~/.pgpass, not into the line.
set -euo pipefail

folder=$(realpath -m "${1:?usage: jobs/mlflow_server.sh FOLDER [HOST:PORT] [DATABASE_URI]}")
address=${2:-127.0.0.1:5000}
database=${3:-}
bin=$(cd "$(dirname "$0")/.." && pwd)/.venv/bin
[ -x "$bin/mlflow" ] || bin=$(dirname "$(command -v mlflow || true)")
if ! [ -x "$bin/mlflow" ]; then echo "mlflow_server.sh: no mlflow in .venv or on the PATH; install the harness first" >&2; exit 2; fi

if [ -z "$database" ]; then
  postgres=$(command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres 2> /dev/null | sort -V | tail -n 1 || true)
  if [ -z "$postgres" ]; then echo "mlflow_server.sh: no PostgreSQL here; install it, or name a database" >&2; exit 2; fi
  tools=$(dirname "$(realpath "$postgres")")
  as=()  # PostgreSQL refuses to run as root
  if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --init-groups); fi
  data=$folder/postgres
  mkdir -p "$data"
  chmod 700 "$data"  # the socket lies in it: who may not enter it cannot connect, and nothing listens on the network
  if [ "$(id -u)" = 0 ]; then chown -R postgres "$data"; fi
  cd "$data"
  if ! [ -e "$data/data/PG_VERSION" ]; then
    "${as[@]}" "$tools/initdb" --pgdata "$data/data" --username mlflow --auth trust --encoding UTF8 > "$data/initdb.log"
  fi
  "${as[@]}" "$tools/pg_ctl" --pgdata "$data/data" --log "$data/postgres.log" --wait \
    --options "-c listen_addresses='' -c unix_socket_directories='$data'" start > /dev/null
  trap '"${as[@]}" "$tools/pg_ctl" --pgdata "$data/data" --mode fast --wait stop > /dev/null' EXIT
  "${as[@]}" "$tools/psql" --host "$data" --username mlflow postgres --tuples-only --command \
    "select 1 from pg_database where datname = 'mlflow'" | grep -q 1 ||
    "${as[@]}" "$tools/createdb" --host "$data" --username mlflow mlflow
  database="postgresql+psycopg2://mlflow@/mlflow?host=$data"
fi

mkdir -p "$folder/artifacts"
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=${MLFLOW_SERVER_ENABLE_JOB_EXECUTION:-false}  # processes for other uses of MLflow
"$bin/mlflow" server --host "${address%:*}" --port "${address##*:}" --workers "${MLFLOW_SERVER_WORKERS:-4}" \
  --backend-store-uri "$database" --serve-artifacts --artifacts-destination "$folder/artifacts" &
server=$!
trap 'kill -TERM $server 2> /dev/null' TERM INT
status=0
wait $server || status=$?  # that of the server, or of the signal that ended the waiting: then again
if [ "$status" -gt 128 ]; then wait $server 2> /dev/null || true; fi
exit "$status"
