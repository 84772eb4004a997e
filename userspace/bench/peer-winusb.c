// SPDX-License-Identifier: MIT
/*
 * WinUSB's calls, as programs use them: an OVERLAPPED for each transfer, and memory of their own,
 * which is copied from; or, with one call more, memory that is the driver's.
 */
#include "bench.h"

#include <stdlib.h>

#include <windows.h>
#include <winusb.h>
#include <winusb_ext.h>

struct block {
	OVERLAPPED overlapped;
	PUSBD_ISO_PACKET_DESCRIPTOR packets;
};

struct state {
	HANDLE file;
	WINUSB_INTERFACE_HANDLE usb;
	WINUSB_ISOCH_BUFFER_HANDLE buffer;
	PUCHAR memory;
	struct block *blocks;
	uint32_t next;
};

static void check(BOOL good, const char *what)
{
	if (!good)
		die("%s: error %u", what, (unsigned int)GetLastError());
}

static void submit(struct job *job, uint32_t number, BOOL follows)
{
	struct state *state = job->state;
	struct block *block = &state->blocks[number];
	ULONG size = job_transfer_size(job);
	BOOL done;

	if (job_is_in(job))
		done = WinUsb_ReadIsochPipeAsap(state->buffer, number * size, size, follows,
						job->packets, block->packets, &block->overlapped);
	else
		done = WinUsb_WriteIsochPipeAsap(state->buffer, number * size, size, follows,
						 &block->overlapped);
	check(done || GetLastError() == ERROR_IO_PENDING, "WinUsb_...IsochPipeAsap");
}

static PUCHAR get_memory(struct job *job)
{
	struct state *state = job->state;
	ULONG size = job->depth * job_transfer_size(job);
	PUCHAR memory = NULL;

	if (job->peer != &peer_winusb_shared)
		return calloc(1, size);
	check(WinUsbExt_AllocIsochBuffer(state->usb, job->endpoint, size, &memory),
	      "AllocIsochBuffer");
	return memory;
}

static void open_stream(struct job *job)
{
	struct state *state = calloc(1, sizeof(*state));
	ULONG size = job_transfer_size(job);
	UCHAR yes = TRUE;
	uint32_t i;

	job->state = state;
	state->file = CreateFileA(job->node, GENERIC_READ | GENERIC_WRITE,
				  FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
				  FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OVERLAPPED, NULL);
	check(state->file != INVALID_HANDLE_VALUE, "CreateFile");
	check(WinUsb_Initialize(state->file, &state->usb), "WinUsb_Initialize");
	/* Transfers of less than a frame are more than Windows takes. */
	check(WinUsbExt_SetPolicy(state->usb, WINUSBEXT_LIFT_LIMITS, sizeof(yes), &yes), "policy");
	check(WinUsb_SetCurrentAlternateSetting(state->usb, (UCHAR)job->alternate), "setting");
	state->memory = get_memory(job);
	check(WinUsb_RegisterIsochBuffer(state->usb, job->endpoint, state->memory,
					 job->depth * size, &state->buffer),
	      "RegisterIsochBuffer");
	state->blocks = calloc(job->depth, sizeof(*state->blocks));
	for (i = 0; i < job->depth; i++) {
		state->blocks[i].packets = calloc(job->packets, sizeof(USBD_ISO_PACKET_DESCRIPTOR));
		state->blocks[i].overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
		submit(job, i, i > 0);
	}
}

static BOOL get_result(struct state *state, uint32_t number)
{
	DWORD bytes;

	return WinUsb_GetOverlappedResult(state->usb, &state->blocks[number].overlapped, &bytes,
					  TRUE);
}

static void collect(struct job *job)
{
	struct state *state = job->state;
	const struct block *block = &state->blocks[state->next];
	BOOL good = get_result(state, state->next);
	uint32_t bad = 0, i;

	for (i = 0; job_is_in(job) && i < job->packets; i++)
		bad += block->packets[i].Status != 0;
	job_done(job, !good, bad);
	/* What failed did not go where it should: from here on it is another stream. */
	submit(job, state->next, good);
	state->next = (state->next + 1) % job->depth;
}

/* Of several it waits for the last one; the others have ended then. */
static void run(struct job *job, uint64_t until)
{
	struct state *state = job->state;

	while (job->done < until) {
		uint32_t i;

		if (job->batch > 1)
			get_result(state, (state->next + job->batch - 1) % job->depth);
		for (i = 0; i < job->batch; i++)
			collect(job);
	}
}

static void close_stream(struct job *job)
{
	struct state *state = job->state;

	WinUsb_AbortPipe(state->usb, job->endpoint);
	WinUsb_UnregisterIsochBuffer(state->buffer);
	WinUsb_Free(state->usb);
	CloseHandle(state->file);
}

const struct peer peer_winusb = {
	.name = "winusb",
	.driver = "winusb_iso",
	.open = open_stream,
	.run = run,
	.close = close_stream,
};

const struct peer peer_winusb_shared = {
	.name = "winusb-shared",
	.driver = "winusb_iso",
	.open = open_stream,
	.run = run,
	.close = close_stream,
};
