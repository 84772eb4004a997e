// SPDX-License-Identifier: MIT
/* Questions: descriptors, pipes, settings, policies. */
#include <errno.h>
#include <string.h>

#include "winusb-internal.h"

/* ---- Device and descriptors ---------------------------------------------------------------- */

BOOL WINAPI WinUsb_QueryDeviceInformation(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					  ULONG InformationType, PULONG BufferLength, PVOID Buffer)
{
	struct winusb_interface *interface;
	struct winusb_iso_info info;
	struct wiso_device *dev;
	UCHAR speed;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (InformationType != DEVICE_SPEED)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	if (wiso_get_info(dev, &info) < 0)
		return winusb_leave(interface, win_error_from_errno(errno));
	speed = info.speed >= WINUSB_ISO_SPEED_HIGH ? HighSpeed : LowSpeed;
	return winusb_leave(interface,
			    winusb_value_out(&speed, sizeof(speed), BufferLength, Buffer));
}

/* What of a descriptor fits. */
static DWORD copy_descriptor(const void *descriptor, size_t size, PUCHAR buffer, ULONG length,
			     PULONG transferred)
{
	ULONG count = size < length ? (ULONG)size : length;

	memcpy(buffer, descriptor, count);
	if (transferred)
		*transferred = count;
	return ERROR_SUCCESS;
}

/* With the lock of the device. NULL: there is none. */
static const USB_COMMON_DESCRIPTOR *
inner_descriptor(struct winusb_device *device, struct wiso_device *dev, UCHAR type, UCHAR index)
{
	UCHAR number = device->file->info.interface_number;
	const USB_INTERFACE_DESCRIPTOR *found;
	struct winusb_iso_info info;

	if (type == USB_INTERFACE_DESCRIPTOR_TYPE)
		return (const void *)winusb_nth_alternate(device->configuration,
							  device->configuration_size, number,
							  index);
	if (wiso_get_info(dev, &info) < 0 || info.current_alternate < 0)
		return NULL;
	found = winusb_find_alternate(device->configuration, device->configuration_size, number,
				      (UCHAR)info.current_alternate);
	return found ? (const void *)winusb_nth_endpoint(device->configuration,
							 device->configuration_size, found, index) :
		       NULL;
}

/* Devices don't hand these out alone; they are parts of the configuration. */
static DWORD get_inner(struct winusb_device *device, struct wiso_device *dev, UCHAR type,
		       UCHAR index, PUCHAR buffer, ULONG length, PULONG transferred)
{
	const USB_COMMON_DESCRIPTOR *found;
	DWORD error = ERROR_NO_MORE_ITEMS;

	pthread_mutex_lock(&device->lock);
	found = inner_descriptor(device, dev, type, index);
	if (found)
		error = copy_descriptor(found, found->bLength, buffer, length, transferred);
	pthread_mutex_unlock(&device->lock);
	return error;
}

static DWORD get_from_device(struct wiso_device *dev, UCHAR type, UCHAR index, USHORT language,
			     PUCHAR buffer, ULONG length, PULONG transferred)
{
	ssize_t got = wiso_get_descriptor(dev, type, index, language, buffer,
					  length < UINT16_MAX ? length : UINT16_MAX);

	if (got < 0)
		return winusb_plain_error(-errno, false);
	if (transferred)
		*transferred = (ULONG)got;
	return ERROR_SUCCESS;
}

static DWORD get_descriptor(struct winusb_device *device, struct wiso_device *dev, UCHAR type,
			    UCHAR index, USHORT language, PUCHAR buffer, ULONG length,
			    PULONG transferred)
{
	switch (type) {
	case USB_DEVICE_DESCRIPTOR_TYPE:
		return copy_descriptor(&device->descriptor, sizeof(device->descriptor), buffer,
				       length, transferred);
	case USB_INTERFACE_DESCRIPTOR_TYPE:
	case USB_ENDPOINT_DESCRIPTOR_TYPE:
		return get_inner(device, dev, type, index, buffer, length, transferred);
	default:
		return get_from_device(dev, type, index, language, buffer, length, transferred);
	}
}

BOOL WINAPI WinUsb_GetDescriptor(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR DescriptorType,
				 UCHAR Index, USHORT LanguageID, PUCHAR Buffer, ULONG BufferLength,
				 PULONG LengthTransferred)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (!Buffer || !BufferLength)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	return winusb_leave(interface,
			    get_descriptor(interface->device, dev, DescriptorType, Index,
					   LanguageID, Buffer, BufferLength, LengthTransferred));
}

BOOL WINAPI WinUsb_QueryInterfaceSettings(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					  UCHAR AlternateInterfaceNumber,
					  PUSB_INTERFACE_DESCRIPTOR UsbAltInterfaceDescriptor)
{
	struct winusb_interface *interface;
	const USB_INTERFACE_DESCRIPTOR *found;
	struct winusb_device *device;
	struct wiso_device *dev;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (!UsbAltInterfaceDescriptor)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	device = interface->device;
	pthread_mutex_lock(&device->lock);
	found = winusb_nth_alternate(device->configuration, device->configuration_size,
				     device->file->info.interface_number, AlternateInterfaceNumber);
	if (found)
		*UsbAltInterfaceDescriptor = *found;
	pthread_mutex_unlock(&device->lock);
	return winusb_leave(interface, found ? ERROR_SUCCESS : ERROR_NO_MORE_ITEMS);
}

/* ---- Pipes --------------------------------------------------------------------------------- */

static bool has_alternate(struct wiso_device *dev, UCHAR number)
{
	struct winusb_iso_alternate alternate;

	for (unsigned int i = 0; wiso_get_alternate(dev, i, &alternate) == 0; i++)
		if (alternate.alternate == number)
			return true;
	return false;
}

static DWORD query_pipe(struct wiso_device *dev, UCHAR alternate, UCHAR index,
			PWINUSB_PIPE_INFORMATION_EX out)
{
	struct winusb_iso_pipe_info info;

	if (wiso_get_pipe(dev, alternate, index, &info) < 0) {
		if (errno != ENOENT)
			return win_error_from_errno(errno);
		return has_alternate(dev, alternate) ? ERROR_NO_MORE_ITEMS :
						       ERROR_INVALID_PARAMETER;
	}
	out->PipeType = (USBD_PIPE_TYPE)info.type;
	out->PipeId = info.address;
	out->MaximumPacketSize = info.max_packet_size;
	out->Interval = info.b_interval;
	out->MaximumBytesPerInterval = info.max_bytes_per_interval;
	return ERROR_SUCCESS;
}

BOOL WINAPI WinUsb_QueryPipeEx(WINUSB_INTERFACE_HANDLE InterfaceHandle,
			       UCHAR AlternateInterfaceNumber, UCHAR PipeIndex,
			       PWINUSB_PIPE_INFORMATION_EX PipeInformationEx)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (!PipeInformationEx)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	return winusb_leave(interface, query_pipe(dev, AlternateInterfaceNumber, PipeIndex,
						  PipeInformationEx));
}

BOOL WINAPI WinUsb_QueryPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle,
			     UCHAR AlternateInterfaceNumber, UCHAR PipeIndex,
			     PWINUSB_PIPE_INFORMATION PipeInformation)
{
	WINUSB_PIPE_INFORMATION_EX ex;

	if (!WinUsb_QueryPipeEx(InterfaceHandle, AlternateInterfaceNumber, PipeIndex,
				PipeInformation ? &ex : NULL))
		return FALSE;
	/* NOLINTNEXTLINE: where it is TRUE both are there and filled in */
	PipeInformation->PipeType = ex.PipeType;
	PipeInformation->PipeId = ex.PipeId;
	PipeInformation->MaximumPacketSize = ex.MaximumPacketSize;
	PipeInformation->Interval = ex.Interval;
	return TRUE;
}

/* ---- Alternate settings -------------------------------------------------------------------- */

BOOL WINAPI WinUsb_GetCurrentAlternateSetting(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					      PUCHAR SettingNumber)
{
	struct winusb_interface *interface;
	struct winusb_iso_info info;
	struct wiso_device *dev;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (!SettingNumber)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	if (wiso_get_info(dev, &info) < 0)
		return winusb_leave(interface, win_error_from_errno(errno));
	if (info.current_alternate < 0)
		return winusb_leave(interface, ERROR_GEN_FAILURE);
	*SettingNumber = (UCHAR)info.current_alternate;
	return winusb_leave(interface, ERROR_SUCCESS);
}

/* ---- Policies ------------------------------------------------------------------------------ */

/* The pipe whose policies are asked for: one of the current setting, or 0. */
static DWORD find_policies(struct winusb_interface *interface, struct wiso_device *dev,
			   UCHAR address, struct winusb_pipe **pipe)
{
	struct winusb_iso_pipe_info info;
	DWORD error = address ? winusb_find_pipe(dev, address, &info) : ERROR_SUCCESS;

	*pipe = winusb_pipe_of(interface->device, address);
	return error;
}

BOOL WINAPI WinUsb_GetPipePolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				 ULONG PolicyType, PULONG ValueLength, PVOID Value)
{
	struct winusb_interface *interface;
	struct winusb_pipe *pipe;
	struct wiso_device *dev;
	DWORD error;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	error = find_policies(interface, dev, PipeID, &pipe);
	if (error)
		return winusb_leave(interface, error);
	pthread_mutex_lock(&pipe->lock);
	error = winusb_policy_get(&pipe->policies, !PipeID, PolicyType, ValueLength, Value);
	pthread_mutex_unlock(&pipe->lock);
	return winusb_leave(interface, error);
}

BOOL WINAPI WinUsb_SetPipePolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				 ULONG PolicyType, ULONG ValueLength, PVOID Value)
{
	struct winusb_interface *interface;
	struct winusb_pipe *pipe;
	struct wiso_device *dev;
	DWORD error;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	error = find_policies(interface, dev, PipeID, &pipe);
	if (error)
		return winusb_leave(interface, error);
	pthread_mutex_lock(&pipe->lock);
	error = winusb_policy_set(&pipe->policies, !PipeID, PolicyType, ValueLength, Value);
	pthread_mutex_unlock(&pipe->lock);
	return winusb_leave(interface, error);
}

/* Two are a UCHAR, the delay is a ULONG. */
static ULONG power_size(ULONG type)
{
	return type == SUSPEND_DELAY ? sizeof(ULONG) : sizeof(UCHAR);
}

static DWORD power_error(void)
{
	return errno == ENOENT || errno == ERANGE ? ERROR_INVALID_PARAMETER :
						    win_error_from_errno(errno);
}

BOOL WINAPI WinUsb_GetPowerPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
				  PULONG ValueLength, PVOID Value)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;
	uint32_t value;
	UCHAR truth;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (wiso_get_power(dev, PolicyType, &value) < 0)
		return winusb_leave(interface, power_error());
	truth = value != 0;
	return winusb_leave(interface,
			    PolicyType == SUSPEND_DELAY ?
				    winusb_value_out(&value, sizeof(ULONG), ValueLength, Value) :
				    winusb_value_out(&truth, sizeof(truth), ValueLength, Value));
}

static DWORD set_power(struct wiso_device *dev, ULONG type, ULONG length, const void *in)
{
	uint32_t value;

	if (!in || length < power_size(type))
		return ERROR_INVALID_PARAMETER;
	if (type == SUSPEND_DELAY) {
		memcpy(&value, in, sizeof(value));
		if (value > INT32_MAX)
			value = INT32_MAX;
	} else {
		value = *(const UCHAR *)in != 0;
	}
	return wiso_set_power(dev, type, value) < 0 ? power_error() : ERROR_SUCCESS;
}

BOOL WINAPI WinUsb_SetPowerPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
				  ULONG ValueLength, PVOID Value)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	return winusb_leave(interface, set_power(dev, PolicyType, ValueLength, Value));
}

/* ---- Policies of winusb_ext.h -------------------------------------------------------------- */

static atomic_bool *ext_policy(struct winusb_device *device, ULONG type)
{
	switch (type) {
	case WINUSBEXT_REAL_BYTE_COUNTS:
		return &device->real_byte_counts;
	case WINUSBEXT_LIFT_LIMITS:
		return &device->lift_limits;
	case WINUSBEXT_APPROXIMATE_FRAMES:
		return &device->approximate_frames;
	default:
		return NULL;
	}
}

BOOL WINAPI WinUsbExt_SetPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
				ULONG ValueLength, PVOID Value)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;
	atomic_bool *policy;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	policy = ext_policy(interface->device, PolicyType);
	if (!policy || !Value || ValueLength < sizeof(UCHAR))
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	atomic_store(policy, *(const UCHAR *)Value != 0);
	return winusb_leave(interface, ERROR_SUCCESS);
}

BOOL WINAPI WinUsbExt_GetPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
				PULONG ValueLength, PVOID Value)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;
	atomic_bool *policy;
	UCHAR truth;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	policy = ext_policy(interface->device, PolicyType);
	if (!policy)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	truth = atomic_load(policy);
	return winusb_leave(interface, winusb_value_out(&truth, sizeof(truth), ValueLength, Value));
}
