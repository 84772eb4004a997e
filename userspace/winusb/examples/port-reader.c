// SPDX-License-Identifier: MIT
/*
 * A reader with a completion port: transfers come back through it and go out again.
 *
 *	port-reader FILE TRANSFERS [SETTING]
 */
#include "device.h"

#define RING	16
#define PACKETS 32

struct transfer {
	OVERLAPPED overlapped; /* first: the port hands it back */
	USBD_ISO_PACKET_DESCRIPTOR packets[PACKETS];
	ULONG offset;
};

static struct transfer transfers[RING];

static BOOL submit(WINUSB_ISOCH_BUFFER_HANDLE handle, struct transfer *transfer, ULONG size,
		   BOOL go_on)
{
	ZeroMemory(&transfer->overlapped, sizeof(transfer->overlapped));
	return !WinUsb_ReadIsochPipeAsap(handle, transfer->offset, size, go_on, PACKETS,
					 transfer->packets, &transfer->overlapped) &&
	       GetLastError() == ERROR_IO_PENDING;
}

int main(int argc, char **argv)
{
	ULONG size, i, total = 0, wanted, submitted = 0, completed;
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	WINUSB_PIPE_INFORMATION_EX pipe;
	DEVICE device;
	PUCHAR buffer;
	HANDLE port;
	FILE *file;
	UCHAR setting = Setting(argc, argv, 3);

	if (argc < 3 || !OpenDevice(&device, setting) || !FindPipe(&device, setting, TRUE, &pipe))
		return 1;
	wanted = (ULONG)atoi(argv[2]);
	file = fopen(argv[1], "wb");
	size = PACKETS * pipe.MaximumBytesPerInterval;
	buffer = malloc(RING * size);
	port = CreateIoCompletionPort(device.File, NULL, 1, 0);
	if (!file || !buffer || !port ||
	    !WinUsb_RegisterIsochBuffer(device.Usb, pipe.PipeId, buffer, RING * size, &handle))
		return 1; /* NOLINT: the process ends */
	for (i = 0; i < RING && submitted < wanted; i++) {
		transfers[i].offset = i * size;
		if (!submit(handle, &transfers[i], size, submitted++ > 0))
			return 1;
	}
	for (completed = 0; completed < wanted; completed++) {
		struct transfer *transfer;
		OVERLAPPED *overlapped;
		ULONG_PTR key;
		DWORD bytes;

		if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 20000)) {
			fprintf(stderr, "transfer: error %u\n", (unsigned int)GetLastError());
			return 1;
		}
		transfer = CONTAINING_RECORD(overlapped, struct transfer, overlapped);
		for (i = 0; i < PACKETS; i++) {
			fwrite(buffer + transfer->offset + transfer->packets[i].Offset, 1,
			       transfer->packets[i].Length, file);
			total += transfer->packets[i].Length;
		}
		if (submitted < wanted && !submit(handle, transfer, size, submitted++ > 0))
			return 1;
	}
	/* In the order that some programs have: the interface first. */
	CloseDevice(&device);
	WinUsb_UnregisterIsochBuffer(handle);
	CloseHandle(port);
	printf("received %u bytes\n", (unsigned int)total);
	fclose(file);
	free(buffer);
	return 0;
}
