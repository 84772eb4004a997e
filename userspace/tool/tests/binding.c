// SPDX-License-Identifier: MIT
/* Descriptors, and binding in a folder that looks like sysfs. */
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binding.h"
#include "descriptors.h"
#include "tap.h"

/* Device; configuration 1: interface 0 bulk only, interface 1 isochronous in its alternate setting
 * 1; configuration 2: interface 0 isochronous. */
static const uint8_t two_configurations[] = {
	18,   1,  0, 2, 0, 0, 0, 64,  0x09, 0x12, 1, 0, 0, 1,	 0, 0, 0, 2, 9, 2, 0, 0, 2, 1,	 0,
	0x80, 50, 9, 4, 0, 0, 1, 255, 0,    0,	  0, 7, 5, 0x81, 2, 0, 2, 0, 9, 4, 1, 0, 0, 255, 0,
	0,    0,  9, 4, 1, 1, 1, 255, 0,    0,	  0, 7, 5, 0x82, 5, 0, 4, 1, 9, 2, 0, 0, 1, 2,	 0,
	0x80, 50, 9, 4, 0, 0, 1, 255, 0,    0,	  0, 7, 5, 0x82, 1, 0, 4, 1,
};

static void finds_isochronous(void)
{
	uint32_t isochronous[8], all[8];

	descriptors_interfaces(two_configurations, sizeof(two_configurations), 1, isochronous, all);
	CHECK(all[0] == 3 && isochronous[0] == 2);
	descriptors_interfaces(two_configurations, sizeof(two_configurations), 2, isochronous, all);
	CHECK(all[0] == 1 && isochronous[0] == 1);
	descriptors_interfaces(two_configurations, sizeof(two_configurations), 0, isochronous, all);
	CHECK(all[0] == 0 && isochronous[0] == 0);
}

/* Every length cut, and every byte replaced: nothing is read past the end (run it under ASan). */
static void hostile_descriptors(void)
{
	uint32_t isochronous[8], all[8];
	size_t size, i;
	uint8_t *copy;

	for (size = 0; size <= sizeof(two_configurations); size++) {
		copy = malloc(size ? size : 1);
		memcpy(copy, two_configurations, size);
		descriptors_interfaces(copy, size, 1, isochronous, all);
		for (i = 0; i < size; i++) {
			copy[i] ^= 0xff;
			descriptors_interfaces(copy, size, 1, isochronous, all);
			copy[i] = i % 3;
			descriptors_interfaces(copy, size, 1, isochronous, all);
		}
		free(copy);
	}
	CHECK(!interface_in(all, 256) && !interface_in(all, 1u << 31));
}

void test_descriptors(void)
{
	TEST("interfaces with isochronous endpoints are found in the active configuration",
	     finds_isochronous);
	TEST("descriptors that are cut or wrong do no harm", hostile_descriptors);
}

static char root[64];

__attribute__((format(printf, 2, 3))) static void file(const char *content, const char *format, ...)
{
	char path[256];
	va_list arguments;
	int used = snprintf(path, sizeof(path), "%s/", root);
	FILE *out;

	va_start(arguments, format);
	vsnprintf(path + used, sizeof(path) - used, format, arguments);
	va_end(arguments);
	out = fopen(path, "w");
	if (CHECK(out != NULL)) {
		fputs(content, out);
		fclose(out);
	}
}

static void folder(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	CHECK(mkdir(path, 0777) == 0);
}

static bool content_is(const char *name, const char *want)
{
	struct sysfs sysfs = { "" };
	char got[256] = "";

	memcpy(sysfs.root, root, sizeof(root));
	sysfs_read(&sysfs, got, sizeof(got) - 1, "%s", name);
	if (strcmp(got, want))
		printf("# %s: '%s', not '%s'\n", name, got, want);
	return !strcmp(got, want);
}

static void device(const char *name)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "devices/%s", name);
	folder(path);
	file("1209\n", "devices/%s/idVendor", name);
	file("0001\n", "devices/%s/idProduct", name);
	file("1\n", "devices/%s/bConfigurationValue", name);
	snprintf(path, sizeof(path), "%s/devices/%s/descriptors", root, name);
	out = fopen(path, "w");
	fwrite(two_configurations, sizeof(two_configurations), 1, out);
	fclose(out);
}

static void held_by(const char *interface, const char *driver)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "devices/%s", interface);
	folder(path);
	snprintf(path, sizeof(path), "%s/devices/%s/driver", root, interface);
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	CHECK(symlink(target, path) == 0);
}

static int forget(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static void make_tree(void)
{
	strcpy(root, "/tmp/winusb-iso-tool-test.XXXXXX");
	CHECK(mkdtemp(root) != NULL);
	folder("devices");
	folder("drivers");
	folder("drivers/" DRIVER);
	folder("drivers/uvcvideo");
	file("", "drivers/" DRIVER "/bind");
	file("", "drivers/" DRIVER "/unbind");
	file("", "drivers/" DRIVER "/new_id");
	file("", "drivers/" DRIVER "/remove_id");
	file("", "drivers/uvcvideo/unbind");
	file("", "drivers_probe");
	device("1-2");
}

static void remove_tree(void)
{
	nftw(root, forget, 8, FTW_DEPTH | FTW_PHYS);
}

static struct binding binding_here(void)
{
	struct binding binding = { 0 };

	memcpy(binding.sysfs.root, root, sizeof(root));
	return binding;
}

/* Errors are printed to stderr, which is not what these tests look at. */
static int find(struct binding *binding, const char *text, bool bound_only)
{
	int code, copy = dup(STDERR_FILENO);

	fflush(stderr);
	freopen("/dev/null", "w", stderr);
	code = binding_find(binding, text, bound_only);
	fflush(stderr);
	dup2(copy, STDERR_FILENO);
	close(copy);
	return code;
}

static void takes_over(void)
{
	struct binding binding;
	struct text former;

	make_tree();
	held_by("1-2:1.1", "uvcvideo");
	binding = binding_here();
	CHECK(find(&binding, "1209:0001", false) == TOOL_OK);
	CHECK(binding.wanted[0] == 2);
	CHECK(binding_take(&binding, 1, &former) == TOOL_OK);
	CHECK(!strcmp(former.s, "uvcvideo"));
	CHECK(content_is("drivers/uvcvideo/unbind", "1-2:1.1"));
	CHECK(content_is("drivers/" DRIVER "/bind", "1-2:1.1"));
	CHECK(content_is("drivers/" DRIVER "/new_id", ""));
	remove_tree();
}

static void bound_already(void)
{
	struct binding binding;
	struct text former;

	make_tree();
	held_by("1-2:1.1", DRIVER);
	binding = binding_here();
	CHECK(find(&binding, "1-2:1.1", false) == TOOL_OK);
	CHECK(binding_take(&binding, 1, &former) == TOOL_OK && !former.s[0]);
	CHECK(content_is("drivers/" DRIVER "/bind", ""));
	remove_tree();
}

static void gives_back(void)
{
	struct binding binding;

	make_tree();
	held_by("1-2:1.1", DRIVER);
	file("1209 0001\n", "drivers/" DRIVER "/new_id");
	binding = binding_here();
	CHECK(find(&binding, "1209:0001", true) == TOOL_OK && binding.wanted[0] == 2);
	CHECK(binding_drop(&binding, 1) == TOOL_OK);
	CHECK(content_is("drivers/" DRIVER "/unbind", "1-2:1.1"));
	CHECK(binding_restore(&binding) == TOOL_OK);
	CHECK(content_is("drivers/" DRIVER "/remove_id", "1209 0001"));
	/* 1-2:1.1 still has its link in this folder. */
	CHECK(content_is("drivers_probe", "1-2:1.0"));
	remove_tree();
}

static void refuses(void)
{
	struct binding binding;

	make_tree();
	binding = binding_here();
	CHECK(find(&binding, "1209:0002", false) == TOOL_FAILED);
	CHECK(find(&binding, "1209:0001:0", false) == TOOL_FAILED);
	CHECK(find(&binding, "1209:0001:7", false) == TOOL_FAILED);
	CHECK(find(&binding, "1209:0001", true) == TOOL_FAILED);
	CHECK(find(&binding, "/dev/winusb-iso0", false) == TOOL_USAGE);
	CHECK(find(&binding, "camera", false) == TOOL_USAGE);
	device("1-3");
	CHECK(find(&binding, "1209:0001", false) == TOOL_FAILED);
	CHECK(find(&binding, "1-3", false) == TOOL_OK && !strcmp(binding.device.name, "1-3"));
	remove_tree();
}

void test_binding(void)
{
	TEST("binding takes an isochronous interface from its driver", takes_over);
	TEST("binding what is bound changes nothing", bound_already);
	TEST("unbinding with restore removes the id and lets other drivers have the rest",
	     gives_back);
	TEST("what can not be bound is refused: other ids, no such interface, two devices",
	     refuses);
}
