# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For lanes (scripts/tests/NN-name): TAP, and what most of them put into a virtual machine.
# Source it, then: check "sentence" COMMAND..., equal "sentence" GOT WANTED, skip_all REASON,
# done_testing at the end.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

COUNT=0
BAD=0

pass() { COUNT=$((COUNT + 1)); echo "ok $COUNT - $1"; }

# fail SENTENCE [DETAIL]
fail() {
	COUNT=$((COUNT + 1)) BAD=$((BAD + 1))
	echo "not ok $COUNT - $1"
	[ -z "${2-}" ] || printf '# %s\n' "${2//$'\n'/$'\n'# }"
}

skip() { COUNT=$((COUNT + 1)); echo "ok $COUNT - $1 # SKIP $2"; }

skip_all() { echo "1..0 # SKIP $1"; exit 0; }

# check SENTENCE COMMAND...: the command's output is the detail of a failure
check() {
	local sentence=$1 output
	shift
	if output=$("$@" 2>&1); then pass "$sentence"; else fail "$sentence" "$output"; fi
}

equal() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got: $2"$'\n'"wanted: $3"; fi
}

# contains SENTENCE TEXT PART
contains() {
	if [[ $2 == *"$3"* ]]; then pass "$1"; else fail "$1" "no '$3' in: $2"; fi
}

done_testing() {
	echo "1..$COUNT"
	[ "$BAD" -eq 0 ] || exit 1
	exit 0
}

stock_kernel() { "$TOP/scripts/kernel"; }

# our_module: builds winusb_iso for the stock kernel and prints the .ko; its log goes to stderr
our_module() {
	local kernel
	kernel=$(stock_kernel) || return
	make --no-print-directory -C "$TOP" module KDIR="$kernel/build" >&2 || return
	echo "$BUILD/module/$(cat "$kernel/release")/winusb_iso.ko"
}

our_userspace() {
	locked "$BUILD/userspace.lock" make --no-print-directory -C "$TOP" userspace >&2
}

# our_programs: --program options for the tool and the simulated device, built before
our_programs() {
	local program
	for program in tool/winusb-iso sim/winusb-iso-sim; do
		[ ! -x "$BUILD/userspace/$program" ] || printf '%s\n' --program "$BUILD/userspace/$program"
	done
}

# node_modules: --file options for those of Node's own modules that Debian keeps as files of their own
node_modules() {
	local name
	for name in acorn acorn-walk cjs-module-lexer undici; do
		[ ! -d "/usr/share/nodejs/$name" ] ||
			printf '%s\n' --file "/usr/share/nodejs/$name:/usr/share/nodejs/$name"
	done
}
