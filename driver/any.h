/* SPDX-License-Identifier: GPL-2.0-only */
/* Pipes of either kind, for those who need not know which. */
#ifndef WINUSB_ISO_ANY_H
#define WINUSB_ISO_ANY_H

#include <linux/types.h>

struct iso_buffer;
struct iso_device;
struct iso_pipe;
struct iso_plain;
struct iso_session;

/**
 * struct iso_any - a pipe of either kind
 * @pipe: an isochronous one, or NULL.
 * @plain: a plain one, or NULL. If both are NULL nobody owns it.
 */
struct iso_any {
	struct iso_pipe *pipe;
	struct iso_plain *plain;
};

int iso_any_find(struct iso_device *device, u8 address,
		 const struct iso_session *session, struct iso_any *any);
void iso_any_stop(const struct iso_any *any, int reason);
void iso_any_start(const struct iso_any *any);

/* The pipe of a registered buffer. */
int iso_buffer_claim(struct iso_buffer *buffer, struct iso_session *session,
		     u8 address);
void iso_buffer_unclaim(struct iso_buffer *buffer, struct iso_session *session);
bool iso_buffer_retire(struct iso_buffer *buffer, bool always);
void iso_buffer_stop(const struct iso_buffer *buffer, int reason);
bool iso_buffer_shares_pipe(const struct iso_buffer *a,
			    const struct iso_buffer *b);
void iso_buffer_pump(const struct iso_buffer *buffer);
u8 iso_buffer_address(const struct iso_buffer *buffer);

#endif
