#!/usr/bin/env bash
# Lays out what the image holds: the program without its symbols, the shared libraries that it names, certificates
# of public authorities, the bill of materials (scripts/sbom.py), one user, and an empty data directory which that user
# owns. No shell, no package manager.
#
#   docker/rootfs.sh PROGRAM OUT     OUT/ becomes the root of the image; OUT.debug/ gets the symbols
set -euo pipefail

program=${1:?which program? docker/rootfs.sh PROGRAM OUT}
out=${2:?where to? docker/rootfs.sh PROGRAM OUT}
uid=65532
certificates=/etc/ssl/certs/ca-certificates.crt

die() { printf 'rootfs: %s\n' "$*" >&2; exit 1; }
[ -x "$program" ] || die "$program is no program"
[ ! -e "$out" ] || die "$out is there already; name a folder that is not"
[ -r "$certificates" ] || die "$certificates is missing: apt-get install ca-certificates"
umask 022

# As in Debian: /lib and /lib64, where the program looks for its loader, are links into /usr.
mkdir -p "$out"/{etc/ssl/certs,tmp,usr/bin,usr/lib,usr/lib64,var/lib/twofold} "$out.debug/usr/lib/debug"
ln -s usr/lib "$out/lib"
ln -s usr/lib64 "$out/lib64"
chmod 1777 "$out/tmp"

strip --strip-unneeded -o "$out/usr/bin/twofold" "$program"
objcopy --only-keep-debug --compress-debug-sections "$program" "$out.debug/usr/lib/debug/twofold.debug"
objcopy --add-gnu-debuglink="$out.debug/usr/lib/debug/twofold.debug" "$out/usr/bin/twofold"

# The loader's own answer: every library, and the loader itself.
libraries=$(ldd "$program") || die "$program names no shared libraries"
! grep 'not found' <<<"$libraries" >&2 || die "a library of $program is not on this machine"
while read -r library; do
  place=$out/usr${library#/usr}
  mkdir -p "$(dirname "$place")"
  cp -L "$library" "$place"
done < <(grep -oE '/[^ ]+' <<<"$libraries")

mkdir -p "$out/usr/share/doc/twofold"
"$(dirname "${BASH_SOURCE[0]}")/../scripts/sbom.py" "$(dirname "$program")" >"$out/usr/share/doc/twofold/twofold.spdx.json"
cp -L "$certificates" "$out$certificates"
printf 'root:x:0:0:root:/:/usr/sbin/nologin\ntwofold:x:%d:%d:Twofold:/var/lib/twofold:/usr/sbin/nologin\n' $uid $uid >"$out/etc/passwd"
printf 'root:x:0:\ntwofold:x:%d:\n' $uid >"$out/etc/group"
printf 'hosts: files dns\n' >"$out/etc/nsswitch.conf"
chown $uid:$uid "$out/var/lib/twofold"
chmod 0750 "$out/var/lib/twofold"
