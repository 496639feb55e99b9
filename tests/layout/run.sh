#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# run.sh [DIRECTORY]: does each folder of user/ include only what the table below allows?
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

# bpf: libbpf, and the programs of bpf/ in their skeletons
declare -A may=(
	[cmd]="cmd cli run kernel system model format deliver bpf"
	[cli]="cli system model"
	[run]="run kernel system model format deliver"
	[kernel]="kernel system bpf"
	[format]="format model"
	[model]="model"
	[system]="system"
	[deliver]="deliver"
)

# "FOLDER FILE INCLUDED" for each include, however it is written; INCLUDED is the first folder of its path
includes() {
	grep -HoE '^\s*#\s*include\s*["<][^">]+' user/*/*.[ch] |
		sed -E 's|^user/([a-z]*)/([^:]*):\s*#\s*include\s*["<]|\1 \2 |; s| [^ /]*\.skel\.h$| bpf/|; s|/[^ ]*$||'
}

is_ours() {
	[ -d "user/$1" ] || [ "$1" = bpf ] || [ "$1" = user ] || [ "$1" = .. ]
}

wrong=0
count=0
while read -r folder file included; do
	is_ours "$included" || continue
	count=$((count + 1))
	[ -n "${may[$folder]-}" ] || {
		echo "layout: user/$folder is missing from the table in tests/layout/run.sh" >&2
		exit 1
	}
	[[ " ${may[$folder]} " != *" $included "* ]] || continue
	echo "layout: user/$folder/$file includes $included/: $folder may include ${may[$folder]} only" >&2
	wrong=1
done < <(includes)
[ "$count" -gt 0 ] || {
	echo "layout: no includes found" >&2
	exit 1
}
exit "$wrong"
