/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "disks.h"

#include "common/kernel-events.h"
#include "common/sysfs.h"

#include <limits.h>
#include <linux/netlink.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* The multicast group of the kernel's own messages, lib/kobject_uevent.c. */
#define KERNEL_EVENTS 1
/* The first PID namespace of a machine, include/linux/proc_ns.h. */
#define FIRST_PID_NAMESPACE 0xeffffffcU

#define IOSTATS "queue/iostats"

/* -------------------------------------------------------- kernel messages */

/*
 * A container may get no messages: uevents go to the machine's own namespaces, and inotify sees
 * writes through the same mount of sysfs only.
 */
static gboolean
is_container(void)
{
	struct stat info;
	return stat("/proc/self/ns/pid", &info) != 0 || info.st_ino != FIRST_PID_NAMESPACE;
}

/* @is_own: whether the folder is this machine's own */
void
disks_init(Disks *disks, gchar *folder, gboolean is_own)
{
	*disks = (Disks){.folder = folder, .events = -1, .switches = -1};
	if (!is_own || is_container())
		return;
	disks->events = vmfc_kernel_events_open(NETLINK_KOBJECT_UEVENT, KERNEL_EVENTS);
	disks->switches = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

void
disks_clear(Disks *disks)
{
	g_free(disks->folder);
	if (disks->events >= 0)
		close(disks->events);
	if (disks->switches >= 0)
		close(disks->switches);
}

/* Whether the kernel does not report all changes. */
gboolean
disks_are_polled(const Disks *disks)
{
	return disks->events < 0 || disks->switches < 0;
}

/* A uevent is "ACTION@PATH" and lines KEY=VALUE, each followed by a NUL. */
static gboolean
concerns_disk(const gchar *message, gsize length)
{
	static const gchar wanted[] = "SUBSYSTEM=block";
	return memmem(message, length, wanted, sizeof(wanted)) != NULL;
}

/*
 * Whether the kernel has reported a change of a disk since the last call. dm, md, drbd and similar
 * drivers report "change" when they have assembled a disk.
 */
gboolean
disks_have_changed(const Disks *disks)
{
	return disks->events >= 0 && vmfc_kernel_events_drain(disks->events, concerns_disk);
}

/* Whether the accounting of a counted disk was switched on or off since the last call. */
gboolean
disks_were_switched(const Disks *disks)
{
	_Alignas(struct inotify_event) gchar events[1024];
	gboolean switched = FALSE;

	while (disks->switches >= 0 && read(disks->switches, events, sizeof(events)) > 0)
		switched = TRUE;
	return switched;
}

/* ------------------------------------------------------------------ sysfs */

/* Whether the name is one of these prefixes and a number. */
static gboolean
is_of_family(const gchar *name, const gchar *const *families)
{
	for (guint i = 0; families[i] != NULL; i++) {
		if (g_str_has_prefix(name, families[i]) &&
		    g_ascii_isdigit(name[strlen(families[i])]))
			return TRUE;
	}
	return FALSE;
}

/*
 * Files, memory, volumes of a pool, a program's answers (ublk), nothing (null_blk): sysfs does not
 * show which devices they use. If their data come from a disk, that disk counts them.
 */
static gboolean
is_made_of_something_else(const Disks *disks, const gchar *name)
{
	static const gchar *const families[] = {"loop", "zloop", "ploop", "cloop", "ram",
						"zram", "zd",	 "nullb", "ublkb", NULL};

	return is_of_family(name, families) || vmfc_sysfs_has(disks->folder, name, "loop");
}

/* Whether it is made of other disks, also in the moment before sysfs shows which. */
static gboolean
is_made_of_disks(const Disks *disks, const gchar *name)
{
	static const gchar *const families[] = {"dm-", "md", "bcache", NULL};

	return is_of_family(name, families) || vmfc_sysfs_has(disks->folder, name, "md") ||
	       vmfc_sysfs_has_below(disks->folder, name, "slaves", "");
}

/*
 * The folder contains physical and stacked disks only; slaves/ contains the disks that one is made
 * of.
 */
static gboolean
is_counted(const Disks *disks, const gchar *name)
{
	return !is_made_of_something_else(disks, name) && vmfc_sysfs_has(disks->folder, name, "") &&
	       !is_made_of_disks(disks, name);
}

/*
 * Whether the kernel does not count the transfers of the disk, Documentation/block/queue-sysfs.rst.
 * drbd always counts: its driver does so itself, and the switch is off where it was never set.
 */
static gboolean
is_off(const Disks *disks, const gchar *name)
{
	return vmfc_sysfs_read_int(disks->folder, name, IOSTATS, 1) == 0 &&
	       !g_str_has_prefix(name, "drbd");
}

static void
watch_switch(Disks *disks, const gchar *name)
{
	gchar path[PATH_MAX];

	/* a disk that is watched already stays so */
	if (disks->switches >= 0 &&
	    vmfc_sysfs_build_path(disks->folder, name, IOSTATS, path, sizeof(path)))
		inotify_add_watch(disks->switches, path, IN_MODIFY);
}

/* ------------------------------------------------------- NVMe multipath */

/*
 * A path of NVMe's native multipath is called nvme0c1n2 and its disk nvme0n2. Both count the
 * transfers, but the disk only since Linux 6.4. So the sampler counts the paths.
 *
 * Returns: whether @name is a path; then @disk is its disk
 */
static gboolean
find_multipath_disk(const gchar *name, gchar *disk, gsize size)
{
	gchar *end;

	if (!g_str_has_prefix(name, "nvme"))
		return FALSE;
	guint64 subsystem = g_ascii_strtoull(name + strlen("nvme"), &end, 10);
	if (*end != 'c')
		return FALSE;
	g_ascii_strtoull(end + 1, &end, 10);
	if (*end != 'n')
		return FALSE;
	g_snprintf(disk, size, "nvme%" G_GUINT64_FORMAT "%s", subsystem, end);
	return TRUE;
}

static void
leave_out(GArray *devices, const gchar *name)
{
	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		if (g_str_equal(device->name, name))
			device->counted = FALSE;
	}
}

static void
leave_out_multipath_disks(GArray *devices)
{
	gchar disk[sizeof(((VmfcDevice *)0)->name) + 20];

	for (guint i = 0; i < devices->len; i++) {
		const VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		if (device->counted && find_multipath_disk(device->name, disk, sizeof(disk)))
			leave_out(devices, disk);
	}
}

/* ---------------------------------------------------------- classification */

static void
update_counted(Disks *disks, VmfcDevice *device)
{
	/* another disk under the same name has another number; Linux 5.15 or later */
	device->identity = (guint64)vmfc_sysfs_read_int(disks->folder, device->name, "diskseq", 0);
	watch_switch(disks, device->name);
	if (disks->off[0] == '\0' && is_off(disks, device->name))
		g_strlcpy(disks->off, device->name, sizeof(disks->off));
}

void
disks_classify(GArray *devices, gpointer data)
{
	Disks *disks = data;
	gboolean any_counted = FALSE;
	gboolean any_disk = FALSE;

	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		device->counted = is_counted(disks, device->name);
		any_counted |= device->counted;
		any_disk = any_disk || device->counted ||
			   !is_made_of_something_else(disks, device->name);
	}
	disks->unexplained = any_disk && !any_counted;
	leave_out_multipath_disks(devices);
	disks->off[0] = '\0';
	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		if (device->counted)
			update_counted(disks, device);
	}
}
