// SPDX-License-Identifier: MIT
/* What is bound: what the parameter devices= and new_id name, and never anything else. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "kmsg.h"
#include "module.h"

static void start_device(struct fixture *f, unsigned int interfaces)
{
	struct sim_options options;

	sim_options_init(&options, SIM_HIGH);
	sim_shape_default(&options.shape, SIM_HIGH, interfaces);
	fixture_start_unbound(f, &options);
}

static bool has_node(const struct fixture *f, unsigned int interface)
{
	char path[32];

	return fixture_node(f, interface, path, sizeof(path));
}

/* --- bad values --- */

static void check_bad(const char *value)
{
	char parameter[64], wanted[KMSG_LINE_SIZE];
	struct kmsg kmsg;

	module_take_out();
	kmsg_start(&kmsg);
	snprintf(parameter, sizeof(parameter), "devices=%s", value);
	RETURNS(module_load(parameter), EINVAL);
	EQUAL(fixture_module_references(), -1);
	snprintf(wanted, sizeof(wanted),
		 "winusb_iso: devices: \"%s\" is not vid:pid or vid:pid:interface", value);
	kmsg_expect_error(&kmsg, wanted);
}

#define BAD(name, value) \
	static void name(void) \
	{ \
		check_bad(value); \
	}
BAD(bad_word, "zzz")
BAD(bad_empty, "")
BAD(bad_vendor_only, "1209")
BAD(bad_no_product, "1209:")
BAD(bad_no_vendor, ":0001")
BAD(bad_interface_empty, "1209:0001:")
BAD(bad_fourth, "1209:0001:00:00")
BAD(bad_long_vendor, "12091:0001")
BAD(bad_long_product, "1209:00011")
BAD(bad_long_interface, "1209:0001:001")
BAD(bad_not_hexadecimal, "1209:000g")
BAD(bad_interface_letter, "1209:0001:g")
BAD(bad_after, "1209:0001x")
BAD(bad_sign, "-1209:0001")
BAD(bad_inner_sign, "1209:-001")
BAD(bad_dash, "1209-0001")
BAD(bad_wildcard, "*:*")
BAD(bad_product_wildcard, "1209:*")
BAD(bad_zero, "0000:0000")

static void bad_second(void)
{
	struct kmsg kmsg;

	module_take_out();
	kmsg_start(&kmsg);
	RETURNS(module_load("devices=1209:0001,nonsense"), EINVAL);
	kmsg_expect_error(&kmsg, "winusb_iso: devices: \"nonsense\" is not vid:pid or "
				 "vid:pid:interface");
}

static void repeat_id(char *text, size_t size, unsigned int count)
{
	size_t used = (size_t)snprintf(text, size, "devices=1209:0001");

	while (--count)
		used += (size_t)snprintf(text + used, size - used, ",1209:0002");
}

static void too_many(void)
{
	char parameters[512];

	module_take_out();
	repeat_id(parameters, sizeof(parameters), 33);
	RETURNS(module_load(parameters), EINVAL);
	repeat_id(parameters, sizeof(parameters), 32);
	WORKS(module_load(parameters));
}

/* --- good values --- */

/* Bit n of @wanted: interface n of three is bound. */
static void check_binds(const char *parameters, unsigned int wanted)
{
	struct fixture f;
	struct kmsg kmsg;
	unsigned int i;

	module_take_out();
	kmsg_start(&kmsg);
	REQUIRE_WORKS(module_load(parameters));
	start_device(&f, 3);
	for (i = 0; i < 3; i++)
		EQUAL(has_node(&f, i), wanted >> i & 1);
	kmsg_expect_silence(&kmsg);
}

#define BINDS(name, parameters, wanted) \
	static void name(void) \
	{ \
		check_binds(parameters, wanted); \
	}
BINDS(binds_nothing, "", 0)
BINDS(binds_all, "devices=1209:0001", 7)
BINDS(binds_interface_0, "devices=1209:0001:0", 1)
BINDS(binds_interface_1, "devices=1209:0001:01", 2)
BINDS(binds_two_interfaces, "devices=1209:0001:00,1209:0001:02", 5)
BINDS(binds_short_form, "devices=1209:1", 7)
BINDS(binds_listed_later, "devices=1d6b:0104,ABCD:ef01,1209:0001:2", 4)
BINDS(other_product, "devices=1209:0002", 0)
BINDS(other_vendor, "devices=1208:0001", 0)
BINDS(other_interface, "devices=1209:0001:ff", 0)

/* --- interfaces of a class, without isochronous endpoints --- */

/* Two interfaces with a bulk endpoint each; the first is of class aa. */
static void start_plain_device(struct fixture *f)
{
	struct sim_options options;

	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "0=in:0x81:512:0:bulk"));
	REQUIRE(!sim_shape_class(&options.shape, "aa"));
	options.shape.n_interfaces++;
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "0=in:0x82:512:0:bulk"));
	fixture_start_unbound(f, &options);
}

/* Bit n of @wanted: interface n of two is bound. */
static void check_binds_plain(const char *parameters, unsigned int wanted)
{
	struct fixture f;
	unsigned int i;

	module_reload(parameters);
	start_plain_device(&f);
	for (i = 0; i < 2; i++)
		EQUAL(has_node(&f, i), wanted >> i & 1);
}

#define BINDS_PLAIN(name, parameters, wanted) \
	static void name(void) \
	{ \
		check_binds_plain(parameters, wanted); \
	}
BINDS_PLAIN(plain_as_a_whole, "devices=1209:0001", 2)
BINDS_PLAIN(plain_named, "devices=1209:0001:0", 1)
BINDS_PLAIN(plain_named_last, "devices=1209:0001,1209:0001:00", 3)

static void plain_new_id(void)
{
	struct fixture f;

	module_reload("");
	start_plain_device(&f);
	REQUIRE_WORKS(module_driver_write("new_id", "1209 0001 aa"));
	CHECK(has_node(&f, 0));
	CHECK(!has_node(&f, 1));
}

/* --- by hand --- */

static void present_device_is_bound(void)
{
	struct fixture f;

	module_take_out();
	start_device(&f, 1);
	CHECK(!has_node(&f, 0));
	REQUIRE_WORKS(module_load("devices=1209:0001"));
	CHECK(has_node(&f, 0));
	REQUIRE_WORKS(module_unload());
	CHECK(!has_node(&f, 0));
	CHECK(!fixture_any_node());
}

static void new_id(void)
{
	struct fixture f;

	module_reload("");
	start_device(&f, 2);
	CHECK(!fixture_any_node());
	REQUIRE_WORKS(module_driver_write("new_id", "1209 0002"));
	CHECK(!fixture_any_node());
	REQUIRE_WORKS(module_driver_write("new_id", "1209 0001"));
	CHECK(has_node(&f, 0));
	CHECK(has_node(&f, 1));
}

static void remove_id(void)
{
	struct fixture f;

	module_reload("");
	REQUIRE_WORKS(module_driver_write("new_id", "1209 0001"));
	REQUIRE_WORKS(module_driver_write("remove_id", "1209 0001"));
	start_device(&f, 1);
	CHECK(!fixture_any_node());
}

static void bad_new_id(void)
{
	module_reload("");
	RETURNS(module_driver_write("new_id", "nonsense"), EINVAL);
	RETURNS(module_driver_write("new_id", "1209"), EINVAL);
}

static void unbind_and_bind(void)
{
	struct winusb_iso_info info;
	struct kmsg kmsg;
	struct fixture f;
	char name[48];
	int fd;

	kmsg_start(&kmsg);
	fixture_start_speed(&f, SIM_HIGH);
	fd = fixture_open(&f, O_RDWR);
	snprintf(name, sizeof(name), "%s:1.0", f.bus_id);
	REQUIRE_WORKS(module_driver_write("unbind", name));
	CHECK(!fixture_any_node());
	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info), ENODEV);
	REQUIRE_WORKS(module_driver_write("bind", name));
	REQUIRE(fixture_node(&f, 0, f.node, sizeof(f.node)));
	WORKS(fixture_ioctl(fixture_open(&f, O_RDWR), WINUSB_ISO_IOC_GET_INFO, &info));
	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info), ENODEV);
	kmsg_expect_silence(&kmsg);
}

static void bind_of_unnamed(void)
{
	struct fixture f;
	char name[48];

	module_reload("");
	start_device(&f, 1);
	snprintf(name, sizeof(name), "%s:1.0", f.bus_id);
	RETURNS(module_driver_write("bind", name), ENODEV);
	CHECK(!fixture_any_node());
}

/* modprobe would load it for a device by these: there must be none. */
static void no_aliases(void)
{
	char line[512];
	FILE *file;

	file = popen("modinfo -F alias winusb_iso 2>&1", "r");
	REQUIRE(file);
	if (fgets(line, sizeof(line), file))
		SAME_TEXT(line, "");
	CHECK(!pclose(file));
}

static const struct tap_test tests[] = {
	{ "devices=zzz is refused", bad_word },
	{ "devices= with nothing is refused", bad_empty },
	{ "devices=1209 is refused", bad_vendor_only },
	{ "devices=1209: is refused", bad_no_product },
	{ "devices=:0001 is refused", bad_no_vendor },
	{ "devices=1209:0001: is refused", bad_interface_empty },
	{ "devices= with a fourth number is refused", bad_fourth },
	{ "a vendor of five digits is refused", bad_long_vendor },
	{ "a product of five digits is refused", bad_long_product },
	{ "an interface of three digits is refused", bad_long_interface },
	{ "a product that is not hexadecimal is refused", bad_not_hexadecimal },
	{ "an interface that is not hexadecimal is refused", bad_interface_letter },
	{ "text after the ids is refused", bad_after },
	{ "a vendor with a sign is refused", bad_sign },
	{ "a product with a sign is refused", bad_inner_sign },
	{ "ids with a dash are refused", bad_dash },
	{ "a wildcard is refused", bad_wildcard },
	{ "a wildcard for the product is refused", bad_product_wildcard },
	{ "devices=0000:0000, which would hide what follows, is refused", bad_zero },
	{ "the line names the one id of several that is bad", bad_second },
	{ "33 ids are refused, 32 are not", too_many },
	{ "without ids nothing is bound", binds_nothing },
	{ "vid:pid binds all interfaces", binds_all },
	{ "vid:pid:0 binds interface 0 only", binds_interface_0 },
	{ "vid:pid:01 binds interface 1 only", binds_interface_1 },
	{ "two ids bind two interfaces", binds_two_interfaces },
	{ "ids may be written without leading zeros", binds_short_form },
	{ "ids after others count as well", binds_listed_later },
	{ "another product is not bound", other_product },
	{ "another vendor is not bound", other_vendor },
	{ "another interface is not bound", other_interface },
	{ "a device that is there first is bound when the module comes, unbound when it goes",
	  present_device_is_bound },
	{ "new_id binds what it names, at once", new_id },
	{ "remove_id takes that back", remove_id },
	{ "new_id with nonsense says EINVAL", bad_new_id },
	{ "unbind takes the node away, bind brings it back", unbind_and_bind },
	{ "bind of a device that nobody named says ENODEV", bind_of_unnamed },
	{ "the module has no alias by which a device would load it", no_aliases },
	{ "an interface of a class without isochronous endpoints is not meant by its device",
	  plain_as_a_whole },
	{ "an interface of a class without isochronous endpoints is bound when it is named",
	  plain_named },
	{ "it is bound when its device is named before it, too", plain_named_last },
	{ "it is bound when new_id names its class", plain_new_id },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
