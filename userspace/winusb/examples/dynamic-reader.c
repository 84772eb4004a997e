// SPDX-License-Identifier: MIT
/*
 * Finds WinUSB when it runs, as libraries do that also work without: LoadLibrary() and
 * GetProcAddress(). Registers the buffer anew for each transfer, and tries to continue the stream
 * first.
 *
 *	dynamic-reader FILE TRANSFERS [SETTING]
 */
#include "device.h"

#define PACKETS 80

typedef BOOL(WINAPI *RegisterIsochBuffer_t)(WINUSB_INTERFACE_HANDLE, UCHAR, PUCHAR, ULONG,
					    PWINUSB_ISOCH_BUFFER_HANDLE);
typedef BOOL(WINAPI *UnregisterIsochBuffer_t)(WINUSB_ISOCH_BUFFER_HANDLE);
typedef BOOL(WINAPI *ReadIsochPipeAsap_t)(WINUSB_ISOCH_BUFFER_HANDLE, ULONG, ULONG, BOOL, ULONG,
					  PUSBD_ISO_PACKET_DESCRIPTOR, LPOVERLAPPED);

static RegisterIsochBuffer_t RegisterIsochBuffer;
static UnregisterIsochBuffer_t UnregisterIsochBuffer;
static ReadIsochPipeAsap_t ReadIsochPipeAsap;

static BOOL load(void)
{
	HMODULE library = LoadLibraryA("winusb.dll");

	if (!library)
		return FALSE;
#define LOAD(name) (name = (name##_t)(void *)GetProcAddress(library, "WinUsb_" #name))
	LOAD(RegisterIsochBuffer);
	LOAD(UnregisterIsochBuffer);
	LOAD(ReadIsochPipeAsap);
	return RegisterIsochBuffer && UnregisterIsochBuffer && ReadIsochPipeAsap &&
	       !GetProcAddress(library, "WinUsb_MakeCoffee");
}

int main(int argc, char **argv)
{
	USBD_ISO_PACKET_DESCRIPTOR packets[PACKETS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	ULONG size, i, j, total = 0, restarts = 0;
	WINUSB_PIPE_INFORMATION_EX pipe;
	OVERLAPPED overlapped;
	DEVICE device;
	PUCHAR buffer;
	FILE *file;
	DWORD none;
	UCHAR setting = Setting(argc, argv, 3);

	if (argc < 3 || !load() || !OpenDevice(&device, setting) ||
	    !FindPipe(&device, setting, TRUE, &pipe))
		return 1;
	file = fopen(argv[1], "wb");
	size = PACKETS * pipe.MaximumBytesPerInterval;
	buffer = malloc(size);
	ZeroMemory(&overlapped, sizeof(overlapped));
	overlapped.hEvent = CreateEventA(NULL, FALSE, FALSE, NULL);
	if (!file || !buffer || !overlapped.hEvent)
		return 1; /* NOLINT: the process ends */
	for (i = 0; i < (ULONG)atoi(argv[2]); i++) {
		BOOL go_on = TRUE;

		if (!RegisterIsochBuffer(device.Usb, pipe.PipeId, buffer, size, &handle))
			return 1;
		for (;;) {
			if (ReadIsochPipeAsap(handle, 0, size, go_on, PACKETS, packets,
					      &overlapped) ||
			    GetLastError() != ERROR_IO_PENDING)
				return 1;
			if (WinUsb_GetOverlappedResult(device.Usb, &overlapped, &none, TRUE))
				break;
			if (!go_on)
				return 1;
			restarts++;
			go_on = FALSE;
		}
		for (j = 0; j < PACKETS; j++) {
			fwrite(buffer + packets[j].Offset, 1, packets[j].Length, file);
			total += packets[j].Length;
		}
		UnregisterIsochBuffer(handle);
	}
	CloseHandle(overlapped.hEvent);
	printf("received %u bytes, started %u times\n", (unsigned int)total,
	       (unsigned int)restarts);
	fclose(file);
	free(buffer);
	CloseDevice(&device);
	return 0;
}
