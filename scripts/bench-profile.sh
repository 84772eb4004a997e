# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Where the instructions go, function by function of the kernel: QEMU counts them by address, in two
# runs of different length, whose difference is what transfers cost. Sourced by scripts/bench.

# profile_run NAME PEER TRANSFERS
profile_run() {
	"$TOP/scripts/vm" --name "bench-profile" --icount --timeout 900 --share "$OUT" \
		--program "$BUILD/userspace/bench/iso-bench" --program "$TOP/scripts/bench-guest" \
		--module usb_f_ss_lb --module "$DUMMY is_super_speed=1" \
		--module "$MODULE devices=0525:a4a0" --module "usbtest alt=1" \
		--qemu "-plugin file=$BUILD/userspace/bench/tcg-profile.so,out=$OUT/$1.blocks" \
		-- "bench-guest profile $2 $3" >/dev/null || return
	{
		awk '$2 ~ /[tTwW]/ { print $1, 0, $3 }' "$OUT/kallsyms"
		awk '/^ffff/ { print $1, 1, $2 }' "$OUT/$1.blocks"
	} | LC_ALL=C sort | awk '$2 == 0 { name = $3; next } { sum[name] += $3 }
		END { for (name in sum) print name, sum[name] }' >"$OUT/$1.functions"
	rm -f "$OUT/$1.blocks" "$OUT/kallsyms"
}

# profile_of PEER ROUNDS: FUNCTION INSTRUCTIONS, of one transfer; a run of N transfers does ROUNDS * N
profile_of() {
	profile_run "$1-short" "$1" 50 && profile_run "$1-long" "$1" 450 || return
	awk -v n=$(($2 * 400)) 'NR == FNR { less[$1] = $2; next }
		{ print $1, ($2 - less[$1]) / n }' "$OUT/$1-short.functions" "$OUT/$1-long.functions" \
		>"$OUT/$1.profile"
	rm -f "$OUT/$1"-*.functions
}

# profile: the functions that take most of what the rings take above the floor
profile() {
	profile_of ring 4 && profile_of usbtest 13 || return
	{
		printf '%-36s %9s %9s %9s\n' "Kernel functions, per transfer" "rings" floor difference
		awk 'NR == FNR { floor[$1] = $2; next }
			{ printf "%-36s %9.0f %9.0f %9.0f\n", $1, $2, floor[$1], $2 - floor[$1] }' \
			"$OUT/usbtest.profile" "$OUT/ring.profile" | sort -k4,4nr | sed -n '1,40p'
	} >"$OUT/profile.txt"
}
