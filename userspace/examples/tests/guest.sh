#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples in a virtual machine, against the simulated device; prints TAP. Every test plugs its
# own devices. Needs winusb_iso (devices=1209:0001) and vhci_hcd loaded, and in PATH the examples,
# and minimal-static, minimal-c++, minimal-32 and minimal-readme: minimal.c built in other ways.
set -u

# The library of 64 and of 32 bits, as installed.
export LD_LIBRARY_PATH=/opt/lib64:/opt/lib32:/usr/local/lib

COUNT=0
BAD=0

# plug NUMBER SIM-OPTIONS...
plug() {
	number=$1
	shift
	winusb-iso-sim --daemon --wait --control "/tmp/sim$number" "$@" >/dev/null
}

# until the kernel has forgotten them all
unplug_all() {
	for socket in /tmp/sim*; do
		winusb-iso-sim --control "$socket" --send stop >/dev/null
	done
	tries=0
	while [ -n "$(find /sys/bus/usb/devices -name '*-*' ! -name '*-0:*')" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || break
		sleep 0.1
	done
	rm -f /tmp/sim*
}

# prints SENTENCE WANTED COMMAND...: exits with 0 and prints exactly that
prints() {
	sentence=$1 wanted=$2
	shift 2
	COUNT=$((COUNT + 1))
	got=$("$@" 2>&1)
	rc=$?
	if [ "$got" = "$wanted" ] && [ "$rc" -eq 0 ]; then
		echo "ok $COUNT - examples in a guest: $sentence"
		return
	fi
	BAD=$((BAD + 1))
	echo "not ok $COUNT - examples in a guest: $sentence"
	printf '%s\n' "exit status $rc; got:" "$got" "wanted:" "$wanted" | sed 's/^/# /'
}

# reads_a_second SPEED PACKETS BYTES PROGRAM
reads_a_second() {
	plug 0 --speed "$1"
	prints "$4 reads 1 s at $1 speed" "$2 packets ok, 0 bad, $3 bytes, 0 gaps" "$4" 1209:0001
	unplug_all
}

comes_back() {
	plug 0 --speed "$1"
	prints "loopback gets back what it sent at $1 speed" \
		"loopback: 100000 of 100000 bytes came back, 0 wrong" \
		sh -c 'loopback 1209:0001 3 0x82 0x02 100000 >/tmp/out || exit; tail -n 1 /tmp/out'
	prints "loopback lost nothing in either direction at $1 speed" 2 \
		grep -c ' 0 bad, 0 gaps, 0 intervals lost$' /tmp/out
	unplug_all
}

poll_loop() {
	plug 0 --speed full
	plug 1 --speed high
	plug 2 --speed super
	plug 3 --speed high --serial other
	prints "poll-loop reads four devices of three speeds in one thread" \
		"4 with 100 transfers, 0 bad, 0 gaps" \
		sh -c 'poll-loop 100 /dev/winusb-iso0 /dev/winusb-iso1 /dev/winusb-iso2 \
			/dev/winusb-iso3 >/tmp/out || exit
			echo "$(grep -c "100 transfers, .* 0 bad, .* 0 gaps$" /tmp/out)" \
			"with 100 transfers, 0 bad, 0 gaps"'
	unplug_all
}

# says SENTENCE WANTED-STATUS PART-OF-STDERR COMMAND...
says() {
	sentence=$1 status=$2 part=$3
	shift 3
	prints "$sentence" "$status" sh -c '"$@" 2>/tmp/err; echo $?' sh "$@"
	prints "$sentence, with one line that names the cause" 1 grep -c "$part" /tmp/err
}

reads_a_second full 1000 192000 minimal
reads_a_second high 8000 8192000 minimal
reads_a_second super 8000 8192000 minimal
reads_a_second high 8000 8192000 minimal-static
reads_a_second high 8000 8192000 minimal-c++
reads_a_second high 8000 8192000 minimal-readme
if command -v minimal-32 >/dev/null; then
	reads_a_second full 1000 192000 minimal-32
	reads_a_second high 8000 8192000 minimal-32
	reads_a_second super 8000 8192000 minimal-32
fi
comes_back full
comes_back high
comes_back super
poll_loop
says "minimal fails without a device" 1 'No such file or directory' minimal 1209:0001
says "minimal fails without arguments" 2 '^usage: ' minimal
says "loopback fails without a device" 1 'No such file or directory' loopback 1209:0001
says "poll-loop fails without a node" 1 'No such file or directory' poll-loop 1 /dev/winusb-iso0

COUNT=$((COUNT + 1))
if rmmod winusb_iso; then
	echo "ok $COUNT - examples in a guest: the module can be removed afterwards"
else
	BAD=$((BAD + 1))
	echo "not ok $COUNT - examples in a guest: the module can be removed afterwards"
fi
echo "1..$COUNT"
[ "$BAD" -eq 0 ]
