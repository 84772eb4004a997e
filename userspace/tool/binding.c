// SPDX-License-Identifier: MIT
#include "binding.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "descriptors.h"

static int write_failed(const char *what, const char *interface)
{
	int error = errno;

	if (error == EACCES || error == EPERM)
		return fail("%s %s: only root may do that", what, interface);
	return fail("%s %s: %s", what, interface, strerror(error));
}

bool binding_holds(const struct binding *binding, unsigned int interface)
{
	struct text driver, name = interface_name(&binding->device, interface);

	return sysfs_driver(&binding->sysfs, name.s, &driver) && !strcmp(driver.s, DRIVER);
}

/* Ids as in new_id and remove_id. */
static struct text ids(const struct binding *binding)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%04x %04x", binding->device.vendor,
		 binding->device.product);
	return text;
}

/* new_id, read, is one line per id, perhaps with the class behind it. */
static bool has_id(const struct binding *binding)
{
	char known[4096] = "", *line, *rest = known;
	struct text id = ids(binding);

	if (sysfs_read(&binding->sysfs, known, sizeof(known) - 1, "drivers/" DRIVER "/new_id") < 0)
		return false;
	while ((line = strsep(&rest, "\n")))
		if (!strncasecmp(line, id.s, strlen(id.s)))
			return true;
	return false;
}

static int check_module(const struct binding *binding)
{
	if (sysfs_exists(&binding->sysfs, "drivers/" DRIVER))
		return TOOL_OK;
	return fail("the module " DRIVER " is not loaded (modprobe " DRIVER ")");
}

static int check_found(int found, const char *text, const struct text *names)
{
	if (found == 1)
		return TOOL_OK;
	if (found < 0)
		return fail("cannot read the list of USB devices: %s", strerror(errno));
	if (!found)
		return fail("there is no USB device '%s' (see lsusb)", text);
	return fail("'%s' are several devices: name one of %s", text, names->s);
}

/* The interface that a spec names, or -1 for all. */
static int named_interface(const struct device_spec *spec)
{
	const char *dot = strrchr(spec->path, '.'), *colon = strchr(spec->path, ':');
	const char *problem;
	uint64_t number;

	if (spec->kind == DEVICE_ID)
		return spec->interface;
	if (!colon || !dot || dot < colon || !parse_number(dot + 1, 0, 255, &number, &problem))
		return -1;
	return number;
}

static int choose_interfaces(struct binding *binding, int named, bool bound_only, const char *text)
{
	unsigned int i, count = 0;
	bool there = named < 0;

	for (i = 0; i < 256; i++) {
		if (!interface_in(binding->device.all, i) || (named >= 0 && (int)i != named))
			continue;
		there = true;
		if (bound_only ? binding_holds(binding, i) :
				 interface_in(binding->device.isochronous, i)) {
			binding->wanted[i / 32] |= 1u << i % 32;
			count++;
		}
	}
	if (count)
		return TOOL_OK;
	if (!binding->device.configuration)
		return fail("'%s' is not configured", text);
	if (!there)
		return fail("'%s': the device has no interface %d", text, named);
	if (bound_only)
		return fail("'%s' is not bound to " DRIVER, text);
	return fail(named < 0 ? "'%s' has no isochronous endpoint" :
				"'%s': that interface has no isochronous endpoint",
		    text);
}

int binding_find(struct binding *binding, const char *text, bool bound_only)
{
	struct device_spec spec;
	struct text names;
	const char *problem = "not VID:PID, VID:PID:interface, or the kernel's name such as 1-2";
	int code;

	memset(binding->wanted, 0, sizeof(binding->wanted));
	if (!parse_device(text, &spec, &problem) || spec.kind == DEVICE_PATH)
		return usage_error("'%s': %s", text, problem);
	code = check_module(binding);
	if (!code)
		code = check_found(sysfs_find(&binding->sysfs, &spec, &binding->device, &names),
				   text, &names);
	return code ? code : choose_interfaces(binding, named_interface(&spec), bound_only, text);
}

/* Adding an id binds every free interface of the device: give back what was not asked for. */
static void drop_uninvited(struct binding *binding, const uint32_t held[8])
{
	unsigned int i;

	for (i = 0; i < 256; i++)
		if (interface_in(binding->device.all, i) && !interface_in(held, i) &&
		    !interface_in(binding->wanted, i) && binding_holds(binding, i))
			sysfs_write(&binding->sysfs, interface_name(&binding->device, i).s,
				    "drivers/" DRIVER "/unbind");
}

static int add_id(struct binding *binding)
{
	uint32_t held[8] = { 0 };
	unsigned int i;

	for (i = 0; i < 256; i++)
		if (interface_in(binding->device.all, i) && binding_holds(binding, i))
			held[i / 32] |= 1u << i % 32;
	if (sysfs_write(&binding->sysfs, ids(binding).s, "drivers/" DRIVER "/new_id"))
		return -1;
	drop_uninvited(binding, held);
	return 0;
}

/* Without a matching id the kernel says ENODEV. */
static int bind_interface(struct binding *binding, const char *name, unsigned int interface)
{
	if (!sysfs_write(&binding->sysfs, name, "drivers/" DRIVER "/bind"))
		return 0;
	if (errno != ENODEV || has_id(binding))
		return -1;
	if (add_id(binding))
		return -1;
	if (binding_holds(binding, interface))
		return 0;
	return sysfs_write(&binding->sysfs, name, "drivers/" DRIVER "/bind");
}

static int bind_failed(struct binding *binding, const char *name, const struct text *former)
{
	int error = errno, code;

	if (former->s[0])
		sysfs_write(&binding->sysfs, name, "drivers_probe");
	errno = error;
	if (error == ENODEV || error == EINVAL)
		code = fail("binding %s: " DRIVER " refused it (see dmesg)", name);
	else
		code = write_failed("binding", name);
	return code;
}

int binding_take(struct binding *binding, unsigned int interface, struct text *former)
{
	struct text name = interface_name(&binding->device, interface);

	former->s[0] = '\0';
	if (binding_holds(binding, interface))
		return TOOL_OK;
	if (sysfs_driver(&binding->sysfs, name.s, former) &&
	    sysfs_write(&binding->sysfs, name.s, "drivers/%s/unbind", former->s))
		return write_failed("unbinding", name.s);
	if (bind_interface(binding, name.s, interface))
		return bind_failed(binding, name.s, former);
	return TOOL_OK;
}

int binding_drop(struct binding *binding, unsigned int interface)
{
	struct text name = interface_name(&binding->device, interface);

	if (!sysfs_write(&binding->sysfs, name.s, "drivers/" DRIVER "/unbind"))
		return TOOL_OK;
	return write_failed("unbinding", name.s);
}

/* A driver such as snd-usb-audio has several interfaces and looks for them from its first one. */
int binding_restore(struct binding *binding)
{
	struct text name, driver;
	unsigned int i;

	if (has_id(binding) &&
	    sysfs_write(&binding->sysfs, ids(binding).s, "drivers/" DRIVER "/remove_id"))
		return write_failed("removing the id of", binding->device.name);
	for (i = 0; i < 256; i++) {
		name = interface_name(&binding->device, i);
		if (!interface_in(binding->device.all, i) ||
		    sysfs_driver(&binding->sysfs, name.s, &driver))
			continue;
		/* That no driver wants it is no error. */
		sysfs_write(&binding->sysfs, name.s, "drivers_probe");
	}
	return TOOL_OK;
}
