// SPDX-License-Identifier: MIT
/* Faults of the running device: adding them, and what each does to a packet and its transfer. */
#include "chance.h"
#include "internal.h"

#include <string.h>

int sim_fault(struct sim *sim, const char *text)
{
	const char *problem;
	struct fault fault;
	int result = 0;

	if (fault_parse(&fault, text, &problem))
		return sim_fail(EINVAL, "fault \"%s\": %s", text, problem);
	if (fault.kind >= FAULT_FIRST_DANGEROUS && !sim->options.dangerous)
		return sim_fail(EPERM, "fault \"%s\" corrupts stock vhci_hcd: it needs --dangerous",
				text);
	pthread_mutex_lock(&sim->lock);
	if (sim->n_faults == SIM_MAX_FAULTS)
		result = sim_fail(ENOSPC, "more than %d faults at a time", SIM_MAX_FAULTS);
	else
		sim->fault[sim->n_faults++] = fault;
	pthread_mutex_unlock(&sim->lock);
	return result;
}

void sim_fault_clear(struct sim *sim)
{
	pthread_mutex_lock(&sim->lock);
	sim->n_faults = 0;
	pthread_mutex_unlock(&sim->lock);
}

static void forget_spent(struct sim *sim)
{
	unsigned int i, kept = 0;

	for (i = 0; i < sim->n_faults; i++)
		if (!fault_is_spent(&sim->fault[i]))
			sim->fault[kept++] = sim->fault[i];
	sim->n_faults = kept;
}

static void set_packet(struct usbip_packet *packet, uint32_t actual, int32_t status)
{
	packet->actual = actual;
	packet->status = status;
}

static void shorten(struct usbip_packet *packet, int64_t value)
{
	uint32_t wanted = value < 0 ? packet->actual / 2 : (uint32_t)value;

	if (wanted < packet->actual)
		packet->actual = wanted;
}

static void strike_packet(struct pipe *pipe, struct usbip_packet *packet, const struct fault *fault)
{
	switch (fault->kind) {
	case FAULT_PROTOCOL:
		return set_packet(packet, 0, -EPROTO);
	case FAULT_BABBLE:
		return set_packet(packet, 0, -EOVERFLOW);
	case FAULT_CRC: /* an IN packet's data arrives, spoiled */
		return set_packet(packet, endpoint_is_in(pipe->endpoint) ? packet->actual : 0,
				  -EILSEQ);
	case FAULT_TIMEOUT:
		return set_packet(packet, 0, -ETIME);
	case FAULT_SHORT:
		return shorten(packet, fault->value);
	case FAULT_EMPTY:
		return set_packet(packet, 0, 0);
	case FAULT_LATE:
		return set_packet(packet, 0, -EXDEV);
	case FAULT_STALL:
		pipe->halted = pipe->endpoint->type != SIM_ISO;
		pipe->runs_ahead = fault->value;
		return set_packet(packet, 0, -EPIPE);
	default:
		return;
	}
}

/* Each strike of a seed has a number of its own. */
static uint32_t seed_of(const struct fault *fault)
{
	uint64_t state = chance_begin((uint32_t)fault->value, (uint32_t)fault->fired);

	return chance_next(&state);
}

static void strike_transfer(struct sim *sim, struct urb *urb, const struct fault *fault)
{
	switch (fault->kind) {
	case FAULT_LATE_REPLY:
		urb->delay_ns = (uint64_t)fault->value * 1000000u;
		break;
	case FAULT_HOLD:
		urb->held = true;
		break;
	case FAULT_VANISH:
		sim->vanishing = true;
		break;
	case FAULT_GARBLE:
		urb->malformed = FAULT_GARBLE;
		urb->malformed_value = seed_of(fault);
		break;
	case FAULT_GARBLE_LINK:
		urb->malformed = garble_link(seed_of(fault));
		break;
	default:
		urb->malformed = fault->kind;
		urb->malformed_value = fault->value;
	}
}

void faults_at_packet(struct sim *sim, struct pipe *pipe, struct urb *urb,
		      struct usbip_packet *packet, uint64_t counter)
{
	bool spent = false;
	unsigned int i;

	for (i = 0; i < sim->n_faults; i++) {
		struct fault *fault = &sim->fault[i];

		if (fault->kind == FAULT_HOLE || fault->kind == FAULT_NAK || fault->pipe == 0 ||
		    !fault_strikes(fault, pipe->endpoint->address, pipe->index, counter))
			continue;
		sim->stats.faults_fired++;
		if (fault->kind < FAULT_HOLE)
			strike_packet(pipe, packet, fault);
		else
			strike_transfer(sim, urb, fault);
		spent |= fault_is_spent(fault);
	}
	if (spent)
		forget_spent(sim);
}

/* Whether the plain transfer whose turn it is must wait for a release. */
bool faults_nak(struct sim *sim, struct pipe *pipe)
{
	bool nak = false;
	unsigned int i;

	for (i = 0; i < sim->n_faults; i++) {
		struct fault *fault = &sim->fault[i];

		if (fault->kind == FAULT_NAK &&
		    fault_strikes(fault, pipe->endpoint->address, pipe->index, pipe->index))
			nak = true;
	}
	sim->stats.faults_fired += nak;
	forget_spent(sim);
	return nak;
}

/*
 * How many service intervals the transfer about to start must leave out. @again: it has been moved
 * before, so that the places of an every=M are behind it.
 */
uint64_t faults_hole(struct sim *sim, struct pipe *pipe, uint64_t counter, bool again)
{
	uint64_t skip = 0;
	unsigned int i;

	for (i = 0; i < sim->n_faults; i++) {
		struct fault *fault = &sim->fault[i];

		if (fault->kind != FAULT_HOLE || (again && fault->every) ||
		    !fault_strikes(fault, pipe->endpoint->address, pipe->index, counter))
			continue;
		sim->stats.faults_fired++;
		skip += (uint64_t)fault->value;
	}
	if (skip)
		forget_spent(sim);
	return skip;
}

/* True: the request stalls. */
bool faults_at_control(struct sim *sim, struct urb *urb)
{
	unsigned int i;

	for (i = 0; i < sim->n_faults; i++) {
		uint64_t number = sim->stats.control_requests - 1;

		if (sim->fault[i].pipe != 0 || !fault_strikes(&sim->fault[i], 0, number, number))
			continue;
		sim->stats.faults_fired++;
		if (sim->fault[i].kind == FAULT_STALL) {
			forget_spent(sim);
			return true;
		}
		strike_transfer(sim, urb, &sim->fault[i]);
	}
	forget_spent(sim);
	return false;
}

/* What the reply to an unlink says, while replies are garbled. */
int32_t faults_at_unlink(const struct sim *sim, int32_t status)
{
	unsigned int i;

	for (i = 0; i < sim->n_faults; i++)
		if (sim->fault[i].kind == FAULT_GARBLE)
			return garble_unlink(seed_of(&sim->fault[i]) + (uint32_t)sim->stats.unlinks,
					     status);
	return status;
}
