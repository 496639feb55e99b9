# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
# Gets Debian packages of any suite and architecture without changing this machine's apt. Sourced by the other scripts.
#
# Call apt_use CACHE SUITE ARCH first; the other functions use that suite. Messages go to stderr.

# Debian's own keys only, not others that this machine trusts. They cover every suite that is used here, and sid.
APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

say() {
	echo "kernels: $*" >&2
}

# The address of the archive this machine itself gets $1 (such as bookworm) from. Other archives may have a suite of
# that name: one whose path is /debian is preferred.
apt_mirror() {
	local empty uris
	empty=$(mktemp -d)
	uris=$(apt-get -o APT::Sandbox::User=root -o Dir::State::Lists="$empty" --print-uris update |
		sed -n "s|^'\(.*\)/dists/$1/InRelease' .*|\1|p")
	rm -rf "$empty"
	{
		grep -E '://[^/]+/debian$' <<< "$uris" || cat <<< "$uris"
	} | head -n 1
}

apt_with() {
	local tool=$1
	shift
	# no preferences and no translations; and every error is one
	"$tool" -qq -o Dir::Etc::sourcelist="$APT_STATE/sources" -o Dir::Etc::sourceparts=- \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State::Lists="$APT_STATE/lists" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$APT_STATE/cache" \
		-o APT::Architecture="$APT_ARCH" -o APT::Architectures="$APT_ARCH" -o APT::Update::Error-Mode=any \
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# The lines of sources.list for that suite and its security updates. Fails if their source is unknown.
apt_sources() {
	local suite=$1 release main security
	if ! command -v apt-get > /dev/null; then
		say "apt-get not found: Debian's packages cannot be fetched"
		return 1
	fi
	release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	main=$(apt_mirror "$release")
	security=$(apt_mirror "$release-security")
	if [ -z "$main" ]; then
		say "this machine's apt has no source for $release: the source of Debian's packages is unknown"
		return 1
	fi
	echo "deb [signed-by=$APT_KEYRING] $main $suite main"
	if [ -n "$security" ] && [ "$suite" != sid ]; then
		echo "deb [signed-by=$APT_KEYRING] $security $suite-security main"
	fi
}

# From now on packages are those of this suite, with its security updates. Fails if there are no
# lists of it; if only the update failed, reports it and continues with the old lists. No other shell can use that suite
# until this one exits.
apt_use() {
	local cache=$1 suite=$2
	APT_ARCH=$3
	APT_STATE=$cache/apt/$suite-$APT_ARCH
	APT_DEBS=$cache/debs
	mkdir -p "$APT_STATE/lists/partial" "$APT_STATE/cache/archives/partial" "$APT_DEBS"
	exec 9> "$APT_STATE/lock"
	flock 9
	apt_sources "$suite" > "$APT_STATE/sources" || return 1
	if ! apt_with apt-get update >&2; then
		say "cannot update the package lists of $suite ($APT_ARCH)"
		compgen -G "$APT_STATE/lists/*_Packages*" > /dev/null
	fi
}

# The dependencies of package $1 that match the extended regular expression $2, one per line.
apt_depends() {
	apt_with apt-cache show --no-all-versions "$1" | sed -n 's/^Depends: //p' | tr ',' '\n' |
		sed 's/^ *//; s/[ :(|].*//' | grep -E "$2" | sort -u
}

# Prints the path of the package file, which is downloaded unless it is there.
apt_fetch() {
	local file size partial=$APT_STATE/partial
	read -r _ file size _ < <(apt_with apt-get --print-uris download "$1") || return 1
	if [ "$(stat -c %s "$APT_DEBS/$file" 2> /dev/null)" != "$size" ]; then
		say "fetching $file, $((size / 1024)) KiB"
		rm -rf "$partial"
		mkdir "$partial"
		(cd "$partial" && apt_with apt-get download "$1" >&2) && mv "$partial/$file" "$APT_DEBS/"
	fi
	[ -f "$APT_DEBS/$file" ] && echo "$APT_DEBS/$file"
}
