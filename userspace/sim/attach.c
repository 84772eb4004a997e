// SPDX-License-Identifier: MIT
/* Plugs the device into this machine's vhci_hcd through a socketpair: no network, no tools. */
#include "internal.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define VHCI		"/sys/devices/platform/vhci_hcd.0"
#define MAX_CONTROLLERS 128
#define DEVICE_ID	0x00010002u /* bus 1, device 2: any number will do */

enum { PORT_FREE = 4, PORT_USED = 6 }; /* vhci_hcd's words: VDEV_ST_NULL, VDEV_ST_USED */

struct port {
	char hub[4];
	unsigned int number, state;
	char bus_id[32];
};

static FILE *open_status(unsigned int controller)
{
	char path[64];

	if (controller)
		snprintf(path, sizeof(path), VHCI "/status.%u", controller);
	else
		snprintf(path, sizeof(path), VHCI "/status");
	return fopen(path, "re");
}

static bool read_port(FILE *file, struct port *port)
{
	char line[128];

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%3s %u %u %*u %*x %*x %31s", port->hub, &port->number,
			   &port->state, port->bus_id) == 4)
			return true;
	return false;
}

/* The first port that @matches: of hub @hub and free, or of number @number. */
static bool find_port(const char *hub, int number, unsigned int after, struct port *port)
{
	unsigned int controller;
	bool found = false;
	FILE *file;

	for (controller = 0; !found && controller < MAX_CONTROLLERS; controller++) {
		file = open_status(controller);
		if (!file)
			break;
		while (!found && read_port(file, port))
			found = number >= 0 ? port->number == (unsigned int)number :
					      port->state == PORT_FREE && port->number >= after &&
						      !strcmp(port->hub, hub);
		fclose(file);
	}
	return found;
}

static int write_attach(unsigned int port, int fd, enum sim_speed speed)
{
	int file = open(VHCI "/attach", O_WRONLY | O_CLOEXEC), error = 0;
	char text[64];

	if (file < 0)
		return errno;
	snprintf(text, sizeof(text), "%u %d %u %u", port, fd, DEVICE_ID, (unsigned int)speed);
	if (write(file, text, strlen(text)) < 0)
		error = errno;
	close(file);
	return error;
}

static int attach_failed(int error)
{
	if (error == EACCES || error == EPERM)
		return sim_fail(error, "plugging into vhci_hcd needs root: " VHCI "/attach is not "
				       "writable");
	return sim_fail(error, "vhci_hcd refused the device: %s", strerror(error));
}

/* Somebody else may take the port between our look and our write: then try the next one. */
static int take_port(struct sim *sim, int fd)
{
	const char *hub = sim->options.speed == SIM_SUPER ? "ss" : "hs";
	struct port port;
	unsigned int after = 0;
	int error;

	while (find_port(hub, -1, after, &port)) {
		error = write_attach(port.number, fd, sim->options.speed);
		if (!error) {
			sim->port = (int)port.number;
			return 0;
		}
		if (error != EBUSY && error != EINVAL)
			return attach_failed(error);
		after = port.number + 1;
	}
	return sim_fail(EBUSY, "every %s port of vhci_hcd is taken",
			sim->options.speed == SIM_SUPER ? "super-speed" : "high-speed");
}

int sim_attach(struct sim *sim)
{
	int pair[2], result;

	if (access(VHCI "/attach", F_OK))
		return sim_fail(ENODEV, "vhci_hcd is not loaded: modprobe vhci_hcd");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return sim_fail(errno, "no socket pair: %s", strerror(errno));
	result = sim_connect(sim, pair[0]);
	if (result) {
		close(pair[0]);
	} else {
		result = take_port(sim, pair[1]);
		if (result)
			sim_vanish(sim);
	}
	close(pair[1]); /* the kernel has its own reference */
	return result;
}

int sim_port(const struct sim *sim)
{
	return sim->port;
}

void attach_forget(struct sim *sim)
{
	sim->port = -1;
}

int sim_bus_id(struct sim *sim, char *text, size_t size)
{
	struct port port;

	if (sim->port < 0 || !find_port("", sim->port, 0, &port) || port.state != PORT_USED)
		return sim_fail(ENODEV, "the device is not enumerated");
	snprintf(text, size, "%s", port.bus_id);
	return 0;
}

/* The kernel makes the interfaces' folders after SET_CONFIGURATION: wait for the last one. */
bool sim_configured(struct sim *sim)
{
	char bus_id[32], path[128];
	struct stat stat_buffer;

	if (sim->port < 0)
		return sim->configuration != 0;
	if (sim_bus_id(sim, bus_id, sizeof(bus_id)))
		return false;
	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s:1.%u", bus_id,
		 sim->options.shape.n_interfaces - 1);
	return stat(path, &stat_buffer) == 0;
}

int sim_wait_configured(struct sim *sim, int timeout_ms)
{
	const struct timespec pause = { 0, 10000000 };
	int waited;

	for (waited = 0; waited <= timeout_ms; waited += 10) {
		if (sim_configured(sim))
			return 0;
		if (!sim_connected(sim))
			return sim_fail(ENODEV, "the host dropped the device");
		nanosleep(&pause, NULL);
	}
	return sim_fail(ETIMEDOUT, "the host did not configure the device");
}
