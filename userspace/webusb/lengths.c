// SPDX-License-Identifier: MIT
/* Pure: packet lengths, and how a transfer is cut into parts. */
#include <errno.h>

#include "internal.h"

int wusb_sum_lengths(const uint32_t *lengths, uint32_t num_packets, uint32_t *sum)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < num_packets; i++)
		total += lengths[i];
	if (total > UINT32_MAX)
		return EOVERFLOW;
	if (total > WUSB_MAX_TRANSFER)
		return EFBIG;
	*sum = (uint32_t)total;
	return 0;
}

bool wusb_next_extent(const uint32_t *lengths, uint32_t num_packets, struct wusb_extent *extent)
{
	struct wusb_extent next = {
		.first_packet = extent->first_packet + extent->num_packets,
		.offset = extent->offset + extent->length,
	};

	while (next.first_packet + next.num_packets < num_packets) {
		uint32_t length = lengths[next.first_packet + next.num_packets];

		if (next.num_packets == WUSB_PART_PACKETS)
			break;
		if (next.num_packets && length > WUSB_PART_BYTES - next.length)
			break;
		next.length += length;
		next.num_packets++;
		if (next.length >= WUSB_PART_BYTES)
			break;
	}
	if (!next.num_packets)
		return false;
	*extent = next;
	return true;
}
