#!/usr/bin/env bash
# Installs the Debian 12 packages that are missing, and nothing else.
#
#   ./scripts/deps.sh [run|test|clang]...    default: run test
#
#   run    build the broker and the demonstration
#   test   build and run the tests; the clients that Debian has not are fetched from PyPI and npm by
#          the tests that speak through them (tests/wire/_fetched.py)
#   clang  the second compiler, for the presets tsan and clang
#
# Quick and silent when everything is there; works as root or through sudo.
set -euo pipefail

packages_run=(
  cmake ninja-build g++ pkg-config ccache git ca-certificates curl jq python3
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libprotobuf-dev protobuf-compiler libfmt-dev libcli11-dev libtomlplusplus-dev
  libssl-dev libsodium-dev zlib1g-dev esbuild
)
packages_test=(
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
  python3-pip python3-venv python3-boto3 python3-websockets awscli chromium
  docker.io docker-compose debootstrap dpkg-dev systemd prometheus zsh fish man-db
)
# Node.js from elsewhere brings its own npm, and the two exclude each other.
command -v npm >/dev/null || packages_test+=(nodejs npm)
packages_clang=(clang libclang-rt-14-dev llvm)

say() { printf 'deps: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

wanted=()
for group in "${@:-run}"; do
  case "$group" in
    run) wanted+=("${packages_run[@]}") ;;
    test) wanted+=("${packages_run[@]}" "${packages_test[@]}") ;;
    clang) wanted+=("${packages_clang[@]}") ;;
    *) die "unknown group \"$group\": use run, test or clang" ;;
  esac
done

command -v dpkg-query >/dev/null || die "this is not Debian: dpkg is missing. The lists at the top of scripts/deps.sh name the libraries"

# One call of dpkg-query for all: 20 ms. Packages it has never heard of are simply not in its answer.
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
  sed -n 's/^installed //p' || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qxF "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null ||
    die "missing: ${missing[*]}. Run as root: apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo)
fi

if dpkg-query -W -f='${db:Status-Status}\n' libboost1.74-dev 2>/dev/null | grep -qx installed; then
  say "Boost 1.81 is needed and cannot be installed beside Debian's default Boost 1.74:"
  say "apt will replace libboost1.74-dev and what depends on it (apt-get install libboost-dev undoes it)"
fi

say "installing ${missing[*]}"
# The lists are fetched only when something must be installed. A proxy or mirror that hiccups once
# should not end the story, hence the retries.
"${as_root[@]}" apt-get -o Acquire::Retries=3 -qq update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
  -qq -y --no-install-recommends install "${missing[@]}" >/dev/null ||
  die "apt-get could not install them; its own message stands above"
