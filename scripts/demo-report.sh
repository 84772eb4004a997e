# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What scripts/demo prints: live progress, tables, verdicts. Sourced.
# shellcheck disable=SC2154 # $DATA of scripts/demo

# value LINE MEMBER: of a JSON object on one line
value() {
	[[ $1 =~ \"$2\":\"?([^\",}]*) ]] && printf '%s' "${BASH_REMATCH[1]}"
}

# human BYTES: 81920000 -> 81.9 MB
human() {
	awk -v n="$1" 'BEGIN { split("B kB MB GB", unit); i = 1
		while (n >= 999.95 && i < 4) { n /= 1000; i++ }
		printf(i == 1 ? "%d %s" : "%.1f %s", n, unit[i]) }'
}

progress_head() {
	printf '%7s  | %9s %9s %11s %5s %5s | %9s %9s %11s %5s %5s\n' \
		time 'IN pkts' bytes rate gaps bad 'OUT pkts' bytes rate gaps bad
}

progress_half() {
	printf '%9s %9s %11s %5s %5s' "$(value "$1" packets)" "$(human "$(value "$1" bytes)")" \
		"$(human "$(value "$1" bytes_per_second)")/s" "$(value "$1" gaps)" "$(value "$1" packets_bad)"
}

# One row for every second of IN, with the latest that is known of OUT.
progress_row() {
	local in=$1 out=$2
	printf '%5.0f s  | %s | %s\n' "$(value "$in" seconds)" "$(progress_half "$in")" \
		"$(progress_half "$out")"
}

# follow: the guest's lines as they come; summaries go to files
follow() {
	local line out='' run=clean headed=no
	while IFS= read -r line; do
		case $line in
		'# '*) printf '  %s\n' "${line#'# '}" ;;
		'{"type":"next"}'*) run=faults ;;
		'{"type":"progress"'*'"OUT"'*) out=$line ;;
		'{"type":"progress"'*)
			if [ "$run" = faults ] || [ -z "$out" ]; then continue; fi
			[ "$headed" = yes ] || progress_head
			headed=yes
			progress_row "$line" "$out"
			;;
		'{"type":"summary"'*'"OUT"'*) printf '%s\n' "$line" >"$DATA/$run-out.summary" ;;
		'{"type":"summary"'*) printf '%s\n' "$line" >"$DATA/$run-in.summary" ;;
		*) printf '  %s\n' "$line" ;;
		esac
	done
}

table() {
	local run=$1 file line
	printf '%-4s %-5s %-11s %7s %10s %11s %4s %9s %11s %5s  %s\n' \
		dir pipe speed seconds transfers 'packets ok' bad bytes rate gaps trust
	for file in "$DATA/$run"-{in,out}.summary; do
		line=$(cat "$file")
		printf '%-4s %-5s %-11s %7.2f %10s %11s %4s %9s %11s %5s  %s\n' \
			"$(value "$line" direction)" "$(value "$line" pipe)" "$(value "$line" speed)" \
			"$(value "$line" seconds)" "$(value "$line" transfers)" \
			"$(value "$line" packets_ok)" "$(value "$line" packets_bad)" \
			"$(human "$(value "$line" bytes)")" \
			"$(human "$(value "$line" bytes_per_second)")/s" "$(value "$line" gaps)" \
			"$(value "$line" trust)"
	done
}

# total RUN MEMBER: of both directions
total() {
	echo $(($(value "$(cat "$DATA/$1-in.summary")" "$2") + $(value "$(cat "$DATA/$1-out.summary")" "$2")))
}

# one_line RUN: the result in the form that everything of ours uses
one_line() {
	echo "$(total "$1" transfers) transfers, $(total "$1" packets_ok) packets ok," \
		"$(total "$1" packets_bad) bad, $(total "$1" gaps) gaps"
}

# What the index says went wrong, one event to a line: PIPE PACKET WHAT
events() {
	awk -F, -v pipe="$1" '
		function flush() { if (n) print pipe, first, (n > 1 ? n " x " : "") what; n = 0 }
		FNR == 1 { next }
		$7 > 0 { flush(); print pipe, $1, "gap of " $7 " intervals" }
		$8 > 0 { flush(); print pipe, $1, "gap of " $8 " intervals inside" }
		{ now = $6 != "ok" ? $6 : $5 == 0 && $4 > 0 ? "0 of " $4 " bytes" : \
			$5 < $4 ? $5 " of " $4 " bytes" : "" }
		now != what { flush() }
		now != "" { if (!n) first = $1; n++ }
		{ what = now }
		END { flush() }' "$2"
}

# The event that a fault has to become.
expected_events() {
	local pipe kind packet count rest what times
	faults | while read -r pipe kind packet count rest; do
		times=''
		[ "$count" -eq 1 ] || times="$count x "
		case $kind in
		protocol) what=EPROTO ;;
		crc) what=EILSEQ ;;
		babble) what=EOVERFLOW ;;
		timeout) what=ETIME ;;
		late) what=EXDEV ;;
		short) what="${rest#n=} of 1024 bytes" ;;
		empty) what='0 of 1024 bytes' ;;
		hole) what="gap of $count intervals" times='' ;;
		esac
		echo "$pipe $packet $times$what"
	done
}

injected() {
	local pipe kind packet count rest
	faults | while read -r pipe kind packet count rest; do
		case $kind in
		hole) echo "$kind, $count intervals" ;;
		*) echo "$kind, $count packet$([ "$count" -eq 1 ] || echo s)" ;;
		esac
	done
}

# fault_table: injected and reported side by side; fails unless they agree and nothing is left over
fault_table() {
	local -a wanted did got
	local i match bad=0 pipe packet what
	mapfile -t wanted < <(expected_events)
	mapfile -t did < <(injected)
	mapfile -t got < <(events 0x81 "$DATA/faults-in.csv"; events 0x01 "$DATA/faults-out.csv")
	printf '%-4s  %-20s %10s   %s\n' pipe injected 'at packet' reported
	for i in "${!wanted[@]}"; do
		read -r pipe packet what <<<"${wanted[i]}"
		match='NOT REPORTED'
		if take "${wanted[i]}"; then match="$what at packet $packet"; else bad=1; fi
		printf '%-4s  %-20s %10s   %s\n' "$pipe" "${did[i]}" "$packet" "$match"
	done
	for i in "${!got[@]}"; do
		bad=1
		printf '%-4s  %-20s %10s   %s\n' "${got[i]%% *}" nothing '' "${got[i]#* }"
	done
	return $bad
}

# take EVENT: removes it from got
take() {
	local j
	for j in "${!got[@]}"; do
		if [ "${got[j]}" = "$1" ]; then
			unset "got[j]"
			return 0
		fi
	done
	return 1
}

# fault_counts: what the one line has to say after the faults
fault_counts() {
	faults | awk '$2 == "hole" { gaps++; next } $2 != "short" && $2 != "empty" { bad += $4 }
		END { print bad " bad, " gaps " gaps" }'
}

# conclude: both results; fails unless both are what they have to be
conclude() {
	local code=0
	echo
	table clean
	echo "demo: $(one_line clean)"
	[[ $(one_line clean) == *', 0 bad, 0 gaps' ]] || code=1
	[ "$(cat "$DATA/compare" 2>/dev/null)" = same ] || code=1
	echo
	fault_table || code=1
	table faults
	echo "faults: $(one_line faults)"
	[[ $(one_line faults) == *", $(fault_counts)" ]] || code=1
	echo
	return $code
}
