/* SPDX-License-Identifier: MIT */
/* How the examples find and open their device: by the GUID of its interface, as on Windows. */
#ifndef EXAMPLE_DEVICE_H
#define EXAMPLE_DEVICE_H

#include <windows.h>
#include <initguid.h>
#include <setupapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winusb.h>

/* What the simulated device says in its Microsoft OS descriptors. */
DEFINE_GUID(GUID_DEVINTERFACE_EXAMPLE, 0x5d1f4fd0, 0x7d5c, 0x4ab5, 0x9d, 0x2b, 0x3f, 0x9d, 0x4c,
	    0x0c, 0x5e, 0x01);

typedef struct _DEVICE {
	HANDLE File;
	WINUSB_INTERFACE_HANDLE Usb;
} DEVICE;

static BOOL FindDevicePath(char *path, size_t size)
{
	SP_DEVICE_INTERFACE_DATA interfaceData;
	PSP_DEVICE_INTERFACE_DETAIL_DATA_A detail;
	DWORD length = 0;
	BOOL found = FALSE;
	HDEVINFO list;

	list = SetupDiGetClassDevsA(&GUID_DEVINTERFACE_EXAMPLE, NULL, NULL,
				    DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
	if (list == INVALID_HANDLE_VALUE)
		return FALSE;
	ZeroMemory(&interfaceData, sizeof(interfaceData));
	interfaceData.cbSize = sizeof(interfaceData);
	if (SetupDiEnumDeviceInterfaces(list, NULL, &GUID_DEVINTERFACE_EXAMPLE, 0,
					&interfaceData)) {
		SetupDiGetDeviceInterfaceDetailA(list, &interfaceData, NULL, 0, &length, NULL);
		detail = (PSP_DEVICE_INTERFACE_DETAIL_DATA_A)LocalAlloc(LMEM_FIXED, length);
		if (detail != NULL) {
			detail->cbSize = sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA_A);
			if (SetupDiGetDeviceInterfaceDetailA(list, &interfaceData, detail, length,
							     &length, NULL) &&
			    strlen(detail->DevicePath) < size) {
				strcpy(path, detail->DevicePath);
				found = TRUE;
			}
			LocalFree(detail);
		}
	}
	SetupDiDestroyDeviceInfoList(list);
	return found;
}

/* The alternate setting is the program's last argument, or 1. */
static UCHAR Setting(int argc, char **argv, int wanted)
{
	return argc > wanted ? (UCHAR)atoi(argv[wanted]) : 1;
}

static BOOL OpenDevice(DEVICE *device, UCHAR setting)
{
	char path[MAX_PATH];

	if (!FindDevicePath(path, sizeof(path))) {
		fprintf(stderr, "no device\n");
		return FALSE;
	}
	device->File = CreateFileA(path, GENERIC_READ | GENERIC_WRITE,
				   FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
				   FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OVERLAPPED, NULL);
	if (device->File == INVALID_HANDLE_VALUE) {
		fprintf(stderr, "CreateFile: error %u\n", (unsigned int)GetLastError());
		return FALSE;
	}
	if (!WinUsb_Initialize(device->File, &device->Usb)) {
		fprintf(stderr, "WinUsb_Initialize: error %u\n", (unsigned int)GetLastError());
		CloseHandle(device->File);
		return FALSE;
	}
	if (WinUsb_SetCurrentAlternateSetting(device->Usb, setting))
		return TRUE;
	fprintf(stderr, "no setting %u: error %u\n", setting, (unsigned int)GetLastError());
	WinUsb_Free(device->Usb);
	CloseHandle(device->File);
	return FALSE;
}

static void CloseDevice(DEVICE *device)
{
	WinUsb_Free(device->Usb);
	CloseHandle(device->File);
}

/* The first isochronous pipe of a direction in a setting. */
static BOOL FindPipe(DEVICE *device, UCHAR setting, BOOL in, WINUSB_PIPE_INFORMATION_EX *pipe)
{
	UCHAR i;

	for (i = 0; WinUsb_QueryPipeEx(device->Usb, setting, i, pipe); i++)
		if (pipe->PipeType == UsbdPipeTypeIsochronous &&
		    !USB_ENDPOINT_DIRECTION_IN(pipe->PipeId) == !in)
			return TRUE;
	fprintf(stderr, "no isochronous pipe %s\n", in ? "in" : "out");
	return FALSE;
}

#endif /* EXAMPLE_DEVICE_H */
