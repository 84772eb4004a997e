// SPDX-License-Identifier: MIT
/* Every descriptor the device has, built from its shape. */
#include "internal.h"

#include <string.h>

enum {
	TYPE_DEVICE = 1,
	TYPE_CONFIG = 2,
	TYPE_STRING = 3,
	TYPE_INTERFACE = 4,
	TYPE_ENDPOINT = 5,
	TYPE_QUALIFIER = 6,
	TYPE_OTHER_SPEED = 7,
	TYPE_BOS = 15,
	TYPE_CAPABILITY = 16,
	TYPE_COMPANION = 48,
	TYPE_ASSOCIATION = 11,
};

/* Where Windows looks for Microsoft OS 1.0 descriptors. */
#define MS_OS_STRING 0xee

struct writer {
	uint8_t *out;
	size_t used, room;
};

static void put(struct writer *w, const void *bytes, size_t length)
{
	if (w->room - w->used < length)
		length = w->room - w->used;
	memcpy(w->out + w->used, bytes, length);
	w->used += length;
}

static uint8_t low(uint32_t value)
{
	return (uint8_t)value;
}

static uint8_t high(uint32_t value)
{
	return (uint8_t)(value >> 8);
}

static void put_device(const struct sim *sim, struct writer *w)
{
	const struct sim_options *o = &sim->options;
	/* 2.01 says that there is a BOS; 0xef, 2, 1 that interfaces are associated. */
	bool has_bos = o->ms_os & SIM_MS_OS_2, grouped = o->shape.n_associations;
	const uint8_t bytes[18] = {
		18,
		TYPE_DEVICE,
		o->speed != SIM_SUPER && has_bos,
		o->speed == SIM_SUPER ? 3 : 2,
		grouped ? 0xef : 0,
		grouped ? 2 : 0,
		grouped ? 1 : 0,
		o->speed == SIM_SUPER ? 9 : 64,
		low(o->vendor),
		high(o->vendor),
		low(o->product),
		high(o->product),
		0x00,
		0x01,
		1,
		2,
		3,
		1,
	};

	put(w, bytes, sizeof(bytes));
}

static void put_qualifier(const struct sim *sim, struct writer *w)
{
	static const uint8_t bytes[10] = { 10, TYPE_QUALIFIER, 0, 2, 0, 0, 0, 64, 1, 0 };

	if (sim->options.speed == SIM_HIGH)
		put(w, bytes, sizeof(bytes));
}

static void put_bos(const struct sim *sim, struct writer *w)
{
	/* LPM capable, as super-speed devices must be; three speeds; no U1, U2 exit. */
	static const uint8_t super[17] = {
		7, TYPE_CAPABILITY, 2, 2, 0, 0, 0, 10, TYPE_CAPABILITY, 3, 0, 0x0e, 0, 1, 0, 0, 0,
	};
	uint8_t header[5] = { 5, TYPE_BOS }, platform[32];
	size_t length = ms_os_capability(sim, platform, sizeof(platform));
	bool is_super = sim->options.speed == SIM_SUPER;

	if (!length && !is_super)
		return;
	header[2] = low((uint32_t)(sizeof(header) + length + (is_super ? sizeof(super) : 0)));
	header[4] = (uint8_t)(2 * is_super + (length > 0));
	put(w, header, sizeof(header));
	if (is_super)
		put(w, super, sizeof(super));
	put(w, platform, length);
}

static void put_endpoint(enum sim_speed speed, const struct sim_endpoint *e, const char *hostile,
			 struct writer *w)
{
	uint32_t size = e->packet_size, per_interval = sim_endpoint_payload(speed, e);
	uint8_t endpoint[7], companion[6];
	size_t length = sizeof(endpoint), companion_length = speed == SIM_SUPER ? 6 : 0;

	if (speed == SIM_HIGH && e->type != SIM_BULK)
		size |= (e->mult - 1u) << 11;
	if (e->type == SIM_BULK)
		per_interval = 0;
	memcpy(endpoint,
	       (uint8_t[]){ 7, TYPE_ENDPOINT, e->address, low(e->type), low(size), high(size),
			    e->interval },
	       sizeof(endpoint));
	memcpy(companion,
	       (uint8_t[]){ 6, TYPE_COMPANION, low(e->burst - 1u),
			    e->type == SIM_ISO ? low(e->mult - 1u) : 0, low(per_interval),
			    high(per_interval) },
	       sizeof(companion));
	if (hostile)
		hostile_apply(hostile, endpoint, &length, companion, &companion_length);
	put(w, endpoint, length);
	put(w, companion, companion_length);
}

static void put_alternate(enum sim_speed speed, const struct sim_shape *shape, unsigned int i,
			  unsigned int a, const char *hostile, struct writer *w)
{
	const struct sim_interface *interface = &shape->interface[i];
	const struct sim_alternate *alternate = &interface->alternate[a];
	const uint8_t bytes[9] = {
		9,
		TYPE_INTERFACE,
		low(i),
		low(a),
		low(alternate->n_endpoints),
		interface->has_class ? interface->interface_class : 0xff,
		interface->subclass,
		interface->protocol,
		0,
	};
	unsigned int e;

	put(w, bytes, sizeof(bytes));
	for (e = 0; e < alternate->n_endpoints; e++)
		put_endpoint(speed, &alternate->endpoint[e], a == 1 ? hostile : NULL, w);
}

/* In front of the first interface of a function. */
static void put_association(const struct sim_shape *shape, unsigned int i, struct writer *w)
{
	unsigned int a;

	for (a = 0; a < shape->n_associations; a++) {
		const struct sim_association *association = &shape->association[a];
		const uint8_t bytes[8] = {
			8, TYPE_ASSOCIATION, association->first, association->count, 0xff, 0, 0, 0,
		};

		if (association->first == i)
			put(w, bytes, sizeof(bytes));
	}
}

static void put_config(enum sim_speed speed, const struct sim_shape *shape, uint8_t type,
		       bool wakes, const char *hostile, struct writer *w)
{
	/* Self powered; the unit of bMaxPower does not matter then. */
	uint8_t attributes = wakes ? 0xe0 : 0xc0;
	uint8_t bytes[9] = { 9, type, 0, 0, low(shape->n_interfaces), 1, 0, attributes, 0 };
	unsigned int i, a;

	put(w, bytes, sizeof(bytes));
	for (i = 0; i < shape->n_interfaces; i++) {
		put_association(shape, i, w);
		for (a = 0; a < shape->interface[i].n_alternates; a++)
			put_alternate(speed, shape, i, a, hostile, w);
	}
	w->out[2] = low((uint32_t)w->used);
	w->out[3] = high((uint32_t)w->used);
}

static void put_other_speed(const struct sim *sim, struct writer *w)
{
	struct sim_shape shape;

	if (sim->options.speed != SIM_HIGH)
		return;
	sim_shape_default(&shape, SIM_FULL, sim->options.shape.n_interfaces);
	put_config(SIM_FULL, &shape, TYPE_OTHER_SPEED, sim->options.remote_wakeup, NULL, w);
}

static void put_string(const struct sim *sim, uint8_t index, struct writer *w)
{
	static const uint8_t languages[4] = { 4, TYPE_STRING, 0x09, 0x04 };
	const char *text[] = { NULL, "winusb-iso", "Simulated isochronous device", sim->serial };
	uint8_t bytes[2 + 2 * 64] = { 0, TYPE_STRING };
	size_t i;

	if (index == 0)
		put(w, languages, sizeof(languages));
	if (index == 0 || index >= sizeof(text) / sizeof(text[0]))
		return;
	for (i = 0; text[index][i] && i < 64; i++)
		bytes[2 + 2 * i] = (uint8_t)text[index][i];
	bytes[0] = (uint8_t)(2 + 2 * i);
	put(w, bytes, bytes[0]);
}

/* Its bytes, or 0: the device has no such descriptor. */
static size_t change_config(const struct sim_options *o, uint8_t *out, size_t used, size_t room)
{
	struct sim_edit edits[MUTATE_MOST];
	unsigned int count = o->mutation ? mutate_edits(o->mutation, edits) : 0;

	used = edit_configuration(edits, count, out, used, room);
	return edit_configuration(o->edit, o->n_edits, out, used, room);
}

size_t descriptor_get(const struct sim *sim, uint8_t type, uint8_t index, uint8_t *out, size_t room)
{
	const struct sim_options *o = &sim->options;
	struct writer w = { .out = out, .room = room };

	switch (type) {
	case TYPE_DEVICE:
		put_device(sim, &w);
		break;
	case TYPE_CONFIG:
		if (index == 0)
			put_config(o->speed, &o->shape, TYPE_CONFIG, o->remote_wakeup, o->hostile,
				   &w);
		if (index == 0)
			w.used = change_config(o, out, w.used, room);
		break;
	case TYPE_STRING:
		if (index == MS_OS_STRING)
			return ms_os_string(sim, out, room);
		put_string(sim, index, &w);
		break;
	case TYPE_QUALIFIER:
		put_qualifier(sim, &w);
		break;
	case TYPE_OTHER_SPEED:
		if (index == 0)
			put_other_speed(sim, &w);
		break;
	case TYPE_BOS:
		put_bos(sim, &w);
		break;
	}
	return w.used;
}
