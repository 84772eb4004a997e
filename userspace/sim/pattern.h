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
	return (counter & SIM_PATTERN_COUNTER_MASK) | (uint64_t)endpoint << SIM_PATTERN_COUNTER_BITS;
}

/* Writes the packet of service interval @counter. */
static inline void sim_pattern_fill(void *data, size_t length, uint8_t endpoint, uint64_t counter)
{
	uint64_t base = sim_pattern_base(endpoint, counter);
	unsigned char *byte = data;
	size_t i, words = length / 8;

	for (i = 0; i < words; i++) {
		uint64_t word = htole64(base + ((uint64_t)i << 48));

		memcpy(byte + 8 * i, &word, 8);
	}
	if (length % 8) {
		uint64_t word = htole64(base + ((uint64_t)words << 48));

		memcpy(byte + 8 * words, &word, length % 8);
	}
}

/* Whether @data is exactly the packet of service interval @counter. */
static inline bool sim_pattern_matches(const void *data, size_t length, uint8_t endpoint,
				       uint64_t counter)
{
	uint64_t base = sim_pattern_base(endpoint, counter), wrong = 0, word;
	const unsigned char *byte = data;
	size_t i, words = length / 8;

	for (i = 0; i < words; i++) {
		memcpy(&word, byte + 8 * i, 8);
		wrong |= word ^ htole64(base + ((uint64_t)i << 48));
	}
	if (wrong)
		return false;
	word = htole64(base + ((uint64_t)words << 48));
	return memcmp(byte + 8 * words, &word, length % 8) == 0;
}

/* The counter a packet of at least 8 bytes carries (not checked: use sim_pattern_matches). */
static inline uint64_t sim_pattern_counter(const void *data)
{
	uint64_t word;

	memcpy(&word, data, 8);
	return le64toh(word) & SIM_PATTERN_COUNTER_MASK;
}

#endif
