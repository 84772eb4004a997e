// SPDX-License-Identifier: MIT
/* The parts of the WinUSB functions that need no device: arithmetic, tables, descriptors. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../winusb-internal.h"
#include "tap.h"

/* ---- Packets and frames -------------------------------------------------------------------- */

static const struct winusb_pipe_shape high_in = { WINUSB_ISO_SPEED_HIGH, 1024, 1, true };
static const struct winusb_pipe_shape high_out = { WINUSB_ISO_SPEED_HIGH, 1024, 1, false };
static const struct winusb_pipe_shape full_in = { WINUSB_ISO_SPEED_FULL, 192, 8, true };

TEST(whole_frames, "WinUSB transfers are whole frames of full packets")
{
	struct winusb_pipe_shape two = high_in, four = high_in, eight = high_in;

	two.interval = 2;
	four.interval = 4;
	eight.interval = 8;
	EQUAL(winusb_packets_for(&high_in, 8 * 1024, true), 8);
	EQUAL(winusb_packets_for(&high_in, 80 * 1024, true), 80);
	EQUAL(winusb_packets_for(&high_in, 7 * 1024, true), 0);
	EQUAL(winusb_packets_for(&high_in, 7 * 1024, false), 7);
	EQUAL(winusb_packets_for(&high_in, 8 * 1024 - 1, false), 0);
	EQUAL(winusb_packets_for(&two, 4 * 1024, true), 4);
	EQUAL(winusb_packets_for(&two, 2 * 1024, true), 0);
	EQUAL(winusb_packets_for(&four, 2 * 1024, true), 2);
	EQUAL(winusb_packets_for(&four, 1024, true), 0);
	EQUAL(winusb_packets_for(&eight, 1024, true), 1);
	EQUAL(winusb_packets_for(&full_in, 192, true), 1);
}

TEST(short_last, "only the last packet of an OUT transfer can be short")
{
	EQUAL(winusb_packets_for(&high_out, 8 * 1024 - 1, true), 8);
	EQUAL(winusb_packets_for(&high_out, 7 * 1024 + 1, true), 8);
	EQUAL(winusb_packets_for(&high_out, 7 * 1024, true), 0);
	EQUAL(winusb_packets_for(&high_out, 1, false), 1);
	EQUAL(winusb_packets_for(&high_out, 0, false), 0);
}

TEST(most_packets, "255 and 1024 packets are the most, unless that limit is lifted")
{
	struct winusb_pipe_shape slow = high_in, none = high_in;

	slow.interval = 16;
	none.max_bytes = 0;
	EQUAL(winusb_packets_for(&high_in, 1024 * 1024, true), 1024);
	EQUAL(winusb_packets_for(&high_in, 1032 * 1024, true), 0);
	EQUAL(winusb_packets_for(&high_in, 1032 * 1024, false), 1032);
	EQUAL(winusb_packets_for(&full_in, 255 * 192, true), 255);
	EQUAL(winusb_packets_for(&full_in, 256 * 192, true), 0);
	EQUAL(winusb_packets_for(&slow, 8 * 1024, true), 0);
	EQUAL(winusb_packets_for(&slow, 8 * 1024, false), 8);
	EQUAL(winusb_packets_for(&none, 1024, false), 0);
	CHECK(winusb_interval_in_limits(&full_in));
	CHECK(!winusb_interval_in_limits(&slow));
}

TEST(frames, "frame numbers are extended to the nearest bus time")
{
	uint64_t now = 0x1ffffffffull * 8 + 3;

	EQUAL(winusb_frame_extend(0xffffffff, now), 0x1ffffffffull * 8);
	EQUAL(winusb_frame_extend(0x00000004, now), 0x200000004ull * 8);
	EQUAL(winusb_frame_extend(0xfffffff0, now), 0x1fffffff0ull * 8);
	EQUAL(winusb_frame_extend(0xfffffff0, 80), 0);
	CHECK(winusb_frame_in_range(8 * 1023, 0));
	CHECK(!winusb_frame_in_range(8 * 1024, 0));
	CHECK(!winusb_frame_in_range(0, 8 * 1024));
	CHECK(winusb_frame_in_range(8, 8 * 1024));
}

TEST(next_frame, "what follows a transfer is the next whole frame")
{
	EQUAL(winusb_frame_after(&high_in, 800, 80), 880);
	EQUAL(winusb_frame_after(&high_in, 800, 81), 888);
	EQUAL(winusb_frame_after(&high_in, 800, 1), 808);
	EQUAL(winusb_frame_after(&full_in, 800, 10), 880);
}

TEST(adjusted, "a frame number is adjusted by the time that has passed")
{
	EQUAL(winusb_frame_adjust(100, 0, 25000, 10000000), 102);
	EQUAL(winusb_frame_adjust(100, 0, 9999, 10000000), 100);
	EQUAL(winusb_frame_adjust(100, 10000, 0, 10000000), 99);
	EQUAL(winusb_frame_adjust(0xffffffff, 0, 10000, 10000000), 0);
	EQUAL(winusb_frame_adjust(7, 0, 10000, 0), 7);
	EQUAL(winusb_frame_adjust(7, INT64_MIN, INT64_MAX, 10000000), 6);
}

/* ---- Status -------------------------------------------------------------------------------- */

TEST(packet_status, "packet statuses are those of winusb.md")
{
	static const struct {
		int status;
		USBD_STATUS in, out;
	} table[] = {
		{ 0, USBD_STATUS_SUCCESS, USBD_STATUS_SUCCESS },
		{ -EXDEV, USBD_STATUS_ISO_NOT_ACCESSED_LATE, USBD_STATUS_ISO_NOT_ACCESSED_LATE },
		{ -EOVERFLOW, USBD_STATUS_BABBLE_DETECTED, USBD_STATUS_BABBLE_DETECTED },
		{ -EPROTO, USBD_STATUS_XACT_ERROR, USBD_STATUS_XACT_ERROR },
		{ -EPIPE, USBD_STATUS_XACT_ERROR, USBD_STATUS_XACT_ERROR },
		{ -EILSEQ, USBD_STATUS_CRC, USBD_STATUS_CRC },
		{ -ETIME, USBD_STATUS_DEV_NOT_RESPONDING, USBD_STATUS_DEV_NOT_RESPONDING },
		{ -ECOMM, USBD_STATUS_BUFFER_OVERRUN, USBD_STATUS_BUFFER_UNDERRUN },
		{ -ENOSR, USBD_STATUS_BUFFER_OVERRUN, USBD_STATUS_BUFFER_UNDERRUN },
		{ -EREMOTEIO, USBD_STATUS_DATA_UNDERRUN, USBD_STATUS_DATA_UNDERRUN },
		{ -ENOENT, USBD_STATUS_CANCELED, USBD_STATUS_CANCELED },
		{ -ECONNRESET, USBD_STATUS_CANCELED, USBD_STATUS_CANCELED },
		{ -ESHUTDOWN, USBD_STATUS_DEVICE_GONE, USBD_STATUS_DEVICE_GONE },
		{ -ENODEV, USBD_STATUS_DEVICE_GONE, USBD_STATUS_DEVICE_GONE },
		{ -1, USBD_STATUS_INTERNAL_HC_ERROR, USBD_STATUS_INTERNAL_HC_ERROR },
		{ 5, USBD_STATUS_INTERNAL_HC_ERROR, USBD_STATUS_INTERNAL_HC_ERROR },
	};

	for (size_t i = 0; i < ARRAYSIZE(table); i++) {
		EQUAL(winusb_packet_status(table[i].status, true, 0), table[i].in);
		EQUAL(winusb_packet_status(table[i].status, false, 0), table[i].out);
	}
	EQUAL(winusb_packet_status(-EXDEV, true, -ECONNRESET), USBD_STATUS_CANCELED);
	EQUAL(winusb_packet_status(-EXDEV, true, -ENODEV), USBD_STATUS_DEVICE_GONE);
}

TEST(transfer_error, "transfers fail with the errors that programs look for")
{
	EQUAL(winusb_isoch_error(0, 0, 8), ERROR_SUCCESS);
	EQUAL(winusb_isoch_error(0, 7, 8), ERROR_SUCCESS);
	EQUAL(winusb_isoch_error(0, 8, 8), ERROR_GEN_FAILURE);
	EQUAL(winusb_isoch_error(-EXDEV, 8, 8), ERROR_INVALID_PARAMETER);
	EQUAL(winusb_isoch_error(-ETIME, 8, 8), ERROR_INVALID_PARAMETER);
	EQUAL(winusb_isoch_error(-ECONNRESET, 8, 8), ERROR_OPERATION_ABORTED);
	EQUAL(winusb_isoch_error(-ENODEV, 8, 8), ERROR_DEVICE_NOT_CONNECTED);
	EQUAL(winusb_plain_error(0, true), ERROR_SUCCESS);
	EQUAL(winusb_plain_error(-ECONNRESET, true), ERROR_SEM_TIMEOUT);
	EQUAL(winusb_plain_error(-ECONNRESET, false), ERROR_OPERATION_ABORTED);
	EQUAL(winusb_plain_error(-EPIPE, false), ERROR_GEN_FAILURE);
	EQUAL(winusb_plain_error(-ECANCELED, false), ERROR_GEN_FAILURE);
	EQUAL(winusb_plain_error(-EOVERFLOW, false), ERROR_GEN_FAILURE);
	EQUAL(winusb_plain_error(-ENODEV, false), ERROR_DEVICE_NOT_CONNECTED);
	EQUAL(winusb_isoch_urb_status(0, 8, 8), USBD_STATUS_ISOCH_REQUEST_FAILED);
	EQUAL(winusb_isoch_urb_status(-ETIME, 8, 8), USBD_STATUS_ISO_NOT_ACCESSED_LATE);
}

/* ---- Descriptors --------------------------------------------------------------------------- */

static unsigned char configuration[] = {
	9, 2,	 50, 0, 2, 1, 0,    0x80, 50, 9, 4, 0, 0,    0, 0xff, 1,    2,
	0, 9,	 4,  0, 1, 1, 0xff, 1,	  2,  0, 7, 5, 0x81, 5, 0,    4,    1,
	6, 0x30, 0,  0, 0, 4, 9,    4,	  1,  0, 0, 3, 0,    0, 0,    0xee,
};

static PUSB_INTERFACE_DESCRIPTOR parse(LONG number, LONG alternate, LONG class)
{
	return WinUsb_ParseConfigurationDescriptor((void *)configuration, configuration, number,
						   alternate, class, -1, -1);
}

TEST(find_interfaces, "interfaces are found by what they are")
{
	PUSB_CONFIGURATION_DESCRIPTOR whole = (void *)configuration;

	configuration[2] = 49;
	CHECK((unsigned char *)parse(-1, -1, -1) == configuration + 9);
	CHECK((unsigned char *)parse(0, 1, -1) == configuration + 18);
	CHECK((unsigned char *)parse(-1, -1, 3) == configuration + 40);
	CHECK(!parse(2, -1, -1));
	CHECK(!parse(0, 2, -1));
	CHECK((unsigned char *)WinUsb_ParseConfigurationDescriptor(whole, configuration + 18, 0, -1,
								   -1, -1,
								   -1) == configuration + 18);
	CHECK(!WinUsb_ParseConfigurationDescriptor(NULL, configuration, 0, -1, -1, -1, -1));
	CHECK(!WinUsb_ParseConfigurationDescriptor(whole, NULL, 0, -1, -1, -1, -1));
	CHECK(!WinUsb_ParseConfigurationDescriptor(whole, &whole, 0, -1, -1, -1, -1));
	CHECK((unsigned char *)WinUsb_ParseDescriptors(configuration, 49, configuration, 5) ==
	      configuration + 27);
	CHECK((unsigned char *)WinUsb_ParseDescriptors(configuration, 49, configuration + 27,
						       0x30) == configuration + 34);
	CHECK(!WinUsb_ParseDescriptors(configuration, 49, configuration, 9));
	CHECK(!WinUsb_ParseDescriptors(NULL, 49, configuration, 5));
	CHECK(!WinUsb_ParseDescriptors(configuration, 49, &whole, 5));
	EQUAL(winusb_nth_alternate(configuration, 49, 0, 1)->bAlternateSetting, 1);
	CHECK(!winusb_nth_alternate(configuration, 49, 0, 2));
	EQUAL(winusb_nth_endpoint(configuration, 49, winusb_find_alternate(configuration, 49, 0, 1),
				  0)
		      ->bEndpointAddress,
	      0x81);
	CHECK(!winusb_nth_endpoint(configuration, 49,
				   winusb_find_alternate(configuration, 49, 0, 1), 1));
	CHECK(!winusb_nth_endpoint(configuration, 49,
				   winusb_find_alternate(configuration, 49, 0, 0), 0));
}

/* A copy that ends where the memory does, so that a sanitizer sees every byte too many. */
static void search_everywhere(const unsigned char *data, size_t size)
{
	unsigned char *copy = malloc(size);

	memcpy(copy, data, size);
	for (LONG type = 0; type < 256; type++)
		WinUsb_ParseDescriptors(copy, (ULONG)size, copy, type);
	winusb_nth_alternate(copy, size, 0, 3);
	if (winusb_find_alternate(copy, size, 0, 1))
		winusb_nth_endpoint(copy, size, winusb_find_alternate(copy, size, 0, 1), 2);
	free(copy);
}

TEST(hostile, "lengths in descriptors are not believed")
{
	unsigned char bad[sizeof(configuration)];
	unsigned int seed = 1;

	memcpy(bad, configuration, sizeof(bad));
	bad[9] = 0;
	CHECK(!WinUsb_ParseDescriptors(bad, 49, bad, 4));
	bad[9] = 1;
	CHECK(!WinUsb_ParseDescriptors(bad, 49, bad, 4));
	bad[9] = 200;
	CHECK(!WinUsb_ParseDescriptors(bad, 49, bad, 4));
	/* An interface descriptor that is too short is none. */
	memcpy(bad, configuration, sizeof(bad));
	bad[9] = 8;
	bad[17] = 1;
	CHECK(!winusb_find_alternate(bad, 18, 0, 0));
	for (size_t size = 1; size <= sizeof(configuration); size++)
		search_everywhere(configuration, size);
	for (unsigned int i = 0; i < 2000; i++) {
		memcpy(bad, configuration, sizeof(bad));
		for (unsigned int j = 0; j < 4; j++) {
			seed = seed * 1103515245 + 12345;
			bad[seed / 65536 % sizeof(bad)] = (unsigned char)(seed >> 8);
		}
		search_everywhere(bad, sizeof(bad));
	}
	CHECK(true);
}

TEST(strings, "string descriptors become wide strings")
{
	unsigned char text[] = {
		14, 3, 'a', 0, 0xe9, 0, 0x3d, 0xd8, 0x00, 0xde, 0x00, 0xd8, 'z', 0
	};
	PUSB_STRING_DESCRIPTOR descriptor = (void *)text;
	WCHAR wide[16];

	EQUAL(WinUsbExt_StringFromDescriptor(descriptor, wide, 16), 5);
	CHECK(wide[0] == 'a' && wide[1] == 0xe9 && wide[2] == 0x1f600 && wide[3] == 0xfffd &&
	      wide[4] == 'z' && !wide[5]);
	EQUAL(WinUsbExt_StringFromDescriptor(descriptor, wide, 3), 2);
	CHECK(!wide[2]);
	text[0] = 3;
	EQUAL(WinUsbExt_StringFromDescriptor(descriptor, wide, 16), 0);
	text[0] = 1;
	EQUAL(WinUsbExt_StringFromDescriptor(descriptor, wide, 16), 0);
	EQUAL(WinUsbExt_StringFromDescriptor(NULL, wide, 16), 0);
	EQUAL(WinUsbExt_StringFromDescriptor(descriptor, wide, 0), 0);
}

/* ---- Tables -------------------------------------------------------------------------------- */

TEST(table_in_order, "packet tables are rings of runs")
{
	struct winusb_table table = { .entries = 10 };
	uint32_t first;

	CHECK(!winusb_table_take(&table, 11, &first));
	CHECK(winusb_table_take(&table, 6, &first) && first == 0);
	CHECK(winusb_table_take(&table, 3, &first) && first == 6);
	CHECK(!winusb_table_take(&table, 2, &first));
	winusb_table_give(&table, 0, 6);
	/* One is left at the end, which does not do: it starts over. */
	CHECK(winusb_table_take(&table, 5, &first) && first == 0);
	CHECK(!winusb_table_take(&table, 2, &first));
	CHECK(winusb_table_take(&table, 1, &first) && first == 5);
	winusb_table_give(&table, 6, 3);
	winusb_table_give(&table, 0, 5);
	winusb_table_give(&table, 5, 1);
	EQUAL(table.used, 0);
	CHECK(winusb_table_take(&table, 10, &first) && first == 0);
}

TEST(table_untake, "a run that was not needed can be taken again")
{
	struct winusb_table table = { .entries = 10 };
	uint32_t first;

	CHECK(winusb_table_take(&table, 8, &first));
	CHECK(winusb_table_take(&table, 2, &first) && first == 8);
	winusb_table_untake(&table, 8, 2);
	CHECK(winusb_table_take(&table, 2, &first) && first == 8);
	winusb_table_untake(&table, 8, 2);
	winusb_table_give(&table, 0, 8);
	EQUAL(table.used, 0);
	EQUAL(table.head, 0);
}

/* Against a model that knows which entries are taken. */
TEST(table_random, "runs of a packet table never overlap")
{
	struct winusb_table table = { .entries = 37 };
	uint32_t runs[64][2], oldest = 0, next = 0;
	bool taken[37] = { false };
	unsigned int seed = 7;

	for (unsigned int i = 0; i < 20000; i++) {
		uint32_t count, first;

		seed = seed * 1103515245 + 12345;
		count = 1 + seed / 65536 % 12;
		if (seed & 0x8000 && winusb_table_take(&table, count, &first)) {
			CHECK(first + count <= 37 && next - oldest < 64);
			for (uint32_t j = 0; j < count; j++) {
				CHECK(!taken[first + j]);
				taken[first + j] = true;
			}
			runs[next % 64][0] = first;
			runs[next++ % 64][1] = count;
		} else if (oldest != next) {
			first = runs[oldest % 64][0];
			count = runs[oldest++ % 64][1];
			winusb_table_give(&table, first, count);
			memset(taken + first, 0, count);
		}
	}
	CHECK(next > 5000);
}

/* ---- Policies ------------------------------------------------------------------------------ */

TEST(policy_values, "policies have the defaults of Windows, and sizes of their own")
{
	struct winusb_policies policies;
	ULONG length = 4, value = 0;
	BOOL yes = TRUE;
	UCHAR flag = 9;

	winusb_policies_reset(&policies, true);
	EQUAL(winusb_policy_get(&policies, true, PIPE_TRANSFER_TIMEOUT, &length, &value), 0);
	EQUAL(value, 5000);
	EQUAL(winusb_policy_get(&policies, true, AUTO_FLUSH, &length, &value),
	      ERROR_INVALID_PARAMETER);
	winusb_policies_reset(&policies, false);
	length = 8;
	EQUAL(winusb_policy_get(&policies, false, ALLOW_PARTIAL_READS, &length, &flag), 0);
	EQUAL(flag, 1);
	EQUAL(length, 1);
	/* A BOOL says the same as a UCHAR. */
	EQUAL(winusb_policy_set(&policies, false, RAW_IO, sizeof(yes), &yes), 0);
	CHECK(policies.raw_io);
	EQUAL(winusb_policy_set(&policies, false, 0, 1, &flag), ERROR_INVALID_PARAMETER);
	EQUAL(winusb_policy_get(&policies, false, RAW_IO, NULL, &flag), ERROR_INVALID_PARAMETER);
}
