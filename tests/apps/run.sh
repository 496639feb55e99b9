#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# run.sh BUILD CACHE [OPTION|PATTERN...]: plays the scenarios of tests/apps with the real programs, in a Debian root of
# their own, on hosts of their own: a client, a router and a server each. Needs root. The root is kept in CACHE/apps for
# a week. What each trace said is left in BUILD/apps/NAME. Options: --stories FILE, -j JOBS.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/../toolchains/root.sh"

say() {
	echo "apps: $*" >&2
}

if [ $# -lt 2 ]; then
	echo "usage: $0 BUILD CACHE [OPTION|PATTERN...]" >&2
	exit 2
fi
build=$(cd "$1" && pwd)
mkdir -p "$2/apps"
cache=$(cd "$2" && pwd)
shift 2
mapfile -t packages < <(grep -v '^#' "$here/packages")

exec 8> "$cache/apps/lock"
flock 8
root=$cache/apps/bookworm
debian_root bookworm "$root" "${packages[@]}"
"$here/programs/make.sh" "$root"
flock -u 8
kernel=$("$here/../kernels/fetch.sh" "$cache" amd64 bookworm linux-image-cloud-amd64 nfsv4 nfsd)

export PYTHONDONTWRITEBYTECODE=1 # nothing of root's in the checkout
"$here/run.py" --build "$build" --root "$root" --kernel "$kernel" "$@"
