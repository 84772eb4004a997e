// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registered buffers: their memory, its accounting and its mappings.
 *
 * Isochronous URBs take neither scatter lists nor vmalloc memory, so the data
 * area is physically contiguous; usbcore maps it for DMA at each submission.
 */

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "buffer.h"
#include "compat.h"
#include "ring.h"

static unsigned int memory_limit_mb = 256;
module_param(memory_limit_mb, uint, 0644);
MODULE_PARM_DESC(memory_limit_mb,
		 "MiB that registered buffers of all sessions may take together");

static atomic_long_t iso_buffer_bytes = ATOMIC_LONG_INIT(0);

u64 iso_buffer_table_offset(const struct iso_buffer *buffer)
{
	return PAGE_ALIGN(buffer->size);
}

/** iso_buffer_map_size - bytes that a mapping of all of it has */
u64 iso_buffer_map_size(const struct iso_buffer *buffer)
{
	return iso_buffer_table_offset(buffer) +
	       PAGE_ALIGN(buffer->packets * sizeof(*buffer->table));
}

static bool iso_buffer_charge(const struct iso_buffer *buffer)
{
	long size = iso_buffer_map_size(buffer);
	u64 limit = (u64)READ_ONCE(memory_limit_mb) << 20;

	if (atomic_long_add_return(size, &iso_buffer_bytes) <= limit)
		return true;
	atomic_long_sub(size, &iso_buffer_bytes);
	return false;
}

static void iso_buffer_uncharge(const struct iso_buffer *buffer)
{
	atomic_long_sub(iso_buffer_map_size(buffer), &iso_buffer_bytes);
}

static int iso_buffer_allocate(struct iso_buffer *buffer, bool low_memory)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN;

	if (low_memory)
		gfp |= GFP_DMA32;
	buffer->data = alloc_pages_exact(iso_buffer_table_offset(buffer), gfp);
	if (!buffer->data)
		return -ENOMEM;
	if (!buffer->packets)
		return 0;
	buffer->table = __vmalloc(buffer->packets * sizeof(*buffer->table),
				  GFP_KERNEL_ACCOUNT | __GFP_ZERO |
				  __GFP_NOWARN);
	if (!buffer->table) {
		free_pages_exact(buffer->data, iso_buffer_table_offset(buffer));
		return -ENOMEM;
	}
	return 0;
}

/**
 * iso_buffer_create - allocate a buffer
 * @size: bytes of data, 1 to %WINUSB_ISO_MAX_BUFFER_SIZE
 * @packets: entries of the table, 0 to %WINUSB_ISO_MAX_BUFFER_PACKETS
 * @low_memory: the controller reaches the first 4 GiB only
 *
 * Return: the buffer, -ENOMEM or -EDQUOT.
 */
struct iso_buffer *iso_buffer_create(u32 size, u32 packets, bool low_memory)
{
	struct iso_buffer *buffer;
	int err;

	buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);
	if (!buffer)
		return ERR_PTR(-ENOMEM);
	kref_init(&buffer->ref);
	buffer->size = size;
	buffer->packets = packets;

	err = -EDQUOT;
	if (!iso_buffer_charge(buffer))
		goto free;
	err = iso_buffer_allocate(buffer, low_memory);
	if (err)
		goto uncharge;
	return buffer;

uncharge:
	iso_buffer_uncharge(buffer);
free:
	kfree(buffer);
	return ERR_PTR(err);
}

static void iso_buffer_release(struct kref *ref)
{
	struct iso_buffer *buffer = container_of(ref, struct iso_buffer, ref);

	iso_buffer_uncharge(buffer);
	vfree(buffer->table);
	free_pages_exact(buffer->data, iso_buffer_table_offset(buffer));
	kfree_rcu(buffer, rcu);
}

void iso_buffer_put(struct iso_buffer *buffer)
{
	kref_put(&buffer->ref, iso_buffer_release);
}

static struct page *iso_buffer_page(const struct iso_buffer *buffer,
				    unsigned long index)
{
	unsigned long offset = index << PAGE_SHIFT;
	unsigned long table = iso_buffer_table_offset(buffer);

	if (offset < table)
		return virt_to_page(buffer->data + offset);
	if (offset < iso_buffer_map_size(buffer))
		return vmalloc_to_page((void *)buffer->table + offset - table);
	return NULL;
}

/* A mapping and its copies (fork, mremap, a partial munmap) hold the buffer. */
static void iso_buffer_vm_open(struct vm_area_struct *vma)
{
	struct iso_buffer *buffer = vma->vm_private_data;

	kref_get(&buffer->ref);
}

static void iso_buffer_vm_close(struct vm_area_struct *vma)
{
	iso_buffer_put(vma->vm_private_data);
}

static const struct vm_operations_struct iso_buffer_vm_ops = {
	.open = iso_buffer_vm_open,
	.close = iso_buffer_vm_close,
};

static int iso_check_vma(struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	iso_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

/**
 * iso_buffer_map - map a buffer from its start
 * @buffer: the buffer
 * @vma: where
 *
 * Return: 0, -EINVAL for a private mapping or one longer than the buffer, or
 *	-ENOMEM.
 */
int iso_buffer_map(struct iso_buffer *buffer, struct vm_area_struct *vma)
{
	unsigned long i;
	int err = iso_check_vma(vma);

	if (vma->vm_end - vma->vm_start > iso_buffer_map_size(buffer))
		return -EINVAL;
	for (i = 0; !err && i < vma_pages(vma); i++)
		err = vm_insert_page(vma, vma->vm_start + (i << PAGE_SHIFT),
				     iso_buffer_page(buffer, i));
	if (err)
		return err;
	vma->vm_private_data = buffer;
	vma->vm_ops = &iso_buffer_vm_ops;
	iso_buffer_vm_open(vma);
	return 0;
}

/**
 * iso_map_vmalloc - map memory that is not a buffer from its start
 * @memory: from vmalloc()
 * @size: its size, whole pages
 * @vma: where
 *
 * Pages live until the last mapping goes, whoever frees the memory.
 * Return: as iso_buffer_map().
 */
int iso_map_vmalloc(void *memory, size_t size, struct vm_area_struct *vma)
{
	unsigned long i;
	int err = iso_check_vma(vma);

	if (vma->vm_end - vma->vm_start > size)
		return -EINVAL;
	for (i = 0; !err && i < vma_pages(vma); i++)
		err = vm_insert_page(vma, vma->vm_start + (i << PAGE_SHIFT),
				     vmalloc_to_page(memory +
						     (i << PAGE_SHIFT)));
	return err;
}

/** iso_ring_map - map the rings of a session; see iso_map_vmalloc() */
int iso_ring_map(struct iso_ring *ring, struct vm_area_struct *vma)
{
	return iso_map_vmalloc(ring->control, ring->size, vma);
}
