// SPDX-License-Identifier: MIT
#include "usb.h"

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void close_file(void *argument)
{
	CloseHandle(argument);
}

static void free_interface(void *argument)
{
	WinUsb_Free(argument);
}

void usb_pipe(struct usb *usb, unsigned int alternate, uint8_t address,
	      WINUSB_PIPE_INFORMATION_EX *pipe)
{
	for (UCHAR i = 0; WinUsb_QueryPipeEx(usb->usb, (UCHAR)alternate, i, pipe); i++)
		if (pipe->PipeId == address)
			return;
	memset(pipe, 0, sizeof(*pipe));
}

void usb_open_on(struct usb *usb, unsigned int alternate)
{
	usb->file = CreateFileA(usb->device.node, GENERIC_READ | GENERIC_WRITE,
				FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
				FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OVERLAPPED, NULL);
	REQUIRE(usb->file != INVALID_HANDLE_VALUE);
	tap_defer(close_file, usb->file);
	REQUIRE_SUCCEEDS(WinUsb_Initialize(usb->file, &usb->usb));
	tap_defer(free_interface, usb->usb);
	REQUIRE_SUCCEEDS(WinUsb_SetCurrentAlternateSetting(usb->usb, (UCHAR)alternate));
	usb_pipe(usb, alternate, 0x81, &usb->in);
	usb_pipe(usb, alternate, 0x01, &usb->out);
}

void usb_open(struct usb *usb, enum sim_speed speed, unsigned int alternate)
{
	memset(usb, 0, sizeof(*usb));
	fixture_start_speed(&usb->device, speed);
	usb_open_on(usb, alternate);
}

void usb_open_shape(struct usb *usb, enum sim_speed speed, const char *const *alternates)
{
	struct sim_options options;

	memset(usb, 0, sizeof(*usb));
	fixture_options(&options, speed, alternates);
	fixture_start(&usb->device, &options);
	usb_open_on(usb, 1);
}

void *usb_memory(size_t size)
{
	void *memory = calloc(1, size);

	REQUIRE(memory);
	tap_defer(free, memory);
	return memory;
}

HANDLE usb_event(void)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

	REQUIRE(event);
	tap_defer(close_file, event);
	return event;
}

void usb_overlapped(OVERLAPPED *overlapped, unsigned int count)
{
	memset(overlapped, 0, count * sizeof(*overlapped));
	for (unsigned int i = 0; i < count; i++)
		overlapped[i].hEvent = usb_event();
}

static void unregister(void *argument)
{
	WinUsb_UnregisterIsochBuffer(argument);
}

WINUSB_ISOCH_BUFFER_HANDLE usb_register(struct usb *usb, uint8_t pipe, void *data, size_t size)
{
	WINUSB_ISOCH_BUFFER_HANDLE handle = NULL;

	REQUIRE_SUCCEEDS(WinUsb_RegisterIsochBuffer(usb->usb, pipe, data, (ULONG)size, &handle));
	tap_defer(unregister, handle);
	return handle;
}

void usb_hold(struct usb *usb)
{
	REQUIRE(!sim_fault(usb->device.sim, "hold+1000000000"));
}

void usb_release(struct usb *usb)
{
	sim_fault_clear(usb->device.sim);
	sim_release(usb->device.sim);
}

void usb_attribute(const struct usb *usb, const char *name, char *text, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/%s", usb->device.bus_id, name);
	file = fopen(path, "re");
	REQUIRE(file);
	REQUIRE(fgets(text, (int)size, file));
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
}

void usb_reset_device(const struct usb *usb)
{
	char bus[16], device[16], path[64];
	int fd;

	usb_attribute(usb, "busnum", bus, sizeof(bus));
	usb_attribute(usb, "devnum", device, sizeof(device));
	snprintf(path, sizeof(path), "/dev/bus/usb/%03d/%03d", atoi(bus), atoi(device));
	fd = fixture_open_path(path, O_RDWR);
	REQUIRE(fd >= 0);
	WORKS(fixture_ioctl(fd, USBDEVFS_RESET, NULL));
	fixture_close(fd);
}

DWORD usb_result(struct usb *usb, OVERLAPPED *overlapped, DWORD *bytes)
{
	DWORD none;

	return (DWORD)SAYS(
		WinUsb_GetOverlappedResult(usb->usb, overlapped, bytes ? bytes : &none, TRUE));
}

void usb_fill(struct usb *usb, uint8_t *data, uint32_t packets, uint64_t *counter)
{
	for (uint32_t i = 0; i < packets; i++)
		sim_pattern_fill(data + (size_t)i * usb->out.MaximumBytesPerInterval,
				 usb->out.MaximumBytesPerInterval, 0x01, (*counter)++);
}

bool usb_matches(const struct usb *usb, const uint8_t *data, uint32_t packets, uint64_t *counter)
{
	uint32_t size = usb->in.MaximumBytesPerInterval;

	*counter = sim_pattern_counter(data);
	for (uint32_t i = 0; i < packets; i++)
		if (!sim_pattern_matches(data + (size_t)i * size, size, 0x81, *counter + i))
			return false;
	return true;
}
