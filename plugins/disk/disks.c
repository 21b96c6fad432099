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

/* The multicast group of what the kernel itself says, lib/kobject_uevent.c. */
#define KERNEL_EVENTS 1
/* The first PID namespace of a machine, include/linux/proc_ns.h. */
#define FIRST_PID_NAMESPACE 0xeffffffcU

#define IOSTATS "queue/iostats"

/* ------------------------------------------------------------ what the kernel says */

/*
 * A container need not be told: uevents go to the machine's own namespaces, and inotify sees what
 * is written through the same mount of sysfs only.
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

/* Whether the kernel does not say all that changes. */
gboolean
disks_are_polled(const Disks *disks)
{
	return disks->events < 0 || disks->switches < 0;
}

/* A uevent is "ACTION@PATH" and lines KEY=VALUE, each with a NUL at its end. */
static gboolean
concerns_disk(const gchar *message, gsize length)
{
	static const gchar wanted[] = "SUBSYSTEM=block";
	return memmem(message, length, wanted, sizeof(wanted)) != NULL;
}

/*
 * Whether the kernel has said that something became of a disk since the last call: dm, md, drbd
 * and their like say "change" when they have been put together.
 */
gboolean
disks_have_changed(const Disks *disks)
{
	return disks->events >= 0 && vmfc_kernel_events_drain(disks->events, concerns_disk);
}

/* Whether the accounting of a disk that is counted was switched since the last call. */
gboolean
disks_were_switched(const Disks *disks)
{
	_Alignas(struct inotify_event) gchar events[1024];
	gboolean switched = FALSE;

	while (disks->switches >= 0 && read(disks->switches, events, sizeof(events)) > 0)
		switched = TRUE;
	return switched;
}

/* -------------------------------------------------------------- what sysfs says */

/* Whether the name is one of these and a number. */
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
 * say what they stand on, and what they read and write shows on a disk where it comes from one.
 */
static gboolean
is_made_of_something_else(const Disks *disks, const gchar *name)
{
	static const gchar *const families[] = {"loop", "zloop", "ploop", "cloop", "ram",
						"zram", "zd",	 "nullb", "ublkb", NULL};

	return is_of_family(name, families) || vmfc_sysfs_has(disks->folder, name, "loop");
}

/* Made of other disks, also in the moment before sysfs shows of which. */
static gboolean
is_made_of_disks(const Disks *disks, const gchar *name)
{
	static const gchar *const families[] = {"dm-", "md", "bcache", NULL};

	return is_of_family(name, families) || vmfc_sysfs_has(disks->folder, name, "md") ||
	       vmfc_sysfs_has_below(disks->folder, name, "slaves", "");
}

/* The folder holds whole disks only, and below slaves/ what one is made of. */
static gboolean
is_counted(const Disks *disks, const gchar *name)
{
	return !is_made_of_something_else(disks, name) && vmfc_sysfs_has(disks->folder, name, "") &&
	       !is_made_of_disks(disks, name);
}

/*
 * Whether the kernel does not count what the disk does, Documentation/block/queue-sysfs.rst. drbd
 * counts whatever the switch says: its driver does so itself, and it is off where it never was
 * switched.
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

	/* one that is watched already stays so */
	if (disks->switches >= 0 &&
	    vmfc_sysfs_build_path(disks->folder, name, IOSTATS, path, sizeof(path)))
		inotify_add_watch(disks->switches, path, IN_MODIFY);
}

/* ---------------------------------------------------------- NVMe's own multipath */

/*
 * A path of NVMe's own multipath is called nvme0c1n2 and the disk over it nvme0n2. Both count what
 * passes through, the disk only from Linux 6.4 on: so the paths are counted.
 *
 * Returns: whether @name is a path; then @disk is the disk over it
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

/* ------------------------------------------------------------ what is counted */

static void
look_at_counted(Disks *disks, VmfcDevice *device)
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
			look_at_counted(disks, device);
	}
}
