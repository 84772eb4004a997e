// SPDX-License-Identifier: MIT
/* The time of the bus. */
#include <errno.h>
#include <stdlib.h>

#include "winusb-internal.h"

#define TICKS_PER_UFRAME (125000 / 100)
#define US_PER_UFRAME	 125

BOOL WINAPI WinUsb_GetCurrentFrameNumber(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					 PULONG CurrentFrameNumber, LARGE_INTEGER *TimeStamp)
{
	struct winusb_interface *interface;
	struct winusb_iso_frame frame;
	struct wiso_device *dev;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (!CurrentFrameNumber || !TimeStamp)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	if (wiso_get_frame(dev, &frame) < 0)
		return winusb_leave(interface, win_error_from_errno(errno));
	*CurrentFrameNumber = (ULONG)wiso_frame_number(frame.uframe);
	TimeStamp->QuadPart = win_ticks_from_ns(frame.timestamp_ns);
	return winusb_leave(interface, ERROR_SUCCESS);
}

BOOL WINAPI WinUsb_GetAdjustedFrameNumber(PULONG CurrentFrameNumber, LARGE_INTEGER TimeStamp)
{
	LARGE_INTEGER now, frequency;

	if (!CurrentFrameNumber)
		return win_fail(ERROR_INVALID_PARAMETER);
	QueryPerformanceCounter(&now);
	QueryPerformanceFrequency(&frequency);
	*CurrentFrameNumber = winusb_frame_adjust(*CurrentFrameNumber, TimeStamp.QuadPart,
						  now.QuadPart, frequency.QuadPart);
	return TRUE;
}

/* ---- Time sync ----------------------------------------------------------------------------- */

/* The handle of WinUsb_StartTrackingForTimeSync(): the driver follows the bus all the time. */
struct tracking {
	struct win_object object;
	struct winusb_device *device; /* whose; only compared */
};

static void tracking_free(struct win_object *object)
{
	free(object);
}

static const struct win_class tracking_class = {
	.name = "time tracking",
	.free = tracking_free,
};

BOOL WINAPI
WinUsb_StartTrackingForTimeSync(WINUSB_INTERFACE_HANDLE InterfaceHandle,
				PUSB_START_TRACKING_FOR_TIME_SYNC_INFORMATION StartTrackingInfo)
{
	struct winusb_interface *interface;
	struct tracking *tracking;
	struct wiso_device *dev;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (!StartTrackingInfo)
		return winusb_leave(interface, ERROR_INVALID_HANDLE);
	tracking = calloc(1, sizeof(*tracking));
	if (!tracking)
		return winusb_leave(interface, ERROR_NOT_ENOUGH_MEMORY);
	win_object_init(&tracking->object, &tracking_class);
	tracking->device = interface->device;
	StartTrackingInfo->TimeTrackingHandle = win_handle_give(&tracking->object);
	return winusb_leave(interface, StartTrackingInfo->TimeTrackingHandle ?
					       ERROR_SUCCESS :
					       ERROR_NOT_ENOUGH_MEMORY);
}

/* Does it belong to this device? */
static DWORD check_tracking(const struct winusb_interface *interface, HANDLE handle)
{
	struct tracking *tracking = win_handle_get(handle, &tracking_class);
	bool fits = tracking && tracking->device == interface->device;

	if (tracking)
		win_object_put(&tracking->object);
	return fits ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

BOOL WINAPI
WinUsb_StopTrackingForTimeSync(WINUSB_INTERFACE_HANDLE InterfaceHandle,
			       PUSB_STOP_TRACKING_FOR_TIME_SYNC_INFORMATION StopTrackingInfo)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;
	DWORD error;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	error = StopTrackingInfo ? check_tracking(interface, StopTrackingInfo->TimeTrackingHandle) :
				   ERROR_INVALID_HANDLE;
	if (!error && !win_handle_close(StopTrackingInfo->TimeTrackingHandle, &tracking_class))
		error = ERROR_INVALID_HANDLE;
	return winusb_leave(interface, error);
}

/* QueryPerformanceCounter() at a bus time, from a reading. */
static LONGLONG ticks_at(const struct winusb_iso_frame *frame, uint64_t uframe)
{
	return win_ticks_from_ns(frame->timestamp_ns) +
	       (LONGLONG)(uframe - frame->uframe) * TICKS_PER_UFRAME;
}

static void fill_in(PUSB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION info,
		    const struct winusb_iso_frame *frame)
{
	LARGE_INTEGER frequency;
	uint64_t asked;

	QueryPerformanceFrequency(&frequency);
	info->QueryPerformanceCounterAtInputFrameOrMicroFrame.QuadPart = 0;
	if (info->InputFrameNumber || info->InputMicroFrameNumber) {
		asked = winusb_frame_extend(info->InputFrameNumber, frame->uframe) +
			(info->InputMicroFrameNumber & 7);
		info->QueryPerformanceCounterAtInputFrameOrMicroFrame.QuadPart =
			ticks_at(frame, asked);
	}
	info->QueryPerformanceCounterFrequency = frequency;
	info->PredictedAccuracyInMicroSeconds = frame->resolution * US_PER_UFRAME;
	info->CurrentGenerationID = 1;
	info->CurrentQueryPerformanceCounter.QuadPart = ticks_at(frame, frame->uframe);
	info->CurrentHardwareFrameNumber = (ULONG)(frame->uframe >> 3) & 0x7ff;
	info->CurrentHardwareMicroFrameNumber = (ULONG)frame->uframe & 7;
	info->CurrentUSBFrameNumber = (ULONG)(frame->uframe >> 3);
}

BOOL WINAPI
WinUsb_GetCurrentFrameNumberAndQpc(WINUSB_INTERFACE_HANDLE InterfaceHandle,
				   PUSB_FRAME_NUMBER_AND_QPC_FOR_TIME_SYNC_INFORMATION FrameQpcInfo)
{
	struct winusb_interface *interface;
	struct winusb_iso_frame frame;
	struct wiso_device *dev;
	DWORD error;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	error = FrameQpcInfo ? check_tracking(interface, FrameQpcInfo->TimeTrackingHandle) :
			       ERROR_INVALID_HANDLE;
	if (!error && wiso_get_frame(dev, &frame) < 0)
		error = win_error_from_errno(errno);
	if (!error)
		fill_in(FrameQpcInfo, &frame);
	return winusb_leave(interface, error);
}
