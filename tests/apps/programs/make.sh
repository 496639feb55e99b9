#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# make.sh ROOT: compiles the programs of this folder, with the compilers of that Debian root, to /apps there, unless
# that is done.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$1
sources=$(cd "$here" && sha256sum ./*)

[ "$(cat "$root/apps/sources" 2> /dev/null)" != "$sources" ] || exit 0
rm -rf "$root/apps"
mkdir "$root/apps"
cp "$here"/* "$root/apps/"
# with /proc: there java finds its libraries
# shellcheck disable=SC2016
inside=(unshare --mount sh -c 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"' "$root"
	/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/apps LC_ALL=C.UTF-8 GOCACHE=/apps/go)
cd "$here"
java=(*.java)
"${inside[@]}" javac -J-XX:TieredStopAtLevel=1 -cp '/usr/share/java/*' -d /apps "${java[@]/#//apps/}"
for source in *.go; do
	[ -e "$source" ] || continue
	"${inside[@]}" go build -o "/apps/${source%.go}" "/apps/$source"
done
rm -rf "$root/apps/go"
echo "$sources" > "$root/apps/sources"
