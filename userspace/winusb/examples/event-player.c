// SPDX-License-Identifier: MIT
/*
 * A player with a ring of transfers, one event each, and WaitForMultipleObjects().
 *
 *	event-player FILE [SETTING]
 */
#include "device.h"

#define RING	8
#define PACKETS 16

static OVERLAPPED overlapped[RING];
static HANDLE events[RING];
static WINUSB_ISOCH_BUFFER_HANDLE handle;
static ULONG size, submitted;
static PUCHAR buffer;
static FILE *file;

/* FALSE: nothing is left to play. */
static BOOL refill(DWORD slot)
{
	if (fread(buffer + slot * size, 1, size, file) != size)
		return FALSE;
	ResetEvent(events[slot]);
	/* The first ones fill the ring; afterwards nothing may be missing. */
	if (WinUsb_WriteIsochPipeAsap(handle, slot * size, size, submitted >= RING,
				      &overlapped[slot]) ||
	    GetLastError() != ERROR_IO_PENDING) {
		fprintf(stderr, "write: error %u\n", (unsigned int)GetLastError());
		exit(1);
	}
	submitted++;
	return TRUE;
}

int main(int argc, char **argv)
{
	WINUSB_PIPE_INFORMATION_EX pipe;
	DWORD slot, pending, bytes;
	DEVICE device;
	UCHAR setting = Setting(argc, argv, 2);

	if (argc < 2 || !OpenDevice(&device, setting) || !FindPipe(&device, setting, FALSE, &pipe))
		return 1;
	file = fopen(argv[1], "rb");
	size = PACKETS * pipe.MaximumBytesPerInterval;
	buffer = malloc(RING * size);
	if (!file || !buffer ||
	    !WinUsb_RegisterIsochBuffer(device.Usb, pipe.PipeId, buffer, RING * size, &handle))
		return 1;
	for (slot = 0; slot < RING; slot++) {
		events[slot] = CreateEventA(NULL, TRUE, FALSE, NULL);
		overlapped[slot].hEvent = events[slot];
	}
	for (pending = 0; pending < RING && refill(pending); pending++)
		;
	for (slot = 0; pending; slot = (slot + 1) % RING) {
		if (WaitForMultipleObjects(RING, events, FALSE, 20000) == WAIT_TIMEOUT)
			return 1;
		/* Transfers of a pipe end in their order. */
		if (!WinUsb_GetOverlappedResult(device.Usb, &overlapped[slot], &bytes, TRUE)) {
			fprintf(stderr, "transfer: error %u\n", (unsigned int)GetLastError());
			return 1;
		}
		pending--;
		if (refill(slot))
			pending++;
	}
	WinUsb_UnregisterIsochBuffer(handle);
	for (slot = 0; slot < RING; slot++)
		CloseHandle(events[slot]);
	printf("sent %u bytes\n", (unsigned int)(submitted * size));
	fclose(file);
	free(buffer);
	CloseDevice(&device);
	return 0;
}
