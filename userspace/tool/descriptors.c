// SPDX-License-Identifier: MIT
#include "descriptors.h"

#include <string.h>

#define TYPE_CONFIGURATION 2
#define TYPE_INTERFACE	   4
#define TYPE_ENDPOINT	   5

static void add(uint32_t set[8], unsigned int interface)
{
	set[interface / 32] |= 1u << interface % 32;
}

bool interface_in(const uint32_t set[8], unsigned int interface)
{
	return interface < 256 && (set[interface / 32] >> interface % 32 & 1);
}

void descriptors_interfaces(const uint8_t *data, size_t size, uint8_t value,
			    uint32_t isochronous[8], uint32_t all[8])
{
	bool wanted = false;
	int interface = -1;

	memset(isochronous, 0, 8 * sizeof(*isochronous));
	memset(all, 0, 8 * sizeof(*all));
	for (; size >= 2 && data[0] >= 2 && data[0] <= size; size -= data[0], data += data[0]) {
		if (data[1] == TYPE_CONFIGURATION && data[0] >= 6) {
			wanted = data[5] == value;
			interface = -1;
		} else if (data[1] == TYPE_INTERFACE && data[0] >= 3 && wanted) {
			interface = data[2];
			add(all, interface);
		} else if (data[1] == TYPE_ENDPOINT && data[0] >= 4 && interface >= 0) {
			if ((data[3] & 3) == 1)
				add(isochronous, interface);
		}
	}
}
