#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# run.sh STATIC CACHE: runs the live tests on real kernels of kernels.conf, in virtual machines, once for each hook mode
# and once with katrace choosing by itself.
# run.sh --list: prints the cells (a kernel in a mode) that it would run.
#
# STATIC has ARCH/katrace and ARCH/live, both linked statically. Logs go to STATIC/logs, the resulting table also to
# STATIC/kernels.md. CACHE keeps kernels for the next time.
#
# From the environment: KATRACE_TESTS, a pattern of tests to run; KATRACE_KERNELS, the kernels to run them on, separated
# by commas or newlines, such as 'amd64 6.1,arm64' (all of arm64); KATRACE_CELLS=part, to run each kernel in one mode and
# each mode on one kernel at least, not all of them; KATRACE_VMS, how many virtual machines run side by side.
#
# Exits 0 when all cells passed and each chosen kernel ran, or, where none was chosen, at least ENOUGH_KERNELS of them: a
# suite may be gone. 1 otherwise, 2 for bad input.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=apt.sh
. "$here/apt.sh"
# shellcheck source=cells.sh
. "$here/cells.sh"

VMS=${KATRACE_VMS:-$(nproc)}
VM_TIMEOUT_S=1800 # all tests take a third of that on an idle machine
ENOUGH_KERNELS=4

read_table "$here/kernels.conf"
choose_kernels "${KATRACE_KERNELS-}" || exit 2
chosen=$(choose_cells "${KATRACE_CELLS:-all}") || exit 2
mapfile -t cells <<< "$chosen"
if [ "$*" = --list ]; then
	echo "$chosen"
	exit
fi
if [ $# != 2 ]; then
	echo "usage: $0 STATIC CACHE | --list" >&2
	exit 2
fi
static=$(cd "$1" && pwd)
rm -rf "$static/logs"
mkdir -p "$2" "$static/logs"
cache=$(cd "$2" && pwd)

work=$(mktemp -d)
declare -A running=() # pid of a virtual machine -> its cell
clean_up() {
	local pids=("${!running[@]}")
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2> /dev/null || true
	wait
	rm -rf "$work"
}
trap clean_up EXIT

# --- kernels ---

declare -A directories
# A suite may be gone, or its server down: the other kernels are still worth a run.
fetch_kernels() {
	local kernel
	for kernel in "${kernels[@]}"; do
		directories[$kernel]=$("$here/fetch.sh" "$cache" "${kernel% *}" "${suites[$kernel]}" \
			"${packages[$kernel]}") && continue
		directories[$kernel]=
		say "SKIPPED: $kernel is not available"
	done
}

# --- virtual machines ---

compiler() {
	case $1 in
	amd64) echo x86_64-linux-gnu-gcc ;;
	arm64) echo aarch64-linux-gnu-gcc ;;
	esac
}

# One file system for each kernel: init, its modules, katrace and its tests.
make_initramfs() {
	local kernel=$1 arch=${1% *} root
	root=$work/${kernel// /-}
	mkdir -p "$root"
	"$(compiler "$arch")" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -static "$here/init.c" -o "$root/init"
	cp "$static/$arch/katrace" "$static/$arch/live" "$root/"
	cp -r "${directories[$kernel]}/modules" "$root/"
	(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0 | gzip -1) > "$root.initramfs"
	rm -rf "$root"
}

log_of() {
	echo "$static/logs/${1// /-}.log"
}

start() {
	local cell=$1 kernel=${1% *} mode=${1##* } arch=${1%% *} qemu console settings
	if [ "$mode" = auto ]; then
		settings=katrace.expect=${autos[$kernel]}
	else
		settings="katrace.mode=$mode katrace.expect=$mode"
	fi
	[ -z "${KATRACE_TESTS-}" ] || settings+=" katrace.filter=$KATRACE_TESTS"
	case $arch in
	# without AVX, which the C library would use, and which is slow to emulate
	amd64) qemu=(qemu-system-x86_64 -cpu Nehalem) console=ttyS0 ;;
	arm64) qemu=(qemu-system-aarch64 -M virt -cpu cortex-a72) console=ttyAMA0 ;;
	esac
	# The machine's clock counts its instructions, and jumps to the next timer when it has nothing to do: seconds of
	# waiting pass in no time, and no timer is ever late because this host is busy. One CPU: with two, 6.1 for amd64
	# hangs while it starts the second.
	timeout --kill-after=10 "$VM_TIMEOUT_S" \
		"${qemu[@]}" -accel tcg,thread=single -icount shift=0,sleep=off -rtc clock=vm -smp 1 -m 1G -nodefaults -nographic -serial stdio -no-reboot \
		-kernel "${directories[$kernel]}/vmlinuz" -initrd "$work/${kernel// /-}.initramfs" \
		-append "console=$console quiet panic=-1 mitigations=off $settings" \
		< /dev/null > "$(log_of "$cell")" 2>&1 &
	running[$!]=$cell
	began[$cell]=$SECONDS
}

# The tests' total of that kind ("PASSED"), 0 without one.
total() {
	local n
	n=$(sed -n "s/^\[ *$2 *\] \([0-9]*\) test(s).*/\1/p" "$1" | tail -n 1)
	echo "${n:-0}"
}

# Names of the tests that failed, on one line.
failed_tests() {
	sed -n 's/^\[  FAILED  \] \([a-z0-9_]*\)$/\1/p' "$1" | sort -u | paste -sd ' '
}

# The output of the failed tests, or the end of the log if they did not finish. The first and last lines of a test matter.
show_failures() {
	{
		awk '
			/^\[ RUN / { n = 0; inside = 1 }
			inside { line[n++] = $0 }
			/^\[       OK / { inside = 0 }
			/\[  FAILED  \] [a-z0-9_]+$/ && inside {
				for (i = 0; i < n; i++)
					if (i < 20 || i >= n - 20)
						print line[i]
				inside = 0
			}' "$1"
		grep -q '^vm: the tests ended' "$1" || tail -n 30 "$1"
	} | cut -c 1-160 | sed 's/^/    /' >&2
	say "the whole log: $1"
}

# The kernel is tainted, or has logged a WARNING or worse.
complains() {
	! grep -q '^vm: tainted 0$' "$1" || grep -q '^vm: log: ' "$1"
}

show_complaints() {
	local taint
	taint=$(sed -n 's/^vm: tainted //p' "$1")
	say "the kernel is tainted (${taint:-unknown}); it logged:"
	sed -n 's/^vm: log: /    /p' "$1" | cut -c 1-160 >&2
}

# Sets results[cell] from its log. Only a clean end with all tests passed and a kernel that does not complain is a success;
# in a forced mode there may be nothing to run.
judge() {
	local cell=$1 log kernel status passed failed skipped
	log=$(log_of "$cell")
	# a serial line has carriage returns, and the firmware clears the screen
	sed -i 's/\r//g; s/\x1bc//g; s/\x1b\[[0-9;?=]*[A-Za-z]//g' "$log"
	status=$(sed -n 's/^vm: the tests ended with status //p' "$log")
	passed=$(total "$log" PASSED)
	failed=$(total "$log" FAILED)
	skipped=$(total "$log" SKIPPED)
	kernel=$(sed -n 's/^vm: kernel //p' "$log")
	release[${cell% *}]=${kernel:-${release[${cell% *}]-}}
	if [ "$status" = 0 ] && [ "$passed" -gt 0 ] && [ "$failed" = 0 ]; then
		results[$cell]="passed $passed"
		[ "$skipped" = 0 ] || results[$cell]+=", skipped $skipped"
	elif [ "$status" = 0 ] && grep -q '^live: none of these tests depends on the hook mode' "$log"; then
		results[$cell]="nothing to run"
	elif [ "$failed" -gt 0 ]; then
		results[$cell]="FAILED $failed of $((passed + failed))"
	elif [ -n "$status" ]; then
		results[$cell]="FAILED, status $status"
	else
		results[$cell]="FAILED, no end"
	fi
	if [[ ${results[$cell]} != FAILED* ]] && complains "$log"; then
		results[$cell]="FAILED, the kernel complains"
	fi
	say "$cell: ${results[$cell]} ($((SECONDS - began[$cell])) s)"
	! complains "$log" || show_complaints "$log"
	[[ ${results[$cell]} != FAILED* ]] || show_failures "$log"
}

wait_for_one() {
	local pid cell
	wait -n -p pid || true # how it went is in the log
	cell=${running[$pid]}
	unset "running[$pid]"
	judge "$cell"
}

# --- results ---

result() {
	local kernel=$1 mode=$2
	if [[ " $(modes_of "$kernel") " == *" $mode "* ]]; then
		echo "${results[$kernel $mode]:-not run}"
	else
		echo "not offered"
	fi
}

row() {
	local kernel=$1 mode
	printf '%s|%s' "${kernel% *}" "${release[$kernel]:-${kernel#* }}"
	for mode in "${MODES[@]}"; do
		printf '|%s' "$(result "$kernel" "$mode")"
	done
	echo
}

rows() {
	local kernel
	for kernel in "${kernels[@]}"; do
		row "$kernel"
	done
}

columns() {
	local IFS='|'
	echo "arch|kernel|${MODES[*]}"
}

write_markdown() {
	local separator
	separator=$(columns | sed 's/[^|]*/ --- /g')
	{
		columns
		echo "$separator"
		rows
	} | sed 's/|/ | /g; s/^ */| /; s/ *$/ |/; s/  */ /g'
}

declare -A results=() release=() began=()
fetch_kernels
ran=0
for kernel in "${kernels[@]}"; do
	[ -n "${directories[$kernel]}" ] || continue
	make_initramfs "$kernel"
	ran=$((ran + 1))
done
for cell in "${cells[@]}"; do
	if [ -z "${directories[${cell% *}]}" ]; then
		results[$cell]=skipped
		continue
	fi
	[ ${#running[@]} -lt "$VMS" ] || wait_for_one
	start "$cell"
done
while [ ${#running[@]} -gt 0 ]; do
	wait_for_one
done

{
	columns
	rows
} | column -t -s '|'
write_markdown > "$static/kernels.md"
for cell in "${!results[@]}"; do
	[[ ${results[$cell]} != FAILED* ]] || echo "$cell: ${results[$cell]}: $(failed_tests "$(log_of "$cell")")"
done
passed=$(printf '%s\n' "${results[@]}" | grep -c '^passed' || true)
failed=$(printf '%s\n' "${results[@]}" | grep -c '^FAILED' || true)
skipped=$(printf '%s\n' "${results[@]}" | grep -c '^skipped' || true)
echo "$passed passed, $failed failed, $skipped skipped ($ran kernels, $((SECONDS / 60)) min $((SECONDS % 60)) s)"
wanted=${#kernels[@]}
[ -n "${KATRACE_KERNELS-}" ] || wanted=$ENOUGH_KERNELS
if [ "$ran" -lt "$wanted" ]; then
	say "only $ran kernels ran, but $wanted are required"
	exit 1
fi
[ "$failed" = 0 ]
