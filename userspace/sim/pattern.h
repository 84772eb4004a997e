/* SPDX-License-Identifier: MIT */
/*
 * The test pattern: what the simulated device sends on IN pipes and expects on OUT pipes.
 *
 * A packet is a row of 64-bit little-endian words; the last one may be cut short. Word i is
 *
 *	bits  0..39	counter of the service interval
 *	bits 40..47	endpoint address (0x81 is IN 1, 0x01 is OUT 1)
 *	bits 48..63	i, the word's place in the packet
 *
 * so that any aligned word tells which interval, pipe and place it belongs to. On IN pipes the
 * counter is the device's frame clock divided by the pipe's interval (both in microframes at high
 * and super speed, in frames at full speed): counter * interval is the start frame before it wraps,
 * and consecutive service intervals differ by one. On OUT pipes the host starts where it likes and
 * adds one per packet.
 */
#ifndef WINUSB_ISO_SIM_PATTERN_H
#define WINUSB_ISO_SIM_PATTERN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SIM_PATTERN_COUNTER_BITS 40
#define SIM_PATTERN_COUNTER_MASK ((1ULL << SIM_PATTERN_COUNTER_BITS) - 1)

/* Word 0 of the packet of service interval @counter. */
static inline uint64_t sim_pattern_base(uint8_t endpoint, uint64_t counter)
{
	return (counter & SIM_PATTERN_COUNTER_MASK) | (uint64_t)endpoint
							      << SIM_PATTERN_COUNTER_BITS;
}

#if __BYTE_ORDER == __LITTLE_ENDIAN
/* Eight words at a time: filling and checking 49152 bytes every 125 us must cost little. */
#define SIM_PATTERN_GROUP 8
typedef uint64_t sim_words __attribute__((vector_size(64), aligned(1), may_alias));

/* By pointer: vectors in arguments depend on the compiler's options. */
static inline void sim_pattern_first(sim_words *value, uint64_t base)
{
	const sim_words place = { 0, 1, 2, 3, 4, 5, 6, 7 };

	*value = base + (place << 48);
}

static inline void sim_pattern_fill_groups(unsigned char *byte, size_t words, uint64_t base)
{
	sim_words value;
	size_t i;

	sim_pattern_first(&value, base);
	for (i = 0; i < words; i += SIM_PATTERN_GROUP) {
		*(sim_words *)(byte + 8 * i) = value;
		value += (uint64_t)SIM_PATTERN_GROUP << 48;
	}
}

static inline uint64_t sim_pattern_check_groups(const unsigned char *byte, size_t words,
						uint64_t base)
{
	sim_words value, wrong = { 0 };
	size_t i;

	sim_pattern_first(&value, base);
	for (i = 0; i < words; i += SIM_PATTERN_GROUP) {
		wrong |= *(const sim_words *)(byte + 8 * i) ^ value;
		value += (uint64_t)SIM_PATTERN_GROUP << 48;
	}
	return wrong[0] | wrong[1] | wrong[2] | wrong[3] | wrong[4] | wrong[5] | wrong[6] |
	       wrong[7];
}
#else
#define SIM_PATTERN_GROUP 1

static inline void sim_pattern_fill_groups(unsigned char *byte, size_t words, uint64_t base)
{
	uint64_t word;
	size_t i;

	for (i = 0; i < words; i++) {
		word = htole64(base + ((uint64_t)i << 48));
		memcpy(byte + 8 * i, &word, 8);
	}
}

static inline uint64_t sim_pattern_check_groups(const unsigned char *byte, size_t words,
						uint64_t base)
{
	uint64_t word, wrong = 0;
	size_t i;

	for (i = 0; i < words; i++) {
		memcpy(&word, byte + 8 * i, 8);
		wrong |= word ^ htole64(base + ((uint64_t)i << 48));
	}
	return wrong;
}
#endif

/* What is left of a packet after its whole groups: less than one. */
static inline void sim_pattern_rest(unsigned char *rest, size_t length, uint64_t base, size_t place)
{
	uint64_t word;
	size_t i, part;

	for (i = 0; i < length; i += 8, place++) {
		word = htole64(base + ((uint64_t)place << 48));
		part = length - i < 8 ? length - i : 8;
		memcpy(rest + i, &word, part);
	}
}

/* Writes the packet of service interval @counter. */
static inline void sim_pattern_fill(void *data, size_t length, uint8_t endpoint, uint64_t counter)
{
	uint64_t base = sim_pattern_base(endpoint, counter);
	size_t whole = length / (8 * SIM_PATTERN_GROUP) * SIM_PATTERN_GROUP;
	unsigned char *byte = data;

	sim_pattern_fill_groups(byte, whole, base);
	sim_pattern_rest(byte + 8 * whole, length - 8 * whole, base, whole);
}

/* Whether @data is exactly the packet of service interval @counter. */
static inline bool sim_pattern_matches(const void *data, size_t length, uint8_t endpoint,
				       uint64_t counter)
{
	uint64_t base = sim_pattern_base(endpoint, counter);
	size_t whole = length / (8 * SIM_PATTERN_GROUP) * SIM_PATTERN_GROUP;
	unsigned char rest[8 * SIM_PATTERN_GROUP] = { 0 };
	const unsigned char *byte = data;

	if (sim_pattern_check_groups(byte, whole, base))
		return false;
	sim_pattern_rest(rest, length - 8 * whole, base, whole);
	return memcmp(byte + 8 * whole, rest, length - 8 * whole) == 0;
}

/* The counter a packet of at least 8 bytes carries (not checked: use sim_pattern_matches). */
static inline uint64_t sim_pattern_counter(const void *data)
{
	uint64_t word;

	memcpy(&word, data, 8);
	return le64toh(word) & SIM_PATTERN_COUNTER_MASK;
}

#endif
