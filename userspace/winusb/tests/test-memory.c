// SPDX-License-Identifier: MIT
/* Memory, and functions found by name. */
#include <string.h>

#include <setupapi.h>

#include "winapi.h"

static bool is_zero(const void *memory, size_t size)
{
	const unsigned char *bytes = memory;

	while (size)
		if (bytes[--size])
			return false;
	return true;
}

TEST(local, "LocalAlloc(LPTR) gives zeroed memory; movable memory is refused")
{
	void *memory = LocalAlloc(LPTR, 1000);

	CHECK(memory && is_zero(memory, 1000));
	CHECK(!LocalFree(memory));
	CHECK(!LocalFree(NULL));
	memory = GlobalAlloc(GPTR, 0);
	CHECK(memory && !GlobalFree(memory));
	REFUSED_NULL(LocalAlloc(LMEM_MOVEABLE, 10), ERROR_NOT_SUPPORTED);
	REFUSED_NULL(LocalAlloc(LPTR, (SIZE_T)-65536), ERROR_NOT_ENOUGH_MEMORY);
}

TEST(heap, "HeapReAlloc() keeps what was there and zeroes what is new")
{
	HANDLE process_heap = GetProcessHeap();
	unsigned char *memory = HeapAlloc(process_heap, HEAP_ZERO_MEMORY, 100);

	CHECK(memory && is_zero(memory, 100));
	memset(memory, 1, 100);
	memory = HeapReAlloc(process_heap, HEAP_ZERO_MEMORY, memory, 100000);
	CHECK(memory && memory[99] == 1 && is_zero(memory + 100, 99900));
	REFUSED_NULL(HeapReAlloc(process_heap, 0, memory, (SIZE_T)-1), ERROR_NOT_ENOUGH_MEMORY);
	EQUAL(HeapFree(process_heap, 0, memory), TRUE);
	EQUAL(HeapFree(process_heap, 0, NULL), TRUE);
	REFUSED_NULL(HeapAlloc(NULL, 0, 10), ERROR_INVALID_HANDLE);
	REFUSED_NULL(HeapReAlloc(process_heap, 0, NULL, 10), ERROR_INVALID_PARAMETER);
	REFUSED(HeapFree(NULL, 0, NULL), ERROR_INVALID_HANDLE);
}

TEST(pages, "VirtualAlloc() gives whole zeroed pages, freed once")
{
	char *memory = VirtualAlloc(NULL, 5000, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);

	CHECK(memory && ((ULONG_PTR)memory & 4095) == 0 && is_zero(memory, 8192));
	memory[8191] = 1;
	REFUSED(VirtualFree(memory, 5000, MEM_RELEASE), ERROR_INVALID_PARAMETER);
	REFUSED(VirtualFree(memory + 4096, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
	REFUSED(VirtualFree(memory, 0, 0), ERROR_INVALID_PARAMETER);
	EQUAL(VirtualFree(memory, 0, MEM_RELEASE), TRUE);
	REFUSED(VirtualFree(memory, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
	REFUSED_NULL(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
	REFUSED_NULL(VirtualAlloc(NULL, 10, MEM_RESERVE, PAGE_READWRITE), ERROR_NOT_SUPPORTED);
}

typedef HANDLE(WINAPI *create_event_fn)(LPSECURITY_ATTRIBUTES, BOOL, BOOL, LPCSTR);

TEST(by_name, "GetProcAddress() finds the functions of each module, by its name in any form")
{
	HMODULE kernel = GetModuleHandleA("kernel32"), winusb = LoadLibraryA("WinUsb.DLL");
	create_event_fn create;
	HANDLE event;

	CHECK(kernel && winusb && kernel != winusb);
	CHECK(LoadLibraryExA("C:\\Windows\\System32\\winusb.dll", NULL, 0x800) == winusb);
	CHECK(LoadLibraryW(L"winusb") == winusb);
	CHECK(GetModuleHandleW(L"setupapi.dll") && LoadLibraryA("cfgmgr32.dll"));
	create = (create_event_fn)(void (*)(void))GetProcAddress(kernel, "CreateEventA");
	CHECK(create == CreateEventA);
	event = create(NULL, TRUE, TRUE, NULL);
	EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	CHECK(CloseHandle(event));
	CHECK(GetProcAddress(GetModuleHandleA("setupapi"), "SetupDiGetClassDevsW") ==
	      (FARPROC)(void (*)(void))SetupDiGetClassDevsW);
	CHECK(GetProcAddress(GetModuleHandleA("winmm"), "timeBeginPeriod"));
	EQUAL(FreeLibrary(winusb), TRUE);
	CHECK(GetModuleHandleA("winusb") == winusb);
}

TEST(not_by_name, "GetProcAddress() and LoadLibrary() say what they don't find")
{
	HMODULE kernel = GetModuleHandleA("kernel32.dll");

	REFUSED_NULL(LoadLibraryA("libusbK.dll"), ERROR_MOD_NOT_FOUND);
	REFUSED_NULL(LoadLibraryA("winusb.dll.dll"), ERROR_MOD_NOT_FOUND);
	REFUSED_NULL(LoadLibraryA(""), ERROR_MOD_NOT_FOUND);
	REFUSED_NULL(LoadLibraryA(NULL), ERROR_INVALID_PARAMETER);
	REFUSED_NULL(LoadLibraryW(NULL), ERROR_INVALID_PARAMETER);
	REFUSED_NULL(GetModuleHandleA(NULL), ERROR_NOT_SUPPORTED);
	REFUSED_NULL(GetProcAddress(kernel, "createeventa"), ERROR_PROC_NOT_FOUND);
	REFUSED_NULL(GetProcAddress(kernel, "WinUsb_Initialize"), ERROR_PROC_NOT_FOUND);
	REFUSED_NULL(GetProcAddress(kernel, (LPCSTR)42), ERROR_PROC_NOT_FOUND);
	REFUSED_NULL(GetProcAddress(NULL, "CreateEventA"), ERROR_INVALID_HANDLE);
	REFUSED(FreeLibrary((HMODULE)(ULONG_PTR)0x1234), ERROR_INVALID_HANDLE);
}
