// SPDX-License-Identifier: MIT
/* winusb_ext.h, through the module, to and from a simulated device. */
#include "usb.h"

#include <string.h>

static WINUSBEXT_ISOCH_TRANSFER transfer_of(ULONG offset, ULONG length,
					    USBD_ISO_PACKET_DESCRIPTOR *packets, ULONG count)
{
	WINUSBEXT_ISOCH_TRANSFER transfer = {
		.Size = sizeof(transfer),
		.Offset = offset,
		.Length = length,
		.NumberOfPackets = count,
		.Packets = packets,
	};

	return transfer;
}

/* 44.1 kHz: 176 bytes, and 180 each tenth time. */
static void variable_packets(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[40];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	WINUSBEXT_ISOCH_TRANSFER transfer;
	struct sim_pipe_stats stats;
	uint8_t data[40 * 192];
	uint32_t offset = 0, wrong = 0;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 6);
	for (unsigned int i = 0; i < 40; i++) {
		packets[i].Length = i % 10 == 9 ? 180 : 176;
		sim_pattern_fill(data + offset, packets[i].Length, 0x01, 100 + i);
		offset += packets[i].Length;
	}
	handle = usb_register(&usb, 0x01, data, sizeof(data));
	transfer = transfer_of(0, offset, packets, 40);
	transfer.Flags = WINUSBEXT_PACKET_LENGTHS;
	SUCCEEDS(WinUsbExt_IsochTransfer(handle, &transfer, NULL));
	EQUAL(transfer.BytesTransferred, offset);
	EQUAL(transfer.ErrorCount, 0);
	EQUAL(transfer.ResultFlags, WINUSBEXT_NEW_STREAM);
	offset = 0;
	for (unsigned int i = 0; i < 40; i++) {
		wrong += packets[i].Offset != offset || packets[i].Status ||
			 packets[i].Length != (i % 10 == 9 ? 180u : 176u);
		offset += packets[i].Length;
	}
	EQUAL(wrong, 0);
	REQUIRE(sim_stats(usb.device.sim, 0x01, &stats));
	EQUAL(stats.good, 40);
	EQUAL(stats.bytes, offset);
	EQUAL(stats.bad, 0);
}

static void out_results(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[16];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	WINUSBEXT_ISOCH_TRANSFER transfer;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x01, usb_memory(16384), 16384);
	transfer = transfer_of(0, 16384, packets, 16);
	REQUIRE(!sim_fault(usb.device.sim, "protocol@3:pipe=0x01"));
	REQUIRE(!sim_fault(usb.device.sim, "timeout@5:pipe=0x01"));
	SUCCEEDS(WinUsbExt_IsochTransfer(handle, &transfer, NULL));
	EQUAL(transfer.ErrorCount, 2);
	for (unsigned int i = 0; i < 16; i++)
		EQUAL(packets[i].Status, i == 3 ? USBD_STATUS_XACT_ERROR :
					 i == 5 ? USBD_STATUS_DEV_NOT_RESPONDING :
						  0);
}

static void in_statuses(void)
{
	static const struct {
		const char *fault;
		USBD_STATUS status;
	} kinds[] = {
		{ "protocol@0:pipe=0x81", USBD_STATUS_XACT_ERROR },
		{ "babble@1:pipe=0x81", USBD_STATUS_BABBLE_DETECTED },
		{ "timeout@2:pipe=0x81", USBD_STATUS_DEV_NOT_RESPONDING },
		{ "late@3:pipe=0x81", USBD_STATUS_ISO_NOT_ACCESSED_LATE },
		{ "crc@4:pipe=0x81", USBD_STATUS_CRC },
		{ "empty@5:pipe=0x81", USBD_STATUS_SUCCESS },
	};
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(8192), 8192);
	for (unsigned int i = 0; i < 6; i++)
		REQUIRE(!sim_fault(usb.device.sim, kinds[i].fault));
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, NULL));
	for (unsigned int i = 0; i < 6; i++)
		EQUAL(packets[i].Status, kinds[i].status);
	EQUAL(packets[5].Length, 0);
	EQUAL(packets[6].Length, 1024);
	/* Every packet failed: so has the transfer. */
	REQUIRE(!sim_fault(usb.device.sim, "protocol@0+8:pipe=0x81"));
	Sleep(100);
	FAILS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, NULL),
	      ERROR_GEN_FAILURE);
}

static void gaps_and_frames(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[3][8];
	WINUSBEXT_ISOCH_TRANSFER transfers[3];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[3];
	LARGE_INTEGER stamp;
	ULONG frame, at;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, usb_memory(3 * 8192), 3 * 8192);
	usb_overlapped(overlapped, 3);
	SUCCEEDS(WinUsb_GetCurrentFrameNumber(usb.usb, &frame, &stamp));
	at = frame + 60;
	for (unsigned int i = 0; i < 3; i++) {
		transfers[i] = transfer_of(i * 8192, 8192, packets[i], 8);
		transfers[i].Flags = WINUSBEXT_AT_FRAME;
		transfers[i].FrameNumber = at;
		transfers[i].MicroFrameNumber = i == 2 ? 4 : 0;
		PENDS(WinUsbExt_IsochTransfer(handle, &transfers[i], &overlapped[i]));
		at = transfers[i].FrameNumber;
	}
	EQUAL(transfers[1].FrameNumber, frame + 62);
	EQUAL(transfers[2].FrameNumber, frame + 63);
	EQUAL(transfers[2].MicroFrameNumber, 4);
	for (unsigned int i = 0; i < 3; i++) {
		EQUAL(usb_result(&usb, &overlapped[i], NULL), 0);
		EQUAL(transfers[i].StartFrame, frame + 60 + i);
		EQUAL(transfers[i].StartMicroFrame, i == 2 ? 4 : 0);
		EQUAL(transfers[i].Trust, WINUSBEXT_TRUST_EXACT);
		EQUAL(transfers[i].Gap, i == 2 ? 4 : 0);
		EQUAL(transfers[i].BytesTransferred, 8192);
		CHECK(transfers[i].TimeStamp.QuadPart > stamp.QuadPart);
	}
}

static void less_than_a_frame(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[32];
	WINUSBEXT_ISOCH_TRANSFER transfers[32];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[32];
	uint8_t *data = usb_memory(32768);
	uint64_t counter;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	handle = usb_register(&usb, 0x81, data, 32768);
	usb_overlapped(overlapped, 32);
	for (unsigned int i = 0; i < 32; i++) {
		transfers[i] = transfer_of(i * 1024, 1024, &packets[i], 1);
		transfers[i].Flags = i ? WINUSBEXT_CONTINUE_STREAM : 0;
		PENDS(WinUsbExt_IsochTransfer(handle, &transfers[i], &overlapped[i]));
	}
	for (unsigned int i = 0; i < 32; i++) {
		EQUAL(usb_result(&usb, &overlapped[i], NULL), 0);
		EQUAL(packets[i].Offset, 0);
		EQUAL(packets[i].Length, 1024);
		/* 125 us after the one before. */
		CHECK(!i || transfers[i].StartFrame * 8 + transfers[i].StartMicroFrame ==
				    transfers[i - 1].StartFrame * 8 +
					    transfers[i - 1].StartMicroFrame + 1);
	}
	CHECK(usb_matches(&usb, data, 32, &counter));
}

static void limits(void)
{
	const ULONG count = 4000;
	USBD_ISO_PACKET_DESCRIPTOR *packets = usb_memory(count * sizeof(*packets));
	uint8_t *data = usb_memory(count * 192);
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	UCHAR yes = 1, no = 0;
	uint64_t counter;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 4);
	handle = usb_register(&usb, 0x81, data, count * 192);
	FAILS(WinUsb_ReadIsochPipeAsap(handle, 0, count * 192, FALSE, count, packets, NULL),
	      ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsbExt_SetPolicy(usb.usb, WINUSBEXT_LIFT_LIMITS, 1, &yes));
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 0, count * 192, FALSE, count, packets, NULL));
	CHECK(usb_matches(&usb, data, count, &counter));
	/* bInterval 5 is 16 microframes. */
	SUCCEEDS(WinUsb_SetCurrentAlternateSetting(usb.usb, 7));
	SUCCEEDS(WinUsbExt_SetPolicy(usb.usb, WINUSBEXT_LIFT_LIMITS, 1, &no));
	FAILS(WinUsb_RegisterIsochBuffer(usb.usb, 0x81, data, 30720, &handle),
	      ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsbExt_SetPolicy(usb.usb, WINUSBEXT_LIFT_LIMITS, 1, &yes));
	usb_pipe(&usb, 7, 0x81, &usb.in);
	handle = usb_register(&usb, 0x81, data, 30720);
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 0, 30720, FALSE, 10, packets, NULL));
	CHECK(usb_matches(&usb, data, 10, &counter));
	FAILS(WinUsbExt_SetPolicy(usb.usb, 99, 1, &yes), ERROR_INVALID_PARAMETER);
	FAILS(WinUsbExt_SetPolicy(usb.usb, WINUSBEXT_LIFT_LIMITS, 0, &yes),
	      ERROR_INVALID_PARAMETER);
}

static void memory_of_the_driver(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	uint64_t counter;
	struct usb usb;
	PUCHAR data;

	usb_open(&usb, SIM_HIGH, 1);
	REQUIRE_SUCCEEDS(WinUsbExt_AllocIsochBuffer(usb.usb, 0x81, 32768, &data));
	EQUAL((uintptr_t)data % 4096, 0);
	EQUAL(data[32767], 0);
	/* A part of it, at an odd place. */
	REQUIRE_SUCCEEDS(WinUsb_RegisterIsochBuffer(usb.usb, 0x81, data + 4104, 16384, &handle));
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 8192, 8192, FALSE, 8, packets, NULL));
	EQUAL(packets[1].Offset, 1024);
	CHECK(usb_matches(&usb, data + 4104 + 8192, 8, &counter));
	EQUAL(data[4104 + 8191], 0);
	/* It stays until the registration goes. */
	SUCCEEDS(WinUsbExt_FreeIsochBuffer(data));
	FAILS(WinUsbExt_FreeIsochBuffer(data), ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, NULL));
	CHECK(usb_matches(&usb, data + 4104, 8, &counter));
	SUCCEEDS(WinUsb_UnregisterIsochBuffer(handle));
	FAILS(WinUsbExt_AllocIsochBuffer(usb.usb, 0x81, (4 << 20) + 1, &data),
	      ERROR_INVALID_PARAMETER);
	FAILS(WinUsbExt_AllocIsochBuffer(usb.usb, 0x81, 0, &data), ERROR_INVALID_PARAMETER);
	FAILS(WinUsbExt_AllocIsochBuffer(usb.usb, 0x82, 4096, &data), ERROR_INVALID_PARAMETER);
	FAILS(WinUsbExt_AllocIsochBuffer(NULL, 0x81, 4096, &data), ERROR_INVALID_HANDLE);
	FAILS(WinUsbExt_FreeIsochBuffer((PUCHAR)&usb), ERROR_INVALID_PARAMETER);
}

static void wrong_transfers(void)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE in, out;
	WINUSBEXT_ISOCH_TRANSFER transfer;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	in = usb_register(&usb, 0x81, usb_memory(8192), 8192);
	out = usb_register(&usb, 0x01, usb_memory(8192), 8192);
	memset(packets, 0, sizeof(packets));
#define WRONG(handle, member, value) \
	do { \
		transfer = transfer_of(0, 8192, packets, 8); \
		transfer.member = value; \
		FAILS(WinUsbExt_IsochTransfer(handle, &transfer, NULL), ERROR_INVALID_PARAMETER); \
	} while (0)
	WRONG(in, Size, 4);
	WRONG(in, Flags, 8);
	WRONG(in, Flags, WINUSBEXT_CONTINUE_STREAM | WINUSBEXT_AT_FRAME);
	WRONG(in, MicroFrameNumber, 8);
	WRONG(in, Offset, 1);
	WRONG(in, Length, 8191);
	WRONG(in, Length, 0);
	WRONG(in, NumberOfPackets, 7);
	WRONG(in, Packets, NULL);
	WRONG(out, Flags, WINUSBEXT_PACKET_LENGTHS);
	packets[0].Length = 1025;
	WRONG(out, Flags, WINUSBEXT_PACKET_LENGTHS);
#undef WRONG
	FAILS(WinUsbExt_IsochTransfer(in, NULL, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsbExt_IsochTransfer(NULL, &transfer, NULL), ERROR_INVALID_HANDLE);
}

/* ---- libusbK ------------------------------------------------------------------------------- */

static BOOL KUSB_API count_packet(UINT index, PKISO_PACKET packet, PVOID state)
{
	*(UINT *)state += packet->Length;
	return index < 2;
}

static void iso_context(void)
{
	uint8_t *data = usb_memory(32768);
	struct sim_pipe_stats stats;
	OVERLAPPED overlapped;
	PKISO_CONTEXT context;
	KISO_PACKET packet;
	struct usb usb;
	UINT sum = 0;

	usb_open(&usb, SIM_HIGH, 1);
	REQUIRE_SUCCEEDS(IsoK_Init(&context, 8, 0));
	/* Twice the room that packets need: they lie apart. */
	SUCCEEDS(IsoK_SetPackets(context, 2048));
	usb_overlapped(&overlapped, 1);
	PENDS(UsbK_IsoReadPipe(usb.usb, 0x81, data, 16384, &overlapped, context));
	EQUAL(usb_result(&usb, &overlapped, NULL), 0);
	for (INT i = 0; i < 8; i++) {
		SUCCEEDS(IsoK_GetPacket(context, i, &packet));
		EQUAL(packet.Offset, i * 2048);
		EQUAL(packet.Length, 1024);
		EQUAL(packet.Status, 0);
		CHECK(sim_pattern_matches(data + i * 2048, 1024, 0x81,
					  sim_pattern_counter(data) + (unsigned int)i));
		EQUAL(data[i * 2048 + 1024], 0);
	}
	EQUAL(context->ErrorCount, 0);
	EQUAL(context->UrbHdrStatus, 0);
	SUCCEEDS(IsoK_EnumPackets(context, count_packet, 0, &sum));
	EQUAL(sum, 3 * 1024);
	FAILS(IsoK_GetPacket(context, 8, &packet), ERROR_INVALID_PARAMETER);
	SUCCEEDS(IsoK_ReUse(context));
	EQUAL(context->IsoPackets[0].Length, 0);
	/* Out: 100, 200 ... 800 bytes. */
	for (unsigned int i = 0, offset = 0; i < 8; i++) {
		context->IsoPackets[i].Offset = offset;
		sim_pattern_fill(data + offset, 100 + 100 * i, 0x01, 7 + i);
		offset += 100 + 100 * i;
	}
	SUCCEEDS(UsbK_IsoWritePipe(usb.usb, 0x01, data, 3600, NULL, context));
	EQUAL(context->IsoPackets[7].Length, 800);
	REQUIRE(sim_stats(usb.device.sim, 0x01, &stats));
	EQUAL(stats.good, 8);
	EQUAL(stats.bytes, 3600);
	FAILS(UsbK_IsoReadPipe(usb.usb, 0x81, data, 3600, NULL, NULL), ERROR_INVALID_PARAMETER);
	FAILS(UsbK_IsoReadPipe(usb.usb, 0x01, data, 3600, NULL, context), ERROR_INVALID_PARAMETER);
	SUCCEEDS(IsoK_Free(context));
	FAILS(IsoK_Free(NULL), ERROR_INVALID_HANDLE);
	FAILS(IsoK_Init(&context, 0, 0), ERROR_INVALID_PARAMETER);
}

static void isoch_handle(void)
{
	KISOCH_PACKET_INFORMATION information;
	uint8_t *data = usb_memory(16384);
	UINT offset, length, status, count, frame;
	LARGE_INTEGER stamp;
	KISOCH_HANDLE isoch;
	struct usb usb;
	ULONG now;

	usb_open(&usb, SIM_HIGH, 1);
	REQUIRE_SUCCEEDS(IsochK_Init(&isoch, usb.usb, 0x81, 16, data, 16384));
	SUCCEEDS(IsochK_SetPacketOffsets(isoch, 1024));
	SUCCEEDS(UsbK_IsochReadPipe(isoch, 0, NULL, 0, NULL));
	SUCCEEDS(IsochK_GetPacket(isoch, 15, &offset, &length, &status));
	EQUAL(offset, 15 * 1024);
	EQUAL(length, 1024);
	EQUAL(status, 0);
	SUCCEEDS(IsochK_SetNumberOfPackets(isoch, 8));
	SUCCEEDS(IsochK_GetNumberOfPackets(isoch, &count));
	EQUAL(count, 8);
	FAILS(IsochK_SetNumberOfPackets(isoch, 17), ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_GetCurrentFrameNumber(usb.usb, &now, &stamp));
	frame = now + 60;
	SUCCEEDS(UsbK_IsochReadPipe(isoch, 8192, &frame, 8, NULL));
	EQUAL(frame, now + 61);
	SUCCEEDS(IsochK_CalcPacketInformation(TRUE, &usb.in, &information));
	EQUAL(information.PacketsPerFrame, 8);
	EQUAL(information.PollingPeriodMicroseconds, 125);
	EQUAL(information.BytesPerMillisecond, 8192);
	FAILS(IsochK_GetPacket(isoch, 16, &offset, &length, &status), ERROR_INVALID_PARAMETER);
	SUCCEEDS(IsochK_Free(isoch));
	FAILS(IsochK_Free(isoch), ERROR_INVALID_HANDLE);
	FAILS(UsbK_IsochReadPipe(isoch, 0, NULL, 0, NULL), ERROR_INVALID_HANDLE);
	FAILS(IsochK_Init(&isoch, usb.usb, 0x8e, 16, data, 16384), ERROR_INVALID_PARAMETER);
}

/* Its packets stay until the transfer has put its results there. */
static void freed_isoch_handle(void)
{
	uint8_t *data = usb_memory(8192);
	OVERLAPPED overlapped;
	KISOCH_HANDLE isoch;
	uint64_t counter;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	REQUIRE_SUCCEEDS(IsochK_Init(&isoch, usb.usb, 0x81, 8, data, 8192));
	usb_overlapped(&overlapped, 1);
	usb_hold(&usb);
	PENDS(UsbK_IsochReadPipe(isoch, 0, NULL, 0, &overlapped));
	SUCCEEDS(IsochK_Free(isoch));
	FAILS(UsbK_IsochReadPipe(isoch, 0, NULL, 0, &overlapped), ERROR_INVALID_HANDLE);
	usb_release(&usb);
	EQUAL(usb_result(&usb, &overlapped, NULL), 0);
	CHECK(usb_matches(&usb, data, 8, &counter));
}

static const struct tap_test tests[] = {
	{ "packets of several lengths go out, each with its result", variable_packets },
	{ "packets that went wrong on their way out say so", out_results },
	{ "each thing that goes wrong has its USBD_STATUS", in_statuses },
	{ "transfers tell where they began and what was lost before", gaps_and_frames },
	{ "a transfer can be one microframe", less_than_a_frame },
	{ "the limits of Windows hold until they are lifted", limits },
	{ "memory of the driver's is not copied", memory_of_the_driver },
	{ "wrong transfers are refused", wrong_transfers },
	{ "IsoK contexts place packets where they like", iso_context },
	{ "IsochK handles keep buffer and packets together", isoch_handle },
	{ "an IsochK handle can be freed while its transfer is pending", freed_isoch_handle },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
