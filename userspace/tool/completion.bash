# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# bash completion for winusb-iso: subcommands, options, their values, and devices.

_winusb_iso_stream_options='--pipe --alternate --duration --packets --transfer-packets --queue --json
	--quiet --strict --help'

_winusb_iso_options() {
	case $1 in
	list | info | bind) echo '--json --help' ;;
	unbind) echo '--restore --json --help' ;;
	capture)
		echo "--output --index --compact --gaps --keep-bad --buffer $_winusb_iso_stream_options"
		;;
	play) echo "--input --packet-bytes --loop --index $_winusb_iso_stream_options" ;;
	monitor) echo "$_winusb_iso_stream_options" ;;
	esac
}

# Nodes of this machine, with their ids.
_winusb_iso_nodes() {
	local node
	for node in /dev/winusb-iso[0-9]*; do
		[ ! -e "$node" ] || echo "$node"
	done
	winusb-iso list --json 2>/dev/null |
		sed -n 's/.*"vendor_id":"\([^"]*\)","product_id":"\([^"]*\)","interface":\([0-9]*\),.*/\1:\2:\3/p'
}

# Every USB device but hubs, by ids, for bind and unbind.
_winusb_iso_usb_devices() {
	local folder
	for folder in /sys/bus/usb/devices/[0-9]*; do
		if [ -e "$folder/idVendor" ] && [ "$(cat "$folder/bDeviceClass")" != 09 ]; then
			echo "$(cat "$folder/idVendor"):$(cat "$folder/idProduct")"
		fi
	done 2>/dev/null | sort -u
}

# Isochronous pipes of every device.
_winusb_iso_pipes() {
	winusb-iso info --json 2>/dev/null | grep -o '"pipe":"0x[0-9a-f]*","direction":"[A-Z]*","pipe_type":"isoc' |
		cut -d'"' -f4 | sort -u
}

# Colons separate words for readline: what stands before the last one must not be repeated.
_winusb_iso_reply() {
	local word before
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
	[[ $2 == *:* && $COMP_WORDBREAKS == *:* ]] || return 0
	before=${2%"${2##*:}"}
	for word in "${!COMPREPLY[@]}"; do
		COMPREPLY[word]=${COMPREPLY[word]#"$before"}
	done
}

# The word at the cursor with the colons that readline took apart.
_winusb_iso_word() {
	local line=${COMP_LINE:0:COMP_POINT}
	echo "${line##*[[:space:]]}"
}

_winusb_iso() {
	local word previous command
	word=$(_winusb_iso_word)
	previous=${COMP_WORDS[COMP_CWORD - 1]}
	command=${COMP_WORDS[1]-}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_winusb_iso_reply 'list info bind unbind capture play monitor --help --version' "$word"
		return
	fi
	case $previous in
	--pipe) _winusb_iso_reply "$(_winusb_iso_pipes)" "$word"; return ;;
	--gaps) _winusb_iso_reply 'zeros none' "$word"; return ;;
	--packet-bytes) _winusb_iso_reply 'full' "$word"; return ;;
	-o | --output | -i | --input | --index) compopt -o default 2>/dev/null; return ;;
	--alternate | --duration | --packets | --transfer-packets | --queue | --buffer) return ;;
	esac
	case $word in
	-*) _winusb_iso_reply "$(_winusb_iso_options "$command")" "$word"; return ;;
	esac
	case $command in
	bind | unbind) _winusb_iso_reply "$(_winusb_iso_usb_devices)" "$word" ;;
	info | capture | monitor) _winusb_iso_reply "$(_winusb_iso_nodes)" "$word" ;;
	play)
		_winusb_iso_reply "$(_winusb_iso_nodes)" "$word"
		compopt -o default 2>/dev/null
		;;
	esac
}

complete -F _winusb_iso winusb-iso
