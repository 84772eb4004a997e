#!/bin/sh
# SPDX-License-Identifier: MIT
# In the guest: plays /data/HOST/tool.pcm with the winusb-iso tool into each device there is; HOST is
# its host controller (uhci, ohci, xhci). TAP.
count=0
bad=0
for node in /dev/winusb-iso*; do
	controller=$(readlink -f "/sys/class/winusb-iso/${node##*/}/device/../../../driver")
	host=${controller##*/}
	host=${host%%[-_]*}
	count=$((count + 1))
	if output=$(winusb-iso play --strict --alternate 1 "$node" "/data/$host/tool.pcm" 2>&1); then
		echo "ok $count - $host: the tool plays a file without a bad packet or a gap"
	else
		bad=$((bad + 1))
		echo "not ok $count - $host: the tool plays a file without a bad packet or a gap"
	fi
	echo "$output" | sed 's/^/# /'
done
echo "1..$count"
[ "$count" -gt 0 ] && [ "$bad" -eq 0 ]
