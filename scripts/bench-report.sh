# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# From what iso-bench printed (NAME.jsonl) to tables and plots. Sourced by scripts/bench.

COLUMNS="label peer direction packets size depth batch buffers instructions least most process calls \
sleeps switches wakeups allocations latency_0 latency_50 latency_90 latency_99 latency_100 failed \
bad_packets gaps"

# rows: lines of JSON, tab separated, in the order of COLUMNS, "-" where a line has no such member
rows() {
	awk -v names="$COLUMNS" '
		function member(name) {
			if (!match($0, "\"" name "\":\"?[^,}\"]*")) return "-"
			value = substr($0, RSTART, RLENGTH)
			sub("^\"" name "\":\"?", "", value)
			return value
		}
		BEGIN { count = split(names, name, " ") }
		{ line = member(name[1])
		  for (i = 2; i <= count; i++) line = line "\t" member(name[i])
		  print line }'
}

# compared ROWS: label, direction, packets, who, instructions, least, most, floor, above the floor,
# ratios to libusb and usbfs, calls, sleeps, switches, wakeups, allocations above the floor, latency
# 50 and 99, not as it should be
compared() {
	awk -F '\t' -v OFS='\t' '
		function above(key) { return instructions[key] - floor[$1, $3, $4] }
		function ratio(peer) {
			key = $1 SUBSEP $3 SUBSEP $4 SUBSEP peer
			if (!(key in instructions) || !(($1, $3, $4) in floor)) return "-"
			return sprintf("%.2f", ($9 - floor[$1, $3, $4]) / above(key))
		}
		NR == FNR { if ($2 == "usbtest") { floor[$1, $3, $4] = $9; slab[$1, $3, $4] = $17 }
			    instructions[$1, $3, $4, $2] = $9; next }
		$2 == "usbtest" { print $1, $3, $4, "floor (usbtest)", $9, $10, $11, $9, 0, "-", "-",
			0, 0, $15, 0, 0, "-", "-", $23 + $24; next }
		{ who = $2 == "ring" ? "ring, woken per " $7 : $2
		  known = ($1, $3, $4) in floor
		  print $1, $3, $4, who, $9, $10, $11, known ? floor[$1, $3, $4] : "-",
			known ? $9 - floor[$1, $3, $4] : "-", ratio("libusb"), ratio("usbfs"),
			$13, $14, $15, $16, sprintf("%.2f", $17 - slab[$1, $3, $4]), $19, $21, $23 + $24 }
		' "$1" "$1"
}

# headline TABLE: the table that README quotes
headline() {
	echo "Instructions of the whole machine per transfer: IN, high speed, 8 packets of 1024 bytes"
	echo
	awk -F '\t' '
		BEGIN { printf "%-22s %9s %9s %8s %8s %7s %7s %9s %9s\n", "", "in all", "above the",
			"ratio to", "ratio to", "system", "of them", "context", "alloca-"
			printf "%-22s %9s %9s %8s %8s %7s %7s %9s %9s\n", "", "", "floor", "libusb",
			"usbfs", "calls", "waits", "switches", "tions" }
		$1 == "high" && $2 == "IN" && $3 == 8 {
			printf "%-22s %9d %9s %8s %8s %7.2f %7.2f %9.2f %9.2f\n", $4, $5, $9, $10, $11,
				$12, $13, $14, $16 }' "$1"
}

# stalled FILE: service intervals lost while the program was away, by queue depth
stalled() {
	echo "Service intervals (125 us) lost while the program was away; transfers of 1 ms queued"
	awk '
		function member(name) {
			match($0, "\"" name "\":\"?[^,}\"]*")
			value = substr($0, RSTART, RLENGTH)
			sub("^\"" name "\":\"?", "", value)
			return value
		}
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
				for (j = 1; j <= many; j++) printf " %11s", lost[rows[i], peers[j]]
			}
			printf "\n" }' "$1"
}

# goals TABLE: what the project wants of these, and whether it is so
goals() {
	awk -F '\t' '
		function goal(what, is, wanted) {
			if (is != "") printf "%-64s %6.2f %6.2f  %s\n", what, wanted, is,
				is <= wanted ? "met" : "NOT met" }
		BEGIN { printf "%-64s %6s %6s\n", "Goals (ratios of what is above the floor)", "goal", "is" }
		$1 == "high" && $2 == "IN" && $3 == 8 { libusb[$4] = $10; usbfs[$4] = $11
			calls[$4] = $12 - $13 }
		END {
			goal("rings, one wake-up per 8 transfers, to libusb", libusb["ring, woken per 8"], 0.10)
			goal("rings, one wake-up per 8 transfers, to usbfs", usbfs["ring, woken per 8"], 0.15)
			goal("rings, one wake-up per transfer, to libusb", libusb["ring, woken per 1"], 0.35)
			goal("WinUSB calls, to libusb", libusb["winusb"], 0.40)
			goal("rings: system calls per transfer that do not wait", calls["ring, woken per 8"], 0)
			goal("native library: system calls per transfer that do not wait", calls["winusb-iso"], 0)
		}' "$1"
}

# json LOOPBACK-FILES...
json() {
	echo "{\"unit\": \"instructions of the whole machine per transfer\","
	echo "\"kernel\": \"$(cat "$(stock_kernel)/release")\", \"set\": \"$SET\", \"results\": ["
	cat "$@" | sed '$!s/$/,/'
	echo "]}"
}

# plot_bars TABLE OUT: the headline picture
plot_bars() {
	local data=$2/headline.tsv terminal
	awk -F '\t' '$1 == "high" && $2 == "IN" && $3 == 8 {
		print $4 "\t" $8 "\t" ($9 > 0 ? $9 : 0) }' "$1" >"$data"
	for terminal in svg png; do
		gnuplot <<-END
			set terminal $terminal size 1000,440 $([ $terminal != svg ] || echo dynamic background "'white'")
			set output "$2/headline.$terminal"
			set title "Instructions per transfer (high speed, IN, 8 packets of 1024 bytes)"
			set datafile separator "\t"
			set style data histograms
			set style histogram rowstacked
			set style fill solid 0.9 border -1
			set boxwidth 0.7
			set yrange [0:*]
			set ylabel "instructions of the whole machine"
			set grid ytics
			set key outside top center horizontal
			set xtics font ",9"
			plot "$data" using 2:xtic(1) title "floor: controller, device, interrupts" lc rgb "#b0b8c0", \
				"" using 3 title "above the floor" lc rgb "#3070b0"
		END
	done
}

# plot_sizes TABLE OUT SPEED DIRECTION: above the floor over packets per transfer, if there are several
plot_sizes() {
	local who names=()
	[ "$(awk -F '\t' -v s="$3" -v d="$4" '$1 == s && $2 == d { print $3 }' "$1" | sort -u | wc -l)" -gt 1 ] ||
		return 0
	mapfile -t names < <(awk -F '\t' -v s="$3" -v d="$4" '$1 == s && $2 == d && $9 != "-" && $9 > 0 {
		print $4 }' "$1" | sort -u)
	[ ${#names[@]} -gt 0 ] || return 0
	local plots=''
	for who in "${names[@]}"; do
		plots+="${plots:+, }\"< awk -F '\\\\t' '\$1 == \\\"$3\\\" && \$2 == \\\"$4\\\" && \$4 == \\\"$who\\\" { print \$3, \$9 }' $1\" with linespoints title \"$who\""
	done
	gnuplot <<-END
		set terminal svg size 700,400 dynamic background 'white'
		set output "$2/sizes-$3-$4.svg"
		set title "Above the floor, $3 speed, $4"
		set xlabel "packets per transfer"
		set ylabel "instructions per transfer"
		set logscale x 2
		set yrange [0:*]
		set grid
		set key top left
		plot $plots
	END
}

html_table() {
	echo '<table><tr><th>bus</th><th>dir.</th><th>packets</th><th>program</th><th>in all</th>'
	echo '<th>least</th><th>most</th><th>above the floor</th><th>to libusb</th><th>to usbfs</th>'
	echo '<th>system calls</th><th>waits</th><th>switches</th><th>wake-ups</th><th>allocations</th>'
	echo '<th>told after (median)</th><th>99 %</th><th>not good</th></tr>'
	awk -F '\t' '{
		print "<tr>"
		for (i = 1; i <= NF; i++) if (i != 8) print "<td>" $i "</td>"
		print "</tr>" }' "$1"
	echo '</table>'
}

html() {
	local picture
	cat <<-END
		<!doctype html><meta charset="utf-8"><title>winusb-iso: make bench</title>
		<style>body{font:14px sans-serif;max-width:70em;margin:2em auto}
		table{border-collapse:collapse}td,th{padding:2px 8px;text-align:right;border-bottom:1px solid #ddd}
		</style><h1>What a transfer costs</h1>
		<p>Counted by a machine that counts instructions (one nanosecond of its clock is one of them),
		on the kernel $(cat "$(stock_kernel)/release"). <i>In all</i>: everything the machine does for the
		stream, user and kernel, interrupts included, mean of the windows, with the least and the most of
		them. <i>Floor</i>: the same for the kernel's usbtest, whose transfers never reach user space.
		<i>Told after</i> (latency; with 1 packet per transfer each 125 us): instructions from the end of the transfer's last microframe until the program knew.
		Allocations are above the floor's. Ratios are of what is above the floor.</p>
		<pre>$({ headline "$1"; echo; goals "$1"; echo; stalled "$2/loopback.jsonl"; } | sed 's/&/\&amp;/g; s/</\&lt;/g')</pre>
	END
	for picture in headline "$2"/sizes-*.svg; do
		picture=$(basename "$picture" .svg)
		[ ! -f "$2/$picture.svg" ] || sed -n '/<svg/,$p' "$2/$picture.svg"
	done
	html_table "$1"
	[ ! -f "$2/profile.txt" ] || printf '<h2>Where the instructions go</h2><pre>%s</pre>' "$(cat "$2/profile.txt")"
}

# report DIR: everything from DIR/*.jsonl
report() {
	local speed direction
	json "$1"/*.jsonl >"$1/report.json"
	grep -h '"peer"' "$1"/*.jsonl | rows >"$1/rows.tsv"
	compared "$1/rows.tsv" >"$1/table.tsv"
	plot_bars "$1/table.tsv" "$1"
	for speed in high full super; do
		for direction in IN OUT; do
			plot_sizes "$1/table.tsv" "$1" $speed $direction
		done
	done
	html "$1/table.tsv" "$1" >"$1/report.html"
	headline "$1/table.tsv"
	echo
	goals "$1/table.tsv"
	echo
	stalled "$1/loopback.jsonl"
	[ ! -f "$1/profile.txt" ] || { echo; head -n 25 "$1/profile.txt"; }
}
