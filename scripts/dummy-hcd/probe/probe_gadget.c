// SPDX-License-Identifier: GPL-2.0-only
/*
 * iso_probe: a gadget function, "IsoProbe" in configfs. Alternate 0 has no
 * endpoint, alternate 1 one or two pairs of isochronous ones, which queue
 * requests when they are enabled and again when they complete. All bytes of an
 * IN request have the request's number, counted from 1.
 */

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/usb/composite.h>

#include "probe.h"

#define ENDPOINTS 4	/* IN, OUT, IN, OUT */

/* What the next function to be bound is like. */
static struct {
	uint interval, maxp, mult, burst, bytes, pairs;
	uint in_requests, in_length, out_requests, out_length;
	bool requeue;
} want = {
	.interval = 1,
	.maxp = 64,
	.pairs = 1,
	.in_requests = 8,
	.out_requests = 8,
	.requeue = true,
};

module_param_named(interval, want.interval, uint, 0644);
MODULE_PARM_DESC(interval, "bInterval");
module_param_named(maxp, want.maxp, uint, 0644);
MODULE_PARM_DESC(maxp, "wMaxPacketSize of one transaction");
module_param_named(mult, want.mult, uint, 0644);
MODULE_PARM_DESC(mult, "more transactions (high speed), bursts (super speed)");
module_param_named(burst, want.burst, uint, 0644);
MODULE_PARM_DESC(burst, "bMaxBurst");
module_param_named(bytes, want.bytes, uint, 0644);
MODULE_PARM_DESC(bytes, "wBytesPerInterval; 0: as much as fits");
module_param_named(pairs, want.pairs, uint, 0644);
MODULE_PARM_DESC(pairs, "of IN and OUT endpoints, 1 or 2");
module_param_named(in_requests, want.in_requests, uint, 0644);
MODULE_PARM_DESC(in_requests, "queued when the alternate setting is chosen");
module_param_named(in_length, want.in_length, uint, 0644);
MODULE_PARM_DESC(in_length, "of each; 0: as much as fits");
module_param_named(out_requests, want.out_requests, uint, 0644);
MODULE_PARM_DESC(out_requests, "queued when the alternate setting is chosen");
module_param_named(out_length, want.out_length, uint, 0644);
MODULE_PARM_DESC(out_length, "of each; 0: as much as fits");
module_param_named(requeue, want.requeue, bool, 0644);
MODULE_PARM_DESC(requeue, "queue a request again when it completes");

struct probe_end {
	struct usb_ep *ep;
	u8 number;	/* of the next IN request */
};

struct probe_function {
	struct usb_function function;
	struct probe_end end[ENDPOINTS];
	unsigned int alternate;
};

static struct usb_interface_descriptor alternates[2] = {
	{
		.bLength = USB_DT_INTERFACE_SIZE,
		.bDescriptorType = USB_DT_INTERFACE,
		.bInterfaceClass = USB_CLASS_VENDOR_SPEC,
	}, {
		.bLength = USB_DT_INTERFACE_SIZE,
		.bDescriptorType = USB_DT_INTERFACE,
		.bAlternateSetting = 1,
		.bInterfaceClass = USB_CLASS_VENDOR_SPEC,
	},
};

static struct usb_endpoint_descriptor endpoint[3][ENDPOINTS];
static struct usb_ss_ep_comp_descriptor companion;
static struct usb_descriptor_header *headers[3][2 + 2 * ENDPOINTS + 1];

static struct probe_function *to_probe(struct usb_function *function)
{
	return container_of(function, struct probe_function, function);
}

/* --- descriptors --- */

static void describe_endpoint(struct usb_endpoint_descriptor *desc, int i,
			      u16 maxp)
{
	desc->bLength = USB_DT_ENDPOINT_SIZE;
	desc->bDescriptorType = USB_DT_ENDPOINT;
	desc->bEndpointAddress = i & 1 ? USB_DIR_OUT : USB_DIR_IN;
	desc->bmAttributes = USB_ENDPOINT_XFER_ISOC | USB_ENDPOINT_SYNC_ASYNC;
	desc->wMaxPacketSize = cpu_to_le16(maxp);
	desc->bInterval = want.interval;
}

static void describe_companion(void)
{
	u32 most = want.maxp * (want.mult + 1) * (want.burst + 1);

	companion.bLength = USB_DT_SS_EP_COMP_SIZE;
	companion.bDescriptorType = USB_DT_SS_ENDPOINT_COMP;
	companion.bMaxBurst = want.burst;
	companion.bmAttributes = want.mult;
	companion.wBytesPerInterval = cpu_to_le16(want.bytes ?: most);
}

static void list_headers(int speed)
{
	struct usb_descriptor_header **header = headers[speed];
	unsigned int i;

	*header++ = (void *)&alternates[0];
	*header++ = (void *)&alternates[1];
	for (i = 0; i < 2 * want.pairs; i++) {
		*header++ = (void *)&endpoint[speed][i];
		if (speed == 2)
			*header++ = (void *)&companion;
	}
	*header = NULL;
}

static void describe(void)
{
	unsigned int i;

	want.pairs = clamp(want.pairs, 1U, 2U);
	alternates[1].bNumEndpoints = 2 * want.pairs;
	describe_companion();
	for (i = 0; i < 2 * want.pairs; i++) {
		describe_endpoint(&endpoint[0][i], i, want.maxp);
		describe_endpoint(&endpoint[1][i], i,
				  want.maxp | want.mult << 11);
		describe_endpoint(&endpoint[2][i], i, want.maxp);
	}
	for (i = 0; i < 3; i++)
		list_headers(i);
}

static int find_endpoints(struct usb_gadget *gadget,
			  struct probe_function *probe)
{
	unsigned int i;

	for (i = 0; i < 2 * want.pairs; i++) {
		probe->end[i].ep = usb_ep_autoconfig(gadget, &endpoint[0][i]);
		if (!probe->end[i].ep)
			return -ENODEV;
		endpoint[1][i].bEndpointAddress = probe->end[i].ep->address;
		endpoint[2][i].bEndpointAddress = probe->end[i].ep->address;
	}
	return 0;
}

static int probe_bind(struct usb_configuration *config,
		      struct usb_function *function)
{
	struct probe_function *probe = to_probe(function);
	int id = usb_interface_id(config, function);
	int rc;

	if (id < 0)
		return id;
	alternates[0].bInterfaceNumber = id;
	alternates[1].bInterfaceNumber = id;
	describe();
	rc = find_endpoints(config->cdev->gadget, probe);
	if (rc)
		return rc;
	return usb_assign_descriptors(function, headers[0], headers[1],
				      headers[2], headers[2]);
}

static void probe_unbind(struct usb_configuration *config,
			 struct usb_function *function)
{
	usb_free_all_descriptors(function);
	memset(to_probe(function)->end, 0, sizeof(to_probe(function)->end));
}

/* --- requests --- */

static bool is_in(const struct usb_ep *ep)
{
	return ep->address & USB_DIR_IN;
}

static void free_request(struct usb_ep *ep, struct usb_request *req)
{
	kfree(req->buf);
	usb_ep_free_request(ep, req);
}

static int queue_request(struct usb_ep *ep, struct usb_request *req)
{
	struct probe_end *end = ep->driver_data;

	if (is_in(ep))
		memset(req->buf, ++end->number, req->length);
	return usb_ep_queue(ep, req, GFP_ATOMIC);
}

static void request_complete(struct usb_ep *ep, struct usb_request *req)
{
	if (req->status != -ESHUTDOWN && req->status != -ECONNRESET) {
		probe_log("%s 0x%02x frame %u status %d bytes %u data %d",
			  is_in(ep) ? "in" : "out", ep->address,
			  req->frame_number, req->status, req->actual,
			  probe_value(req->buf, req->actual));
		if (want.requeue && !queue_request(ep, req))
			return;
	}
	free_request(ep, req);
}

static int add_request(struct usb_ep *ep, unsigned int length)
{
	struct usb_request *req = usb_ep_alloc_request(ep, GFP_ATOMIC);
	int rc = -ENOMEM;

	if (!req)
		return rc;
	req->buf = kzalloc(length ?: 1, GFP_ATOMIC);
	req->length = length;
	req->complete = request_complete;
	if (req->buf)
		rc = queue_request(ep, req);
	if (rc)
		free_request(ep, req);
	return rc;
}

/* What a service interval takes at the speed that the host has chosen. */
static unsigned int payload(const struct usb_gadget *gadget)
{
	switch (gadget->speed) {
	case USB_SPEED_SUPER:
		return want.maxp * (want.mult + 1) * (want.burst + 1);
	case USB_SPEED_HIGH:
		return want.maxp * (want.mult + 1);
	default:
		return want.maxp;
	}
}

static int start(struct usb_gadget *gadget, struct probe_function *probe,
		 struct probe_end *end)
{
	unsigned int count, length, i;
	struct usb_ep *ep = end->ep;
	int rc;

	rc = config_ep_by_speed_and_alt(gadget, &probe->function, ep, 1);
	if (!rc)
		rc = usb_ep_enable(ep);
	if (rc)
		return rc;
	ep->driver_data = end;
	end->number = 0;
	count = is_in(ep) ? want.in_requests : want.out_requests;
	length = is_in(ep) ? want.in_length : want.out_length;
	for (i = 0; i < count && !rc; i++)
		rc = add_request(ep, length ?: payload(gadget));
	return rc;
}

static void stop(struct probe_function *probe)
{
	int i;

	for (i = 0; i < ENDPOINTS; i++)
		if (probe->end[i].ep && probe->end[i].ep->enabled)
			usb_ep_disable(probe->end[i].ep);
}

static int probe_set_alt(struct usb_function *function, unsigned int interface,
			 unsigned int alternate)
{
	struct probe_function *probe = to_probe(function);
	int i, rc = 0;

	stop(probe);
	probe->alternate = alternate;
	for (i = 0; alternate && i < ENDPOINTS && !rc; i++)
		if (probe->end[i].ep)
			rc = start(function->config->cdev->gadget, probe,
				   &probe->end[i]);
	return rc;
}

static int probe_get_alt(struct usb_function *function, unsigned int interface)
{
	return to_probe(function)->alternate;
}

static void probe_disable(struct usb_function *function)
{
	stop(to_probe(function));
	to_probe(function)->alternate = 0;
}

/* --- configfs --- */

static void probe_free(struct usb_function *function)
{
	kfree(to_probe(function));
}

static struct usb_function *probe_alloc(struct usb_function_instance *instance)
{
	struct probe_function *probe = kzalloc(sizeof(*probe), GFP_KERNEL);

	if (!probe)
		return ERR_PTR(-ENOMEM);
	probe->function.name = "IsoProbe";
	probe->function.bind = probe_bind;
	probe->function.unbind = probe_unbind;
	probe->function.set_alt = probe_set_alt;
	probe->function.get_alt = probe_get_alt;
	probe->function.disable = probe_disable;
	probe->function.free_func = probe_free;
	return &probe->function;
}

static void attributes_release(struct config_item *item)
{
	usb_put_function_instance(container_of(to_config_group(item),
					       struct usb_function_instance,
					       group));
}

static struct configfs_item_operations attributes_ops = {
	.release = attributes_release,
};

static const struct config_item_type attributes = {
	.ct_item_ops = &attributes_ops,
	.ct_owner = THIS_MODULE,
};

static void instance_free(struct usb_function_instance *instance)
{
	kfree(instance);
}

static struct usb_function_instance *instance_alloc(void)
{
	struct usb_function_instance *instance =
		kzalloc(sizeof(*instance), GFP_KERNEL);

	if (!instance)
		return ERR_PTR(-ENOMEM);
	instance->free_func_inst = instance_free;
	config_group_init_type_name(&instance->group, "", &attributes);
	return instance;
}

DECLARE_USB_FUNCTION(IsoProbe, instance_alloc, probe_alloc);

int probe_gadget_init(void)
{
	return usb_function_register(&IsoProbeusb_func);
}

void probe_gadget_exit(void)
{
	usb_function_unregister(&IsoProbeusb_func);
}
