/* SPDX-License-Identifier: MIT */
/* The configuration manager: lists of device paths, and news of devices that come and go. */
#ifndef _CFGMGR32_H_
#define _CFGMGR32_H_

#include <windef.h>
#include <winerror.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CMAPI

#define MAX_DEVICE_ID_LEN   200
#define MAX_DEVNODE_ID_LEN  MAX_DEVICE_ID_LEN
#define MAX_GUID_STRING_LEN 39

typedef DWORD RETURN_TYPE;
typedef RETURN_TYPE CONFIGRET;
typedef DWORD DEVNODE, DEVINST;
typedef DEVNODE *PDEVNODE, *PDEVINST;
typedef CHAR *DEVNODEID_A, *DEVINSTID_A;
typedef WCHAR *DEVNODEID_W, *DEVINSTID_W;
#ifdef UNICODE
typedef DEVNODEID_W DEVNODEID;
typedef DEVINSTID_W DEVINSTID;
#else
typedef DEVNODEID_A DEVNODEID;
typedef DEVINSTID_A DEVINSTID;
#endif

#define CR_SUCCESS		    0x00000000
#define CR_DEFAULT		    0x00000001
#define CR_OUT_OF_MEMORY	    0x00000002
#define CR_INVALID_POINTER	    0x00000003
#define CR_INVALID_FLAG		    0x00000004
#define CR_INVALID_DEVNODE	    0x00000005
#define CR_INVALID_DEVINST	    CR_INVALID_DEVNODE
#define CR_NO_SUCH_DEVNODE	    0x0000000D
#define CR_NO_SUCH_DEVINST	    CR_NO_SUCH_DEVNODE
#define CR_FAILURE		    0x00000013
#define CR_BUFFER_SMALL		    0x0000001A
#define CR_INVALID_DEVICE_ID	    0x0000001E
#define CR_INVALID_DATA		    0x0000001F
#define CR_NO_SUCH_VALUE	    0x00000025
#define CR_ACCESS_DENIED	    0x00000033
#define CR_CALL_NOT_IMPLEMENTED	    0x00000034
#define CR_NO_SUCH_DEVICE_INTERFACE 0x00000037
#define CR_INVALID_STRUCTURE_SIZE   0x0000003B

#define CM_GET_DEVICE_INTERFACE_LIST_PRESENT	 0x00000000
#define CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES 0x00000001
#define CM_GET_DEVICE_INTERFACE_LIST_BITS	 0x00000001

#define CM_LOCATE_DEVNODE_NORMAL  0x00000000
#define CM_LOCATE_DEVNODE_PHANTOM 0x00000001

/*
 * Paths of a class, each with a NUL, and one more NUL at the end. Without a device: CR_SUCCESS,
 * and the list is that NUL. pDeviceID: only of this device (its instance ID), or NULL.
 */
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG pulLen, LPGUID InterfaceClassGuid,
							  DEVINSTID_A pDeviceID, ULONG ulFlags);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG pulLen, LPGUID InterfaceClassGuid,
							  DEVINSTID_W pDeviceID, ULONG ulFlags);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_ListA(LPGUID InterfaceClassGuid,
						     DEVINSTID_A pDeviceID, PZZSTR Buffer,
						     ULONG BufferLen, ULONG ulFlags);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_ListW(LPGUID InterfaceClassGuid,
						     DEVINSTID_W pDeviceID, PZZWSTR Buffer,
						     ULONG BufferLen, ULONG ulFlags);

/* The instance ID of SP_DEVINFO_DATA.DevInst, and back. */
CMAPI CONFIGRET WINAPI CM_Get_Device_ID_Size(PULONG pulLen, DEVINST dnDevInst, ULONG ulFlags);
CMAPI CONFIGRET WINAPI CM_Get_Device_IDA(DEVINST dnDevInst, PSTR Buffer, ULONG BufferLen,
					 ULONG ulFlags);
CMAPI CONFIGRET WINAPI CM_Get_Device_IDW(DEVINST dnDevInst, PWSTR Buffer, ULONG BufferLen,
					 ULONG ulFlags);
CMAPI CONFIGRET WINAPI CM_Locate_DevNodeA(PDEVINST pdnDevInst, DEVINSTID_A pDeviceID,
					  ULONG ulFlags);
CMAPI CONFIGRET WINAPI CM_Locate_DevNodeW(PDEVINST pdnDevInst, DEVINSTID_W pDeviceID,
					  ULONG ulFlags);

/* The Win32 error that says the same, or DefaultErr where there is none. */
CMAPI DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET CmReturnCode, DWORD DefaultErr);

/* ---- Notifications ---- */

DECLARE_HANDLE(HCMNOTIFICATION);
typedef HCMNOTIFICATION *PHCMNOTIFICATION;

#define CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES 0x00000001
#define CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES  0x00000002

typedef enum _CM_NOTIFY_FILTER_TYPE {
	CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE = 0,
	CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE,
	CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE,
	CM_NOTIFY_FILTER_TYPE_MAX
} CM_NOTIFY_FILTER_TYPE,
	*PCM_NOTIFY_FILTER_TYPE;

typedef struct _CM_NOTIFY_FILTER {
	DWORD cbSize;
	DWORD Flags;
	CM_NOTIFY_FILTER_TYPE FilterType;
	DWORD Reserved;
	union {
		struct {
			GUID ClassGuid;
		} DeviceInterface;
		struct {
			HANDLE hTarget;
		} DeviceHandle;
		struct {
			WCHAR InstanceId[MAX_DEVICE_ID_LEN];
		} DeviceInstance;
	} u;
} CM_NOTIFY_FILTER, *PCM_NOTIFY_FILTER;

typedef enum _CM_NOTIFY_ACTION {
	CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL = 0,
	CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL,
	CM_NOTIFY_ACTION_DEVICEQUERYREMOVE,
	CM_NOTIFY_ACTION_DEVICEQUERYREMOVEFAILED,
	CM_NOTIFY_ACTION_DEVICEREMOVEPENDING,
	CM_NOTIFY_ACTION_DEVICEREMOVECOMPLETE,
	CM_NOTIFY_ACTION_DEVICECUSTOMEVENT,
	CM_NOTIFY_ACTION_DEVICEINSTANCEENUMERATED,
	CM_NOTIFY_ACTION_DEVICEINSTANCESTARTED,
	CM_NOTIFY_ACTION_DEVICEINSTANCEREMOVED,
	CM_NOTIFY_ACTION_MAX
} CM_NOTIFY_ACTION,
	*PCM_NOTIFY_ACTION;

typedef struct _CM_NOTIFY_EVENT_DATA {
	CM_NOTIFY_FILTER_TYPE FilterType;
	DWORD Reserved;
	union {
		struct {
			GUID ClassGuid;
			WCHAR SymbolicLink[ANYSIZE_ARRAY];
		} DeviceInterface;
		struct {
			GUID EventGuid;
			LONG NameOffset;
			DWORD DataSize;
			BYTE Data[ANYSIZE_ARRAY];
		} DeviceHandle;
		struct {
			WCHAR InstanceId[ANYSIZE_ARRAY];
		} DeviceInstance;
	} u;
} CM_NOTIFY_EVENT_DATA, *PCM_NOTIFY_EVENT_DATA;

typedef DWORD(CALLBACK *PCM_NOTIFY_CALLBACK)(HCMNOTIFICATION hNotify, PVOID Context,
					     CM_NOTIFY_ACTION Action,
					     PCM_NOTIFY_EVENT_DATA EventData, DWORD EventDataSize);

/*
 * Arrival (once the node can be opened) and removal of device interfaces, of one class or of all.
 * The callback runs on a thread of the library; what was there before is not announced. Other
 * filter types: CR_CALL_NOT_IMPLEMENTED.
 */
CMAPI CONFIGRET WINAPI CM_Register_Notification(PCM_NOTIFY_FILTER pFilter, PVOID pContext,
						PCM_NOTIFY_CALLBACK pCallback,
						PHCMNOTIFICATION pNotifyContext);
/* Waits until no callback of it runs; in its own callback it must not be called, as on Windows. */
CMAPI CONFIGRET WINAPI CM_Unregister_Notification(HCMNOTIFICATION NotifyContext);

#ifdef UNICODE
#define CM_Get_Device_Interface_List	  CM_Get_Device_Interface_ListW
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeW
#define CM_Get_Device_ID		  CM_Get_Device_IDW
#define CM_Locate_DevNode		  CM_Locate_DevNodeW
#else
#define CM_Get_Device_Interface_List	  CM_Get_Device_Interface_ListA
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeA
#define CM_Get_Device_ID		  CM_Get_Device_IDA
#define CM_Locate_DevNode		  CM_Locate_DevNodeA
#endif
#define CM_Locate_DevInst CM_Locate_DevNode

#ifdef __cplusplus
}
#endif

#endif /* _CFGMGR32_H_ */
