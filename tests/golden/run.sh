#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# run.sh KATRACE: replays recorded runs and compares the output with the stored output. UPDATE=1 stores it instead.
# shellcheck disable=SC2317 # functions that expect calls
set -euo pipefail

if [ $# != 1 ]; then
	echo "usage: $0 KATRACE" >&2
	exit 2
fi
katrace=$(realpath "$1") failed=0
export TZ=UTC LC_ALL=C
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $1"
	failed=1
}

# expect STATUS WHAT COMMAND...: its output is in $work/out and $work/err
expect() {
	local wanted=$1 what=$2 status=0
	shift 2
	"$@" > "$work/out" 2> "$work/err" || status=$?
	[ $status = "$wanted" ] || fail "$what: status $status instead of $wanted"
}

printed() {
	grep -qF -- "$2" "$work/err" || fail "$1: not on stderr: $2"
}

from_pipe() {
	# shellcheck disable=SC2002 # a pipe, not a file
	cat "$1" | "$katrace" replay -
}

to_full_disk() {
	"$katrace" replay lives.ndjson > /dev/full
}

print_to_full_disk() {
	"$katrace" "$@" > /dev/full
}

to_reader_that_leaves() {
	for _ in {1..200}; do cat lives.ndjson; done > "$work/large"
	"$katrace" replay "$work/large" | head -1
}

for recording in *.ndjson; do
	name=${recording%.ndjson}
	echo "replay of $name"
	expect 0 "$name" "$katrace" replay "$recording"
	if [ "${UPDATE:-}" ]; then
		cp "$work/out" "$name.txt"
		cp "$work/err" "$name.err"
	fi
	diff -u "$name.txt" "$work/out" || fail "$name"
	diff -u "$name.err" "$work/err" || fail "$name, on stderr"
	expect 0 "$name, from a pipe" from_pipe "$recording"
	cmp -s "$name.txt" "$work/out" || fail "$name, from a pipe: other output than from a file"
done

echo "filters"
expect 0 "filter" "$katrace" replay -p 1787 --failures messy.ndjson
[ "$(grep -c 'probe 3/3' "$work/out")" = 2 ] || fail "filter: its line, and that of its timeline"
grep -q 10.0.2.3 "$work/out" && fail "filter: a connection that was not wanted"

echo "unreadable and unwritable files"
expect 2 "no file" "$katrace" replay
expect 2 "two files" "$katrace" replay lives.ndjson messy.ndjson
expect 2 "no such option" "$katrace" replay --mode=fentry lives.ndjson
expect 1 "no such file" "$katrace" replay "$work/none"
printed "no such file" "cannot read '$work/none': No such file or directory"
expect 1 "a directory" "$katrace" replay "$work"
expect 0 "nothing in it" "$katrace" replay /dev/null
expect 1 "full disk" to_full_disk
printed "full disk" "cannot write to the standard output: No space left on device"
for words in --help "help list" --version schema; do
	# shellcheck disable=SC2086 # several words
	expect 1 "full disk: $words" print_to_full_disk $words
	printed "full disk: $words" "cannot write to the standard output: No space left on device"
done
expect 0 "broken pipe" to_reader_that_leaves
[ -s "$work/err" ] && fail "broken pipe: $(cat "$work/err")"

echo "lines that are too long"
{ head -c 70000 /dev/zero | tr '\0' x; echo; cat lives.ndjson; } > "$work/long"
expect 0 "long line" "$katrace" replay "$work/long"
printed "long line" "1 longer than 64 KiB"
cmp -s lives.txt "$work/out" || fail "long line: other output than without"

echo "compressed recordings"
gzip -c lives.ndjson > "$work/lives.gz"
expect 1 "compressed" "$katrace" replay "$work/lives.gz"
printed "compressed" "lives.gz' is compressed; print it with zcat, and pipe that to katrace replay -"

echo "lines that come twice, or late"
awk '{ print } NR == 5 || NR == 20' lives.ndjson > "$work/twice"
expect 0 "twice" "$katrace" replay "$work/twice"
printed "twice" "skipped 2 lines: 2 repeated"
cmp -s lives.txt "$work/out" || fail "twice: other output than once"
awk 'NR == 5 { held = $0; next } { print } NR == 6 { print held }' lives.ndjson > "$work/late"
expect 0 "late" "$katrace" replay "$work/late"
printed "late" "1 line is out of order"

exit $failed
