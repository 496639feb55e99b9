#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Which cells run.sh would run, for each way to choose. Boots nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=cells.sh
. "$here/cells.sh"

table=$(mktemp)
trap 'rm -f "$table"' EXIT
cat > "$table" << 'END'
# name  arch   suite  package  modes                     auto
5.10    amd64  s      p        fentry,kprobe,tracepoint  fentry

6.1     amd64  s      p        fentry,kprobe,tracepoint  fentry
6.12    amd64  s      p        fentry,kprobe,tracepoint  fentry
newest  amd64  s      p        fentry,kprobe,tracepoint  fentry
6.1     arm64  s      p        kprobe,tracepoint         kprobe
6.12    arm64  s      p        fentry,kprobe,tracepoint  fentry
END
read_table "$table"

failed=0
expect() {
	[ "$2" != "$3" ] || return 0
	printf 'test_cells: %s:\n--- expected\n%s\n--- got\n%s\n' "$1" "$3" "$2" >&2
	failed=1
}

# The chosen kernels on one line.
chosen() {
	choose_kernels "$1" && printf '%s\n' "${kernels[@]}" | paste -sd ,
}

status_of() {
	local status=0
	"$@" > /dev/null 2>&1 || status=$?
	echo "$status"
}

expect "one kernel" "$(chosen 'amd64 6.1')" "amd64 6.1"
expect "two kernels, in the table's order" "$(chosen 'arm64 6.12,amd64 6.1')" "amd64 6.1,arm64 6.12"
expect "lines and spaces" "$(chosen $' amd64 5.10 \n\n arm64 6.1')" "amd64 5.10,arm64 6.1"
expect "one named twice" "$(chosen 'arm64 6.1,arm64')" "arm64 6.1,arm64 6.12"
expect "an architecture" "$(chosen amd64)" "amd64 5.10,amd64 6.1,amd64 6.12,amd64 newest"
expect "no choice" "$(chosen '' | tr , '\n' | wc -l)" 6
expect "no pattern" "$(chosen 'amd64 6.1.' 2> /dev/null || echo refused)" refused
expect "part of a name" "$(chosen 'amd64 new' 2> /dev/null || echo refused)" refused
expect "the known ones are listed" "$(chosen 'amd64 6' 2>&1 > /dev/null | sed -n 2p)" "  amd64 5.10"

choose_kernels ''
expect "all cells" "$(choose_cells all | wc -l)" 23
expect "a part" "$(choose_cells part | paste -sd ,)" \
	"amd64 5.10 fentry,amd64 6.1 kprobe,amd64 6.12 tracepoint,amd64 newest auto,arm64 6.1 kprobe,arm64 6.12 fentry"
choose_kernels 'arm64'
expect "a part with modes to be added" "$(choose_cells part | paste -sd ,)" \
	"arm64 6.1 kprobe,arm64 6.12 fentry,arm64 6.1 tracepoint,arm64 6.1 auto"
choose_kernels 'arm64 6.1'
expect "a mode that no chosen kernel offers" "$(choose_cells part | paste -sd ,)" \
	"arm64 6.1 kprobe,arm64 6.1 tracepoint,arm64 6.1 auto"
expect "neither all nor part" "$(choose_cells half 2> /dev/null || echo refused)" refused

export KATRACE_KERNELS KATRACE_CELLS
KATRACE_KERNELS='arm64 6.1' KATRACE_CELLS=all
expect "run.sh --list" "$("$here/run.sh" --list)" $'arm64 6.1 kprobe\narm64 6.1 tracepoint\narm64 6.1 auto'
KATRACE_KERNELS='amd64 6.1|arm64'
expect "run.sh, an unknown kernel" "$(status_of "$here/run.sh" --list)" 2
KATRACE_KERNELS='' KATRACE_CELLS=half
expect "run.sh, a wrong part" "$(status_of "$here/run.sh" --list)" 2
[ "$failed" = 0 ] && echo "test_cells: passed"
exit "$failed"
