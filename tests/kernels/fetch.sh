#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# fetch.sh CACHE ARCH SUITE PACKAGE [MODULE...]: gets the kernel behind a metapackage of Debian's, and prints the
# directory it is in: vmlinuz, and modules/ with those that the live tests need and these, named so that they can be
# inserted in the order of their names. Fails when it cannot.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/apt.sh"

NEEDED_MODULES=(veth nf_tables tcp_diag "${@:5}")

# The metapackage leads to linux-image-VERSION; from 7.x on that leads to linux-binary-VERSION and
# linux-modules-VERSION.
kernel_packages() {
	local package
	for package in $(apt_depends "$1" '^linux-(image|binary|modules)-[0-9]'); do
		echo "$package"
		kernel_packages "$package"
	done
}

unpack() {
	local patterns=('boot/vmlinuz-*' 'lib/modules/*/vmlinuz' '*.ko' '*.ko.xz' '*.ko.zst')
	# tar minds patterns that match nothing; what is missing is noticed later
	dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --wildcards --no-anchored "${patterns[@]}" 2> /dev/null || true
}

# Copies module $2 of the unpacked packages in $1 to $3, after its dependencies. The packages have no modules.dep, but
# each module names its dependencies.
add_module() {
	local from=$1 name=$2 to=$3 file plain dependency number
	compgen -G "$to/*-$name.ko" > /dev/null && return
	file=$(find "$from" -name "${name//_/[_-]}.ko*" -print -quit)
	if [ -z "$file" ]; then
		say "the packages have no module $name"
		return 1
	fi
	plain=$from/$name.plain
	case $file in
	*.xz) xz -dc "$file" > "$plain" ;;
	*.zst) zstd -dcq "$file" > "$plain" ;;
	*) cp "$file" "$plain" ;;
	esac
	for dependency in $(tr '\0' '\n' < "$plain" | sed -n 's/^depends=//p' | tr ',' ' '); do
		add_module "$from" "$dependency" "$to" || return 1
	done
	number=$(find "$to" -name '*.ko' | wc -l)
	mv "$plain" "$to/$(printf %02d "$number")-$name.ko"
}

make_kernel() {
	local from=$1 to=$2 module
	mkdir "$to" "$to/modules"
	find "$from" -name 'vmlinuz*' -exec mv {} "$to/vmlinuz" \;
	if [ ! -f "$to/vmlinuz" ]; then
		say "the packages have no vmlinuz"
		return 1
	fi
	for module in "${NEEDED_MODULES[@]}"; do
		add_module "$from" "$module" "$to/modules" || return 1
	done
}

if [ $# -lt 4 ]; then
	echo "usage: $0 CACHE ARCH SUITE PACKAGE [MODULE...]" >&2
	exit 2
fi
cache=$1 arch=$2 suite=$3 package=$4

apt_use "$cache" "$suite" "$arch"
mapfile -t packages < <(kernel_packages "$package")
if [ ${#packages[@]} = 0 ]; then
	say "$suite ($arch) has no kernel behind $package"
	exit 1
fi
debs=()
for each in "${packages[@]}"; do
	debs+=("$(apt_fetch "$each")")
done

mkdir -p "$cache/kernels"
kernel=$cache/kernels/$(basename "${debs[0]}" .deb)$(printf '+%s' "${NEEDED_MODULES[@]}")
if [ ! -d "$kernel" ]; then
	work=$(mktemp -d "$cache/kernels/partial.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	mkdir "$work/packages"
	for deb in "${debs[@]}"; do
		unpack "$deb" "$work/packages"
	done
	make_kernel "$work/packages" "$work/kernel"
	mv "$work/kernel" "$kernel"
fi
echo "$kernel"
