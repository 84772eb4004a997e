#!/bin/sh
# SPDX-License-Identifier: MIT
# The winusb-iso tool in a virtual machine, against the simulated device; prints TAP. Every test
# plugs its own device. Needs the modules winusb_iso, vhci_hcd and usbtest at hand.
set -u

COUNT=0
BAD=0
SHAPE=in:0x81:1024:1,out:0x01:1024:1

plug() { winusb-iso-sim --daemon --wait --control /tmp/control --stats=/tmp/stats "$@" >/dev/null; }

sim() { winusb-iso-sim --control /tmp/control --send "$1" >/dev/null; }

unplug() {
	sim stop 2>/dev/null
	tries=0
	while [ -e /dev/winusb-iso0 ] || [ -e /sys/bus/usb/devices/1-1 ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 50 ] || break
		sleep 0.1
	done
}

# of JSON MEMBER: its value in the last line
of() { printf '%s\n' "$1" | sed -n '$s/.*"'"$2"'":"\{0,1\}\([^",}]*\).*/\1/p'; }

# equal WHAT GOT WANTED, inside a test
equal() {
	[ "$2" = "$3" ] && return
	echo "# $1: got '$2', wanted '$3'"
	OK=no
}

# run COMMAND...: output (stdout and stderr) in $OUT, status in $RC
run() {
	OUT=$("$@" 2>&1)
	RC=$?
}

# test_that SENTENCE FUNCTION SIM-OPTIONS...
test_that() {
	sentence=$1 body=$2
	shift 2
	OK=yes
	COUNT=$((COUNT + 1))
	plug "$@"
	"$body"
	unplug
	if [ "$OK" = yes ]; then
		echo "ok $COUNT - tool in a guest: $sentence"
	else
		BAD=$((BAD + 1))
		echo "not ok $COUNT - tool in a guest: $sentence"
	fi
}

bind() { winusb-iso bind 1209:0001 >/dev/null || OK=no; }

binds() {
	run winusb-iso list
	equal 'list before' "$OUT" 'winusb-iso: no device is bound (winusb-iso bind VID:PID binds one)'
	run winusb-iso bind 1209:0001
	equal bind "$RC: $OUT" '0: 1-1:1.0: /dev/winusb-iso0'
	run winusb-iso bind 1209:0001
	equal 'bind again' "$RC: $OUT" '0: 1-1:1.0: /dev/winusb-iso0'
	run winusb-iso list --json
	equal 'list after' "$(of "$OUT" node) $(of "$OUT" interface_name) $(of "$OUT" speed)" \
		'/dev/winusb-iso0 1-1:1.0 high speed'
	run winusb-iso unbind --restore 1-1
	equal unbind "$RC: $OUT" '0: 1-1:1.0: unbound'
	equal 'ids left' "$(cat /sys/bus/usb/drivers/winusb_iso/new_id)" ''
	run winusb-iso unbind 1209:0001
	equal 'unbind again' "$RC: $OUT" "1: winusb-iso: '1209:0001' is not bound to winusb_iso"
}

takes_over() {
	modprobe usbtest vendor=0x1209 product=1 2>/dev/null
	run winusb-iso bind 1209:0001
	equal bind "$RC: $OUT" '0: 1-1:1.0: /dev/winusb-iso0 (taken from usbtest)'
	run winusb-iso unbind --restore 1209:0001
	equal unbind "$RC: $OUT" '0: 1-1:1.0: unbound; now held by usbtest'
	rmmod usbtest
}

refuses() {
	run winusb-iso bind 1209:0002
	equal 'other ids' "$RC: $OUT" "1: winusb-iso: there is no USB device '1209:0002' (see lsusb)"
	run winusb-iso bind 1209:0001:1
	equal 'other interface' "$RC: $OUT" "1: winusb-iso: '1209:0001:1': the device has no interface 1"
	run winusb-iso bind 1209:0001
	equal 'no isochronous endpoint' "$RC: $OUT" \
		"1: winusb-iso: '1209:0001' has no isochronous endpoint"
	run winusb-iso bind camera
	equal usage "$RC" 2
}

not_root() {
	grep -q nobody /etc/passwd || echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd
	run su -s /bin/sh nobody -c '/usr/local/bin/winusb-iso bind 1209:0001'
	equal bind "$RC: $OUT" '1: winusb-iso: binding 1-1:1.0: only root may do that'
	bind
	run su -s /bin/sh nobody -c '/usr/local/bin/winusb-iso info'
	equal info "$RC: $OUT" \
		'1: winusb-iso: /dev/winusb-iso0: no permission (be root, or in the group of the udev rule)'
}

informs() {
	bind
	run winusb-iso info --json
	equal 'controller' "$(of "$OUT" controller)" vhci_hcd
	equal 'pipes' "$(printf '%s' "$OUT" | grep -o '"pipe":"0x[0-9a-f]*"' | tr '\n' ' ')" \
		'"pipe":"0x81" "pipe":"0x01" "pipe":"0x82" '
	equal 'maxima' "$(printf '%s' "$OUT" | grep -o 'max_bytes_per_interval":[0-9]*' | cut -d: -f2 |
		tr '\n' ' ')" '3072 512 192 '
	equal 'intervals' "$(printf '%s' "$OUT" | grep -o 'interval_uframes":[0-9]*' | cut -d: -f2 |
		tr '\n' ' ')" '1 2 8 '
}

captures() {
	bind
	run winusb-iso capture -o /tmp/x --packets 1000 --json --index /tmp/index --transfer-packets 8
	equal status "$RC" 0
	equal counts "$(of "$OUT" packets_ok) $(of "$OUT" bytes) $(of "$OUT" gaps) $(of "$OUT" trust)" \
		'1000 1024000 0 exact'
	equal size "$(stat -c %s /tmp/x)" 1024000
	equal 'index lines' "$(wc -l </tmp/index)" 1001
	equal 'index order' "$(awk -F, 'NR > 2 && ($1 != p + 1 || $2 != t + 1 || $3 != o + 1024) { n++ }
		{ p = $1; t = $2; o = $3 } END { print n + 0 }' /tmp/index)" 0
	# Bits 0 to 39 of the first word of a packet are the counter of its service interval.
	equal 'data order' "$(od -A n -t u4 -w1024 -v /tmp/x | awk 'NR > 1 && $1 != p + 1 { n++ }
		{ p = $1 } END { print NR, n + 0 }')" '1000 0'
}

fills_gaps() {
	bind
	run winusb-iso capture -o /tmp/x --packets 1000 --gaps zeros --strict --json --transfer-packets 8
	equal status "$RC" 3
	equal counts "$(of "$OUT" packets_ok) $(of "$OUT" packets_bad) $(of "$OUT" gaps)" '999 1 1'
	equal lost "$(of "$OUT" lost_intervals)" 24
	equal size "$(stat -c %s /tmp/x)" $((1024 * 1024))
	equal 'bad packet' "$(dd if=/tmp/x bs=1024 skip=100 count=1 2>/dev/null | tr -d '\0' | wc -c)" 0
	equal 'gap' "$(dd if=/tmp/x bs=1024 skip=400 count=24 2>/dev/null | tr -d '\0' | wc -c)" 0
	equal 'after the gap' "$(od -A n -t u4 -w1024 -v /tmp/x | awk 'NR == 1 { first = $1 }
		NR == 425 { print $1 - first }')" 424
}

leaves_out() {
	bind
	run winusb-iso capture -o /tmp/x --packets 200
	equal status "$RC" 0
	equal 'without the bad one' "$(stat -c %s /tmp/x)" $((199 * 1024))
	sim 'fault crc@100:pipe=0x81'
	run winusb-iso capture -o /tmp/x --packets 200 --keep-bad
	equal 'with the bad one' "$(stat -c %s /tmp/x)" $((200 * 1024))
}

keeps_files() {
	bind
	echo precious >/tmp/x
	run winusb-iso capture -o /tmp/x --alternate 7
	equal 'no such setting' "$RC: $OUT" \
		'1: winusb-iso: alternate setting 7 has no isochronous IN pipe (see winusb-iso info)'
	run winusb-iso capture -o /tmp/x --pipe 0x01
	equal 'OUT pipe' "$RC: $OUT" '2: winusb-iso: pipe 0x01 is an OUT pipe'
	equal file "$(cat /tmp/x)" precious
}

loops_back() {
	bind
	head -c 200000 /dev/urandom >/tmp/d
	winusb-iso capture -o /tmp/x --duration 500ms --quiet &
	sleep 0.1
	run winusb-iso play /tmp/d --packet-bytes '176*9,180' --json --index /tmp/index
	wait
	equal status "$RC" 0
	equal packets "$(of "$OUT" packets_ok) $(of "$OUT" bytes) $(of "$OUT" gaps)" '1134 200000 0'
	equal 'lengths' "$(awk -F, 'NR > 1 { print $5 }' /tmp/index | sort -n | uniq -c |
		awk '{ printf "%s x %s, ", $1, $2 }')" '1 x 140, 1020 x 176, 113 x 180, '
	cmp -s /tmp/d /tmp/x
	equal 'data back' $? 0
}

plays_stdin() {
	bind
	head -c 10007 /dev/urandom >/tmp/d
	run sh -c 'cat /tmp/d | winusb-iso play --json'
	equal stdin "$RC $(of "$OUT" bytes) $(of "$OUT" packets_ok)" '0 10007 10'
	run sh -c 'cat /tmp/d | winusb-iso play --loop'
	equal loop "$RC: $OUT" '2: winusb-iso: stdin can not be played in a loop: it is no file'
	run winusb-iso play --quiet /dev/null
	equal empty "$RC: $OUT" '1: winusb-iso: /dev/null is empty'
	run winusb-iso play --loop /tmp/d --packets 40 --json
	equal looped "$RC $(of "$OUT" bytes)" '0 40960'
	run winusb-iso play /tmp/d --packet-bytes 1025
	equal length "$RC: $OUT" \
		"2: winusb-iso: --packet-bytes 1025: a packet is longer than the pipe's maximum (1024 bytes)"
}

ends_in_order() {
	bind
	winusb-iso capture -o /tmp/x --json >/tmp/summary &
	sleep 0.5
	kill -INT $!
	wait $!
	equal status $? 0
	equal size "$(stat -c %s /tmp/x)" "$(of "$(cat /tmp/summary)" bytes)"
	run sh -c 'winusb-iso capture --quiet | head -c 10000 | wc -c'
	equal 'closed pipe' "$RC: $OUT" '0: 10000'
	run sh -c 'winusb-iso capture --duration 100ms --quiet >/dev/full'
	equal 'full disk' "$RC: $OUT" '1: winusb-iso: stdout: No space left on device'
	run sh -c 'winusb-iso list >/dev/full'
	equal 'full output' "$RC: $OUT" '1: winusb-iso: cannot write the output: No space left on device'
}

is_busy() {
	bind
	winusb-iso monitor --duration 1 --quiet --alternate 1 &
	sleep 0.2
	run winusb-iso monitor
	equal 'same pipe' "$RC: $OUT" \
		'1: winusb-iso: /dev/winusb-iso0: cannot stream on pipe 0x81: another program streams on it'
	run winusb-iso monitor --alternate 2
	equal 'other setting' "$RC: $OUT" '1: winusb-iso: cannot select alternate setting 2: another program streams on this interface'
	wait $!
	equal 'the first one' $? 0
	run winusb-iso info --json
	equal 'setting afterwards' "$(of "$OUT" current_alternate)" 0
}

survives_unplug() {
	bind
	(sleep 0.3; sim vanish) &
	run winusb-iso capture -o /tmp/x --json
	equal status "$RC" 1
	equal message "$(printf '%s\n' "$OUT" | head -n 1)" \
		'winusb-iso: /dev/winusb-iso0: the device has gone'
	equal size "$(stat -c %s /tmp/x)" "$(of "$OUT" bytes)"
	wait
}

test_that 'bind and unbind say what they did, and twice is once' binds --alternate $SHAPE
test_that 'bind takes an interface from its driver, and restore gives it back' takes_over \
	--alternate $SHAPE
test_that 'what can not be bound is refused with a reason' refuses --alternate in:0x81:512:0:bulk
test_that 'without root there is one clear error' not_root --alternate $SHAPE
test_that 'info tells maxima and intervals of every pipe' informs \
	--alternate in:0x81:1024x3:1,out:0x01:512:2 --alternate in:0x82:192:4
test_that 'capture saves every packet in order, and the index says when' captures --alternate $SHAPE
test_that 'with zeros for gaps an offset is a time' fills_gaps --alternate $SHAPE \
	--fault protocol@100:pipe=0x81 --fault hole@400:pipe=0x81:n=24
test_that 'bad packets are left out unless asked for' leaves_out --alternate $SHAPE \
	--fault crc@100:pipe=0x81
test_that 'a capture that can not start leaves the file alone' keeps_files --alternate $SHAPE
test_that 'packets of different lengths go out and come back unchanged' loops_back \
	--alternate in:0x81:1024:1:loop=1+16,out:0x01:1024:1
test_that 'play takes pipes, loops over files, and refuses what it can not send' plays_stdin \
	--alternate $SHAPE
test_that 'signals, closed pipes and full disks end a stream in order' ends_in_order \
	--alternate $SHAPE
test_that 'a pipe in use is refused, and the alternate setting goes back' is_busy \
	--alternate $SHAPE --alternate $SHAPE
test_that 'unplugging ends a capture with an error, and loses nothing that had come' survives_unplug \
	--alternate $SHAPE
echo "1..$COUNT"
[ "$BAD" -eq 0 ]
