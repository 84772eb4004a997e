// SPDX-License-Identifier: MIT
/* Saves what an IN pipe sends. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "receive.h"
#include "writer.h"

// clang-format off
static const char help[] =
"usage: winusb-iso capture [OPTION...] [DEVICE]\n"
"\n"
"Writes what an IN pipe sends to a file or to stdout. Ends with Ctrl-C or at a limit.\n"
"\n"
"  -o, --output FILE|-     where to (default and -: stdout, if that is no terminal)\n"
"  --index FILE            one line of CSV per packet: packet, bus_time (microframes),\n"
"                          offset in the output, requested, actual, status, gap_before and\n"
"                          gap_inside (service intervals), trust\n"
"  --compact               packets back to back, nothing for what was lost (default)\n"
"  --gaps zeros            every service interval takes up the pipe's maximum: what is\n"
"                          short, bad or lost is filled up with zeros (--gaps none: --compact)\n"
"  --keep-bad              also write what arrived of packets with an error\n"
"  --buffer SIZE           memory between stream and output (default 32M)\n"
STREAM_HELP
REPORT_HELP;
// clang-format on

static const struct option long_options[] = { { "output", required_argument, NULL, OPTION_OUTPUT },
					      { "index", required_argument, NULL, OPTION_INDEX },
					      { "compact", no_argument, NULL, OPTION_COMPACT },
					      { "gaps", required_argument, NULL, OPTION_GAPS },
					      { "keep-bad", no_argument, NULL, OPTION_KEEP_BAD },
					      { "buffer", required_argument, NULL, OPTION_BUFFER },
					      STREAM_OPTIONS,
					      { 0 } };

struct capture {
	struct stream_options stream;
	const char *output;
	bool zeros, keep_bad;
	uint64_t buffer;
	/* while it runs */
	struct writer *writer;
	uint32_t stride;
	uint64_t offset;
};

static int gaps_option(struct capture *capture)
{
	if (strcmp(optarg, "zeros") && strcmp(optarg, "none"))
		return usage_error("--gaps %s: zeros or none", optarg);
	capture->zeros = !strcmp(optarg, "zeros");
	return TOOL_OK;
}

static int buffer_option(struct capture *capture)
{
	const char *problem = "4k to 16G";

	if (parse_size(optarg, &capture->buffer, &problem) && capture->buffer >= 4096 &&
	    capture->buffer <= 16ULL << 30)
		return TOOL_OK;
	return usage_error("--buffer %s: %s", optarg, problem);
}

static int own_option(int key, struct capture *capture)
{
	switch (key) {
	case 'o':
	case OPTION_OUTPUT:
		capture->output = optarg;
		return TOOL_OK;
	case OPTION_COMPACT:
		capture->zeros = false;
		return TOOL_OK;
	case OPTION_GAPS:
		return gaps_option(capture);
	case OPTION_KEEP_BAD:
		capture->keep_bad = true;
		return TOOL_OK;
	case OPTION_BUFFER:
		return buffer_option(capture);
	default:
		return TOOL_USAGE;
	}
}

static int parse(int argc, char **argv, struct capture *capture)
{
	int key, code = TOOL_OK;

	while (!code && (key = next_option(argc, argv, "o:", long_options)) != -1) {
		if (key == OPTION_HELP)
			return -1;
		if (!stream_option(key, &capture->stream, &code))
			code = own_option(key, capture);
	}
	if (!code)
		code = take_device(argc, argv, &capture->stream.device);
	if (!code && !strcmp(capture->output, "-") && isatty(STDOUT_FILENO))
		code = usage_error("stdout is a terminal: say where the data goes with -o FILE");
	return code;
}

static int take_lost(void *context, uint32_t intervals)
{
	struct capture *capture = context;
	uint64_t size = (uint64_t)intervals * capture->stride;

	if (!capture->zeros)
		return 0;
	capture->offset += size;
	return writer_put_zeros(capture->writer, size);
}

static int take_packet(void *context, const void *data, const struct winusb_iso_packet *packet,
		       uint64_t *offset)
{
	struct capture *capture = context;
	uint32_t size = packet->status && !capture->keep_bad ? 0 : packet->length;

	if (size > capture->stride)
		size = capture->stride;
	*offset = capture->offset;
	if (writer_put(capture->writer, data, size))
		return -1;
	capture->offset += size;
	if (!capture->zeros || size == capture->stride)
		return 0;
	capture->offset += capture->stride - size;
	return writer_put_zeros(capture->writer, capture->stride - size);
}

static int give_up(void)
{
	return stop_asked() >= 2;
}

static int open_output(struct capture *capture)
{
	int fd;

	if (strcmp(capture->output, "-"))
		fd = open(capture->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	else
		fd = dup(STDOUT_FILENO);
	if (fd < 0)
		return fail("cannot open %s: %s", capture->output, strerror(errno));
	capture->writer = writer_open(fd, capture->buffer, give_up);
	if (capture->writer)
		return TOOL_OK;
	close(fd);
	return fail("cannot start writing: %s", strerror(errno));
}

static const char *output_name(const struct capture *capture)
{
	return strcmp(capture->output, "-") ? capture->output : "stdout";
}

/* A reader that had enough is a normal end, as Ctrl-C is. */
static int close_output(struct capture *capture, int error, int code)
{
	int late = writer_close(capture->writer);

	if (!error)
		error = late;
	if (!error || error == EPIPE)
		return code;
	if (error == EINTR)
		return fail("%s: not everything was written before the second signal",
			    output_name(capture));
	return fail("%s: %s", output_name(capture), strerror(error));
}

static int run_stream(struct capture *capture, struct session *session)
{
	const struct receiver receiver = {
		.context = capture,
		.lost = take_lost,
		.packet = take_packet,
	};
	int code, error;

	capture->stride = session->selection.pipe.max_bytes_per_interval;
	code = open_output(capture);
	if (code)
		return code;
	code = session_begin(session);
	if (code) {
		writer_close(capture->writer);
		return code;
	}
	code = receive(session, &receiver, &error);
	wiso_stream_stop(session->stream);
	progress_interrupt(&session->progress);
	return close_output(capture, error, code);
}

static int run(int argc, char **argv)
{
	struct capture capture = {
		.stream = { .alternate = -1, .queue = 64 },
		.output = "-",
		.buffer = 32 << 20,
	};
	struct session session;
	int code = parse(argc, argv, &capture);

	if (code < 0)
		print_help(&capture_command);
	if (code)
		return code < 0 ? TOOL_OK : code;
	code = session_open(&session, &capture.stream, "capture", WISO_IN,
			    strcmp(capture.output, "-") ? stdout : stderr);
	if (!code)
		code = run_stream(&capture, &session);
	return session_end(&session, code);
}

const struct command capture_command = {
	.name = "capture",
	.summary = "save what an IN pipe sends",
	.help = help,
	.run = run,
};
