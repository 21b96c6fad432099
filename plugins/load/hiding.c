/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "hiding.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* PROC_USER_INIT_INO, include/linux/proc_ns.h */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDu

static LoadHiding
parse_options(const gchar *text, gint64 *gid)
{
	g_auto(GStrv) options = g_strsplit(text, ",", -1);
	LoadHiding hiding = LOAD_HIDES_NOTHING;

	for (guint i = 0; options[i] != NULL; i++) {
		/* numbers before Linux 5.8, and words since */
		if (g_str_equal(options[i], "hidepid=2") ||
		    g_str_equal(options[i], "hidepid=invisible"))
			hiding = LOAD_HIDES_OTHERS;
		else if (g_str_equal(options[i], "hidepid=4") ||
			 g_str_equal(options[i], "hidepid=ptraceable"))
			hiding = LOAD_HIDES_UNTRACED;
		else if (g_str_has_prefix(options[i], "gid="))
			*gid = g_ascii_strtoll(options[i] + strlen("gid="), NULL, 10);
	}
	return hiding;
}

/*
 * How a file system is mounted, from a text as /proc/self/mountinfo, proc(5): "22 27 0:21 / /proc
 * rw,relatime - proc proc rw,hidepid=invisible". All mounts of one device have the same options.
 *
 * @gid: (out): of the group that sees all; not set where the mount names none
 */
LoadHiding
load_parse_mounts(const gchar *text, dev_t device, gint64 *gid)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		const gchar *own = strstr(lines[i], " - proc ");
		guint major, minor;
		/* NOLINTNEXTLINE(cert-err34-c): the kernel writes no number that is too large */
		if (own == NULL || sscanf(lines[i], "%*d %*d %u:%u ", &major, &minor) != 2 ||
		    makedev(major, minor) != device)
			continue;
		return parse_options(strrchr(own, ' ') + 1, gid);
	}
	return LOAD_HIDES_UNKNOWN;
}

/* in_group_p() of the kernel */
static gboolean
is_in_group(gint64 gid)
{
	g_autofree gid_t *groups = NULL;
	gint n = getgroups(0, NULL);

	if (gid < 0)
		return FALSE;
	if (gid == (gint64)getegid())
		return TRUE;
	groups = g_new0(gid_t, MAX(n, 0) + 1);
	n = getgroups(n, groups);
	for (gint i = 0; i < n; i++) {
		if (gid == (gint64)groups[i])
			return TRUE;
	}
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): g_autofree frees it */
	return FALSE;
}

static gboolean
has_cap_sys_ptrace(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective & CAP_TO_MASK(CAP_SYS_PTRACE)) != 0;
}

static gboolean
is_initial_user_namespace(const struct stat *user)
{
	return user->st_ino == INITIAL_USER_NAMESPACE;
}

/*
 * Whether our capabilities reach the processes of this PID namespace: they do not where it belongs
 * to a user namespace above ours.
 */
static gboolean
is_namespace_ours(gint folder, const struct stat *user)
{
	struct stat owner;
	gint processes = openat(folder, "self/ns/pid", O_RDONLY | O_CLOEXEC);
	gint owning = processes >= 0 ? ioctl(processes, NS_GET_USERNS) : -1;
	gboolean ours = owning >= 0 && fstat(owning, &owner) == 0 && owner.st_dev == user->st_dev &&
			owner.st_ino == user->st_ino;

	if (owning >= 0)
		close(owning);
	if (processes >= 0)
		close(processes);
	return ours;
}

/*
 * Whether processes are left out when we read @folder, a procfs: has_pid_permissions() in
 * fs/proc/base.c of the kernel asks for the group, and then whether we may trace the process. That
 * we may trace one of them, such as process 1, says nothing of the others.
 */
gboolean
load_hides_from_us(gint folder)
{
	g_autofree gchar *mounts = NULL;
	struct stat proc, user;
	gint64 gid = -1;

	/* one whose folder cannot be entered (hidepid=1) is shown */
	if (faccessat(folder, "1", F_OK, 0) < 0 && errno == ENOENT)
		return TRUE;
	if (fstat(folder, &proc) < 0 || stat("/proc/self/ns/user", &user) < 0 ||
	    !g_file_get_contents("/proc/self/mountinfo", &mounts, NULL, NULL))
		return FALSE;
	/* a mount that names no group means that of root, as the first user namespace knows it */
	if (is_initial_user_namespace(&user))
		gid = 0;
	LoadHiding hiding = load_parse_mounts(mounts, proc.st_dev, &gid);
	if (hiding < LOAD_HIDES_OTHERS || (hiding == LOAD_HIDES_OTHERS && is_in_group(gid)))
		return FALSE;
	return !has_cap_sys_ptrace() ||
	       !(is_initial_user_namespace(&user) || is_namespace_ours(folder, &user));
}
