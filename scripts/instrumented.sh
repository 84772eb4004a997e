# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the lanes on the instrumented kernel (scripts/kernel-debug). Sourced; brings lane.sh along.

# shellcheck source=scripts/lane.sh
. "$(dirname "${BASH_SOURCE[0]}")/lane.sh"

instrumented_kernel() { "$TOP/scripts/kernel-debug"; }

# instrumented_module NAME: builds our modules for that kernel and prints the .ko
instrumented_module() {
	local kernel
	kernel=$(instrumented_kernel) || return
	make --no-print-directory -C "$TOP" module KDIR="$kernel/build" >&2 || return
	echo "$BUILD/module/$(cat "$kernel/release")/$1.ko"
}

# stretched TIMES KERNEL: options of scripts/vm, one per line, for a guest whose second has that many
# thousand million instructions: its clock is the processor's counter, which it is told to be so many
# times as fast as it is, and stretch.ko lets its timer agree. Then it is as quick as the stock one.
stretched() {
	local release folder
	release=$(cat "$2/release") || return
	folder=$BUILD/stretch/$release
	mkdir -p "$folder"
	cp -u "$TOP"/scripts/stretch/{Kbuild,stretch.c} "$folder/" &&
		make --no-print-directory -C "$2/build" M="$folder" modules >&2 || return
	printf '%s\n' --icount --append "tsc_early_khz=${1}000000" --module "$folder/stretch.ko"
}

# kernel_words NAME=VALUE...: parameters of a module; the kernel takes blanks only in quotes
kernel_words() {
	local word
	for word; do
		printf " '%s=\"%s\"'" "${word%%=*}" "${word#*=}"
	done
}

# For the beginning of a guest's commands: allocations that may wait can be made to fail, too, and
# one that was says nothing in the log. (kunit/memory_test.c)
# shellcheck disable=SC2034,SC2016 # for the lanes; the guest's shell expands it
LET_FAIL='for fault in failslab fail_page_alloc; do
		cd "/sys/kernel/debug/$fault" && echo N >ignore-gfp-wait && echo 0 >verbose
	done; echo 0 >min-order; cd /root'

# --- coverage: a build of our modules that counts what is executed ---

COVERAGE=$BUILD/coverage

# The kernel's own, and one more: functions that are inlined before they are counted would count for
# their callers, and a test's expectation as a branch of the driver.
COUNT_FLAGS='-fprofile-arcs -ftest-coverage -fno-tree-loop-im -fno-early-inlining'
COUNT_FLAGS+=' -fprofile-update=prefer-atomic'

# counting_module NAME: the same, counting; of UBSAN only what adds no branches to those counted.
counting_module() {
	local kernel
	kernel=$(instrumented_kernel) || return
	make --no-print-directory -C "$TOP" module KDIR="$kernel/build" \
		MODULE_BUILD="$COVERAGE/module" GCOV_PROFILE=y CFLAGS_UBSAN=-fsanitize=bounds \
		CFLAGS_GCOV="$COUNT_FLAGS" >&2 || return
	echo "$COVERAGE/module/$1.ko"
}

# --- tracing: builds that tell what each call executes, for the fuzzer that is guided ---

TRACED=$BUILD/traced

# tracing_module NAME: for KCOV of that kernel, of which nothing else is built so
tracing_module() {
	local kernel
	kernel=$(instrumented_kernel) || return
	make --no-print-directory -C "$TOP" module KDIR="$kernel/build" \
		MODULE_BUILD="$TRACED/module" KCOV_INSTRUMENT=y >&2 || return
	echo "$TRACED/module/$1.ko"
}

# traced_copy NAME: a folder with the module's sources, to be built for the stock kernel with what
# tells instead of KCOV (scripts/fuzzing)
traced_copy() {
	local copy=$TRACED/$1
	mkdir -p "$copy"
	cp -Rup "$TOP"/{driver,uapi} "$TOP/scripts/fuzzing/cover.c" "$copy/" &&
		cp "$TOP/Kbuild" "$copy/" &&
		printf '%s\n' 'obj-m += cover.o' 'ccflags-y += -fsanitize-coverage=trace-pc' \
			'CFLAGS_REMOVE_cover.o := -fsanitize-coverage=trace-pc' >>"$copy/Kbuild" || return
	echo "$copy"
}

# build_traced FOLDER: prints the folder
build_traced() {
	local kernel
	kernel=$(stock_kernel) || return
	make --no-print-directory -C "$kernel/build" M="$1" modules >&2 || return
	echo "$1"
}

# traced_module: prints the folder of cover.ko and winusb_iso.ko
traced_module() {
	local copy
	copy=$(traced_copy stock) && build_traced "$copy"
}

# trapped_module: the same with faults in the copy, whose file operations go through them
trapped_module() {
	local copy
	copy=$(traced_copy trapped) || return
	awk -v traps="$TOP/scripts/fuzzing/traps.c" '
		/^const struct file_operations/ { while ((getline line <traps) > 0) print line }
		/[.](release|unlocked_ioctl) = iso_/ { sub(/= iso_/, "= trap_") }
		{ print }
		' "$TOP/driver/chardev.c" >"$copy/driver/chardev.c" &&
		[ "$(grep -c '= trap_' "$copy/driver/chardev.c")" -eq 2 ] && build_traced "$copy"
}

# For the end of a guest's commands: prints what was counted, also of modules that were removed, for
# take_counts. (Not through --share: to switch a PCI device on, this kernel interprets ACPI's table
# of interrupts, and with all its checks that takes it more than a minute.)
# shellcheck disable=SC2034 # for the lanes
GIVE_COUNTS="mkdir /tmp/counts; cd /sys/kernel/debug/gcov$COVERAGE/module &&
	find . -name '*.gcda' | while read -r file; do
		mkdir -p \"/tmp/counts/\${file%/*}\" && cat \"\$file\" >\"/tmp/counts/\$file\"
	done; tar -cz -C /tmp/counts . | base64 | sed 's/^/# counts /'"

# take_counts NAME: passes a guest's output on, and keeps the counts in it
take_counts() {
	local folder=$COVERAGE/counts/$1
	rm -rf "$folder"
	mkdir -p "$folder"
	sed -u -e 's/\r$//' -e "/^# counts /{s///;w $folder/packed" -e 'd' -e '}'
	[ ! -s "$folder/packed" ] || base64 -d "$folder/packed" | tar -xz -C "$folder"
	rm -f "$folder/packed"
}
