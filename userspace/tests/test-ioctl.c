// SPDX-License-Identifier: MIT
/* What the driver refuses. */
#include "fixture.h"

#include <fcntl.h>
#include <errno.h>

static void streams(void)
{
	struct fixture f;
	struct fixture_buffer b;
	struct winusb_iso_completion c;
	struct winusb_iso_transfer t;
	int fd;

	fixture_start_speed(&f, SIM_HIGH);
	fd = fixture_open(&f, O_RDWR);
	fixture_set_alternate(fd, 1);
	fixture_register_packets(fd, &b, 0x81, 16);
	t = fixture_transfer(&b, 0, 8, 7);
	WORKS(fixture_submit(fd, &t));
	WORKS(fixture_reap(fd, &c));
	EQUAL(c.cookie, 7);
	EQUAL(c.actual_length, 8192);
	RETURNS(fixture_unregister(fd, 99), ENOENT);
	fixture_unplug(&f);
	RETURNS(fixture_submit(fd, &t), ENODEV);
}

static const struct tap_test tests[] = {
	{ "streams", streams },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
