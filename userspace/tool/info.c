// SPDX-License-Identifier: MIT
/* What one device and its host controller can do. */
#include <errno.h>
#include <string.h>

#include "json.h"
#include "options.h"

// clang-format off
static const char help[] =
"usage: winusb-iso info [--json] [DEVICE]\n"
"\n"
"Shows what a device is: speed, host controller, features of the driver there, limits, and\n"
"every alternate setting with its pipes.\n"
"\n"
"  --json                  one JSON object\n"
"  --help                  this text\n";
// clang-format on

static const struct option long_options[] = { COMMON_OPTIONS, { 0 } };

static const struct {
	uint64_t bit;
	const char *name, *text;
} features[] = {
	{ WINUSB_ISO_FEATURE_RING, "ring", "transfers and completions through shared memory" },
	{ WINUSB_ISO_FEATURE_PACKET_LENGTHS, "packet-lengths", "packets of different lengths" },
	{ WINUSB_ISO_FEATURE_AT_FRAME, "at-frame", "transfers that start at a given frame" },
	{ WINUSB_ISO_FEATURE_FRAME_COUNTER, "frame-counter",
	  "bus time from the controller's own counter" },
	{ WINUSB_ISO_FEATURE_START_FRAME, "start-frame", "the controller reports start frames" },
	{ WINUSB_ISO_FEATURE_DROP_LATE, "drop-late",
	  "transfers at a given frame that is partly over" },
	{ WINUSB_ISO_FEATURE_NO_INTERRUPT, "no-interrupt",
	  "transfers that are told together share the controller's work" },
};

#define N_FEATURES (sizeof(features) / sizeof(*features))

/* What completions can say at best; a controller that contradicts itself gets less. */
static unsigned int best_trust(const struct winusb_iso_info *info)
{
	return info->features & WINUSB_ISO_FEATURE_START_FRAME ? WINUSB_ISO_TRUST_EXACT :
								 WINUSB_ISO_TRUST_TIMED;
}

static void text_pipe(const struct winusb_iso_pipe_info *pipe)
{
	printf("    pipe 0x%02x %-3s %-11s", pipe->address, pipe->address & 0x80 ? "IN" : "OUT",
	       wiso_pipe_type_text(pipe->type));
	if (pipe->type != WINUSB_ISO_PIPE_ISOCHRONOUS) {
		printf("  %u bytes per packet\n", pipe->max_packet_size);
		return;
	}
	printf("  %u bytes every %s", pipe->max_bytes_per_interval, text_uframes(pipe->interval).s);
	if (pipe->interval)
		printf(" (%s/s at most)",
		       text_bytes(pipe->max_bytes_per_interval * 8000.0 / pipe->interval).s);
	printf("; packet size %u", pipe->max_packet_size);
	if (pipe->burst > 1)
		printf(", burst %u", pipe->burst);
	if (pipe->mult > 1)
		printf(", mult %u", pipe->mult);
	printf(", bInterval %u%s\n", pipe->b_interval,
	       pipe->max_bytes_per_interval ? "" : " (can not stream)");
}

static void text_alternates(struct wiso_device *dev, int current)
{
	struct winusb_iso_alternate alternate;
	struct winusb_iso_pipe_info pipe;
	unsigned int i, j;

	for (i = 0; !wiso_get_alternate(dev, i, &alternate); i++) {
		printf("  alternate setting %u%s, class %02x/%02x/%02x, %s\n", alternate.alternate,
		       alternate.alternate == current ? " (selected)" : "",
		       alternate.interface_class, alternate.interface_subclass,
		       alternate.interface_protocol, text_count(alternate.num_pipes, "pipe").s);
		for (j = 0; !wiso_get_pipe(dev, alternate.alternate, j, &pipe); j++)
			text_pipe(&pipe);
	}
}

static void text_info(struct wiso_device *dev, const char *path, const struct winusb_iso_info *info)
{
	struct winusb_iso_frame frame;
	size_t i;

	printf("%s: %04x:%04x release %x.%02x, interface %u, %s\n", path, info->vendor_id,
	       info->product_id, info->device_release >> 8, info->device_release & 0xff,
	       info->interface_number, wiso_speed_text(info->speed));
	printf("  bus %03u, device %03u, host controller %.16s, interface version %u\n", info->bus,
	       info->device, text_clean(info->controller).s, info->api_version);
	if (!wiso_get_frame(dev, &frame))
		printf("  frame %llu, good to %s (%s)\n",
		       (unsigned long long)wiso_frame_number(frame.uframe),
		       text_uframes(frame.resolution).s, wiso_trust_text(frame.trust));
	printf("  features:\n");
	for (i = 0; i < N_FEATURES; i++)
		printf("    %-14s %-3s %s\n", features[i].name,
		       info->features & features[i].bit ? "yes" : "no", features[i].text);
	printf("  trust in gap counts: %s at best\n", wiso_trust_text(best_trust(info)));
	printf("  limits: %s handed to the controller ahead; per session %u transfers, %u buffers\n"
	       "    of up to %u bytes and %u packets\n",
	       text_uframes(info->window).s, WINUSB_ISO_MAX_RING_ENTRIES, WINUSB_ISO_MAX_BUFFERS,
	       WINUSB_ISO_MAX_BUFFER_SIZE, WINUSB_ISO_MAX_BUFFER_PACKETS);
	text_alternates(dev, info->current_alternate);
}

static void json_pipe(struct json *json, const struct winusb_iso_pipe_info *pipe)
{
	json_open(json, NULL, '{');
	json_format(json, "pipe", "0x%02x", pipe->address);
	json_string(json, "direction", pipe->address & 0x80 ? "IN" : "OUT");
	json_string(json, "pipe_type", wiso_pipe_type_text(pipe->type));
	json_unsigned(json, "max_bytes_per_interval", pipe->max_bytes_per_interval);
	json_unsigned(json, "interval_uframes", pipe->interval);
	json_unsigned(json, "max_packet_size", pipe->max_packet_size);
	json_unsigned(json, "mult", pipe->mult);
	json_unsigned(json, "burst", pipe->burst);
	json_unsigned(json, "attributes", pipe->attributes);
	json_unsigned(json, "b_interval", pipe->b_interval);
	json_close(json, '}');
}

static void json_alternates(struct json *json, struct wiso_device *dev)
{
	struct winusb_iso_alternate alternate;
	struct winusb_iso_pipe_info pipe;
	unsigned int i, j;

	json_open(json, "alternates", '[');
	for (i = 0; !wiso_get_alternate(dev, i, &alternate); i++) {
		json_open(json, NULL, '{');
		json_unsigned(json, "alternate", alternate.alternate);
		json_unsigned(json, "interface_class", alternate.interface_class);
		json_unsigned(json, "interface_subclass", alternate.interface_subclass);
		json_unsigned(json, "interface_protocol", alternate.interface_protocol);
		json_open(json, "pipes", '[');
		for (j = 0; !wiso_get_pipe(dev, alternate.alternate, j, &pipe); j++)
			json_pipe(json, &pipe);
		json_close(json, ']');
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_limits(struct json *json, const struct winusb_iso_info *info)
{
	json_open(json, "limits", '{');
	json_unsigned(json, "window_uframes", info->window);
	json_unsigned(json, "transfers", WINUSB_ISO_MAX_RING_ENTRIES);
	json_unsigned(json, "buffers", WINUSB_ISO_MAX_BUFFERS);
	json_unsigned(json, "buffer_bytes", WINUSB_ISO_MAX_BUFFER_SIZE);
	json_unsigned(json, "buffer_packets", WINUSB_ISO_MAX_BUFFER_PACKETS);
	json_close(json, '}');
}

static void json_features(struct json *json, const struct winusb_iso_info *info)
{
	size_t i;

	json_open(json, "features", '{');
	for (i = 0; i < N_FEATURES; i++)
		json_bool(json, features[i].name, info->features & features[i].bit);
	json_close(json, '}');
}

static void json_info(struct wiso_device *dev, const char *path, const struct winusb_iso_info *info)
{
	struct json json = json_begin(stdout, "info");
	struct winusb_iso_frame frame;

	json_string(&json, "node", path);
	json_format(&json, "vendor_id", "%04x", info->vendor_id);
	json_format(&json, "product_id", "%04x", info->product_id);
	json_format(&json, "device_release", "%04x", info->device_release);
	json_unsigned(&json, "interface", info->interface_number);
	json_string(&json, "speed", wiso_speed_text(info->speed));
	json_unsigned(&json, "bus", info->bus);
	json_unsigned(&json, "address", info->device);
	json_string(&json, "controller", info->controller);
	json_unsigned(&json, "api_version", info->api_version);
	json_string(&json, "best_trust", wiso_trust_text(best_trust(info)));
	if (!wiso_get_frame(dev, &frame)) {
		json_unsigned(&json, "bus_time", frame.uframe);
		json_unsigned(&json, "bus_time_resolution", frame.resolution);
	}
	json_features(&json, info);
	json_limits(&json, info);
	json_signed(&json, "current_alternate", info->current_alternate);
	json_alternates(&json, dev);
	json_end(&json);
}

static int show(const char *device, bool as_json)
{
	struct winusb_iso_info info;
	struct wiso_device *dev;
	struct text path;
	int code = TOOL_OK;

	dev = device_open(device, WISO_OPEN_READ_ONLY, &path);
	if (!dev)
		return TOOL_FAILED;
	if (wiso_get_info(dev, &info))
		code = fail("%s: %s", path.s, strerror(errno));
	else if (as_json)
		json_info(dev, path.s, &info);
	else
		text_info(dev, path.s, &info);
	wiso_close(dev);
	return code;
}

static int run(int argc, char **argv)
{
	const char *device = NULL;
	bool as_json = false;
	int key, code;

	while ((key = next_option(argc, argv, "", long_options)) != -1) {
		if (key == OPTION_HELP) {
			print_help(&info_command);
			return TOOL_OK;
		}
		if (key != OPTION_JSON)
			return TOOL_USAGE;
		as_json = true;
	}
	code = take_device(argc, argv, &device);
	return code ? code : show(device, as_json);
}

const struct command info_command = {
	.name = "info",
	.summary = "alternate settings, pipes, speeds and limits",
	.help = help,
	.run = run,
};
