// SPDX-License-Identifier: MIT
/* Reads 1 s from the first isochronous IN pipe of a device: minimal 1209:0001 */
#include <stdio.h>
#include <stdlib.h>
#include <winusb-iso.h>

int main(int argc, char **argv)
{
	unsigned int vendor, product;
	struct winusb_iso_pipe_info pipe;
	struct wiso_stream_stats stats = { 0 };

	if (argc != 2 || sscanf(argv[1], "%4x:%4x", &vendor, &product) != 2)
		return fprintf(stderr, "usage: minimal VENDOR:PRODUCT\n"), 2;

	struct wiso_device *dev = wiso_open_id(vendor, product, -1, NULL, 0);
	if (!dev || wiso_set_alternate(dev, 1) < 0 || wiso_first_pipe(dev, WISO_IN, &pipe) < 0)
		return perror(argv[1]), 1;

	struct wiso_stream *stream = wiso_stream_open(dev, pipe.address, 0, 0, 0);
	if (!stream)
		return perror("wiso_stream_open"), 1;

	unsigned long long uframes = 0; /* of 125 us: 8000 are a second */
	while (uframes < 8000) {
		struct wiso_slot *slot = wiso_stream_acquire(stream, 1000);
		if (!slot)
			return perror("wiso_stream_acquire"), 1;
		/* The data of packet i: wiso_slot_packet_data(slot, i), .length bytes. */
		uframes += (unsigned long long)slot->num_packets * pipe.interval;
		wiso_stream_release(stream, slot);
	}
	wiso_stream_get_stats(stream, &stats);
	printf("%llu packets ok, %llu bad, %llu bytes, %llu gaps\n",
	       (unsigned long long)stats.packets_ok, (unsigned long long)stats.packets_bad,
	       (unsigned long long)stats.bytes, (unsigned long long)stats.gaps);
	wiso_close(dev);
	return 0;
}
