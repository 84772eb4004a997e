#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# guest.sh sim|loopback: in a guest, each example against the simulated device, or against the
# kernel's own gadgets on dummy_hcd; and every byte that it moved (TAP).
set -uo pipefail

COUNT=0 BAD=0 ON=''
SIM=/run/sim

# check SENTENCE COMMAND...
check() {
	local sentence=$1 output
	shift
	COUNT=$((COUNT + 1))
	if output=$("$@" 2>&1); then
		echo "ok $COUNT - $sentence"
	else
		BAD=$((BAD + 1))
		echo "not ok $COUNT - $sentence"
		printf '# %s\n' "${output//$'\n'/$'\n'# }"
	fi
}

# equal SENTENCE GOT WANTED
equal() {
	COUNT=$((COUNT + 1))
	[ "$2" = "$3" ] && echo "ok $COUNT - $1" && return
	BAD=$((BAD + 1))
	printf 'not ok %s - %s\n# got: %s\n# wanted: %s\n' "$COUNT" "$1" "$2" "$3"
}

# plug [OPTION...]: a simulated device that tells its GUID, in Microsoft OS descriptors $MS_OS.0
plug() { winusb-iso-sim --daemon --wait --ms-os "${MS_OS:-2}" --control "$SIM" "$@" >/dev/null; }

# Gone when its node is.
unplug() {
	winusb-iso-sim --control "$SIM" --send stop >/dev/null
	while compgen -G '/dev/winusb-iso*' >/dev/null; do sleep 0.01; done
}

node_is_there() {
	local i
	for ((i = 0; i < 1000; i++)); do
		compgen -G '/dev/winusb-iso*' >/dev/null && return
		sleep 0.01
	done
	return 1
}

# stats ADDRESS NAME: of a pipe
stats() {
	winusb-iso-sim --control "$SIM" --send stats |
		tr '{' '\n' | sed -n "/\"pipe\":\"$1\"/s/.*\"$2\":\([0-9]*\).*/\1/p"
}

# run PROGRAM [ARGUMENT...]: says $WANTED, $ON
run() {
	check "a device for $1 is there $ON" node_is_there
	output=$("$@" 2>&1)
	equal "$1 succeeds $ON" "$?: $output" "0: $WANTED"
}

on_sim() {
	ON='on the simulated device'
	plug
	WANTED="sent 3 transfers asap
sent 3 transfers in frames
received 245760 bytes asap
received 245760 bytes in frames"
	run sample-flow in
	equal "sample-flow sent every byte" "$(stats 0x01 bytes)" $((6 * 80 * 1024))
	equal "sample-flow received what the device sent" "$(pattern check 0x81 1024 240 <in)" "480 packets"
	unplug

	MS_OS=1 plug
	WANTED="received 819200 bytes"
	run sync-reader in 10
	equal "sync-reader received what the device sent" "$(pattern check 0x81 1024 80 <in)" "800 packets"
	unplug

	plug
	pattern make 0x01 1024 8000 77 >play
	WANTED="sent 8192000 bytes"
	run event-player play
	equal "event-player sent every packet" "$(stats 0x01 good) $(stats 0x01 bad) $(stats 0x01 jumps)" "8000 0 0"
	unplug

	plug
	WANTED="received 8192000 bytes"
	run port-reader in 250
	equal "port-reader received without a gap" "$(pattern check 0x81 1024 8000 <in)" "8000 packets"
	unplug

	plug
	WANTED="received 819200 bytes, started 10 times"
	run dynamic-reader in 10
	equal "dynamic-reader received what the device sent" "$(pattern check 0x81 1024 80 <in)" \
		"800 packets"
	unplug

	plug --alternate in:0x82:512:1:loop=2+16,out:0x02:512:1
	pattern make 0x02 512 8000 5 >play
	WANTED="played 4096000 bytes"
	run audio-loop play record
	check "audio-loop recorded what it played" cmp play record
	unplug
}

# ---- dummy_hcd: the kernel's SourceSink, and a program on FunctionFS that sends back what it gets ----

# packets SIZE COUNT FILE: what SourceSink sends (f_sourcesink.c:reinit_write_data())
packets() {
	local i byte text=''
	for ((i = 0; i < $1; i++)); do
		printf -v byte '\\x%02x' $((i % 63))
		text+=$byte
	done
	printf '%b' "$text" >"$3"
	for ((i = 1; i < $2; i *= 2)); do cat "$3" "$3" >"$3.new" && mv "$3.new" "$3"; done
	head -c $(($1 * $2)) "$3" >"$3.new" && mv "$3.new" "$3"
}

# sink: what the gadget's OUT endpoint has had since it was set up
sink() {
	sed -n 's/^address=0x0.* \(packets=[0-9]*\) .* \(bytes=[0-9]* errors=[0-9]* unheard=[0-9]*\)$/\1 \2/p' \
		/sys/kernel/debug/dummy_hcd.0/endpoints
}

# source_sink SPEED PATTERN SIZE
source_sink() {
	check "SourceSink is there $ON" loopback source-sink "$1" isoc_interval=1 \
		"isoc_maxpacket=$3" iso_qlen=16 "pattern=$2"
}

# readers SIZE: of packets
readers() {
	local program
	packets "$1" 320 wanted
	for program in sync-reader dynamic-reader; do
		WANTED="received $((320 * $1)) bytes"
		[ "$program" != dynamic-reader ] || WANTED+=", started 4 times"
		run "$program" in 4
		check "$program received what SourceSink sends $ON" cmp wanted in
	done
	packets "$1" 1600 wanted
	WANTED="received $((1600 * $1)) bytes"
	run port-reader in 50
	check "port-reader received what SourceSink sends $ON" cmp wanted in
}

# SourceSink counts what it gets on isochronous pipes, and does not look at it: echo_back does.
player() {
	WANTED="sent $((1600 * $1)) bytes"
	run event-player wanted
	equal "event-player sent every packet $ON" "$(sink)" \
		"packets=1600 bytes=$((1600 * $1)) errors=0 unheard=0"
}

# SourceSink sends zeroes.
flow() {
	WANTED="sent 3 transfers asap
sent 3 transfers in frames
received $((240 * $1)) bytes asap
received $((240 * $1)) bytes in frames"
	run sample-flow in
	head -c $((480 * $1)) /dev/zero >wanted
	check "sample-flow received what SourceSink sends $ON" cmp wanted in
	equal "sample-flow sent every byte $ON" "$(sink | sed 's/.*\(bytes=[0-9]*\).*/\1/')" \
		"bytes=$((480 * $1))"
}

echo_back() {
	check "the program that sends back is there $ON" loopback loop "$1"
	head -c 327680 /dev/urandom >play
	WANTED="played 327680 bytes"
	run audio-loop play record 0
	check "audio-loop recorded what it played $ON" cmp play record
}

on_loopback() {
	local speed size
	mount -t configfs configfs /sys/kernel/config
	printf '[%s]\ndevice = 1209:0001\n' '{5d1f4fd0-7d5c-4ab5-9d2b-3f9d4c0c5e01}' >winusb.conf
	export WINUSB_CONFIG=$PWD/winusb.conf
	for speed in full high super; do
		ON="on dummy_hcd, $speed speed" size=1024
		[ "$speed" != full ] || size=1023
		source_sink "$speed" 1 "$size"
		readers "$size"
		player "$size"
		# Both ways at once: two of 1023 are more than a frame at full speed has room for.
		[ "$speed" != full ] || size=512
		source_sink "$speed" 0 "$size"
		flow "$size"
		# A packet each ms; at full speed it would be one in 8 ms, which WinUSB refuses.
		[ "$speed" = full ] || echo_back "$speed"
	done
	loopback off >/dev/null
}

cd "$(mktemp -d)" || exit 1
"on_$1"
echo "1..$COUNT"
[ "$BAD" -eq 0 ]
