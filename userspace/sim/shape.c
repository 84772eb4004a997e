// SPDX-License-Identifier: MIT
/* The device's shape: interfaces, alternate settings, endpoints; their text form and defaults. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

bool endpoint_is_in(const struct sim_endpoint *endpoint)
{
	return endpoint->address & 0x80;
}

uint32_t sim_endpoint_payload(enum sim_speed speed, const struct sim_endpoint *e)
{
	if (e->type == SIM_BULK)
		return e->packet_size;
	if (speed == SIM_SUPER)
		return (uint32_t)e->packet_size * e->burst * e->mult;
	return (uint32_t)e->packet_size * (speed == SIM_HIGH ? e->mult : 1);
}

uint32_t sim_endpoint_interval(enum sim_speed speed, const struct sim_endpoint *e)
{
	if (e->type == SIM_BULK)
		return 1;
	if (e->type == SIM_INTERRUPT && speed == SIM_FULL)
		return e->interval;
	return 1u << (e->interval - 1);
}

static bool take_number(const char **text, unsigned long limit, unsigned long *value)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*value = strtoul(*text, &end, 0);
	*text = end;
	return *value <= limit;
}

static bool take(const char **text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*text, word, length))
		return false;
	*text += length;
	return true;
}

/* SIZE, SIZExMULT at high speed, SIZExBURST[xMULT] at super speed. */
static bool take_size(struct sim_endpoint *e, enum sim_speed speed, const char **text)
{
	unsigned long size, first = 1, second = 1;

	if (!take_number(text, 0xffff, &size))
		return false;
	if (take(text, "x") && !take_number(text, 255, &first))
		return false;
	if (take(text, "x") && !take_number(text, 255, &second))
		return false;
	e->packet_size = (uint16_t)size;
	e->burst = speed == SIM_SUPER ? (uint8_t)first : 1;
	e->mult = speed == SIM_SUPER ? (uint8_t)second : (uint8_t)first;
	return speed == SIM_SUPER || second == 1;
}

static bool take_loop(struct sim_endpoint *e, const char **text)
{
	unsigned long address, delay = 16;

	if (!take_number(text, 15, &address))
		return false;
	if (take(text, "+") && !take_number(text, 128, &delay))
		return false;
	e->loop_from = (uint8_t)address;
	e->loop_delay = (uint32_t)delay;
	return address > 0 && delay > 0;
}

static bool take_fixed(struct sim_endpoint *e, const char **text)
{
	unsigned long value;

	e->lengths = SIM_LENGTH_FIXED;
	if (!take_number(text, 0xffffff, &value))
		return false;
	e->length_fixed = (uint32_t)value;
	return true;
}

static bool take_delay(struct sim_endpoint *e, const char **text)
{
	unsigned long value;

	if (!take_number(text, 80000, &value))
		return false;
	e->delay = (uint32_t)value;
	return true;
}

static bool take_option(struct sim_endpoint *e, const char **text)
{
	if (take(text, "loop="))
		return take_loop(e, text);
	if (take(text, "fixed="))
		return take_fixed(e, text);
	if (take(text, "delay="))
		return take_delay(e, text);
	if (take(text, "bulk"))
		e->type = SIM_BULK;
	else if (take(text, "interrupt"))
		e->type = SIM_INTERRUPT;
	else if (take(text, "clip"))
		e->clip = true;
	else if (take(text, "ramp"))
		e->lengths = SIM_LENGTH_RAMP;
	else if (take(text, "audio44"))
		e->lengths = SIM_LENGTH_AUDIO44;
	else
		return false;
	return true;
}

static bool take_endpoint(struct sim_endpoint *e, enum sim_speed speed, const char **text)
{
	unsigned long address, interval;
	bool in = take(text, "in:");

	*e = (struct sim_endpoint){ .type = SIM_ISO };
	if (!in && !take(text, "out:"))
		return false;
	if (!take_number(text, 0xff, &address) || !take(text, ":") || !take_size(e, speed, text) ||
	    !take(text, ":") || !take_number(text, 255, &interval))
		return false;
	e->address = (uint8_t)address;
	e->interval = (uint8_t)interval;
	while (take(text, ":"))
		if (!take_option(e, text))
			return false;
	return in == endpoint_is_in(e);
}

static int bad_alternate(const char *text)
{
	return sim_fail(EINVAL,
			"alternate setting \"%s\": expected endpoints like "
			"in:0x81:1024x3:1 or out:0x01:512:2, separated by commas",
			text);
}

/* The last interface, with its alternate setting 0. */
static struct sim_interface *last_interface(struct sim_shape *shape)
{
	struct sim_interface *interface;

	if (shape->n_interfaces == 0)
		shape->n_interfaces = 1;
	interface = &shape->interface[shape->n_interfaces - 1];
	if (interface->n_alternates == 0)
		interface->n_alternates = 1;
	return interface;
}

static int take_alternate(struct sim_alternate *alternate, enum sim_speed speed, const char *text)
{
	const char *at = text;

	*alternate = (struct sim_alternate){ 0 };
	do {
		if (alternate->n_endpoints == SIM_MAX_PIPES)
			return sim_fail(E2BIG, "alternate setting \"%s\": more than %d endpoints",
					text, SIM_MAX_PIPES);
		if (!take_endpoint(&alternate->endpoint[alternate->n_endpoints++], speed, &at))
			return bad_alternate(text);
	} while (take(&at, ","));
	return *at ? bad_alternate(text) : 0;
}

int sim_shape_add(struct sim_shape *shape, enum sim_speed speed, const char *text)
{
	struct sim_interface *interface = last_interface(shape);

	if (take(&text, "0="))
		return take_alternate(&interface->alternate[0], speed, text);
	if (interface->n_alternates == SIM_MAX_ALTERNATES)
		return sim_fail(E2BIG, "more than %d alternate settings", SIM_MAX_ALTERNATES);
	if (take_alternate(&interface->alternate[interface->n_alternates], speed, text))
		return -1;
	interface->n_alternates++;
	return 0;
}

int sim_shape_class(struct sim_shape *shape, const char *text)
{
	struct sim_interface *interface = last_interface(shape);
	unsigned int number[3] = { 0 };
	int end = -1;

	if (sscanf(text, "%2x%n:%2x%n:%2x%n", &number[0], &end, &number[1], &end, &number[2],
		   &end) < 1 ||
	    text[end])
		return sim_fail(EINVAL,
				"class \"%s\": must be CLASS[:SUBCLASS[:PROTOCOL]] in "
				"hexadecimal",
				text);
	interface->has_class = true;
	interface->interface_class = (uint8_t)number[0];
	interface->subclass = (uint8_t)number[1];
	interface->protocol = (uint8_t)number[2];
	return 0;
}

int sim_shape_associate(struct sim_shape *shape, const char *text)
{
	unsigned int first, count;
	int end = -1;

	if (shape->n_associations == SIM_MAX_INTERFACES ||
	    sscanf(text, "%1u+%1u%n", &first, &count, &end) != 2 || text[end])
		return sim_fail(EINVAL,
				"function \"%s\": must be FIRST+COUNT, the first "
				"interface and how many",
				text);
	shape->association[shape->n_associations++] = (struct sim_association){
		(uint8_t)first,
		(uint8_t)count,
	};
	return 0;
}

/* Alternate settings 1 to 8 mean the same at every speed; README.md has the table. */
static const char *const defaults_full[] = {
	"in:0x81:192:1,out:0x01:192:1",
	"in:0x81:1023:1,out:0x01:1023:1",
	"in:0x81:192:1,out:0x01:192:1,in:0x82:192:1:loop=2+16,out:0x02:192:1",
	"in:0x81:192:2,out:0x01:192:2",
	"in:0x81:1023:3:ramp,out:0x01:1023:3",
	"in:0x81:192:1:audio44,out:0x01:192:1",
	"in:0x81:1023:5,out:0x01:1023:5",
	"in:0x81:192:1,out:0x01:192:1,in:0x83:64:0:bulk,out:0x03:64:0:bulk,in:0x84:16:8:interrupt",
};

static const char *const defaults_high[] = {
	"in:0x81:1024:1,out:0x01:1024:1",
	"in:0x81:1024x3:1,out:0x01:1024x3:1",
	"in:0x81:512:1,out:0x01:512:1,in:0x82:512:1:loop=2+16,out:0x02:512:1",
	"in:0x81:192:2,out:0x01:192:2",
	"in:0x81:1024x2:3:ramp,out:0x01:1024x2:3",
	"in:0x81:192:4:audio44,out:0x01:192:4",
	"in:0x81:1024x3:5,out:0x01:1024x3:5",
	("in:0x81:512:1,out:0x01:512:1,in:0x83:512:0:bulk,out:0x03:512:0:bulk,"
	 "in:0x84:16:4:interrupt"),
};

static const char *const defaults_super[] = {
	"in:0x81:1024:1,out:0x01:1024:1",
	"in:0x81:1024x16x3:1,out:0x01:1024x16x3:1",
	"in:0x81:1024:1,out:0x01:1024:1,in:0x82:1024:1:loop=2+16,out:0x02:1024:1",
	"in:0x81:192:2,out:0x01:192:2",
	"in:0x81:1024x4x2:3:ramp,out:0x01:1024x4x2:3",
	"in:0x81:192:4:audio44,out:0x01:192:4",
	"in:0x81:1024x16:5,out:0x01:1024x16:5",
	("in:0x81:512:1,out:0x01:512:1,in:0x83:1024:0:bulk,out:0x03:1024:0:bulk,"
	 "in:0x84:16:4:interrupt"),
};

#define N_DEFAULTS (sizeof(defaults_full) / sizeof(defaults_full[0]))

/* Further interfaces have the same endpoints, numbered four higher each. */
static void move_endpoints(struct sim_interface *interface, uint8_t by)
{
	struct sim_alternate *alternate;
	unsigned int a, e;

	for (a = 0; a < interface->n_alternates; a++) {
		alternate = &interface->alternate[a];
		for (e = 0; e < alternate->n_endpoints; e++) {
			alternate->endpoint[e].address += by;
			if (alternate->endpoint[e].loop_from)
				alternate->endpoint[e].loop_from += by;
		}
	}
}

void sim_shape_default(struct sim_shape *shape, enum sim_speed speed, unsigned int interfaces)
{
	const char *const *text = speed == SIM_FULL ? defaults_full :
				  speed == SIM_HIGH ? defaults_high :
						      defaults_super;
	unsigned int i, a;

	memset(shape, 0, sizeof(*shape));
	for (i = 0; i < interfaces && i < SIM_MAX_INTERFACES; i++) {
		shape->n_interfaces = i + 1;
		for (a = 0; a < N_DEFAULTS; a++)
			sim_shape_add(shape, speed, text[a]);
		move_endpoints(&shape->interface[i], (uint8_t)(4 * i));
	}
}

static uint16_t largest_packet(enum sim_speed speed, enum sim_type type)
{
	if (speed == SIM_FULL)
		return type == SIM_ISO ? 1023 : 64;
	return type == SIM_BULK && speed == SIM_HIGH ? 512 : 1024;
}

static int endpoint_check(const struct sim_endpoint *e, enum sim_speed speed)
{
	unsigned int most = speed == SIM_FULL ? 1 : 3;

	if (!(e->address & 0x0f) || (e->address & 0x70))
		return sim_fail(EINVAL, "endpoint address 0x%02x does not exist", e->address);
	if (!e->packet_size || e->packet_size > largest_packet(speed, e->type))
		return sim_fail(EINVAL, "endpoint 0x%02x: packet size %u is not in 1..%u",
				e->address, e->packet_size, largest_packet(speed, e->type));
	if (!e->mult || e->mult > most || (e->type == SIM_BULK && e->mult > 1))
		return sim_fail(EINVAL, "endpoint 0x%02x: multiplier %u is not possible",
				e->address, e->mult);
	if (!e->burst || e->burst > 16)
		return sim_fail(EINVAL, "endpoint 0x%02x: burst %u is not in 1..16", e->address,
				e->burst);
	if (e->type != SIM_BULK && (!e->interval || (e->interval > 16 && speed != SIM_FULL) ||
				    (e->interval > 16 && e->type == SIM_ISO)))
		return sim_fail(EINVAL, "endpoint 0x%02x: interval %u is not in 1..16", e->address,
				e->interval);
	if (e->loop_from && !endpoint_is_in(e))
		return sim_fail(EINVAL, "endpoint 0x%02x: only IN can loop back", e->address);
	if (e->delay && e->type == SIM_ISO)
		return sim_fail(EINVAL, "endpoint 0x%02x: isochronous ones take no delay",
				e->address);
	return 0;
}

static const struct sim_endpoint *find(const struct sim_alternate *alternate, uint8_t address)
{
	unsigned int e;

	for (e = 0; e < alternate->n_endpoints; e++)
		if (alternate->endpoint[e].address == address)
			return &alternate->endpoint[e];
	return NULL;
}

static int loop_check(const struct sim_alternate *alternate, const struct sim_endpoint *in)
{
	const struct sim_endpoint *out;

	if (!in->loop_from)
		return 0;
	out = find(alternate, in->loop_from);
	if (out && out->type == in->type &&
	    (in->type == SIM_ISO ? out->interval == in->interval :
				   out->packet_size == in->packet_size))
		return 0;
	return sim_fail(EINVAL,
			"endpoint 0x%02x: loop=%u needs an OUT endpoint %u of the same "
			"type and %s",
			in->address, in->loop_from, in->loop_from,
			in->type == SIM_ISO ? "interval" : "packet size");
}

static int alternate_check(const struct sim_alternate *alternate, enum sim_speed speed)
{
	unsigned int e;

	for (e = 0; e < alternate->n_endpoints; e++) {
		const struct sim_endpoint *endpoint = &alternate->endpoint[e];

		if (endpoint_check(endpoint, speed) || loop_check(alternate, endpoint))
			return -1;
		if (find(alternate, endpoint->address) != endpoint)
			return sim_fail(EINVAL, "endpoint 0x%02x is there twice",
					endpoint->address);
	}
	return 0;
}

static void collect_addresses(const struct sim_interface *interface, uint32_t *used)
{
	unsigned int a, e;

	for (a = 0; a < interface->n_alternates; a++)
		for (e = 0; e < interface->alternate[a].n_endpoints; e++) {
			uint8_t address = interface->alternate[a].endpoint[e].address;

			*used |= 1u << ((address & 0x0f) + (address & 0x80 ? 16 : 0));
		}
}

static int association_check(const struct sim_shape *shape)
{
	unsigned int i, next = 0;

	for (i = 0; i < shape->n_associations; i++) {
		const struct sim_association *a = &shape->association[i];

		if (a->first < next || a->count == 0 || a->first + a->count > shape->n_interfaces)
			return sim_fail(EINVAL,
					"function %u+%u: there are no such interfaces, or "
					"they have one",
					a->first, a->count);
		next = a->first + a->count;
	}
	return 0;
}

int shape_check(const struct sim_shape *shape, enum sim_speed speed)
{
	uint32_t used, before = 0;
	unsigned int i, a;

	if (association_check(shape))
		return -1;

	if (!shape->n_interfaces || shape->n_interfaces > SIM_MAX_INTERFACES)
		return sim_fail(EINVAL, "a device has 1..%d interfaces", SIM_MAX_INTERFACES);
	for (i = 0; i < shape->n_interfaces; i++) {
		for (a = 0; a < shape->interface[i].n_alternates; a++)
			if (alternate_check(&shape->interface[i].alternate[a], speed))
				return -1;
		used = 0;
		collect_addresses(&shape->interface[i], &used);
		if (used & before)
			return sim_fail(EINVAL, "two interfaces share an endpoint");
		before |= used;
	}
	return 0;
}
