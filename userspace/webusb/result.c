// SPDX-License-Identifier: MIT
/* Pure: what the driver says of packets, in the words of WebUSB. */
#include <errno.h>
#include <string.h>

#include "internal.h"

static uint32_t at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

void wusb_gather_in(const struct wusb_extent *extent, const uint32_t *lengths,
		    const unsigned char *part, const struct winusb_iso_packet *table,
		    unsigned char *data, struct winusb_iso_packet *packets)
{
	uint32_t offset = 0;

	for (uint32_t i = 0; i < extent->num_packets; i++) {
		uint32_t asked = lengths[extent->first_packet + i];
		uint32_t length = at_most(table[i].length, asked);

		packets[extent->first_packet + i] = (struct winusb_iso_packet){
			.offset = extent->offset + offset,
			.length = length,
			.status = table[i].status,
		};
		memcpy(data + extent->offset + offset, part + offset, length);
		offset += asked;
	}
}

void wusb_gather_out(const struct wusb_extent *extent, const uint32_t *lengths,
		     const struct winusb_iso_packet *table, struct winusb_iso_packet *packets)
{
	uint32_t offset = extent->offset;

	for (uint32_t i = 0; i < extent->num_packets; i++) {
		uint32_t asked = lengths[extent->first_packet + i];

		packets[extent->first_packet + i] = (struct winusb_iso_packet){
			.offset = offset,
			.length = at_most(table[i].length, asked),
			.status = table[i].status,
		};
		offset += asked;
	}
}

void wusb_gather_nothing(const struct wusb_extent *extent, const uint32_t *lengths, int error,
			 struct winusb_iso_packet *packets)
{
	uint32_t offset = extent->offset;

	for (uint32_t i = 0; i < extent->num_packets; i++) {
		packets[extent->first_packet + i] = (struct winusb_iso_packet){
			.offset = offset,
			.status = error,
		};
		offset += lengths[extent->first_packet + i];
	}
}

/* Parts come in the order of time. The least that is known of any of them is what is
 * known of all. */
void wusb_add_timing(struct wusb_timing *timing, const struct winusb_iso_completion *completion,
		     bool first)
{
	timing->timestamp_ns = completion->timestamp_ns;
	if (first) {
		timing->start_uframe = completion->start_uframe;
		timing->gap = completion->gap;
		timing->inner_gap = completion->inner_gap;
		timing->trust = completion->trust;
		timing->new_stream = completion->flags & WINUSB_ISO_COMPLETION_NEW_STREAM;
		return;
	}
	timing->inner_gap += completion->gap + completion->inner_gap;
	if (completion->trust < timing->trust)
		timing->trust = completion->trust;
}

enum wusb_status wusb_packet_status(int error)
{
	switch (error) {
	case 0:
		return WUSB_OK;
	case -EPIPE:
		return WUSB_STALL;
	case -EOVERFLOW:
		return WUSB_BABBLE;
	default:
		return WUSB_ERROR;
	}
}

enum wusb_status wusb_summary(const struct winusb_iso_packet *packets, uint32_t num_packets,
			      int error)
{
	enum wusb_status summary = WUSB_OK;

	if (error)
		return WUSB_ERROR;
	for (uint32_t i = 0; i < num_packets; i++) {
		enum wusb_status status = wusb_packet_status(packets[i].status);

		if (status == WUSB_STALL)
			summary = WUSB_STALL;
		else if (status != WUSB_OK)
			return WUSB_ERROR;
	}
	return summary;
}

/* What the caller sees of a failure: cancelled and unplugged are what they are; what would
 * look like a wrong argument is not. */
static int seen(int error)
{
	switch (error) {
	case -ECONNRESET:
	case -ENOENT:
	case -ENETRESET:
		return ECONNRESET;
	case -ENODEV:
	case -ESHUTDOWN:
		return ENODEV;
	case -EPROTOTYPE:
	case -EOVERFLOW:
	case -EFBIG:
	case -EBADMSG:
		return EIO;
	default:
		return -error;
	}
}

static int judge_strictly(const struct winusb_iso_packet *packets, uint32_t num_packets)
{
	for (uint32_t i = 0; i < num_packets; i++) {
		if (wusb_packet_status(packets[i].status) == WUSB_ERROR) {
			int error = seen(packets[i].status);

			return error == ECONNRESET || error == ENODEV ? error : EIO;
		}
	}
	return 0;
}

static bool any_good(const struct winusb_iso_packet *packets, uint32_t num_packets)
{
	for (uint32_t i = 0; i < num_packets; i++)
		if (!packets[i].status)
			return true;
	return false;
}

int wusb_judge(const struct winusb_iso_packet *packets, uint32_t num_packets, int error,
	       unsigned int flags)
{
	if (!(flags & WUSB_KEEP_GOOD_PACKETS))
		return error ? seen(error) : judge_strictly(packets, num_packets);
	return error && !any_good(packets, num_packets) ? seen(error) : 0;
}

/* One that waited behind a failed one finds the endpoint halted, as that one left it. */
int wusb_judge_plain(int error, enum wusb_status *status)
{
	*status = error == -ECANCELED ? WUSB_STALL : wusb_packet_status(error);
	return *status == WUSB_ERROR ? seen(error) : 0;
}

const char *wusb_status_name(enum wusb_status status)
{
	switch (status) {
	case WUSB_OK:
		return "ok";
	case WUSB_STALL:
		return "stall";
	case WUSB_BABBLE:
		return "babble";
	default:
		return "error";
	}
}

const char *wusb_error_name(int error)
{
	switch (error) {
	case ENODEV:
	case ENOENT:
		return "NotFoundError";
	case EPROTOTYPE:
		return "InvalidAccessError";
	case EOVERFLOW:
	case EFBIG:
	case EBADMSG:
		return "DataError";
	case ECONNRESET:
		return "AbortError";
	case EACCES:
	case EPERM:
		return "SecurityError";
	default:
		return "NetworkError";
	}
}
