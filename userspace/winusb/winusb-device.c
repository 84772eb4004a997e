// SPDX-License-Identifier: MIT
/* What the WinUSB functions keep beside a file: descriptors, pipes, policies. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winusb-internal.h"

/* Transfers that can be pending at a time; programs queue 10,000. */
#define RING_ENTRIES 16384

/* The address of the pipe with this index, and the other way round. */
static uint8_t address_of(unsigned int index)
{
	return (uint8_t)((index & 15) | (index & 16) << 3);
}

static unsigned int index_of(uint8_t address)
{
	return (address & 15) | (address & 0x80) >> 3;
}

struct winusb_pipe *winusb_pipe_of(struct winusb_device *device, uint8_t address)
{
	return &device->pipes[index_of(address)];
}

/* ---- Made, and gone ------------------------------------------------------------------------ */

static void device_free(struct winusb_device *device)
{
	for (unsigned int i = 0; i < WINUSB_PIPES; i++) {
		free(device->pipes[i].excess);
		pthread_cond_destroy(&device->pipes[i].ended);
		pthread_mutex_destroy(&device->pipes[i].lock);
	}
	pthread_mutex_destroy(&device->lock);
	free(device->configuration);
	free(device);
}

static void hook_closing(struct win_file *file, struct wiso_device *dev)
{
	struct winusb_device *device = file->user;

	(void)dev;
	atomic_store(&device->closing, true);
	/* Not when the last reference goes, which may be on its own thread. */
	win_worker_free(device->worker);
	winusb_chunks_close(device);
	for (unsigned int i = 0; i < WINUSB_PIPES; i++) {
		struct winusb_pipe *pipe = &device->pipes[i];

		pthread_mutex_lock(&pipe->lock);
		winusb_stage_drop(pipe);
		pthread_mutex_unlock(&pipe->lock);
	}
}

/* What was never handed to the driver; the rest came back from it. */
static void hook_gone(struct win_file *file, struct wiso_device *dev)
{
	struct winusb_device *device = file->user;

	(void)dev;
	for (unsigned int i = 0; i < WINUSB_PIPES; i++)
		winusb_read_cancel_waiting(&device->pipes[i], ERROR_DEVICE_NOT_CONNECTED);
}

static void hook_free(struct win_file *file)
{
	device_free(file->user);
}

static const struct win_file_hooks hooks = {
	.gone = hook_gone,
	.closing = hook_closing,
	.free = hook_free,
};

static struct winusb_device *device_new(struct win_file *file)
{
	struct winusb_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->worker = win_worker_new();
	if (!device->worker) {
		free(device);
		return NULL;
	}
	device->file = file;
	pthread_mutex_init(&device->lock, NULL);
	for (unsigned int i = 0; i < WINUSB_PIPES; i++) {
		struct winusb_pipe *pipe = &device->pipes[i];

		pipe->device = device;
		pipe->address = address_of(i);
		pthread_mutex_init(&pipe->lock, NULL);
		pthread_cond_init(&pipe->ended, NULL);
	}
	return device;
}

struct winusb_device *winusb_device_get(struct win_file *file)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct winusb_device *device;

	pthread_mutex_lock(&lock);
	device = file->user;
	if (!device) {
		device = device_new(file);
		if (device)
			win_file_set_user(file, &hooks, device);
		else
			SetLastError(ERROR_NOT_ENOUGH_MEMORY);
	}
	pthread_mutex_unlock(&lock);
	return device;
}

void winusb_device_slept(struct winusb_device *device)
{
	for (unsigned int i = 0; i < WINUSB_PIPES; i++) {
		struct winusb_pipe *pipe = &device->pipes[i];

		pthread_mutex_lock(&pipe->lock);
		pipe->slept = true;
		pthread_mutex_unlock(&pipe->lock);
	}
}

/* ---- What is under way --------------------------------------------------------------------- */

void winusb_pending_add(struct winusb_pipe *pipe, struct winusb_pending *pending)
{
	pending->sequence = ++pipe->last_sequence;
	pending->next = NULL;
	pending->prev = pipe->youngest;
	if (pipe->youngest)
		pipe->youngest->next = pending;
	else
		pipe->oldest = pending;
	pipe->youngest = pending;
}

bool winusb_pending_any(const struct winusb_pipe *pipe)
{
	const struct winusb_pending *pending = pipe->oldest;

	while (pending && pending->ending)
		pending = pending->next;
	return pending;
}

void winusb_pending_stop(struct winusb_pipe *pipe)
{
	for (struct winusb_pending *pending = pipe->oldest; pending; pending = pending->next)
		pending->stop = true;
}

void winusb_pending_wait(struct winusb_pipe *pipe)
{
	uint64_t last;

	pthread_mutex_lock(&pipe->lock);
	last = pipe->last_sequence;
	win_depend();
	while (pipe->oldest && pipe->oldest->sequence <= last)
		pthread_cond_wait(&pipe->ended, &pipe->lock);
	win_undepend();
	pthread_mutex_unlock(&pipe->lock);
}

void winusb_pending_remove(struct winusb_pipe *pipe, struct winusb_pending *pending)
{
	if (pending->prev)
		pending->prev->next = pending->next;
	else
		pipe->oldest = pending->next;
	if (pending->next)
		pending->next->prev = pending->prev;
	else
		pipe->youngest = pending->prev;
	pthread_cond_broadcast(&pipe->ended);
}

void winusb_pending_end(struct winusb_pipe *pipe, struct winusb_pending *pending, struct win_op *op,
			DWORD error, uint32_t bytes)
{
	pthread_mutex_lock(&pipe->lock);
	pending->ending = true;
	pthread_mutex_unlock(&pipe->lock);
	win_op_complete(op, win_status_from_error(error), bytes);
	/* Whoever waits may look at the OVERLAPPED then. */
	pthread_mutex_lock(&pipe->lock);
	winusb_pending_remove(pipe, pending);
	pipe->used_ns = win_now_ns();
	pthread_mutex_unlock(&pipe->lock);
	win_op_put(op);
}

/* ---- Descriptors --------------------------------------------------------------------------- */

static DWORD get_descriptor(struct wiso_device *dev, uint8_t type, uint8_t index, void *data,
			    size_t size, size_t *got)
{
	ssize_t length = wiso_get_descriptor(dev, type, index, 0, data, size);

	if (length < 0)
		return winusb_plain_error(-errno, false);
	*got = (size_t)length;
	return ERROR_SUCCESS;
}

/* Configuration by index, whole; to be freed. */
static DWORD read_configuration(struct wiso_device *dev, uint8_t index, unsigned char **data,
				size_t *size)
{
	USB_CONFIGURATION_DESCRIPTOR head;
	size_t length = 0;
	DWORD error;

	error = get_descriptor(dev, USB_CONFIGURATION_DESCRIPTOR_TYPE, index, &head, sizeof(head),
			       &length);
	if (error)
		return error;
	if (length < sizeof(head) || head.bDescriptorType != USB_CONFIGURATION_DESCRIPTOR_TYPE)
		return ERROR_BAD_DEVICE;
	length = le16toh(head.wTotalLength);
	if (length < sizeof(head))
		return ERROR_BAD_DEVICE;
	*data = malloc(length);
	if (!*data)
		return ERROR_NOT_ENOUGH_MEMORY;
	error = get_descriptor(dev, USB_CONFIGURATION_DESCRIPTOR_TYPE, index, *data, length, size);
	if (!error && *size < sizeof(head))
		error = ERROR_BAD_DEVICE;
	if (error)
		free(*data);
	return error;
}

/* bConfigurationValue of the one that is selected. */
static DWORD current_configuration(struct wiso_device *dev, uint8_t *value)
{
	struct wiso_setup setup = {
		.request_type = 0x80,
		.request = USB_REQUEST_GET_CONFIGURATION,
		.length = 1,
	};

	if (wiso_control(dev, &setup, value, 5000) == 1)
		return ERROR_SUCCESS;
	return winusb_plain_error(-errno, false);
}

static DWORD find_configuration(struct wiso_device *dev, const USB_DEVICE_DESCRIPTOR *descriptor,
				unsigned char **data, size_t *size)
{
	uint8_t value = 0;
	DWORD error;

	if (descriptor->bNumConfigurations <= 1)
		return read_configuration(dev, 0, data, size);
	error = current_configuration(dev, &value);
	for (uint8_t i = 0; !error && i < descriptor->bNumConfigurations; i++) {
		error = read_configuration(dev, i, data, size);
		if (error)
			break;
		if (((USB_CONFIGURATION_DESCRIPTOR *)(void *)*data)->bConfigurationValue == value)
			return ERROR_SUCCESS;
		free(*data);
	}
	return error ? error : ERROR_BAD_DEVICE;
}

static DWORD read_descriptors(struct wiso_device *dev, uint8_t interface,
			      USB_DEVICE_DESCRIPTOR *descriptor, unsigned char **data, size_t *size)
{
	size_t length = 0;
	DWORD error = get_descriptor(dev, USB_DEVICE_DESCRIPTOR_TYPE, 0, descriptor,
				     sizeof(*descriptor), &length);

	if (error)
		return error;
	if (length < sizeof(*descriptor))
		return ERROR_BAD_DEVICE;
	error = find_configuration(dev, descriptor, data, size);
	if (error || winusb_nth_alternate(*data, *size, interface, 0))
		return error;
	free(*data);
	return ERROR_BAD_DEVICE;
}

/* ---- WinUsb_Initialize() ------------------------------------------------------------------- */

static void reset_policies(struct winusb_device *device)
{
	const char *approximate = getenv("WINUSB_ISO_APPROXIMATE_FRAMES");

	for (unsigned int i = 0; i < WINUSB_PIPES; i++) {
		struct winusb_pipe *pipe = &device->pipes[i];

		pthread_mutex_lock(&pipe->lock);
		winusb_policies_reset(&pipe->policies, !pipe->address);
		pthread_mutex_unlock(&pipe->lock);
	}
	atomic_store(&device->real_byte_counts, false);
	atomic_store(&device->lift_limits, false);
	atomic_store(&device->approximate_frames, approximate && !strcmp(approximate, "1"));
}

DWORD winusb_device_reset(struct winusb_device *device, struct wiso_device *dev)
{
	USB_DEVICE_DESCRIPTOR descriptor;
	unsigned char *data = NULL;
	size_t size = 0;
	DWORD error;

	/* Refused once there are rings, which then are large enough. */
	wiso_set_ring_size(dev, RING_ENTRIES);
	error = read_descriptors(dev, device->file->info.interface_number, &descriptor, &data,
				 &size);
	if (error)
		return error;
	pthread_mutex_lock(&device->lock);
	free(device->configuration);
	device->descriptor = descriptor;
	device->configuration = data;
	device->configuration_size = size;
	pthread_mutex_unlock(&device->lock);
	reset_policies(device);
	return ERROR_SUCCESS;
}
