#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests.
#
#   ./scripts/test.sh [preset...|all]     default: release; in CI release, fuzz and asan
#
#   release   what we ship, every test; in CI (CI=true) what is installed and missing fails
#   fuzz      every parser for three seconds under libFuzzer, address and undefined (scripts/fuzz.sh)
#   asan      address and undefined, everything but pages, documents and house rules; in CI, and tsan,
#             what runs without a broker
#   tsan      threads
#   clang     the other compiler
#   all       all of these
#   TWOFOLD_TEST_MINUTES=45    in CI, no further preset is started after this many minutes; what
#                              was left out is said at the end
#   TWOFOLD_TEST_ARGS="-L unit"  more arguments for ctest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

presets=("$@")
minutes_max=100000
[ "${CI:-}" != true ] || minutes_max=${TWOFOLD_TEST_MINUTES:-45}
if [ ${#presets[@]} -eq 0 ]; then
  presets=(release)
  [ "${CI:-}" != true ] || presets=(release fuzz asan)
elif [ "${presets[*]}" = all ]; then
  presets=(release fuzz asan tsan clang)
fi
read -r -a more <<<"${TWOFOLD_TEST_ARGS:-}"

# The sanitizers look for bugs in our code; pages, documents and house rules have no threads.
arguments_for() {
  case "${CI:-}-$1" in
    true-asan | true-tsan)
      echo --label-regex "^(unit|property|sim)$"
      return
      ;;
  esac
  case "$1" in
    asan) echo --label-exclude "^(house|docs)$" ;;
    tsan) echo --label-regex "^(unit|property|sim|wire)$" ;;
    clang) echo --label-regex "^(unit|property)$" ;;
  esac
}

failed=()
skipped=()
partly=()
for preset in "${presets[@]}"; do
  if [ $((SECONDS / 60)) -ge "$minutes_max" ]; then
    skipped+=("$preset")
    continue
  fi
  printf '\n== %s: build ==\n' "$preset"
  if [ "$preset" = fuzz ]; then
    ./scripts/fuzz.sh 3 || failed+=(fuzz)
    printf '== %s: done after %d min %d s ==\n' "$preset" $((SECONDS / 60)) $((SECONDS % 60))
    continue
  fi
  ./scripts/build.sh "$preset"
  printf '\n== %s: test ==\n' "$preset"
  read -r -a filter <<<"$(arguments_for "$preset")"
  ctest --preset "$preset" "${filter[@]}" "${more[@]}" || failed+=("$preset")
  mapfile -t -O "${#partly[@]}" partly < <(./scripts/skipped.py "build/$preset")
  printf '== %s: done after %d min %d s ==\n' "$preset" $((SECONDS / 60)) $((SECONDS % 60))
done

# What was passed over is said last, where it is seen.
[ ${#partly[@]} -eq 0 ] || printf '%s\n' "${partly[@]}"
if [ ${#skipped[@]} -gt 0 ]; then
  echo "test: not run, because $minutes_max minutes had passed: ${skipped[*]}"
fi
if [ ${#failed[@]} -gt 0 ]; then
  echo "test: FAILED under ${failed[*]}"
  exit 1
fi
echo "test: passed under ${presets[*]}"
