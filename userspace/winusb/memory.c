// SPDX-License-Identifier: MIT
/* LocalAlloc(), HeapAlloc() and VirtualAlloc(), on top of malloc() and mmap(). */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

/* ---- Local and global --------------------------------------------------------- */

static void *allocate(UINT flags, SIZE_T size)
{
	void *memory;

	if (flags & ~(UINT)LMEM_ZEROINIT)
		return win_fail_null(ERROR_NOT_SUPPORTED);
	if (!size)
		size = 1;
	memory = flags & LMEM_ZEROINIT ? calloc(1, size) : malloc(size);
	return memory ? memory : win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
}

HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes)
{
	return allocate(uFlags, uBytes);
}

HLOCAL WINAPI LocalFree(HLOCAL hMem)
{
	free(hMem);
	return NULL;
}

HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes)
{
	return allocate(uFlags, dwBytes);
}

HGLOBAL WINAPI GlobalFree(HGLOBAL hMem)
{
	free(hMem);
	return NULL;
}

/* ---- The heap ------------------------------------------------------------------ */

/* In front of each block, so that HeapReAlloc() knows what is new. */
struct block {
	SIZE_T size;
	SIZE_T padding;
};

static char the_heap;

HANDLE WINAPI GetProcessHeap(void)
{
	return &the_heap;
}

LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes)
{
	struct block *block;

	if (hHeap != &the_heap)
		return win_fail_null(ERROR_INVALID_HANDLE);
	if (dwBytes > SIZE_MAX - sizeof(*block))
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	block = dwFlags & HEAP_ZERO_MEMORY ? calloc(1, sizeof(*block) + dwBytes) :
					     malloc(sizeof(*block) + dwBytes);
	if (!block)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	block->size = dwBytes;
	return block + 1;
}

LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes)
{
	struct block *block;

	if (hHeap != &the_heap)
		return win_fail_null(ERROR_INVALID_HANDLE);
	if (!lpMem)
		return win_fail_null(ERROR_INVALID_PARAMETER);
	if (dwBytes > SIZE_MAX - sizeof(*block) || dwFlags & HEAP_REALLOC_IN_PLACE_ONLY)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	block = realloc((struct block *)lpMem - 1, sizeof(*block) + dwBytes);
	if (!block)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	if (dwFlags & HEAP_ZERO_MEMORY && dwBytes > block->size)
		memset((char *)(block + 1) + block->size, 0, dwBytes - block->size);
	block->size = dwBytes;
	return block + 1;
}

BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem)
{
	(void)dwFlags;
	if (hHeap != &the_heap)
		return win_fail(ERROR_INVALID_HANDLE);
	if (lpMem)
		free((struct block *)lpMem - 1);
	return TRUE;
}

/* ---- Pages --------------------------------------------------------------------- */

struct region {
	struct region *next;
	void *address;
	SIZE_T size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list */
static struct region *regions;

static SIZE_T whole_pages(SIZE_T size)
{
	SIZE_T page = (SIZE_T)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect)
{
	struct region *region;

	if (!dwSize || dwSize > SIZE_MAX / 2)
		return win_fail_null(ERROR_INVALID_PARAMETER);
	if (lpAddress || !(flAllocationType & MEM_COMMIT) || flProtect != PAGE_READWRITE ||
	    flAllocationType & ~(DWORD)(MEM_COMMIT | MEM_RESERVE | MEM_TOP_DOWN))
		return win_fail_null(ERROR_NOT_SUPPORTED);
	region = malloc(sizeof(*region));
	if (!region)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	region->size = whole_pages(dwSize);
	region->address = mmap(NULL, region->size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (region->address == MAP_FAILED) {
		free(region);
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	}
	pthread_mutex_lock(&lock);
	region->next = regions;
	regions = region;
	pthread_mutex_unlock(&lock);
	return region->address;
}

static struct region *take_region(const void *address)
{
	struct region **at = &regions, *region;

	pthread_mutex_lock(&lock);
	while (*at && (*at)->address != address)
		at = &(*at)->next;
	region = *at;
	if (region)
		*at = region->next;
	pthread_mutex_unlock(&lock);
	return region;
}

BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
	struct region *region;

	if (dwFreeType != MEM_RELEASE)
		return win_fail(dwFreeType == MEM_DECOMMIT ? ERROR_NOT_SUPPORTED :
							     ERROR_INVALID_PARAMETER);
	if (dwSize)
		return win_fail(ERROR_INVALID_PARAMETER);
	region = take_region(lpAddress);
	if (!region)
		return win_fail(ERROR_INVALID_ADDRESS);
	munmap(region->address, region->size);
	free(region);
	return TRUE;
}

BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize)
{
	return mlock(lpAddress, dwSize) == 0 ? TRUE : win_fail(ERROR_NOT_ENOUGH_QUOTA);
}

BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize)
{
	return munlock(lpAddress, dwSize) == 0 ? TRUE : win_fail(ERROR_INVALID_PARAMETER);
}

PVOID WINAPI RtlSecureZeroMemory(PVOID ptr, SIZE_T cnt)
{
	explicit_bzero(ptr, cnt);
	return ptr;
}
