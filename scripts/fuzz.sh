#!/bin/bash
# Fuzzes every parser that reads what strangers send or a disk gives back, with libFuzzer.
#
#   scripts/fuzz.sh [--keep] [SECONDS [TARGET...]]    default: 60 seconds each, all of them
#
# What it learns stays in build/fuzz/corpus; with --keep the least of that which still goes every way is put
# into tests/fuzz/corpus/<target>/, where each run begins. What breaks a parser is left in build/fuzz/broken: put
# it into tests/fuzz/found/<target>/, and every run of the tests tries it from then on.
set -euo pipefail
cd "$(dirname "$0")/.."
keep=
if [ "${1:-}" = --keep ]; then
  keep=yes
  shift
fi
seconds=${1:-60}
shift || true

./scripts/deps.sh run test clang
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --parallel "$(nproc)"
fuzz=$PWD/build/fuzz/tests/fuzz
targets=${*:-$("$fuzz")}
status=0
for target in $targets; do
  corpus=build/fuzz/corpus/$target
  mkdir -p "$corpus" "build/fuzz/broken/$target" "build/fuzz/seeds/$target"
  found=()
  for kept in "tests/fuzz/found/$target" "tests/fuzz/corpus/$target"; do
    [ -d "$kept" ] && found+=("$kept")
  done
  echo "== $target"
  TWOFOLD_FUZZ_TARGET=$target TWOFOLD_FUZZ_SEEDS=build/fuzz/seeds/$target "$fuzz" \
    -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/broken/$target/" "$corpus" "build/fuzz/seeds/$target" "${found[@]}" 2> >(grep -v '^\[libprotobuf ' >&2) || status=1
  [ -n "$keep" ] || continue
  # Small files, and not too many: they are read by people who clone, and tried by every run of the tests.
  least=build/fuzz/least/$target
  rm -rf "$least"
  mkdir -p "$least" "tests/fuzz/corpus/$target"
  TWOFOLD_FUZZ_TARGET=$target "$fuzz" -merge=1 -max_len=1024 "$least" "tests/fuzz/corpus/$target" "$corpus" 2>/dev/null
  find "tests/fuzz/corpus/$target" -type f -delete
  find "$least" -type f -printf '%s %p\n' | sort -n |
    awk '{file[NR] = $2} END {step = NR > 20 ? NR / 20 : 1; for (n = NR; n >= 1; n -= step) print file[int(n)]}' |
    xargs -r cp -t "tests/fuzz/corpus/$target"
done
exit $status
