#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs in the guest: the kernel's usbtest, its isochronous cases, against the kernel's SourceSink
# gadget at every speed. usbtest lets up to a tenth of the packets fail: its log is read, and so is
# the controller's own count.

CONFIGFS=/sys/kernel/config
DUMMY=/sys/kernel/debug/dummy_hcd.0
GADGET=$CONFIGFS/usb_gadget/zero
URBS=8		# in flight
ROUNDS=10	# so often each of them
TESTS=0
FAILED=0

# result WHAT SENTENCE: WHAT is empty, or what went wrong
result() {
	TESTS=$((TESTS + 1))
	if [ -z "$1" ]; then
		echo "ok $TESTS - $2"
		return
	fi
	FAILED=1
	echo "not ok $TESTS - $2"
	echo "$1" | sed 's/^/# /'
}

# wait_for WHAT COMMAND...: until it succeeds, at most 10 s
wait_for() {
	what=$1
	shift
	tries=0
	until "$@" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] || { echo "Bail out! no $what"; exit 1; }
		usleep 10000
	done
}

bound() { set -- /sys/bus/usb/drivers/usbtest/*:1.0; [ -e "$1" ]; }
unbound() { ! bound; }

# plug SPEED ATTRIBUTE=VALUE...: attributes first, they are fixed once the function is linked
plug() {
	mkdir -p $GADGET/functions/SourceSink.0 $GADGET/configs/c.1
	echo 0x0525 >$GADGET/idVendor
	echo 0xa4a0 >$GADGET/idProduct
	echo "$1" >$GADGET/max_speed
	shift
	for attribute; do
		echo "${attribute#*=}" >"$GADGET/functions/SourceSink.0/${attribute%=*}"
	done
	ln -s $GADGET/functions/SourceSink.0 $GADGET/configs/c.1/
	echo dummy_udc.0 >$GADGET/UDC
	wait_for "device bound to usbtest" bound
	interface=$(echo /sys/bus/usb/drivers/usbtest/*:1.0)
	device=/sys/bus/usb/devices/$(basename "${interface%:1.0}")
	node=$(printf '/dev/bus/usb/%03d/%03d' "$(cat "$device/busnum")" "$(cat "$device/devnum")")
	wait_for "$node" [ -e "$node" ]
}

unplug() {
	echo >$GADGET/UDC
	wait_for "unplug" unbound
	rm $GADGET/configs/c.1/SourceSink.0
	rmdir $GADGET/configs/c.1 $GADGET/functions/SourceSink.0 $GADGET
}

# field NAME LINE
field() { echo "$2" | sed -n "s/.* $1=\([0-9]*\).*/\1/p"; }

# count_of ADDRESS PACKETS BYTES: what the controller counted, or nothing if it is as it should be
count_of() {
	line=$(grep "^address=$1 " $DUMMY/endpoints)
	if [ "$(field packets "$line")" != "$2" ] || [ "$(field bytes "$line")" != "$3" ] ||
	   [ "$(field errors "$line")" != 0 ] || [ "$(field late "$line")" != 0 ] ||
	   [ "$(field unheard "$line")" != 0 ]; then
		echo "wanted $2 packets, $3 bytes, none bad; the controller counted: ${line:-nothing}"
	fi
}

# complaints: what the kernel's log says of this case that it should not say
complaints() {
	sed -n "/MARK $TESTS\$/,\$p" /tmp/log | grep -E 'errors out of|bad OUT byte|resubmit|failed|kill '
	sed -n "/MARK $TESTS\$/,\$p" /tmp/log | grep -q "usbtest.* total .*($1 packets)" ||
		echo "usbtest did not run $1 packets"
}

# run_case CASE ADDRESS PACKET SENTENCE
run_case() {
	packets=$((URBS * ROUNDS * 8))
	echo "MARK $TESTS" >/dev/kmsg
	said=$(testusb -D "$node" -t "$1" -c $ROUNDS -g $URBS -s $((8 * $3)) 2>&1)
	status=$?
	dmesg >/tmp/log
	wrong=$(complaints $packets; count_of "$2" $packets $((packets * $3)))
	[ $status -eq 0 ] || wrong="testusb: status $status
$wrong"
	# It prints nothing, and succeeds, when the device lacks the endpoints.
	case $said in
	*" test $1, "*) ;;
	*) wrong="testusb said: $said
$wrong" ;;
	esac
	result "$wrong" "$4"
}

# cases PACKET TEXT
cases() {
	run_case 15 0x04 "$1" "usbtest 15 writes isochronous packets, $2"
	run_case 16 0x83 "$1" "usbtest 16 reads isochronous packets, $2"
	run_case 22 0x04 "$1" "usbtest 22 writes from an odd address, $2"
	run_case 23 0x83 "$1" "usbtest 23 reads to an odd address, $2"
}

# speed_is MEGABITS: what is wrong with that
speed_is() { [ "$(cat "$device/speed")" = "$1" ] || echo "it has $(cat "$device/speed") Mb/s, not $1"; }

# at SPEED PACKET TEXT ATTRIBUTE=VALUE...: the sink checks that all bytes are 0 (pattern)
at() {
	name=$1 packet=$2 text=$3
	shift 3
	case $name in full-speed) speed=12 ;; high-speed) speed=480 ;; *) speed=5000 ;; esac
	plug "$name" pattern=0 "$@"
	result "$(speed_is "$speed")" "the device is there, $text"
	cases "$packet" "$text"
	unplug
}

mount -t configfs none $CONFIGFS
at full-speed 1023 "1023 bytes each frame" isoc_maxpacket=1023 isoc_interval=1
at full-speed 64 "64 bytes each 4 frames" isoc_maxpacket=64 isoc_interval=3
at high-speed 1024 "1024 bytes each microframe" isoc_maxpacket=1024 isoc_interval=1
at high-speed 2048 "2 x 1024 bytes each microframe" isoc_maxpacket=1024 isoc_interval=1 isoc_mult=1
at high-speed 3072 "3 x 1024 bytes each microframe" isoc_maxpacket=1024 isoc_interval=1 isoc_mult=2
at high-speed 512 "512 bytes each frame at high speed" isoc_maxpacket=512 isoc_interval=4
at super-speed 1024 "1024 bytes each bus interval" isoc_maxpacket=1024 isoc_interval=1
at super-speed 49152 "16 x 3 x 1024 bytes each bus interval" isoc_maxpacket=1024 isoc_interval=1 \
	isoc_mult=2 isoc_maxburst=15
at super-speed 4096 "4 x 1024 bytes each 2 bus intervals" isoc_maxpacket=1024 isoc_interval=2 \
	isoc_maxburst=3
echo "1..$TESTS"
exit $FAILED
