#!/usr/bin/env bash
# One event stream, stored once, read twice: this machine's package history (/var/log/dpkg.log*: time,
# action, package, versions), keyed by package. Where there is no such file: the history of this
# checkout, keyed by file.
#
#   TWOFOLD_URL=http://127.0.0.1:8080 ./scripts/package_history.sh [--events N] [--keep DIR]
#
#   --events N   publish the newest N events (default 20000)
#   --keep DIR   leave what was published and what each reader saw in DIR: events.tsv (key, value);
#                log-audit, log-newcomer, log-replay, worker-1..4 (.jsonl, one record a line)
#
# Needs a running broker, bash, coreutils, awk, jq, and the twofold program (TWOFOLD_BIN).
# Exits 0 only when both views held what was published.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${TWOFOLD_BIN:-$here/build/release/twofold}
topic=packages
queue=rebuild
events_max=20000
out=

die() {
  printf 'package history: %s\n' "$*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case "$1" in
    --events) events_max=${2:?--events needs a number} && shift ;;
    --keep) out=${2:?--keep needs a directory} && shift ;;
    *) die "unknown option \"$1\"" ;;
  esac
  shift
done
if [ -z "$out" ]; then
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"

twofold() { "$program" "$@"; }
# Shows the command a reader could type, then runs it.
show() {
  printf '\n$ twofold %s\n' "$*"
  twofold "$@"
}
title() { printf '\n== %s ==\n' "$*"; }
lines() { wc -l <"$1" | tr -d ' '; }

# --- the events, oldest first, as "key <tab> JSON" -----------------------------------------------

package_events() {
  ls -rt /var/log/dpkg.log* | while read -r file; do zcat -f "$file"; done | awk '
    function field(name, text) { return text == "" || text == "<none>" ? "" : ",\"" name "\":\"" text "\"" }
    function emit(package, rest) {
      printf "%s\t{\"time\":\"%sT%s\",\"package\":\"%s\"%s}\n", package, $1, $2, package, rest
    }
    $3 == "status" { emit($5, ",\"action\":\"status\"" field("state", $4) field("version", $6)); next }
    $3 ~ /^(install|upgrade|configure|trigproc|remove|purge|disappear)$/ {
      emit($4, ",\"action\":\"" $3 "\"" field("from", $5) field("to", $6))
    }'
}

checkout_events() {
  git -C "$here" -c core.quotePath=true log --reverse --no-renames --name-status --format='@%aI %h' | awk -F '\t' '
    /^@/ { split(substr($0, 2), commit, " "); next }
    NF == 2 {
      path = $2; gsub(/["\\]/, "", path)
      printf "%s\t{\"time\":\"%s\",\"file\":\"%s\",\"action\":\"%s\",\"commit\":\"%s\"}\n",
             path, commit[1], path, $1, commit[2]
    }'
}

if ls /var/log/dpkg.log* >/dev/null 2>&1; then
  source_name="the package history of this machine (/var/log/dpkg.log*)"
  package_events | tail -n "$events_max" >"$out/events.tsv"
else
  source_name="the history of this checkout (git log)"
  checkout_events | tail -n "$events_max" >"$out/events.tsv"
fi
events=$(lines "$out/events.tsv")
[ "$events" -gt 0 ] || die "found no events to publish"
keys=$(cut -f1 "$out/events.tsv" | sort -u | wc -l)

# --- published once ------------------------------------------------------------------------------

title "Published once: $events events of $keys keys, $source_name"
if twofold topic describe "$topic" -o json >"$out/topic.json" 2>/dev/null; then
  echo "An earlier run stored them already: a broker that was stopped, or killed, still has them."
  events=$(jq '[.partitions_detail[] | .end - .start] | add' "$out/topic.json")
else
  show topic create "$topic" --partitions 3
  printf '\n$ twofold produce %s -f '\''%%k\\t%%v\\n'\'' < events.tsv\n' "$topic"
  twofold -q produce "$topic" -f '%k\t%v\n' <"$out/events.tsv" >/dev/null
fi
show topic describe "$topic"

# --- as a log ------------------------------------------------------------------------------------

title "As a log: readers keep their own place, nothing is taken away"
for group in audit newcomer; do twofold -q group delete "$group" --if-exists --yes >/dev/null; done
echo "Group audit reads everything, group newcomer only the first 100:"
twofold -q consume "$topic" -g audit -O start -e --commit end -o jsonl >"$out/log-audit.jsonl"
twofold -q consume "$topic" -g newcomer -O start -n 100 -e --commit end -o jsonl >"$out/log-newcomer.jsonl"
show group describe audit
show group describe newcomer

echo
echo "A replay from the start, without any group:"
twofold -q consume "$topic" -O start -e -o jsonl >"$out/log-replay.jsonl"
seen=$(lines "$out/log-replay.jsonl")
[ "$seen" -eq "$events" ] || die "published $events events, a replay read $seen"
cmp -s <(sort "$out/log-audit.jsonl") <(sort "$out/log-replay.jsonl") ||
  die "the replay differs from the first reading"
echo "$seen records, byte for byte what group audit read."

busiest=$(jq -r .key "$out/log-replay.jsonl" | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
echo "The newest of $busiest, in order (offset, then what happened):"
jq -c --arg key "$busiest" 'select(.key == $key) | [.offset, .value]' "$out/log-replay.jsonl" | tail -n 5

# --- as a queue ----------------------------------------------------------------------------------

title "As a queue: the same bytes as work, shared by four workers"
twofold -q queue delete "$queue" --if-exists --yes >/dev/null
show attach "$topic" "$queue" --from start

# Worker 4 takes one message and dies before it can ack: nobody tells the broker, time does.
worker_who_dies() {
  twofold -q receive "$queue" -n 1 --wait 5s --visibility 2s -o jsonl >"$out/worker-4.jsonl"
  kill -KILL "$BASHPID"
}

# A worker is done when the queue had nothing for longer than the dead one's message stays hidden.
worker() {
  local name=$1 status
  : >"$out/$name.jsonl"
  while true; do
    status=0
    twofold -q receive "$queue" -n 10 --wait 5s --ack --fail-empty -o jsonl >"$out/$name.batch" || status=$?
    cat "$out/$name.batch" >>"$out/$name.jsonl"
    [ "$status" -eq 0 ] || break
  done
  rm -f "$out/$name.batch"
  [ "$status" -eq 6 ] || die "$name could not receive (exit $status)"
}

(worker_who_dies) 2>/dev/null || true
lost=$(jq -r .id "$out/worker-4.jsonl")
[ -n "$lost" ] || die "worker 4 received nothing"
echo
echo "Worker 4 took message $lost and was killed with it in hand."
pids=()
for number in 1 2 3; do
  worker "worker-$number" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done

for number in 1 2 3; do
  echo "Worker $number received and acked $(lines "$out/worker-$number.jsonl") messages."
done
cat "$out"/worker-[123].jsonl >"$out/acked.jsonl"
returned=$(jq -r --arg id "$lost" 'select(.id == $id) | .receive_count' "$out/acked.jsonl")
[ "$returned" = 2 ] || die "message $lost should have come back once, its receive count is \"$returned\""
echo "Message $lost came back when its visibility timeout ran out: receive count $returned, acked."
acked=$(jq -r .id "$out/acked.jsonl" | sort -u | wc -l)
[ "$acked" -eq "$events" ] || die "the queue held $events messages, the workers acked $acked"
[ "$acked" -eq "$(lines "$out/acked.jsonl")" ] || die "a message was delivered again after its ack"
show queue describe "$queue"

title "Both at once"
echo "The queue is empty, the log still holds all $events records, and they are on disk once:"
show topic list
