// SPDX-License-Identifier: MIT
#include "lifecycle.h"

#include <errno.h>
#include <fcntl.h>

#define LENGTH		(8 * 1024)	/* of a transfer */
#define QUARTER_MIB	(256 * 1024)
#define PAGE		4096
#define LIMIT_MB	16

int lifecycle_device(struct fixture *fixture)
{
	return flow_device(fixture, SIM_HIGH, "in:0x81:1024:1,out:1:1024:1");
}

static void take_whole(struct flow *flow)
{
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
	REQUIRE(EQUAL(completion.cookie & 0xffffffff, flow->reaped));
	REQUIRE_WORKS(completion.status);
	EQUAL(completion.error_count, 0);
	EQUAL(completion.actual_length, LENGTH);
	flow->reaped++;
}

static void pipe_works(int fd, uint8_t address)
{
	struct flow flow;

	flow_open(&flow, fd, address, 8, 16);
	while (flow.reaped < 20) {
		while (flow.submitted < 20 && flow.submitted - flow.reaped < flow.n_slots)
			REQUIRE_WORKS(flow_submit(&flow, 0));
		take_whole(&flow);
	}
	flow_close(&flow);
}

void lifecycle_works(int fd)
{
	pipe_works(fd, FLOW_IN);
	pipe_works(fd, FLOW_OUT);
}

void lifecycle_works_anew(const struct fixture *fixture)
{
	int fd = fixture_open(fixture, O_RDWR);

	fixture_set_alternate(fd, 1);
	lifecycle_works(fd);
	fixture_close(fd);
}

void lifecycle_queue(struct flow *flow, int fd, unsigned int transfers)
{
	flow_open(flow, fd, FLOW_IN, 8, transfers);
	while (flow->submitted < transfers)
		REQUIRE_WORKS(flow_submit(flow, 0));
}

/* By the packet tables: the completions stay where they are. */
void lifecycle_let_run(struct flow *flow, unsigned int transfers)
{
	const struct winusb_iso_packet *last = &flow->slot[transfers - 1].table[7];
	unsigned int waited = 0;

	while (__atomic_load_n(&last->status, __ATOMIC_ACQUIRE) && waited++ < FIXTURE_WAIT_MS)
		fixture_sleep_ms(1);
	REQUIRE(last->status == 0);
}

void lifecycle_take_ended(struct flow *flow, unsigned int transfers, unsigned int good, int status)
{
	struct winusb_iso_completion completion;
	bool ended = false;
	unsigned int i;

	for (i = 0; i < transfers; i++) {
		REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
		EQUAL(completion.cookie & 0xffffffff, flow->reaped);
		flow->reaped++;
		if (ended || (completion.status && i >= good))
			REQUIRE(RETURNS(completion.status, -status));
		else
			REQUIRE_WORKS(completion.status);
		ended = completion.status;
		if (completion.status == 0)
			EQUAL(completion.actual_length, LENGTH);
	}
	flow->next_uframe = 0;
}

static int register_quarter(int fd)
{
	struct winusb_iso_buffer buffer = {
		.pipe = FLOW_IN, .size = QUARTER_MIB - PAGE, .packets = PAGE / 12,
	};

	return fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer);
}

unsigned int lifecycle_fill_memory(int fd)
{
	unsigned int count = 0;
	int error;

	while (!(error = register_quarter(fd)))
		count++;
	RETURNS(error, EDQUOT);
	return count;
}

static void memory_is_free(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	fixture_set_module_parameter("memory_limit_mb", LIMIT_MB);
	EQUAL(lifecycle_fill_memory(fd), 4 * LIMIT_MB);
	fixture_close(fd);
	fixture_unplug(&fixture);
}

void lifecycle_nothing_left(void)
{
	fixture_nothing_left();
	memory_is_free();
	fixture_nothing_left();
}
