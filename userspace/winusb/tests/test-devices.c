// SPDX-License-Identifier: MIT
/* Finding devices: SetupDi, CM, paths, notifications, in a sysfs made of files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cfgmgr32.h>
#include <objbase.h>
#include <setupapi.h>

#include "../../lib/internal.h"
#include "../device.h"
#include "../devices.h"
#include "fake-kernel.h"
#include "machine.h"
#include "winapi.h"

#define SOON 20000

extern const char *win_notify_dir;

static const GUID camera = {
	0x11111111,
	0x2222,
	0x3333,
	{ 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 },
};
static const GUID unknown = { 0x99999999, 0, 0, { 0 } };

static char dev_dir[128], config[128];

/* ---- A machine ---------------------------------------------------------------------- */

static void make_machine(void)
{
	machine_make();
	snprintf(dev_dir, sizeof(dev_dir), "%s/dev", machine_root);
	snprintf(config, sizeof(config), "%s/winusb.conf", machine_root);
	machine_put(".", "winusb.conf",
		    "# test\n[{11111111-2222-3333-4444-555555555555}]\ndevice = 1209:0001\n");
	setenv("WINUSB_CONFIG", config, 1);
	setenv("XDG_CONFIG_HOME", machine_root, 1);
	win_notify_dir = dev_dir;
}

static void remove_machine(void)
{
	machine_remove();
	win_notify_dir = "/dev";
	unsetenv("WINUSB_CONFIG");
	unsetenv("XDG_CONFIG_HOME");
}

static void add_device(const char *device, const char *address, const char *serial)
{
	machine_add_device(device, address, serial);
	machine_put(device, "manufacturer", "Somebody\n");
}

/* Two interfaces of one device, and another one of the same kind. */
static void make_three_nodes(void)
{
	make_machine();
	add_device("3-1", "7\n", "ABC\n");
	add_device("3-2.4", "8\n", NULL);
	machine_add_node("3-1", "3-1:1.2", "02\n", "winusb-iso1");
	machine_add_node("3-1", "3-1:1.0", "00\n", "winusb-iso0");
	machine_add_node("3-2.4", "3-2.4:1.0", "00\n", "winusb-iso2");
}

#define CAMERA_PATH_0 \
	"\\\\?\\usb#vid_1209&pid_0001&mi_00#ABC#{11111111-2222-3333-4444-555555555555}"
#define CAMERA_PATH_2 \
	"\\\\?\\usb#vid_1209&pid_0001&mi_00#3-2.4#{11111111-2222-3333-4444-555555555555}"

/* ---- SetupDi -------------------------------------------------------------------------- */

static HDEVINFO cameras(void)
{
	return SetupDiGetClassDevsA(&camera, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
}

TEST(two_call_pattern,
     "SetupDiGetDeviceInterfaceDetail() says how much it needs, then gives the path")
{
	SP_DEVICE_INTERFACE_DATA data = { .cbSize = sizeof(data) };
	SP_DEVINFO_DATA info = { .cbSize = sizeof(info) };
	SP_DEVICE_INTERFACE_DETAIL_DATA_A *detail;
	DWORD needed = 0;
	HDEVINFO set;

	make_three_nodes();
	set = cameras();
	remove_machine();
	CHECK(set != INVALID_HANDLE_VALUE);
	EQUAL(SetupDiEnumDeviceInterfaces(set, NULL, &camera, 0, &data), TRUE);
	CHECK(IsEqualGUID(&data.InterfaceClassGuid, &camera));
	EQUAL(data.Flags, SPINT_ACTIVE);
	REFUSED(SetupDiGetDeviceInterfaceDetailA(set, &data, NULL, 0, &needed, NULL),
		ERROR_INSUFFICIENT_BUFFER);
	EQUAL(needed, 4 + sizeof(CAMERA_PATH_0));
	detail = malloc(needed);
	detail->cbSize = sizeof(*detail);
	REFUSED(SetupDiGetDeviceInterfaceDetailA(set, &data, detail, needed - 1, NULL, NULL),
		ERROR_INSUFFICIENT_BUFFER);
	EQUAL(SetupDiGetDeviceInterfaceDetailA(set, &data, detail, needed, NULL, &info), TRUE);
	CHECK(!strcmp(detail->DevicePath, CAMERA_PATH_0));
	EQUAL(info.DevInst, 1);
	free(detail);
	/* A file names the first interface of a device when it names none. */
	EQUAL(SetupDiEnumDeviceInterfaces(set, NULL, &camera, 1, &data), TRUE);
	REFUSED(SetupDiEnumDeviceInterfaces(set, NULL, &camera, 2, &data), ERROR_NO_MORE_ITEMS);
	REFUSED(SetupDiEnumDeviceInterfaces(set, NULL, &unknown, 0, &data), ERROR_NO_MORE_ITEMS);
	EQUAL(SetupDiDestroyDeviceInfoList(set), TRUE);
}

TEST(wide_detail, "The wide path is the same, and its structure has the size of Windows'")
{
	SP_DEVICE_INTERFACE_DATA data = { .cbSize = sizeof(data) };
	SP_DEVICE_INTERFACE_DETAIL_DATA_W *detail;
	DWORD needed = 0;
	HDEVINFO set;

	make_three_nodes();
	set = SetupDiGetClassDevsW(&camera, L"USB", NULL, DIGCF_DEVICEINTERFACE);
	remove_machine();
	EQUAL(SetupDiEnumDeviceInterfaces(set, NULL, &camera, 1, &data), TRUE);
	REFUSED(SetupDiGetDeviceInterfaceDetailW(set, &data, NULL, 0, &needed, NULL),
		ERROR_INSUFFICIENT_BUFFER);
	EQUAL(needed, 4 + sizeof(CAMERA_PATH_2) * sizeof(WCHAR));
	detail = malloc(needed);
	detail->cbSize = sizeof(*detail);
	EQUAL(SetupDiGetDeviceInterfaceDetailW(set, &data, detail, needed, NULL, NULL), TRUE);
	CHECK(!wcscmp(detail->DevicePath, L"" CAMERA_PATH_2));
	free(detail);
	EQUAL(SetupDiDestroyDeviceInfoList(set), TRUE);
}

TEST(setup_rejections, "SetupDi refuses wrong sizes, NULLs and handles with the errors of Windows")
{
	SP_DEVICE_INTERFACE_DATA data = { .cbSize = sizeof(data) }, bad = { .cbSize = 1 };
	SP_DEVINFO_DATA info = { .cbSize = sizeof(info) }, bad_info = { .cbSize = 4 };
	union {
		SP_DEVICE_INTERFACE_DETAIL_DATA_A data;
		char room[300];
	} detail = { .data = { .cbSize = 4 } };
	HDEVINFO set;

	REFUSED_HANDLE(SetupDiGetClassDevsA(NULL, NULL, NULL, DIGCF_PRESENT),
		       ERROR_INVALID_PARAMETER);
	make_three_nodes();
	REFUSED_HANDLE(SetupDiGetClassDevsA(&camera, "PCI", NULL, DIGCF_DEVICEINTERFACE),
		       ERROR_INVALID_DATA);
	set = cameras();
	remove_machine();
	REFUSED(SetupDiEnumDeviceInterfaces(set, NULL, &camera, 0, &bad),
		ERROR_INVALID_USER_BUFFER);
	REFUSED(SetupDiEnumDeviceInterfaces(set, NULL, &camera, 0, NULL), ERROR_INVALID_PARAMETER);
	REFUSED(SetupDiEnumDeviceInterfaces(set, NULL, NULL, 0, &data), ERROR_INVALID_PARAMETER);
	REFUSED(SetupDiEnumDeviceInterfaces(set, &bad_info, &camera, 0, &data),
		ERROR_INVALID_PARAMETER);
	REFUSED(SetupDiEnumDeviceInterfaces(NULL, NULL, &camera, 0, &data), ERROR_INVALID_HANDLE);
	REFUSED(SetupDiEnumDeviceInfo(set, 0, NULL), ERROR_INVALID_PARAMETER);
	REFUSED(SetupDiEnumDeviceInfo(set, 0, &bad_info), ERROR_INVALID_USER_BUFFER);
	REFUSED(SetupDiEnumDeviceInfo(set, 9, &info), ERROR_NO_MORE_ITEMS);
	REFUSED(SetupDiGetDeviceInterfaceDetailA(set, NULL, NULL, 0, NULL, NULL),
		ERROR_INVALID_PARAMETER);
	REFUSED(SetupDiGetDeviceInterfaceDetailA(set, &bad, NULL, 0, NULL, NULL),
		ERROR_INVALID_USER_BUFFER);
	REFUSED(SetupDiGetDeviceInterfaceDetailA(set, &data, NULL, 0, NULL, NULL),
		ERROR_INVALID_PARAMETER);
	EQUAL(SetupDiEnumDeviceInterfaces(set, NULL, &camera, 0, &data), TRUE);
	REFUSED(SetupDiGetDeviceInterfaceDetailA(set, &data, NULL, 10, NULL, NULL),
		ERROR_INVALID_USER_BUFFER);
	REFUSED(SetupDiGetDeviceInterfaceDetailA(set, &data, &detail.data, sizeof(detail), NULL,
						 NULL),
		ERROR_INVALID_USER_BUFFER);
	REFUSED(SetupDiGetDeviceInterfaceDetailA(set, &data, NULL, 0, NULL, &bad_info),
		ERROR_INVALID_USER_BUFFER);
	EQUAL(SetupDiDestroyDeviceInfoList(set), TRUE);
	REFUSED(SetupDiDestroyDeviceInfoList(set), ERROR_INVALID_HANDLE);
	REFUSED(SetupDiDestroyDeviceInfoList(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
	REFUSED(CloseHandle(set), ERROR_INVALID_HANDLE);
}

TEST(all_usb, "Every node has the interface class of USB devices, and the setup class of WinUSB")
{
	SP_DEVICE_INTERFACE_DATA data = { .cbSize = sizeof(data) };
	SP_DEVINFO_DATA info = { .cbSize = sizeof(info) };
	HDEVINFO set;

	make_three_nodes();
	set = SetupDiGetClassDevsA(&win_guid_usb_device, NULL, NULL, DIGCF_DEVICEINTERFACE);
	for (DWORD i = 0; i < 3; i++)
		EQUAL(SetupDiEnumDeviceInterfaces(set, NULL, &win_guid_usb_device, i, &data), TRUE);
	REFUSED(SetupDiEnumDeviceInterfaces(set, NULL, &win_guid_usb_device, 3, &data),
		ERROR_NO_MORE_ITEMS);
	EQUAL(SetupDiDestroyDeviceInfoList(set), TRUE);
	set = SetupDiGetClassDevsA(NULL, "USB", NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);
	remove_machine();
	for (DWORD i = 0; i < 3; i++) {
		EQUAL(SetupDiEnumDeviceInfo(set, i, &info), TRUE);
		EQUAL(info.DevInst, i + 1);
		CHECK(IsEqualGUID(&info.ClassGuid, &win_guid_setup_class));
	}
	REFUSED(SetupDiEnumDeviceInfo(set, 3, &info), ERROR_NO_MORE_ITEMS);
	EQUAL(SetupDiDestroyDeviceInfoList(set), TRUE);
}

TEST(properties, "Registry properties say what a device is, in the caller's kind of string")
{
	SP_DEVINFO_DATA info = { .cbSize = sizeof(info) };
	BYTE buffer[600];
	DWORD type, size;
	HDEVINFO set;

	make_three_nodes();
	set = cameras();
	remove_machine();
	EQUAL(SetupDiEnumDeviceInfo(set, 0, &info), TRUE);
	REFUSED(SetupDiGetDeviceRegistryPropertyA(set, &info, SPDRP_DEVICEDESC, &type, NULL, 0,
						  &size),
		ERROR_INSUFFICIENT_BUFFER);
	EQUAL(size, sizeof("A camera"));
	EQUAL(type, REG_SZ);
	EQUAL(SetupDiGetDeviceRegistryPropertyA(set, &info, SPDRP_DEVICEDESC, &type, buffer, size,
						NULL),
	      TRUE);
	CHECK(!strcmp((char *)buffer, "A camera"));
	EQUAL(SetupDiGetDeviceRegistryPropertyA(set, &info, SPDRP_HARDWAREID, &type, buffer,
						sizeof(buffer), &size),
	      TRUE);
	EQUAL(type, REG_MULTI_SZ);
	CHECK(!memcmp(buffer, "USB\\VID_1209&PID_0001&MI_00\0USB\\VID_1209&PID_0001\0", size));
	EQUAL(size, sizeof("USB\\VID_1209&PID_0001&MI_00\0USB\\VID_1209&PID_0001\0"));
	EQUAL(SetupDiGetDeviceRegistryPropertyW(set, &info, SPDRP_SERVICE, NULL, buffer,
						sizeof(buffer), &size),
	      TRUE);
	CHECK(!wcscmp((WCHAR *)(void *)buffer, L"WINUSB"));
	EQUAL(size, sizeof(L"WINUSB"));
	EQUAL(SetupDiGetDeviceRegistryPropertyA(set, &info, SPDRP_BUSNUMBER, &type, buffer, 4,
						NULL),
	      TRUE);
	EQUAL(type, REG_DWORD);
	EQUAL(*(DWORD *)(void *)buffer, 3);
	REFUSED(SetupDiGetDeviceRegistryPropertyA(set, &info, SPDRP_DRIVER, NULL, buffer,
						  sizeof(buffer), NULL),
		ERROR_INVALID_DATA);
	REFUSED(SetupDiGetDeviceRegistryPropertyA(set, &info, 999, NULL, buffer, 1, NULL),
		ERROR_INVALID_DATA);
	REFUSED(SetupDiGetDeviceRegistryPropertyA(set, &info, SPDRP_MFG, NULL, NULL, 4, NULL),
		ERROR_INVALID_PARAMETER);
	REFUSED(SetupDiGetDeviceRegistryPropertyA(set, NULL, SPDRP_MFG, NULL, buffer, 4, NULL),
		ERROR_INVALID_PARAMETER);
	EQUAL(SetupDiGetDeviceInstanceIdA(set, &info, (char *)buffer, sizeof(buffer), &size), TRUE);
	CHECK(!strcmp((char *)buffer, "USB\\VID_1209&PID_0001&MI_00\\ABC"));
	EQUAL(size, sizeof("USB\\VID_1209&PID_0001&MI_00\\ABC"));
	REFUSED(SetupDiGetDeviceInstanceIdW(set, &info, NULL, 0, &size), ERROR_INSUFFICIENT_BUFFER);
	info.DevInst = 77;
	REFUSED(SetupDiGetDeviceInstanceIdA(set, &info, (char *)buffer, sizeof(buffer), &size),
		ERROR_NO_SUCH_DEVINST);
	EQUAL(SetupDiDestroyDeviceInfoList(set), TRUE);
}

/* ---- CM ---------------------------------------------------------------------------------- */

TEST(cm_errors, "CM_MapCrToWin32Err() has the Win32 error of a CONFIGRET, or the caller's")
{
	EQUAL(CM_MapCrToWin32Err(CR_SUCCESS, 4711), ERROR_SUCCESS);
	EQUAL(CM_MapCrToWin32Err(CR_OUT_OF_MEMORY, 4711), ERROR_NOT_ENOUGH_MEMORY);
	EQUAL(CM_MapCrToWin32Err(CR_INVALID_POINTER, 4711), ERROR_INVALID_USER_BUFFER);
	EQUAL(CM_MapCrToWin32Err(CR_INVALID_FLAG, 4711), ERROR_INVALID_FLAGS);
	EQUAL(CM_MapCrToWin32Err(CR_INVALID_DEVICE_ID, 4711), ERROR_INVALID_DATA);
	EQUAL(CM_MapCrToWin32Err(CR_NO_SUCH_DEVNODE, 4711), ERROR_NOT_FOUND);
	EQUAL(CM_MapCrToWin32Err(CR_BUFFER_SMALL, 4711), ERROR_INSUFFICIENT_BUFFER);
	EQUAL(CM_MapCrToWin32Err(CR_ACCESS_DENIED, 4711), ERROR_ACCESS_DENIED);
	EQUAL(CM_MapCrToWin32Err(CR_CALL_NOT_IMPLEMENTED, 4711), ERROR_CALL_NOT_IMPLEMENTED);
	EQUAL(CM_MapCrToWin32Err(CR_FAILURE, 4711), 4711);
	EQUAL(CM_MapCrToWin32Err(0xffff, ERROR_INVALID_DATA), ERROR_INVALID_DATA);
}

TEST(cm_list, "CM_Get_Device_Interface_List() gives every path and an empty one")
{
	static const char wanted[] = CAMERA_PATH_0 "\0" CAMERA_PATH_2 "\0";
	ULONG size = 99, wide_size = 99;
	char *list;
	WCHAR *wide;

	make_three_nodes();
	EQUAL(CM_Get_Device_Interface_List_SizeA(&size, (LPGUID)&camera, NULL, 0), CR_SUCCESS);
	EQUAL(size, sizeof(wanted));
	EQUAL(CM_Get_Device_Interface_List_SizeW(&wide_size, (LPGUID)&camera, NULL, 0), CR_SUCCESS);
	EQUAL(wide_size, size);
	list = malloc(size);
	wide = calloc(size, sizeof(*wide));
	EQUAL(CM_Get_Device_Interface_ListA((LPGUID)&camera, NULL, list, size, 0), CR_SUCCESS);
	CHECK(!memcmp(list, wanted, size));
	EQUAL(CM_Get_Device_Interface_ListW((LPGUID)&camera, NULL, wide, size, 0), CR_SUCCESS);
	for (ULONG i = 0; i < size; i++)
		EQUAL(wide[i], wanted[i]);
	EQUAL(CM_Get_Device_Interface_ListA((LPGUID)&camera, NULL, list, size - 1, 0),
	      CR_BUFFER_SMALL);
	EQUAL(CM_Get_Device_Interface_List_SizeA(&size, (LPGUID)&camera,
						 "usb\\vid_1209&pid_0001&mi_00\\3-2.4", 0),
	      CR_SUCCESS);
	EQUAL(size, sizeof(CAMERA_PATH_2) + 1);
	EQUAL(CM_Get_Device_Interface_List_SizeA(&size, (LPGUID)&unknown, NULL, 0), CR_SUCCESS);
	EQUAL(size, 1);
	EQUAL(CM_Get_Device_Interface_List_SizeA(NULL, (LPGUID)&camera, NULL, 0),
	      CR_INVALID_POINTER);
	EQUAL(CM_Get_Device_Interface_List_SizeA(&size, NULL, NULL, 0), CR_INVALID_POINTER);
	EQUAL(CM_Get_Device_Interface_List_SizeA(&size, (LPGUID)&camera, NULL, 8), CR_INVALID_FLAG);
	EQUAL(CM_Get_Device_Interface_ListA((LPGUID)&camera, NULL, NULL, 8, 0), CR_INVALID_POINTER);
	remove_machine();
	free(list);
	free(wide);
}

TEST(cm_ids, "A device instance and its ID lead to each other")
{
	char id[MAX_DEVICE_ID_LEN];
	WCHAR wide[MAX_DEVICE_ID_LEN];
	DEVINST instance = 0;
	ULONG length;

	make_three_nodes();
	EQUAL(CM_Locate_DevNodeA(&instance, (char *)"USB\\VID_1209&PID_0001&MI_02\\ABC", 0),
	      CR_SUCCESS);
	EQUAL(instance, 2);
	EQUAL(CM_Get_Device_ID_Size(&length, instance, 0), CR_SUCCESS);
	EQUAL(length, strlen("USB\\VID_1209&PID_0001&MI_02\\ABC"));
	EQUAL(CM_Get_Device_IDA(instance, id, sizeof(id), 0), CR_SUCCESS);
	CHECK(!strcmp(id, "USB\\VID_1209&PID_0001&MI_02\\ABC"));
	EQUAL(CM_Get_Device_IDW(instance, wide, ARRAYSIZE(wide), 0), CR_SUCCESS);
	CHECK(!wcscmp(wide, L"USB\\VID_1209&PID_0001&MI_02\\ABC"));
	EQUAL(CM_Get_Device_IDA(instance, id, 5, 0), CR_BUFFER_SMALL);
	EQUAL(CM_Get_Device_IDA(77, id, sizeof(id), 0), CR_NO_SUCH_DEVNODE);
	EQUAL(CM_Get_Device_IDA(instance, NULL, 0, 0), CR_INVALID_POINTER);
	EQUAL(CM_Locate_DevNodeW(&instance, (WCHAR *)L"USB\\NOTHING", 0), CR_NO_SUCH_DEVNODE);
	EQUAL(CM_Locate_DevNodeA(&instance, NULL, 0), CR_INVALID_DEVICE_ID);
	remove_machine();
}

/* ---- Paths --------------------------------------------------------------------------------- */

#define NODE(path) win_device_node(path, node, sizeof(node))

TEST(paths, "A path finds its node, in any case and by the port, too")
{
	char node[64];

	make_three_nodes();
	EQUAL(NODE(CAMERA_PATH_0), ERROR_SUCCESS);
	CHECK(!strcmp(node, "/dev/winusb-iso0"));
	EQUAL(NODE("\\\\?\\USB#VID_1209&PID_0001&MI_02#abc#{A5DCBF10-6530-11D2-901F-00C04FB951ED}"),
	      ERROR_SUCCESS);
	CHECK(!strcmp(node, "/dev/winusb-iso1"));
	EQUAL(NODE("//./usb#vid_1209&pid_0001#3-2.4"), ERROR_SUCCESS);
	CHECK(!strcmp(node, "/dev/winusb-iso2"));
	EQUAL(NODE("\\\\?\\usb#vid_1209&pid_0001#3-1"), ERROR_SUCCESS);
	CHECK(!strcmp(node, "/dev/winusb-iso0"));
	EQUAL(NODE("/dev/winusb-iso17"), ERROR_SUCCESS);
	CHECK(!strcmp(node, "/dev/winusb-iso17"));
	remove_machine();
}

TEST(wrong_paths, "A path of no device is not found, and a file of another kind not supported")
{
	static const char *const missing[] = {
		"\\\\?\\usb#vid_1209&pid_0001&mi_00#XYZ",
		"\\\\?\\usb#vid_1209&pid_0002&mi_00#ABC",
		"\\\\?\\usb#vid_1209&pid_0001&mi_07#ABC",
		"\\\\?\\usb#vid_1209&pid_0001&mi_00#",
		"\\\\?\\usb#vid_1209",
		"\\\\?\\usb#vid_12",
		"\\\\?\\",
		"\\\\.\\COM1",
		"\\\\?\\usb#vid_zzzz&pid_0001#ABC",
		"\\\\?\\usb#vid_1209&pid_0001&mi_00",
		"\\\\?\\usb#vid_1209&pid_0001&mi_00#ABC#{99999999-0000-0000-0000-000000000000}",
	};
	static const char *const other[] = {
		"C:\\file.txt",
		"file",
		"/dev/null",
		"/dev/winusb-iso",
		"/dev/winusb-isoX",
		"/dev/winusb-iso0/..",
		"\\?",
		"/dev/winusb-iso99999999999",
	};
	char node[64];

	make_three_nodes();
	for (size_t i = 0; i < ARRAYSIZE(missing); i++)
		EQUAL(NODE(missing[i]), ERROR_FILE_NOT_FOUND);
	for (size_t i = 0; i < ARRAYSIZE(other); i++)
		EQUAL(NODE(other[i]), ERROR_NOT_SUPPORTED);
	remove_machine();
}

TEST(same_serial, "Two devices with one serial number are told apart by their ports")
{
	struct win_devices devices;

	make_three_nodes();
	machine_put("3-2.4", "serial", "abc\n");
	EQUAL(win_devices_read(&devices), ERROR_SUCCESS);
	EQUAL(devices.count, 3);
	CHECK(!strcmp(devices.list[0].instance, "3-1"));
	CHECK(!strcmp(devices.list[1].instance, "3-1"));
	CHECK(!strcmp(devices.list[2].instance, "3-2.4"));
	win_devices_free(&devices);
	machine_put("3-2.4", "serial", "a,b#c\\d\n");
	machine_put("3-1", "serial", "\x01\n");
	EQUAL(win_devices_read(&devices), ERROR_SUCCESS);
	CHECK(!strcmp(devices.list[0].instance, "3-1"));
	CHECK(!strcmp(devices.list[2].instance, "3-2.4"));
	win_devices_free(&devices);
	remove_machine();
}

/* ---- CreateFile ------------------------------------------------------------------------------ */

static HANDLE open_path(const char *path, DWORD access, DWORD disposition)
{
	return CreateFileA(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition,
			   FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OVERLAPPED, NULL);
}

#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

TEST(create_file, "CreateFile() opens a device by its path, wide or not")
{
	HANDLE handle;

	make_three_nodes();
	handle = open_path(CAMERA_PATH_2, READ_WRITE, OPEN_EXISTING);
	CHECK(handle != INVALID_HANDLE_VALUE);
	EQUAL(GetLastError(), ERROR_SUCCESS);
	CHECK(CloseHandle(handle));
	handle = CreateFileW(L"" CAMERA_PATH_2, READ_WRITE, 0, NULL, OPEN_EXISTING,
			     FILE_FLAG_OVERLAPPED, NULL);
	CHECK(handle != INVALID_HANDLE_VALUE);
	CHECK(CloseHandle(handle));
	remove_machine();
}

static int refuse_lock(int fd, int operation)
{
	(void)fd;
	(void)operation;
	errno = EWOULDBLOCK;
	return -1;
}

TEST(create_file_rejections, "CreateFile() refuses with the errors of Windows")
{
	static const char node[] = "/dev/winusb-iso0";

	make_three_nodes();
	REFUSED_HANDLE(open_path(NULL, READ_WRITE, OPEN_EXISTING), ERROR_PATH_NOT_FOUND);
	REFUSED_HANDLE(open_path("", READ_WRITE, OPEN_EXISTING), ERROR_PATH_NOT_FOUND);
	REFUSED_HANDLE(CreateFileW(NULL, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL),
		       ERROR_PATH_NOT_FOUND);
	REFUSED_HANDLE(open_path("log.txt", READ_WRITE, CREATE_ALWAYS), ERROR_NOT_SUPPORTED);
	REFUSED_HANDLE(open_path(node, READ_WRITE, 0), ERROR_INVALID_PARAMETER);
	REFUSED_HANDLE(open_path(node, READ_WRITE, 6), ERROR_INVALID_PARAMETER);
	REFUSED_HANDLE(open_path(node, READ_WRITE, TRUNCATE_EXISTING), ERROR_INVALID_PARAMETER);
	REFUSED_HANDLE(open_path(node, READ_WRITE, CREATE_NEW), ERROR_FILE_EXISTS);
	win_file_flock = refuse_lock;
	REFUSED_HANDLE(open_path(node, READ_WRITE, OPEN_EXISTING), ERROR_ACCESS_DENIED);
	fake_version(2);
	REFUSED_HANDLE(open_path(node, READ_WRITE, OPEN_EXISTING), ERROR_NOT_SUPPORTED);
	remove_machine();
	REFUSED_HANDLE(open_path(CAMERA_PATH_0, READ_WRITE, OPEN_EXISTING), ERROR_FILE_NOT_FOUND);
}

/* ---- Notifications
 * ----------------------------------------------------------------------------- */

struct news {
	HANDLE happened;
	pthread_mutex_t lock;
	unsigned int arrivals, removals;
	WCHAR path[WIN_PATH_SIZE];
};

static DWORD CALLBACK on_news(HCMNOTIFICATION notify, PVOID context, CM_NOTIFY_ACTION action,
			      PCM_NOTIFY_EVENT_DATA data, DWORD size)
{
	struct news *news = context;

	(void)notify;
	pthread_mutex_lock(&news->lock);
	if (data->FilterType == CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE && size > sizeof(*data) &&
	    win_guid_equal(&data->u.DeviceInterface.ClassGuid, &camera)) {
		news->arrivals += action == CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL;
		news->removals += action == CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL;
		wcscpy(news->path, data->u.DeviceInterface.SymbolicLink);
	}
	pthread_mutex_unlock(&news->lock);
	SetEvent(news->happened);
	return ERROR_SUCCESS;
}

TEST(notifications,
     "Arrival and removal of a class are announced, and nothing that was there before")
{
	struct news news = { .lock = PTHREAD_MUTEX_INITIALIZER };
	CM_NOTIFY_FILTER filter = {
		.cbSize = sizeof(filter),
		.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE,
		.u = { .DeviceInterface = { .ClassGuid = camera } },
	};
	HCMNOTIFICATION notify = NULL;

	make_three_nodes();
	news.happened = CreateEventA(NULL, FALSE, FALSE, NULL);
	EQUAL(CM_Register_Notification(&filter, &news, on_news, &notify), CR_SUCCESS);
	CHECK(notify);
	machine_remove_node("winusb-iso2");
	EQUAL(WaitForSingleObject(news.happened, SOON), WAIT_OBJECT_0);
	pthread_mutex_lock(&news.lock);
	CHECK(!wcscmp(news.path, L"" CAMERA_PATH_2));
	EQUAL(news.removals, 1);
	EQUAL(news.arrivals, 0);
	pthread_mutex_unlock(&news.lock);
	machine_add_node("3-2.4", "3-2.4:1.0", "00\n", "winusb-iso5");
	EQUAL(WaitForSingleObject(news.happened, SOON), WAIT_OBJECT_0);
	EQUAL(CM_Unregister_Notification(notify), CR_SUCCESS);
	EQUAL(news.arrivals, 1);
	EQUAL(news.removals, 1);
	EQUAL(CM_Unregister_Notification(notify), CR_INVALID_DATA);
	CHECK(CloseHandle(news.happened));
	remove_machine();
}

TEST(notification_rejections, "CM_Register_Notification() refuses what it does not know")
{
	CM_NOTIFY_FILTER filter = { .cbSize = sizeof(filter) };
	HCMNOTIFICATION notify;

	EQUAL(CM_Register_Notification(NULL, NULL, on_news, &notify), CR_INVALID_POINTER);
	EQUAL(CM_Register_Notification(&filter, NULL, NULL, &notify), CR_INVALID_POINTER);
	EQUAL(CM_Register_Notification(&filter, NULL, on_news, NULL), CR_INVALID_POINTER);
	filter.cbSize = 3;
	EQUAL(CM_Register_Notification(&filter, NULL, on_news, &notify), CR_INVALID_DATA);
	filter.cbSize = sizeof(filter);
	filter.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE;
	EQUAL(CM_Register_Notification(&filter, NULL, on_news, &notify), CR_CALL_NOT_IMPLEMENTED);
	filter.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE;
	filter.Flags = 8;
	EQUAL(CM_Register_Notification(&filter, NULL, on_news, &notify), CR_INVALID_FLAG);
	EQUAL(CM_Unregister_Notification(NULL), CR_INVALID_DATA);
}
