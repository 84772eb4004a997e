/* SPDX-License-Identifier: MIT */
/*
 * WinUSB for Linux: the functions of Microsoft's winusb.h, on top of libwinusb-iso.
 *
 * Names, types, structures, error codes and behaviour are those of Windows, so that a program needs
 * this folder in its include path and libwinusb, and no change. PORTING.md tells what differs, and
 * winusb_ext.h offers what Windows does not.
 *
 * Every function but the Parse* ones returns FALSE and sets GetLastError() when it fails. With an
 * OVERLAPPED, a request that was accepted returns FALSE with ERROR_IO_PENDING, always; its result
 * comes through WinUsb_GetOverlappedResult(). All functions can be called from any thread.
 */
#ifndef __WUSB_H__
#define __WUSB_H__

#include <windows.h>
#include <winusbio.h>
#include <usb100.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef PVOID WINUSB_INTERFACE_HANDLE, *PWINUSB_INTERFACE_HANDLE;
typedef PVOID WINUSB_ISOCH_BUFFER_HANDLE, *PWINUSB_ISOCH_BUFFER_HANDLE;

#pragma pack(push, 1)

typedef struct _WINUSB_SETUP_PACKET {
	UCHAR RequestType;
	UCHAR Request;
	USHORT Value;
	USHORT Index;
	USHORT Length;
} WINUSB_SETUP_PACKET, *PWINUSB_SETUP_PACKET;

#ifndef __USB_TIME_SYNC_DEFINED
#define __USB_TIME_SYNC_DEFINED

typedef struct _USB_START_TRACKING_FOR_TIME_SYNC_INFORMATION {
	HANDLE TimeTrackingHandle;
	BOOLEAN IsStartupDelayTolerable;
} USB_START_TRACKING_FOR_TIME_SYNC_INFORMATION, *PUSB_START_TRACKING_FOR_TIME_SYNC_INFORMATION;

typedef struct _USB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION {
	HANDLE TimeTrackingHandle;
} USB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION, *PUSB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION;

/* The first three members go in, the others come out. */
typedef struct _USB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION {
	HANDLE TimeTrackingHandle;
	ULONG InputFrameNumber;
	ULONG InputMicroFrameNumber;
	LARGE_INTEGER QueryPerformanceCounterAtInputFrameOrMicroFrame;
	LARGE_INTEGER QueryPerformanceCounterFrequency;
	ULONG PredictedAccuracyInMicroSeconds;
	ULONG CurrentGenerationID;
	LARGE_INTEGER CurrentQueryPerformanceCounter;
	ULONG CurrentHardwareFrameNumber;
	ULONG CurrentHardwareMicroFrameNumber;
	ULONG CurrentUSBFrameNumber;
} USB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION,
	*PUSB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION;

#endif /* __USB_TIME_SYNC_DEFINED */

#pragma pack(pop)

_WINUSB_SIZE(WINUSB_SETUP_PACKET, 8);
_WINUSB_OFFSET(WINUSB_SETUP_PACKET, Length, 6);
_WINUSB_SIZE(USB_START_TRACKING_FOR_TIME_SYNC_INFORMATION, sizeof(HANDLE) + 1);
_WINUSB_SIZE(USB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION, sizeof(HANDLE));
_WINUSB_SIZE(USB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION, sizeof(HANDLE) + 52);

/* ---- Interfaces ---------------------------------------------------------------------------- */

BOOL WINAPI WinUsb_Initialize(HANDLE DeviceHandle, PWINUSB_INTERFACE_HANDLE InterfaceHandle);
BOOL WINAPI WinUsb_Free(WINUSB_INTERFACE_HANDLE InterfaceHandle);
BOOL WINAPI WinUsb_GetAssociatedInterface(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					  UCHAR AssociatedInterfaceIndex,
					  PWINUSB_INTERFACE_HANDLE AssociatedInterfaceHandle);

/* ---- Questions ----------------------------------------------------------------------------- */

BOOL WINAPI WinUsb_QueryDeviceInformation(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					  ULONG InformationType, PULONG BufferLength, PVOID Buffer);
BOOL WINAPI WinUsb_QueryInterfaceSettings(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					  UCHAR AlternateInterfaceNumber,
					  PUSB_INTERFACE_DESCRIPTOR UsbAltInterfaceDescriptor);
BOOL WINAPI WinUsb_QueryPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle,
			     UCHAR AlternateInterfaceNumber, UCHAR PipeIndex,
			     PWINUSB_PIPE_INFORMATION PipeInformation);
BOOL WINAPI WinUsb_QueryPipeEx(WINUSB_INTERFACE_HANDLE InterfaceHandle,
			       UCHAR AlternateInterfaceNumber, UCHAR PipeIndex,
			       PWINUSB_PIPE_INFORMATION_EX PipeInformationEx);
BOOL WINAPI WinUsb_GetDescriptor(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR DescriptorType,
				 UCHAR Index, USHORT LanguageID, PUCHAR Buffer, ULONG BufferLength,
				 PULONG LengthTransferred);
PUSB_INTERFACE_DESCRIPTOR WINAPI WinUsb_ParseConfigurationDescriptor(
	PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PVOID StartPosition,
	LONG InterfaceNumber, LONG AlternateSetting, LONG InterfaceClass, LONG InterfaceSubClass,
	LONG InterfaceProtocol);
PUSB_COMMON_DESCRIPTOR WINAPI WinUsb_ParseDescriptors(PVOID DescriptorBuffer, ULONG TotalLength,
						      PVOID StartPosition, LONG DescriptorType);

/* ---- Settings and policies ----------------------------------------------------------------- */

BOOL WINAPI WinUsb_GetCurrentAlternateSetting(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					      PUCHAR SettingNumber);
BOOL WINAPI WinUsb_SetCurrentAlternateSetting(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					      UCHAR SettingNumber);
BOOL WINAPI WinUsb_GetPipePolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				 ULONG PolicyType, PULONG ValueLength, PVOID Value);
BOOL WINAPI WinUsb_SetPipePolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				 ULONG PolicyType, ULONG ValueLength, PVOID Value);
BOOL WINAPI WinUsb_GetPowerPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
				  PULONG ValueLength, PVOID Value);
BOOL WINAPI WinUsb_SetPowerPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
				  ULONG ValueLength, PVOID Value);

/* ---- Control, bulk and interrupt transfers ------------------------------------------------- */

BOOL WINAPI WinUsb_ControlTransfer(WINUSB_INTERFACE_HANDLE InterfaceHandle,
				   WINUSB_SETUP_PACKET SetupPacket, PUCHAR Buffer,
				   ULONG BufferLength, PULONG LengthTransferred,
				   LPOVERLAPPED Overlapped);
BOOL WINAPI WinUsb_ReadPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
			    ULONG BufferLength, PULONG LengthTransferred, LPOVERLAPPED Overlapped);
BOOL WINAPI WinUsb_WritePipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
			     ULONG BufferLength, PULONG LengthTransferred, LPOVERLAPPED Overlapped);
BOOL WINAPI WinUsb_AbortPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID);
BOOL WINAPI WinUsb_FlushPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID);
BOOL WINAPI WinUsb_ResetPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID);
BOOL WINAPI WinUsb_GetOverlappedResult(WINUSB_INTERFACE_HANDLE InterfaceHandle,
				       LPOVERLAPPED lpOverlapped,
				       LPDWORD lpNumberOfBytesTransferred, BOOL bWait);

/* ---- Isochronous transfers ----------------------------------------------------------------- */

BOOL WINAPI WinUsb_RegisterIsochBuffer(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				       PUCHAR Buffer, ULONG BufferLength,
				       PWINUSB_ISOCH_BUFFER_HANDLE IsochBufferHandle);
BOOL WINAPI WinUsb_UnregisterIsochBuffer(WINUSB_ISOCH_BUFFER_HANDLE IsochBufferHandle);
BOOL WINAPI WinUsb_ReadIsochPipe(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
				 ULONG Length, PULONG FrameNumber, ULONG NumberOfPackets,
				 PUSBD_ISO_PACKET_DESCRIPTOR IsoPacketDescriptors,
				 LPOVERLAPPED Overlapped);
BOOL WINAPI WinUsb_WriteIsochPipe(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
				  ULONG Length, PULONG FrameNumber, LPOVERLAPPED Overlapped);
BOOL WINAPI WinUsb_ReadIsochPipeAsap(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
				     ULONG Length, BOOL ContinueStream, ULONG NumberOfPackets,
				     PUSBD_ISO_PACKET_DESCRIPTOR IsoPacketDescriptors,
				     LPOVERLAPPED Overlapped);
BOOL WINAPI WinUsb_WriteIsochPipeAsap(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
				      ULONG Length, BOOL ContinueStream, LPOVERLAPPED Overlapped);

/* ---- The time of the bus ------------------------------------------------------------------- */

BOOL WINAPI WinUsb_GetCurrentFrameNumber(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					 PULONG CurrentFrameNumber, LARGE_INTEGER *TimeStamp);
BOOL WINAPI WinUsb_GetAdjustedFrameNumber(PULONG CurrentFrameNumber, LARGE_INTEGER TimeStamp);
BOOL WINAPI
WinUsb_StartTrackingForTimeSync(WINUSB_INTERFACE_HANDLE InterfaceHandle,
				PUSB_START_TRACKING_FOR_TIME_SYNC_INFORMATION StartTrackingInfo);
BOOL WINAPI WinUsb_GetCurrentFrameNumberAndQpc(
	WINUSB_INTERFACE_HANDLE InterfaceHandle,
	PUSB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION FrameQpcInfo);
BOOL WINAPI
WinUsb_StopTrackingForTimeSync(WINUSB_INTERFACE_HANDLE InterfaceHandle,
			       PUSB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION StopTrackingInfo);

#ifdef __cplusplus
}
#endif

#endif /* __WUSB_H__ */
