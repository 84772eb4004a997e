// SPDX-License-Identifier: MIT
#include "select.h"

#include <errno.h>
#include <string.h>

static bool pipe_fits(const struct winusb_iso_pipe_info *pipe, uint8_t address,
		      unsigned int direction)
{
	return pipe->type == WINUSB_ISO_PIPE_ISOCHRONOUS && pipe->max_bytes_per_interval &&
	       (address ? pipe->address == address : (pipe->address & 0x80) == direction);
}

/* The pipe wanted in one alternate setting. */
static bool find_in(struct wiso_device *dev, int alternate, uint8_t address, unsigned int direction,
		    struct winusb_iso_pipe_info *pipe)
{
	unsigned int i;

	if (alternate < 0)
		return false;
	for (i = 0; !wiso_get_pipe(dev, alternate, i, pipe); i++)
		if (pipe_fits(pipe, address, direction))
			return true;
	return false;
}

/* ... in the present one, else in the first that has it. */
static bool find_anywhere(struct wiso_device *dev, int present, uint8_t address,
			  unsigned int direction, struct winusb_iso_pipe_info *pipe)
{
	struct winusb_iso_alternate alternate;
	unsigned int i;

	if (find_in(dev, present, address, direction, pipe))
		return true;
	for (i = 0; !wiso_get_alternate(dev, i, &alternate); i++)
		if (find_in(dev, alternate.alternate, address, direction, pipe))
			return true;
	return false;
}

static int no_pipe(const struct stream_options *options, unsigned int direction)
{
	char what[32] = "";

	if (options->pipe)
		snprintf(what, sizeof(what), " 0x%02x", options->pipe);
	if (options->alternate >= 0)
		return fail("alternate setting %d has no isochronous %s pipe%s "
			    "(see winusb-iso info)",
			    options->alternate, direction ? "IN" : "OUT", what);
	return fail("the interface has no isochronous %s pipe%s (see winusb-iso info)",
		    direction ? "IN" : "OUT", what);
}

static int change_failed(int alternate, int error)
{
	const char *problem = strerror(error);

	if (error == EBUSY)
		problem = "another program streams on this interface";
	else if (error == ENOSPC)
		problem = "the bus has not enough bandwidth left";
	else if (error == ENOENT)
		problem = "there is no such alternate setting";
	else if (error == EPIPE)
		problem = "the device refused it";
	return fail("cannot select alternate setting %d: %s", alternate, problem);
}

/* Another program may do the same at the same time: then what it selected may serve us, too. */
static int change(struct wiso_device *dev, int alternate, struct selection *selection)
{
	struct winusb_iso_info info;
	int error;

	if (wiso_get_info(dev, &info))
		return fail("cannot ask the device: %s", strerror(errno));
	if (info.current_alternate == alternate)
		return TOOL_OK;
	if (!wiso_set_alternate(dev, alternate)) {
		selection->before = info.current_alternate;
		return TOOL_OK;
	}
	error = errno;
	if (!wiso_get_info(dev, &info) && info.current_alternate == alternate)
		return TOOL_OK;
	return change_failed(alternate, error);
}

int select_pipe(struct wiso_device *dev, const struct stream_options *options,
		unsigned int direction, struct selection *selection)
{
	struct winusb_iso_info info;
	bool found;

	selection->before = -1;
	if (options->pipe && (options->pipe & 0x80) != direction)
		return usage_error("pipe 0x%02x is an %s pipe", options->pipe,
				   direction ? "OUT" : "IN");
	if (wiso_get_info(dev, &info))
		return fail("cannot ask the device: %s", strerror(errno));
	if (options->alternate >= 0)
		found = find_in(dev, options->alternate, options->pipe, direction,
				&selection->pipe);
	else
		found = find_anywhere(dev, info.current_alternate, options->pipe, direction,
				      &selection->pipe);
	if (!found)
		return no_pipe(options, direction);
	return change(dev, selection->pipe.alternate, selection);
}

/* Cameras and sound devices stream as long as their alternate setting is selected. That another
 * program still needs it is no error. */
void select_undo(struct wiso_device *dev, const struct selection *selection)
{
	if (selection->before >= 0)
		wiso_set_alternate(dev, selection->before);
}
