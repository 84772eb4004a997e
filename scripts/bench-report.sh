# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The report: report.json, plots, report.html and what is printed. Sourced by scripts/bench, after
# bench-tables.sh.

# json DIR
json() {
	echo "{\"unit\": \"instructions of the whole machine per transfer\","
	echo "\"kernel\": \"$(cat "$(stock_kernel)/release")\", \"set\": \"$(cat "$1/set")\","
	echo "\"goals\": ["
	all_goals "$1" | awk -F '\t' '{ printf "%s{\"goal\": \"%s\", \"wanted\": %s, \"is\": %s}",
		(NR > 1 ? ",\n" : ""), $1, $2, $3 } END { print "" }'
	echo "], \"functions\": ["
	[ ! -s "$1/profile.tsv" ] || awk -F '\t' '$5 >= 1 || $6 >= 1 {
		printf "%s{\"packet_size\": %s, \"peer\": \"%s\", \"function\": \"%s\", \"group\": \"%s\", \"instructions\": %s, \"bytes_written\": %s}",
			(n++ ? ",\n" : ""), $1, $2, $3, $4, $5, $6 } END { print "" }' "$1/profile.tsv"
	echo "], \"results\": ["
	cat "$1"/*.jsonl | sed '$!s/$/,/'
	echo "]}"
}

all_goals() { goal_lines "$1/table.tsv" "$1/rows.tsv" "$1/profile.tsv" "$1/stalls.jsonl"; }

# draw NAME COMMANDS [TERMINAL...]: NAME.svg of gnuplot's commands
draw() {
	local name=$1 commands=$2 terminal
	shift 2
	for terminal in "${@:-svg}"; do
		gnuplot <<-END
			set terminal $terminal noenhanced size 1000,440 $([ "$terminal" != svg ] || echo dynamic background "'white'")
			set output "$name.$terminal"
			set datafile separator "\t"
			set grid
			set style fill solid 0.9 border -1
			set boxwidth 0.7
			$commands
		END
	done
}

# plot_bars DIR: the headline picture
plot_bars() {
	local data=$1/headline.tsv
	awk -F '\t' "$NAMED"'f("bus") == "high" && f("direction") == "IN" && f("packets") == 8 {
		print f("program") "\t" f("floor") "\t" (f("above") > 0 ? f("above") : 0) }' \
		"$1/table.tsv" >"$data"
	draw "$1/headline" "
		set title 'Instructions per transfer (high speed, IN, 8 packets of 1024 bytes)'
		set style data histograms
		set style histogram rowstacked
		set yrange [0:*]
		set ylabel 'instructions of the whole machine'
		set key inside top right
		set xtics font ',8'
		plot '$data' using 2:xtic(1) title 'floor: controller, device, interrupts' lc rgb '#b0b8c0', \
			'' using 3 title 'above the floor' lc rgb '#3070b0'" svg png
}

# chart TABLE: the headline picture as README has it, drawn by who shows it
chart() {
	awk -F '\t' "$NAMED"'
		f("bus") == "high" && f("direction") == "IN" && f("packets") == 8 && f("program") !~ /floor/ {
			names = names (names ? ", " : "") "\"" f("program") "\""
			values = values (values ? ", " : "") f("above")
			if (f("above") > most) most = f("above") }
		END { print "```mermaid\nxychart-beta"
			print "    title \"Instructions above the floor, per transfer of 8 packets\""
			print "    x-axis [" names "]"
			print "    y-axis \"instructions\" 0 --> " int(most / 5000 + 1) * 5000
			print "    bar [" values "]\n```" }' "$1"
}

# readme TABLE FILE: writes the headline between the marks in a file
readme() {
	local block=$BUILD/bench/readme.md
	[ -s "$1" ] || die "nothing was measured: make bench"
	{ echo; headline "$1" | sed 's/^./    &/'; echo; chart "$1"; } >"$block"
	awk -v block="$block" '
		/^<!-- headline: / { print; while ((getline line <block) > 0) print line; within = 1; next }
		/^<!-- end of the headline/ { within = 0 }
		!within' "$2" >"$block.new"
	cat "$block.new" >"$2"
}

# plot_lines DIR NAME TITLE XLABEL COMMANDS: lines "PROGRAM X Y" on standard input, a curve for each
plot_lines() {
	local data=$1/$2.tsv
	LC_ALL=C sort -t "$(printf '\t')" -k1,1 -s | awk -F '\t' '
		$1 != last { if (NR > 1) print "\n"; print "\"" $1 "\""; last = $1 }
		{ print $2 "\t" $3 }' >"$data"
	[ -s "$data" ] || { rm -f "$data"; return 0; }
	draw "$1/$2" "
		set title '$3'
		set xlabel '$4'
		set ylabel 'instructions per transfer'
		set logscale x 2
		set yrange [0:*]
		set key outside right
		$5
		stats '$data' using 1 nooutput
		plot for [i=0:STATS_blocks-1] '$data' index i using 1:2 with linespoints title columnheader(1)"
}

# plot_sizes DIR SPEED DIRECTION: above the floor over packets per transfer, where there are several
plot_sizes() {
	awk -F '\t' -v s="$2" -v d="$3" "$NAMED"'
		f("bus") == s && f("direction") == d && f("above") > 0 && f("above") != "-" {
			print f("program") "\t" f("packets") "\t" f("above"); many[f("packets")] = 1 }
		END { for (n in many) count++; exit count < 2 }' "$1/table.tsv" >"$1/sizes" || return 0
	plot_lines "$1" "sizes-$2-$3" "Above the floor: $2 speed, $3" "packets per transfer" "" <"$1/sizes"
}

# plot_flat DIR WHAT COLUMN TITLE
plot_flat() {
	awk -F '\t' -v what="by-$2" -v over="$3" "$PROGRAM_AWK$NAMED"'f("label") == what {
		print program(f("peer"), f("batch")) "\t" f(over) "\t" f("instructions") }' \
		"$1/rows.tsv" | plot_lines "$1" "flat-$2" "In all, transfers of 8 packets of 32 bytes" "$4" ""
}

# plot_told DIR: how many transfers a program knew of, so long after their end
plot_told() {
	awk '
		!/"label":"high".*"direction":"IN","packets":1,.*"batch":1,.*"histogram"/ { next }
		{ match($0, /"peer":"[^"]*/); peer = substr($0, RSTART + 8, RLENGTH - 8)
		  sub(/.*"histogram":\[\[/, ""); sub(/\]\].*/, "")
		  count = split($0, bin, /\],\[/); total = sum = 0
		  for (i = 1; i <= count; i++) { split(bin[i], part, ","); total += part[2] }
		  for (i = 1; i <= count; i++) { split(bin[i], part, ","); sum += part[2]
			print peer "\t" part[1] / 1000 "\t" 100 * sum / total } }' "$1/shapes.jsonl" |
		plot_lines "$1" told "Known to the program so long after the transfer has ended (1 packet, high speed)" \
			"us (instructions / 1000)" "unset logscale; set xrange [0:*]; set ylabel '% of the transfers'"
}

# plot_groups DIR: what the instructions are for
plot_groups() {
	[ -s "$1/profile.tsv" ] || return 0
	awk -F '\t' '
		BEGIN { count = split("controller and device,usbcore, usbfs,interrupts and time,winusb_iso,locks, lists, thunks,scheduler,system calls,allocations,program and libraries,other", part, ",")
			for (i = 1; i <= count; i++) {
				name = part[i]
				while (i < count && part[i + 1] ~ /^ /) name = name "," part[++i]
				groups[++many] = name
			} }
		$1 == 1024 { sum[$4, $2] += $5
			if (!($2 in known)) { known[$2] = 1; peers[++all] = $2 } }
		END { line = "-"; for (i = 1; i <= many; i++) line = line "\t" groups[i]; print line
			for (j = 1; j <= all; j++) { line = peers[j]
				for (i = 1; i <= many; i++) line = line "\t" sum[groups[i], peers[j]]
				print line } }' "$1/profile.tsv" >"$1/groups.tsv"
	draw "$1/groups" "
		array color[10] = ['#b0b8c0', '#808890', '#c0a060', '#3070b0', '#90b0d0', '#d07030', '#a03030', '#7050a0', '#50a060', '#e0e0e0']
		set title 'What the instructions of a transfer are for'
		set style data histograms
		set style histogram rowstacked
		set yrange [0:*]
		set key outside right invert
		plot for [i=2:11] '$1/groups.tsv' using i:xtic(1) title columnheader(i) lc rgb color[i-1]"
}

plots() {
	local speed direction
	plot_bars "$1"
	for speed in high full super xhci; do
		for direction in IN OUT; do
			plot_sizes "$1" $speed $direction
		done
	done
	plot_flat "$1" buffers buffers "registered buffers (64 transfers queued)"
	plot_flat "$1" depth depth "transfers queued"
	plot_flat "$1" streams streams "streams, over up to 4 devices"
	plot_told "$1"
	plot_groups "$1"
}

# section TITLE TEXT COMMAND...: for the terminal or, with HTML=yes, for the page
section() {
	local title=$1 text=$2 body
	shift 2
	body=$("$@")
	[ -n "$body" ] || return 0
	if [ -n "${HTML-}" ]; then
		printf '<h2>%s</h2>\n<p>%s</p>\n<pre>%s</pre>\n' "$title" "$text" \
			"$(sed 's/&/\&amp;/g; s/</\&lt;/g' <<<"$body")"
	else
		printf '%s\n\n' "$body"
	fi
}

# pictures DIR NAME...: those that there are, for the page only
pictures() {
	local dir=$1 name
	shift
	[ -n "${HTML-}" ] || return 0
	for name; do
		[ ! -f "$dir/$name.svg" ] || sed -n '/<svg/,$p' "$dir/$name.svg"
	done
}

titled() { echo "$1"; shift; "$@"; }

# body DIR: all sections
body() {
	section "The headline" "<i>In all</i>: everything the machine does for the stream, user and kernel, \
interrupts included. <i>Floor</i>: the same for the kernel's own usbtest, whose transfers never reach \
a program; so it is what controller, device and interrupts cost whoever uses them. Ratios are of what \
is above the floor: below 1 is cheaper. <i>Allocations</i> are those that the controller's driver \
does not make for itself." headline "$1/table.tsv"
	pictures "$1" headline
	section "Goals" "What the project wants, beside what it has. Where the instructions of a goal that \
is not met go, is below, function by function." goals "$1/table.tsv" "$1/rows.tsv" "$1/profile.tsv" \
		"$1/stalls.jsonl"
	[ ! -s "$1/profile.tsv" ] || profile_sections "$1"
	[ ! -s "$1/stalls.jsonl" ] || section "When the program is away" "As if it had been stopped, with its \
queue filled. The controller says how many service intervals then had no packet. usbfs can not queue \
more than the controller's schedule holds, about a second." titled \
		"Service intervals (125 us) lost while the program was away; transfers of 1 ms queued" \
		stalled "$1/stalls.jsonl"
	section "When the program knows" "Time from the end of a transfer's last microframe until the program \
knew of it, transfers of 1 packet each 125 us at high speed. A program that wants to be woken for 8 waits \
for the eighth." titled "Told so many ns (instructions) after the end of the transfer; 1 packet, high speed" \
		told "$1/rows.tsv"
	pictures "$1" told
	[ ! -s "$1/scale.jsonl" ] || scale_sections "$1"
	section "The most at once" "" titled "Sustained" sustained "$1/rows.tsv"
}

profile_sections() {
	section "Why, where a goal is not met" "What each takes above the floor, in parts, and what the goal \
leaves for them. A wake-up is everything from the completion that wakes the program until it sleeps again but \
the module, the bus and the program itself." titled "Why, where a goal is not met" why "$1/profile.tsv"
	section "The wake-up, from the completion to the program" "Of the ring, woken per transfer, above the \
floor, in the order in which it happens. Both ways through the scheduler count: to the program, and back to what \
ran before; here that is the loop that counts what is left of the machine." titled \
		"The wake-up, from the completion to the program and back to sleep" wakeup "$1/profile.tsv" ring-1
	section "Copies" "The same stream with packets of 512 and of 1024 bytes: what more of the payload makes \
the machine write to memory, beyond what controller and device write. libusb, which copies, and WinUSB's \
calls into memory of the program's own are the proof that it is counted." titled \
		"Copies of the payload per transfer; bytes at 8 packets of 1024 bytes" copied "$1/profile.tsv"
	section "Where the instructions go" "Counted by address by the machine, in a run of its own; at 8 packets \
of 1024 bytes, IN, high speed." titled "Instructions of a transfer by what they are for" \
		groups "$1/profile.tsv" 1024
	pictures "$1" groups
	section "Function by function" "What the ring takes above the floor, woken once per 8 transfers." \
		functions "$1/profile.tsv" ring-8 25
	[ -n "${HTML-}" ] || return 0
	section "" "The ring, woken once per transfer." functions "$1/profile.tsv" ring-1 40
	section "" "The ring, woken per transfer, beside the ring, woken once per 8: what a wake-up adds." \
		difference "$1/profile.tsv" ring-1 ring-8 30
	section "" "WinUSB's calls beside the ring, woken per transfer." \
		difference "$1/profile.tsv" winusb ring-1 40
	section "" "WinUSB's calls." functions "$1/profile.tsv" winusb 40
	section "" "The native library." functions "$1/profile.tsv" winusb-iso 40
	section "" "libusb." functions "$1/profile.tsv" libusb 40
}

scale_sections() {
	local text="Instructions in all. * marks a stream that was not without gaps."
	section "Many buffers, many queued, many streams" "$text" titled \
		"Instructions of a transfer of 8 packets of 32 bytes, by registered buffers (512 queued)" \
		flatness "$1/rows.tsv" buffers buffers
	section "" "By transfers queued; - where usbfs can not." titled "by transfers queued" \
		flatness "$1/rows.tsv" depth depth
	section "" "By streams, each of a thread, over up to 4 devices, half of them OUT." titled "by streams" \
		flatness "$1/rows.tsv" streams streams
	[ ! -s "$1/profile.tsv" ] || section "" "Where it goes with 16 streams: the emulated controller looks at \
all of its endpoints for each event, the rest stays as it is." titled \
		"1 stream and 16, woken once per 8 transfers, by what the instructions are for" \
		groups "$1/profile.tsv" 32
	pictures "$1" flat-buffers flat-depth flat-streams
}

html_table() {
	echo '<h2>Every shape</h2><p>Mean of the windows, with the least and the most of them. <i>Wrong</i>:'
	echo 'transfers and packets that failed, gaps, and service intervals lost.</p>'
	awk -F '\t' 'NR == 1 { print "<table><tr>"; for (i = 1; i <= NF; i++) print "<th>" $i "</th>"; next }
		{ print "<tr>"; for (i = 1; i <= NF; i++) print "<td>" $i "</td>" }
		END { print "</table>" }' "$1"
}

html() {
	local HTML=yes
	cat <<-END
		<!doctype html><meta charset="utf-8"><title>winusb-iso: make bench</title>
		<style>body{font:14px sans-serif;max-width:75em;margin:2em auto}
		table{border-collapse:collapse}td,th{padding:2px 8px;text-align:right;border-bottom:1px solid #ddd}
		</style><h1>What a transfer costs</h1>
		<p>An isochronous stream, run by different means over the same device and controller: libusb as its
		examples use it, usbfs with mapped memory, the rings of the winusb_iso module alone (woken for each
		transfer, or once for 8), its native library (winusb-iso) and WinUSB's calls on it (winusb). Counted
		by a machine that counts instructions: one nanosecond of its clock is one of them, so the numbers
		repeat, and times are numbers of instructions. Kernel $(cat "$(stock_kernel)/release"). The same with
		<code>make bench</code>; every shape with <code>make bench FULL=1</code>.</p>
	END
	body "$1"
	html_table "$1/table.tsv"
	pictures "$1" sizes-{high,full,super,xhci}-{IN,OUT}
}

# report DIR: everything from DIR/*.jsonl
report() {
	grep -h '"peer"' "$1"/*.jsonl | grep -v '"stall"' | rows >"$1/rows.tsv"
	compared "$1/rows.tsv" >"$1/table.tsv"
	json "$1" >"$1/report.json"
	plots "$1"
	html "$1" >"$1/report.html"
	body "$1"
}
