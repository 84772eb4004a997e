// SPDX-License-Identifier: MIT
#include "receive.h"

#include <errno.h>

static int take_gap(struct session *session, const struct receiver *receiver, uint32_t intervals)
{
	if (!intervals)
		return 0;
	tally_gap(&session->tally, intervals);
	return receiver->lost ? receiver->lost(receiver->context, intervals) : 0;
}

static int take_packet(struct session *session, const struct receiver *receiver,
		       const struct wiso_slot *slot, uint32_t number)
{
	uint64_t offset = session->tally.bytes;
	int rc = 0;

	if (receiver->packet)
		rc = receiver->packet(receiver->context, wiso_slot_packet_data(slot, number),
				      &slot->packets[number], &offset);
	if (!rc)
		session_packet(session, slot, number,
			       session->selection.pipe.max_bytes_per_interval, offset);
	return rc;
}

/* Only as much of it as the limits allow. */
static int take_transfer(struct session *session, const struct receiver *receiver,
			 const struct wiso_slot *slot)
{
	uint32_t i;

	tally_transfer(&session->tally, &slot->completion);
	if (take_gap(session, receiver, slot->completion.gap))
		return -1;
	for (i = 0; i < slot->num_packets && session_left(session); i++)
		if (take_packet(session, receiver, slot, i))
			return -1;
	return i == slot->num_packets ? take_gap(session, receiver, slot->completion.inner_gap) : 0;
}

int receive(struct session *session, const struct receiver *receiver, int *error)
{
	struct wiso_slot *slot;
	int code = TOOL_OK;

	*error = 0;
	while (!session_is_over(session)) {
		switch (session_acquire(session, &slot, &code)) {
		case SESSION_AGAIN:
			continue;
		case SESSION_OVER:
			return code;
		case SESSION_READY:
			break;
		}
		if (take_transfer(session, receiver, slot))
			*error = errno;
		wiso_stream_release(session->stream, slot);
		if (*error)
			break;
	}
	return code;
}
