# SPDX-License-Identifier: MIT
# The project's TAP from a kernel log with KTAP of KUnit suites in it: each case is a test, named
# "suite: sentence", and what the log says of a failed one follows it.

function forget() { said = 0 }

function result(line, sentence) {
	sentence = line
	sub(/^ *(not )?ok [0-9]+ /, "", sentence)
	count++
	print (line ~ /^ *not ok/ ? "not ok " : "ok ") count " - " suite ": " sentence
	if (line ~ /^ *not ok/)
		for (i = 1; i <= said; i++)
			print "# " text[i]
	forget()
}

{ sub(/\r$/, ""); sub(/^\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? /, "") }
/^##/ { print; next }			# what the lane says
/^ +KTAP version/ { forget(); next }
/^ +# Subtest: / { suite = $3; next }
/^ +1\.\.[0-9]+$/ { planned += substr($1, 4); next }
/^ +(not )?ok [0-9]+ / { result($0); next }
/^(# |ok |not ok )/ { forget(); next }	# totals of a suite
{ text[++said] = $0 }

# A suite that did not come to its end has planned more than there was.
END { print "1.." planned + 0 }
