// SPDX-License-Identifier: MIT
/*
 * The simplest client: one blocking read after another. (Between two of them the pipe idles.)
 *
 *	sync-reader FILE TRANSFERS [SETTING]
 */
#include "device.h"

#define PACKETS 80

int main(int argc, char **argv)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[PACKETS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	WINUSB_PIPE_INFORMATION_EX pipe;
	ULONG size, i, j, total = 0;
	DEVICE device;
	PUCHAR buffer;
	FILE *file;
	UCHAR setting = Setting(argc, argv, 3);

	if (argc < 3 || !OpenDevice(&device, setting) || !FindPipe(&device, setting, TRUE, &pipe))
		return 1;
	file = fopen(argv[1], "wb");
	size = PACKETS * pipe.MaximumBytesPerInterval;
	buffer = malloc(size);
	if (!file || !buffer ||
	    !WinUsb_RegisterIsochBuffer(device.Usb, pipe.PipeId, buffer, size, &handle))
		return 1; /* NOLINT: the process ends */
	for (i = 0; i < (ULONG)atoi(argv[2]); i++) {
		if (!WinUsb_ReadIsochPipeAsap(handle, 0, size, FALSE, PACKETS, packets, NULL)) {
			fprintf(stderr, "read: error %u\n", (unsigned int)GetLastError());
			return 1;
		}
		for (j = 0; j < PACKETS; j++) {
			if (!USBD_SUCCESS(packets[j].Status))
				continue;
			fwrite(buffer + packets[j].Offset, 1, packets[j].Length, file);
			total += packets[j].Length;
		}
	}
	WinUsb_UnregisterIsochBuffer(handle);
	printf("received %u bytes\n", (unsigned int)total);
	fclose(file);
	free(buffer);
	CloseDevice(&device);
	return 0;
}
