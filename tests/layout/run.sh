#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# run.sh [DIRECTORY]: does each folder of user/ include only what the table below allows?
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

declare -A may=(
	[cmd]="cmd cli run kernel system model format deliver"
	[cli]="cli system model"
	[run]="run kernel system model format deliver"
	[kernel]="kernel system"
	[format]="format model"
	[model]="model"
	[system]="system"
	[deliver]="deliver"
)

# "FOLDER FILE INCLUDED" for each include of a file of ours
includes() {
	grep -Ho '^#include "[a-z_]*/' user/*/*.[ch] | sed 's|^user/\([a-z]*\)/\([^:]*\):#include "\(.*\)/|\1 \2 \3|'
}

wrong=0
count=0
while read -r folder file included; do
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
