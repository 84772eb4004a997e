// SPDX-License-Identifier: MIT
#include "tally.h"

static void count_kind(struct tally *tally, int status)
{
	uint32_t i;

	for (i = 0; i < tally->n_kinds; i++)
		if (tally->kind[i].status == status)
			break;
	if (i == TALLY_KINDS)
		return;
	if (i == tally->n_kinds)
		tally->kind[tally->n_kinds++].status = status;
	tally->kind[i].count++;
}

void tally_packet(struct tally *tally, int status, uint32_t requested, uint32_t actual)
{
	if (status) {
		tally->packets_bad++;
		count_kind(tally, status);
	} else {
		tally->packets_ok++;
		tally->packets_short += actual && actual < requested;
		tally->packets_empty += !actual && requested;
	}
	tally->bytes += actual;
}

void tally_gap(struct tally *tally, uint32_t intervals)
{
	tally->gaps += intervals != 0;
	tally->lost_intervals += intervals;
}

void tally_transfer(struct tally *tally, const struct winusb_iso_completion *completion)
{
	unsigned int trust = completion->trust <= WINUSB_ISO_TRUST_EXACT ? completion->trust : 0;

	if (!tally->transfers) {
		tally->first_uframe = completion->start_uframe;
		tally->first_trust = trust;
	}
	tally->transfers++;
	tally->trust[trust]++;
}

uint64_t tally_intervals(const struct tally *tally)
{
	return tally->packets_ok + tally->packets_bad + tally->lost_intervals;
}

unsigned int tally_trust(const struct tally *tally)
{
	unsigned int trust;

	if (tally->transfers < 2)
		return tally->transfers ? tally->first_trust : WINUSB_ISO_TRUST_UNKNOWN;
	for (trust = 0; trust < WINUSB_ISO_TRUST_EXACT; trust++)
		if (tally->trust[trust] > (tally->first_trust == trust))
			break;
	return trust;
}

int tally_is_clean(const struct tally *tally)
{
	return !tally->packets_bad && !tally->gaps && !tally->interruptions && !tally->dropped;
}
