/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "trust.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

/* Whether code that vmfc loads would gain rights that the user who starts vmfc does not have. */
gboolean
vmfc_trust_is_privileged(void)
{
	return geteuid() == 0 || getauxval(AT_SECURE) != 0;
}

/* Many systems give each user a group of his own and let it write by default (umask 002). */
static gboolean
is_private_group(uid_t owner, gid_t group)
{
	const struct group *entry = getgrgid(group);
	const struct passwd *user;
	gboolean alone = group != 0 && entry != NULL && entry->gr_mem[0] == NULL;

	/* it can also be the primary group of somebody else, which the group does not tell */
	setpwent();
	while (alone && (user = getpwent()) != NULL)
		alone = user->pw_gid != group || user->pw_uid == owner;
	endpwent();
	return alone;
}

static gboolean
others_can_write(const struct stat *info, uid_t owner)
{
	if (info->st_uid != 0 && info->st_uid != owner)
		return TRUE;
	/* in a sticky folder such as /tmp others cannot replace what is not theirs */
	if (S_ISDIR(info->st_mode) && (info->st_mode & S_ISVTX) != 0)
		return FALSE;
	if ((info->st_mode & S_IWGRP) != 0 && !is_private_group(info->st_uid, info->st_gid))
		return TRUE;
	return (info->st_mode & S_IWOTH) != 0;
}

/*
 * Refuses a file that somebody other than root and the owner of the vmfc program could have
 * written or replaced: the file itself, and every folder on the way to it.
 *
 * @path: absolute and without links, as realpath(3) gives it
 */
gboolean
vmfc_trust_check(const gchar *path, GError **error)
{
	struct stat program;
	g_autofree gchar *at = g_strdup(path);

	if (stat("/proc/self/exe", &program) < 0)
		program.st_uid = 0;
	for (;;) {
		struct stat info;
		if (stat(at, &info) < 0) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s cannot be examined: %s",
				    at, g_strerror(errno));
			return FALSE;
		}
		if (others_can_write(&info, program.st_uid)) {
			g_set_error(
				error, VMFC_ERROR, VMFC_ERROR_DENIED,
				"%s can be written by others than root and the owner of vmfc, and "
				"vmfc runs privileged: take the right from them (chmod go-w), "
				"or give it to root (chown root)",
				at);
			return FALSE;
		}
		if (g_str_equal(at, "/"))
			return TRUE;
		gchar *parent = g_path_get_dirname(at);
		g_free(at);
		at = parent;
	}
}
