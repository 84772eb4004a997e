# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016 # awk's dollars
# From what iso-bench printed (PART.jsonl) to tables. Sourced by scripts/bench.

COLUMNS="label peer direction packets size depth batch buffers streams transfers windows \
instructions least most calls \
sleeps switches wakeups allocations below failed bad_packets gaps lost latency_0 latency_50 latency_90 \
latency_99 latency_999 latency_100"

# f("NAME") is the column of that name, which the first line of each file gives.
NAMED='function f(name) { return $(column[name]) }
	FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }'

# What a peer is called.
PROGRAM_AWK='function program(peer, batch) {
		if (peer == "ring") return "ring, woken per " batch
		if (peer == "usbtest") return "floor (usbtest)"
		if (peer == "winusb-shared") peer = "winusb, no copy"
		return peer (batch > 1 && peer ~ /winusb/ ? ", per " batch : "")
	}
	function marked_program(peer) {
		if (!match(peer, /-[0-9]+$/)) return program(peer)
		return program(substr(peer, 1, RSTART - 1), substr(peer, RSTART + 1))
	}'

# A member of a line of JSON, "-" if it has none.
MEMBER='function member(name) {
		if (!match($0, "\"" name "\":\"?[^,}\"]*")) return "-"
		value = substr($0, RSTART, RLENGTH)
		sub("^\"" name "\":\"?", "", value)
		return value
	}'

# rows: lines of JSON, tab separated, in the order of COLUMNS
rows() {
	awk -v names="$COLUMNS" "$MEMBER"'
		BEGIN { count = split(names, name, " ")
			for (i = 1; i <= count; i++) printf "%s%s", name[i], i < count ? "\t" : "\n" }
		{ for (i = 1; i <= count; i++) printf "%s%s", member(name[i]), i < count ? "\t" : "\n" }'
}

# compared ROWS: every shape and program; floor, and what is above it, "-" where no floor is known
compared() {
	awk -F '\t' -v OFS='\t' "$PROGRAM_AWK$NAMED"'
		function place() { return f("label") SUBSEP f("direction") SUBSEP f("packets") }
		function ratio(peer, above) {
			if (above == "-" || !((place(), peer) in total)) return "-"
			return sprintf("%.2f", above / (total[place(), peer] - floor[place()]))
		}
		f("label") ~ /^by-/ { next }
		NR == FNR { total[place(), f("peer")] = f("instructions")
			if (f("peer") == "usbtest") floor[place()] = f("instructions")
			next }
		!header++ { print "bus", "direction", "packets", "program", "instructions", "least", "most",
			"floor", "above", "libusb", "usbfs", "calls", "waits", "switches", "wakeups",
			"allocations", "latency_50", "latency_99", "wrong" }
		{ who = program(f("peer"), f("batch"))
		  known = place() in floor
		  above = known ? f("instructions") - floor[place()] : "-"
		  if (f("peer") == "usbtest") above = 0
		  print f("label"), f("direction"), f("packets"), who, f("instructions"), f("least"), f("most"),
			known ? floor[place()] : "-", above,
			f("peer") == "usbtest" ? "-" : ratio("libusb", above),
			f("peer") == "usbtest" ? "-" : ratio("usbfs", above),
			f("calls"), f("sleeps"), f("switches"), f("wakeups"),
			sprintf("%.2f", f("allocations") - f("below")), f("latency_50"), f("latency_99"),
			f("failed") + f("bad_packets") + f("gaps") + f("lost") }' "$1" "$1"
}

# headline TABLE: the table that README quotes
headline() {
	echo "Instructions of the whole machine per transfer: IN, high speed, 8 packets of 1024 bytes"
	echo
	awk -F '\t' "$NAMED"'
		BEGIN { printf "%-22s %9s %9s %8s %8s %7s %7s %9s %9s\n", "", "in all", "above the",
			"ratio to", "ratio to", "system", "of them", "context", "alloca-"
			printf "%-22s %9s %9s %8s %8s %7s %7s %9s %9s\n", "", "", "floor", "libusb",
			"usbfs", "calls", "waits", "switches", "tions" }
		f("bus") == "high" && f("direction") == "IN" && f("packets") == 8 {
			who = f("program")
			if (who ~ /floor/) printf "%-22s %9d %9s %8s %8s %7.2f %7.2f %9.2f %9.2f\n", who,
				f("instructions"), 0, "-", "-", 0, 0, (f("switches") < 0.01 ? 0 : f("switches")), 0
			else printf "%-22s %9d %9s %8s %8s %7.2f %7.2f %9.2f %9.2f\n", who,
				f("instructions"), f("above"), f("libusb"), f("usbfs"), f("calls"),
				f("waits"), f("switches"), f("allocations") }' "$1"
}

# copied PROFILE: how often the payload is copied: how many bytes more the machine writes for packets
# of 1024 bytes than for packets of 512, by functions for which that is a twentieth of it at least
copied() {
	awk -F '\t' "$PROGRAM_AWK"'
		$1 == 32 { next }
		{ bytes[$2 "\t" $3 "\t" $4, $1] += $6; functions[$2 "\t" $3 "\t" $4] = 1
		  if ($1 == 1024 && $4 == "program and libraries") user[$2] += $6
		  if ($1 == 1024 && $3 ~ /copy_(from|to)_user|copy_user/) crossed[$2] += $6
		  if (!($2 in known)) { known[$2] = 1; peers[++many] = $2 } }
		BEGIN { printf "%-22s %14s %14s %14s %14s\n", "", "payload is", "of that in", "bytes copied",
			"bytes written"
			printf "%-22s %14s %14s %14s %14s\n", "", "written again", "the program",
			"from, to user", "by the program" }
		END {
			for (key in functions) {
				split(key, part, "\t")
				more = (bytes[key, 1024] - bytes[key, 512]) / 4096
				if (more < 0.05) continue
				times[part[1]] += more
				if (part[3] == "program and libraries") own[part[1]] += more
			}
			for (i = 1; i <= many; i++) { peer = peers[i]
			if (peer == "floor") continue
			who = marked_program(peer)
			printf "%-22s %14.2f %14.2f %14.0f %14.0f\n", who, times[peer] - times["floor"],
				own[peer], crossed[peer], user[peer] } }' "$1"
}

# groups PROFILE SIZE: instructions of one transfer by what they are for
groups() {
	awk -F '\t' -v size="$2" '
		$1 == size { sum[$4, $2] += $5; all[$2] += $5; names[$4] = 1
			if (!($2 in known)) { known[$2] = 1; peers[++many] = $2 } }
		END {
			printf "%-24s", ""
			for (i = 1; i <= many; i++) printf " %10s", peers[i]
			printf "\n"
			for (name in names) {
				line = sprintf("%-24s", name)
				for (i = 1; i <= many; i++) line = line sprintf(" %10.0f", sum[name, peers[i]])
				print line | "LC_ALL=C sort"
			}
			close("LC_ALL=C sort")
			printf "%-24s", "in all"
			for (i = 1; i <= many; i++) printf " %10.0f", all[peers[i]]
			printf "\n" }' "$1"
}

# functions PROFILE PEER COUNT: where most of what it takes above the floor goes
functions() { difference "$1" "$2" floor "$3"; }

# difference PROFILE PEER OTHER COUNT: where most of what one takes more than the other goes
difference() {
	printf '%-34s %-22s %8s %8s %10s\n' function "what for" "$2" "$3" difference
	awk -F '\t' -v peer="$2" -v other="$3" '
		$1 == 1024 && $2 == peer { count[$3 "\t" $4] = $5 }
		$1 == 1024 && $2 == other { floor[$3 "\t" $4] = $5 }
		END { for (key in count) { split(key, part, "\t")
			more = count[key] - floor[key]
			printf "%.3f\t%-34s %-22s %8.0f %8.0f %10.0f\n", more, part[1], part[2], count[key],
				floor[key], more } }' "$1" | sort -nr | cut -f 2- | sed -n "1,$4p"
}

# flatness ROWS WHAT COLUMN: instructions of a transfer over the number of something, by program
flatness() {
	awk -F '\t' -v what="by-$2" -v over="$3" "$NAMED"'
		f("label") == what {
			who = f("peer") == "ring" ? "ring, per " f("batch") : f("peer")
			n = f(over)
			if (!(n in seen)) { seen[n] = 1; ns[++count] = n }
			if (!(who in known)) { known[who] = 1; peers[++many] = who }
			value[n, who] = f("instructions")
			wrong[n, who] = f("failed") + f("bad_packets") + f("gaps") + f("lost") }
		END {
			if (!many) exit
			printf "%-10s", over
			for (j = 1; j <= many; j++) printf " %14s", peers[j]
			for (i = 1; i <= count; i++) {
				printf "\n%-10d", ns[i]
				for (j = 1; j <= many; j++) {
					key = ns[i] SUBSEP peers[j]
					printf " %14s", key in value ? value[key] (wrong[key] ? "*" : "") : "-"
				}
			}
			printf "\n" }' "$1"
}

# told ROWS: when a program knew of a transfer that had ended, at one packet per transfer
told() {
	awk -F '\t' "$PROGRAM_AWK$NAMED"'
		BEGIN { printf "%-22s %9s %9s %9s %9s %9s %9s\n", "", "least", "50 %", "90 %", "99 %", "99.9 %",
			"most" }
		f("label") == "high" && f("packets") == 1 && f("direction") == "IN" && f("peer") != "usbtest" {
			printf "%-22s %9d %9d %9d %9d %9d %9d\n",
				program(f("peer"), f("batch")),
				f("latency_0"), f("latency_50"), f("latency_90"), f("latency_99"),
				f("latency_999"), f("latency_100") }' "$1"
}

# stalled FILE: service intervals lost while the program was away, by queue depth
stalled() {
	awk "$MEMBER"'
		/"stall"/ {
			row = sprintf("%6d queued, away for %4d ms", member("depth"), member("milliseconds"))
			who = member("stall")
			if (!(row in seen)) { rows[++count] = row; seen[row] = 1 }
			if (!(who in known)) { peers[++many] = who; known[who] = 1 }
			lost[row, who] = member("lost") }
		END {
			printf "%-32s", ""
			for (j = 1; j <= many; j++) printf " %11s", peers[j]
			for (i = 1; i <= count; i++) {
				printf "\n%-32s", rows[i]
				for (j = 1; j <= many; j++)
					printf " %11s", (rows[i], peers[j]) in lost ? lost[rows[i], peers[j]] : "-"
			}
			printf "\n" }' "$1"
}

# sustained ROWS: the most that is streamed at once, and what was lost of it
sustained() {
	awk -F '\t' "$NAMED"'
		BEGIN { printf "%-44s %-18s %10s %8s %8s %8s\n", "", "", "transfers", "failed", "gaps", "lost" }
		f("label") == "burst" && f("peer") != "usbtest" || f("label") == "by-sixteen" {
			what = f("label") == "burst" ? "SuperSpeed, 16 x 1024 bytes each 125 us" : \
				"16 streams of 4 devices, both directions"
			printf "%-44s %-18s %10d %8d %8d %8s\n", what, f("peer"), f("transfers") * f("windows"),
				f("failed") + f("bad_packets"), f("gaps"), f("lost") }' "$1"
}

# What a function is for on the way from a completion to the program that sleeps, in the order in
# which it happens; of what is not the module's, the bus's or the program's.
STAGES=("the completion wakes the program" "the scheduler: to the program, and away again"
	"the call that waits: in, asleep, out")
STAGE_AWK='function stage(name, group) {
	if (group ~ /^(winusb_iso|usbcore, usbfs|controller and device|program and libraries|allocations)$/) return 0
	if (name ~ /wake_up|^ttwu|^default_wake|^check_preempt|^resched|^enqueue|^place_entity|^select_|^activate/)
		return 1
	if (group == "scheduler" || name ~ /switch_|load_new_mm|load_gs|load_tls|fpregs|rseq|^xas|^xa_load|calc_delta|cpuacct|buddies|record_times|cr4_|blkcg|mem_cgroup/)
		return 2
	if (group == "system calls" || name ~ /wait_queue|syscall|memchr_inv|_user|poll/) return 3
	return 0 }
	# "wake", "module", "own" (the program and its libraries), "bus", or "rest": locks, lists, clocks.
	function portion(name, group) {
		if (group == "program and libraries") return "own"
		if (group == "winusb_iso") return "module"
		if (stage(name, group)) return "wake"
		return group ~ /^(usbcore, usbfs|controller and device|allocations)$/ ? "bus" : "rest"
	}'

# wakeup PROFILE PEER: what waking the program takes above the floor, step by step
wakeup() {
	printf '%-48s %8s %10s  %s\n' "" "" "of libusb" "most of it"
	awk -F '\t' -v peer="$2" -v names="$(printf '%s\t' "${STAGES[@]}")" "$STAGE_AWK"'
		$1 != 1024 { next }
		$2 == "floor" { floor[$3 FS $4] = $5; none += $5 }
		$2 == "libusb" { libusb += $5 }
		$2 == peer { count[$3 FS $4] = $5 }
		END { libusb -= none
			for (key in count) { split(key, part, FS)
				if (!(at = stage(part[1], part[2]))) continue
				more = count[key] - floor[key]; sum[at] += more; all += more
				# The five largest, in order.
				for (i = 1; i <= 5; i++) if (more > most[at, i]) {
					for (j = 5; j > i; j--) { most[at, j] = most[at, j - 1]; which[at, j] = which[at, j - 1] }
					most[at, i] = more; which[at, i] = part[1]; break }
			}
			count_of = split(names, name, FS) - 1
			for (i = 1; i <= count_of; i++) {
				line = ""
				for (j = 1; j <= 5; j++) if (which[i, j] != "")
					line = line sprintf("%s%s %d", j > 1 ? ", " : "", which[i, j], most[i, j])
				printf "%-48s %8.0f %10.2f  %s\n", name[i], sum[i], sum[i] / libusb, line
			}
			printf "%-48s %8.0f %10.2f\n", "a wake-up", all, all / libusb }' "$1"
}

# why PROFILE: what is above the floor, in parts, and what the goals would leave for each
why() {
	awk -F '\t' "$PROGRAM_AWK$STAGE_AWK"'
		$1 != 1024 { next }
		$2 == "floor" { floor[$3 FS $4] = $5; next }
		!($2 in known) { known[$2] = 1; peers[++many] = $2 }
		{ more = $5 - floor[$3 FS $4]; seen[$3 FS $4, $2] = 1; all[$2] += more
		  part[portion($3, $4), $2] += more }
		function row(title, name,   i) {
			printf "%-44s", title
			for (i = 1; i <= many; i++) printf " %13.0f", part[name, peers[i]]
			printf "\n"
		}
		function parts(what, peer, goal,   rest, room) {
			if (all[peer] / all["libusb"] <= goal) return
			room = goal * all["libusb"]
			rest = all[peer] - part["wake", peer]
			printf "\n%s: %d above the floor, %.2f of libusb; the goal of %.2f is %d.\n", what, all[peer],
				all[peer] / all["libusb"], goal, room
			printf "    Waking it: %d = %.2f. The module: %d = %.2f. Locks, lists, clocks: %d = %.2f.\n",
				part["wake", peer], part["wake", peer] / all["libusb"],
				part["module", peer], part["module", peer] / all["libusb"],
				part["rest", peer], part["rest", peer] / all["libusb"]
			printf "    The program and its libraries: %d = %.2f. usbcore, controller, allocations: %d = %.2f.\n",
				part["own", peer], part["own", peer] / all["libusb"],
				part["bus", peer], part["bus", peer] / all["libusb"]
			if (part["wake", peer] > room)
				printf "    Waking it alone takes more than the goal is.\n"
			else
				printf "    Besides waking it the goal leaves %d for all the rest, which takes %d.\n", room - part["wake", peer], rest
			if (peer == "winusb" && all["winusb-shared"])
				printf "    Copying what came to the memory of the program: %d = %.2f.\n",
					all[peer] - all["winusb-shared"], (all[peer] - all["winusb-shared"]) / all["libusb"]
		}
		END {
			# What the floor has and a peer has not.
			for (key in floor) for (i = 1; i <= many; i++) if (!((key, peers[i]) in seen)) {
				split(key, name, FS); all[peers[i]] -= floor[key]
				part[portion(name[1], name[2]), peers[i]] -= floor[key] }
			printf "%-44s", "Above the floor"
			for (i = 1; i <= many; i++) printf " %13s", peers[i]
			printf "\n"
			row("waking the program: scheduler, system calls", "wake")
			row("locks, lists, clocks", "rest")
			row("winusb_iso", "module")
			row("usbcore, usbfs, controller, allocations", "bus")
			row("program and libraries", "own")
			printf "%-44s", "in all"
			for (i = 1; i <= many; i++) printf " %13.0f", all[peers[i]]
			printf "\n"
			parts("The ring, woken once per 8 transfers", "ring-8", 0.10)
			parts("The ring, woken per transfer", "ring-1", 0.35)
			parts("WinUSB calls, memory of the program", "winusb", 0.40)
			parts("WinUSB calls, memory of the driver", "winusb-shared", 0.40)
			parts("WinUSB calls, one wait per 8 transfers", "winusb-8", 0.40)
			parts("WinUSB calls, one wait per 8 transfers, memory of the driver", "winusb-shared-8", 0.40)
		}' "$1"
}

# goals TABLE ROWS PROFILE STALLS: what the project wants of these, and whether it is so; tab separated
goal_lines() {
	awk -F '\t' -v OFS='\t' "$NAMED"'
		function goal(what, is, wanted) { if (is != "") print what, wanted, sprintf("%.2f", is) }
		f("bus") == "high" && f("direction") == "IN" && f("packets") == 8 { who = f("program")
			libusb[who] = f("libusb"); usbfs[who] = f("usbfs"); waits[who] = f("waits")
			calls[who] = f("calls") - f("waits"); woken[who] = f("wakeups"); slab[who] = f("allocations") }
		END {
			goal("ring, one wake-up per 8 transfers, to libusb", libusb["ring, woken per 8"], "0.10")
			goal("ring, one wake-up per 8 transfers, to usbfs", usbfs["ring, woken per 8"], "0.15")
			goal("ring, one wake-up per transfer, to libusb", libusb["ring, woken per 1"], "0.35")
			goal("WinUSB calls, to libusb", libusb["winusb"], "0.40")
			goal("WinUSB calls on memory of the driver, to libusb", libusb["winusb, no copy"], "0.40")
			goal("WinUSB calls, one wait per 8 transfers, to libusb", libusb["winusb, per 8"], "0.40")
			goal("the same on memory of the driver, to libusb", libusb["winusb, no copy, per 8"], "0.40")
			goal("WinUSB calls: allocations per transfer", slab["winusb"], "0.00")
			goal("ring: system calls per transfer that do not wait", calls["ring, woken per 8"], "0.00")
			goal("native library: system calls per transfer that do not wait", calls["winusb-iso"], "0.00")
			goal("ring: wake-ups per batch of 8", 8 * woken["ring, woken per 8"], "1.00")
			goal("ring: allocations per transfer", slab["ring, woken per 8"], "0.00")
			goal("native library: allocations per transfer", slab["winusb-iso"], "0.00") }' "$1"
	[ ! -s "$3" ] || copied "$3" | awk -v OFS='\t' '
		/^ring, woken per 8/ { print "ring: copies of the payload", "0.00", $5 }
		/^winusb-iso  / { print "native library: copies of the payload", "0.00", $2 }'
	[ ! -s "$3" ] || awk -F '\t' -v OFS='\t' '
		$1 == 32 && $4 != "controller and device" { sum[$2] += $5 }
		END { print "ring: 16 streams to 1, without controller and device", "1.10",
			sprintf("%.2f", sum["16-streams"] / sum["1-stream"]) }' "$3"
	awk -F '\t' -v OFS='\t' "$NAMED"'
		f("label") == "by-floor" { floor = f("instructions") }
		f("label") ~ /^by-(buffers|depth)$/ && f("peer") == "ring" && f("batch") == 8 {
			what = substr(f("label"), 4); above = f("instructions") - floor
			if (!(what in least) || above < least[what]) least[what] = above
			if (above > most[what]) most[what] = above }
		f("label") == "by-sixteen" { sixteen += f("failed") + f("bad_packets") + f("gaps") + f("lost"); have = 1 }
		f("label") == "burst" && f("peer") ~ /ring|winusb-iso/ { burst += f("failed") + f("gaps") + f("lost"); has = 1 }
		f("label") == "high" && f("packets") == 1 && f("direction") == "IN" && f("peer") == "ring" &&
			f("batch") == 1 { told = f("latency_999") }
		function flat(what, name) { if (what in least)
			print "ring: most above the floor to least, " name, "1.10", sprintf("%.2f", most[what] / least[what]) }
		END {
			flat("buffers", "1 to 64 buffers")
			flat("depth", "32 to 10000 queued")
			if (told) print "ring, 1 packet: 99.9 % told after, in intervals of 125 us", "1.00",
				sprintf("%.2f", told / 125000)
			if (has) print "SuperSpeed burst: failed, gaps, lost", "0.00", sprintf("%.2f", burst)
			if (have) print "16 streams of 4 devices: failed, gaps, lost", "0.00", sprintf("%.2f", sixteen) }' "$2"
	[ ! -s "$4" ] || awk -v OFS='\t' "$MEMBER"'
		/"stall"/ && member("stall") ~ /ring|winusb/ && member("milliseconds") <= member("depth") - 4 {
			lost += member("lost") }
		END { print "lost while away for less than is queued", "0.00", sprintf("%.2f", lost) }' "$4"
}

goals() {
	printf '%-64s %6s %6s\n' "Goals (ratios of what is above the floor)" goal is
	goal_lines "$@" | awk -F '\t' '{ printf "%-64s %6s %6s  %s\n", $1, $2, $3,
		$3 + 0 <= $2 + 0 ? "met" : "NOT met" }'
}
