// SPDX-License-Identifier: MIT
/* Endpoint 0: requests one after another, the standard ones answered. */
#include "internal.h"

#include <string.h>

/* Room for the largest configuration descriptor a shape can have, and for what is stored. */
#define CONTROL_ROOM SIM_STORED_BYTES

enum request {
	GET_STATUS = 0,
	CLEAR_FEATURE = 1,
	SET_FEATURE = 3,
	SET_ADDRESS = 5,
	GET_DESCRIPTOR = 6,
	GET_CONFIGURATION = 8,
	SET_CONFIGURATION = 9,
	GET_INTERFACE = 10,
	SET_INTERFACE = 11,
	SYNCH_FRAME = 12,
	SET_SEL = 48,
	SET_ISOCH_DELAY = 49,
};

enum { TO_DEVICE = 0, TO_INTERFACE = 1, TO_ENDPOINT = 2, IN = 0x80 };
enum {
	ENDPOINT_HALT = 0,
	FUNCTION_SUSPEND = 0,
	REMOTE_WAKEUP = 1,
	U1_ENABLE = 48,
	U2_ENABLE = 49,
	LTM_ENABLE = 50,
};

static uint16_t word(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static bool interface_exists(const struct sim *sim, uint16_t index)
{
	return sim->configuration && index < sim->options.shape.n_interfaces;
}

static int answer(struct urb *urb, size_t length)
{
	urb->actual = (uint32_t)length;
	return 0;
}

static int get_descriptor(struct sim *sim, struct urb *urb, const struct setup *s)
{
	size_t length = descriptor_get(sim, (uint8_t)(s->value >> 8), (uint8_t)s->value, urb->data,
				       CONTROL_ROOM);

	return length ? answer(urb, length) : -EPIPE;
}

static int get_status(struct sim *sim, struct urb *urb, const struct setup *s)
{
	uint8_t recipient = s->type & 0x1f, status = 0;
	struct pipe *pipe = pipe_find(sim, (uint8_t)s->index);

	if (recipient == TO_INTERFACE && !interface_exists(sim, s->index))
		return -EPIPE;
	if (recipient == TO_ENDPOINT && (s->index & 0x7f) && !pipe)
		return -EPIPE;
	if (recipient == TO_DEVICE)
		status = 1; /* self powered */
	if (recipient == TO_ENDPOINT && pipe && pipe->halted)
		status = 1;
	urb->data[0] = status;
	urb->data[1] = 0;
	return answer(urb, 2);
}

static int endpoint_feature(struct sim *sim, const struct setup *s, bool set)
{
	struct pipe *pipe = pipe_find(sim, (uint8_t)s->index);

	if (s->value != ENDPOINT_HALT || (!pipe && (s->index & 0x7f)))
		return -EPIPE;
	if (pipe && pipe->endpoint->type != SIM_ISO)
		pipe->halted = set;
	return 0;
}

static int feature(struct sim *sim, const struct setup *s, bool set)
{
	bool super = sim->options.speed == SIM_SUPER;

	switch (s->type & 0x1f) {
	case TO_DEVICE:
		if (s->value == REMOTE_WAKEUP)
			return sim->options.remote_wakeup ? 0 : -EPIPE;
		return super && s->value >= U1_ENABLE && s->value <= LTM_ENABLE ? 0 : -EPIPE;
	case TO_INTERFACE:
		return super && s->value == FUNCTION_SUSPEND ? 0 : -EPIPE;
	case TO_ENDPOINT:
		return endpoint_feature(sim, s, set);
	}
	return -EPIPE;
}

static int get_interface(struct sim *sim, struct urb *urb, const struct setup *s)
{
	if (!interface_exists(sim, s->index))
		return -EPIPE;
	urb->data[0] = sim->alternate[s->index];
	return answer(urb, 1);
}

static int set_interface(struct sim *sim, const struct setup *s)
{
	if (!interface_exists(sim, s->index) || s->value > 0xff)
		return -EPIPE;
	return device_set_alternate(sim, (uint8_t)s->index, (uint8_t)s->value) ? 0 : -EPIPE;
}

static int synch_frame(struct sim *sim, struct urb *urb, const struct setup *s)
{
	struct pipe *pipe = pipe_find(sim, (uint8_t)s->index);
	uint64_t frame = sim->now_frame;

	if (!pipe || pipe->endpoint->type != SIM_ISO)
		return -EPIPE;
	if (sim->options.speed != SIM_FULL)
		frame /= 8;
	urb->data[0] = (uint8_t)frame;
	urb->data[1] = (frame >> 8) & 7;
	return answer(urb, 2);
}

static int device_to_host(struct sim *sim, struct urb *urb, const struct setup *s)
{
	switch (s->request) {
	case GET_STATUS:
		return get_status(sim, urb, s);
	case GET_DESCRIPTOR:
		return (s->type & 0x1f) == TO_DEVICE ? get_descriptor(sim, urb, s) : -EPIPE;
	case GET_CONFIGURATION:
		urb->data[0] = sim->configuration;
		return answer(urb, 1);
	case GET_INTERFACE:
		return get_interface(sim, urb, s);
	case SYNCH_FRAME:
		return synch_frame(sim, urb, s);
	}
	return -EPIPE;
}

static int host_to_device(struct sim *sim, const struct setup *s)
{
	switch (s->request) {
	case CLEAR_FEATURE:
	case SET_FEATURE:
		return feature(sim, s, s->request == SET_FEATURE);
	case SET_ADDRESS:
		return 0;
	case SET_CONFIGURATION:
		return device_select(sim, (uint8_t)s->value) ? 0 : -EPIPE;
	case SET_INTERFACE:
		return set_interface(sim, s);
	case SET_SEL:
	case SET_ISOCH_DELAY:
		return sim->options.speed == SIM_SUPER ? 0 : -EPIPE;
	}
	return -EPIPE;
}

static int handle(struct sim *sim, struct urb *urb, const struct setup *s)
{
	if ((s->type & 0x60) != 0) /* class and vendor requests */
		return request_handle(sim, urb, s);
	return s->type & IN ? device_to_host(sim, urb, s) : host_to_device(sim, s);
}

static void control_request(struct sim *sim, struct urb *urb)
{
	struct setup s = {
		.type = urb->setup[0],
		.request = urb->setup[1],
		.value = word(urb->setup + 2),
		.index = word(urb->setup + 4),
		.length = word(urb->setup + 6),
	};
	uint32_t asked = urb->length < s.length ? urb->length : s.length;

	sim->stats.control_requests++;
	urb->actual = 0;
	if (!urb_room(urb, CONTROL_ROOM, 0))
		urb->status = -ENOMEM;
	else if (faults_at_control(sim, urb))
		urb->status = -EPIPE;
	else
		urb->status = handle(sim, urb, &s);
	if (urb->status == -EPIPE)
		sim->stats.control_stalls++;
	if (urb->status)
		urb->actual = 0;
	else if (!(s.type & IN))
		urb->actual = urb->length;
	else if (urb->actual > asked)
		urb->actual = asked;
}

/* The oldest request is answered, or was answered and the reply is on its way. */
static void begin(struct sim *sim)
{
	struct urb *urb = sim->control;

	if (!urb || urb->done)
		return;
	control_request(sim, urb);
	urb->done = 1;
	urb->delay_ns = urb->delay_ns ? sim->now_ns + urb->delay_ns : 0;
}

static void pop(struct sim *sim)
{
	struct urb *urb = sim->control;

	sim->control = urb->next;
	urb_put(sim, urb);
}

/* Replies to what is over; the request after that begins. */
void control_advance(struct sim *sim)
{
	for (begin(sim);
	     sim->control && !sim->control->held && sim->control->delay_ns <= sim->now_ns;
	     begin(sim)) {
		reply_submit(sim, sim->control);
		pop(sim);
	}
}

bool control_next_event(const struct sim *sim, uint64_t *when)
{
	if (!sim->control || sim->control->held)
		return false;
	*when = sim->control->delay_ns;
	return true;
}

void control_submit(struct sim *sim, struct urb *urb)
{
	struct urb **at = &sim->control;

	while (*at)
		at = &(*at)->next;
	urb->next = NULL;
	*at = urb;
	control_advance(sim);
}

/* True if the request was still ours; @status is what the reply to the unlink must say. */
bool control_unlink(struct sim *sim, uint32_t seqnum, int32_t *status)
{
	struct urb **at = &sim->control, *urb;

	while (*at && (*at)->seqnum != seqnum)
		at = &(*at)->next;
	urb = *at;
	if (!urb)
		return false;
	*at = urb->next;
	urb_put(sim, urb);
	*status = -ECONNRESET;
	return true;
}

void control_forget(struct sim *sim)
{
	while (sim->control)
		pop(sim);
	sim->stored_length = 0;
}
