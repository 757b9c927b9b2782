#!/usr/bin/env bash
# The Debian package of a release that is built: ./scripts/build.sh --program && ./scripts/package.sh
#
#   ./scripts/package.sh [OUT]      default: build/package
#
# TWOFOLD_BIN names the program in its build directory, else build/release/twofold.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=${TWOFOLD_BIN:-build/release/twofold}
out=$(realpath -m "${1:-build/package}")
[ -x "$program" ] || { echo "package: $program is not built: ./scripts/build.sh --program" >&2; exit 1; }

mkdir -p "$out"
# Debian's own file modes, whatever the umask of whoever packs.
umask 022
log=$(cd "$(dirname "$program")" && cpack -G DEB -B "$out" 2>&1) || { printf '%s\n' "$log" >&2; exit 1; }
rm -rf "$out/_CPack_Packages"
ls "$out"/twofold_*.deb
