# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Where the instructions go, and what is copied: a plugin of QEMU counts instructions and the bytes
# they write by address, while each peer does so many transfers. Sourced by scripts/bench.

MARKED=224 # transfers, as in bench-guest
# In the order of bench-guest: "marks"; of the floor there is a short run and one of twice the length.
MARKED_PEERS=(libusb usbfs winusb-iso winusb winusb-shared ring-1 ring-8 winusb-iso-8 winusb-8
	winusb-shared-8)

# symbols: ADDRESS 0 FUNCTION GROUP, of the kernel, its modules and of iso-bench with our libraries
symbols() {
	awk '$2 ~ /[tTwW]/ { print $1, 0, $3, substr($4, 2, length($4) - 2) }' "$MARKS/kallsyms"
	nm -n "$BUILD/userspace/bench/iso-bench" |
		awk '$2 ~ /[tTwWi]/ { print $1, 0, $3, "user" } $3 == "_end" { print $1, 0, "(libc,libusb)", "user" }'
}

# What a function of the kernel itself is for, by its name.
GROUPS_AWK='function group(name, module) {
	if (module == "user") return "program and libraries"
	if (module == "winusb_iso") return "winusb_iso"
	if (module ~ /^(dummy_hcd|usb_f_ss_lb|libcomposite|udc_core)$/) return "controller and device"
	if (name ~ /^(memcpy|led_trigger_blink_oneshot)$/) return "controller and device"
	if (module ~ /^usb/) return "usbcore, usbfs"
	if (name ~ /kmem|kmalloc|kfree|memset|slab|memcg|mem_cgroup/) return "allocations"
	if (name ~ /SYSCALL|sys_|sysret|poll|ioctl|fget|fput|tomoyo|copy_(from|to)_user|copy_user|user_mode|futex|security|fpregs/)
		return "system calls"
	if (name ~ /sched|psi_|switch|enqueue|dequeue|entity|pick_|load_avg|update_curr|wake|ttwu|_rq|runtime|task|idle|preempt|rcu/)
		return "scheduler"
	if (name ~ /_lock|_unlock|spin|list_|mutex|thunk|rb_/) return "locks, lists, thunks"
	if (name ~ /timer|tick|clock|ktime|time|irq|apic|asm_|hpet|softirq|jiffies/) return "interrupts and time"
	return "other" }'

# marked NUMBER: FUNCTION MODULE INSTRUCTIONS BYTES of one file of the plugin, without the load
marked() {
	{ cat "$MARKS/symbols"; awk '{ print $1, 1, $2, $3 }' "$MARKS/blocks.$1"; } | LC_ALL=C sort |
		awk '$2 == 0 { name = $3; module = $4; next }
			name != "load_start" || module != "user" { count[name " " module] += $3; bytes[name " " module] += $4 }
			END { for (key in count) print key (key ~ / $/ ? "-" : ""), count[key], bytes[key] }'
}

# of_transfer SIZE PEER STREAMS [SHORT] LONG: SIZE PEER FUNCTION GROUP INSTRUCTIONS BYTES of one transfer
of_transfer() {
	{
		[ $# -eq 4 ] || marked "$4" | sed 's/$/ less/'
		marked "${!#}"
	} | awk -v size="$1" -v peer="$2" -v n=$((MARKED * $3)) "$GROUPS_AWK"'
		{ key = $1 " " $2; sign = $5 == "less" ? -1 : 1
		  count[key] += sign * $3 / n; bytes[key] += sign * $4 / n }
		END { for (key in count) { split(key, part, " ")
			printf "%d\t%s\t%s\t%s\t%.3f\t%.3f\n", size, peer, part[1], group(part[1], part[2]), \
				count[key], bytes[key] } }'
}

# profile: $OUT/profile.tsv
profile() {
	local size peer number=0
	MARKS=$OUT/marks
	mkdir -p "$MARKS"
	guest marks --share "$MARKS" --append norandmaps "${FOUR[@]}" \
		--qemu "-plugin file=$BUILD/userspace/bench/tcg-profile.so,out=$MARKS/blocks"
	symbols >"$MARKS/symbols"
	for size in 1024 512; do
		of_transfer $size floor 1 $((number + 1)) $((number + 2))
		number=$((number + 2))
		for peer in "${MARKED_PEERS[@]}"; do
			number=$((number + 1))
			of_transfer $size "$peer" 1 $number
		done
	done >"$OUT/profile.tsv"
	{
		of_transfer 32 1-stream 1 $((number + 1))
		of_transfer 32 16-streams 16 $((number + 2))
	} >>"$OUT/profile.tsv"
	rm -r "$MARKS"
}
