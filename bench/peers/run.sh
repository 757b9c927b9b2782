#!/usr/bin/env bash
# The same SQS load against Twofold, ElasticMQ and moto, one after the other on this machine; prints
# a Markdown table.
#
#   bench/peers/run.sh [flags of `twofold bench`]    default: -c 16 -d 5s --warmup 10s
#
#   TWOFOLD_BIN=build/release/twofold   the program that generates the load and is measured first
#   ELASTICMQ=1.7.1                     from Maven Central; needs java and mvn
#   MOTO=5.2.5                          from PyPI; needs python3 with venv
#   TWOFOLD_PEERS=build/peers           where both are kept; nothing of them is committed
#
# What cannot be had is said, and the others are measured. Everything listens on 127.0.0.1 only and is
# ended with the script. Exit 1 when Twofold itself fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

program=$(realpath "${TWOFOLD_BIN:-build/release/twofold}")
elasticmq=${ELASTICMQ:-1.7.1}
moto=${MOTO:-5.2.5}
mkdir -p "${TWOFOLD_PEERS:-build/peers}"
peers=$(realpath "${TWOFOLD_PEERS:-build/peers}")
flags=("$@")
[ $# -gt 0 ] || flags=(-c 16 -d 5s --warmup 10s)
work=$(mktemp -d)
server=
load=$(cut -d' ' -f1 /proc/loadavg)

say() { printf 'peers: %s\n' "$*" >&2; }

stop() {
  [ -n "$server" ] || return 0
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}
trap 'stop; rm -rf "$work"' EXIT

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

fetch_elasticmq() {
  [ ! -e "$peers/elasticmq-$elasticmq/done" ] || return 0
  command -v java >/dev/null && command -v mvn >/dev/null || { say "ElasticMQ left out: no java or mvn"; return 1; }
  mkdir -p "$peers/elasticmq-$elasticmq"
  cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>peers</groupId><artifactId>peers</artifactId><version>1</version>
<dependencies><dependency><groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId>
<version>$elasticmq</version></dependency></dependencies></project>
POM
  timeout 300 mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$peers/elasticmq-$elasticmq" >"$work/mvn.log" 2>&1 ||
    { say "ElasticMQ left out: Maven Central does not serve it: $(tail -1 "$work/mvn.log")"; return 1; }
  touch "$peers/elasticmq-$elasticmq/done"
}

fetch_moto() {
  [ ! -e "$peers/moto-$moto/done" ] || return 0
  python3 -m venv "$peers/moto-$moto" &&
    timeout 300 "$peers/moto-$moto/bin/pip" install -q "moto[server]==$moto" >"$work/pip.log" 2>&1 ||
    { say "moto left out: PyPI does not serve it: $(tail -1 "$work/pip.log")"; return 1; }
  touch "$peers/moto-$moto/done"
}

# start <port> <command...>: runs in the background until it answers ListQueues.
start() {
  local port=$1
  shift
  "$@" >"$work/server.log" 2>&1 </dev/null &
  server=$!
  for _ in $(seq 300); do
    kill -0 "$server" 2>/dev/null || break
    curl -sf -m 5 -o /dev/null "http://127.0.0.1:$port/" -H 'X-Amz-Target: AmazonSQS.ListQueues' \
      -H 'Content-Type: application/x-amz-json-1.0' \
      -H 'Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/sqs/aws4_request' -d '{}' && return 0
    sleep 0.2
  done
  say "$1 did not start: $(tail -3 "$work/server.log")"
  stop
  return 1
}

# measure <name> <port>: one line of JSON per name; a run that finds fault is a row too.
measure() {
  local status=0
  say "measuring $1"
  "$program" bench queue --protocol sqs --json --sync-dir "$work" -s "http://127.0.0.1:$2" \
    --server-pid "$server" "${flags[@]}" >"$work/report.json" 2>"$work/bench.log" || status=$?
  if [ -s "$work/report.json" ]; then
    jq -c --arg name "$1" '. + {server: $name}' "$work/report.json" >>"$work/rows.jsonl"
  else
    say "$1: $(tail -1 "$work/bench.log")"
  fi
  stop
  return "$status"
}

failed=0
port=$(free_port)
start "$port" "$program" serve --http "127.0.0.1:$port" --data "$work/data" &&
  measure "Twofold $("$program" version | cut -d' ' -f2)" "$port" || failed=1

port=$(free_port)
fetch_elasticmq && start "$port" java -Drest-sqs.bind-hostname=127.0.0.1 -Drest-sqs.bind-port="$port" \
  -Dnode-address.port="$port" -Drest-stats.enabled=false \
  -cp "$peers/elasticmq-$elasticmq/*" org.elasticmq.server.Main &&
  measure "ElasticMQ $elasticmq" "$port" || true

port=$(free_port)
fetch_moto && start "$port" "$peers/moto-$moto/bin/moto_server" -H 127.0.0.1 -p "$port" &&
  measure "moto $moto" "$port" || true

printf '%s cores, %s, load %s before and %s behind; `%s`\n\n' "$(nproc)" \
  "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$load" "$(cut -d' ' -f1 /proc/loadavg)" \
  "bench/peers/run.sh ${flags[*]}"
echo '| server | batch | msg/s | p50 ms | p99 ms | server CPU us/msg | memory MiB | handed out twice, out of order (both rows) |'
echo '|---|---|---|---|---|---|---|---|'
jq -r '. as $run | .results | to_entries[] | .value |
  [$run.server, (.name | capture("batch (?<n>\\d+)").n), (.messages_per_second | round),
   (.latency_ms.p50 * 10 | round / 10), (.latency_ms.p99 * 10 | round / 10),
   (.server_cpu_us_per_message // 0 | . * 10 | round / 10), (.resident_bytes // 0 | . / 1048576 | round),
   "\($run.verified.duplicated), \($run.verified.misordered)"] | "| " + (map(tostring) | join(" | ")) + " |"' \
  "$work/rows.jsonl"
exit "$failed"
