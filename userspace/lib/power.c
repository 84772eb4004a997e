// SPDX-License-Identifier: MIT
/* Power policy. */
#include "internal.h"

int wiso_set_power(struct wiso_device *dev, unsigned int policy, uint32_t value)
{
	struct winusb_iso_power power = { .policy = policy, .value = value };

	return wiso_sys_ioctl(dev, WINUSB_ISO_IOC_SET_POWER, &power) < 0 ? -1 : 0;
}

int wiso_get_power(struct wiso_device *dev, unsigned int policy, uint32_t *value)
{
	struct winusb_iso_power power = { .policy = policy };

	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_GET_POWER, &power) < 0)
		return -1;
	*value = power.value;
	return 0;
}
