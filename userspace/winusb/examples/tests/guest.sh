#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# In a guest: each example against the simulated device, and every byte that it moved (TAP).
set -uo pipefail

COUNT=0 BAD=0
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

plug() { winusb-iso-sim --daemon --wait --ms-os 2 --control "$SIM" >/dev/null; }

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

run() {
	check "the simulated device for $1 is there" node_is_there
	output=$("$@" 2>&1)
	equal "$1 succeeds" "$?: $output" "0: $WANTED"
}

cd "$(mktemp -d)" || exit 1

plug
WANTED="sent 3 transfers asap
sent 3 transfers in frames
received 245760 bytes asap
received 245760 bytes in frames"
run sample-flow in
equal "sample-flow sent every byte" "$(stats 0x01 bytes)" $((6 * 80 * 1024))
equal "sample-flow received what the device sent" "$(pattern check 0x81 1024 240 <in)" "480 packets"
unplug

plug
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

plug
pattern make 0x02 512 8000 5 >play
WANTED="played 4096000 bytes"
run audio-loop play record
check "audio-loop recorded what it played" cmp play record
unplug

echo "1..$COUNT"
[ "$BAD" -eq 0 ]
