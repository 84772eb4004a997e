/* SPDX-License-Identifier: MIT */
/* An open device on the fake kernel, and reads from it as the WinUSB functions would make them. */
#ifndef DEVICE_TEST_H
#define DEVICE_TEST_H

#include "../internal.h"
#include "fake-kernel.h"

#define SOON 20000 /* ms: long enough for any machine, never waited for */

/* Of what another thread does. */
#define EVENTUALLY(condition) \
	do { \
		for (int patience = 0; !(condition) && patience < SOON; patience++) \
			Sleep(1); \
		CHECK(condition); \
	} while (0)

#define TEST_PACKETS 4u
#define TEST_BYTES   (TEST_PACKETS * FAKE_MAX)

struct test_device {
	HANDLE handle;
	struct win_file *file; /* a reference */
	struct wiso_device *dev;
	struct wiso_buffer *buffer;
};

/* FILE_FLAG_OVERLAPPED or 0; with a buffer on FAKE_IN. */
bool test_open(struct test_device *device, DWORD flags);
/* Closes what is still open. */
void test_close(struct test_device *device);
/* One read of TEST_BYTES: as a function of WinUSB returns. */
BOOL test_read(struct test_device *device, OVERLAPPED *overlapped, DWORD *bytes);
/* From now on the driver refuses with this errno; or they are not handed over to it at all. */
#define TEST_HOLD_BACK -1
void test_refuse(int error);
/* Or each completion is wanted at once while one of them is pending. */
#define TEST_HASTY -2
/* Operations made and not freed yet. */
unsigned int test_live_operations(void);
/* The thread that handed over the last completion. */
DWORD test_collector(void);

#endif /* DEVICE_TEST_H */
