// SPDX-License-Identifier: MIT
/* One line is a command, one line its answer; a client's lines are kept apart from another's. */
#include "control-socket.h"

#include "internal.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int make_address(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path))
		return sim_fail(ENAMETOOLONG, "control socket: the path is too long");
	strcpy(address->sun_path, path);
	return 0;
}

/* A socket that nobody answers was left behind by a device that was killed. */
static void remove_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const void *)address, sizeof(*address)) && errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

static int open_socket(struct control *control)
{
	struct sockaddr_un address;
	int fd;

	if (make_address(&address, control->path))
		return -1;
	remove_stale(&address);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && !bind(fd, (void *)&address, sizeof(address)) &&
	    !listen(fd, CONTROL_CLIENTS)) {
		control->fd = fd;
		return 0;
	}
	sim_fail(errno, "control socket %s: %s", control->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

int control_open(struct control *control, const char *path, bool use_stdin)
{
	int i;

	*control = (struct control){ .fd = -1, .path = path };
	for (i = 0; i < CONTROL_CLIENTS; i++)
		control->client[i].fd = -1;
	if (use_stdin)
		control->client[0] = (struct control_client){ .fd = 0, .out = 1 };
	return path ? open_socket(control) : 0;
}

static void drop_client(struct control_client *client)
{
	if (client->fd > 0)
		close(client->fd);
	client->fd = -1;
}

void control_close(struct control *control)
{
	int i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		drop_client(&control->client[i]);
	if (control->fd < 0)
		return;
	close(control->fd);
	unlink(control->path);
}

void control_poll(const struct control *control, struct pollfd *fds)
{
	int i;

	fds[0] = (struct pollfd){ control->fd, POLLIN, 0 };
	for (i = 0; i < CONTROL_CLIENTS; i++)
		fds[i + 1] = (struct pollfd){ control->client[i].fd, POLLIN, 0 };
}

static void accept_client(struct control *control)
{
	int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), i;

	for (i = 0; fd >= 0 && i < CONTROL_CLIENTS; i++)
		if (control->client[i].fd < 0) {
			control->client[i] = (struct control_client){ .fd = fd, .out = fd };
			return;
		}
	if (fd >= 0)
		close(fd);
}

/* False: the command was stop. */
static bool execute(struct control_client *client, struct sim *sim)
{
	char answer[16384];
	bool stop = !strcmp(client->line, "stop");
	size_t length;

	if (stop)
		strcpy(answer, "ok");
	else
		sim_command(sim, client->line, answer, sizeof(answer) - 1);
	length = strlen(answer);
	answer[length++] = '\n';
	if (write(client->out, answer, length) < 0)
		drop_client(client); /* it asked and left */
	return !stop;
}

static int take_lines(struct control_client *client, struct sim *sim)
{
	char *end;

	while (client->fd >= 0 && (end = memchr(client->line, '\n', client->used))) {
		size_t length = (size_t)(end + 1 - client->line);

		*end = '\0';
		if (length > 1 && !execute(client, sim))
			return 1;
		client->used -= length;
		memmove(client->line, end + 1, client->used);
	}
	if (client->used == sizeof(client->line))
		drop_client(client); /* no command is that long */
	return 0;
}

static int serve(struct control_client *client, struct sim *sim)
{
	ssize_t count =
		read(client->fd, client->line + client->used, sizeof(client->line) - client->used);

	if (count <= 0) {
		drop_client(client);
		return 0;
	}
	client->used += (size_t)count;
	return take_lines(client, sim);
}

int control_process(struct control *control, const struct pollfd *fds, struct sim *sim)
{
	int i, stop = 0;

	for (i = 0; i < CONTROL_CLIENTS && !stop; i++)
		if (fds[i + 1].revents && control->client[i].fd >= 0)
			stop = serve(&control->client[i], sim);
	if (fds[0].revents && !stop)
		accept_client(control);
	return stop;
}

static int talk(int fd, const char *command)
{
	char answer[16384] = "";
	size_t used = 0;
	ssize_t count;

	if (dprintf(fd, "%s\n", command) < 0)
		return sim_fail(errno, "the device does not listen: %s", strerror(errno));
	while (used < sizeof(answer) - 1 && !memchr(answer, '\n', used)) {
		count = read(fd, answer + used, sizeof(answer) - 1 - used);
		if (count <= 0)
			break;
		used += (size_t)count;
	}
	if (used == 0)
		return sim_fail(EPIPE, "the device gave no answer");
	fputs(answer, strncmp(answer, "error", 5) ? stdout : stderr);
	return strncmp(answer, "error", 5) ? 0 : 1;
}

int control_send(const char *path, const char *command)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

	if (fd < 0 || make_address(&address, path))
		return -1;
	if (connect(fd, (void *)&address, sizeof(address)))
		result = sim_fail(errno, "no device listens at %s: %s", path, strerror(errno));
	else
		result = talk(fd, command);
	close(fd);
	return result;
}
