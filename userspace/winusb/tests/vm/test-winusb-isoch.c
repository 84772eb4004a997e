// SPDX-License-Identifier: MIT
/* The isochronous functions of winusb.h, through the module, to and from a simulated device. */
#include "usb.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define GARBAGE 0xa5

/* ---- Streams ------------------------------------------------------------------------------- */

#define TRANSFERS 3
#define PACKETS	  80

static bool results_in_order(const USBD_ISO_PACKET_DESCRIPTOR *packet, uint32_t count,
			     uint32_t size)
{
	for (uint32_t i = 0; i < count; i++)
		if (packet[i].Offset != i * size || packet[i].Length != size || packet[i].Status)
			return false;
	return true;
}

static void read_stream(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[TRANSFERS * PACKETS];
	OVERLAPPED overlapped[TRANSFERS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	uint64_t counter, next = 0;
	struct usb usb;
	uint32_t size;
	uint8_t *data;
	DWORD bytes;

	usb_open(&usb, SIM_HIGH, 1);
	size = PACKETS * usb.in.MaximumBytesPerInterval;
	EQUAL(size, 80 * 1024);
	data = usb_memory(TRANSFERS * size);
	memset(packets, GARBAGE, sizeof(packets));
	usb_overlapped(overlapped, TRANSFERS);
	handle = usb_register(&usb, 0x81, data, TRANSFERS * size);
	for (unsigned int i = 0; i < TRANSFERS; i++)
		PENDS(WinUsb_ReadIsochPipeAsap(handle, i * size, size, i > 0, PACKETS,
					       packets + i * PACKETS, &overlapped[i]));
	for (unsigned int i = 0; i < TRANSFERS; i++) {
		bytes = 4711;
		EQUAL(usb_result(&usb, &overlapped[i], &bytes), 0);
		EQUAL(bytes, 0);
		EQUAL(overlapped[i].Internal, 0);
		EQUAL(WaitForSingleObject(overlapped[i].hEvent, 0), WAIT_OBJECT_0);
		CHECK(results_in_order(packets + i * PACKETS, PACKETS, 1024));
		CHECK(usb_matches(&usb, data + i * size, PACKETS, &counter));
		CHECK(!i || counter == next);
		next = counter + PACKETS;
	}
	SUCCEEDS(WinUsb_UnregisterIsochBuffer(handle));
}

static void write_stream(void)
{
	OVERLAPPED overlapped[TRANSFERS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	struct sim_pipe_stats stats;
	uint64_t counter = 1000;
	struct usb usb;
	uint32_t size;
	uint8_t *data;

	usb_open(&usb, SIM_HIGH, 1);
	size = PACKETS * usb.out.MaximumBytesPerInterval;
	data = usb_memory(TRANSFERS * size);
	usb_fill(&usb, data, TRANSFERS * PACKETS, &counter);
	usb_overlapped(overlapped, TRANSFERS);
	handle = usb_register(&usb, 0x01, data, TRANSFERS * size);
	for (unsigned int i = 0; i < TRANSFERS; i++)
		PENDS(WinUsb_WriteIsochPipeAsap(handle, i * size, size, i > 0, &overlapped[i]));
	for (unsigned int i = 0; i < TRANSFERS; i++)
		EQUAL(usb_result(&usb, &overlapped[i], NULL), 0);
	REQUIRE(sim_stats(usb.device.sim, 0x01, &stats));
	EQUAL(stats.good, TRANSFERS * PACKETS);
	EQUAL(stats.bad, 0);
	EQUAL(stats.jumps, 0);
	EQUAL(stats.missing, 0);
	EQUAL(stats.bytes, TRANSFERS * size);
}

/* In frames that are given: what comes out of one call goes into the next. */
static void write_in_frames(void)
{
	OVERLAPPED overlapped[TRANSFERS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	struct sim_pipe_stats stats;
	uint64_t counter = 1000;
	LARGE_INTEGER stamp;
	ULONG frame, start;
	struct usb usb;
	uint32_t size;
	uint8_t *data;

	usb_open(&usb, SIM_HIGH, 1);
	size = PACKETS * usb.out.MaximumBytesPerInterval;
	data = usb_memory(TRANSFERS * size);
	usb_fill(&usb, data, TRANSFERS * PACKETS, &counter);
	usb_overlapped(overlapped, TRANSFERS);
	handle = usb_register(&usb, 0x01, data, TRANSFERS * size);
	SUCCEEDS(WinUsb_GetCurrentFrameNumber(usb.usb, &frame, &stamp));
	SUCCEEDS(WinUsb_GetAdjustedFrameNumber(&frame, stamp));
	start = frame + 60;
	for (unsigned int i = 0; i < TRANSFERS; i++) {
		PENDS(WinUsb_WriteIsochPipe(handle, i * size, size, &start, &overlapped[i]));
		EQUAL(start, frame + 60 + 10 * (i + 1));
	}
	for (unsigned int i = 0; i < TRANSFERS; i++)
		EQUAL(usb_result(&usb, &overlapped[i], NULL), 0);
	REQUIRE(sim_stats(usb.device.sim, 0x01, &stats));
	EQUAL(stats.good, TRANSFERS * PACKETS);
	EQUAL(stats.bad, 0);
	EQUAL(stats.jumps, 0);
	EQUAL(stats.bytes, TRANSFERS * size);
	FAILS(WinUsb_WriteIsochPipe(handle, 0, size, NULL, NULL), ERROR_INVALID_PARAMETER);
	start = frame + 5000;
	FAILS(WinUsb_WriteIsochPipe(handle, 0, size, &start, NULL), ERROR_INVALID_PARAMETER);
	EQUAL(start, frame + 5000);
}

static void blocking_calls(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE in, out;
	struct sim_pipe_stats stats;
	uint64_t counter = 5;
	struct usb usb;
	uint8_t *data;

	usb_open(&usb, SIM_HIGH, 1);
	data = usb_memory(8 * 1024);
	in = usb_register(&usb, 0x81, data, 8 * 1024);
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(in, 0, 8 * 1024, FALSE, 8, packets, NULL));
	CHECK(results_in_order(packets, 8, 1024));
	CHECK(usb_matches(&usb, data, 8, &counter));
	counter = 5;
	usb_fill(&usb, data, 8, &counter);
	out = usb_register(&usb, 0x01, data, 8 * 1024);
	SUCCEEDS(WinUsb_WriteIsochPipeAsap(out, 0, 8 * 1024, FALSE, NULL));
	REQUIRE(sim_stats(usb.device.sim, 0x01, &stats));
	EQUAL(stats.good, 8);
}

/* The device sends packets of every length; what lies behind the short ones is not touched. */
static void gaps_stay(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[32];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	uint32_t size, wrong = 0, total = 0;
	struct usb usb;
	uint8_t *data;

	usb_open(&usb, SIM_HIGH, 5);
	size = usb.in.MaximumBytesPerInterval;
	EQUAL(usb.in.Interval, 3);
	data = usb_memory(64 * size);
	memset(data, GARBAGE, 64 * size);
	handle = usb_register(&usb, 0x81, data, 64 * size);
	/* In the middle of the buffer: offsets count from the start of the transfer. */
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 16 * size, 32 * size, FALSE, 32, packets, NULL));
	for (uint32_t i = 0; i < 32; i++) {
		const uint8_t *at = data + 16 * size + i * size;

		EQUAL(packets[i].Offset, i * size);
		EQUAL(packets[i].Status, 0);
		CHECK(!i || packets[i].Length == (packets[i - 1].Length + 1) % (size + 1));
		total += packets[i].Length;
		for (uint32_t j = packets[i].Length; j < size; j++)
			wrong += at[j] != GARBAGE;
		if (packets[i].Length >= 8)
			CHECK(sim_pattern_matches(at, packets[i].Length, 0x81,
						  sim_pattern_counter(at)));
	}
	EQUAL(wrong, 0);
	CHECK(total > 0);
	for (uint32_t i = 0; i < 16 * size; i++)
		wrong += data[i] != GARBAGE || data[48 * size + i] != GARBAGE;
	EQUAL(wrong, 0);
}

static void real_counts(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	UCHAR yes = TRUE, value = 0;
	OVERLAPPED overlapped;
	ULONG length = 1;
	struct usb usb;
	DWORD bytes;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(8192), 8192);
	usb_overlapped(&overlapped, 1);
	SUCCEEDS(WinUsbExt_SetPolicy(usb.usb, WINUSBEXT_REAL_BYTE_COUNTS, 1, &yes));
	SUCCEEDS(WinUsbExt_GetPolicy(usb.usb, WINUSBEXT_REAL_BYTE_COUNTS, &length, &value));
	EQUAL(value, 1);
	PENDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, &overlapped));
	EQUAL(usb_result(&usb, &overlapped, &bytes), 0);
	EQUAL(bytes, 8192);
	EQUAL(overlapped.InternalHigh, 8192);
}

/* ---- ContinueStream ------------------------------------------------------------------------ */

static void nothing_to_continue(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(8192), 8192);
	usb_overlapped(&overlapped, 1);
	memset(packets, GARBAGE, sizeof(packets));
	PENDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, TRUE, 8, packets, &overlapped));
	EQUAL(usb_result(&usb, &overlapped, NULL), ERROR_INVALID_PARAMETER);
	for (unsigned int i = 0; i < 8; i++) {
		EQUAL(packets[i].Offset, i * 1024);
		EQUAL(packets[i].Length, 0);
		EQUAL(packets[i].Status, USBD_STATUS_ISO_NOT_ACCESSED_LATE);
	}
	FAILS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, TRUE, 8, packets, NULL),
	      ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, NULL));
	CHECK(results_in_order(packets, 8, 1024));
}

static void broken_until_restart(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[4][8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[4];
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(4 * 8192), 4 * 8192);
	usb_overlapped(overlapped, 4);
	for (unsigned int i = 0; i < 4; i++)
		PENDS(WinUsb_ReadIsochPipeAsap(handle, i * 8192, 8192, i != 2, 8, packets[i],
					       &overlapped[i]));
	EQUAL(usb_result(&usb, &overlapped[0], NULL), ERROR_INVALID_PARAMETER);
	EQUAL(usb_result(&usb, &overlapped[1], NULL), ERROR_INVALID_PARAMETER);
	EQUAL(usb_result(&usb, &overlapped[2], NULL), 0);
	EQUAL(usb_result(&usb, &overlapped[3], NULL), 0);
}

/* ---- Frames -------------------------------------------------------------------------------- */

static void given_frame(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[2][80];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	uint64_t first = 0, second = 0;
	OVERLAPPED overlapped[2];
	LARGE_INTEGER stamp;
	ULONG frame, start;
	struct usb usb;
	uint8_t *data;

	usb_open(&usb, SIM_HIGH, 1);
	data = usb_memory(2 * 81920);
	handle = usb_register(&usb, 0x81, data, 2 * 81920);
	usb_overlapped(overlapped, 2);
	SUCCEEDS(WinUsb_GetCurrentFrameNumber(usb.usb, &frame, &stamp));
	SUCCEEDS(WinUsb_GetAdjustedFrameNumber(&frame, stamp));
	start = frame + 60;
	PENDS(WinUsb_ReadIsochPipe(handle, 0, 81920, &start, 80, packets[0], &overlapped[0]));
	EQUAL(start, frame + 70);
	PENDS(WinUsb_ReadIsochPipe(handle, 81920, 81920, &start, 80, packets[1], &overlapped[1]));
	EQUAL(start, frame + 80);
	EQUAL(usb_result(&usb, &overlapped[0], NULL), 0);
	EQUAL(usb_result(&usb, &overlapped[1], NULL), 0);
	CHECK(usb_matches(&usb, data, 80, &first));
	CHECK(usb_matches(&usb, data + 81920, 80, &second));
	EQUAL(second, first + 80);
	FAILS(WinUsb_ReadIsochPipe(handle, 0, 81920, NULL, 80, packets[0], NULL),
	      ERROR_INVALID_PARAMETER);
	start = frame + 5000;
	FAILS(WinUsb_ReadIsochPipe(handle, 0, 81920, &start, 80, packets[0], NULL),
	      ERROR_INVALID_PARAMETER);
	EQUAL(start, frame + 5000);
}

static void late_frame(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[80];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped;
	LARGE_INTEGER stamp;
	ULONG frame, start;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(81920), 81920);
	usb_overlapped(&overlapped, 1);
	/* The clock of the bus may count from 0. */
	Sleep(100);
	SUCCEEDS(WinUsb_GetCurrentFrameNumber(usb.usb, &frame, &stamp));
	start = frame - 50;
	PENDS(WinUsb_ReadIsochPipe(handle, 0, 81920, &start, 80, packets, &overlapped));
	EQUAL(start, frame - 40);
	EQUAL(usb_result(&usb, &overlapped, NULL), ERROR_INVALID_PARAMETER);
	for (unsigned int i = 0; i < 80; i++) {
		EQUAL(packets[i].Offset, i * 1024);
		EQUAL(packets[i].Length, 0);
		EQUAL(packets[i].Status, USBD_STATUS_ISO_NOT_ACCESSED_LATE);
	}
}

static void frame_numbers(void)
{
	LARGE_INTEGER first, second, now, later;
	ULONG before, after, adjusted;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	SUCCEEDS(WinUsb_GetCurrentFrameNumber(usb.usb, &before, &first));
	Sleep(30);
	SUCCEEDS(WinUsb_GetCurrentFrameNumber(usb.usb, &after, &second));
	QueryPerformanceCounter(&now);
	CHECK(second.QuadPart >= first.QuadPart + 30 * 10000);
	CHECK(now.QuadPart >= second.QuadPart);
	CHECK(after - before >= 29);
	adjusted = before;
	SUCCEEDS(WinUsb_GetAdjustedFrameNumber(&adjusted, first));
	QueryPerformanceCounter(&later);
	/* Whole frames since then: where in its frame that was, nobody knows. */
	CHECK(adjusted - before >= (now.QuadPart - first.QuadPart) / 10000);
	CHECK(adjusted - before <= (later.QuadPart - first.QuadPart) / 10000);
	FAILS(WinUsb_GetCurrentFrameNumber(usb.usb, NULL, &first), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_GetCurrentFrameNumber(usb.usb, &before, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_GetAdjustedFrameNumber(NULL, first), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_GetCurrentFrameNumber(NULL, &before, &first), ERROR_INVALID_HANDLE);
}

static void time_sync(void)
{
	USB_START_TRACKING_FOR_TIME_SYNC_INFORMATION start = { NULL, TRUE };
	USB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION stop;
	USB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION info;
	LONGLONG ticks;
	struct usb usb;
	ULONG frame;

	usb_open(&usb, SIM_HIGH, 1);
	SUCCEEDS(WinUsb_StartTrackingForTimeSync(usb.usb, &start));
	REQUIRE(start.TimeTrackingHandle);
	memset(&info, 0, sizeof(info));
	info.TimeTrackingHandle = start.TimeTrackingHandle;
	SUCCEEDS(WinUsb_GetCurrentFrameNumberAndQpc(usb.usb, &info));
	EQUAL(info.QueryPerformanceCounterFrequency.QuadPart, 10000000);
	EQUAL(info.CurrentHardwareFrameNumber, info.CurrentUSBFrameNumber & 0x7ff);
	CHECK(info.CurrentHardwareMicroFrameNumber < 8);
	CHECK(info.PredictedAccuracyInMicroSeconds >= 125);
	EQUAL(info.QueryPerformanceCounterAtInputFrameOrMicroFrame.QuadPart, 0);
	frame = info.CurrentUSBFrameNumber;
	ticks = info.CurrentQueryPerformanceCounter.QuadPart -
		info.CurrentHardwareMicroFrameNumber * 1250;
	info.InputFrameNumber = frame + 1000;
	info.InputMicroFrameNumber = 2;
	SUCCEEDS(WinUsb_GetCurrentFrameNumberAndQpc(usb.usb, &info));
	CHECK(llabs(info.QueryPerformanceCounterAtInputFrameOrMicroFrame.QuadPart -
		    (ticks + 1000 * 10000 + 2 * 1250)) <= 20000);
	FAILS(WinUsb_GetCurrentFrameNumberAndQpc(usb.usb, NULL), ERROR_INVALID_HANDLE);
	FAILS(WinUsb_StartTrackingForTimeSync(usb.usb, NULL), ERROR_INVALID_HANDLE);
	stop.TimeTrackingHandle = start.TimeTrackingHandle;
	SUCCEEDS(WinUsb_StopTrackingForTimeSync(usb.usb, &stop));
	FAILS(WinUsb_StopTrackingForTimeSync(usb.usb, &stop), ERROR_INVALID_HANDLE);
	FAILS(WinUsb_GetCurrentFrameNumberAndQpc(usb.usb, &info), ERROR_INVALID_HANDLE);
}

/* ---- Many, and large ----------------------------------------------------------------------- */

#define MANY 10000

/* Packets of 192 bytes, one each 250 us; a transfer of one is less than a frame. */
static void ten_thousand(void)
{
	USBD_ISO_PACKET_DESCRIPTOR *packets = usb_memory(MANY * sizeof(*packets));
	OVERLAPPED *overlapped = usb_memory(MANY * sizeof(*overlapped));
	uint8_t *data = usb_memory(MANY * 192);
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	uint64_t counter = 0;
	UCHAR yes = TRUE;
	uint32_t good = 0;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 4);
	handle = usb_register(&usb, 0x81, data, MANY * 192);
	SUCCEEDS(WinUsbExt_SetPolicy(usb.usb, WINUSBEXT_LIFT_LIMITS, 1, &yes));
	for (uint32_t i = 0; i < MANY; i++)
		REQUIRE_PENDS(WinUsb_ReadIsochPipeAsap(handle, i * 192, 192, i > 0, 1, &packets[i],
						       &overlapped[i]));
	for (uint32_t i = 0; i < MANY; i++) {
		const uint8_t *at = data + i * 192;

		REQUIRE(!usb_result(&usb, &overlapped[i], NULL));
		if (!i)
			counter = sim_pattern_counter(at);
		good += !packets[i].Offset && packets[i].Length == 192 && !packets[i].Status &&
			sim_pattern_matches(at, 192, 0x81, counter + i);
	}
	EQUAL(good, MANY);
}

/* 12 MiB are several buffers of the driver's; transfers cross where they meet. */
static void large_buffer(void)
{
	const uint32_t transfer = 128 * 49152, total = 2 * transfer;
	USBD_ISO_PACKET_DESCRIPTOR packets[2][128];
	uint64_t first = 0, second = 0;
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[2];
	struct usb usb;
	uint8_t *data;

	usb_open(&usb, SIM_SUPER, 2);
	EQUAL(usb.in.MaximumBytesPerInterval, 49152);
	data = usb_memory(total);
	handle = usb_register(&usb, 0x81, data, total);
	usb_overlapped(overlapped, 2);
	for (unsigned int i = 0; i < 2; i++)
		PENDS(WinUsb_ReadIsochPipeAsap(handle, i * transfer, transfer, FALSE, 128,
					       packets[i], &overlapped[i]));
	for (unsigned int i = 0; i < 2; i++) {
		EQUAL(usb_result(&usb, &overlapped[i], NULL), 0);
		CHECK(results_in_order(packets[i], 128, 49152));
	}
	CHECK(usb_matches(&usb, data, 128, &first));
	CHECK(usb_matches(&usb, data + transfer, 128, &second));
	CHECK(second >= first + 128);
}

/* libusb registers for every transfer. */
static void register_each_time(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	uint8_t *data = usb_memory(8192);
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	uint64_t counter, last = 0;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	for (unsigned int i = 0; i < 50; i++) {
		REQUIRE_SUCCEEDS(WinUsb_RegisterIsochBuffer(usb.usb, 0x81, data, 8192, &handle));
		REQUIRE_SUCCEEDS(
			WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, NULL));
		REQUIRE(usb_matches(&usb, data, 8, &counter) && counter > last);
		last = counter;
		REQUIRE_SUCCEEDS(WinUsb_UnregisterIsochBuffer(handle));
	}
}

/* ---- The end ------------------------------------------------------------------------------- */

struct unregister {
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	int result;
	bool pending;
	OVERLAPPED *overlapped;
};

static void *run_unregister(void *argument)
{
	struct unregister *call = argument;

	call->result = SAYS(WinUsb_UnregisterIsochBuffer(call->handle));
	call->pending = !HasOverlappedIoCompleted(call->overlapped);
	return NULL;
}

static bool handle_is_closed(void *argument)
{
	USBD_ISO_PACKET_DESCRIPTOR packet;

	return SAYS(WinUsb_ReadIsochPipeAsap(argument, 0, 1, FALSE, 1, &packet, NULL)) ==
	       ERROR_INVALID_HANDLE;
}

static void unregister_waits(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	struct unregister call = { 0 };
	OVERLAPPED overlapped;
	pthread_t thread;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	call.handle = usb_register(&usb, 0x81, usb_memory(8192), 8192);
	call.overlapped = &overlapped;
	usb_overlapped(&overlapped, 1);
	usb_hold(&usb);
	PENDS(WinUsb_ReadIsochPipeAsap(call.handle, 0, 8192, FALSE, 8, packets, &overlapped));
	REQUIRE(!pthread_create(&thread, NULL, run_unregister, &call));
	CHECK(fixture_wait(handle_is_closed, call.handle));
	CHECK(!HasOverlappedIoCompleted(&overlapped));
	usb_release(&usb);
	pthread_join(thread, NULL);
	EQUAL(call.result, 0);
	CHECK(!call.pending);
	EQUAL(usb_result(&usb, &overlapped, NULL), 0);
	FAILS(WinUsb_UnregisterIsochBuffer(call.handle), ERROR_INVALID_HANDLE);
}

static void any_order_of_the_end(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE first, second;
	OVERLAPPED overlapped;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	first = usb_register(&usb, 0x81, usb_memory(8192), 8192);
	second = usb_register(&usb, 0x01, usb_memory(8192), 8192);
	usb_overlapped(&overlapped, 1);
	usb_hold(&usb);
	PENDS(WinUsb_ReadIsochPipeAsap(first, 0, 8192, FALSE, 8, packets, &overlapped));
	SUCCEEDS(WinUsb_Free(usb.usb));
	FAILS(WinUsb_Free(usb.usb), ERROR_INVALID_HANDLE);
	SUCCEEDS(WinUsb_UnregisterIsochBuffer(second));
	CHECK(CloseHandle(usb.file));
	CHECK(HasOverlappedIoCompleted(&overlapped));
	SUCCEEDS(WinUsb_UnregisterIsochBuffer(first));
	FAILS(WinUsb_UnregisterIsochBuffer(first), ERROR_INVALID_HANDLE);
	FAILS(WinUsb_ReadIsochPipeAsap(first, 0, 8192, FALSE, 8, packets, NULL),
	      ERROR_INVALID_HANDLE);
}

static void abort_is_synchronous(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[4][8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[4];
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(4 * 8192), 4 * 8192);
	usb_overlapped(overlapped, 4);
	usb_hold(&usb);
	for (unsigned int i = 0; i < 4; i++)
		PENDS(WinUsb_ReadIsochPipeAsap(handle, i * 8192, 8192, i > 0, 8, packets[i],
					       &overlapped[i]));
	SUCCEEDS(WinUsb_AbortPipe(usb.usb, 0x81));
	for (unsigned int i = 0; i < 4; i++) {
		CHECK(HasOverlappedIoCompleted(&overlapped[i]));
		FAILS(WinUsb_GetOverlappedResult(usb.usb, &overlapped[i], NULL, FALSE),
		      ERROR_OPERATION_ABORTED);
		EQUAL(packets[i][0].Status, USBD_STATUS_CANCELED);
	}
	usb_release(&usb);
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets[0], NULL));
}

static void cancel_one(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[2][8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[2];
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(2 * 8192), 2 * 8192);
	usb_overlapped(overlapped, 2);
	usb_hold(&usb);
	for (unsigned int i = 0; i < 2; i++)
		PENDS(WinUsb_ReadIsochPipeAsap(handle, i * 8192, 8192, i > 0, 8, packets[i],
					       &overlapped[i]));
	CHECK(CancelIoEx(usb.file, &overlapped[1]));
	usb_release(&usb);
	EQUAL(usb_result(&usb, &overlapped[1], NULL), ERROR_OPERATION_ABORTED);
	EQUAL(usb_result(&usb, &overlapped[0], NULL), 0);
}

/* ---- Bad input ----------------------------------------------------------------------------- */

static void refused_registrations(void)
{
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	uint8_t data[8192];
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 8);
	FAILS(WinUsb_RegisterIsochBuffer(NULL, 0x81, data, 8192, &handle), ERROR_INVALID_HANDLE);
	FAILS(WinUsb_RegisterIsochBuffer(usb.file, 0x81, data, 8192, &handle),
	      ERROR_INVALID_HANDLE);
	FAILS(WinUsb_RegisterIsochBuffer(usb.usb, 0x81, NULL, 8192, &handle),
	      ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_RegisterIsochBuffer(usb.usb, 0x81, data, 0, &handle), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_RegisterIsochBuffer(usb.usb, 0x81, data, 8192, NULL), ERROR_INVALID_PARAMETER);
	/* Without the direction, of no endpoint, bulk, control, and no address at all. */
	FAILS(WinUsb_RegisterIsochBuffer(usb.usb, 0x02, data, 8192, &handle),
	      ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_RegisterIsochBuffer(usb.usb, 0x83, data, 8192, &handle),
	      ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_RegisterIsochBuffer(usb.usb, 0x00, data, 8192, &handle),
	      ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_RegisterIsochBuffer(usb.usb, 0xf1, data, 8192, &handle),
	      ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_UnregisterIsochBuffer(NULL), ERROR_INVALID_HANDLE);
	FAILS(WinUsb_UnregisterIsochBuffer(usb.usb), ERROR_INVALID_HANDLE);
	FAILS(WinUsb_UnregisterIsochBuffer(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
}

static void refused_transfers(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[16];
	WINUSB_ISOCH_BUFFER_HANDLE in, out;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	in = usb_register(&usb, 0x81, usb_memory(16384), 16384);
	out = usb_register(&usb, 0x01, usb_memory(16384), 16384);
#define READ(offset, length, count, where) \
	WinUsb_ReadIsochPipeAsap(in, offset, length, FALSE, count, where, NULL)
	/* No multiple of a packet, of a frame; nothing; past the end; and wrong counts. */
	FAILS(READ(0, 8191, 8, packets), ERROR_INVALID_PARAMETER);
	FAILS(READ(0, 1024, 1, packets), ERROR_INVALID_PARAMETER);
	FAILS(READ(0, 12 * 1024, 12, packets), ERROR_INVALID_PARAMETER);
	FAILS(READ(0, 0, 0, packets), ERROR_INVALID_PARAMETER);
	FAILS(READ(8193, 8192, 8, packets), ERROR_INVALID_PARAMETER);
	FAILS(READ(0xffffe000, 8192, 8, packets), ERROR_INVALID_PARAMETER);
	FAILS(READ(0, 0xffffe000, 8, packets), ERROR_INVALID_PARAMETER);
	FAILS(READ(0, 8192, 7, packets), ERROR_INVALID_PARAMETER);
	FAILS(READ(0, 8192, 9, packets), ERROR_INVALID_PARAMETER);
	FAILS(READ(0, 8192, 8, NULL), ERROR_INVALID_PARAMETER);
#undef READ
	/* The other direction. */
	FAILS(WinUsb_WriteIsochPipeAsap(in, 0, 8192, FALSE, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_ReadIsochPipeAsap(out, 0, 8192, FALSE, 8, packets, NULL),
	      ERROR_INVALID_PARAMETER);
	/* Handles that are none, or of something else. */
	FAILS(WinUsb_WriteIsochPipeAsap(NULL, 0, 8192, FALSE, NULL), ERROR_INVALID_HANDLE);
	FAILS(WinUsb_WriteIsochPipeAsap(usb.usb, 0, 8192, FALSE, NULL), ERROR_INVALID_HANDLE);
	/* A short packet at the end is fine, if the frame is whole. */
	SUCCEEDS(WinUsb_WriteIsochPipeAsap(out, 0, 8192 - 100, FALSE, NULL));
	FAILS(WinUsb_WriteIsochPipeAsap(out, 0, 7168, FALSE, NULL), ERROR_INVALID_PARAMETER);
}

static void pipe_that_has_gone(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(8192), 8192);
	usb_overlapped(&overlapped, 1);
	usb_hold(&usb);
	PENDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, &overlapped));
	FAILS(WinUsb_SetCurrentAlternateSetting(usb.usb, 0), ERROR_BUSY);
	SUCCEEDS(WinUsb_AbortPipe(usb.usb, 0x81));
	usb_release(&usb);
	SUCCEEDS(WinUsb_SetCurrentAlternateSetting(usb.usb, 0));
	FAILS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, NULL),
	      ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_SetCurrentAlternateSetting(usb.usb, 1));
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, NULL));
}

/* ---- Other ways to learn of the end -------------------------------------------------------- */

static void completion_port(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[4][8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[4] = { 0 }, *done;
	struct usb usb;
	ULONG_PTR key;
	HANDLE port;
	DWORD bytes;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(4 * 8192), 4 * 8192);
	port = CreateIoCompletionPort(usb.file, NULL, 77, 0);
	REQUIRE(port);
	for (unsigned int i = 0; i < 4; i++)
		PENDS(WinUsb_ReadIsochPipeAsap(handle, i * 8192, 8192, i > 0, 8, packets[i],
					       &overlapped[i]));
	for (unsigned int i = 0; i < 4; i++) {
		SUCCEEDS(GetQueuedCompletionStatus(port, &bytes, &key, &done, FIXTURE_WAIT_MS));
		EQUAL(key, 77);
		CHECK(done == &overlapped[i]);
	}
	CHECK(CloseHandle(port));
}

static void no_event(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped = { 0 };
	struct usb usb;
	DWORD bytes;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(8192), 8192);
	usb_hold(&usb);
	PENDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, &overlapped));
	FAILS(WinUsb_GetOverlappedResult(usb.usb, &overlapped, &bytes, FALSE), ERROR_IO_INCOMPLETE);
	usb_release(&usb);
	EQUAL(usb_result(&usb, &overlapped, &bytes), 0);
	FAILS(WinUsb_GetOverlappedResult(NULL, &overlapped, &bytes, FALSE), ERROR_INVALID_HANDLE);
	FAILS(WinUsb_GetOverlappedResult(usb.usb, NULL, &bytes, FALSE), ERROR_INVALID_PARAMETER);
}

/* ---- Threads ------------------------------------------------------------------------------- */

struct worker {
	struct usb *usb;
	uint32_t good;
	pthread_t thread;
};

static void *run_worker(void *argument)
{
	struct worker *worker = argument;
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	uint8_t data[8192];
	uint64_t counter;

	if (!WinUsb_RegisterIsochBuffer(worker->usb->usb, 0x81, data, sizeof(data), &handle))
		return NULL;
	for (unsigned int i = 0; i < 30; i++)
		if (WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, NULL) &&
		    usb_matches(worker->usb, data, 8, &counter))
			worker->good++;
	WinUsb_UnregisterIsochBuffer(handle);
	return NULL;
}

static void several_threads(void)
{
	struct worker workers[4] = { 0 };
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	for (unsigned int i = 0; i < 4; i++) {
		workers[i].usb = &usb;
		REQUIRE(!pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]));
	}
	for (unsigned int i = 0; i < 4; i++) {
		pthread_join(workers[i].thread, NULL);
		EQUAL(workers[i].good, 30);
	}
}

static const struct tap_test tests[] = {
	{ "a stream of reads has every packet in its place", read_stream },
	{ "a stream of writes arrives whole", write_stream },
	{ "writes go in the frames that were given", write_in_frames },
	{ "without OVERLAPPED the calls wait and return TRUE", blocking_calls },
	{ "gaps behind short packets stay, and nothing else is touched", gaps_stay },
	{ "byte counts are 0 unless real ones are asked for", real_counts },
	{ "ContinueStream with nothing to continue completes with an error", nothing_to_continue },
	{ "a broken stream stays broken until it is started again", broken_until_restart },
	{ "a transfer starts in the frame that was given, and the next one follows", given_frame },
	{ "a frame that has passed makes every packet late", late_frame },
	{ "frame numbers follow the clock", frame_numbers },
	{ "time sync ties frames to the performance counter", time_sync },
	{ "10,000 transfers of one packet can be queued at once", ten_thousand },
	{ "a buffer larger than the driver's is served without a seam", large_buffer },
	{ "a buffer can be registered for each transfer", register_each_time },
	{ "unregistering waits for what is pending", unregister_waits },
	{ "interface, file and buffers can go in any order", any_order_of_the_end },
	{ "when AbortPipe returns everything has completed", abort_is_synchronous },
	{ "CancelIoEx ends one transfer", cancel_one },
	{ "wrong registrations are refused", refused_registrations },
	{ "wrong transfers are refused", refused_transfers },
	{ "a buffer serves again when its pipe is back", pipe_that_has_gone },
	{ "completions come through a port", completion_port },
	{ "an OVERLAPPED needs no event", no_event },
	{ "several threads can use one pipe", several_threads },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
