#!/usr/bin/env bash
# From a fresh Debian 12 to a running broker with real data in it: installs what is missing, builds
# the release, starts the broker with a durable data directory, publishes this machine's package
# history, reads it back as a log and as a queue, and stays up.
#
#   ./scripts/run.sh [--http 127.0.0.1:8080] [--data ./twofold-data] [--no-demo] [--once] [--keep DIR]
#
#   --http A:P   where to listen
#   --data DIR   where the data lives; a second run finds what the first one stored
#   --no-demo    only start the broker
#   --once       stop after the demonstration (exit 0 when every step of it held)
#   --keep DIR   keep everything the demonstration read (see package_history.sh)
#
# TWOFOLD_BIN names a program that is built already; nothing is installed or built then.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
http=127.0.0.1:8080
data=./twofold-data
demo=yes
once=no
history_options=()

usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }
die() {
  printf 'run: %s\n' "$*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case "$1" in
    --http) http=${2:?--http needs ADDRESS:PORT} && shift ;;
    --data) data=${2:?--data needs a directory} && shift ;;
    --keep) history_options+=(--keep "${2:?--keep needs a directory}") && shift ;;
    --no-demo) demo=no ;;
    --once) once=yes ;;
    -h | --help) usage && exit 0 ;;
    *) die "unknown option \"$1\"; see ./scripts/run.sh --help" ;;
  esac
  shift
done

if [ -z "${TWOFOLD_BIN:-}" ]; then
  "$here/scripts/build.sh" --program release
  TWOFOLD_BIN=$here/build/release/twofold
fi
export TWOFOLD_BIN
export TWOFOLD_URL="http://$http"

# TWOFOLD_ variables are settings to the broker, and this one is not.
env -u TWOFOLD_BIN "$TWOFOLD_BIN" serve --http "$http" --data "$data" &
broker=$!

stop_broker() {
  trap - EXIT INT TERM HUP
  kill -TERM "$broker" 2>/dev/null || true
  wait "$broker" 2>/dev/null || true
}
trap 'stop_broker; exit 130' INT TERM HUP
trap stop_broker EXIT

# Ready means recovered and listening; a broker that cannot start has said why and is gone.
until curl -fsS -o /dev/null "$TWOFOLD_URL/readyz" 2>/dev/null; do
  kill -0 "$broker" 2>/dev/null || die "the broker did not start; its reason stands above"
  sleep 0.05
done

if [ "$demo" = yes ]; then
  "$here/scripts/package_history.sh" "${history_options[@]}"
fi
[ "$once" = no ] || exit 0

# What another terminal needs to find the program and, on another address than usual, the broker.
find_program="export PATH=\"$(cd "$(dirname "$TWOFOLD_BIN")" && pwd):\$PATH\""
find_broker=
[ "$http" = 127.0.0.1:8080 ] || find_broker="  export TWOFOLD_URL=$TWOFOLD_URL"$'\n'

cat <<END

Twofold listens on $TWOFOLD_URL and keeps its data in $data. Ctrl-C stops it; the data stays.
Try, in another terminal:

  curl $TWOFOLD_URL/v1/topics
  curl '$TWOFOLD_URL/v1/topics/packages/records?from=earliest&limit=3'
  $find_program
$find_broker  twofold topic list
  twofold --help

END
wait "$broker"
