// SPDX-License-Identifier: MIT
/*
 * Operations from start to completion. One table finds the pending ones by their OVERLAPPED, one
 * list per file those of the file. An OVERLAPPED says STATUS_PENDING exactly as long as its
 * operation is in both, since both change under one lock.
 */
#include <stdlib.h>

#include "internal.h"

#define BUCKETS 1024u
/* Cancelled at a time, without the lock. */
#define CANCEL_BATCH 64u

/* With the lock of waits. */
static pthread_cond_t drained = PTHREAD_COND_INITIALIZER; /* a file has no operations now */
static struct win_op *buckets[BUCKETS];
static uint64_t last_sequence;
static uint64_t last_round;

/* ---- The two places where a pending one is found --------------------------- */

static struct win_op **bucket_of(const OVERLAPPED *overlapped)
{
	uintptr_t key = (uintptr_t)overlapped >> 3;

	return &buckets[(key ^ key >> 10 ^ key >> 20) & (BUCKETS - 1)];
}

static void insert(struct win_op *op)
{
	struct win_op **bucket = bucket_of(op->overlapped);
	struct win_file *root = win_file_root(op->file);

	op->hash_next = *bucket;
	*bucket = op;
	op->file_prev = NULL;
	op->file_next = root->ops;
	if (op->file_next)
		op->file_next->file_prev = op;
	root->ops = op;
	op->file->num_ops++;
	op->file->num_hasty += !op->class->ahead;
	op->sequence = ++last_sequence;
	op->cancel_round = 0;
	op->pending = true;
}

static void remove_op(struct win_op *op)
{
	struct win_op **at = bucket_of(op->overlapped);

	while (*at != op)
		at = &(*at)->hash_next;
	*at = op->hash_next;
	if (op->file_prev)
		op->file_prev->file_next = op->file_next;
	else
		win_file_root(op->file)->ops = op->file_next;
	if (op->file_next)
		op->file_next->file_prev = op->file_prev;
	op->pending = false;
	op->file->num_hasty -= !op->class->ahead;
	if (!--op->file->num_ops)
		pthread_cond_broadcast(&drained);
}

static struct win_op *find_pending(const OVERLAPPED *overlapped)
{
	struct win_op *op = *bucket_of(overlapped);

	while (op && op->overlapped != overlapped)
		op = op->hash_next;
	return op;
}

/* ---- Start ----------------------------------------------------------------- */

static void let_go(struct win_op *op)
{
	if (op->port)
		win_object_put((struct win_object *)(void *)op->port);
	if (op->event)
		win_object_put(&op->event->waitable.object);
	free(op->packet);
}

void win_op_get(struct win_op *op)
{
	atomic_fetch_add_explicit(&op->refs, 1, memory_order_relaxed);
}

void win_op_put(struct win_op *op)
{
	struct win_file *file = op->file;

	if (atomic_fetch_sub_explicit(&op->refs, 1, memory_order_acq_rel) != 1)
		return;
	let_go(op);
	op->class->free(op);
	win_object_put(&file->event.waitable.object);
}

/* With the lowest bit set in hEvent, a completion port is not told. */
static bool wants_port(const struct win_op *op)
{
	return op->overlapped && !((uintptr_t)op->overlapped->hEvent & 1);
}

static bool find_port(struct win_op *op)
{
	struct win_file *file = win_file_root(op->file);
	struct win_port *port = atomic_load_explicit(&file->port, memory_order_acquire);

	if (!port || !wants_port(op))
		return true;
	op->packet = calloc(1, sizeof(*op->packet));
	if (!op->packet)
		return false;
	op->packet->key = file->key;
	win_object_get((struct win_object *)(void *)port);
	op->port = port;
	return true;
}

/* What is signaled when it ends, beside done; or NULL. */
static struct win_event *event_of(const struct win_op *op)
{
	if (op->event || !op->overlapped)
		return op->event;
	return &win_file_root(op->file)->event;
}

static void await(struct win_op *op)
{
	struct win_event *event = event_of(op);

	if (!event)
		return;
	event->signaled = false;
	win_wait_await(&event->waitable);
}

static void unawait(struct win_op *op)
{
	struct win_event *event = event_of(op);

	if (event)
		win_wait_unawait(&event->waitable);
}

static DWORD make_pending(struct win_op *op)
{
	DWORD error;

	win_wait_lock();
	error = op->file->refuse_ops;
	if (!error) {
		await(op);
		if (op->overlapped) {
			op->overlapped->InternalHigh = 0;
			__atomic_store_n(&op->overlapped->Internal, (ULONG_PTR)STATUS_PENDING,
					 __ATOMIC_RELEASE);
		}
		win_object_get(&op->file->event.waitable.object);
		insert(op);
		if (op->file->patient && op->file->num_hasty)
			win_look();
	}
	win_wait_unlock();
	return error;
}

DWORD win_op_start(struct win_op *op, const struct win_op_class *class, struct win_file *file,
		   OVERLAPPED *overlapped)
{
	DWORD error = ERROR_SUCCESS;

	op->class = class;
	op->file = file;
	op->overlapped = overlapped;
	op->waits = !overlapped || !file->overlapped;
	op->thread = GetCurrentThreadId();
	op->event = NULL;
	op->port = NULL;
	op->packet = NULL;
	op->leader = 0;
	atomic_init(&op->refs, 2);
	win_event_init(&op->done, NULL, true, false);
	if (overlapped && overlapped->hEvent) {
		op->event = win_handle_get(overlapped->hEvent, &win_event_class);
		if (!op->event)
			return ERROR_INVALID_HANDLE;
	}
	error = find_port(op) ? make_pending(op) : ERROR_NOT_ENOUGH_MEMORY;
	if (error)
		let_go(op);
	return error;
}

/* ---- Completion ------------------------------------------------------------ */

/* With the lock, all but post(). */

/* Makes it known in the OVERLAPPED. Afterwards that may be gone. */
static void end(struct win_op *op, NTSTATUS status, ULONG_PTR bytes)
{
	remove_op(op);
	op->status = status;
	op->bytes = bytes;
	if (!op->overlapped)
		return;
	op->overlapped->InternalHigh = bytes;
	__atomic_store_n(&op->overlapped->Internal, (ULONG_PTR)(ULONG)status, __ATOMIC_RELEASE);
}

static void set_done(struct win_op *op)
{
	unawait(op);
	win_event_set_locked(&op->done);
}

/*
 * An auto-reset event is taken by the thread in GetOverlappedResult(), which would have waited
 * for it on Windows.
 */
static void signal_events(struct win_op *op)
{
	bool taken = op->event && !op->event->manual && (op->done.waitable.first || op->leader);
	struct win_file *root = win_file_root(op->file);

	set_done(op);
	if (op->event && !taken)
		win_event_set_locked(op->event);
	else if (!op->event && op->overlapped && !root->skip_event)
		win_event_set_locked(&root->event);
}

static void post(struct win_op *op)
{
	struct win_packet *packet = op->packet;

	op->packet = NULL;
	packet->overlapped = op->overlapped;
	packet->status = op->status;
	packet->bytes = (DWORD)op->bytes;
	win_port_post(op->port, packet);
}

bool win_op_complete(struct win_op *op, NTSTATUS status, ULONG_PTR bytes)
{
	bool first, elsewhere = false;

	win_wait_lock();
	first = op->pending;
	if (first) {
		end(op, status, bytes);
		if (op->packet) {
			win_wait_unlock();
			post(op);
			win_wait_lock();
		}
		signal_events(op);
		elsewhere = op->leader && op->leader != GetCurrentThreadId();
	}
	win_wait_unlock();
	if (!first)
		return false;
	/* Another thread collects until now. */
	if (elsewhere)
		win_file_kick(op->file);
	win_op_put(op);
	return true;
}

DWORD win_op_abandon(struct win_op *op, DWORD error)
{
	bool first, watched = false;

	win_wait_lock();
	first = op->pending;
	if (first) {
		end(op, win_status_from_error(error), 0);
		/* Somebody may have seen it pending. */
		set_done(op);
		watched = op->leader;
	}
	win_wait_unlock();
	if (watched)
		win_file_kick(op->file);
	if (first)
		win_op_put(op);
	else
		error = op->waits ? win_error_from_status(op->status) : ERROR_IO_PENDING;
	win_op_put(op);
	return error;
}

/* Until it has ended: WAIT_OBJECT_0 or WAIT_TIMEOUT. With the lock, but while it waits. */
static DWORD wait_done(struct win_op *op, DWORD timeout_ms)
{
	enum win_lead led = win_lead(op, timeout_ms);
	DWORD result;

	if (led != WIN_NOT_LED)
		return led == WIN_LED ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
	if (!timeout_ms) {
		win_look();
		return win_wait_one_locked(&op->done.waitable, 0);
	}
	win_follow();
	result = win_wait_one_locked(&op->done.waitable, timeout_ms);
	win_unfollow();
	return result;
}

BOOL win_op_finish(struct win_op *op, DWORD *bytes)
{
	NTSTATUS status;

	if (!op->waits) {
		win_op_put(op);
		return win_fail(ERROR_IO_PENDING);
	}
	win_wait_lock();
	wait_done(op, INFINITE);
	win_wait_unlock();
	status = op->status;
	if (bytes)
		*bytes = (DWORD)op->bytes;
	win_op_put(op);
	return NT_SUCCESS(status) ? TRUE : win_fail(win_error_from_status(status));
}

/* ---- Result ---------------------------------------------------------------- */

static NTSTATUS status_of(const OVERLAPPED *overlapped)
{
	return (NTSTATUS)__atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE);
}

/* As Windows waits: for what the handle says, and without looking twice. */
static DWORD wait_unknown(struct win_file *file, const OVERLAPPED *overlapped, DWORD timeout_ms)
{
	if (overlapped->hEvent)
		return WaitForSingleObject(overlapped->hEvent, timeout_ms);
	if (file)
		return win_wait_one(&file->event.waitable, timeout_ms);
	SetLastError(ERROR_INVALID_HANDLE);
	return WAIT_FAILED;
}

/* While it is pending. WAIT_OBJECT_0: it is no more, or was not. */
static DWORD wait_pending(struct win_file *file, const OVERLAPPED *overlapped, DWORD timeout_ms)
{
	DWORD result = WAIT_OBJECT_0;
	struct win_op *op;

	win_wait_lock();
	op = find_pending(overlapped);
	if (op) {
		win_op_get(op);
		result = wait_done(op, timeout_ms);
	}
	win_wait_unlock();
	if (op)
		win_op_put(op);
	else if (status_of(overlapped) == STATUS_PENDING)
		result = wait_unknown(file, overlapped, timeout_ms);
	return result;
}

BOOL win_op_result(struct win_file *file, OVERLAPPED *overlapped, DWORD *bytes, DWORD timeout_ms)
{
	NTSTATUS status = status_of(overlapped);
	DWORD result;

	if (status == STATUS_PENDING) {
		result = wait_pending(file, overlapped, timeout_ms);
		if (result == WAIT_FAILED)
			return FALSE;
		if (result != WAIT_OBJECT_0)
			return win_fail(timeout_ms ? WAIT_TIMEOUT : ERROR_IO_INCOMPLETE);
		status = status_of(overlapped);
	}
	if (bytes)
		*bytes = (DWORD)overlapped->InternalHigh;
	if (status == STATUS_PENDING)
		return win_fail(ERROR_IO_INCOMPLETE);
	return NT_SUCCESS(status) ? TRUE : win_fail(win_error_from_status(status));
}

/* ---- Cancelling ------------------------------------------------------------ */

static bool fits(const struct win_op *op, const struct win_op_filter *filter)
{
	return (!filter->overlapped || op->overlapped == filter->overlapped) &&
	       (!filter->thread || op->thread == filter->thread) && (!filter->waits || op->waits) &&
	       (!filter->file || op->file == filter->file || op->file->parent == filter->file);
}

/* A walk through what started before it. */
struct walk {
	const struct win_op_filter *filter;
	uint64_t before;
	uint64_t round;
	struct win_op *ops[CANCEL_BATCH]; /* each with a reference */
	unsigned int count;
};

static void visit(struct walk *walk, struct win_op *op)
{
	if (walk->count == CANCEL_BATCH || op->sequence > walk->before ||
	    op->cancel_round >= walk->round || !fits(op, walk->filter))
		return;
	op->cancel_round = walk->round;
	win_op_get(op);
	walk->ops[walk->count++] = op;
}

/* The youngest first: a pipe is better emptied from its end. */
static void collect(struct walk *walk)
{
	struct win_file *file = walk->filter->file;

	walk->count = 0;
	win_wait_lock();
	if (file) {
		for (struct win_op *op = win_file_root(file)->ops; op; op = op->file_next)
			visit(walk, op);
	} else {
		for (unsigned int i = 0; i < BUCKETS; i++)
			for (struct win_op *op = buckets[i]; op; op = op->hash_next)
				visit(walk, op);
	}
	win_wait_unlock();
}

/* dev: of a file that is being closed, which nobody can enter any more. */
static void cancel_one(struct win_op *op, struct wiso_device *dev)
{
	struct win_file *file = op->file;

	if (!op->class->cancel)
		return;
	if (dev) {
		op->class->cancel(op, dev);
		return;
	}
	dev = win_file_enter(file);
	if (!dev)
		return;
	op->class->cancel(op, dev);
	win_file_leave(file);
}

static unsigned int cancel(const struct win_op_filter *filter, struct wiso_device *dev)
{
	struct walk walk = { .filter = filter };
	unsigned int total = 0;

	win_wait_lock();
	walk.before = last_sequence;
	walk.round = ++last_round;
	win_wait_unlock();
	do {
		collect(&walk);
		for (unsigned int i = 0; i < walk.count; i++) {
			cancel_one(walk.ops[i], dev);
			win_op_put(walk.ops[i]);
		}
		total += walk.count;
	} while (walk.count == CANCEL_BATCH);
	return total;
}

unsigned int win_op_cancel(const struct win_op_filter *filter)
{
	return cancel(filter, NULL);
}

/* ---- The end of a file ----------------------------------------------------- */

bool win_op_any(struct win_file *file)
{
	bool any;

	win_wait_lock();
	any = file->num_ops;
	win_wait_unlock();
	return any;
}

void win_op_refuse(struct win_file *file, DWORD error)
{
	win_wait_lock();
	file->refuse_ops = error;
	win_wait_unlock();
}

void win_op_end_all(struct win_file *file, struct wiso_device *dev)
{
	struct win_op_filter all = { .file = file };

	win_op_refuse(file, ERROR_INVALID_HANDLE);
	cancel(&all, dev);
	win_wait_lock();
	win_depend_locked();
	while (file->num_ops)
		pthread_cond_wait(&drained, &win_wait_mutex);
	win_undepend_locked();
	win_wait_unlock();
}

void win_op_fail_all(struct win_file *file, DWORD error)
{
	struct win_op_filter all = { .file = file };
	struct walk walk = { .filter = &all, .before = UINT64_MAX };

	win_wait_lock();
	walk.round = ++last_round;
	win_wait_unlock();
	do {
		collect(&walk);
		for (unsigned int i = 0; i < walk.count; i++) {
			win_op_complete(walk.ops[i], win_status_from_error(error), 0);
			win_op_put(walk.ops[i]);
		}
	} while (walk.count == CANCEL_BATCH);
}
