#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# sysroot.sh CACHE: gets what katrace and its live tests are built against on arm64, and prints the directory it is in.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/apt.sh"

# bookworm: its C library must not be newer than that of the cross compiler
SUITE=bookworm
PACKAGES=(libbpf-dev libelf-dev zlib1g-dev libcap-ng-dev libjson-c-dev)

if [ $# != 1 ]; then
	echo "usage: $0 CACHE" >&2
	exit 2
fi
cache=$1 sysroot=$1/sysroot-arm64

apt_use "$cache" "$SUITE" arm64
debs=()
for package in "${PACKAGES[@]}"; do
	debs+=("$(apt_fetch "$package")")
done

contents=$(printf '%s\n' "${debs[@]##*/}")
if [ "$(cat "$sysroot/contents" 2> /dev/null)" != "$contents" ]; then
	work=$(mktemp -d "$cache/sysroot.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	for deb in "${debs[@]}"; do
		dpkg-deb -x "$deb" "$work/root"
	done
	echo "$contents" > "$work/root/contents"
	rm -rf "$sysroot"
	mv "$work/root" "$sysroot"
fi
echo "$sysroot"
