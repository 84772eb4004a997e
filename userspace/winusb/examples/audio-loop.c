// SPDX-License-Identifier: MIT
/*
 * Full duplex: plays a file on one pipe and records what comes back on the other, each with a
 * ring of blocks of 2 ms and a thread, as audio programs do.
 *
 *	audio-loop PLAY-FILE RECORD-FILE [SETTING]
 */
#include "device.h"

#define BLOCKS	16
#define PACKETS 16

static DEVICE device;
static WINUSB_PIPE_INFORMATION_EX in, out;
static volatile LONG recorded_enough;
static const char *record_name;

struct block {
	OVERLAPPED overlapped;
	USBD_ISO_PACKET_DESCRIPTOR packets[PACKETS];
};

static ULONG block_size(const WINUSB_PIPE_INFORMATION_EX *pipe)
{
	return PACKETS * pipe->MaximumBytesPerInterval;
}

static BOOL prepare(struct block *blocks, const WINUSB_PIPE_INFORMATION_EX *pipe, PUCHAR *buffer,
		    WINUSB_ISOCH_BUFFER_HANDLE *handle)
{
	ULONG i;

	*buffer = calloc(BLOCKS, block_size(pipe));
	for (i = 0; i < BLOCKS; i++)
		blocks[i].overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	return *buffer && WinUsb_RegisterIsochBuffer(device.Usb, pipe->PipeId, *buffer,
						     BLOCKS * block_size(pipe), handle);
}

static BOOL pending(BOOL result)
{
	return !result && GetLastError() == ERROR_IO_PENDING;
}

static BOOL done(struct block *block)
{
	DWORD none;

	return WinUsb_GetOverlappedResult(device.Usb, &block->overlapped, &none, TRUE);
}

/* Writes all that is not empty. */
static DWORD WINAPI record(LPVOID started)
{
	static struct block blocks[BLOCKS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	FILE *file = fopen(record_name, "wb");
	ULONG size = block_size(&in), i, next;
	PUCHAR buffer;

	if (!file || !prepare(blocks, &in, &buffer, &handle))
		return 1;
	for (next = 0; next < BLOCKS; next++)
		if (!pending(WinUsb_ReadIsochPipeAsap(handle, next * size, size, next > 0, PACKETS,
						      blocks[next].packets,
						      &blocks[next].overlapped)))
			return 1;
	SetEvent((HANDLE)started);
	for (next = 0; !recorded_enough; next = (next + 1) % BLOCKS) {
		struct block *block = &blocks[next];

		if (!done(block))
			return 1;
		for (i = 0; i < PACKETS; i++)
			fwrite(buffer + next * size + block->packets[i].Offset, 1,
			       block->packets[i].Length, file);
		if (!pending(WinUsb_ReadIsochPipeAsap(handle, next * size, size, TRUE, PACKETS,
						      block->packets, &block->overlapped)))
			return 1;
	}
	WinUsb_AbortPipe(device.Usb, in.PipeId);
	WinUsb_UnregisterIsochBuffer(handle);
	fclose(file);
	free(buffer);
	return 0;
}

static BOOL play(const char *name, ULONG *total)
{
	static struct block blocks[BLOCKS];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	ULONG size = block_size(&out), next;
	FILE *file = fopen(name, "rb");
	BOOL good = TRUE;
	PUCHAR buffer;

	if (!file)
		return FALSE;
	good = prepare(blocks, &out, &buffer, &handle);
	for (next = 0; good; next++) {
		struct block *block = &blocks[next % BLOCKS];

		if (next >= BLOCKS)
			good = done(block);
		if (fread(buffer + next % BLOCKS * size, 1, size, file) != size)
			break;
		good = good && pending(WinUsb_WriteIsochPipeAsap(handle, next % BLOCKS * size, size,
								 next > 0, &block->overlapped));
		*total += size;
	}
	/* What waits goes out before the buffer does. */
	WinUsb_UnregisterIsochBuffer(handle);
	fclose(file);
	free(buffer);
	return good;
}

int main(int argc, char **argv)
{
	HANDLE started = CreateEventA(NULL, TRUE, FALSE, NULL), thread;
	ULONG total = 0;
	DWORD code = 1;
	BOOL played;
	UCHAR setting = Setting(argc, argv, 3);

	if (argc < 3)
		return 1;
	record_name = argv[2];
	if (!started || !OpenDevice(&device, setting) || !FindPipe(&device, setting, TRUE, &in) ||
	    !FindPipe(&device, setting, FALSE, &out))
		return 1;
	thread = CreateThread(NULL, 0, record, started, 0, NULL);
	if (!thread || WaitForSingleObject(started, 20000) != WAIT_OBJECT_0)
		return 1;
	played = play(argv[1], &total);
	Sleep(100);
	InterlockedExchange(&recorded_enough, 1);
	WaitForSingleObject(thread, INFINITE);
	GetExitCodeThread(thread, &code);
	CloseHandle(thread);
	CloseHandle(started);
	CloseDevice(&device);
	printf("played %u bytes\n", (unsigned int)total);
	return played && code == 0 ? 0 : 1;
}
