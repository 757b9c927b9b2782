#!/bin/bash
# Fuzzes every parser that reads what strangers send or a disk gives back, with libFuzzer.
#
#   scripts/fuzz.sh [SECONDS [TARGET...]]    default: 60 seconds each, all of them
#
# What it learns stays in build/fuzz/corpus. What breaks a parser is left in build/fuzz/broken: put it into
# tests/fuzz/found/<target>/, and every run of the tests tries it from then on.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true

./scripts/deps.sh run test clang
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
fuzz=$PWD/build/fuzz/tests/fuzz
targets=${*:-$("$fuzz")}
status=0
for target in $targets; do
  corpus=build/fuzz/corpus/$target
  mkdir -p "$corpus" "build/fuzz/broken/$target" "build/fuzz/seeds/$target"
  found=()
  [ -d "tests/fuzz/found/$target" ] && found=("tests/fuzz/found/$target")
  echo "== $target"
  TWOFOLD_FUZZ_TARGET=$target TWOFOLD_FUZZ_SEEDS=build/fuzz/seeds/$target "$fuzz" \
    -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/broken/$target/" "$corpus" "build/fuzz/seeds/$target" "${found[@]}" || status=1
done
exit $status
