// SPDX-License-Identifier: MIT
/* Everything of winusb.h that is not isochronous, through the module, on a simulated device. */
#include "usb.h"

#include <string.h>

/* ---- Handles and questions ----------------------------------------------------------------- */

static void wrong_handles(void)
{
	WINUSB_INTERFACE_HANDLE usb_handle = NULL;
	USB_INTERFACE_DESCRIPTOR descriptor;
	WINUSB_PIPE_INFORMATION pipe;
	WINUSB_SETUP_PACKET packet = { 0 };
	HANDLE plain, none[4];
	ULONG length = 4;
	UCHAR value[32];
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	none[0] = NULL;
	none[1] = INVALID_HANDLE_VALUE;
	none[2] = usb.file;
	none[3] = value;
	for (unsigned int i = 0; i < 4; i++) {
		if (i != 2)
			FAILS(WinUsb_Initialize(none[i], &usb_handle), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_Free(none[i]), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_GetAssociatedInterface(none[i], 0, &usb_handle), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_QueryDeviceInformation(none[i], DEVICE_SPEED, &length, value),
		      ERROR_INVALID_HANDLE);
		FAILS(WinUsb_QueryInterfaceSettings(none[i], 0, &descriptor), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_QueryPipe(none[i], 1, 0, &pipe), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_GetDescriptor(none[i], 1, 0, 0, value, 18, &length),
		      ERROR_INVALID_HANDLE);
		FAILS(WinUsb_GetCurrentAlternateSetting(none[i], value), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_SetCurrentAlternateSetting(none[i], 1), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_GetPipePolicy(none[i], 0x81, RAW_IO, &length, value),
		      ERROR_INVALID_HANDLE);
		FAILS(WinUsb_SetPipePolicy(none[i], 0x81, RAW_IO, 1, value), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_GetPowerPolicy(none[i], AUTO_SUSPEND, &length, value),
		      ERROR_INVALID_HANDLE);
		FAILS(WinUsb_SetPowerPolicy(none[i], AUTO_SUSPEND, 1, value), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_ControlTransfer(none[i], packet, NULL, 0, &length, NULL),
		      ERROR_INVALID_HANDLE);
		FAILS(WinUsb_ReadPipe(none[i], 0x83, value, 1, &length, NULL),
		      ERROR_INVALID_HANDLE);
		FAILS(WinUsb_WritePipe(none[i], 0x03, value, 1, &length, NULL),
		      ERROR_INVALID_HANDLE);
		FAILS(WinUsb_AbortPipe(none[i], 0x81), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_FlushPipe(none[i], 0x81), ERROR_INVALID_HANDLE);
		FAILS(WinUsb_ResetPipe(none[i], 0x81), ERROR_INVALID_HANDLE);
	}
	FAILS(WinUsb_Initialize(usb.file, NULL), ERROR_INVALID_PARAMETER);
	/* A second handle of the same file is fine; one that is not overlapped is not. */
	SUCCEEDS(WinUsb_Initialize(usb.file, &usb_handle));
	SUCCEEDS(WinUsb_Free(usb_handle));
	FAILS(WinUsb_AbortPipe(usb_handle, 0x81), ERROR_INVALID_HANDLE);
	CHECK(CloseHandle(usb.file));
	plain = CreateFileA(usb.device.node, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
			    0, NULL);
	REQUIRE(plain != INVALID_HANDLE_VALUE);
	FAILS(WinUsb_Initialize(plain, &usb_handle), ERROR_INVALID_HANDLE);
	CHECK(CloseHandle(plain));
	FAILS(WinUsb_AbortPipe(usb.usb, 0x81), ERROR_INVALID_HANDLE);
}

static void interface_questions(void)
{
	USB_INTERFACE_DESCRIPTOR setting;
	WINUSB_PIPE_INFORMATION_EX ex;
	WINUSB_PIPE_INFORMATION pipe;
	UCHAR number = 99, speed = 0;
	ULONG length = 1;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	SUCCEEDS(WinUsb_QueryDeviceInformation(usb.usb, DEVICE_SPEED, &length, &speed));
	EQUAL(speed, HighSpeed);
	EQUAL(length, 1);
	length = 0;
	FAILS(WinUsb_QueryDeviceInformation(usb.usb, DEVICE_SPEED, &length, &speed),
	      ERROR_INSUFFICIENT_BUFFER);
	FAILS(WinUsb_QueryDeviceInformation(usb.usb, 2, &length, &speed), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_QueryDeviceInformation(usb.usb, DEVICE_SPEED, NULL, &speed),
	      ERROR_INVALID_PARAMETER);
	for (UCHAR i = 0; i < 9; i++) {
		SUCCEEDS(WinUsb_QueryInterfaceSettings(usb.usb, i, &setting));
		EQUAL(setting.bAlternateSetting, i);
		EQUAL(setting.bInterfaceClass, 0xff);
	}
	EQUAL(setting.bNumEndpoints, 5);
	FAILS(WinUsb_QueryInterfaceSettings(usb.usb, 9, &setting), ERROR_NO_MORE_ITEMS);
	FAILS(WinUsb_QueryInterfaceSettings(usb.usb, 0, NULL), ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_QueryPipeEx(usb.usb, 2, 0, &ex));
	EQUAL(ex.PipeType, UsbdPipeTypeIsochronous);
	EQUAL(ex.PipeId, 0x81);
	EQUAL(ex.MaximumPacketSize, 1024);
	EQUAL(ex.MaximumBytesPerInterval, 3072);
	EQUAL(ex.Interval, 1);
	SUCCEEDS(WinUsb_QueryPipe(usb.usb, 8, 2, &pipe));
	EQUAL(pipe.PipeType, UsbdPipeTypeBulk);
	EQUAL(pipe.PipeId, 0x83);
	EQUAL(pipe.MaximumPacketSize, 512);
	FAILS(WinUsb_QueryPipe(usb.usb, 1, 2, &pipe), ERROR_NO_MORE_ITEMS);
	FAILS(WinUsb_QueryPipe(usb.usb, 0, 0, &pipe), ERROR_NO_MORE_ITEMS);
	FAILS(WinUsb_QueryPipe(usb.usb, 77, 0, &pipe), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_QueryPipe(usb.usb, 1, 0, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_QueryPipeEx(usb.usb, 1, 0, NULL), ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_SetCurrentAlternateSetting(usb.usb, 3));
	SUCCEEDS(WinUsb_GetCurrentAlternateSetting(usb.usb, &number));
	EQUAL(number, 3);
	FAILS(WinUsb_GetCurrentAlternateSetting(usb.usb, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_SetCurrentAlternateSetting(usb.usb, 77), ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_GetCurrentAlternateSetting(usb.usb, &number));
	EQUAL(number, 3);
}

static void full_speed(void)
{
	UCHAR speed = 0;
	ULONG length = 1;
	struct usb usb;

	usb_open(&usb, SIM_FULL, 1);
	SUCCEEDS(WinUsb_QueryDeviceInformation(usb.usb, DEVICE_SPEED, &length, &speed));
	EQUAL(speed, LowSpeed);
	EQUAL(usb.in.MaximumBytesPerInterval, 192);
}

static void descriptors(void)
{
	USB_CONFIGURATION_DESCRIPTOR head;
	PUSB_INTERFACE_DESCRIPTOR found;
	USB_INTERFACE_DESCRIPTOR interface;
	USB_DEVICE_DESCRIPTOR device = { 0 };
	USB_ENDPOINT_DESCRIPTOR endpoint;
	UCHAR all[4096], string[255];
	WCHAR text[64];
	ULONG length;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	SUCCEEDS(WinUsb_GetDescriptor(usb.usb, USB_DEVICE_DESCRIPTOR_TYPE, 0, 0, (PUCHAR)&device,
				      sizeof(device), &length));
	EQUAL(length, 18);
	EQUAL(device.idVendor, 0x1209);
	EQUAL(device.idProduct, 0x0001);
	SUCCEEDS(WinUsb_GetDescriptor(usb.usb, USB_CONFIGURATION_DESCRIPTOR_TYPE, 0, 0,
				      (PUCHAR)&head, sizeof(head), &length));
	EQUAL(length, 9);
	SUCCEEDS(WinUsb_GetDescriptor(usb.usb, USB_CONFIGURATION_DESCRIPTOR_TYPE, 0, 0, all,
				      sizeof(all), &length));
	EQUAL(length, head.wTotalLength);
	found = WinUsb_ParseConfigurationDescriptor((PUSB_CONFIGURATION_DESCRIPTOR)all, all, 0, 2,
						    -1, -1, -1);
	REQUIRE(found);
	EQUAL(found->bAlternateSetting, 2);
	SUCCEEDS(WinUsb_GetDescriptor(usb.usb, USB_INTERFACE_DESCRIPTOR_TYPE, 2, 0,
				      (PUCHAR)&interface, sizeof(interface), &length));
	CHECK(!memcmp(&interface, found, sizeof(interface)));
	SUCCEEDS(WinUsb_GetDescriptor(usb.usb, USB_ENDPOINT_DESCRIPTOR_TYPE, 1, 0,
				      (PUCHAR)&endpoint, sizeof(endpoint), &length));
	EQUAL(endpoint.bEndpointAddress, 0x01);
	FAILS(WinUsb_GetDescriptor(usb.usb, USB_ENDPOINT_DESCRIPTOR_TYPE, 2, 0, all, 7, &length),
	      ERROR_NO_MORE_ITEMS);
	SUCCEEDS(WinUsb_GetDescriptor(usb.usb, USB_STRING_DESCRIPTOR_TYPE, device.iProduct, 0x409,
				      string, sizeof(string), &length));
	CHECK(WinUsbExt_StringFromDescriptor((PUSB_STRING_DESCRIPTOR)string, text, 64) > 0);
	FAILS(WinUsb_GetDescriptor(usb.usb, USB_STRING_DESCRIPTOR_TYPE, 200, 0x409, string,
				   sizeof(string), &length),
	      ERROR_GEN_FAILURE);
	FAILS(WinUsb_GetDescriptor(usb.usb, 1, 0, 0, NULL, 18, &length), ERROR_INVALID_PARAMETER);
}

static void associated_interfaces(void)
{
	WINUSB_INTERFACE_HANDLE second = NULL, third = NULL, none;
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	USB_INTERFACE_DESCRIPTOR setting;
	struct sim_options options;
	OVERLAPPED overlapped;
	struct usb usb;

	memset(&usb, 0, sizeof(usb));
	sim_options_init(&options, SIM_HIGH);
	sim_shape_default(&options.shape, SIM_HIGH, 3);
	fixture_start(&usb.device, &options);
	usb_open_on(&usb, 1);
	SUCCEEDS(WinUsb_GetAssociatedInterface(usb.usb, 0, &second));
	SUCCEEDS(WinUsb_GetAssociatedInterface(usb.usb, 1, &third));
	FAILS(WinUsb_GetAssociatedInterface(usb.usb, 0, &none), ERROR_ALREADY_EXISTS);
	FAILS(WinUsb_GetAssociatedInterface(usb.usb, 2, &none), ERROR_NO_MORE_ITEMS);
	FAILS(WinUsb_GetAssociatedInterface(usb.usb, 255, &none), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_GetAssociatedInterface(usb.usb, 0, NULL), ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_QueryInterfaceSettings(second, 0, &setting));
	EQUAL(setting.bInterfaceNumber, 1);
	SUCCEEDS(WinUsb_QueryInterfaceSettings(third, 0, &setting));
	EQUAL(setting.bInterfaceNumber, 2);
	SUCCEEDS(WinUsb_SetCurrentAlternateSetting(second, 1));
	REQUIRE_SUCCEEDS(WinUsb_RegisterIsochBuffer(second, 0x85, usb_memory(8192), 8192, &handle));
	usb_overlapped(&overlapped, 1);
	PENDS(WinUsb_ReadIsochPipeAsap(handle, 0, 8192, FALSE, 8, packets, &overlapped));
	/* The first interface's handle will do. */
	EQUAL(usb_result(&usb, &overlapped, NULL), 0);
	EQUAL(packets[7].Length, 1024);
	SUCCEEDS(WinUsb_UnregisterIsochBuffer(handle));
	SUCCEEDS(WinUsb_Free(second));
	SUCCEEDS(WinUsb_GetAssociatedInterface(usb.usb, 0, &second));
	SUCCEEDS(WinUsb_Free(second));
	SUCCEEDS(WinUsb_Free(third));
}

/* ---- Policies ------------------------------------------------------------------------------ */

static void pipe_policies(void)
{
	ULONG length, value;
	UCHAR flag, yes = 5, no = 0;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 8);
	for (ULONG type = SHORT_PACKET_TERMINATE; type <= RESET_PIPE_ON_RESUME; type++) {
		if (type == PIPE_TRANSFER_TIMEOUT || type == MAXIMUM_TRANSFER_SIZE)
			continue;
		length = 1;
		flag = 9;
		SUCCEEDS(WinUsb_GetPipePolicy(usb.usb, 0x83, type, &length, &flag));
		EQUAL(flag, type == ALLOW_PARTIAL_READS);
		SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, type, 1, &yes));
		SUCCEEDS(WinUsb_GetPipePolicy(usb.usb, 0x83, type, &length, &flag));
		EQUAL(flag, 1);
		SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, type, 1, &no));
		SUCCEEDS(WinUsb_GetPipePolicy(usb.usb, 0x83, type, &length, &flag));
		EQUAL(flag, 0);
		FAILS(WinUsb_SetPipePolicy(usb.usb, 0x83, type, 0, &yes), ERROR_INVALID_PARAMETER);
		FAILS(WinUsb_SetPipePolicy(usb.usb, 0x83, type, 1, NULL), ERROR_INVALID_PARAMETER);
		length = 0;
		FAILS(WinUsb_GetPipePolicy(usb.usb, 0x83, type, &length, &flag),
		      ERROR_INSUFFICIENT_BUFFER);
		EQUAL(length, 1);
	}
	length = 4;
	SUCCEEDS(WinUsb_GetPipePolicy(usb.usb, 0, PIPE_TRANSFER_TIMEOUT, &length, &value));
	EQUAL(value, 5000);
	SUCCEEDS(WinUsb_GetPipePolicy(usb.usb, 0x83, PIPE_TRANSFER_TIMEOUT, &length, &value));
	EQUAL(value, 0);
	value = 123;
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, PIPE_TRANSFER_TIMEOUT, 4, &value));
	value = 0;
	SUCCEEDS(WinUsb_GetPipePolicy(usb.usb, 0x83, PIPE_TRANSFER_TIMEOUT, &length, &value));
	EQUAL(value, 123);
	FAILS(WinUsb_SetPipePolicy(usb.usb, 0x83, PIPE_TRANSFER_TIMEOUT, 1, &value),
	      ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_GetPipePolicy(usb.usb, 0x83, MAXIMUM_TRANSFER_SIZE, &length, &value));
	EQUAL(value, 4 << 20);
	FAILS(WinUsb_SetPipePolicy(usb.usb, 0x83, MAXIMUM_TRANSFER_SIZE, 4, &value),
	      ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_SetPipePolicy(usb.usb, 0x83, 10, 1, &yes), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_SetPipePolicy(usb.usb, 0, RAW_IO, 1, &yes), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_SetPipePolicy(usb.usb, 0x8f, RAW_IO, 1, &yes), ERROR_INVALID_PARAMETER);
	/* On isochronous pipes they are kept, and mean nothing. */
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x81, RAW_IO, 1, &yes));
	/* WinUsb_Initialize() sets them back. */
	WINUSB_INTERFACE_HANDLE again;

	SUCCEEDS(WinUsb_Initialize(usb.file, &again));
	SUCCEEDS(WinUsb_GetPipePolicy(usb.usb, 0x83, PIPE_TRANSFER_TIMEOUT, &length, &value));
	EQUAL(value, 0);
	SUCCEEDS(WinUsb_Free(again));
}

static void power_policies(void)
{
	ULONG length = 4, value = 0;
	UCHAR flag = 9, yes = 1;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	length = 1;
	SUCCEEDS(WinUsb_GetPowerPolicy(usb.usb, AUTO_SUSPEND, &length, &flag));
	EQUAL(flag, 0);
	SUCCEEDS(WinUsb_SetPowerPolicy(usb.usb, AUTO_SUSPEND, 1, &yes));
	SUCCEEDS(WinUsb_GetPowerPolicy(usb.usb, AUTO_SUSPEND, &length, &flag));
	EQUAL(flag, 1);
	length = 4;
	value = 3000;
	SUCCEEDS(WinUsb_SetPowerPolicy(usb.usb, SUSPEND_DELAY, 4, &value));
	value = 0;
	SUCCEEDS(WinUsb_GetPowerPolicy(usb.usb, SUSPEND_DELAY, &length, &value));
	EQUAL(value, 3000);
	FAILS(WinUsb_SetPowerPolicy(usb.usb, SUSPEND_DELAY, 1, &value), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_SetPowerPolicy(usb.usb, AUTO_SUSPEND, 0, &yes), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_SetPowerPolicy(usb.usb, 0x84, 1, &yes), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_GetPowerPolicy(usb.usb, 0x84, &length, &value), ERROR_INVALID_PARAMETER);
	length = 1;
	FAILS(WinUsb_GetPowerPolicy(usb.usb, SUSPEND_DELAY, &length, &value),
	      ERROR_INSUFFICIENT_BUFFER);
}

/* ---- Control transfers --------------------------------------------------------------------- */

static WINUSB_SETUP_PACKET vendor(bool in, UCHAR request, USHORT value)
{
	WINUSB_SETUP_PACKET packet = {
		.RequestType = in ? 0xc0 : 0x40,
		.Request = request,
		.Value = value,
	};

	return packet;
}

static void control_transfers(void)
{
	UCHAR data[64], back[64] = { 0 }, large[5000];
	WINUSB_SETUP_PACKET packet;
	OVERLAPPED overlapped;
	ULONG length = 99;
	UCHAR yes = 1;
	struct usb usb;
	DWORD bytes;

	usb_open(&usb, SIM_HIGH, 1);
	memset(data, 0x3c, sizeof(data));
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, vendor(false, SIM_REQUEST_STORE, 0), data, 40,
					&length, NULL));
	EQUAL(length, 40);
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, vendor(true, SIM_REQUEST_STORE, 0), back, 64,
					&length, NULL));
	EQUAL(length, 40);
	CHECK(!memcmp(data, back, 40) && !back[40]);
	FAILS(WinUsb_ControlTransfer(usb.usb, vendor(true, SIM_REQUEST_STALL, 0), back, 64, &length,
				     NULL),
	      ERROR_GEN_FAILURE);
	usb_overlapped(&overlapped, 1);
	PENDS(WinUsb_ControlTransfer(usb.usb, vendor(true, SIM_REQUEST_STORE, 0), back, 16, NULL,
				     &overlapped));
	EQUAL(usb_result(&usb, &overlapped, &bytes), 0);
	EQUAL(bytes, 16);
	/* To the interface: Windows writes its number, and the length is the buffer's. */
	packet = vendor(true, SIM_REQUEST_SETUP, 0x1234);
	packet.RequestType = 0xc1;
	packet.Index = 0x5577;
	packet.Length = 1;
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, packet, back, 8, &length, NULL));
	EQUAL(back[4], 0);
	EQUAL(back[5], 0x55);
	EQUAL(back[6], 8);
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, vendor(false, SIM_REQUEST_STORE, 0), NULL, 0, NULL,
					NULL));
	FAILS(WinUsb_ControlTransfer(usb.usb, vendor(true, SIM_REQUEST_STORE, 0), NULL, 8, &length,
				     NULL),
	      ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_ControlTransfer(usb.usb, vendor(false, SIM_REQUEST_STORE, 0), large, 5000,
				     &length, NULL),
	      ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsbExt_SetPolicy(usb.usb, WINUSBEXT_LIFT_LIMITS, 1, &yes));
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, vendor(false, SIM_REQUEST_SLOW, 0), large, 4096,
					&length, NULL));
	/* Not past the kernel. */
	packet = (WINUSB_SETUP_PACKET){ .RequestType = 0x01, .Request = 11, .Value = 2 };
	FAILS(WinUsb_ControlTransfer(usb.usb, packet, NULL, 0, &length, NULL), ERROR_ACCESS_DENIED);
}

static void control_time_out(void)
{
	ULONG length, timeout = 200;
	OVERLAPPED overlapped;
	UCHAR back[8];
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0, PIPE_TRANSFER_TIMEOUT, 4, &timeout));
	FAILS(WinUsb_ControlTransfer(usb.usb, vendor(true, SIM_REQUEST_SLOW, 0xffff), back, 8,
				     &length, NULL),
	      ERROR_SEM_TIMEOUT);
	sim_release(usb.device.sim);
	usb_overlapped(&overlapped, 1);
	timeout = 0;
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0, PIPE_TRANSFER_TIMEOUT, 4, &timeout));
	PENDS(WinUsb_ControlTransfer(usb.usb, vendor(true, SIM_REQUEST_SLOW, 0xffff), back, 8, NULL,
				     &overlapped));
	CHECK(CancelIoEx(usb.file, &overlapped));
	EQUAL(usb_result(&usb, &overlapped, NULL), ERROR_OPERATION_ABORTED);
	sim_release(usb.device.sim);
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, vendor(true, SIM_REQUEST_STORE, 0), back, 8,
					&length, NULL));
}

/* ---- Bulk and interrupt -------------------------------------------------------------------- */

/* What goes out on 0x03 comes back on 0x83; 0x84 is interrupt IN, 0x04 OUT, looped as well. */
static const char *const loops[] = {
	"in:0x83:512:0:bulk:loop=3,out:0x03:512:0:bulk,"
	"in:0x84:64:1:interrupt:loop=4,out:0x04:64:1:interrupt,in:0x81:512:1,in:0x85:512:0:bulk",
	NULL
};

static void fill(uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void bulk_there_and_back(void)
{
	const ULONG size = 5 * 1024 * 1024 + 100;
	uint8_t *data = usb_memory(size), *back = usb_memory(size);
	OVERLAPPED overlapped[2];
	struct usb usb;
	ULONG length;
	DWORD bytes;

	usb_open_shape(&usb, SIM_HIGH, loops);
	fill(data, size);
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data, 1300, &length, NULL));
	EQUAL(length, 1300);
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 4096, &length, NULL));
	EQUAL(length, 1300);
	CHECK(!memcmp(data, back, 1300));
	/* More than the driver takes at once: in pieces. */
	usb_overlapped(overlapped, 2);
	PENDS(WinUsb_ReadPipe(usb.usb, 0x83, back, size, NULL, &overlapped[0]));
	PENDS(WinUsb_WritePipe(usb.usb, 0x03, data, size, NULL, &overlapped[1]));
	EQUAL(usb_result(&usb, &overlapped[1], &bytes), 0);
	EQUAL(bytes, size);
	EQUAL(usb_result(&usb, &overlapped[0], &bytes), 0);
	EQUAL(bytes, size);
	CHECK(!memcmp(data, back, size));
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x04, data, 50, &length, NULL));
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x84, back, 64, &length, NULL));
	EQUAL(length, 50);
	CHECK(!memcmp(data, back, 50));
}

static void wrong_bulk(void)
{
	UCHAR data[1024], yes = 1;
	ULONG length;
	struct usb usb;

	usb_open_shape(&usb, SIM_HIGH, loops);
	FAILS(WinUsb_ReadPipe(usb.usb, 0x03, data, 512, &length, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_WritePipe(usb.usb, 0x83, data, 512, &length, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_ReadPipe(usb.usb, 0x81, data, 512, &length, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_ReadPipe(usb.usb, 0x8e, data, 512, &length, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_ReadPipe(usb.usb, 0x80, data, 512, &length, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_ReadPipe(usb.usb, 0x83, NULL, 512, &length, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_AbortPipe(usb.usb, 0x8e), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_FlushPipe(usb.usb, 0x8e), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_ResetPipe(usb.usb, 0x8e), ERROR_INVALID_PARAMETER);
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, RAW_IO, 1, &yes));
	FAILS(WinUsb_ReadPipe(usb.usb, 0x83, data, 500, &length, NULL), ERROR_INVALID_PARAMETER);
	FAILS(WinUsb_ReadPipe(usb.usb, 0x83, data, (4 << 20) + 512, &length, NULL),
	      ERROR_INVALID_PARAMETER);
}

static void partial_reads(void)
{
	UCHAR data[600], back[600], yes = 1, no = 0;
	ULONG length;
	struct usb usb;

	usb_open_shape(&usb, SIM_HIGH, loops);
	fill(data, sizeof(data));
	/* 100 + 100, then the rest, which is short and ends the read. */
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data, 300, &length, NULL));
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 100, &length, NULL));
	EQUAL(length, 100);
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back + 100, 100, &length, NULL));
	EQUAL(length, 100);
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back + 200, 400, &length, NULL));
	EQUAL(length, 100);
	CHECK(!memcmp(data, back, 300));
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 0, &length, NULL));
	EQUAL(length, 0);
	/* Flushed by hand, and by itself. */
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data, 300, &length, NULL));
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 10, &length, NULL));
	SUCCEEDS(WinUsb_FlushPipe(usb.usb, 0x83));
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, AUTO_FLUSH, 1, &yes));
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data + 50, 300, &length, NULL));
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 10, &length, NULL));
	EQUAL(back[0], data[50]);
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data + 90, 300, &length, NULL));
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 300, &length, NULL));
	EQUAL(length, 300);
	EQUAL(back[0], data[90]);
	/* Without partial reads it is an error, and the pipe is halted until it is reset. */
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, ALLOW_PARTIAL_READS, 1, &no));
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data, 512, &length, NULL));
	FAILS(WinUsb_ReadPipe(usb.usb, 0x83, back, 10, &length, NULL), ERROR_GEN_FAILURE);
	SUCCEEDS(WinUsb_ResetPipe(usb.usb, 0x83));
}

static void short_packets(void)
{
	UCHAR data[1024], back[1024], yes = 1;
	OVERLAPPED overlapped;
	struct usb usb;
	ULONG length;
	DWORD bytes;

	usb_open_shape(&usb, SIM_HIGH, loops);
	fill(data, sizeof(data));
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, IGNORE_SHORT_PACKETS, 1, &yes));
	usb_overlapped(&overlapped, 1);
	PENDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 300, NULL, &overlapped));
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data, 100, &length, NULL));
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data + 100, 100, &length, NULL));
	CHECK(!HasOverlappedIoCompleted(&overlapped));
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data + 200, 100, &length, NULL));
	EQUAL(usb_result(&usb, &overlapped, &bytes), 0);
	EQUAL(bytes, 300);
	CHECK(!memcmp(data, back, 300));
}

static void short_packet_terminate(void)
{
	UCHAR data[1024], back[2048], yes = 1;
	struct usb usb;
	ULONG length;

	usb_open_shape(&usb, SIM_HIGH, loops);
	fill(data, sizeof(data));
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x03, SHORT_PACKET_TERMINATE, 1, &yes));
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x04, SHORT_PACKET_TERMINATE, 1, &yes));
	/* The packet of no length ends the read, which asks for more. */
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data, 1024, &length, NULL));
	EQUAL(length, 1024);
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 2048, &length, NULL));
	EQUAL(length, 1024);
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x04, data, 64, &length, NULL));
	EQUAL(length, 64);
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x84, back, 128, &length, NULL));
	EQUAL(length, 64);
}

static void read_time_out(void)
{
	ULONG length, timeout = 100;
	UCHAR back[512], data[5] = { 1, 2, 3, 4, 5 };
	OVERLAPPED overlapped;
	struct usb usb;

	usb_open_shape(&usb, SIM_HIGH, loops);
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, PIPE_TRANSFER_TIMEOUT, 4, &timeout));
	FAILS(WinUsb_ReadPipe(usb.usb, 0x83, back, 512, &length, NULL), ERROR_SEM_TIMEOUT);
	usb_overlapped(&overlapped, 1);
	PENDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 512, NULL, &overlapped));
	EQUAL(usb_result(&usb, &overlapped, NULL), ERROR_SEM_TIMEOUT);
	/* The pipe is not halted by it. */
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data, 5, &length, NULL));
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 512, &length, NULL));
	EQUAL(length, 5);
}

static void stalls(void)
{
	WINUSB_SETUP_PACKET halt = vendor(false, SIM_REQUEST_HALT, 0);
	UCHAR back[512], data[5] = { 1, 2, 3, 4, 5 }, yes = 1;
	ULONG length;
	struct usb usb;

	usb_open_shape(&usb, SIM_HIGH, loops);
	halt.Index = 0x83;
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, halt, NULL, 0, NULL, NULL));
	FAILS(WinUsb_ReadPipe(usb.usb, 0x83, back, 512, &length, NULL), ERROR_GEN_FAILURE);
	FAILS(WinUsb_ReadPipe(usb.usb, 0x83, back, 512, &length, NULL), ERROR_GEN_FAILURE);
	SUCCEEDS(WinUsb_ResetPipe(usb.usb, 0x83));
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data, 5, &length, NULL));
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 512, &length, NULL));
	EQUAL(length, 5);
	/* With AUTO_CLEAR_STALL one read fails, and the next one does not. */
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, AUTO_CLEAR_STALL, 1, &yes));
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, halt, NULL, 0, NULL, NULL));
	FAILS(WinUsb_ReadPipe(usb.usb, 0x83, back, 512, &length, NULL), ERROR_GEN_FAILURE);
	SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data, 4, &length, NULL));
	SUCCEEDS(WinUsb_ReadPipe(usb.usb, 0x83, back, 512, &length, NULL));
	EQUAL(length, 4);
}

/* Three reads are pending when the endpoint halts: those behind the first are not lost. */
static void stall_before_queued_reads(void)
{
	WINUSB_SETUP_PACKET halt = vendor(false, SIM_REQUEST_HALT, 0);
	UCHAR data[30], back[3][512], yes = 1;
	OVERLAPPED overlapped[3];
	ULONG length;
	struct usb usb;
	DWORD bytes;

	usb_open_shape(&usb, SIM_HIGH, loops);
	fill(data, sizeof(data));
	halt.Index = 0x83;
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, AUTO_CLEAR_STALL, 1, &yes));
	usb_overlapped(overlapped, 3);
	for (unsigned int i = 0; i < 3; i++)
		PENDS(WinUsb_ReadPipe(usb.usb, 0x83, back[i], 512, NULL, &overlapped[i]));
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, halt, NULL, 0, NULL, NULL));
	EQUAL(usb_result(&usb, &overlapped[0], NULL), ERROR_GEN_FAILURE);
	for (unsigned int i = 1; i < 3; i++) {
		CHECK(!HasOverlappedIoCompleted(&overlapped[i]));
		SUCCEEDS(WinUsb_WritePipe(usb.usb, 0x03, data + i, 10 * i, &length, NULL));
		EQUAL(usb_result(&usb, &overlapped[i], &bytes), 0);
		EQUAL(bytes, 10 * i);
		EQUAL(back[i][0], data[i]);
	}
	/* Without the policy they all fail. */
	yes = 0;
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, AUTO_CLEAR_STALL, 1, &yes));
	for (unsigned int i = 0; i < 3; i++)
		PENDS(WinUsb_ReadPipe(usb.usb, 0x83, back[i], 512, NULL, &overlapped[i]));
	SUCCEEDS(WinUsb_ControlTransfer(usb.usb, halt, NULL, 0, NULL, NULL));
	for (unsigned int i = 0; i < 3; i++)
		EQUAL(usb_result(&usb, &overlapped[i], NULL), ERROR_GEN_FAILURE);
}

/* ---- Sleep --------------------------------------------------------------------------------- */

static uint64_t control_requests(struct usb *usb)
{
	struct sim_device_stats stats;

	sim_device_stats(usb->device.sim, &stats);
	return stats.control_requests;
}

/* Requests on the control pipe that a write costs. */
static uint64_t requests_of_write(struct usb *usb, const UCHAR *data)
{
	uint64_t before = control_requests(usb);
	ULONG length;

	SUCCEEDS(WinUsb_WritePipe(usb->usb, 0x03, (PUCHAR)data, 5, &length, NULL));
	return control_requests(usb) - before;
}

static bool is_asleep(void *argument)
{
	const struct usb *usb = argument;
	char text[32];

	usb_attribute(usb, "power/runtime_status", text, sizeof(text));
	return !strcmp(text, "suspended");
}

/* What the kernel asks of a device that wakes is not the library's. */
static void reset_after_suspend(void)
{
	UCHAR data[5] = { 1, 2, 3, 4, 5 }, yes = 1;
	ULONG delay = 10;
	uint64_t requests;
	struct usb usb;

	usb_open_shape(&usb, SIM_HIGH, loops);
	SUCCEEDS(WinUsb_SetPowerPolicy(usb.usb, SUSPEND_DELAY, 4, &delay));
	SUCCEEDS(WinUsb_SetPowerPolicy(usb.usb, AUTO_SUSPEND, 1, &yes));
	requests_of_write(&usb, data);
	REQUIRE(fixture_wait(is_asleep, &usb));
	requests = requests_of_write(&usb, data);
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x03, RESET_PIPE_ON_RESUME, 1, &yes));
	REQUIRE(fixture_wait(is_asleep, &usb));
	EQUAL(requests_of_write(&usb, data), requests + 1);
}

/* A device that was reset has forgotten as much as one that slept. */
static void reset_after_reset(void)
{
	UCHAR data[5] = { 1, 2, 3, 4, 5 }, yes = 1, back[64];
	OVERLAPPED overlapped;
	struct usb usb;

	usb_open_shape(&usb, SIM_HIGH, loops);
	usb_overlapped(&overlapped, 1);
	EQUAL(requests_of_write(&usb, data), 0);
	SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x03, RESET_PIPE_ON_RESUME, 1, &yes));
	EQUAL(requests_of_write(&usb, data), 0);
	PENDS(WinUsb_ReadPipe(usb.usb, 0x84, back, 64, NULL, &overlapped));
	usb_reset_device(&usb);
	EQUAL(usb_result(&usb, &overlapped, NULL), ERROR_OPERATION_ABORTED);
	EQUAL(requests_of_write(&usb, data), 1);
	EQUAL(requests_of_write(&usb, data), 0);
}

static void abort_reads(void)
{
	OVERLAPPED overlapped[5];
	UCHAR back[5][512], yes = 1;
	struct usb usb;

	usb_open_shape(&usb, SIM_HIGH, loops);
	usb_overlapped(overlapped, 5);
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < 5; i++)
			PENDS(WinUsb_ReadPipe(usb.usb, 0x83, back[i], 512, NULL, &overlapped[i]));
		CHECK(CancelIoEx(usb.file, &overlapped[3]));
		EQUAL(usb_result(&usb, &overlapped[3], NULL), ERROR_OPERATION_ABORTED);
		CHECK(!HasOverlappedIoCompleted(&overlapped[4]));
		SUCCEEDS(WinUsb_AbortPipe(usb.usb, 0x83));
		for (unsigned int i = 0; i < 5; i++)
			FAILS(WinUsb_GetOverlappedResult(usb.usb, &overlapped[i], NULL, FALSE),
			      ERROR_OPERATION_ABORTED);
		/* And once more past the queue. */
		SUCCEEDS(WinUsb_SetPipePolicy(usb.usb, 0x83, RAW_IO, 1, &yes));
	}
}

static void asynchronous_calls(void)
{
	OVERLAPPED overlapped;
	UCHAR number = 0;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 8);
	usb_overlapped(&overlapped, 1);
	PENDS(WinUsb_AbortPipeAsync(usb.usb, 0x83, &overlapped));
	EQUAL(usb_result(&usb, &overlapped, NULL), 0);
	PENDS(WinUsb_ResetPipeAsync(usb.usb, 0x83, &overlapped));
	EQUAL(usb_result(&usb, &overlapped, NULL), 0);
	PENDS(WinUsb_ResetPipeAsync(usb.usb, 0x8e, &overlapped));
	EQUAL(usb_result(&usb, &overlapped, NULL), ERROR_INVALID_PARAMETER);
	PENDS(WinUsb_SetCurrentAlternateSettingAsync(usb.usb, 2, &overlapped));
	EQUAL(usb_result(&usb, &overlapped, NULL), 0);
	SUCCEEDS(WinUsb_GetCurrentAlternateSetting(usb.usb, &number));
	EQUAL(number, 2);
}

static const struct tap_test tests[] = {
	{ "a wrong handle is refused by every function", wrong_handles },
	{ "interfaces, settings and pipes are found", interface_questions },
	{ "full speed is the other speed", full_speed },
	{ "descriptors come from the device, or from its configuration", descriptors },
	{ "associated interfaces are interfaces", associated_interfaces },
	{ "pipe policies keep their values", pipe_policies },
	{ "power policies reach the device", power_policies },
	{ "control transfers move data both ways", control_transfers },
	{ "a control transfer that takes too long is cancelled", control_time_out },
	{ "bulk and interrupt data goes out and comes back", bulk_there_and_back },
	{ "wrong bulk transfers are refused", wrong_bulk },
	{ "what a read did not ask for is kept, dropped or refused", partial_reads },
	{ "IGNORE_SHORT_PACKETS reads on", short_packets },
	{ "SHORT_PACKET_TERMINATE ends with an empty packet", short_packet_terminate },
	{ "a read that takes too long is cancelled", read_time_out },
	{ "a stall lasts until it is cleared", stalls },
	{ "AUTO_CLEAR_STALL keeps the reads behind one that failed", stall_before_queued_reads },
	{ "RESET_PIPE_ON_RESUME resets a pipe after the device was asleep", reset_after_suspend },
	{ "RESET_PIPE_ON_RESUME resets a pipe once after the device was reset", reset_after_reset },
	{ "aborting and cancelling reads", abort_reads },
	{ "the asynchronous calls are operations", asynchronous_calls },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
