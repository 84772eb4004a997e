// SPDX-License-Identifier: MIT
/*
 * The flow of Microsoft's isochronous sample, in words of our own: three transfers of 10 ms
 * each, out and in, as soon as possible and in given frames.
 *
 *	sample-flow IN-FILE [SETTING]	what was received goes there, one transfer after another
 */
#include "device.h"

#define DATA_SIZE_MS	10
#define TRANSFER_COUNT	3

struct Streams {
	WINUSB_PIPE_INFORMATION_EX Pipe;
	ULONG TransferSize;
	ULONG PacketCount;
};

static void Measure(Streams *streams)
{
	streams->TransferSize = DATA_SIZE_MS * streams->Pipe.MaximumBytesPerInterval *
				(8 / streams->Pipe.Interval);
	streams->PacketCount = streams->TransferSize / streams->Pipe.MaximumBytesPerInterval;
}

static bool FirstFrame(DEVICE *device, ULONG *frame)
{
	LARGE_INTEGER timeStamp;

	if (!WinUsb_GetCurrentFrameNumber(device->Usb, frame, &timeStamp) ||
	    !WinUsb_GetAdjustedFrameNumber(frame, timeStamp))
		return false;
	*frame += 60;
	return true;
}

static bool MakeEvents(OVERLAPPED *overlapped)
{
	ZeroMemory(overlapped, TRANSFER_COUNT * sizeof(OVERLAPPED));
	for (int i = 0; i < TRANSFER_COUNT; i++) {
		overlapped[i].hEvent = CreateEvent(NULL, TRUE, FALSE, NULL);
		if (overlapped[i].hEvent == NULL)
			return false;
	}
	return true;
}

static void CloseEvents(OVERLAPPED *overlapped)
{
	for (int i = 0; i < TRANSFER_COUNT; i++)
		if (overlapped[i].hEvent != NULL)
			CloseHandle(overlapped[i].hEvent);
}

static bool Pending(BOOL result)
{
	if (!result && GetLastError() == ERROR_IO_PENDING)
		return true;
	fprintf(stderr, "not pending: error %u\n", (unsigned int)GetLastError());
	return false;
}

static ULONG Send(DEVICE *device, const Streams *streams, bool asap)
{
	PUCHAR buffer = new UCHAR[TRANSFER_COUNT * streams->TransferSize];
	WINUSB_ISOCH_BUFFER_HANDLE handle = INVALID_HANDLE_VALUE;
	OVERLAPPED overlapped[TRANSFER_COUNT];
	ULONG frame = 0, numBytes, completed = 0;

	ZeroMemory(buffer, TRANSFER_COUNT * streams->TransferSize);
	if (MakeEvents(overlapped) &&
	    WinUsb_RegisterIsochBuffer(device->Usb, streams->Pipe.PipeId, buffer,
				       TRANSFER_COUNT * streams->TransferSize, &handle) &&
	    FirstFrame(device, &frame)) {
		for (int i = 0; i < TRANSFER_COUNT; i++)
			Pending(asap ? WinUsb_WriteIsochPipeAsap(handle, i * streams->TransferSize,
								 streams->TransferSize, i != 0,
								 &overlapped[i]) :
				WinUsb_WriteIsochPipe(handle, i * streams->TransferSize,
						      streams->TransferSize, &frame,
						      &overlapped[i]));
		for (int i = 0; i < TRANSFER_COUNT; i++)
			if (WinUsb_GetOverlappedResult(device->Usb, &overlapped[i], &numBytes,
						       TRUE))
				completed++;
	}
	if (handle != INVALID_HANDLE_VALUE)
		WinUsb_UnregisterIsochBuffer(handle);
	CloseEvents(overlapped);
	delete[] buffer;
	return completed;
}

static ULONG Receive(DEVICE *device, const Streams *streams, bool asap, FILE *file)
{
	PUCHAR buffer = new UCHAR[TRANSFER_COUNT * streams->TransferSize];
	PUSBD_ISO_PACKET_DESCRIPTOR packets =
		new USBD_ISO_PACKET_DESCRIPTOR[TRANSFER_COUNT * streams->PacketCount];
	WINUSB_ISOCH_BUFFER_HANDLE handle = INVALID_HANDLE_VALUE;
	OVERLAPPED overlapped[TRANSFER_COUNT];
	ULONG frame = 0, numBytes, total = 0;

	if (MakeEvents(overlapped) &&
	    WinUsb_RegisterIsochBuffer(device->Usb, streams->Pipe.PipeId, buffer,
				       TRANSFER_COUNT * streams->TransferSize, &handle) &&
	    FirstFrame(device, &frame)) {
		for (int i = 0; i < TRANSFER_COUNT; i++) {
			ULONG offset = i * streams->TransferSize;
			PUSBD_ISO_PACKET_DESCRIPTOR first = &packets[i * streams->PacketCount];

			Pending(asap ? WinUsb_ReadIsochPipeAsap(handle, offset,
								streams->TransferSize, i != 0,
								streams->PacketCount, first,
								&overlapped[i]) :
				WinUsb_ReadIsochPipe(handle, offset, streams->TransferSize, &frame,
						     streams->PacketCount, first,
						     &overlapped[i]));
		}
		for (int i = 0; i < TRANSFER_COUNT; i++) {
			ULONG offset = i * streams->TransferSize;

			if (!WinUsb_GetOverlappedResult(device->Usb, &overlapped[i], &numBytes,
							TRUE))
				continue;
			/* The count is 0: the packets know. */
			for (ULONG j = 0; j < streams->PacketCount; j++) {
				USBD_ISO_PACKET_DESCRIPTOR *p =
					&packets[i * streams->PacketCount + j];

				fwrite(buffer + offset + p->Offset, 1, p->Length, file);
				total += p->Length;
			}
		}
	}
	if (handle != INVALID_HANDLE_VALUE)
		WinUsb_UnregisterIsochBuffer(handle);
	CloseEvents(overlapped);
	delete[] packets;
	delete[] buffer;
	return total;
}

int main(int argc, char **argv)
{
	Streams in, out;
	DEVICE device;
	FILE *file = argc >= 2 ? fopen(argv[1], "wb") : NULL;
	UCHAR setting = Setting(argc, argv, 2);

	if (file == NULL || !OpenDevice(&device, setting))
		return 1;
	if (FindPipe(&device, setting, TRUE, &in.Pipe) &&
	    FindPipe(&device, setting, FALSE, &out.Pipe)) {
		Measure(&in);
		Measure(&out);
		printf("sent %u transfers asap\n", (unsigned int)Send(&device, &out, true));
		printf("sent %u transfers in frames\n", (unsigned int)Send(&device, &out, false));
		printf("received %u bytes asap\n",
		       (unsigned int)Receive(&device, &in, true, file));
		printf("received %u bytes in frames\n",
		       (unsigned int)Receive(&device, &in, false, file));
	}
	fclose(file);
	CloseDevice(&device);
	return 0;
}
