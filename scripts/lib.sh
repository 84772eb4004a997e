# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What every script here shares: where things are, how to speak, how to stop. Sourced, never run.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD_DIR:-$TOP/build}
CACHE=${WINUSB_ISO_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/winusb-iso}
PROGRAM=${0##*/}
export TOP BUILD CACHE

# modprobe and depmod live in sbin, which an ordinary user's PATH lacks.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

# Everything that is not a result goes to stderr, so that $(script) stays usable.
say() { printf '%s: %s\n' "$PROGRAM" "$*" >&2; }
die() { say "$*"; exit 1; }

# usage_of FILE: the comment block at the head of a script is its help text.
usage_of() { awk 'NR > 2 && !/^#/ { exit } NR > 2 { sub(/^# ?/, ""); print }' "$1"; }

have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif have sudo; then
		sudo "$@"
	else
		die "needs root for: $*"
	fi
}

# locked FILE COMMAND...: one at a time per FILE; the lock goes when the command ends.
locked() {
	local file=$1
	shift
	mkdir -p "$(dirname "$file")"
	(
		flock 9
		"$@" 9>&-
	) 9>"$file"
}
