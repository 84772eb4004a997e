// SPDX-License-Identifier: MIT
/*
 * Descriptors in memory. They come from devices, so no length in them is believed: nothing outside
 * of the given buffer is looked at. Pure.
 */
#include "winusb-internal.h"

/* Bytes in front of at, or SIZE_MAX if it does not point into the buffer. */
static size_t offset_in(const void *buffer, size_t size, const void *at)
{
	uintptr_t start = (uintptr_t)buffer, place = (uintptr_t)at;

	return place < start || place - start > size ? SIZE_MAX : place - start;
}

/* The descriptor at offset, if one is there whole; otherwise NULL, and what follows is unknown. */
static const USB_COMMON_DESCRIPTOR *descriptor_at(const void *buffer, size_t size, size_t offset)
{
	const USB_COMMON_DESCRIPTOR *found = (const void *)((const unsigned char *)buffer + offset);

	if (size - offset < sizeof(*found))
		return NULL;
	if (found->bLength < sizeof(*found) || found->bLength > size - offset)
		return NULL;
	return found;
}

/* First descriptor of a type, at least min_length long, at or behind an offset. */
static const USB_COMMON_DESCRIPTOR *find(const void *buffer, size_t size, size_t offset, LONG type,
					 size_t min_length)
{
	const USB_COMMON_DESCRIPTOR *found;

	while (offset < size) {
		found = descriptor_at(buffer, size, offset);
		if (!found)
			return NULL;
		if (found->bDescriptorType == type && found->bLength >= min_length)
			return found;
		offset += found->bLength;
	}
	return NULL;
}

PUSB_COMMON_DESCRIPTOR WINAPI WinUsb_ParseDescriptors(PVOID DescriptorBuffer, ULONG TotalLength,
						      PVOID StartPosition, LONG DescriptorType)
{
	size_t offset = offset_in(DescriptorBuffer, TotalLength, StartPosition);

	if (!DescriptorBuffer || !StartPosition || offset > TotalLength)
		return NULL;
	return (PUSB_COMMON_DESCRIPTOR)find(DescriptorBuffer, TotalLength, offset, DescriptorType,
					    sizeof(USB_COMMON_DESCRIPTOR));
}

/* A negative number fits all. */
static bool fits(LONG wanted, UCHAR value)
{
	return wanted < 0 || wanted == value;
}

struct wanted_interface {
	LONG number, alternate, class, subclass, protocol;
};

static bool interface_fits(const USB_INTERFACE_DESCRIPTOR *found,
			   const struct wanted_interface *wanted)
{
	return fits(wanted->number, found->bInterfaceNumber) &&
	       fits(wanted->alternate, found->bAlternateSetting) &&
	       fits(wanted->class, found->bInterfaceClass) &&
	       fits(wanted->subclass, found->bInterfaceSubClass) &&
	       fits(wanted->protocol, found->bInterfaceProtocol);
}

static const USB_INTERFACE_DESCRIPTOR *find_interface(const void *buffer, size_t size,
						      size_t offset,
						      const struct wanted_interface *wanted)
{
	const USB_INTERFACE_DESCRIPTOR *found;

	for (;;) {
		found = (const void *)find(buffer, size, offset, USB_INTERFACE_DESCRIPTOR_TYPE,
					   sizeof(*found));
		if (!found || interface_fits(found, wanted))
			return found;
		offset = offset_in(buffer, size, found) + found->bLength;
	}
}

PUSB_INTERFACE_DESCRIPTOR WINAPI WinUsb_ParseConfigurationDescriptor(
	PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PVOID StartPosition,
	LONG InterfaceNumber, LONG AlternateSetting, LONG InterfaceClass, LONG InterfaceSubClass,
	LONG InterfaceProtocol)
{
	struct wanted_interface wanted = {
		.number = InterfaceNumber,
		.alternate = AlternateSetting,
		.class = InterfaceClass,
		.subclass = InterfaceSubClass,
		.protocol = InterfaceProtocol,
	};
	size_t size, offset;

	if (!ConfigurationDescriptor || !StartPosition ||
	    ConfigurationDescriptor->bDescriptorType != USB_CONFIGURATION_DESCRIPTOR_TYPE)
		return NULL;
	size = ConfigurationDescriptor->wTotalLength;
	offset = offset_in(ConfigurationDescriptor, size, StartPosition);
	if (offset > size)
		return NULL;
	return (PUSB_INTERFACE_DESCRIPTOR)find_interface(ConfigurationDescriptor, size, offset,
							 &wanted);
}

/* ---- For the library itself: a configuration of size bytes that is really there ------------ */

/* Alternate setting by bAlternateSetting; NULL if there is none. */
const USB_INTERFACE_DESCRIPTOR *winusb_find_alternate(const void *configuration, size_t size,
						      UCHAR interface, UCHAR alternate)
{
	struct wanted_interface wanted = { interface, alternate, -1, -1, -1 };

	return find_interface(configuration, size, 0, &wanted);
}

/* Alternate setting by index, in the order of the descriptors. */
const USB_INTERFACE_DESCRIPTOR *winusb_nth_alternate(const void *configuration, size_t size,
						     UCHAR interface, unsigned int index)
{
	struct wanted_interface wanted = { interface, -1, -1, -1, -1 };
	const USB_INTERFACE_DESCRIPTOR *found;
	size_t offset = 0;

	do {
		found = find_interface(configuration, size, offset, &wanted);
		if (found)
			offset = offset_in(configuration, size, found) + found->bLength;
	} while (found && index--);
	return found;
}

/* Endpoint by index of an alternate setting that one of the above found. */
const USB_ENDPOINT_DESCRIPTOR *winusb_nth_endpoint(const void *configuration, size_t size,
						   const USB_INTERFACE_DESCRIPTOR *alternate,
						   unsigned int index)
{
	size_t offset = offset_in(configuration, size, alternate);
	const USB_COMMON_DESCRIPTOR *next = (const void *)alternate;

	for (;;) {
		offset += next->bLength;
		next = offset < size ? descriptor_at(configuration, size, offset) : NULL;
		if (!next || next->bDescriptorType == USB_INTERFACE_DESCRIPTOR_TYPE)
			return NULL;
		if (next->bDescriptorType == USB_ENDPOINT_DESCRIPTOR_TYPE &&
		    next->bLength >= sizeof(USB_ENDPOINT_DESCRIPTOR) && !index--)
			return (const void *)next;
	}
}

/* UTF-16 to this library's wide characters; halves of pairs become U+FFFD. */
ULONG WINAPI WinUsbExt_StringFromDescriptor(const USB_STRING_DESCRIPTOR *Descriptor, PWSTR Text,
					    ULONG Characters)
{
	size_t units, i = 0;
	ULONG length = 0;

	if (!Text || !Characters)
		return 0;
	units = Descriptor && Descriptor->bDescriptorType == USB_STRING_DESCRIPTOR_TYPE &&
				Descriptor->bLength >= 2 ?
			(Descriptor->bLength - 2u) / 2 :
			0;
	while (i < units && length + 1 < Characters) {
		unsigned int unit = Descriptor->bString[i++];

		if (unit >= 0xd800 && unit < 0xdc00 && i < units &&
		    (Descriptor->bString[i] & 0xfc00) == 0xdc00)
			unit = 0x10000 + ((unit & 0x3ff) << 10) +
			       (Descriptor->bString[i++] & 0x3ff);
		else if (unit >= 0xd800 && unit < 0xe000)
			unit = 0xfffd;
		Text[length++] = (WCHAR)unit;
	}
	Text[length] = 0;
	return length;
}
