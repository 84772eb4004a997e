#!/bin/sh
# SPDX-License-Identifier: MIT
# Inside of the virtual machine: the program winusb-iso-sim against the stock vhci_hcd, plugged in
# by itself and through Debian's usbip over loopback. Prints TAP. busybox sh will do.
N=0
BAD=0
SIM="winusb-iso-sim --control /tmp/sim"
USBIP=${USBIP:-/usr/sbin/usbip}

# is SENTENCE GOT PART: PART occurs in GOT
is() {
	N=$((N + 1))
	case $2 in
	*"$3"*) echo "ok $N - $1" ;;
	*)
		BAD=$((BAD + 1))
		echo "not ok $N - $1"
		echo "# no '$3' in: $2"
		;;
	esac
}

stop() {
	$SIM --send stop >/dev/null
	while [ -e /tmp/sim ]; do usleep 10000; done
}

# one SPEED LENGTH DEPTH: the highest rate, both ways
one() {
	$SIM --daemon --wait --speed "$1" --lead "$4" >/tmp/ready
	is "a $1-speed device gets ready" "$(cat /tmp/ready)" "ready: vhci port"
	is "$1 speed: everything comes in" "$(usbfs-stream 1209:0001 2 0x81 "$2" 8 "$3" 100)" \
		"transfers 100 good 800 bad 0 errors 0 empty 0 gaps 0"
	is "$1 speed: everything goes out" "$(usbfs-stream 1209:0001 2 0x01 "$2" 8 "$3" 100)" \
		"transfers 100 good 800"
	is "$1 speed: the sink saw each service interval" "$($SIM --send stats)" \
		'"packets":800,"bytes":'"$((800 * $2)),"'"good":800,"bad":0,"empty":0,"errors":0,"missing":0,"jumps":0'
	stop
}

# fault SENTENCE FAULT PART: one stream with the fault
fault() {
	$SIM --daemon --wait --lead 400 --fault "$2" >/dev/null
	is "$1" "$(usbfs-stream 1209:0001 1 0x81 1024 8 8 60 2>&1)" "$3"
	[ ! -e /tmp/sim ] || stop
}

dropped() {
	$SIM --daemon --wait --lead 400 --fault "$1@200" >/dev/null
	usbfs-stream 1209:0001 1 0x81 1024 8 8 60 >/dev/null 2>&1
	usleep 300000
	is "vhci_hcd drops a device that sends: $1" "$(ls /tmp/sim 2>&1)" "No such file"
	[ ! -e /tmp/sim ] || stop
}

usbip_attach() {
	mkdir -p /var/run
	winusb-iso-sim --listen --daemon --control /tmp/sim --lead 400 >/tmp/ready
	is "a USB/IP server gets ready" "$(cat /tmp/ready)" "ready: listening"
	is "usbip list finds the device" "$($USBIP list -r 127.0.0.1 2>/dev/null)" "1-1: "
	$USBIP attach -r 127.0.0.1 -b 1-1 2>/tmp/errors
	is "usbip attach takes it" "$? $(cat /tmp/errors)" "0 "
	while ! ls /sys/bus/usb/devices/*-1:1.0/../idVendor >/dev/null 2>&1 ||
		! grep -q 1209 /sys/bus/usb/devices/*-1/idVendor; do usleep 50000; done
	usleep 300000
	is "it streams" "$(usbfs-stream 1209:0001 1 0x81 1024 8 8 60 2>&1)" \
		"good 480 bad 0 errors 0 empty 0 gaps 0"
	is "usbip port shows it" "$($USBIP port 2>/dev/null)" "1209:0001"
	$USBIP detach -p 0 >/dev/null 2>&1
	usleep 500000
	is "after usbip detach it is for hire again" "$($USBIP list -r 127.0.0.1 2>/dev/null)" "1-1: "
	stop
}

one full 1023 4 50
one high 3072 8 400
one super 49152 16 400
fault "packet errors arrive where they were put" "timeout@100+5" "good 475 bad 0 errors 5 empty 0 gaps 1 missing 5 status -62"
fault "a hole is a gap of just its length" "hole@100:n=7" "good 480 bad 0 errors 0 empty 0 gaps 1 missing 7"
fault "empty packets are empty" "empty@10+4" "empty 4"
fault "a reply of too many packets counts as none" "more-packets@200" "transfers 60 good 472"
fault "a late reply loses nothing when enough is queued" "late-reply@100:ms=2" "good 480 bad 0 errors 0 empty 0 gaps 0"
for kind in wrong-seqnum actual-mismatch huge-actual twice bad-command truncated; do
	dropped $kind
done
usbip_attach
echo "1..$N"
exit $((BAD > 0))
