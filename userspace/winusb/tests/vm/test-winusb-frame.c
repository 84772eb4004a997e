// SPDX-License-Identifier: MIT
/*
 * WinUsb_ReadIsochPipe() and WinUsb_WriteIsochPipe() with a frame that is partly over: packets that
 * are late are dropped, the others go in their service intervals.
 */
#include "usb.h"

#include <string.h>

#define GARBAGE	    0xa5
#define LATE	    USBD_STATUS_ISO_NOT_ACCESSED_LATE
#define SAMPLE_LEAD 5  /* frames, as in Microsoft's sample */
#define FRAMES	    10 /* of a transfer ... */
#define PACKETS	    80 /* ... of a packet in each microframe, of 1024 bytes */
#define SIZE	    (PACKETS * 1024)

static ULONG frame_now(struct usb *usb)
{
	LARGE_INTEGER stamp;
	ULONG frame;

	REQUIRE_SUCCEEDS(WinUsb_GetCurrentFrameNumber(usb->usb, &frame, &stamp));
	REQUIRE_SUCCEEDS(WinUsb_GetAdjustedFrameNumber(&frame, stamp));
	return frame;
}

/* The first so many are late, which comes out, and the others are there. */
static uint32_t count_late(const USBD_ISO_PACKET_DESCRIPTOR *packet, uint32_t count, uint32_t size)
{
	uint32_t late = 0, wrong = 0;

	while (late < count && packet[late].Status == LATE)
		wrong += packet[late++].Length != 0;
	for (uint32_t i = late; i < count; i++)
		wrong += packet[i].Length != size || packet[i].Status;
	for (uint32_t i = 0; i < count; i++)
		wrong += packet[i].Offset != i * size;
	EQUAL(wrong, 0);
	return late;
}

static bool untouched(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != GARBAGE)
			return false;
	return true;
}

#define TRANSFERS 4

/* Nothing is pending: the driver has to find the bus first, and that may take some packets. */
static void five_frames_ahead(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[TRANSFERS][PACKETS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[TRANSFERS];
	uint64_t counter, next = 0;
	uint32_t late = 0;
	ULONG frame, at;
	struct usb usb;
	uint8_t *data;

	usb_open(&usb, SIM_HIGH, 1);
	data = usb_memory(TRANSFERS * SIZE);
	memset(data, GARBAGE, TRANSFERS * SIZE);
	handle = usb_register(&usb, 0x81, data, TRANSFERS * SIZE);
	usb_overlapped(overlapped, TRANSFERS);
	frame = at = frame_now(&usb) + SAMPLE_LEAD;
	for (ULONG i = 0; i < TRANSFERS; i++) {
		PENDS(WinUsb_ReadIsochPipe(handle, i * SIZE, SIZE, &at, PACKETS, packets[i],
					   &overlapped[i]));
		EQUAL(at, frame + (i + 1) * FRAMES);
	}
	for (ULONG i = 0; i < TRANSFERS; i++) {
		EQUAL(usb_result(&usb, &overlapped[i], NULL), 0);
		late = count_late(packets[i], PACKETS, 1024);
		CHECK(i ? !late : late < PACKETS);
		if (!i)
			tap_note("%u packets late", late);
		CHECK(untouched(data + i * SIZE, late * 1024));
		CHECK(usb_matches(&usb, data + i * SIZE + late * 1024, PACKETS - late, &counter));
		CHECK(!i || counter == next);
		next = counter + PACKETS - late;
	}
}

static void five_frames_ahead_out(void)
{
	OVERLAPPED overlapped[TRANSFERS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	struct sim_pipe_stats stats;
	uint64_t counter = 0;
	struct usb usb;
	uint8_t *data;
	ULONG at;

	usb_open(&usb, SIM_HIGH, 1);
	data = usb_memory(TRANSFERS * SIZE);
	usb_fill(&usb, data, TRANSFERS * PACKETS, &counter);
	handle = usb_register(&usb, 0x01, data, TRANSFERS * SIZE);
	usb_overlapped(overlapped, TRANSFERS);
	at = frame_now(&usb) + SAMPLE_LEAD;
	for (ULONG i = 0; i < TRANSFERS; i++)
		PENDS(WinUsb_WriteIsochPipe(handle, i * SIZE, SIZE, &at, &overlapped[i]));
	for (ULONG i = 0; i < TRANSFERS; i++)
		EQUAL(usb_result(&usb, &overlapped[i], NULL), 0);
	REQUIRE(sim_stats(usb.device.sim, 0x01, &stats));
	CHECK(stats.good > (TRANSFERS - 1) * PACKETS);
	CHECK(stats.good <= TRANSFERS * PACKETS);
	EQUAL(stats.bad, 0);
	EQUAL(stats.jumps, 0);
	EQUAL(stats.bytes, stats.good * 1024);
}

/* Behind a transfer that takes 5 of its frames: exactly those are lost. */
static void half_late(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[3][PACKETS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[3];
	uint64_t first, second, third;
	struct usb usb;
	uint8_t *data;
	ULONG at, frame;

	usb_open(&usb, SIM_HIGH, 1);
	data = usb_memory(3 * SIZE);
	memset(data, GARBAGE, 3 * SIZE);
	memset(packets, GARBAGE, sizeof(packets));
	handle = usb_register(&usb, 0x81, data, 3 * SIZE);
	usb_overlapped(overlapped, 3);
	frame = at = frame_now(&usb) + 60;
	PENDS(WinUsb_ReadIsochPipe(handle, 0, SIZE, &at, PACKETS, packets[0], &overlapped[0]));
	at -= 5;
	PENDS(WinUsb_ReadIsochPipe(handle, SIZE, SIZE, &at, PACKETS, packets[1], &overlapped[1]));
	EQUAL(at, frame + 15);
	PENDS(WinUsb_ReadIsochPipe(handle, 2 * SIZE, SIZE, &at, PACKETS, packets[2],
				   &overlapped[2]));
	for (unsigned int i = 0; i < 3; i++)
		EQUAL(usb_result(&usb, &overlapped[i], NULL), 0);
	EQUAL(count_late(packets[0], PACKETS, 1024), 0);
	EQUAL(count_late(packets[1], PACKETS, 1024), 40);
	EQUAL(count_late(packets[2], PACKETS, 1024), 0);
	CHECK(untouched(data + SIZE, 40 * 1024));
	CHECK(usb_matches(&usb, data, PACKETS, &first));
	CHECK(usb_matches(&usb, data + SIZE + 40 * 1024, 40, &second));
	CHECK(usb_matches(&usb, data + 2 * SIZE, PACKETS, &third));
	EQUAL(second, first + PACKETS);
	EQUAL(third, second + 40);
}

static void half_late_out(void)
{
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	struct sim_pipe_stats stats;
	OVERLAPPED overlapped[2];
	uint64_t counter = 0;
	struct usb usb;
	uint8_t *data;
	ULONG at;

	usb_open(&usb, SIM_HIGH, 1);
	data = usb_memory(2 * SIZE);
	usb_fill(&usb, data, 2 * PACKETS, &counter);
	handle = usb_register(&usb, 0x01, data, 2 * SIZE);
	usb_overlapped(overlapped, 2);
	at = frame_now(&usb) + 60;
	PENDS(WinUsb_WriteIsochPipe(handle, 0, SIZE, &at, &overlapped[0]));
	at -= 5;
	PENDS(WinUsb_WriteIsochPipe(handle, SIZE, SIZE, &at, &overlapped[1]));
	EQUAL(usb_result(&usb, &overlapped[0], NULL), 0);
	EQUAL(usb_result(&usb, &overlapped[1], NULL), 0);
	REQUIRE(sim_stats(usb.device.sim, 0x01, &stats));
	EQUAL(stats.good, PACKETS + 40);
	EQUAL(stats.bad, 0);
	EQUAL(stats.jumps, 1);
	EQUAL(stats.bytes, (PACKETS + 40) * 1024);
}

static void all_late(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[2][PACKETS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[2];
	struct usb usb;
	ULONG at;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(2 * SIZE), 2 * SIZE);
	usb_overlapped(overlapped, 2);
	at = frame_now(&usb) + 60;
	PENDS(WinUsb_ReadIsochPipe(handle, 0, SIZE, &at, PACKETS, packets[0], &overlapped[0]));
	at -= FRAMES;
	PENDS(WinUsb_ReadIsochPipe(handle, SIZE, SIZE, &at, PACKETS, packets[1], &overlapped[1]));
	EQUAL(usb_result(&usb, &overlapped[0], NULL), 0);
	EQUAL(usb_result(&usb, &overlapped[1], NULL), ERROR_INVALID_PARAMETER);
	EQUAL(count_late(packets[1], PACKETS, 1024), PACKETS);
	/* A new start is what it is without that. */
	at = frame_now(&usb) + 60;
	SUCCEEDS(WinUsb_ReadIsochPipe(handle, 0, SIZE, &at, PACKETS, packets[0], NULL));
	EQUAL(count_late(packets[0], PACKETS, 1024), 0);
}

#define LARGE_PACKETS 128 /* of 49152 bytes: 6 MiB, more than a buffer of the driver's */
#define LARGE_SIZE    (LARGE_PACKETS * 49152)

/* The part in the driver's first buffer is late as a whole, the one in the second partly. */
static void late_over_buffers(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[2][LARGE_PACKETS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	uint64_t first = 0, second = 0;
	OVERLAPPED overlapped[2];
	struct usb usb;
	uint8_t *data;
	ULONG at;

	usb_open(&usb, SIM_SUPER, 2);
	EQUAL(usb.in.MaximumBytesPerInterval, 49152);
	data = usb_memory(2 * LARGE_SIZE);
	handle = usb_register(&usb, 0x81, data, 2 * LARGE_SIZE);
	usb_overlapped(overlapped, 2);
	at = frame_now(&usb) + 200;
	PENDS(WinUsb_ReadIsochPipe(handle, 0, LARGE_SIZE, &at, LARGE_PACKETS, packets[0],
				   &overlapped[0]));
	at -= 12;
	PENDS(WinUsb_ReadIsochPipe(handle, LARGE_SIZE, LARGE_SIZE, &at, LARGE_PACKETS, packets[1],
				   &overlapped[1]));
	EQUAL(usb_result(&usb, &overlapped[0], NULL), 0);
	EQUAL(usb_result(&usb, &overlapped[1], NULL), 0);
	EQUAL(count_late(packets[0], LARGE_PACKETS, 49152), 0);
	EQUAL(count_late(packets[1], LARGE_PACKETS, 49152), 96);
	CHECK(usb_matches(&usb, data, LARGE_PACKETS, &first));
	CHECK(usb_matches(&usb, data + LARGE_SIZE + 96 * 49152, 32, &second));
	EQUAL(second, first + LARGE_PACKETS);
	SUCCEEDS(WinUsb_UnregisterIsochBuffer(handle));
}

/* ---- winusb_ext.h -------------------------------------------------------------------------- */

static WINUSBEXT_ISOCH_TRANSFER at_frame(ULONG flags, ULONG offset, ULONG frame,
					 USBD_ISO_PACKET_DESCRIPTOR *packets)
{
	return (WINUSBEXT_ISOCH_TRANSFER){
		.Size = sizeof(WINUSBEXT_ISOCH_TRANSFER),
		.Flags = flags,
		.Offset = offset,
		.Length = SIZE,
		.NumberOfPackets = PACKETS,
		.FrameNumber = frame,
		.Packets = packets,
	};
}

/* Only who asks for it has packets dropped; the results say what was where. */
static void by_flag(void)
{
	const ULONG late = WINUSBEXT_AT_FRAME | WINUSBEXT_DROP_LATE;
	USBD_ISO_PACKET_DESCRIPTOR packets[3][PACKETS];
	WINUSBEXT_ISOCH_TRANSFER transfer[3];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[3];
	struct usb usb;
	ULONG frame;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(3 * SIZE), 3 * SIZE);
	usb_overlapped(overlapped, 3);
	frame = frame_now(&usb) + 60;
	transfer[0] = at_frame(WINUSBEXT_AT_FRAME, 0, frame, packets[0]);
	transfer[1] = at_frame(WINUSBEXT_AT_FRAME, SIZE, frame + 9, packets[1]);
	transfer[2] = at_frame(late, 2 * SIZE, frame + 9, packets[2]);
	for (unsigned int i = 0; i < 3; i++)
		PENDS(WinUsbExt_IsochTransfer(handle, &transfer[i], &overlapped[i]));
	EQUAL(usb_result(&usb, &overlapped[0], NULL), 0);
	EQUAL(usb_result(&usb, &overlapped[1], NULL), ERROR_INVALID_PARAMETER);
	EQUAL(usb_result(&usb, &overlapped[2], NULL), 0);
	EQUAL(count_late(packets[1], PACKETS, 1024), PACKETS);
	EQUAL(count_late(packets[2], PACKETS, 1024), 8);
	EQUAL(transfer[1].ErrorCount, PACKETS);
	EQUAL(transfer[2].ErrorCount, 8);
	EQUAL(transfer[2].BytesTransferred, SIZE - 8 * 1024);
	EQUAL(transfer[2].StartFrame, frame + 9);
	EQUAL(transfer[2].StartMicroFrame, 0);
	EQUAL(transfer[2].Gap, 0);
	EQUAL(transfer[2].ResultFlags, 0);
	transfer[0] = at_frame(WINUSBEXT_DROP_LATE, 0, 0, packets[0]);
	FAILS(WinUsbExt_IsochTransfer(handle, &transfer[0], NULL), ERROR_INVALID_PARAMETER);
}

static const struct tap_test tests[] = {
	{ "reading from the current frame + 5 on an idle pipe streams", five_frames_ahead },
	{ "writing from the current frame + 5 on an idle pipe streams", five_frames_ahead_out },
	{ "a read that is half late gets the other half in its frames", half_late },
	{ "a write that is half late sends the other half in its frames", half_late_out },
	{ "a read that is all late is ERROR_INVALID_PARAMETER, and each packet late", all_late },
	{ "a late read over several buffers of the driver gets what is not late",
	  late_over_buffers },
	{ "WinUsbExt_IsochTransfer drops late packets only when it is asked to", by_flag },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
