# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the lanes that play sound through QEMU's uhci, ohci and xhci into its usb-audio. Sourced behind
# lane.sh, after our_userspace; makes a folder for what is played and recorded, and goes there.

TESTS=$BUILD/userspace/tests
SOUND_HOSTS=(uhci ohci xhci)
SOUNDS=$(mktemp -d)
trap 'rm -rf "$SOUNDS"' EXIT
cd "$SOUNDS" || exit 94 # QEMU's arguments are split at blanks: short names here

# The files of a controller, in the order in which they are played: a has 8 s, others 0.3 s. The
# last one is for the tool.
sounds() {
	case $1 in
	xhci) echo a d e f ;; # no start frames on xHCI
	*) echo a b c d e f ;;
	esac
}

make_sounds() {
	local seed=1 host sound frames
	for host in "${SOUND_HOSTS[@]}"; do
		mkdir -p "sounds/$host"
		for sound in $(sounds "$host"); do
			frames=$((48 * 300))
			[ "$sound" != a ] || frames=$((48 * 8000))
			"$TESTS/tools/pcm-make" "$seed" "$frames" >"sounds/$host/$sound.pcm" || return
			seed=$((seed + 1))
		done
		# The silence keeps what comes before from being cut off in QEMU's buffer.
		cat "sounds/$host/f.pcm" <(head -c $((192 * 200)) /dev/zero) >"sounds/$host/tool.pcm"
	done
}

# Recorded as it is sent, or QEMU would make 44100 Hz of it.
audio() {
	echo "-device $2,id=$1 -device usb-audio,bus=$1.0,audiodev=$1-sound" \
		"-audiodev wav,id=$1-sound,path=$1.wav,out.frequency=48000,out.channels=2,out.format=s16"
}

# Instructions are counted, so that the guest's clock, the controllers' frames and QEMU's sound
# timer are one: no packet can be late, and no buffer of QEMU's full, because this machine is slow.
# shellcheck disable=SC2034 # for the lanes
SOUND_MACHINE=(--icount --timeout 500 --file "$SOUNDS/sounds:/data"
	--module uhci-hcd --module ohci-pci --module xhci-pci
	--qemu "$(audio uhci piix3-usb-uhci)" --qemu "$(audio ohci pci-ohci)"
	--qemu "$(audio xhci qemu-xhci)"
	--program "$TESTS/test-audio" --program "$TOP/userspace/tests/tools/play-each.sh"
	--program "$BUILD/userspace/tool/winusb-iso-static:/usr/local/bin/winusb-iso")

# For the guest: plays all of them
# shellcheck disable=SC2034 # for the lanes
PLAY_ALL='status=0; test-audio || status=1; play-each.sh || status=1'

# recorded HOST: the recording holds what was played, and nothing else
recorded() {
	local -a files
	read -r -a files < <(sounds "$1")
	files=("${files[@]/#/sounds/$1/}")
	files=("${files[@]/%/.pcm}")
	"$TESTS/tools/wav-compare" "$1.wav" "${files[@]}"
}

# judge_recordings STATUS: of the guest
judge_recordings() {
	local host
	for host in "${SOUND_HOSTS[@]}"; do
		check "$host: QEMU recorded every sample that was played, and no other" recorded "$host"
	done
	equal "the machine ended well" "$1" 0
}
