# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
# Makes a Debian root of any suite. Sourced by scripts that need root.
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/../kernels/apt.sh"

# debian_root SUITE ROOT PACKAGES...: makes a root with these packages in the folder ROOT, unless it is there with the
# same packages and at most a week old. The caller holds a lock on it. Leaves a log in ROOT.log. STALE_MIRROR=1 accepts
# a mirror that was last updated long ago, which is how Debian's own signatures of sid expire.
debian_root() {
	local suite=$1 root=$2 partial=$2.partial log=$2.log options=() packages
	shift 2
	packages=$*
	if [ "$(cat "$root/packages" 2> /dev/null)" = "$packages" ] && [ -z "$(find "$root/packages" -mtime +7)" ]; then
		return
	fi
	say "making a root of $suite in $root"
	rm -rf "$root" "$partial"
	[ -z "${STALE_MIRROR-}" ] || options+=(--aptopt='Acquire::Check-Valid-Until "false"')
	if ! apt_sources "$suite" | mmdebstrap --mode=root --variant=apt --include="${packages// /,}" "${options[@]}" \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$partial" - > "$log" 2>&1; then
		grep '^[EW]:' "$log" >&2 || tail "$log" >&2
		say "cannot make a root of $suite; see $log"
		return 1
	fi
	echo "$packages" > "$partial/packages"
	mv "$partial" "$root"
}
