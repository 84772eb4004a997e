// SPDX-License-Identifier: MIT
/* Descriptors no honest device has: each kind spoils the endpoints of alternate setting 1. */
#include "internal.h"

#include <string.h>

struct spoil {
	const char *kind;
	enum sim_speed only; /* 0: every speed */
	void (*spoil)(uint8_t *endpoint, size_t *length, uint8_t *companion,
		      size_t *companion_length);
};

#define SPOIL(name) \
	static void name(uint8_t *endpoint, size_t *length, uint8_t *companion, \
			 size_t *companion_length)
#define UNUSED ((void)endpoint, (void)length, (void)companion, (void)companion_length)

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

SPOIL(zero_packet_size)
{
	UNUSED;
	put16(endpoint + 4, 0);
}

SPOIL(mult_3)
{
	UNUSED;
	endpoint[5] |= 3 << 3;
}

SPOIL(interval_0)
{
	UNUSED;
	endpoint[6] = 0;
}

SPOIL(interval_255)
{
	UNUSED;
	endpoint[6] = 255;
}

SPOIL(missing_companion)
{
	UNUSED;
	*companion_length = 0;
}

/* wBytesPerInterval that does not hold even one packet. */
SPOIL(companion_too_small)
{
	UNUSED;
	put16(companion + 4, 16);
}

SPOIL(burst_too_big)
{
	UNUSED;
	companion[2] = 200;
}

SPOIL(companion_mult_3)
{
	UNUSED;
	companion[3] = 3;
}

SPOIL(bytes_per_interval_0)
{
	UNUSED;
	put16(companion + 4, 0);
}

SPOIL(bytes_per_interval_too_big)
{
	UNUSED;
	put16(companion + 4, 65535);
}

SPOIL(too_big)
{
	UNUSED;
	put16(endpoint + 4, 0x07ff);
}

SPOIL(full_speed_mult)
{
	UNUSED;
	endpoint[5] |= 1 << 3;
}

SPOIL(short_endpoint)
{
	UNUSED;
	endpoint[0] = 5;
	*length = 5;
	*companion_length = 0;
}

SPOIL(zero_length_endpoint)
{
	UNUSED;
	endpoint[0] = 0;
}

SPOIL(address_0)
{
	UNUSED;
	endpoint[2] &= 0x80;
}

SPOIL(same_address)
{
	UNUSED;
	endpoint[2] = 0x81;
}

SPOIL(reserved_bits)
{
	UNUSED;
	endpoint[5] |= 0xe0;
}

static const struct spoil spoils[] = {
	{ "zero-packet-size", 0, zero_packet_size },
	{ "mult-3", SIM_HIGH, mult_3 },
	{ "interval-0", 0, interval_0 },
	{ "interval-255", 0, interval_255 },
	{ "missing-companion", SIM_SUPER, missing_companion },
	{ "companion-too-small", SIM_SUPER, companion_too_small },
	{ "burst-too-big", SIM_SUPER, burst_too_big },
	{ "companion-mult-3", SIM_SUPER, companion_mult_3 },
	{ "bytes-per-interval-0", SIM_SUPER, bytes_per_interval_0 },
	{ "bytes-per-interval-too-big", SIM_SUPER, bytes_per_interval_too_big },
	{ "full-speed-too-big", SIM_FULL, too_big },
	{ "full-speed-mult", SIM_FULL, full_speed_mult },
	{ "packet-too-big", 0, too_big },
	{ "short-endpoint", 0, short_endpoint },
	{ "zero-length-endpoint", 0, zero_length_endpoint },
	{ "address-0", 0, address_0 },
	{ "same-address", 0, same_address },
	{ "reserved-bits", 0, reserved_bits },
};

static const struct spoil *find(const char *kind)
{
	size_t i;

	for (i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++)
		if (!strcmp(spoils[i].kind, kind))
			return &spoils[i];
	return NULL;
}

bool hostile_known(const char *kind, enum sim_speed speed)
{
	const struct spoil *spoil = find(kind);

	return spoil && (!spoil->only || spoil->only == speed);
}

void hostile_apply(const char *kind, uint8_t *endpoint, size_t *length, uint8_t *companion,
		   size_t *companion_length)
{
	find(kind)->spoil(endpoint, length, companion, companion_length);
}
