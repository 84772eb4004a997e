// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power policy: whether and when the device may sleep, and who it wakes.
 *
 * A session keeps the device awake as long as it is open, unless it says that
 * it need not be; then what keeps it awake is what is pending (plain.c), an
 * isochronous pipe in use (device.c), and a call that needs it (chardev.c).
 *
 * Waking the device, and letting it sleep, can call the driver's own suspend and
 * resume, which take the device's lock. So all here is done under the open lock
 * alone.
 */

#include <linux/pm_runtime.h>
#include <linux/usb.h>

#include "device.h"
#include "power.h"
#include "session.h"

static struct device *iso_power_dev(const struct iso_device *device)
{
	return &device->udev->dev;
}

#ifdef CONFIG_PM
static bool iso_power_is_allowed(const struct iso_device *device)
{
	return iso_power_dev(device)->power.runtime_auto;
}

static int iso_power_delay(const struct iso_device *device)
{
	return READ_ONCE(iso_power_dev(device)->power.autosuspend_delay);
}
#else
static bool iso_power_is_allowed(const struct iso_device *device)
{
	return false;
}

static int iso_power_delay(const struct iso_device *device)
{
	return -1;
}
#endif

/** iso_power_open - one more session: the device stays awake */
int iso_power_open(struct iso_device *device)
{
	lockdep_assert_held(&device->open_lock);
	return usb_autopm_get_interface(device->intf);
}

static void iso_power_allow(struct iso_device *device)
{
	struct iso_power *power = &device->power;

	if (power->auto_suspend++)
		return;
	power->was_allowed = iso_power_is_allowed(device);
	usb_enable_autosuspend(device->udev);
}

static void iso_power_forbid(struct iso_device *device)
{
	struct iso_power *power = &device->power;

	if (!--power->auto_suspend && !power->was_allowed)
		usb_disable_autosuspend(device->udev);
}

static int iso_power_set_auto(struct iso_session *session, bool on)
{
	struct iso_device *device = session->device;
	int err;

	if (session->power.auto_suspend == on)
		return 0;
	if (on) {
		iso_power_allow(device);
		/* A call looks without the open lock whether it must wake. */
		WRITE_ONCE(session->power.auto_suspend, true);
		usb_autopm_put_interface_async(device->intf);
		return 0;
	}
	err = usb_autopm_get_interface(device->intf);
	if (err)
		return err;
	WRITE_ONCE(session->power.auto_suspend, false);
	iso_power_forbid(device);
	return 0;
}

static int iso_power_set_wake(struct iso_session *session, bool on)
{
	struct iso_device *device = session->device;
	struct iso_power *power = &device->power;

	if (session->power.wake == on)
		return 0;
	if (on && !device_can_wakeup(iso_power_dev(device)))
		return -EOPNOTSUPP;
	session->power.wake = on;
	power->wake += on ? 1 : -1;
	device->intf->needs_remote_wakeup = power->wake;
	return 0;
}

static int iso_power_set_delay(struct iso_session *session, u32 ms)
{
	struct iso_device *device = session->device;
	struct iso_power *power = &device->power;

	if (ms > INT_MAX)
		return -ERANGE;
	if (!session->power.delay && !power->delay++)
		power->former_delay = iso_power_delay(device);
	session->power.delay = true;
	pm_runtime_set_autosuspend_delay(iso_power_dev(device), ms);
	return 0;
}

static void iso_power_restore_delay(struct iso_session *session)
{
	struct iso_device *device = session->device;
	struct iso_power *power = &device->power;

	if (!session->power.delay)
		return;
	session->power.delay = false;
	if (!--power->delay)
		pm_runtime_set_autosuspend_delay(iso_power_dev(device),
						 power->former_delay);
}

static bool iso_power_restore(struct iso_session *session)
{
	bool awake = !session->power.auto_suspend;

	lockdep_assert_held(&session->device->open_lock);
	iso_power_restore_delay(session);
	iso_power_set_wake(session, false);
	if (!awake)
		iso_power_forbid(session->device);
	WRITE_ONCE(session->power.auto_suspend, false);
	return awake;
}

/** iso_power_close - the session is over; undoes all that it did */
void iso_power_close(struct iso_session *session)
{
	if (iso_power_restore(session))
		usb_autopm_put_interface(session->device->intf);
}

/** iso_power_unbind - the same when the interface goes away */
void iso_power_unbind(struct iso_session *session)
{
	if (iso_power_restore(session))
		usb_autopm_put_interface_no_suspend(session->device->intf);
}

/* Call of user space, under the device's open lock; as are those below. */
int iso_session_set_power(struct iso_session *session,
			  const struct winusb_iso_power *request)
{
	switch (request->policy) {
	case WINUSB_ISO_POWER_AUTO_SUSPEND:
		return request->value > 1 ? -ERANGE :
		       iso_power_set_auto(session, request->value);
	case WINUSB_ISO_POWER_ENABLE_WAKE:
		return request->value > 1 ? -ERANGE :
		       iso_power_set_wake(session, request->value);
	case WINUSB_ISO_POWER_SUSPEND_DELAY:
		return iso_power_set_delay(session, request->value);
	default:
		return -ENOENT;
	}
}

int iso_session_get_power(struct iso_session *session,
			  struct winusb_iso_power *request)
{
	switch (request->policy) {
	case WINUSB_ISO_POWER_AUTO_SUSPEND:
		request->value = session->power.auto_suspend;
		return 0;
	case WINUSB_ISO_POWER_ENABLE_WAKE:
		request->value = session->power.wake;
		return 0;
	case WINUSB_ISO_POWER_SUSPEND_DELAY:
		request->value = iso_power_delay(session->device);
		return 0;
	default:
		return -ENOENT;
	}
}
