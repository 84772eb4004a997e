// SPDX-License-Identifier: MIT
/* Transfers of one pipe, going round a row of slots, and what their completions must say. */
#include "flow.h"

#include <fcntl.h>
#include <string.h>

/* OUT packets do not begin with what zeroed memory holds. */
#define FLOW_FIRST_COUNTER 1000

int flow_device(struct fixture *fixture, enum sim_speed speed, const char *alternate)
{
	const char *const alternates[] = { alternate, NULL };
	struct sim_options options;
	int fd;

	fixture_options(&options, speed, alternates);
	fixture_start(fixture, &options);
	fd = fixture_open(fixture, O_RDWR);
	fixture_set_alternate(fd, 1);
	return fd;
}

static void find_pipe(struct flow *flow)
{
	struct winusb_iso_pipe_info pipe;
	struct winusb_iso_info info;

	REQUIRE_WORKS(fixture_ioctl(flow->fd, WINUSB_ISO_IOC_GET_INFO, &info));
	fixture_pipe(flow->fd, (unsigned int)info.current_alternate, flow->address, &pipe);
	flow->max_bytes = pipe.max_bytes_per_interval;
	flow->interval = pipe.interval;
}

static void add_buffer(struct flow *flow, unsigned int slots)
{
	uint32_t bytes = flow->packets * flow->max_bytes;
	struct fixture_buffer *buffer = &flow->buffer[flow->n_buffers];
	unsigned int i;

	REQUIRE(flow->n_buffers++ < FLOW_MAX_BUFFERS);
	fixture_register_packets(flow->fd, buffer, flow->address, slots * flow->packets);
	for (i = 0; i < slots; i++)
		flow->slot[flow->n_slots++] = (struct flow_slot){
			.handle = buffer->info.handle,
			.offset = i * bytes,
			.first_packet = i * flow->packets,
			.data = buffer->data + i * bytes,
			.table = buffer->packets + i * flow->packets,
		};
}

void flow_open(struct flow *flow, int fd, uint8_t address, uint32_t packets, unsigned int slots)
{
	unsigned int fit, part;

	memset(flow, 0, sizeof(*flow));
	flow->fd = fd;
	flow->address = address;
	flow->packets = packets;
	flow->counter = FLOW_FIRST_COUNTER;
	find_pipe(flow);
	REQUIRE(slots <= FLOW_MAX_SLOTS);
	fit = WINUSB_ISO_MAX_BUFFER_SIZE / (packets * flow->max_bytes);
	if (fit > WINUSB_ISO_MAX_BUFFER_PACKETS / packets)
		fit = WINUSB_ISO_MAX_BUFFER_PACKETS / packets;
	for (; slots; slots -= part) {
		part = slots < fit ? slots : fit;
		add_buffer(flow, part);
	}
}

void flow_close(struct flow *flow)
{
	struct fixture_buffer *buffer;

	while (flow->n_buffers) {
		buffer = &flow->buffer[--flow->n_buffers];
		fixture_unmap(buffer);
		WORKS(fixture_unregister(flow->fd, buffer->info.handle));
	}
}

static bool is_in(const struct flow *flow)
{
	return flow->address & 0x80;
}

static uint32_t asked(const struct flow *flow, uint64_t transfer, uint32_t packet)
{
	return flow->length ? flow->length(transfer * flow->packets + packet) : flow->max_bytes;
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

static struct flow_slot *slot_number(struct flow *flow, uint64_t transfer)
{
	return &flow->slot[transfer % flow->n_slots];
}

struct flow_slot *flow_slot_of(struct flow *flow, const struct winusb_iso_completion *completion)
{
	return slot_number(flow, completion->cookie & 0xffffffff);
}

/* The table is filled with nonsense, so that an entry the driver forgot is seen. */
static void prepare(struct flow *flow, uint64_t transfer)
{
	const struct flow_slot *slot = slot_number(flow, transfer);
	uint32_t length, offset = 0, i;

	for (i = 0; i < flow->packets; i++) {
		length = asked(flow, transfer, i);
		slot->table[i] = (struct winusb_iso_packet){ 0xbad, length, 0xbad };
		if (!is_in(flow) && length && !flow->foreign)
			sim_pattern_fill(slot->data + offset, length, flow->address,
					 flow->counter++);
		offset += length;
	}
}

void flow_prepare(struct flow *flow, uint64_t transfers)
{
	while (flow->prepared < flow->submitted + transfers)
		prepare(flow, flow->prepared++);
}

static uint32_t standing_flags(const struct flow *flow)
{
	uint32_t flags = flow->length ? WINUSB_ISO_TRANSFER_PACKET_LENGTHS : 0;

	if (flow->group && (flow->submitted + 1) % flow->group)
		flags |= WINUSB_ISO_TRANSFER_NO_INTERRUPT;
	return flags;
}

static int submit(struct flow *flow, uint32_t flags, uint64_t uframe)
{
	const struct flow_slot *slot = slot_number(flow, flow->submitted);
	struct winusb_iso_transfer transfer = {
		.cookie = (uint64_t)flow->address << 32 | flow->submitted,
		.start_uframe = uframe,
		.buffer = slot->handle,
		.offset = slot->offset,
		.flags = flags | standing_flags(flow),
		.length = offset_of(flow, flow->submitted, flow->packets),
		.first_packet = slot->first_packet,
		.num_packets = flow->packets,
	};
	int error;

	flow_prepare(flow, 1);
	error = fixture_submit(flow->fd, &transfer);
	flow->submitted += !error;
	return error;
}

int flow_submit(struct flow *flow, uint32_t flags)
{
	return submit(flow, flags, 0);
}

int flow_submit_at(struct flow *flow, uint64_t uframe)
{
	return submit(flow, WINUSB_ISO_TRANSFER_AT_FRAME, uframe);
}

int flow_submit_late(struct flow *flow, uint64_t uframe)
{
	return submit(flow, WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE, uframe);
}

void flow_fill(struct flow *flow, uint64_t total)
{
	while (flow->submitted < total && flow->submitted - flow->reaped < flow->n_slots)
		REQUIRE_WORKS(
			flow_submit(flow, flow->submitted ? WINUSB_ISO_TRANSFER_CONTINUE : 0));
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

	if (flow->sparse < 2 || number % flow->sparse == 0 || length < 16)
		return sim_pattern_matches(data, length, flow->address, counter);
	memcpy(&word, data + (length / 8 - 1) * 8, 8);
	return sim_pattern_matches(data, 8, flow->address, counter) &&
	       le64toh(word) == sim_pattern_base(flow->address, counter) +
					((uint64_t)(length / 8 - 1) << 48);
}

static uint32_t length_of(const struct flow *flow, uint64_t transfer, uint32_t packet,
			  uint64_t counter)
{
	uint32_t length = asked(flow, transfer, packet);

	return is_in(flow) && flow->received ? flow->received(counter, length) : length;
}

static bool check_packet(struct flow *flow, const struct winusb_iso_completion *completion,
			 uint32_t number, uint64_t counter, uint32_t offset)
{
	const struct flow_slot *slot = flow_slot_of(flow, completion);
	const struct winusb_iso_packet *packet = &slot->table[number];
	uint64_t transfer = completion->cookie & 0xffffffff;
	uint32_t length = length_of(flow, transfer, number, counter);

	if (packet->status == 0 && packet->offset == offset && packet->length == length &&
	    (flow->foreign || !is_in(flow) ||
	     packet_data_is_right(flow, slot->data + offset, length, number, counter)))
		return true;
	tap_note("pipe %02x, transfer %llu, packet %u, interval %llu:", flow->address,
		 (unsigned long long)transfer, number, (unsigned long long)counter);
	EQUAL(packet->status, 0);
	EQUAL(packet->offset, offset);
	EQUAL(packet->length, length);
	if (length >= 8 && is_in(flow) && !flow->foreign)
		EQUAL(sim_pattern_counter(slot->data + offset), counter);
	return CHECK(!"the packet is right");
}

bool flow_check_packet(struct flow *flow, const struct winusb_iso_completion *completion,
		       uint32_t number, uint64_t counter)
{
	return check_packet(flow, completion, number, counter,
			    offset_of(flow, completion->cookie & 0xffffffff, number));
}

static bool check_packets(struct flow *flow, const struct winusb_iso_completion *completion)
{
	uint64_t transfer = completion->cookie & 0xffffffff, counter, bytes = 0;
	uint32_t offset = 0, i;

	if (is_in(flow) && !flow->skew_known)
		learn_skew(flow, completion);
	counter = flow_counter(flow, completion->start_uframe);
	for (i = 0; i < flow->packets; i++) {
		if (!check_packet(flow, completion, i, counter + i, offset))
			return false;
		offset += asked(flow, transfer, i);
		bytes += length_of(flow, transfer, i, counter + i);
	}
	return EQUAL(completion->actual_length, bytes);
}

static bool check_place(struct flow *flow, const struct winusb_iso_completion *completion,
			const struct flow_want *want)
{
	uint64_t wanted = flow->next_uframe + (uint64_t)completion->gap * flow->interval;
	bool known = flow->next_uframe && !want->any_place;

	flow->next_uframe = completion->start_uframe +
			    (uint64_t)(flow->packets + completion->inner_gap) * flow->interval;
	return !known || EQUAL(completion->start_uframe, wanted);
}

static bool check_names(struct flow *flow, const struct winusb_iso_completion *completion)
{
	return EQUAL(completion->cookie, (uint64_t)flow->address << 32 | flow->reaped) &
	       EQUAL(completion->pipe, flow->address) &
	       EQUAL(completion->buffer, flow_slot_of(flow, completion)->handle) &
	       EQUAL(completion->num_packets, flow->packets) & EQUAL(completion->reserved, 0) &
	       CHECK(completion->timestamp_ns >= flow->timestamp);
}

static bool check_result(const struct winusb_iso_completion *completion,
			 const struct flow_want *want)
{
	bool good = RETURNS(completion->status, -want->status) &
		    EQUAL(completion->error_count, want->errors) &
		    EQUAL(completion->flags, want->flags) & EQUAL(completion->trust, want->trust);

	return want->any_gap || (good & EQUAL(completion->gap, want->gap) &
				 EQUAL(completion->inner_gap, want->inner_gap));
}

bool flow_check(struct flow *flow, const struct winusb_iso_completion *completion,
		const struct flow_want *want)
{
	bool good = check_names(flow, completion) & check_result(completion, want);

	flow->timestamp = completion->timestamp_ns;
	flow->gaps += completion->gap + completion->inner_gap;
	flow->reaped++;
	if (!good)
		tap_note("in transfer %llu of pipe %02x",
			 (unsigned long long)completion->cookie & 0xffffffff, flow->address);
	if (completion->flags & WINUSB_ISO_COMPLETION_NOT_SENT)
		return good;
	good &= check_place(flow, completion, want);
	return good && (want->any_packets || check_packets(flow, completion));
}

/* Without a frame counter nothing is there to check the first start frame against. */
bool flow_check_plain(struct flow *flow, const struct winusb_iso_completion *completion)
{
	struct flow_want want = { .trust = WINUSB_ISO_TRUST_EXACT };

	if (!flow->reaped) {
		if (!flow->first_exact)
			want.trust = WINUSB_ISO_TRUST_TIMED;
		want.flags = WINUSB_ISO_COMPLETION_NEW_STREAM;
	}
	return flow_check(flow, completion, &want);
}

bool flow_take(struct flow *flow, const struct flow_want *want)
{
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
	return flow_check(flow, &completion, want);
}

bool flow_take_plain(struct flow *flow)
{
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
	return flow_check_plain(flow, &completion);
}

void flow_run(struct flow *flow, uint64_t total)
{
	while (flow->reaped < total) {
		flow_fill(flow, total);
		if (!flow_take_plain(flow))
			tap_end();
	}
}
