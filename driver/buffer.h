/* SPDX-License-Identifier: GPL-2.0-only */
/* Registered buffers: their memory, its accounting and its mappings. */
#ifndef WINUSB_ISO_BUFFER_H
#define WINUSB_ISO_BUFFER_H

#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include <uapi/linux/winusb_iso.h>

struct iso_pipe;
struct iso_plain;
struct iso_ring;
struct page;
struct vm_area_struct;

/**
 * struct iso_buffer - a registered buffer
 * @ref: one for the registration, one for each mapping.
 * @pipe: the isochronous pipe that it serves, as long as it is registered, or
 * @plain: the plain one.
 * @ring: where completions of its transfers go.
 * @handle: its name in the session.
 * @size: bytes of the data area that may be used.
 * @packets: entries of the packet table; 0 of a plain pipe, without a table.
 * @data: data area: whole pages, physically contiguous.
 * @table: packet table: whole pages, or NULL.
 * @pending: transfers that are pending; guarded by the pipe's lock.
 * @pending_packets: packets in them; guarded by the pipe's lock. A check before
 *	that reads it without.
 * @retired: no more transfers of it; guarded by the pipe's lock.
 * @rcu: the pump of another pipe may be looking at @pipe.
 */
struct iso_buffer {
	struct kref ref;
	struct iso_pipe *pipe;
	struct iso_plain *plain;
	struct iso_ring *ring;
	u32 handle;
	u32 size;
	u32 packets;
	void *data;
	struct winusb_iso_packet *table;
	u32 pending;
	u32 pending_packets;
	bool retired;
	struct rcu_head rcu;
};

struct iso_buffer *iso_buffer_create(u32 size, u32 packets, bool low_memory);
void iso_buffer_put(struct iso_buffer *buffer);
u64 iso_buffer_table_offset(const struct iso_buffer *buffer);
u64 iso_buffer_map_size(const struct iso_buffer *buffer);
int iso_buffer_map(struct iso_buffer *buffer, struct vm_area_struct *vma);
int iso_map_vmalloc(void *memory, size_t size, struct vm_area_struct *vma);
int iso_ring_map(struct iso_ring *ring, struct vm_area_struct *vma);

#endif
