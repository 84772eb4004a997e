// SPDX-License-Identifier: MIT
/* LoadLibrary() and GetProcAddress(), for the modules whose functions are in this library. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "internal.h"

struct module {
	const char *name;
	const struct win_export *exports;
};

static const struct module modules[] = {
	{ "winusb", win_exports_winusb },	{ "kernel32", win_exports_kernel32 },
	{ "kernelbase", win_exports_kernel32 }, { "setupapi", win_exports_setupapi },
	{ "cfgmgr32", win_exports_cfgmgr32 },	{ "winmm", win_exports_winmm },
};

/* The name behind the last slash, without ".dll". */
static size_t base_name(const char **name)
{
	size_t length;

	for (const char *c = *name; *c; c++)
		if (*c == '/' || *c == '\\')
			*name = c + 1;
	length = strlen(*name);
	if (length > 4 && !strcasecmp(*name + length - 4, ".dll"))
		length -= 4;
	return length;
}

static HMODULE find_module(const char *name)
{
	size_t length = base_name(&name);

	for (size_t i = 0; i < ARRAYSIZE(modules); i++)
		if (strlen(modules[i].name) == length &&
		    !strncasecmp(modules[i].name, name, length))
			return (HMODULE)(uintptr_t)&modules[i];
	return win_fail_null(ERROR_MOD_NOT_FOUND);
}

static const struct module *check_module(HMODULE handle)
{
	for (size_t i = 0; i < ARRAYSIZE(modules); i++)
		if ((uintptr_t)handle == (uintptr_t)&modules[i])
			return &modules[i];
	return win_fail_null(ERROR_INVALID_HANDLE);
}

HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
	(void)dwFlags;
	if (!lpLibFileName || hFile)
		return win_fail_null(ERROR_INVALID_PARAMETER);
	return find_module(lpLibFileName);
}

HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName)
{
	return LoadLibraryExA(lpLibFileName, NULL, 0);
}

HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
	HMODULE module;
	char *name;

	if (!lpLibFileName)
		return win_fail_null(ERROR_INVALID_PARAMETER);
	name = win_narrow(lpLibFileName);
	if (!name)
		return NULL;
	module = LoadLibraryExA(name, hFile, dwFlags);
	free(name);
	return module;
}

HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName)
{
	return LoadLibraryExW(lpLibFileName, NULL, 0);
}

/* All of them are always there; the program itself has no module here. */
HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName)
{
	return lpModuleName ? find_module(lpModuleName) : win_fail_null(ERROR_NOT_SUPPORTED);
}

HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName)
{
	return lpModuleName ? LoadLibraryExW(lpModuleName, NULL, 0) :
			      win_fail_null(ERROR_NOT_SUPPORTED);
}

BOOL WINAPI FreeLibrary(HMODULE hLibModule)
{
	return check_module(hLibModule) ? TRUE : FALSE;
}

FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName)
{
	const struct module *module = check_module(hModule);

	if (!module)
		return NULL;
	/* By number: nothing here has one. */
	if ((uintptr_t)lpProcName >> 16)
		for (const struct win_export *at = module->exports; at->name; at++)
			if (!strcmp(at->name, lpProcName))
				return (FARPROC)at->function;
	SetLastError(ERROR_PROC_NOT_FOUND);
	return NULL;
}
