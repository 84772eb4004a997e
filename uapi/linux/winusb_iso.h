/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * winusb-iso: isochronous USB streams for user space.
 *
 * This header is the whole contract between the winusb_iso module and user
 * space. Nothing else crosses. One /dev/winusb-isoN stands for one bound USB
 * interface; one open file of it is a session.
 *
 * Units: a microframe is 125 us, a frame is 1 ms (8 microframes). A service
 * interval is the period of an endpoint in microframes. Bus time is a 64-bit
 * count of microframes; frame number = bus time >> 3, at every speed.
 *
 * Two kinds of pipes: isochronous ones stream, packet by packet; plain ones
 * (control, bulk, interrupt) move each transfer as a whole. Both have the same
 * buffers, the same transfers and the same rings.
 *
 * Rules that hold for every call:
 *  - fields called padding or reserved, and flag bits not named here, must be
 *    zero: -EINVAL;
 *  - an ioctl number not named here: -ENOTTY; unreadable memory: -EFAULT;
 *  - a call that changes something, on a file not open for writing: -EPERM;
 *  - once the device is unplugged or unbound: -ENODEV, except that results
 *    which had completed by then can still be collected;
 *  - a call that fails has changed nothing, unless its text says otherwise, or the
 *    memory of its argument was taken away meanwhile (EFAULT: it was writable when
 *    the call began).
 *
 * All structures have the same layout for 32-bit and 64-bit callers, and no
 * structure carries a user-space pointer.
 */
#ifndef _UAPI_LINUX_WINUSB_ISO_H
#define _UAPI_LINUX_WINUSB_ISO_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Version of this contract; a change that breaks a caller raises it. */
#define WINUSB_ISO_API_VERSION		1

/* Limits. */
#define WINUSB_ISO_MAX_RING_ENTRIES	65536
#define WINUSB_ISO_DEFAULT_RING_ENTRIES	256
#define WINUSB_ISO_MAX_BUFFERS		1024	/* per session */
#define WINUSB_ISO_MAX_BUFFER_SIZE	0x400000 /* 4 MiB, physically contiguous */
#define WINUSB_ISO_MAX_BUFFER_PACKETS	65536
#define WINUSB_ISO_MAX_LISTED_PACKETS	1024	/* see struct winusb_iso_pipe_ring */
#define WINUSB_ISO_MAX_AT_FRAME_AHEAD	8192	/* microframes, 1024 frames */

/**
 * enum winusb_iso_feature - bits of &winusb_iso_info.features
 * @WINUSB_ISO_FEATURE_RING: completions and transfers through shared memory.
 * @WINUSB_ISO_FEATURE_PACKET_LENGTHS: %WINUSB_ISO_TRANSFER_PACKET_LENGTHS.
 * @WINUSB_ISO_FEATURE_AT_FRAME: %WINUSB_ISO_TRANSFER_AT_FRAME works on this
 *	host controller.
 * @WINUSB_ISO_FEATURE_FRAME_COUNTER: the host controller's frame counter can be
 *	read; without it the bus time is kept by the system clock.
 * @WINUSB_ISO_FEATURE_START_FRAME: the host controller reports the start frame
 *	of transfers, so that &enum winusb_iso_trust can become exact.
 * @WINUSB_ISO_FEATURE_PLAIN: plain pipes: control, bulk and interrupt transfers.
 * @WINUSB_ISO_FEATURE_CANCEL: %WINUSB_ISO_IOC_CANCEL.
 * @WINUSB_ISO_FEATURE_POWER: %WINUSB_ISO_IOC_SET_POWER and GET_POWER.
 * @WINUSB_ISO_FEATURE_DROP_LATE: %WINUSB_ISO_TRANSFER_DROP_LATE works on this
 *	host controller.
 * @WINUSB_ISO_FEATURE_PIPE_RING: %WINUSB_ISO_IOC_SETUP_PIPE_RING, START_PIPE and
 *	WAIT: transfers of a running stream without a call.
 * @WINUSB_ISO_FEATURE_NO_INTERRUPT: %WINUSB_ISO_TRANSFER_NO_INTERRUPT.
 */
enum winusb_iso_feature {
	WINUSB_ISO_FEATURE_RING			= 1 << 0,
	WINUSB_ISO_FEATURE_PACKET_LENGTHS	= 1 << 1,
	WINUSB_ISO_FEATURE_AT_FRAME		= 1 << 2,
	WINUSB_ISO_FEATURE_FRAME_COUNTER	= 1 << 3,
	WINUSB_ISO_FEATURE_START_FRAME		= 1 << 4,
	WINUSB_ISO_FEATURE_PLAIN		= 1 << 5,
	WINUSB_ISO_FEATURE_CANCEL		= 1 << 6,
	WINUSB_ISO_FEATURE_POWER		= 1 << 7,
	WINUSB_ISO_FEATURE_DROP_LATE		= 1 << 8,
	WINUSB_ISO_FEATURE_PIPE_RING		= 1 << 9,
	WINUSB_ISO_FEATURE_NO_INTERRUPT		= 1 << 10,
};

/**
 * enum winusb_iso_speed - speed of the bus
 * @WINUSB_ISO_SPEED_UNKNOWN: none of these.
 * @WINUSB_ISO_SPEED_LOW: 1.5 Mbit/s: control and interrupt transfers only.
 * @WINUSB_ISO_SPEED_FULL: 12 Mbit/s, intervals are counted in frames.
 * @WINUSB_ISO_SPEED_HIGH: 480 Mbit/s.
 * @WINUSB_ISO_SPEED_SUPER: 5 Gbit/s.
 * @WINUSB_ISO_SPEED_SUPER_PLUS: 10 Gbit/s and more.
 */
enum winusb_iso_speed {
	WINUSB_ISO_SPEED_UNKNOWN	= 0,
	WINUSB_ISO_SPEED_LOW		= 1,
	WINUSB_ISO_SPEED_FULL		= 2,
	WINUSB_ISO_SPEED_HIGH		= 3,
	WINUSB_ISO_SPEED_SUPER		= 5,
	WINUSB_ISO_SPEED_SUPER_PLUS	= 6,
};

/**
 * struct winusb_iso_info - what this node is (%WINUSB_ISO_IOC_GET_INFO)
 * @features: bits of &enum winusb_iso_feature.
 * @api_version: %WINUSB_ISO_API_VERSION of the module.
 * @speed: &enum winusb_iso_speed.
 * @current_alternate: bAlternateSetting now selected; -1 after a change failed
 *	half-way and nobody knows.
 * @num_alternates: alternate settings of the interface.
 * @bus: number of the bus, as lsusb prints it.
 * @device: address of the device, as lsusb prints it.
 * @vendor_id: idVendor.
 * @product_id: idProduct.
 * @device_release: bcdDevice.
 * @interface_number: bInterfaceNumber.
 * @padding: zero.
 * @window: microframes of transfers that the driver at most hands to the host
 *	controller ahead of time; what is queued beyond waits in the driver.
 * @reserved: zero.
 * @controller: name of the host controller driver, NUL-terminated.
 */
struct winusb_iso_info {
	__u64 features;
	__u32 api_version;
	__u32 speed;
	__s32 current_alternate;
	__u32 num_alternates;
	__u32 bus;
	__u32 device;
	__u16 vendor_id;
	__u16 product_id;
	__u16 device_release;
	__u8 interface_number;
	__u8 padding;
	__u32 window;
	__u32 reserved[3];
	char controller[16];
};

/**
 * struct winusb_iso_alternate - one alternate setting
 *	(%WINUSB_ISO_IOC_GET_ALTERNATE)
 * @index: in: 0 to &winusb_iso_info.num_alternates - 1; past that: -ENOENT.
 * @alternate: out: bAlternateSetting.
 * @num_pipes: out: endpoints of every type.
 * @interface_class: out: bInterfaceClass.
 * @interface_subclass: out: bInterfaceSubClass.
 * @interface_protocol: out: bInterfaceProtocol.
 * @padding: zero.
 */
struct winusb_iso_alternate {
	__u32 index;
	__u8 alternate;
	__u8 num_pipes;
	__u8 interface_class;
	__u8 interface_subclass;
	__u8 interface_protocol;
	__u8 padding[7];
};

/**
 * enum winusb_iso_pipe_type - bmAttributes bits 1..0 of an endpoint
 * @WINUSB_ISO_PIPE_CONTROL: control.
 * @WINUSB_ISO_PIPE_ISOCHRONOUS: isochronous; only these stream, all others are
 *	plain.
 * @WINUSB_ISO_PIPE_BULK: bulk.
 * @WINUSB_ISO_PIPE_INTERRUPT: interrupt.
 */
enum winusb_iso_pipe_type {
	WINUSB_ISO_PIPE_CONTROL		= 0,
	WINUSB_ISO_PIPE_ISOCHRONOUS	= 1,
	WINUSB_ISO_PIPE_BULK		= 2,
	WINUSB_ISO_PIPE_INTERRUPT	= 3,
};

/**
 * struct winusb_iso_pipe_info - one endpoint (%WINUSB_ISO_IOC_GET_PIPE)
 * @alternate: in: bAlternateSetting; no such alternate setting: -ENOENT.
 * @index: in: 0 to &winusb_iso_alternate.num_pipes - 1; past that: -ENOENT.
 * @max_bytes_per_interval: out: most bytes that one packet can carry.
 *	Full speed: wMaxPacketSize. High speed: times the transactions per
 *	microframe (1 to 3). SuperSpeed: wBytesPerInterval of the companion
 *	descriptor. SuperSpeedPlus: dwBytesPerInterval where that companion is
 *	present. (WinUSB's MaximumBytesPerInterval.) 0: the pipe can not stream.
 * @interval: out: service interval in microframes; a multiple of 8 at full
 *	and low speed. 0 for a pipe that is not periodic. Linux polls full and
 *	high speed endpoints at least every 8192 microframes.
 * @address: out: bEndpointAddress, bit 7 set for IN.
 * @type: out: &enum winusb_iso_pipe_type.
 * @attributes: out: bmAttributes as the device sent it.
 * @b_interval: out: bInterval as the device sent it.
 * @max_packet_size: out: bytes of one transaction, wMaxPacketSize bits 10..0.
 * @mult: out: high speed: transactions per microframe, 1 to 3; SuperSpeed:
 *	Mult + 1, 1 to 3; otherwise 1.
 * @burst: out: SuperSpeed: bMaxBurst + 1, 1 to 16; otherwise 1.
 * @padding: zero.
 */
struct winusb_iso_pipe_info {
	__u32 alternate;
	__u32 index;
	__u32 max_bytes_per_interval;
	__u32 interval;
	__u8 address;
	__u8 type;
	__u8 attributes;
	__u8 b_interval;
	__u16 max_packet_size;
	__u8 mult;
	__u8 burst;
	__u8 padding[8];
};

/**
 * struct winusb_iso_set_alternate - select an alternate setting
 *	(%WINUSB_ISO_IOC_SET_ALTERNATE)
 * @alternate: bAlternateSetting; no such alternate setting: -ENOENT.
 * @padding: zero.
 *
 * Ends every stream of this session: what is pending, but on pipe 0, completes
 * with -ECONNRESET before the call returns. Registered buffers stay; they serve
 * again whenever the alternate setting has an endpoint of their pipe's address,
 * isochronous as before or plain as before. Pipes that were halted are so no
 * more.
 *
 * -EBUSY while another session owns a pipe, -ENOSPC if the bus has not enough
 * bandwidth, or what the device answered (-EPIPE, -ETIMEDOUT, ...): then the
 * streams have ended and the alternate setting is unknown.
 */
struct winusb_iso_set_alternate {
	__u32 alternate;
	__u32 padding;
};

/**
 * struct winusb_iso_setup_ring - create this session's rings
 *	(%WINUSB_ISO_IOC_SETUP_RING)
 * @entries: in: transfers that can be pending or completed and not yet
 *	collected, all pipes of the session together: 1 to
 *	%WINUSB_ISO_MAX_RING_ENTRIES, else -ERANGE; out: rounded up to a power
 *	of two.
 * @padding: zero.
 * @mmap_offset: out: offset to give to mmap() (shared) for the rings.
 * @mmap_size: out: bytes to map. A &struct winusb_iso_ring is at the start.
 * @completions_offset: out: bytes from the start of the mapping to the array
 *	of @entries &struct winusb_iso_completion.
 * @transfers_offset: out: bytes to the array of @entries
 *	&struct winusb_iso_transfer.
 *
 * Optional: the first registered buffer creates rings of
 * %WINUSB_ISO_DEFAULT_RING_ENTRIES when there are none. -EEXIST when the
 * session has rings, -ENOMEM when there is no memory. The rings live as long
 * as the session.
 */
struct winusb_iso_setup_ring {
	__u32 entries;
	__u32 padding;
	__u64 mmap_offset;
	__u64 mmap_size;
	__u32 completions_offset;
	__u32 transfers_offset;
};

/**
 * struct winusb_iso_buffer - a registered buffer
 *	(%WINUSB_ISO_IOC_REGISTER_BUFFER)
 * @pipe: in: bEndpointAddress of an endpoint of the current alternate setting:
 *	-ENOENT if there is none, -EOPNOTSUPP if it has no bandwidth or is of
 *	type control, -EBUSY if another session owns the pipe. Or 0: control
 *	transfers to endpoint 0; every session may have that.
 * @padding: zero.
 * @size: in: bytes of the data area, 1 to %WINUSB_ISO_MAX_BUFFER_SIZE, else
 *	-ERANGE.
 * @packets: in: entries of the packet table, 1 to
 *	%WINUSB_ISO_MAX_BUFFER_PACKETS; for a plain pipe 0: it has no packet
 *	table. Otherwise -EDOM.
 * @handle: out: names the buffer in transfers; never 0.
 * @mmap_offset: out: offset to give to mmap() (shared).
 * @mmap_size: out: bytes to map: the data area is at the start.
 * @packets_offset: out: bytes from the start of the mapping to the packet
 *	table, an array of @packets &struct winusb_iso_packet.
 *
 * The session that registers the first buffer of a pipe (but 0) owns the pipe
 * until it has unregistered its last one. -EMFILE past %WINUSB_ISO_MAX_BUFFERS, -ENOMEM
 * when no contiguous memory is to be had, -EDQUOT when all buffers together
 * would pass the module parameter memory_limit_mb.
 *
 * The memory is zeroed. It lives until the buffer is unregistered and the last
 * mapping has gone.
 */
struct winusb_iso_buffer {
	__u8 pipe;
	__u8 padding[3];
	__u32 size;
	__u32 packets;
	__u32 handle;
	__u64 mmap_offset;
	__u64 mmap_size;
	__u64 packets_offset;
};

/**
 * struct winusb_iso_unregister_buffer - give a buffer back
 *	(%WINUSB_ISO_IOC_UNREGISTER_BUFFER)
 * @handle: from registration; not a buffer of this session: -ENOENT.
 * @padding: zero.
 *
 * -EBUSY while a transfer of the buffer is pending. Mappings stay valid.
 */
struct winusb_iso_unregister_buffer {
	__u32 handle;
	__u32 padding;
};

/**
 * struct winusb_iso_packet - one packet, in the packet table of a buffer
 * @offset: out: bytes from the start of the transfer to the packet's data:
 *	the sum of the requested lengths before it. Never compacted.
 * @length: with %WINUSB_ISO_TRANSFER_PACKET_LENGTHS, in: bytes requested, 0 to
 *	the pipe's maximum; out: bytes received or sent.
 * @status: out: 0 or a negative errno:
 *	-EXDEV its service interval passed without it (late, or never handed
 *	to the controller), -EOVERFLOW babble, -EPROTO bit stuffing, bus error
 *	or a reply that made no sense, -EILSEQ CRC, -ETIME no answer in time,
 *	-ECOMM / -ENOSR the host could not move the data fast enough,
 *	-EREMOTEIO short.
 *
 * Same order and size as USBD_ISO_PACKET_DESCRIPTOR. Entries belong to the
 * driver from submission to completion; every entry of a transfer is written
 * before its completion is.
 */
struct winusb_iso_packet {
	__u32 offset;
	__u32 length;
	__s32 status;
};

/**
 * enum winusb_iso_transfer_flag - bits of &winusb_iso_transfer.flags
 * @WINUSB_ISO_TRANSFER_CONTINUE: only if its first packet goes in the service
 *	interval right after the last packet of the last pending transfer of the
 *	pipe, whether that is with the controller or still waits in the driver.
 *	Otherwise the transfer completes with -EXDEV, and so does every later
 *	one with this flag until one without it starts a new stream.
 *	(WinUSB's ContinueStream.) Without the flag a transfer follows directly
 *	on the pending ones if it can, and as soon as possible otherwise.
 * @WINUSB_ISO_TRANSFER_AT_FRAME: the first packet goes at
 *	&winusb_iso_transfer.start_uframe. Not together with CONTINUE (-EINVAL).
 *	The intervals up to there carry packets of no length. With nothing
 *	pending the frame must be some 10 to 20 frames ahead, so that the driver
 *	can find where the bus is. -EOPNOTSUPP where the host controller does
 *	not report start frames.
 * @WINUSB_ISO_TRANSFER_PACKET_LENGTHS: the packet table holds the length of
 *	each packet; otherwise each has the pipe's maximum, the last one of an
 *	OUT transfer what remains.
 * @WINUSB_ISO_TRANSFER_ZERO_PACKET: bulk OUT: a transfer whose length is a
 *	multiple of wMaxPacketSize, and not 0, ends with a packet of no length.
 *	(On an interrupt pipe not every host controller can do that: submit a
 *	transfer of length 0 behind it.)
 * @WINUSB_ISO_TRANSFER_SHORT_NOT_OK: bulk and interrupt IN: a transfer that
 *	ends with fewer bytes than asked for completes with -EREMOTEIO, not 0.
 * @WINUSB_ISO_TRANSFER_DROP_LATE: only together with AT_FRAME (-EINVAL): packets
 *	that are too late for their service intervals are dropped one by one,
 *	and the others go in theirs. (WinUSB's FrameNumber.) A packet is late
 *	when its interval has passed, carries something submitted before, or is
 *	needed to find where the bus is. It has the status -EXDEV and length 0,
 *	counts as an error, and its data is left alone. All late: the transfer
 *	completes with -ETIME and nothing is sent.
 *
 * @WINUSB_ISO_TRANSFER_NO_INTERRUPT: a hint, for a program that is woken once for
 *	several transfers: this one's completion need not come before that of the
 *	one behind it. The driver may then give both to the controller as one
 *	(the kernel's URB_NO_INTERRUPT goes less far), which costs the machine
 *	less: whole transfers of one buffer that were queued one behind the other,
 *	each beginning in the data area where the last one ends and with the same
 *	flags but for this, together at most 64 packets and 32 ms. Nothing is
 *	held back for it: what is not queued when the controller has room stays
 *	for the next. Queue at least three such groups, or the controller has no
 *	other one when the first completes. Packets, gaps and errors are told as ever;
 *	&winusb_iso_completion.timestamp_ns is the same for all of them. No effect
 *	together with AT_FRAME.
 *
 * CONTINUE, AT_FRAME, PACKET_LENGTHS, DROP_LATE and NO_INTERRUPT are for
 * isochronous pipes, the others for plain ones as they say; in any other place a flag is -EINVAL.
 */
enum winusb_iso_transfer_flag {
	WINUSB_ISO_TRANSFER_CONTINUE		= 1 << 0,
	WINUSB_ISO_TRANSFER_AT_FRAME		= 1 << 1,
	WINUSB_ISO_TRANSFER_PACKET_LENGTHS	= 1 << 2,
	WINUSB_ISO_TRANSFER_ZERO_PACKET		= 1 << 3,
	WINUSB_ISO_TRANSFER_SHORT_NOT_OK	= 1 << 4,
	WINUSB_ISO_TRANSFER_DROP_LATE		= 1 << 5,
	WINUSB_ISO_TRANSFER_NO_INTERRUPT	= 1 << 6,
};

/**
 * struct winusb_iso_transfer - consecutive packets submitted as one; on a plain
 *	pipe, bytes that are moved as one
 * @cookie: comes back in the completion; the driver does not look at it.
 * @start_uframe: with AT_FRAME: bus time; the first packet goes in the first
 *	service interval at or after it. -ETIME if it has passed, -EFBIG if it
 *	is more than %WINUSB_ISO_MAX_AT_FRAME_AHEAD ahead; when only later found
 *	to have passed, the transfer completes with -ETIME and nothing is sent.
 *	With DROP_LATE it may have passed by up to
 *	%WINUSB_ISO_MAX_AT_FRAME_AHEAD (else -ETIME), also for all packets.
 *	Without AT_FRAME it must be 0: -EINVAL.
 * @buffer: handle of a registered buffer: -ENOENT if there is none, -ESTALE if
 *	the current alternate setting has no such pipe, or one of the other
 *	kind.
 * @flags: bits of &enum winusb_iso_transfer_flag.
 * @offset: bytes from the start of the buffer's data area. Slices of pending
 *	transfers must not overlap, and should not share a cache line.
 * @length: bytes; @offset + @length past the end of the data area: -EOVERFLOW.
 *	Without PACKET_LENGTHS @num_packets times the pipe's maximum (OUT: the
 *	last packet may be shorter, not empty), else -EMSGSIZE. With it the sum
 *	of the packet lengths, else -EBADMSG; one of them over the pipe's
 *	maximum: -EMSGSIZE. Bulk and interrupt: any, 0 too. Control: see below.
 * @first_packet: index of the transfer's first entry in the packet table.
 * @num_packets: at least 1, else -ERANGE; @first_packet + @num_packets past the
 *	end of the packet table: -E2BIG. Plain pipes: both 0, else -E2BIG.
 * @padding: zero.
 *
 * Submitted by value with %WINUSB_ISO_IOC_SUBMIT, or through the shared ring
 * with %WINUSB_ISO_IOC_SUBMIT_RING.
 *
 * -EAGAIN when the rings are full, -EBUSY when more packets of the buffer would
 * be pending than its packet table has entries, -EHOSTUNREACH while the device
 * sleeps, -EPIPE while the pipe is halted.
 *
 * A bulk or interrupt pipe is halted when a transfer of it fails: completes with
 * anything but 0, -EREMOTEIO, -ENODEV and what abort, cancel or sleep give. What is
 * pending behind that one completes with -ECANCELED, and no more is taken until
 * %WINUSB_ISO_IOC_RESET_PIPE, a change of alternate setting or a reset of the
 * device. So what was meant to follow never goes without what it was to follow.
 * (Some controllers run ahead: a transfer behind the failed one that they had
 * finished before they could be stopped completes with its own result.)
 *
 * Control: the slice begins with the 8 bytes of the setup packet
 * (&struct usb_ctrlrequest, little-endian), which are read once, at submission;
 * wLength bytes of data, in the direction that bRequestType says, follow at
 * @offset + 8, and @length must have room for both, else -EMSGSIZE.
 * &winusb_iso_completion.actual_length counts the data alone. A stall (-EPIPE)
 * halts nothing. -EACCES, for what would go behind the kernel's back or is
 * another driver's:
 *  - standard requests SET_ADDRESS, SET_CONFIGURATION, SET_INTERFACE, SET_SEL,
 *    SET_ISOCH_DELAY, and SET_FEATURE and CLEAR_FEATURE but for
 *    DEVICE_REMOTE_WAKEUP (there are SET_ALTERNATE and RESET_PIPE);
 *  - standard and class requests to an interface (wIndex bits 7..0) that is not
 *    this one, or to an endpoint (wIndex bits 7..0) that is neither 0 nor of an
 *    alternate setting of this interface. (A printer's GET_DEVICE_ID names its
 *    interface in bits 15..8.) Vendor requests may use wIndex as they like.
 *
 * An entry of the ring that is refused completes at once with the same errno.
 * Lengths in the packet table are checked at submission and again when they
 * are used; changed to something wrong in between, the transfer completes with
 * -EMSGSIZE or -EBADMSG.
 */
struct winusb_iso_transfer {
	__u64 cookie;
	__u64 start_uframe;
	__u32 buffer;
	__u32 flags;
	__u32 offset;
	__u32 length;
	__u32 first_packet;
	__u32 num_packets;
	__u32 padding[2];
};

/**
 * enum winusb_iso_trust - how the driver knows what a completion says of gaps
 * @WINUSB_ISO_TRUST_UNKNOWN: it does not: the transfer may have been late, and
 *	gap and start_uframe are estimates by the clock.
 * @WINUSB_ISO_TRUST_TIMED: the clock says that it can not have been late;
 *	start_uframe is an estimate.
 * @WINUSB_ISO_TRUST_EXACT: the host controller reported start frames, and they
 *	were checked against each other and the clock. Over USB/IP it is the
 *	word of the machine at the other end that was checked.
 */
enum winusb_iso_trust {
	WINUSB_ISO_TRUST_UNKNOWN	= 0,
	WINUSB_ISO_TRUST_TIMED		= 1,
	WINUSB_ISO_TRUST_EXACT		= 2,
};

/**
 * enum winusb_iso_completion_flag - bits of &winusb_iso_completion.flags
 * @WINUSB_ISO_COMPLETION_NEW_STREAM: first transfer of a stream: nothing was
 *	pending before it.
 * @WINUSB_ISO_COMPLETION_NOT_SENT: nothing of it was handed to the controller.
 */
enum winusb_iso_completion_flag {
	WINUSB_ISO_COMPLETION_NEW_STREAM	= 1 << 0,
	WINUSB_ISO_COMPLETION_NOT_SENT		= 1 << 1,
};

/**
 * struct winusb_iso_completion - the result of a transfer
 * @cookie: of the transfer.
 * @timestamp_ns: CLOCK_MONOTONIC when the driver learnt of its last packet.
 * @start_uframe: bus time of its first packet, also if it was withdrawn before that
 *	time, or was dropped (DROP_LATE) and others were not; 0 if nothing was
 *	handed over.
 * @status: 0, also when single packets failed; otherwise
 *	-EXDEV CONTINUE could not be met: not sent (NOT_SENT is set, and the
 *	stream is broken until a transfer without CONTINUE); or it was
 *	withdrawn because the controller had moved it (packets may have gone,
 *	and the stream is broken); or the controller told only afterwards:
 *	then the data is there, @gap says what was lost, and the stream goes
 *	on from this transfer,
 *	-ETIME the frame of AT_FRAME passed, with DROP_LATE for all packets
 *	(NOT_SENT is set), or it turned out that the controller sent it in
 *	another one,
 *	-ECONNRESET cancel, abort, reset of the pipe, or change of alternate
 *	setting,
 *	-EHOSTUNREACH the system or device went to sleep,
 *	-ENETRESET the device was reset,
 *	-ENODEV the device went away,
 *	-ENOSPC the bus has not enough bandwidth,
 *	an errno of SUBMIT for an entry of the ring that was refused, or what
 *	the host controller driver answered.
 *	Packets that were done before count and keep their data in every case.
 *	Plain pipes, beside those above: -EPIPE the device stalled it,
 *	-ECANCELED one before it failed, -EREMOTEIO short (SHORT_NOT_OK),
 *	-EOVERFLOW babble: more bytes than asked for, -EPROTO, -EILSEQ, -ETIME
 *	as for a packet.
 * @actual_length: bytes received or sent, the sum over its packets; also when
 *	it failed half-way.
 * @num_packets: of the transfer. This and the next three, @start_uframe and
 *	@trust are 0 for plain pipes.
 * @error_count: packets whose status is not 0.
 * @gap: service intervals that carried nothing of ours between the previous
 *	transfer and this one; packets of no length that lead up to the frame of
 *	AT_FRAME are nothing. Not intervals of packets that DROP_LATE dropped:
 *	those say so themselves. 0 for the first transfer ever, and after
 *	a stream was ended on purpose (abort, alternate setting, sleep, reset).
 * @inner_gap: the same, between packets of this transfer: where the controller
 *	moved its later packets.
 * @buffer: handle of the transfer's buffer.
 * @pipe: bEndpointAddress.
 * @trust: &enum winusb_iso_trust.
 * @flags: bits of &enum winusb_iso_completion_flag.
 * @reserved: zero.
 */
struct winusb_iso_completion {
	__u64 cookie;
	__u64 timestamp_ns;
	__u64 start_uframe;
	__s32 status;
	__u32 actual_length;
	__u32 num_packets;
	__u32 error_count;
	__u32 gap;
	__u32 inner_gap;
	__u32 buffer;
	__u8 pipe;
	__u8 trust;
	__u16 flags;
	__u64 reserved;
};

/**
 * struct winusb_iso_ring - control block at the start of the ring mapping
 * @completion_tail: written by the driver, after the completion it publishes.
 *	Load with acquire semantics.
 * @transfer_head: written by the driver: entries of the transfer array before
 *	it have been taken and may be filled again. Load with acquire semantics.
 * @refused: written by the driver: how often it found an index written by user
 *	space that can not be, and went on with its own.
 * @kernel_reserved: zero.
 * @completion_head: written by user space when it is done with a completion.
 *	Store with release semantics.
 * @transfer_tail: written by user space after it filled a transfer. Store with
 *	release semantics.
 * @user_reserved: zero.
 *
 * All indices run freely from 0 and wrap at 2^32; the entry is index modulo
 * entries. Every transfer that the driver accepts has its place among the
 * completions kept for it, so the completion array can not overflow: when
 * pending transfers and uncollected completions fill it, submission says
 * -EAGAIN. The driver keeps its own copy of every index.
 */
struct winusb_iso_ring {
	__u32 completion_tail;
	__u32 transfer_head;
	__u32 refused;
	__u32 kernel_reserved[13];
	__u32 completion_head;
	__u32 transfer_tail;
	__u32 user_reserved[14];
};

/**
 * struct winusb_iso_submit_ring - take transfers from the ring
 *	(%WINUSB_ISO_IOC_SUBMIT_RING)
 * @flags: zero: -EINVAL.
 * @taken: out: entries taken, those included that were refused.
 *
 * Takes what user space has published, up to the first entry for which there
 * is no room (then @taken is less than what was published; collect completions
 * and call again; nothing taken for that reason: -EAGAIN). -ENXIO without
 * rings, -ERANGE if transfer_tail is more than the ring's entries ahead.
 */
struct winusb_iso_submit_ring {
	__u32 flags;
	__u32 taken;
};

/**
 * struct winusb_iso_setup_pipe_ring - create a pipe's own transfer ring
 *	(%WINUSB_ISO_IOC_SETUP_PIPE_RING)
 * @pipe: in: bEndpointAddress of an isochronous pipe that this session owns (it
 *	has a registered buffer of it), else -ENOENT.
 * @padding: zero.
 * @entries: in: transfers that can wait in it: 1 to
 *	%WINUSB_ISO_MAX_RING_ENTRIES, else -ERANGE; out: rounded up to a power
 *	of two.
 * @mmap_offset: out: offset to give to mmap() (shared).
 * @mmap_size: out: bytes to map. A &struct winusb_iso_pipe_ring is at the start.
 * @transfers_offset: out: bytes from the start of the mapping to the array of
 *	@entries &struct winusb_iso_transfer.
 * @reserved: zero.
 *
 * -EEXIST when the pipe has one, -ENOMEM when there is no memory. It lives as
 * long as the session owns the pipe.
 */
struct winusb_iso_setup_pipe_ring {
	__u8 pipe;
	__u8 padding[3];
	__u32 entries;
	__u64 mmap_offset;
	__u64 mmap_size;
	__u32 transfers_offset;
	__u32 reserved;
};

/**
 * enum winusb_iso_pipe_ring_flag - bits of &winusb_iso_pipe_ring.flags
 * @WINUSB_ISO_PIPE_RING_NEED_START: the controller has little of the pipe, or
 *	nothing, or will when it is done with what it carries now: the driver does
 *	not look at the ring by itself, or not soon enough. Call
 *	%WINUSB_ISO_IOC_START_PIPE.
 */
enum winusb_iso_pipe_ring_flag {
	WINUSB_ISO_PIPE_RING_NEED_START	= 1 << 0,
};

/**
 * struct winusb_iso_pipe_ring - control block at the start of a pipe ring's
 *	mapping
 * @head: written by the driver: entries before it have been taken and may be
 *	filled again. Load with acquire semantics.
 * @flags: written by the driver: bits of &enum winusb_iso_pipe_ring_flag.
 * @refused: written by the driver: how often it found a @tail that can not be,
 *	and took nothing.
 * @kernel_reserved: zero.
 * @tail: written by user space after it filled a transfer. Store with release
 *	semantics.
 * @user_reserved: zero.
 *
 * The driver takes entries whenever the controller has room for more of the
 * pipe: a running stream needs no call at all. To publish: fill entries, store
 * @tail, then, after a full memory barrier, read @flags; with NEED_START call
 * %WINUSB_ISO_IOC_START_PIPE (&struct winusb_iso_pipe), which takes what has
 * been published; -ERANGE if @tail is more than the ring's entries ahead,
 * -ENXIO without a ring, -ENOENT if the session does not own the pipe. (If the
 * alternate setting has no such pipe now, entries complete with -ESTALE.)
 *
 * An entry is copied once and checked like one of SUBMIT; one that is refused
 * completes at once with that errno (and %WINUSB_ISO_COMPLETION_NOT_SENT), one
 * that names a buffer of another pipe with -ENOENT. With PACKET_LENGTHS it has at
 * most %WINUSB_ISO_MAX_LISTED_PACKETS packets, else -E2BIG. Entries wait in the
 * ring while pending transfers and uncollected completions fill the session's
 * completion array: after collecting look at @flags again. CONTINUE means what
 * was pending when the entry was taken. SUBMIT, SUBMIT_RING and CANCEL for the
 * pipe take everything first that was published before, so that transfers go in
 * the order of the calls (SUBMIT: -EAGAIN if there is no room for all of it).
 *
 * What ends all transfers of the pipe (abort, reset, alternate setting, sleep,
 * unplug) also ends those published before, as far as there is room for their
 * completions. Indices run freely as in &struct winusb_iso_ring.
 */
struct winusb_iso_pipe_ring {
	__u32 head;
	__u32 flags;
	__u32 refused;
	__u32 kernel_reserved[13];
	__u32 tail;
	__u32 user_reserved[15];
};

/**
 * struct winusb_iso_wait - wait for several completions at once
 *	(%WINUSB_ISO_IOC_WAIT)
 * @completions: how many must wait to be collected, at least 1, else -EINVAL;
 *	more than the ring has entries: as many as it has.
 * @padding: zero.
 * @timeout_ns: at most so long, then -ETIME; 0: without limit.
 *
 * Also returns 0 when nothing is pending any more. The caller sleeps until then:
 * it is woken once. -ENXIO without rings, -ENODEV when the device has gone and no
 * completion waits, -EINTR for a signal.
 */
struct winusb_iso_wait {
	__u32 completions;
	__u32 padding;
	__u64 timeout_ns;
};

/**
 * struct winusb_iso_pipe - names a pipe (%WINUSB_ISO_IOC_ABORT_PIPE,
 *	%WINUSB_ISO_IOC_RESET_PIPE, %WINUSB_ISO_IOC_START_PIPE)
 * @pipe: bEndpointAddress of an endpoint of the current alternate setting that
 *	can carry data, else -ENOENT; -EBUSY if another session owns it. Or 0:
 *	this session's control transfers.
 * @padding: zero.
 *
 * ABORT_PIPE ends the stream: everything pending has completed, with
 * -ECONNRESET, when the call returns. RESET_PIPE does the same, and resets the
 * host's side of the endpoint. Of a bulk or interrupt pipe it clears the halt on
 * both sides (CLEAR_FEATURE ENDPOINT_HALT); if the device does not answer that
 * well, the pipe stays halted and the call says what the device answered (-EPIPE,
 * -ETIMEDOUT, ...).
 */
struct winusb_iso_pipe {
	__u8 pipe;
	__u8 padding[7];
};

/**
 * struct winusb_iso_cancel - end one transfer (%WINUSB_ISO_IOC_CANCEL)
 * @cookie: of the transfer; of several the one submitted first.
 * @pipe: as for ABORT_PIPE.
 * @padding: zero.
 *
 * -ENOENT if no transfer of the pipe with that cookie is pending; one in the
 * session's ring is not until SUBMIT_RING has taken it, one in the pipe's own
 * ring is as soon as it has been published. Otherwise it completes with
 * -ECONNRESET, soon, unless it was done just then: then its result stands. On a
 * plain pipe it does not wait for the transfers before it. On an isochronous pipe
 * it does; what the controller had of it is withdrawn as far as it can be, and
 * the stream is broken: transfers with CONTINUE that are not with the controller
 * yet complete with -EXDEV, and one without it counts the hole as a gap. One that
 * the controller has together with others (NO_INTERRUPT) is withdrawn when all of
 * these are cancelled; until then it goes on, and its result stands.
 */
struct winusb_iso_cancel {
	__u64 cookie;
	__u8 pipe;
	__u8 padding[7];
};

/**
 * enum winusb_iso_power_policy - &winusb_iso_power.policy; WinUSB's numbers
 * @WINUSB_ISO_POWER_AUTO_SUSPEND: 0 (as each session begins): the session keeps
 *	the device awake. 1: the device may sleep when nothing of the session is
 *	pending and it owns no isochronous pipe. It does when all sessions, and
 *	drivers of its other interfaces, let it.
 * @WINUSB_ISO_POWER_ENABLE_WAKE: 1: the device is told to wake the host (remote
 *	wake-up) when it sleeps; -EOPNOTSUPP if it can not. 0 otherwise.
 * @WINUSB_ISO_POWER_SUSPEND_DELAY: milliseconds of idleness before it sleeps,
 *	at most 2147483647, else -ERANGE. One value for the whole device.
 */
enum winusb_iso_power_policy {
	WINUSB_ISO_POWER_AUTO_SUSPEND	= 0x81,
	WINUSB_ISO_POWER_ENABLE_WAKE	= 0x82,
	WINUSB_ISO_POWER_SUSPEND_DELAY	= 0x83,
};

/**
 * struct winusb_iso_power - a power policy (%WINUSB_ISO_IOC_SET_POWER,
 *	%WINUSB_ISO_IOC_GET_POWER)
 * @policy: in: &enum winusb_iso_power_policy, else -ENOENT.
 * @value: SET_POWER: in, GET_POWER: out. Other than 0 or 1 where the policy is
 *	one of those: -ERANGE.
 *
 * A call that needs the device wakes it. What was changed for the device as a
 * whole (power/control and power/autosuspend_delay_ms in sysfs) is put back when
 * the last session that changed it is closed.
 */
struct winusb_iso_power {
	__u32 policy;
	__u32 value;
};

/**
 * struct winusb_iso_frame - the bus time (%WINUSB_ISO_IOC_GET_FRAME)
 * @uframe: bus time in microframes; never runs backwards.
 * @timestamp_ns: CLOCK_MONOTONIC at which it was read.
 * @resolution: microframes to which the reading is good: 8 where the
 *	controller counts frames, 1 where the system clock is used.
 * @trust: &enum winusb_iso_trust: exact if the controller's counter was read.
 */
struct winusb_iso_frame {
	__u64 uframe;
	__u64 timestamp_ns;
	__u32 resolution;
	__u32 trust;
};

#define WINUSB_ISO_IOC_MAGIC	0xe1

/*
 * WINUSB_ISO_IOC_REAP collects the oldest completion of the session. It waits
 * for one, or says -EAGAIN on a file with O_NONBLOCK; -EINTR if a signal came
 * whose handler does not restart system calls (SA_RESTART).
 * After the device has gone it gives what is left and then -ENODEV. It changes
 * nothing but its own session, so it needs no write permission. Collecting
 * with REAP and through the shared ring at the same time is for one thread at
 * a time.
 *
 * Completions of one pipe come in the order of submission; entries of the ring
 * that were refused, and transfers of a plain pipe that were cancelled one by
 * one, do not wait for others.
 *
 * poll(): EPOLLIN when a completion waits; EPOLLHUP | EPOLLERR, too, once the
 * device has gone.
 */
#define WINUSB_ISO_IOC_GET_INFO \
	_IOR(WINUSB_ISO_IOC_MAGIC, 0x00, struct winusb_iso_info)
#define WINUSB_ISO_IOC_GET_ALTERNATE \
	_IOWR(WINUSB_ISO_IOC_MAGIC, 0x01, struct winusb_iso_alternate)
#define WINUSB_ISO_IOC_GET_PIPE \
	_IOWR(WINUSB_ISO_IOC_MAGIC, 0x02, struct winusb_iso_pipe_info)
#define WINUSB_ISO_IOC_SET_ALTERNATE \
	_IOW(WINUSB_ISO_IOC_MAGIC, 0x03, struct winusb_iso_set_alternate)
#define WINUSB_ISO_IOC_SETUP_RING \
	_IOWR(WINUSB_ISO_IOC_MAGIC, 0x04, struct winusb_iso_setup_ring)
#define WINUSB_ISO_IOC_REGISTER_BUFFER \
	_IOWR(WINUSB_ISO_IOC_MAGIC, 0x05, struct winusb_iso_buffer)
#define WINUSB_ISO_IOC_UNREGISTER_BUFFER \
	_IOW(WINUSB_ISO_IOC_MAGIC, 0x06, struct winusb_iso_unregister_buffer)
#define WINUSB_ISO_IOC_SUBMIT \
	_IOW(WINUSB_ISO_IOC_MAGIC, 0x07, struct winusb_iso_transfer)
#define WINUSB_ISO_IOC_SUBMIT_RING \
	_IOWR(WINUSB_ISO_IOC_MAGIC, 0x08, struct winusb_iso_submit_ring)
#define WINUSB_ISO_IOC_REAP \
	_IOR(WINUSB_ISO_IOC_MAGIC, 0x09, struct winusb_iso_completion)
#define WINUSB_ISO_IOC_ABORT_PIPE \
	_IOW(WINUSB_ISO_IOC_MAGIC, 0x0a, struct winusb_iso_pipe)
#define WINUSB_ISO_IOC_RESET_PIPE \
	_IOW(WINUSB_ISO_IOC_MAGIC, 0x0b, struct winusb_iso_pipe)
#define WINUSB_ISO_IOC_GET_FRAME \
	_IOR(WINUSB_ISO_IOC_MAGIC, 0x0c, struct winusb_iso_frame)
#define WINUSB_ISO_IOC_CANCEL \
	_IOW(WINUSB_ISO_IOC_MAGIC, 0x0d, struct winusb_iso_cancel)
#define WINUSB_ISO_IOC_SET_POWER \
	_IOW(WINUSB_ISO_IOC_MAGIC, 0x0e, struct winusb_iso_power)
#define WINUSB_ISO_IOC_GET_POWER \
	_IOWR(WINUSB_ISO_IOC_MAGIC, 0x0f, struct winusb_iso_power)
#define WINUSB_ISO_IOC_SETUP_PIPE_RING \
	_IOWR(WINUSB_ISO_IOC_MAGIC, 0x10, struct winusb_iso_setup_pipe_ring)
#define WINUSB_ISO_IOC_START_PIPE \
	_IOW(WINUSB_ISO_IOC_MAGIC, 0x11, struct winusb_iso_pipe)
#define WINUSB_ISO_IOC_WAIT \
	_IOW(WINUSB_ISO_IOC_MAGIC, 0x12, struct winusb_iso_wait)

#endif /* _UAPI_LINUX_WINUSB_ISO_H */
