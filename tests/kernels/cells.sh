# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
# Which kernels the live tests run on, and in which modes: sourced by the other scripts. A kernel is called "ARCH NAME",
# a cell "ARCH NAME MODE".

MODES=(fentry kprobe tracepoint auto)

known=()   # every kernel of the table
kernels=() # those chosen
declare -A suites packages modes autos

# shellcheck disable=SC2034 # used by the scripts that source this
read_table() {
	local name arch suite package offered auto
	while read -r name arch suite package offered auto; do
		[[ $name != \#* && -n $name ]] || continue
		known+=("$arch $name")
		suites["$arch $name"]=$suite
		packages["$arch $name"]=$package
		modes["$arch $name"]=${offered//,/ }
		autos["$arch $name"]=$auto
	done < "$1"
}

# "ARCH NAME" means that kernel, "ARCH" all of that architecture.
is_meant() {
	[ "$2" = "$1" ] || [ "$2" = "${1%% *}" ]
}

any_known() {
	local kernel
	for kernel in "${known[@]}"; do
		! is_meant "$kernel" "$1" || return 0
	done
	return 1
}

# Sets kernels to those that the list $1 names, in the table's order; an empty list names all. The list is separated by
# commas or newlines. Fails when it names one that is not in the table.
choose_kernels() {
	local kernel word words=()
	while read -r word; do
		[ -z "$word" ] || words+=("$word")
	done <<< "${1//,/$'\n'}"
	[ ${#words[@]} -gt 0 ] || words=("${known[@]%% *}")
	for word in "${words[@]}"; do
		any_known "$word" && continue
		echo "kernels: unknown kernel '$word'; known are:" >&2
		printf '  %s\n' "${known[@]}" >&2
		return 1
	done
	kernels=()
	for kernel in "${known[@]}"; do
		for word in "${words[@]}"; do
			is_meant "$kernel" "$word" || continue
			kernels+=("$kernel")
			break
		done
	done
}

modes_of() {
	echo "${modes[$1]} auto"
}

# Every kernel in every mode it offers.
all_cells() {
	local kernel mode
	for kernel in "${kernels[@]}"; do
		for mode in $(modes_of "$kernel"); do
			echo "$kernel $mode"
		done
	done
}

# Each kernel once, in the mode that came least often so far (of several, the first); then each mode that has not come
# yet, on the first kernel that offers it. The same cells each time: what failed can be run again.
part_cells() {
	local kernel mode best all
	local -A times=()
	for kernel in "${kernels[@]}"; do
		best=
		for mode in $(modes_of "$kernel"); do
			[ -n "$best" ] && [ "${times[$mode]:-0}" -ge "${times[$best]:-0}" ] || best=$mode
		done
		times[$best]=$((${times[$best]:-0} + 1))
		echo "$kernel $best"
	done
	all=$(all_cells)
	for mode in "${MODES[@]}"; do
		[ "${times[$mode]:-0}" -gt 0 ] || grep -m 1 " $mode\$" <<< "$all" || true
	done
}

# The cells of the chosen kernels: "all" of them or a "part". Fails when $1 is neither.
choose_cells() {
	case $1 in
	all) all_cells ;;
	part) part_cells ;;
	*)
		echo "kernels: KATRACE_CELLS must be all or part, not '$1'" >&2
		return 1
		;;
	esac
}
