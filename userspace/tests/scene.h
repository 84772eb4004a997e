/* SPDX-License-Identifier: MIT */
/* Where most calls are tested: a high-speed device in alternate setting 1, one file, one buffer. */
#ifndef WINUSB_ISO_TESTS_SCENE_H
#define WINUSB_ISO_TESTS_SCENE_H

#include "fixture.h"

#define SCENE_IN	0x81
#define SCENE_OUT	0x01
#define SCENE_MAX_BYTES 1024u /* of a packet, in both directions */
#define SCENE_PACKETS	64u   /* of the buffer */

struct scene {
	struct fixture device;
	int fd; /* non-blocking */
	struct fixture_buffer in;
};

/* The device in alternate setting 1, and the file. */
void scene_open(struct scene *scene);
/* And @in registered. */
void scene_set_up(struct scene *scene);
/* What is submitted to an idle pipe from now on stays pending, without one packet carried ... */
void scene_hold(struct scene *scene);
/* ... until this. */
void scene_release(struct scene *scene);
/* One more file. */
int scene_open_another(const struct scene *scene);
/* Waits for a completion and collects it. */
int scene_reap_wait(int fd, struct winusb_iso_completion *completion);
/* A transfer of 8 packets of @in goes through; its cookie is @cookie. */
void scene_still_streams(struct scene *scene, uint64_t cookie);

/* A page that the kernel can not read or write, or only read; filled with @size bytes of @from. */
void *scene_no_page(void);
void *scene_read_only(const void *from, size_t size);

#endif
