/* SPDX-License-Identifier: MIT */
/*
 * Finding devices: every interface that is bound to winusb_iso is a device. It belongs to the
 * interface class GUID_DEVINTERFACE_USB_DEVICE and to those that its Microsoft OS descriptors or
 * a configuration file say; its setup class is GUID_DEVCLASS_USBDEVICE.
 */
#ifndef _INC_SETUPAPI
#define _INC_SETUPAPI

#include <windef.h>
#include <winerror.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef WINSETUPAPI
#define WINSETUPAPI
#endif

#define LINE_LEN 256

typedef PVOID HDEVINFO;

/* As on Windows: closely packed where pointers have 32 bits. */
#if __SIZEOF_POINTER__ == 4
#pragma pack(push, 1)
#else
#pragma pack(push, 8)
#endif

typedef struct _SP_DEVINFO_DATA {
	DWORD cbSize;
	GUID ClassGuid;
	DWORD DevInst;
	ULONG_PTR Reserved;
} SP_DEVINFO_DATA, *PSP_DEVINFO_DATA;

typedef struct _SP_DEVICE_INTERFACE_DATA {
	DWORD cbSize;
	GUID InterfaceClassGuid;
	DWORD Flags;
	ULONG_PTR Reserved;
} SP_DEVICE_INTERFACE_DATA, *PSP_DEVICE_INTERFACE_DATA;

typedef struct _SP_DEVICE_INTERFACE_DETAIL_DATA_A {
	DWORD cbSize;
	CHAR DevicePath[ANYSIZE_ARRAY];
} SP_DEVICE_INTERFACE_DETAIL_DATA_A, *PSP_DEVICE_INTERFACE_DETAIL_DATA_A;

typedef struct _SP_DEVICE_INTERFACE_DETAIL_DATA_W {
	DWORD cbSize;
	WCHAR DevicePath[ANYSIZE_ARRAY];
} SP_DEVICE_INTERFACE_DETAIL_DATA_W, *PSP_DEVICE_INTERFACE_DETAIL_DATA_W;

#pragma pack(pop)

typedef SP_DEVICE_INTERFACE_DATA SP_INTERFACE_DEVICE_DATA, *PSP_INTERFACE_DEVICE_DATA;
typedef SP_DEVICE_INTERFACE_DETAIL_DATA_A SP_INTERFACE_DEVICE_DETAIL_DATA_A,
	*PSP_INTERFACE_DEVICE_DETAIL_DATA_A;
typedef SP_DEVICE_INTERFACE_DETAIL_DATA_W SP_INTERFACE_DEVICE_DETAIL_DATA_W,
	*PSP_INTERFACE_DEVICE_DETAIL_DATA_W;
#ifdef UNICODE
typedef SP_DEVICE_INTERFACE_DETAIL_DATA_W SP_DEVICE_INTERFACE_DETAIL_DATA,
	SP_INTERFACE_DEVICE_DETAIL_DATA;
typedef PSP_DEVICE_INTERFACE_DETAIL_DATA_W PSP_DEVICE_INTERFACE_DETAIL_DATA,
	PSP_INTERFACE_DEVICE_DETAIL_DATA;
#else
typedef SP_DEVICE_INTERFACE_DETAIL_DATA_A SP_DEVICE_INTERFACE_DETAIL_DATA,
	SP_INTERFACE_DEVICE_DETAIL_DATA;
typedef PSP_DEVICE_INTERFACE_DETAIL_DATA_A PSP_DEVICE_INTERFACE_DETAIL_DATA,
	PSP_INTERFACE_DEVICE_DETAIL_DATA;
#endif

#define DIGCF_DEFAULT	      0x00000001
#define DIGCF_PRESENT	      0x00000002
#define DIGCF_ALLCLASSES      0x00000004
#define DIGCF_PROFILE	      0x00000008
#define DIGCF_DEVICEINTERFACE 0x00000010
#define DIGCF_INTERFACEDEVICE DIGCF_DEVICEINTERFACE

#define SPINT_ACTIVE  0x00000001
#define SPINT_DEFAULT 0x00000002
#define SPINT_REMOVED 0x00000004

/* Those with a value here are marked; the others give ERROR_INVALID_DATA. */
#define SPDRP_DEVICEDESC		  0x00000000 /* product, or "USB device" */
#define SPDRP_HARDWAREID		  0x00000001 /* USB\VID_v&PID_p&MI_i, USB\VID_v&PID_p */
#define SPDRP_COMPATIBLEIDS		  0x00000002
#define SPDRP_SERVICE			  0x00000004 /* WINUSB */
#define SPDRP_CLASS			  0x00000007 /* USBDevice */
#define SPDRP_CLASSGUID			  0x00000008 /* of GUID_DEVCLASS_USBDEVICE */
#define SPDRP_DRIVER			  0x00000009
#define SPDRP_MFG			  0x0000000b /* manufacturer */
#define SPDRP_FRIENDLYNAME		  0x0000000c /* product */
#define SPDRP_LOCATION_INFORMATION	  0x0000000d /* bus and ports, such as "1-2.3" */
#define SPDRP_PHYSICAL_DEVICE_OBJECT_NAME 0x0000000e /* the node, such as "/dev/winusb-iso0" */
#define SPDRP_CAPABILITIES		  0x0000000f
#define SPDRP_BUSNUMBER			  0x00000015 /* as lsusb prints it */
#define SPDRP_ENUMERATOR_NAME		  0x00000016 /* USB */
#define SPDRP_ADDRESS			  0x0000001c /* as lsusb prints it */
#define SPDRP_LOCATION_PATHS		  0x00000023

#define ERROR_NO_SUCH_DEVINST	       ((DWORD)0xE000020B)
#define ERROR_INVALID_CLASS	       ((DWORD)0xE0000206)
#define ERROR_NO_SUCH_DEVICE_INTERFACE ((DWORD)0xE0000225)
#define ERROR_NO_SUCH_INTERFACE_DEVICE ERROR_NO_SUCH_DEVICE_INTERFACE

/*
 * ClassGuid NULL needs DIGCF_ALLCLASSES: ERROR_INVALID_PARAMETER. Enumerator: "USB", NULL, or,
 * with DIGCF_DEVICEINTERFACE, the instance ID of a device; anything else: ERROR_INVALID_DATA.
 * Every device is present.
 */
WINSETUPAPI HDEVINFO WINAPI SetupDiGetClassDevsA(const GUID *ClassGuid, PCSTR Enumerator,
						 HWND hwndParent, DWORD Flags);
WINSETUPAPI HDEVINFO WINAPI SetupDiGetClassDevsW(const GUID *ClassGuid, PCWSTR Enumerator,
						 HWND hwndParent, DWORD Flags);
WINSETUPAPI BOOL WINAPI SetupDiDestroyDeviceInfoList(HDEVINFO DeviceInfoSet);
WINSETUPAPI BOOL WINAPI SetupDiEnumDeviceInfo(HDEVINFO DeviceInfoSet, DWORD MemberIndex,
					      PSP_DEVINFO_DATA DeviceInfoData);
WINSETUPAPI BOOL WINAPI SetupDiEnumDeviceInterfaces(HDEVINFO DeviceInfoSet,
						    PSP_DEVINFO_DATA DeviceInfoData,
						    const GUID *InterfaceClassGuid,
						    DWORD MemberIndex,
						    PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData);
WINSETUPAPI BOOL WINAPI SetupDiGetDeviceInterfaceDetailA(
	HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
	PSP_DEVICE_INTERFACE_DETAIL_DATA_A DeviceInterfaceDetailData,
	DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize, PSP_DEVINFO_DATA DeviceInfoData);
WINSETUPAPI BOOL WINAPI SetupDiGetDeviceInterfaceDetailW(
	HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
	PSP_DEVICE_INTERFACE_DETAIL_DATA_W DeviceInterfaceDetailData,
	DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize, PSP_DEVINFO_DATA DeviceInfoData);
WINSETUPAPI BOOL WINAPI
SetupDiGetDeviceRegistryPropertyA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
				  DWORD Property, PDWORD PropertyRegDataType, PBYTE PropertyBuffer,
				  DWORD PropertyBufferSize, PDWORD RequiredSize);
WINSETUPAPI BOOL WINAPI
SetupDiGetDeviceRegistryPropertyW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
				  DWORD Property, PDWORD PropertyRegDataType, PBYTE PropertyBuffer,
				  DWORD PropertyBufferSize, PDWORD RequiredSize);
WINSETUPAPI BOOL WINAPI SetupDiGetDeviceInstanceIdA(HDEVINFO DeviceInfoSet,
						    PSP_DEVINFO_DATA DeviceInfoData,
						    PSTR DeviceInstanceId,
						    DWORD DeviceInstanceIdSize,
						    PDWORD RequiredSize);
WINSETUPAPI BOOL WINAPI SetupDiGetDeviceInstanceIdW(HDEVINFO DeviceInfoSet,
						    PSP_DEVINFO_DATA DeviceInfoData,
						    PWSTR DeviceInstanceId,
						    DWORD DeviceInstanceIdSize,
						    PDWORD RequiredSize);

#ifdef UNICODE
#define SetupDiGetClassDevs		 SetupDiGetClassDevsW
#define SetupDiGetDeviceInterfaceDetail	 SetupDiGetDeviceInterfaceDetailW
#define SetupDiGetDeviceRegistryProperty SetupDiGetDeviceRegistryPropertyW
#define SetupDiGetDeviceInstanceId	 SetupDiGetDeviceInstanceIdW
#else
#define SetupDiGetClassDevs		 SetupDiGetClassDevsA
#define SetupDiGetDeviceInterfaceDetail	 SetupDiGetDeviceInterfaceDetailA
#define SetupDiGetDeviceRegistryProperty SetupDiGetDeviceRegistryPropertyA
#define SetupDiGetDeviceInstanceId	 SetupDiGetDeviceInstanceIdA
#endif
#define SetupDiEnumInterfaceDevice	SetupDiEnumDeviceInterfaces
#define SetupDiGetInterfaceDeviceDetail SetupDiGetDeviceInterfaceDetail

#ifdef __cplusplus
}
#endif

#endif /* _INC_SETUPAPI */
