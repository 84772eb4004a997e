// SPDX-License-Identifier: MIT
/*
 * Sound to and from the kernel's UAC2 function: its streaming interfaces are bound by winusb_iso
 * (loaded with devices=1209:0002), its sound card is used by this program. Audio frame n, two
 * samples of 16 bit, is the number n + 1, so that silence is none, and a frame that is lost,
 * doubled or torn is seen.
 */
#include <fcntl.h>
#include <string.h>

#include "flow.h"
#include "gadget.h"
#include "pcm.h"

#define INTERFACE_OUT 1u /* sound to the gadget, where it is captured */
#define INTERFACE_IN  2u
#define PACKETS	      8u
#define SLOTS	      16u
#define FRAMES	      24000u /* half a second at 48 kHz */
#define MOST	      PCM_BUFFER_FRAMES

static struct {
	const struct gadget_speed *speed;
	unsigned int rate;
	struct gadget gadget;
	int usb, sound;		/* files */
	uint64_t written, read; /* frames, on this program's side of the sound card */
} audio;

static void start(const struct gadget_speed *speed, unsigned int rate, unsigned int interface)
{
	char path[64];

	audio.speed = speed;
	audio.rate = rate;
	audio.written = 0;
	audio.read = 0;
	gadget_new(&audio.gadget, GADGET_AUDIO_PRODUCT);
	gadget_add(&audio.gadget, "uac2.0");
	gadget_set(&audio.gadget, "p_srate", rate);
	gadget_set(&audio.gadget, "c_srate", rate);
	gadget_set(&audio.gadget, "req_number", 16);
	gadget_plug_interface(&audio.gadget, speed, INTERFACE_IN);
	audio.sound = pcm_open(interface == INTERFACE_IN, rate);
	REQUIRE(fixture_node(&audio.gadget.device, interface, path, sizeof(path)));
	audio.usb = fixture_open_path(path, O_RDWR);
	fixture_set_alternate(audio.usb, 1);
}

static void find_pipe(bool in, struct winusb_iso_pipe_info *pipe)
{
	*pipe = (struct winusb_iso_pipe_info){ .alternate = 1 };
	for (;; pipe->index++) {
		REQUIRE_WORKS(fixture_ioctl(audio.usb, WINUSB_ISO_IOC_GET_PIPE, pipe));
		if (!(pipe->address & 0x80) == !in)
			return;
	}
}

static void open_flow(struct flow *flow, bool in)
{
	struct winusb_iso_pipe_info pipe;

	find_pipe(in, &pipe);
	flow_open(flow, audio.usb, pipe.address, PACKETS, SLOTS);
	flow->foreign = true;
}

static struct flow_want want_of(const struct flow *flow, bool any_packets)
{
	return (struct flow_want){
		.trust = WINUSB_ISO_TRUST_EXACT,
		.flags = flow->reaped ? 0 : WINUSB_ISO_COMPLETION_NEW_STREAM,
		.any_packets = any_packets,
	};
}

/* --- from the gadget --- */

static void play(void)
{
	uint32_t frames[MOST];
	size_t i, count;

	do {
		for (i = 0; i < MOST; i++)
			frames[i] = (uint32_t)(audio.written + i + 1);
		count = pcm_write(audio.sound, frames, MOST);
		audio.written += count;
	} while (count);
}

/* Before the first frame there is silence; afterwards each packet goes on where the last ended. */
static void hear(const uint8_t *data, uint32_t length)
{
	uint32_t i, frame;

	EQUAL(length % PCM_FRAME_BYTES, 0);
	for (i = 0; i + PCM_FRAME_BYTES <= length; i += PCM_FRAME_BYTES) {
		memcpy(&frame, data + i, sizeof(frame));
		if (!frame && !audio.read)
			continue;
		if (!EQUAL(frame, audio.read + 1))
			tap_end();
		audio.read++;
	}
}

static void hear_transfer(struct flow *flow)
{
	struct winusb_iso_completion completion;
	struct flow_want want = want_of(flow, true);
	const struct flow_slot *slot;
	uint32_t i;

	REQUIRE_WORKS(fixture_reap(audio.usb, &completion));
	if (!flow_check(flow, &completion, &want))
		tap_end();
	slot = flow_slot_of(flow, &completion);
	for (i = 0; i < PACKETS; i++)
		hear(slot->data + slot->table[i].offset, slot->table[i].length);
}

static void captures(const struct gadget_speed *speed, unsigned int rate)
{
	struct flow flow;

	start(speed, rate, INTERFACE_IN);
	open_flow(&flow, true);
	while (audio.read < FRAMES) {
		play();
		flow_fill(&flow, UINT64_MAX);
		hear_transfer(&flow);
	}
	EQUAL(flow.gaps, 0);
}

/* --- to the gadget --- */

static uint64_t frames_before(uint64_t packet, uint32_t interval)
{
	return packet * audio.rate * interval / 8000;
}

static uint32_t out_interval;

/* As many frames as belong to the packet's time: 44 or 45 of 44.1. */
static uint32_t length_of_packet(uint64_t packet)
{
	return (uint32_t)(frames_before(packet + 1, out_interval) -
			  frames_before(packet, out_interval)) *
	       PCM_FRAME_BYTES;
}

static void fill_next(struct flow *flow)
{
	uint64_t first = flow->submitted * PACKETS;
	uint64_t frame = frames_before(first, out_interval);
	uint64_t end = frames_before(first + PACKETS, out_interval);
	uint8_t *data = flow->slot[flow->submitted % SLOTS].data;
	uint32_t value;

	for (; frame < end; frame++, data += sizeof(value)) {
		value = (uint32_t)frame + 1;
		memcpy(data, &value, sizeof(value));
	}
}

static void send(struct flow *flow, uint64_t transfers)
{
	while (flow->submitted < transfers && flow->submitted - flow->reaped < SLOTS) {
		fill_next(flow);
		REQUIRE_WORKS(
			flow_submit(flow, flow->submitted ? WINUSB_ISO_TRANSFER_CONTINUE : 0));
	}
}

static void record(void)
{
	uint32_t frames[MOST];
	size_t i, count = pcm_read(audio.sound, frames, MOST);

	for (i = 0; i < count; i++)
		if (!EQUAL(frames[i], ++audio.read))
			tap_end();
}

/* The last period is given when it is whole, so some more is sent than is waited for. */
static void plays(const struct gadget_speed *speed, unsigned int rate)
{
	struct flow_want want;
	struct flow flow;

	start(speed, rate, INTERFACE_OUT);
	pcm_start(audio.sound);
	open_flow(&flow, false);
	out_interval = flow.interval;
	flow.length = length_of_packet;
	while (audio.read < FRAMES) {
		send(&flow, UINT64_MAX);
		want = want_of(&flow, false);
		if (!flow_take(&flow, &want))
			tap_end();
		record();
	}
	EQUAL(flow.gaps, 0);
}

/* --- feedback --- */

/*
 * USB 2.0, 5.12.4.2: audio frames per frame as 10.14 at full speed, per microframe as 16.16 above,
 * where f_uac2 counts per packet.
 */
static uint32_t wanted_feedback(const struct winusb_iso_pipe_info *out)
{
	if (audio.speed->speed == WINUSB_ISO_SPEED_FULL)
		return (audio.rate << 14) / 1000;
	return (uint32_t)(((uint64_t)audio.rate << 16) / 8000) << (out->b_interval - 1);
}

static void feedback(const struct gadget_speed *speed)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_pipe_info out;
	const struct flow_slot *slot;
	struct flow_want want;
	uint32_t value = 0;
	struct flow flow;

	start(speed, 48000, INTERFACE_OUT);
	find_pipe(false, &out);
	open_flow(&flow, true);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	REQUIRE_WORKS(fixture_reap(audio.usb, &completion));
	want = want_of(&flow, true);
	flow_check(&flow, &completion, &want);
	slot = flow_slot_of(&flow, &completion);
	REQUIRE(slot->table[PACKETS - 1].length == flow.max_bytes);
	REQUIRE(flow.max_bytes <= sizeof(value));
	memcpy(&value, slot->data + slot->table[PACKETS - 1].offset, flow.max_bytes);
	EQUAL(value, wanted_feedback(&out));
}

/* --- the table --- */

#define CASES(name, speed) \
	static void name##_captures(void) \
	{ \
		captures(speed, 48000); \
	} \
	static void name##_captures_cd(void) \
	{ \
		captures(speed, 44100); \
	} \
	static void name##_plays(void) \
	{ \
		plays(speed, 48000); \
	} \
	static void name##_plays_cd(void) \
	{ \
		plays(speed, 44100); \
	} \
	static void name##_feedback(void) \
	{ \
		feedback(speed); \
	}

CASES(full, &gadget_speeds[0])
CASES(high, &gadget_speeds[1])
CASES(super, &gadget_speeds[2])

#define ROWS(name) \
	{ "UAC2, " #name " speed, 48 kHz: every sample played there is captured here", \
	  name##_captures }, \
		{ "UAC2, " #name " speed, 44.1 kHz: every sample played there is captured here", \
		  name##_captures_cd }, \
		{ "UAC2, " #name " speed, 48 kHz: every sample played here is captured there", \
		  name##_plays }, \
		{ "UAC2, " #name " speed, 44.1 kHz: every sample played here is captured there", \
		  name##_plays_cd }, \
	{ \
		"UAC2, " #name " speed: the feedback pipe says 48 kHz", name##_feedback \
	}

static const struct tap_test tests[] = { ROWS(full), ROWS(high), ROWS(super) };

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
