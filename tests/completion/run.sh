#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# run.sh SCRIPT: tests what bash offers with this completion script.
set -euo pipefail

if [ $# != 1 ]; then
	echo "usage: $0 SCRIPT" >&2
	exit 2
fi
# shellcheck disable=SC1090 # it is made when katrace is built
source "$1"
cd "$(dirname "$0")/../golden"
failed=0 readline=

# bash has it only while it completes
# shellcheck disable=SC2317 # the script calls it
compopt() {
	readline=$*
}

# offers "WORDS" WORD...: of what is typed, with the cursor at its end, after a space for a new word
offers() {
	local typed=$1 got
	shift
	readline=
	# to bash = is a word of its own
	read -ra COMP_WORDS <<< "${typed//=/ = }"
	[[ $typed != *' ' ]] || COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_katrace
	got="${COMPREPLY[*]-}"
	[ "$got" = "$*" ] && return
	echo "completion of '$typed': '$got' instead of '$*'" >&2
	failed=1
}

# Only then does bash quote what it completes, and add a slash to the name of a directory.
offers_files() {
	offers "$@"
	[ "$readline" = "-o filenames" ] && return
	echo "completion of '$1': bash is not told that it offers files" >&2
	failed=1
}

offers "katrace " trace list replay doctor schema help version
offers "katrace re" replay
offers "katrace --du" --duration
offers "katrace trace --no" --no-answers
offers "katrace list --no" --no-keepalive --no-header
offers "katrace list --du" --due-within
offers "katrace doctor --b" --btf
offers "katrace schema --" --help --version
offers "katrace replay --cg"
offers "katrace --mode " auto fentry kprobe tracepoint
offers "katrace --mode=k" kprobe
offers "katrace --mode=" auto fentry kprobe tracepoint
offers "katrace list --mode k"
offers "katrace help l" list
offers_files "katrace replay lives.n" lives.ndjson
offers_files "katrace replay --failures lives.n" lives.ndjson
offers_files "katrace -o lives.t" lives.txt
offers_files "katrace --output=lives.t" lives.txt
offers_files "katrace list --btf run" run.sh
offers "katrace -p "
offers "katrace list "
if complete -p katrace | grep -q filenames; then
	echo "completion: a command may be taken for a directory" >&2
	failed=1
fi

exit $failed
