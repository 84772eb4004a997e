// SPDX-License-Identifier: MIT
/* Transfers of one pipe, going round a row of slots, and what their completions must say. */
#include "flow.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "pattern.h"
#include "tap.h"

static bool find_pipe(struct flow *flow)
{
	struct winusb_iso_pipe_info pipe = { 0 };
	struct winusb_iso_info info;

	if (ioctl(flow->fd, WINUSB_ISO_IOC_GET_INFO, &info))
		return false;
	pipe.alternate = (uint32_t)info.current_alternate;
	while (!ioctl(flow->fd, WINUSB_ISO_IOC_GET_PIPE, &pipe)) {
		if (pipe.address == flow->address) {
			flow->max_bytes = pipe.max_bytes_per_interval;
			flow->interval = pipe.interval;
			return true;
		}
		pipe.index++;
	}
	return false;
}

static void cut_buffer(struct flow *flow, const struct winusb_iso_buffer *buffer, uint8_t *map,
		       unsigned int slots)
{
	uint32_t bytes = flow->packets * flow->max_bytes;
	struct winusb_iso_packet *table = (void *)(map + buffer->packets_offset);
	unsigned int i;

	for (i = 0; i < slots; i++)
		flow->slot[flow->n_slots++] = (struct flow_slot){
			.handle = buffer->handle, .offset = i * bytes,
			.first_packet = i * flow->packets, .data = map + i * bytes,
			.table = table + i * flow->packets,
		};
}

static bool add_buffer(struct flow *flow, unsigned int slots)
{
	struct winusb_iso_buffer buffer = {
		.pipe = flow->address, .size = slots * flow->packets * flow->max_bytes,
		.packets = slots * flow->packets,
	};
	struct flow_buffer *entry = &flow->buffer[flow->n_buffers];
	void *map;

	EQUAL(flow->n_buffers < FLOW_MAX_BUFFERS, 1);
	if (ioctl(flow->fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer)) {
		EQUAL(-errno, 0);
		return false;
	}
	map = mmap(NULL, buffer.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, flow->fd,
		   (off_t)buffer.mmap_offset);
	if (map == MAP_FAILED) {
		EQUAL(-errno, 0);
		return false;
	}
	*entry = (struct flow_buffer){ buffer.handle, map, buffer.mmap_size };
	flow->n_buffers++;
	cut_buffer(flow, &buffer, map, slots);
	return true;
}

bool flow_open(struct flow *flow, int fd, uint8_t address, uint32_t packets, unsigned int slots)
{
	unsigned int fit, part;

	memset(flow, 0, sizeof(*flow));
	flow->fd = fd;
	flow->address = address;
	flow->packets = packets;
	flow->counter = 1000;	/* anything but what zeroed memory holds */
	if (!find_pipe(flow)) {
		TRUE(!"the pipe is there");
		return false;
	}
	fit = WINUSB_ISO_MAX_BUFFER_SIZE / (packets * flow->max_bytes);
	if (fit > WINUSB_ISO_MAX_BUFFER_PACKETS / packets)
		fit = WINUSB_ISO_MAX_BUFFER_PACKETS / packets;
	while (slots) {
		part = slots < fit ? slots : fit;
		if (!add_buffer(flow, part))
			return false;
		slots -= part;
	}
	return true;
}

bool flow_close(struct flow *flow)
{
	struct winusb_iso_unregister_buffer request = { 0 };
	bool whole = true;

	while (flow->n_buffers) {
		struct flow_buffer *buffer = &flow->buffer[--flow->n_buffers];

		munmap(buffer->map, buffer->map_size);
		request.handle = buffer->handle;
		whole &= !ioctl(flow->fd, WINUSB_ISO_IOC_UNREGISTER_BUFFER, &request);
	}
	return whole;
}

static bool is_in(const struct flow *flow)
{
	return flow->address & 0x80;
}

static uint32_t asked(const struct flow *flow, uint64_t transfer, uint32_t packet)
{
	return flow->length ? flow->length(transfer * flow->packets + packet) : flow->max_bytes;
}

static struct flow_slot *slot_number(struct flow *flow, uint64_t transfer)
{
	return &flow->slot[transfer % flow->n_slots];
}

struct flow_slot *flow_slot_of(struct flow *flow, const struct winusb_iso_completion *completion)
{
	return slot_number(flow, completion->cookie & 0xffffffff);
}

/* The table is filled with nonsense, so that an entry the driver forgot is seen. */
static uint32_t prepare(struct flow *flow, const struct flow_slot *slot)
{
	uint32_t length, offset = 0, i;

	for (i = 0; i < flow->packets; i++) {
		length = asked(flow, flow->submitted, i);
		slot->table[i] = (struct winusb_iso_packet){ 0xbad, length, 0xbad };
		if (!is_in(flow) && length && !flow->foreign)
			sim_pattern_fill(slot->data + offset, length, flow->address,
					 flow->counter++);
		offset += length;
	}
	return offset;
}

static int submit(struct flow *flow, uint32_t flags, uint64_t uframe)
{
	const struct flow_slot *slot = slot_number(flow, flow->submitted);
	struct winusb_iso_transfer transfer = {
		.cookie = (uint64_t)flow->address << 32 | flow->submitted,
		.start_uframe = uframe, .buffer = slot->handle, .offset = slot->offset,
		.flags = flags | (flow->length ? WINUSB_ISO_TRANSFER_PACKET_LENGTHS : 0),
		.first_packet = slot->first_packet, .num_packets = flow->packets,
	};

	transfer.length = prepare(flow, slot);
	if (ioctl(flow->fd, WINUSB_ISO_IOC_SUBMIT, &transfer))
		return -errno;
	flow->submitted++;
	return 0;
}

int flow_submit(struct flow *flow, uint32_t flags)
{
	return submit(flow, flags, 0);
}

int flow_submit_at(struct flow *flow, uint64_t uframe)
{
	return submit(flow, WINUSB_ISO_TRANSFER_AT_FRAME, uframe);
}

void flow_fill(struct flow *flow, uint64_t total)
{
	int error = 0;

	while (!error && flow->submitted < total &&
	       flow->submitted - flow->reaped < flow->n_slots)
		error = flow_submit(flow, flow->submitted ? WINUSB_ISO_TRANSFER_CONTINUE : 0);
	EQUAL(error, 0);
}

int flow_reap(int fd, struct winusb_iso_completion *completion)
{
	memset(completion, 0xbb, sizeof(*completion));
	return ioctl(fd, WINUSB_ISO_IOC_REAP, completion) ? -errno : 0;
}

uint64_t flow_counter(const struct flow *flow, uint64_t uframe)
{
	return ((uint64_t)((int64_t)uframe - flow->skew)) / flow->interval;
}

/* Every packet of the pattern names its interval; all of a flow must agree on what bus time is. */
static void learn_skew(struct flow *flow, const struct winusb_iso_completion *completion)
{
	const struct flow_slot *slot = flow_slot_of(flow, completion);
	uint64_t counter;
	uint32_t i;

	for (i = 0; i < flow->packets && !flow->skew_known; i++) {
		if (slot->table[i].status || slot->table[i].length < 8)
			continue;
		counter = sim_pattern_counter(slot->data + slot->table[i].offset) - i;
		flow->skew = (int64_t)(completion->start_uframe - counter * flow->interval);
		flow->skew_known = true;
	}
}

static bool packet_data_is_right(const struct flow *flow, const uint8_t *data, uint32_t length,
				 uint32_t number, uint64_t counter)
{
	uint64_t word;

	if (!flow->sparse || number % flow->sparse == 0 || length < 16)
		return sim_pattern_matches(data, length, flow->address, counter);
	memcpy(&word, data + (length / 8 - 1) * 8, 8);
	return sim_pattern_matches(data, 8, flow->address, counter) &&
	       le64toh(word) == sim_pattern_base(flow->address, counter) +
				((uint64_t)(length / 8 - 1) << 48);
}

static uint32_t offset_of(const struct flow *flow, uint64_t transfer, uint32_t packet)
{
	uint32_t offset = 0, i;

	if (!flow->length)
		return packet * flow->max_bytes;
	for (i = 0; i < packet; i++)
		offset += asked(flow, transfer, i);
	return offset;
}

static uint32_t length_of(const struct flow *flow, uint64_t transfer, uint32_t packet,
			  uint64_t counter)
{
	uint32_t length = asked(flow, transfer, packet);

	return is_in(flow) && flow->received ? flow->received(counter, length) : length;
}

static void check_packet(struct flow *flow, const struct winusb_iso_completion *completion,
			 uint32_t number, uint64_t counter, uint32_t offset)
{
	const struct flow_slot *slot = flow_slot_of(flow, completion);
	const struct winusb_iso_packet *packet = &slot->table[number];
	uint64_t transfer = completion->cookie & 0xffffffff;
	uint32_t length = length_of(flow, transfer, number, counter);

	if (packet->status == 0 && packet->offset == offset && packet->length == length &&
	    (flow->foreign || !is_in(flow) ||
	     packet_data_is_right(flow, slot->data + offset, length, number, counter)))
		return;
	NOTE("pipe %02x, transfer %llu, packet %u of interval %llu is wrong:", flow->address,
	     (unsigned long long)transfer, number, (unsigned long long)counter);
	EQUAL(packet->status, 0);
	EQUAL(packet->offset, offset);
	EQUAL(packet->length, length);
	if (length >= 8 && is_in(flow) && !flow->foreign)
		EQUAL(sim_pattern_counter(slot->data + offset), counter);
	TRUE(!"the packet is right");
}

void flow_check_packet(struct flow *flow, const struct winusb_iso_completion *completion,
		       uint32_t number, uint64_t counter)
{
	check_packet(flow, completion, number, counter,
		     offset_of(flow, completion->cookie & 0xffffffff, number));
}

static void check_packets(struct flow *flow, const struct winusb_iso_completion *completion)
{
	uint64_t transfer = completion->cookie & 0xffffffff, counter, bytes = 0;
	uint32_t offset = 0, i;

	if (is_in(flow) && !flow->skew_known)
		learn_skew(flow, completion);
	counter = flow_counter(flow, completion->start_uframe);
	for (i = 0; i < flow->packets; i++) {
		check_packet(flow, completion, i, counter + i, offset);
		offset += asked(flow, transfer, i);
		bytes += length_of(flow, transfer, i, counter + i);
	}
	EQUAL(completion->actual_length, bytes);
}

static void check_place(struct flow *flow, const struct winusb_iso_completion *completion,
			const struct flow_want *want)
{
	uint64_t wanted = flow->next_uframe + (uint64_t)completion->gap * flow->interval;

	if (flow->next_uframe && !want->any_place)
		EQUAL(completion->start_uframe, wanted);
	flow->next_uframe = completion->start_uframe +
			    (uint64_t)(flow->packets + completion->inner_gap) * flow->interval;
}

void flow_check(struct flow *flow, const struct winusb_iso_completion *completion,
		const struct flow_want *want)
{
	EQUAL(completion->cookie, (uint64_t)flow->address << 32 | flow->reaped);
	EQUAL(completion->pipe, flow->address);
	EQUAL(completion->buffer, flow_slot_of(flow, completion)->handle);
	EQUAL(completion->num_packets, flow->packets);
	EQUAL(completion->status, want->status);
	EQUAL(completion->error_count, want->errors);
	EQUAL(completion->flags, want->flags);
	EQUAL(completion->trust, want->trust);
	EQUAL(completion->reserved, 0);
	if (!want->any_gap) {
		EQUAL(completion->gap, want->gap);
		EQUAL(completion->inner_gap, want->inner_gap);
	}
	TRUE(completion->timestamp_ns >= flow->timestamp);
	flow->timestamp = completion->timestamp_ns;
	flow->gaps += completion->gap + completion->inner_gap;
	flow->reaped++;
	if (completion->flags & WINUSB_ISO_COMPLETION_NOT_SENT)
		return;
	check_place(flow, completion, want);
	if (!want->any_packets)
		check_packets(flow, completion);
}

/* Nothing is there to check the first start frame of a device against. */
void flow_check_plain(struct flow *flow, const struct winusb_iso_completion *completion)
{
	struct flow_want want = { .trust = WINUSB_ISO_TRUST_EXACT };

	if (!flow->reaped) {
		want.trust = WINUSB_ISO_TRUST_TIMED;
		want.flags = WINUSB_ISO_COMPLETION_NEW_STREAM;
	}
	flow_check(flow, completion, &want);
}

void flow_take(struct flow *flow, const struct flow_want *want)
{
	struct winusb_iso_completion completion;
	int error = flow_reap(flow->fd, &completion);

	EQUAL(error, 0);
	if (!error)
		flow_check(flow, &completion, want);
}

void flow_take_plain(struct flow *flow)
{
	struct winusb_iso_completion completion;
	int error = flow_reap(flow->fd, &completion);

	EQUAL(error, 0);
	if (!error)
		flow_check_plain(flow, &completion);
}

void flow_run(struct flow *flow, uint64_t total)
{
	struct winusb_iso_completion completion;
	int error = 0;

	while (!error && flow->reaped < total) {
		flow_fill(flow, total);
		error = flow_reap(flow->fd, &completion);
		EQUAL(error, 0);
		if (!error)
			flow_check_plain(flow, &completion);
	}
}
