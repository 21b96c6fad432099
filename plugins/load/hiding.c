/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "hiding.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/hidepid.h"

/* PROC_USER_INIT_INO, include/linux/proc_ns.h */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDu

/* as in_group_p() of the kernel */
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
 * Whether our capabilities apply to the processes of this PID namespace. They do not when the
 * namespace belongs to a user namespace above ours.
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
 * Whether the procfs @folder hides processes from us. has_pid_permissions() in fs/proc/base.c of
 * the kernel checks the group, and then whether we may trace the process. That we may trace one
 * process, such as process 1, does not apply to the others.
 */
gboolean
load_hides_from_us(gint folder)
{
	struct stat user;
	gint64 gid = -1;

	/* hidepid=1 shows a process, but not its folder */
	if (faccessat(folder, "1", F_OK, 0) < 0 && errno == ENOENT)
		return TRUE;
	if (stat("/proc/self/ns/user", &user) < 0)
		return FALSE;
	/* a mount without a group means root's group, in the first user namespace */
	if (is_initial_user_namespace(&user))
		gid = 0;
	VmfcHidepid hidepid = vmfc_hidepid_read(folder, &gid);
	if (hidepid < VMFC_HIDEPID_INVISIBLE ||
	    (hidepid == VMFC_HIDEPID_INVISIBLE && is_in_group(gid)))
		return FALSE;
	return !has_cap_sys_ptrace() ||
	       !(is_initial_user_namespace(&user) || is_namespace_ours(folder, &user));
}
