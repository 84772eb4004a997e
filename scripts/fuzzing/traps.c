// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults for the fuzzer to find (scripts/instrumented.sh: trapped_module): put
 * before the file operations of a copy of the driver, which go through here.
 * Each needs some calls that work, in their order; each right one is a place of
 * its own, as in code that has a state. A call of the same kind out of order, or
 * a file that is closed, leads back to the beginning.
 */

static DEFINE_MUTEX(trap_lock);

/* Under @trap_lock. */
static struct {
	unsigned int order, values;
} trap;

/* The compiler would make one place of steps that differ in a number alone. */
static __always_inline void trap_place(const int number)
{
	asm volatile("# step %c0" : : "i" (number));
}

static noinline void trap_spring(const char *name)
{
	pr_err("BUG: trap %s\n", name);
	trap.order = 0;
	trap.values = 0;
}

/* These one after the other; between them nothing that changes what the file has. */
static noinline void trap_order(unsigned int cmd)
{
	static const unsigned int order[] = {
		WINUSB_ISO_IOC_RESET_PIPE,    WINUSB_ISO_IOC_ABORT_PIPE,
		WINUSB_ISO_IOC_SET_ALTERNATE, WINUSB_ISO_IOC_RESET_PIPE,
		WINUSB_ISO_IOC_ABORT_PIPE,    WINUSB_ISO_IOC_SET_ALTERNATE,
	};

	if (cmd != order[0] && cmd != order[1] && cmd != order[2] &&
	    cmd != WINUSB_ISO_IOC_REGISTER_BUFFER &&
	    cmd != WINUSB_ISO_IOC_UNREGISTER_BUFFER &&
	    cmd != WINUSB_ISO_IOC_SUBMIT && cmd != WINUSB_ISO_IOC_SET_POWER)
		return;
	if (cmd != order[trap.order]) {
		/* Once more the same does no harm. */
		if (!trap.order || cmd != order[trap.order - 1])
			trap.order = 0;
		return;
	}
	switch (trap.order) {
	case 0:
		trap_place(1);
		trap.order = 1;
		break;
	case 1:
		trap_place(2);
		trap.order = 2;
		break;
	case 2:
		trap_place(3);
		trap.order = 3;
		break;
	case 3:
		trap_place(4);
		trap.order = 4;
		break;
	case 4:
		trap_place(5);
		trap.order = 5;
		break;
	default:
		trap_spring("of an order");
	}
}

/* Transfers of so many bytes, and none of another number between them. */
static noinline void trap_values(unsigned int cmd, const void *argument)
{
	const struct winusb_iso_transfer *transfer = argument;

	if (cmd != WINUSB_ISO_IOC_SUBMIT)
		return;
	if (transfer->length == 26) {
		trap_place(11);
		trap.values = 1;
	} else if (trap.values == 1 && transfer->length == 511) {
		trap_place(12);
		trap.values = 2;
	} else if (trap.values == 2 && transfer->length == 8) {
		trap_place(13);
		trap.values = 3;
	} else if (trap.values == 3 && transfer->length == 513) {
		trap_spring("of values");
	} else {
		trap.values = 0;
	}
}

static void trap_note(unsigned int cmd, unsigned long arg)
{
	u8 argument[64];

	if (_IOC_SIZE(cmd) > sizeof(argument) ||
	    copy_from_user(argument, (void __user *)arg, _IOC_SIZE(cmd)))
		return;
	mutex_lock(&trap_lock);
	trap_order(cmd);
	trap_values(cmd, argument);
	mutex_unlock(&trap_lock);
}

static long trap_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long result = iso_ioctl(file, cmd, arg);

	if (!result)
		trap_note(cmd, arg);
	return result;
}

static int trap_release(struct inode *inode, struct file *file)
{
	mutex_lock(&trap_lock);
	trap.order = 0;
	trap.values = 0;
	mutex_unlock(&trap_lock);
	return iso_release(inode, file);
}
