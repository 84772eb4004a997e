/* SPDX-License-Identifier: MIT */
/*
 * What the files of the library share with each other, and with nobody else.
 *
 * Objects and handles
 *	Everything behind a HANDLE (and behind WINUSB_INTERFACE_HANDLE and
 *	WINUSB_ISOCH_BUFFER_HANDLE) is a counted struct win_object. A handle value is an index
 *	into one table with a generation: a handle that is wrong, closed, or of another class
 *	finds nothing, and the call says ERROR_INVALID_HANDLE. A function looks its handle up
 *	once, works on the reference and puts it.
 *
 * Files
 *	A struct win_file is one open device. Its wiso_device may be used only between
 *	win_file_enter() and win_file_leave(): CloseHandle() of the file refuses new users,
 *	cancels what is pending, waits for the users to leave and then closes the device, whatever
 *	references remain.
 *
 * Operations
 *	A struct win_op is one operation, from the call that starts it to its completion, overlapped
 *	or not. Embed it in the structure of a transfer:
 *
 *		op = calloc(...);	// a structure that begins with struct win_op
 *		error = win_op_start(&op->op, &class, file, overlapped);
 *		if (error) {		// nothing happened; the memory is the caller's
 *			free(op);
 *			return win_fail(error);
 *		}
 *		... hand it to the driver with win_op_cookie() as cookie ...
 *		if (that failed)
 *			return win_fail(win_op_abandon(&op->op, error));
 *		return win_op_finish(&op->op, &bytes);	// ERROR_IO_PENDING, or waits
 *
 *	From win_op_start() on the operation may be cancelled by anybody; until win_op_complete()
 *	its OVERLAPPED must be valid, as on Windows, and is not looked at afterwards.
 *
 * Threads
 *	win_file_dispatch() starts a thread that waits for the device and hands each completion to
 *	the operation whose cookie it carries: class->completed(), which translates and calls
 *	win_op_complete(). It never runs code of the program. A thread that waits for an operation
 *	may do the same in its place (leader.c); "dispatcher" is whoever does.
 *
 * Locks
 *	One, of waits, covers what is waited for and who waits: the state of every object, the
 *	operations, and who collects for a file. It is the innermost one; of the others none is
 *	held while another one is taken. Hooks and class functions are called without any, unless
 *	they say otherwise.
 */
#ifndef WINUSB_INTERNAL_H
#define WINUSB_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <winusb-iso.h>

/* Everything is hidden but what the public headers declare. */
#pragma GCC visibility push(default)
#define NOMINMAX
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#pragma GCC visibility pop

/* ---- error.c -------------------------------------------------------------- */

/* For return statements: sets the last error. */
static inline BOOL win_fail(DWORD error)
{
	SetLastError(error);
	return FALSE;
}

static inline void *win_fail_null(DWORD error)
{
	SetLastError(error);
	return NULL;
}

/* For an errno, positive or negative; 0 is ERROR_SUCCESS. What a call to the driver, or the status
 * of a transfer, means to a WinUSB program. */
DWORD win_error_from_errno(int error);
NTSTATUS win_status_from_errno(int error);
/* RtlNtStatusToDosError(), and a status that leads back to the error. */
DWORD win_error_from_status(NTSTATUS status);
NTSTATUS win_status_from_error(DWORD error);

/* ---- handle.c ------------------------------------------------------------- */

struct win_object;

struct win_class {
	const char *name;
	/* CloseHandle() may close it; otherwise only the function made for it. */
	bool close_handle;
	/* Begins with struct win_waitable. */
	bool waitable;
	/* The last handle was closed. May block. NULL: nothing to do. */
	void (*closed)(struct win_object *object);
	/* The last reference has gone. */
	void (*free)(struct win_object *object);
};

struct win_object {
	const struct win_class *class;
	atomic_uint refs;
	unsigned int handles; /* lock of the table */
};

/* One reference, the caller's. */
void win_object_init(struct win_object *object, const struct win_class *class);
void win_object_get(struct win_object *object);
void win_object_put(struct win_object *object); /* NULL is allowed */

/* A handle with a reference of its own. NULL: ERROR_NOT_ENOUGH_MEMORY, and it is the last error. */
HANDLE win_handle_new(struct win_object *object);
/* The same, and puts the caller's reference in any case. For functions that create something. */
HANDLE win_handle_give(struct win_object *object);
/* The object with a reference, or NULL with ERROR_INVALID_HANDLE. class NULL: any that
 * CloseHandle() may close. The two lowest bits of a handle mean nothing, as on Windows. */
void *win_handle_get(HANDLE handle, const struct win_class *class);
/* Removes a handle; of several callers at the same time one succeeds. FALSE:
 * ERROR_INVALID_HANDLE. */
BOOL win_handle_close(HANDLE handle, const struct win_class *class);
/* How many handles there are: for tests. */
unsigned int win_handle_count(void);

/* ---- wait.c: what can be waited for --------------------------------------- */

struct win_waitable;

/* One thread waiting for one object; a wait for several has several. */
struct win_wait_block {
	struct win_wait_block *next, *prev;
	struct win_waitable *object;
	struct win_wait *wait;
};

/* Called with the lock of waits. */
struct win_wait_class {
	/* Would a wait by this thread end now? */
	bool (*is_signaled)(struct win_waitable *object, DWORD thread);
	/* It ends: take what it takes (reset an event, own a mutex). NULL: nothing. true:
	 * abandoned. */
	bool (*take)(struct win_waitable *object, DWORD thread);
	/* Nanoseconds of CLOCK_MONOTONIC at which it will be signaled by itself; NULL or 0:
	 * never. */
	uint64_t (*due)(struct win_waitable *object);
};

struct win_waitable {
	struct win_object object;
	const struct win_wait_class *wait;
	/* lock of waits */
	struct win_wait_block *first, *last;
	unsigned int awaited; /* operations whose end will change it */
};

void win_waitable_init(struct win_waitable *waitable, const struct win_class *class,
		       const struct win_wait_class *wait);
extern pthread_mutex_t win_wait_mutex;
static inline void win_wait_lock(void)
{
	pthread_mutex_lock(&win_wait_mutex);
}
static inline void win_wait_unlock(void)
{
	pthread_mutex_unlock(&win_wait_mutex);
}
/* With the lock: its state changed; ends the waits that can end. */
void win_wait_changed(struct win_waitable *waitable);
/* With the lock: an operation begins, and ends, that will change it. */
void win_wait_await(struct win_waitable *waitable);
void win_wait_unawait(struct win_waitable *waitable);
/* WaitForSingleObject() and WaitForMultipleObjects() on objects. */
DWORD win_wait_one(struct win_waitable *waitable, DWORD timeout_ms);
/* The same with the lock, which it lets go of while it sleeps. */
DWORD win_wait_one_locked(struct win_waitable *waitable, DWORD timeout_ms);
DWORD win_wait_many(struct win_waitable *const *waitables, unsigned int count, bool all,
		    DWORD timeout_ms);

/* ---- event.c -------------------------------------------------------------- */

struct win_event {
	struct win_waitable waitable;
	bool manual;
	bool signaled; /* lock of waits */
};

extern const struct win_class win_event_class;

/* An event within another structure. class NULL: it is never behind a handle. */
void win_event_init(struct win_event *event, const struct win_class *class, bool manual,
		    bool signaled);
void win_event_set(struct win_event *event);
void win_event_reset(struct win_event *event);
/* With the lock of waits. */
void win_event_set_locked(struct win_event *event);

/* ---- port.c: completion ports --------------------------------------------- */

struct win_port;

extern const struct win_class win_port_class;

/* What a port hands out. Room for it is made before the operation starts, so that a completion can
 * not fail for lack of memory. */
struct win_packet {
	struct win_packet *next;
	ULONG_PTR key;
	OVERLAPPED *overlapped;
	NTSTATUS status;
	DWORD bytes;
};

/* Takes the packet over; after the port was closed it is freed. */
void win_port_post(struct win_port *port, struct win_packet *packet);

/* ---- file.c: open devices ------------------------------------------------- */

struct win_op;
struct win_file;

/* Of whoever uses a file (the WinUSB functions). All members may be NULL. */
struct win_file_hooks {
	/* Dispatcher, inside win_file_enter(): some completions were handled, there is room. */
	void (*progress)(struct win_file *file, struct wiso_device *dev);
	/* Dispatcher, inside win_file_enter(): the device has gone and the driver has nothing
	 * left to say. What is still pending (never handed over) has to be completed;
	 * operations that the hook leaves are cancelled. */
	void (*gone)(struct win_file *file, struct wiso_device *dev);
	/* The file is being closed: its operations have completed, nobody is inside any more, and
	 * dev is about to be closed (give back what must be given back before). */
	void (*closing)(struct win_file *file, struct wiso_device *dev);
	/* The last reference to the file has gone: frees file->user. */
	void (*free)(struct win_file *file);
};

struct win_file {
	/* Signaled when an operation without hEvent completes. */
	struct win_event event;
	/* FILE_FLAG_OVERLAPPED. WinUsb_Initialize() wants it: ERROR_INVALID_HANDLE. */
	bool overlapped;
	/* GENERIC_WRITE was not asked for: the device only answers questions. */
	bool read_only;
	/* /dev/winusb-isoN. */
	char node[64];
	struct winusb_iso_info info; /* as it was when the file was opened */

	/* Of the WinUSB functions; set both with win_file_set_user(). */
	const struct win_file_hooks *hooks;
	void *user;

	/* Until it was closed and nobody is inside any more. */
	struct wiso_device *dev;
	/* Who is inside, and whether it was closed: see file.c. */
	atomic_uint users;
	atomic_bool dispatching; /* its thread runs; it says so by left, too */
	/* Of an overlapped one; set once, after its key. */
	struct win_port *_Atomic port;
	ULONG_PTR key;
	/* Constant: another interface of the same function (with a reference), or NULL. */
	struct win_file *parent;

	pthread_mutex_t lock; /* everything below, and what sets dispatching and port */
	bool gone;
	struct win_file *children; /* each with a reference */
	struct win_file *next;	   /* lock of the parent */

	/* lock of waits */
	pthread_cond_t left; /* nobody is inside, or the dispatcher ended */

	/* lock of waits: see leader.c */
	bool served;	/* its thread runs */
	bool own;	/* that collects */
	bool own_waits; /* or waits until nobody else does */
	bool led;	/* a thread that waits for its operation collects */
	bool was_led;	/* since the file's thread looked */
	bool patient;	/* it sleeps for several completions */
	bool claimed;	/* one is about to */

	/* lock of waits */
	bool skip_event;	/* FILE_SKIP_SET_EVENT_ON_HANDLE */
	struct win_op *ops;	/* of the children, too */
	unsigned int num_ops;	/* its own */
	unsigned int num_hasty; /* of them: each completion is wanted at once */
	DWORD refuse_ops;	/* the error for new ones */
};

/* The file that the program opened: what it waits for, its port, and what CancelIo() covers. */
static inline struct win_file *win_file_root(struct win_file *file)
{
	return file->parent ? file->parent : file;
}

extern const struct win_class win_file_class;

/* The device, until win_file_leave(); NULL once the file was closed, with ERROR_INVALID_HANDLE.
 * May be nested, but a thread inside must not close the file. */
struct wiso_device *win_file_enter(struct win_file *file);
void win_file_leave(struct win_file *file);
void win_file_leave_locked(struct win_file *file); /* with the lock of waits */
/* The same, also while it is being closed, if somebody is inside; or NULL. */
struct wiso_device *win_file_join(struct win_file *file);
bool win_file_is_closed(struct win_file *file);
/* Once per file; FALSE if there is a user already (the last error is not set). */
bool win_file_set_user(struct win_file *file, const struct win_file_hooks *hooks, void *user);
/* Starts the dispatcher unless it runs: before the first transfer is handed over. An error. */
DWORD win_file_dispatch(struct win_file *file);
/* Makes the dispatcher look again: hooks->progress() will run. */
void win_file_kick(struct win_file *file);

/*
 * Another interface of the same function, which the program knows as part of the same file: a
 * file with device, dispatcher, hooks and user of its own, but no handle. Its operations signal
 * the parent's event, go to the parent's port, and are found by CancelIo() on the parent; closing
 * the parent closes it first. Of a child: the next one of the parent. Returns it with a
 * reference, or NULL with *error: ERROR_NO_MORE_ITEMS (none, or not bound to the driver),
 * ERROR_INVALID_HANDLE (closed), ERROR_ACCESS_DENIED (open elsewhere) ...
 */
struct win_file *win_file_open_associated(struct win_file *file, unsigned int index, DWORD *error);
/* Closes it before its parent is. Not from within win_file_enter() of it. The reference stays. */
void win_file_close_associated(struct win_file *child);

/* ---- operation.c ---------------------------------------------------------- */

struct win_op_class {
	/* Dispatcher, inside win_file_enter(): the driver is done with it. Calls
	 * win_op_complete(). */
	void (*completed)(struct win_op *op, const struct winusb_iso_completion *completion);
	/* CancelIoEx(), CloseHandle() ...; inside win_file_enter() of dev. Asks for it to end
	 * soon, and may do that by win_op_complete(). May be called again, and for one that has
	 * just completed. */
	void (*cancel)(struct win_op *op, struct wiso_device *dev);
	/* The last reference has gone. Also called after win_op_abandon(). */
	void (*free)(struct win_op *op);
	/* Of operations that nothing has to be done for but to tell of their end: completions of
	 * the driver until then, its own included; 0: not known. With the lock of waits. Others
	 * have NULL: each completion is wanted at once while one is pending. */
	uint32_t (*ahead)(struct win_op *op);
};

struct win_op {
	const struct win_op_class *class;
	struct win_file *file;
	OVERLAPPED *overlapped; /* NULL: the caller waits */
	DWORD thread;		/* that started it */
	atomic_uint refs;
	bool waits;		 /* the call that started it waits for it */
	struct win_event *event; /* hEvent, or NULL: the file's */
	struct win_port *port;
	struct win_packet *packet;
	struct win_event done;

	/* lock of waits */
	DWORD leader; /* the thread that collects until it ends */
	bool pending;
	uint64_t sequence;
	uint64_t cancel_round;
	NTSTATUS status; /* of a completed one; constant then */
	ULONG_PTR bytes;
	struct win_op *file_next, *file_prev;
	struct win_op *hash_next;
};

/*
 * Makes it pending: resets the event (the file's without one), Internal = STATUS_PENDING. Errors:
 * ERROR_INVALID_HANDLE (hEvent is no event, or the file was closed), ERROR_NOT_ENOUGH_MEMORY. Two
 * references: one goes with win_op_complete() or win_op_abandon(), the other is the caller's, which
 * win_op_finish() or win_op_abandon() puts.
 */
DWORD win_op_start(struct win_op *op, const struct win_op_class *class, struct win_file *file,
		   OVERLAPPED *overlapped);
/* The cookie by which the dispatcher finds it again. */
static inline uint64_t win_op_cookie(const struct win_op *op)
{
	return (uintptr_t)op;
}

/*
 * Done: Internal and InternalHigh, the event (or the file's), the completion port, and whoever
 * waits. Only the first call counts; the others return false and change nothing. op may be freed
 * by it.
 */
bool win_op_complete(struct win_op *op, NTSTATUS status, ULONG_PTR bytes);
/* After win_op_start(): it was refused and never started. No completion. Puts both references.
 * Returns error; or, when somebody cancelled it in between so that it has completed,
 * ERROR_IO_PENDING (the error of the completion if the caller waits). */
DWORD win_op_abandon(struct win_op *op, DWORD error);
/*
 * The end of a call that started an operation; puts the caller's reference. Overlapped: FALSE
 * with ERROR_IO_PENDING, also when it has completed in the meantime. Without OVERLAPPED, or on a
 * file that is not overlapped: waits, *bytes (may be NULL), TRUE or FALSE with the error.
 */
BOOL win_op_finish(struct win_op *op, DWORD *bytes);
void win_op_get(struct win_op *op);
void win_op_put(struct win_op *op);

/* GetOverlappedResultEx(). file is what Windows would use the file's handle for: an operation
 * that is not known, without event. */
BOOL win_op_result(struct win_file *file, OVERLAPPED *overlapped, DWORD *bytes, DWORD timeout_ms);

/* Which operations to cancel: members that are 0 fit all. */
struct win_op_filter {
	struct win_file *file; /* those of its children, too */
	const OVERLAPPED *overlapped;
	DWORD thread;
	bool waits;
};

/* Returns how many there were. */
unsigned int win_op_cancel(const struct win_op_filter *filter);
/* For the closing of a file: refuses new ones, cancels all, waits until none is pending. */
void win_op_end_all(struct win_file *file, struct wiso_device *dev);
/* The device has gone: refuses new ones with error; and completes what is left with it. */
void win_op_refuse(struct win_file *file, DWORD error);
void win_op_fail_all(struct win_file *file, DWORD error);
bool win_op_any(struct win_file *file);

/* ---- leader.c: who collects completions ----------------------------------- */

/* Around a wait that ends when an operation does, which the thread does not look after itself. */
void win_depend(void);
void win_undepend(void);
/* With the lock of waits held. */
void win_depend_locked(void);
void win_undepend_locked(void);
/* The same for who only looks, and will again. With the lock of waits. */
void win_look(void);
/* The same with it, where the thread would have led if nobody had. */
void win_follow(void);
void win_unfollow(void);

enum win_lead {
	WIN_NOT_LED,	 /* somebody else collects: wait for it */
	WIN_LED,	 /* it has completed */
	WIN_LED_IN_VAIN, /* the time is up */
};

/* Collects until op, of which the caller has a reference, has completed. With timeout_ms 0 what is
 * there. With the lock of waits, which it lets go of in between. */
enum win_lead win_lead(struct win_op *op, DWORD timeout_ms);
/* Would a thread that waits now lead; also with one sleep for several; and who does? For tests. */
bool win_can_lead(struct win_file *file);
bool win_can_be_patient(struct win_file *file);
extern uint64_t win_tick_ns;

enum win_leader {
	WIN_LEADER_NONE,
	WIN_LEADER_OWN,	  /* the file's thread */
	WIN_LEADER_WAITS, /* a thread that waits for its operation */
};

enum win_leader win_leader(struct win_file *file);

/* The file's thread: it serves from now on, or no more; and around its collecting. */
void win_own_serves(struct win_file *file, bool serves);
void win_own_begin(struct win_file *file);
void win_own_end(struct win_file *file);

/* dispatcher.c: hands over what is there; if there is nothing, after a sleep until so many are
 * (-1: for ever, 0: not at all). wiso_wake() ends it. 0 or an errno: ETIMEDOUT, ENODEV ... */
int win_collect(struct win_file *file, struct wiso_device *dev, uint32_t goal, int timeout_ms);

/* ---- worker.c: blocking calls on a thread of the library ------------------ */

struct win_work {
	struct win_work *next;
	void (*run)(struct win_work *work);
};

struct win_worker;

/* One thread, started with the first work; runs one after another in the order of queueing. */
struct win_worker *win_worker_new(void);
/* An error: no thread could be started, and the work was not queued. */
DWORD win_worker_queue(struct win_worker *worker, struct win_work *work);
/* Takes back what does not run yet. */
bool win_worker_unqueue(struct win_worker *worker, struct win_work *work);
/* Waits until all work is done. Not from its own thread. NULL is allowed. */
void win_worker_free(struct win_worker *worker);

/* ---- thread.c, time.c, text.c --------------------------------------------- */

/* A thread of the library, detached, with all signals blocked. An error. */
DWORD win_thread_start(void (*run)(void *arg), void *arg);

/* CLOCK_MONOTONIC; and the same in ticks of QueryPerformanceCounter(). */
uint64_t win_now_ns(void);
static inline LONGLONG win_ticks_from_ns(uint64_t ns)
{
	return (LONGLONG)(ns / 100);
}
/* A condition whose deadlines are of CLOCK_MONOTONIC; 0: none. */
void win_cond_init(pthread_cond_t *cond);
void win_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t until_ns);

/* UTF-8 to wide and back, invalid bytes replaced; to be freed. NULL: ERROR_NOT_ENOUGH_MEMORY,
 * and it is the last error. */
wchar_t *win_wide(const char *text);
char *win_narrow(const wchar_t *text);

/* ---- loader.c: what GetProcAddress() knows -------------------------------- */

struct win_export {
	const char *name;
	void (*function)(void);
};

#define WIN_EXPORT(name) \
	{ \
#name, (void (*)(void))name \
	}
/* Each ends with an entry without a name. */
extern const struct win_export win_exports_winusb[]; /* winusb-exports.c */
extern const struct win_export win_exports_kernel32[];
extern const struct win_export win_exports_setupapi[];
extern const struct win_export win_exports_cfgmgr32[];
extern const struct win_export win_exports_winmm[];

#endif /* WINUSB_INTERNAL_H */
