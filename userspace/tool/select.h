/* SPDX-License-Identifier: MIT */
/* Which alternate setting and pipe a stream uses. */
#ifndef WINUSB_ISO_TOOL_SELECT_H
#define WINUSB_ISO_TOOL_SELECT_H

#include "options.h"

struct selection {
	struct winusb_iso_pipe_info pipe;
	int before; /* alternate setting to go back to, or -1 */
};

/* Selects the alternate setting, too. 0, or an exit code after an error was printed. */
int select_pipe(struct wiso_device *dev, const struct stream_options *options,
		unsigned int direction, struct selection *selection);
void select_undo(struct wiso_device *dev, const struct selection *selection);

#endif
