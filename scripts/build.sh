#!/usr/bin/env bash
# Installs what is missing and builds one preset: dev, release (default), asan, tsan or clang.
#
#   ./scripts/build.sh [--program] [preset]
#
#   --program   the broker alone, without tests and the libraries they need
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program_only=OFF
if [ "${1:-}" = --program ]; then
  program_only=ON
  shift
fi
preset=${1:-release}

case "$preset" in
  dev | release | asan) groups=() ;;
  tsan | clang) groups=(clang) ;;
  *)
    echo "build: unknown preset \"$preset\": use dev, release, asan, tsan or clang" >&2
    exit 2
    ;;
esac
if [ "$program_only" = ON ]; then groups+=(run); else groups+=(test); fi
./scripts/deps.sh "${groups[@]}"

# A compiler that sees Beast needs about a gigabyte: on a small machine fewer run side by side.
memory_gib=$(awk '/^MemTotal:/ {print int($2 / 1048576)}' /proc/meminfo)
jobs=$(nproc)
if [ "$jobs" -gt "$memory_gib" ]; then jobs=$((memory_gib > 0 ? memory_gib : 1)); fi

if ! configured=$(cmake --preset "$preset" -DTWOFOLD_PROGRAM_ONLY="$program_only" 2>&1); then
  printf '%s\n' "$configured" >&2
  exit 1
fi
cmake --build --preset "$preset" --parallel "$jobs"
