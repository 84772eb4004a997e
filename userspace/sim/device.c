// SPDX-License-Identifier: MIT
/* The device as a whole: who gets a request, which pipes are open, and the passing of time. */
#include "internal.h"

/* Microframes carried out in one go where an OUT pipe feeds an IN pipe; see LOOP_ENTRIES. */
#define LOOP_STEP 64

static void refuse(struct sim *sim, struct urb *urb, int32_t status)
{
	uint32_t i;

	for (i = 0; i < urb->n_packets; i++) {
		urb->packets[i].actual = 0;
		urb->packets[i].status = -EXDEV;
	}
	urb->status = status;
	reply_submit(sim, urb);
	urb_put(sim, urb);
}

static bool fits(const struct pipe *pipe, const struct urb *urb)
{
	return urb->is_iso == (pipe->endpoint->type == SIM_ISO);
}

/*
 * vhci_hcd sends what there is to submit, then what there is to unlink, then looks again: an URB
 * that is submitted and unlinked while it sends unlinks is unlinked first. If it were told that
 * there is none, it would give the URB back, and break the connection at the URB's reply.
 */
static bool is_early(const struct sim *sim, const struct usbip_header *unlink)
{
	return (int32_t)(unlink->unlink_seqnum - sim->newest) > 0 &&
	       (int32_t)(unlink->seqnum - unlink->unlink_seqnum) > 0;
}

static bool keep_unlink(struct sim *sim, const struct usbip_header *unlink)
{
	if (!is_early(sim, unlink) || sim->n_early == SIM_MAX_EARLY)
		return false;
	sim->early[sim->n_early++] = (struct early_unlink){
		.seqnum = unlink->seqnum,
		.unlink_seqnum = unlink->unlink_seqnum,
	};
	return true;
}

static bool was_unlinked(struct sim *sim, const struct urb *urb)
{
	unsigned int i;

	for (i = 0; i < sim->n_early; i++) {
		if (sim->early[i].unlink_seqnum != urb->seqnum)
			continue;
		reply_unlink(sim, sim->early[i].seqnum, faults_at_unlink(sim, -ECONNRESET));
		sim->early[i] = sim->early[--sim->n_early];
		return true;
	}
	return false;
}

int device_submit(struct sim *sim, struct urb *urb)
{
	struct pipe *pipe;

	sim->newest = urb->seqnum;
	if (was_unlinked(sim, urb)) {
		urb_put(sim, urb);
		return 0;
	}
	if ((urb->address & 0x0f) == 0) {
		control_submit(sim, urb);
		return 0;
	}
	pipe = pipe_find(sim, urb->address);
	if (!pipe || !fits(pipe, urb)) {
		refuse(sim, urb, -EPROTO);
		return 0;
	}
	if (!urb->is_iso) {
		urb->n_packets = 1;
		urb->packets[0] = (struct usbip_packet){ .length = urb->length };
	}
	pipe_submit(sim, pipe, urb);
	return 0;
}

int device_unlink(struct sim *sim, const struct usbip_header *request)
{
	int32_t status = 0; /* nothing by that number: its reply is already on its way */
	unsigned int i;

	sim->stats.unlinks++;
	if (keep_unlink(sim, request))
		return 0;
	if (control_unlink(sim, request->unlink_seqnum, &status))
		i = SIM_ALL_PIPES;
	else
		i = 0;
	for (; i < SIM_ALL_PIPES; i++)
		if (pipe_unlink(sim, &sim->pipe[i], request->unlink_seqnum, &status))
			break;
	reply_unlink(sim, request->seqnum, faults_at_unlink(sim, status));
	return 0;
}

static struct pipe *pipes_of(struct sim *sim, unsigned int interface)
{
	return &sim->pipe[interface * SIM_MAX_PIPES];
}

static void close_interface(struct sim *sim, unsigned int interface)
{
	struct pipe *pipe = pipes_of(sim, interface);
	unsigned int i;

	for (i = 0; i < SIM_MAX_PIPES; i++) {
		pipe_reset(sim, &pipe[i]);
		pipe[i].open = false;
	}
}

static void open_pipe(struct sim *sim, struct pipe *pipe, const struct sim_endpoint *endpoint)
{
	*pipe = (struct pipe){ .endpoint = endpoint, .open = true };
	pipe->interval = sim_endpoint_interval(sim->options.speed, endpoint);
	pipe->payload = sim_endpoint_payload(sim->options.speed, endpoint);
	pipe->stats.address = endpoint->address;
}

static void connect_loop(struct sim *sim, struct pipe *in)
{
	struct pipe *out;

	if (!in->endpoint->loop_from)
		return;
	out = pipe_find(sim, in->endpoint->loop_from);
	if (in->endpoint->type != SIM_ISO) {
		out->feeds_loop = true;
		in->loop_from = out;
		return;
	}
	if (out->store.entry || loop_open(out, in->endpoint->loop_delay))
		in->loop_from = out;
	else
		loop_close(out);
}

/* An alternate setting without endpoints leaves the statistics of the one before readable. */
static void open_interface(struct sim *sim, unsigned int interface)
{
	const struct sim_alternate *alternate =
		&sim->options.shape.interface[interface].alternate[sim->alternate[interface]];
	struct pipe *pipe = pipes_of(sim, interface);
	unsigned int i;

	if (alternate->n_endpoints == 0)
		return;
	memset(pipe, 0, SIM_MAX_PIPES * sizeof(*pipe));
	for (i = 0; i < alternate->n_endpoints; i++)
		open_pipe(sim, &pipe[i], &alternate->endpoint[i]);
	for (i = 0; i < alternate->n_endpoints; i++)
		connect_loop(sim, &pipe[i]);
}

bool device_select(struct sim *sim, uint8_t configuration)
{
	unsigned int i;

	if (configuration > 1)
		return false;
	for (i = 0; i < sim->options.shape.n_interfaces; i++) {
		close_interface(sim, i);
		sim->alternate[i] = 0;
		if (configuration)
			open_interface(sim, i);
	}
	sim->configuration = configuration;
	return true;
}

bool device_set_alternate(struct sim *sim, uint8_t interface, uint8_t alternate)
{
	if (alternate >= sim->options.shape.interface[interface].n_alternates)
		return false;
	close_interface(sim, interface);
	sim->alternate[interface] = alternate;
	open_interface(sim, interface);
	return true;
}

void device_renew(struct sim *sim)
{
	unsigned int i;

	for (i = 0; sim->configuration && i < sim->options.shape.n_interfaces; i++)
		device_set_alternate(sim, (uint8_t)i, sim->alternate[i]);
}

static bool anything_queued(const struct sim *sim)
{
	unsigned int i;

	for (i = 0; i < SIM_ALL_PIPES; i++)
		if (sim->pipe[i].head)
			return true;
	return false;
}

/* An OUT pipe's packets come before the IN pipe's that sends them back. */
static void carry_all(struct sim *sim, uint64_t until)
{
	unsigned int i, in;

	for (in = 0; in < 2; in++)
		for (i = 0; i < SIM_ALL_PIPES; i++)
			if (sim->pipe[i].head && endpoint_is_in(sim->pipe[i].endpoint) == (in == 1))
				pipe_carry(sim, &sim->pipe[i], until);
}

/* The pipe whose oldest transfer was over first. */
static struct pipe *next_to_reply(struct sim *sim)
{
	struct pipe *next = NULL;
	uint64_t when, earliest = 0;
	unsigned int i;

	for (i = 0; i < SIM_ALL_PIPES; i++) {
		if (!sim->pipe[i].head || !pipe_reply_due(sim, &sim->pipe[i], &when))
			continue;
		if (next && when >= earliest)
			continue;
		next = &sim->pipe[i];
		earliest = when;
	}
	return next;
}

static void reply_all(struct sim *sim)
{
	struct pipe *pipe;

	while (!sim->ended && (pipe = next_to_reply(sim))) {
		if (link_is_backed_up(sim))
			link_flush(sim);
		if (link_is_backed_up(sim))
			return;
		pipe_reply(sim, pipe);
	}
}

/* Carries out what has happened by now, and replies to what is over. */
void device_advance(struct sim *sim)
{
	uint64_t until;

	/* At least once: a transfer may have come when all of its slots had passed. */
	do {
		until = sim->seen_frame + LOOP_STEP;
		if (until > sim->now_frame || !anything_queued(sim))
			until = sim->now_frame;
		carry_all(sim, until);
		sim->seen_frame = until;
	} while (sim->seen_frame < sim->now_frame);
	control_advance(sim);
	reply_all(sim);
	if (sim->vanishing)
		link_drop(sim);
}

/* Back to the state after power-on; requests still queued get no reply. */
void device_close(struct sim *sim)
{
	struct pipe *pipe;
	unsigned int i;

	for (i = 0; i < SIM_ALL_PIPES; i++) {
		pipe = &sim->pipe[i];
		while (pipe->head) {
			struct urb *urb = pipe->head;

			pipe->head = urb->next;
			urb_put(sim, urb);
		}
		pipe->tail = NULL;
		pipe->live = pipe->halted = pipe->open = false;
		loop_close(pipe);
		plain_forget(pipe);
	}
	control_forget(sim);
	sim->configuration = 0;
	memset(sim->alternate, 0, sizeof(sim->alternate));
}
