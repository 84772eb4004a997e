/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernel versions, all in one place. */
#ifndef WINUSB_ISO_COMPAT_H
#define WINUSB_ISO_COMPAT_H

#include <linux/device/class.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/version.h>

static inline void iso_vm_flags_set(struct vm_area_struct *vma,
				    unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

static inline struct class *iso_class_create(const char *name)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return class_create(name);
#else
	return class_create(THIS_MODULE, name);
#endif
}

#endif
