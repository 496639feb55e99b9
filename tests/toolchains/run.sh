#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# run.sh SUITE CACHE: builds everything and runs the unit tests with the compilers and libraries of a Debian suite, such
# as trixie or sid, in a root of its own. Needs root.
#
# The root is kept in CACHE/toolchains/SUITE for the next time, until other packages are needed or it is a week old.
# The checkout is mounted there read-only, in a mount namespace that ends with this script: no mount is left behind.
#
# From the environment: WERROR=1 makes warnings errors; STALE_MIRROR=1 see root.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/root.sh"

say() {
	echo "toolchains: $*" >&2
}

if [ $# != 2 ]; then
	echo "usage: $0 SUITE CACHE" >&2
	exit 2
fi
suite=$1
checkout=$(cd "$here/../.." && pwd)
mkdir -p "$2/toolchains"
cache=$(cd "$2/toolchains" && pwd)
root=$cache/$suite

exec 8> "$cache/$suite.lock"
flock 8

read -ra packages < <(make -s -C "$checkout" packages)
debian_root "$suite" "$root" "${packages[@]}"
mkdir -p "$root/katrace"

say "building and testing in $suite"
rm -rf "$root/build"
# shellcheck disable=SC2016 # the variables are the inner shell's
unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
	root=$1 checkout=$2
	mount --bind "$checkout" "$root/katrace"
	mount -o remount,bind,ro "$root/katrace"
	mount -t proc proc "$root/proc"
	mount --rbind /sys "$root/sys"
	exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 bash -euo pipefail -c "
		cd /katrace
		gcc --version | head -n 1
		clang --version | head -n 1
		dpkg-query -W libbpf-dev libjson-c-dev libcmocka-dev
		make -s -j\$(nproc) BUILD=/build WERROR=$3 build-all > /dev/null
		make -s BUILD=/build check-unit
	"' bash "$root" "$checkout" "${WERROR-}"
rm -rf "$root/build"
