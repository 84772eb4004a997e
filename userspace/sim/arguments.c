// SPDX-License-Identifier: MIT
/* The command line, checked to the last character. */
#include "arguments.h"

#include "internal.h"

#include <getopt.h>
#include <stdlib.h>

enum {
	OPTION_FIRST = 256,
	ALTERNATE,
	INTERFACE,
	INTERFACES,
	SERIAL,
	FAULT,
	HOSTILE,
	MUTATE,
	FRAME_WRAP,
	FIRST_FRAME,
	LEAD,
	IDLE_AFTER,
	IGNORE_START_FRAME,
	REPORT_START_FRAME,
	DANGEROUS,
	LISTEN,
	ONCE,
	CONTROL,
	STDIN,
	SEND,
	STATS,
	READY_FD,
	DAEMON,
	WAIT,
	CLASS,
	FUNCTION,
	MS_OS,
	GUID,
	REMOTE_WAKEUP,
};

static const struct option long_options[] = {
	{ "speed", required_argument, NULL, 's' },
	{ "id", required_argument, NULL, 'i' },
	{ "serial", required_argument, NULL, SERIAL },
	{ "alternate", required_argument, NULL, ALTERNATE },
	{ "interface", no_argument, NULL, INTERFACE },
	{ "interfaces", required_argument, NULL, INTERFACES },
	{ "class", required_argument, NULL, CLASS },
	{ "function", required_argument, NULL, FUNCTION },
	{ "ms-os", required_argument, NULL, MS_OS },
	{ "guid", required_argument, NULL, GUID },
	{ "remote-wakeup", no_argument, NULL, REMOTE_WAKEUP },
	{ "fault", required_argument, NULL, FAULT },
	{ "hostile", required_argument, NULL, HOSTILE },
	{ "mutate", required_argument, NULL, MUTATE },
	{ "frame-wrap", required_argument, NULL, FRAME_WRAP },
	{ "first-frame", required_argument, NULL, FIRST_FRAME },
	{ "lead", required_argument, NULL, LEAD },
	{ "idle-after", required_argument, NULL, IDLE_AFTER },
	{ "ignore-start-frame", no_argument, NULL, IGNORE_START_FRAME },
	{ "report-start-frame", required_argument, NULL, REPORT_START_FRAME },
	{ "dangerous", no_argument, NULL, DANGEROUS },
	{ "listen", optional_argument, NULL, LISTEN },
	{ "once", no_argument, NULL, ONCE },
	{ "control", required_argument, NULL, CONTROL },
	{ "stdin", no_argument, NULL, STDIN },
	{ "send", required_argument, NULL, SEND },
	{ "stats", optional_argument, NULL, STATS },
	{ "ready-fd", required_argument, NULL, READY_FD },
	{ "daemon", no_argument, NULL, DAEMON },
	{ "wait", no_argument, NULL, WAIT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

// clang-format off
static const char help[] =
"usage: winusb-iso-sim [OPTION...]\n"
"A simulated USB device with isochronous pipes, plugged into this machine's vhci_hcd.\n"
"\n"
"Device\n"
"  -s, --speed full|high|super    speed (high)\n"
"  -i, --id VID:PID               ids in hexadecimal (1209:0001)\n"
"      --serial TEXT              serial number string (0001)\n"
"      --interfaces N             1..3 interfaces of the default shape (1)\n"
"      --alternate ENDPOINTS      add an alternate setting instead of the default shape, e.g.\n"
"                                 in:0x81:1024x3:1,out:0x01:512:2 (DIR:ADDRESS:SIZE:BINTERVAL);\n"
"                                 SIZE is BYTES[xMULT], at super speed BYTES[xBURST[xMULT]];\n"
"                                 further :bulk :interrupt :fixed=N :ramp :audio44 :clip\n"
"                                 :loop=OUT-ENDPOINT+INTERVALS\n"
"                                 bulk and interrupt also :delay=FRAMES; 0=ENDPOINTS is alternate\n"
"                                 setting 0, which has none otherwise\n"
"      --interface                alternate settings from here on are the next interface's\n"
"      --class C[:S[:P]]          class, subclass, protocol of the interface, hexadecimal (ff)\n"
"      --function FIRST+COUNT     these interfaces belong together (interface association)\n"
"      --ms-os 1|2|both           have Microsoft OS descriptors 1.0, 2.0 or both, for WINUSB\n"
"      --guid GUID[,GUID...]      device interface GUIDs of a function; again for the next one\n"
"      --remote-wakeup            say that the device can wake the host (it never does)\n"
"      --hostile KIND             spoil the descriptors of alternate setting 1\n"
"      --mutate SEED              change the configuration by chance (0: not)\n"
"Time (in microframes; at full speed in frames)\n"
"      --frame-wrap BITS          width of start frames reported (14; full speed 11)\n"
"      --first-frame N            where the frame clock starts (0)\n"
"      --lead N                   between submission and start of an idle pipe (8; 2)\n"
"      --idle-after N             a queue empty for longer ends the stream (40; 5)\n"
"      --ignore-start-frame       idle pipes start soon even if the host names a frame\n"
"      --report-start-frame N     report N as every start frame\n"
"Faults\n"
"      --fault KIND[@N][+COUNT][:every=M][:pipe=ADDRESS][:n=VALUE]   (README.md lists kinds)\n"
"      --dangerous                allow faults that corrupt stock vhci_hcd\n"
"Running\n"
"      --listen[=[ADDRESS:]PORT]  be a USB/IP server instead (127.0.0.1:3240, bus id 1-1)\n"
"      --once                     with --listen: end when the first host has left\n"
"      --control PATH             take commands from a socket made here\n"
"      --stdin                    take commands from standard input\n"
"      --control PATH --send CMD  send a command to a running device, print its answer\n"
"      --stats[=FILE]             print counters as one line of JSON at the end and on SIGUSR1\n"
"      --wait                     ready only when the kernel has configured the device\n"
"      --ready-fd N               write the line \"ready: ...\" to descriptor N, not to stdout\n"
"      --daemon                   return when ready, run on in the background\n"
"  -h, --help                     this text\n"
"Commands: fault FAULT, clear, release, stats, vanish, stop\n"
"Exit status: 0 stopped or unplugged, 1 failure, 2 bad arguments.\n";
// clang-format on

static int parse_number(const char *option, const char *text, uint64_t most, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno || *value > most)
		return sim_fail(EINVAL, "--%s %s: not a number from 0 to %llu", option, text,
				(unsigned long long)most);
	return 0;
}

static int parse_unsigned(const char *option, const char *text, uint64_t most, unsigned int *value)
{
	uint64_t number;

	if (parse_number(option, text, most, &number))
		return -1;
	*value = (unsigned int)number;
	return 0;
}

static int parse_speed(const char *text, enum sim_speed *speed)
{
	if (!strcmp(text, "full"))
		*speed = SIM_FULL;
	else if (!strcmp(text, "high"))
		*speed = SIM_HIGH;
	else if (!strcmp(text, "super"))
		*speed = SIM_SUPER;
	else
		return sim_fail(EINVAL, "--speed %s: must be full, high or super", text);
	return 0;
}

static int parse_id(const char *text, struct sim_options *options)
{
	unsigned int vendor, product;
	int end = 0;

	if (sscanf(text, "%4x:%4x%n", &vendor, &product, &end) != 2 || text[end])
		return sim_fail(EINVAL, "--id %s: must be VID:PID in hexadecimal", text);
	options->vendor = (uint16_t)vendor;
	options->product = (uint16_t)product;
	return 0;
}

static int parse_report(const char *text, struct sim_options *options)
{
	uint64_t frame;

	if (parse_number("report-start-frame", text, UINT32_MAX, &frame))
		return -1;
	options->report_constant = true;
	options->constant_start_frame = (int32_t)frame;
	return 0;
}

static int next_interface(struct sim_shape *shape)
{
	if (shape->n_interfaces == SIM_MAX_INTERFACES)
		return sim_fail(EINVAL, "--interface: more than %d interfaces", SIM_MAX_INTERFACES);
	shape->interface[shape->n_interfaces++].n_alternates = 1;
	return 0;
}

/* The shape depends on the speed, which may come later on the line: a pass of its own. */
static int shape_option(struct arguments *a, int option, unsigned int *interfaces)
{
	struct sim_options *o = &a->options;

	if (option == INTERFACES && (parse_unsigned("interfaces", optarg, 255, interfaces) ||
				     !*interfaces || *interfaces > SIM_MAX_INTERFACES))
		return sim_fail(EINVAL, "--interfaces %s: must be 1 to %d", optarg,
				SIM_MAX_INTERFACES);
	if (option == INTERFACE)
		return next_interface(&o->shape);
	if (option == CLASS)
		return sim_shape_class(&o->shape, optarg);
	if (option == FUNCTION)
		return sim_shape_associate(&o->shape, optarg);
	if (option == ALTERNATE)
		return sim_shape_add(&o->shape, o->speed, optarg);
	return 0;
}

static int add_fault(struct arguments *a, const char *text)
{
	if (a->n_faults == ARGUMENTS_FAULTS)
		return sim_fail(EINVAL, "--fault: more than %d", ARGUMENTS_FAULTS);
	a->fault[a->n_faults++] = text;
	return 0;
}

static int parse_ms_os(const char *text, unsigned int *ms_os)
{
	if (!strcmp(text, "1"))
		*ms_os = SIM_MS_OS_1;
	else if (!strcmp(text, "2"))
		*ms_os = SIM_MS_OS_2;
	else if (!strcmp(text, "both"))
		*ms_os = SIM_MS_OS_1 | SIM_MS_OS_2;
	else
		return sim_fail(EINVAL, "--ms-os %s: must be 1, 2 or both", text);
	return 0;
}

static int add_guid(struct sim_options *options, const char *text)
{
	unsigned int i = 0;

	while (i < SIM_MAX_INTERFACES && options->guid[i])
		i++;
	if (i == SIM_MAX_INTERFACES)
		return sim_fail(EINVAL, "--guid: more than %d functions", SIM_MAX_INTERFACES);
	options->guid[i] = text;
	return 0;
}

static int device_option(struct arguments *a, int option)
{
	struct sim_options *o = &a->options;

	switch (option) {
	case 'i':
		return parse_id(optarg, o);
	case SERIAL:
		o->serial = optarg;
		return 0;
	case FAULT:
		return add_fault(a, optarg);
	case HOSTILE:
		o->hostile = optarg;
		return 0;
	case MUTATE:
		return parse_unsigned("mutate", optarg, UINT32_MAX, &o->mutation);
	case MS_OS:
		return parse_ms_os(optarg, &o->ms_os);
	case GUID:
		return add_guid(o, optarg);
	case REMOTE_WAKEUP:
		o->remote_wakeup = true;
		return 0;
	case FRAME_WRAP:
		return parse_unsigned("frame-wrap", optarg, 32, &o->frame_wrap);
	case FIRST_FRAME:
		return parse_number("first-frame", optarg, SIM_PATTERN_COUNTER_MASK,
				    &o->first_frame);
	case LEAD:
		return parse_unsigned("lead", optarg, 8000, &o->lead);
	case IDLE_AFTER:
		return parse_unsigned("idle-after", optarg, 80000, &o->idle_after);
	case IGNORE_START_FRAME:
		o->ignore_start_frame = true;
		return 0;
	case REPORT_START_FRAME:
		return parse_report(optarg, o);
	case DANGEROUS:
		o->dangerous = true;
		return 0;
	}
	return 0;
}

static int running_option(struct arguments *a, int option)
{
	switch (option) {
	case LISTEN:
		a->listen = optarg ? optarg : "3240";
		return 0;
	case ONCE:
		a->once = true;
		return 0;
	case CONTROL:
		a->control = optarg;
		return 0;
	case STDIN:
		a->use_stdin = true;
		return 0;
	case SEND:
		a->send = optarg;
		return 0;
	case STATS:
		a->stats = optarg ? optarg : "-";
		return 0;
	case READY_FD:
		return parse_unsigned("ready-fd", optarg, 1023, (unsigned int *)&a->ready_fd);
	case DAEMON:
		a->daemon = true;
		return 0;
	case WAIT:
		a->wait = true;
		return 0;
	}
	return 0;
}

static int next_option(int argc, char **argv)
{
	int option = getopt_long(argc, argv, ":s:i:h", long_options, NULL);

	if (option == ':')
		return sim_fail(EINVAL, "%s needs a value", argv[optind - 1]), '?';
	if (option == '?')
		return sim_fail(EINVAL, "unknown option %s", argv[optind - 1]), '?';
	return option;
}

static int first_pass(struct arguments *a, int argc, char **argv)
{
	enum sim_speed speed = SIM_HIGH;
	int option;

	optind = 0;
	while ((option = next_option(argc, argv)) != -1) {
		if (option == '?' || (option == 's' && parse_speed(optarg, &speed)))
			return -1;
		if (option != 'h')
			continue;
		fputs(help, stdout);
		return 1;
	}
	if (optind < argc)
		return sim_fail(EINVAL, "unexpected argument %s", argv[optind]);
	*a = (struct arguments){ .ready_fd = 1 };
	sim_options_init(&a->options, speed);
	memset(&a->options.shape, 0, sizeof(a->options.shape));
	return 0;
}

static int check(const struct arguments *a)
{
	if (a->send && !a->control)
		return sim_fail(EINVAL, "--send needs --control PATH of the running device");
	if (a->once && !a->listen)
		return sim_fail(EINVAL, "--once needs --listen");
	if (a->use_stdin && a->daemon)
		return sim_fail(EINVAL, "--stdin and --daemon exclude each other");
	return 0;
}

/* The groups that were asked for stay. */
static void default_shape(struct arguments *a, unsigned int interfaces)
{
	struct sim_shape asked = a->options.shape, *shape = &a->options.shape;

	sim_shape_default(shape, a->options.speed, interfaces);
	shape->n_associations = asked.n_associations;
	memcpy(shape->association, asked.association, sizeof(asked.association));
}

int arguments_parse(struct arguments *a, int argc, char **argv)
{
	unsigned int interfaces = 0;
	int option, result = first_pass(a, argc, argv);

	if (result)
		return result;
	optind = 0;
	while ((option = next_option(argc, argv)) != -1)
		if (shape_option(a, option, &interfaces) || device_option(a, option) ||
		    running_option(a, option))
			return -1;
	if (interfaces && a->options.shape.n_interfaces)
		return sim_fail(EINVAL, "--interfaces is for the default shape only");
	if (!a->options.shape.n_interfaces)
		default_shape(a, interfaces ? interfaces : 1);
	return check(a);
}
