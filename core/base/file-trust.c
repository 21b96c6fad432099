/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/file-trust.h"

#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/install-path.h"
#include "vmfc/vmfc-plugin.h"

/* Commands that make a file trusted. */
#define GIVE_TO_ROOT	"chown root"
#define CLOSE_TO_GROUP	"chmod g-w"
#define CLOSE_TO_OTHERS "chmod o-w"
#define CLOSE_TO_BOTH	"chmod go-w"
#define REMOVE_ACL	"setfacl -b"

/*
 * Returns: whether code that vmfc loads would gain rights that the user who starts vmfc does not
 *   have
 */
gboolean
vmfc_file_trust_is_privileged(void)
{
	return geteuid() == 0 || getauxval(AT_SECURE) != 0;
}

/* ---------------------------------------------------------------- ACLs */

/*
 * Returns: the rights that an entry gives to users other than root and @owner. The ids are those
 *   that this process sees, see posix_acl(5) and linux/posix_acl_xattr.h.
 */
static guint
get_rights(const struct posix_acl_xattr_entry *entry, uid_t owner)
{
	guint id = GUINT32_FROM_LE(entry->e_id);

	switch (GUINT16_FROM_LE(entry->e_tag)) {
	case ACL_USER_OBJ: /* the owner of the file, whom find_remedy() checks */
	case ACL_MASK:
		return 0;
	case ACL_USER:
		return id == 0 || id == owner ? 0 : GUINT16_FROM_LE(entry->e_perm);
	default:
		return GUINT16_FROM_LE(entry->e_perm);
	}
}

/*
 * Returns: whether an access control list lets users other than root and @owner write; %TRUE if
 *   vmfc does not understand the list
 */
static gboolean
acl_allows_write(const gchar *list, gsize length, uid_t owner)
{
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entry;
	guint mask = ACL_READ | ACL_WRITE | ACL_EXECUTE;
	guint limited = 0;
	guint others = 0;

	if (length < sizeof(header) || (length - sizeof(header)) % sizeof(entry) != 0)
		return TRUE;
	memcpy(&header, list, sizeof(header));
	if (GUINT32_FROM_LE(header.a_version) != POSIX_ACL_XATTR_VERSION)
		return TRUE;
	for (gsize at = sizeof(header); at < length; at += sizeof(entry)) {
		memcpy(&entry, list + at, sizeof(entry));
		guint tag = GUINT16_FROM_LE(entry.e_tag);
		if (tag == ACL_MASK)
			mask = GUINT16_FROM_LE(entry.e_perm);
		else if (tag == ACL_OTHER) /* the only entry that the mask does not limit */
			others |= GUINT16_FROM_LE(entry.e_perm);
		else
			limited |= get_rights(&entry, owner);
	}
	return (((limited & mask) | others) & ACL_WRITE) != 0;
}

/*
 * @list: (out) (transfer full): in the format of the kernel
 *
 * Returns: its length; 0: the file has none; -1 with errno set
 */
static gssize
read_acl(const gchar *path, gchar **list)
{
	*list = g_malloc(XATTR_SIZE_MAX);
	gssize length = getxattr(path, XATTR_NAME_POSIX_ACL_ACCESS, *list, XATTR_SIZE_MAX);
	gboolean is_absent = length < 0 && (errno == ENODATA || errno == ENOTSUP);
	return is_absent ? 0 : length;
}

/* -------------------------------------------------------------- checks */

/*
 * Does not look up the members of a group: set-group-ID programs act for the group, too, and a user
 * directory need not list all members.
 *
 * Returns: (nullable): a command that removes the right to write from all but root and @owner;
 *   %NULL if the others do not have it
 */
static const gchar *
find_remedy(const gchar *path, const struct stat *info, uid_t owner, gboolean *failed)
{
	g_autofree gchar *list = NULL;

	*failed = FALSE;
	if (info->st_uid != 0 && info->st_uid != owner)
		return GIVE_TO_ROOT;
	/* in a sticky folder such as /tmp other users cannot replace files that they do not own */
	if (S_ISDIR(info->st_mode) && (info->st_mode & S_ISVTX) != 0)
		return NULL;
	gssize length = read_acl(path, &list);
	*failed = length < 0;
	if (length < 0)
		return NULL;
	/* in a file with a list, the group's bits are its mask */
	if (length > 0)
		return acl_allows_write(list, (gsize)length, owner) ? REMOVE_ACL : NULL;
	switch (info->st_mode & (S_IWGRP | S_IWOTH)) {
	case S_IWGRP:
		return CLOSE_TO_GROUP;
	case S_IWOTH:
		return CLOSE_TO_OTHERS;
	case S_IWGRP | S_IWOTH:
		return CLOSE_TO_BOTH;
	}
	return NULL;
}

/* In a build tree (umask 002) one command fixes all files at once. */
static gchar *
complete_remedy(const gchar *remedy, const gchar *path)
{
	g_autofree gchar *build = vmfc_install_path_build(".", ".");
	g_autofree gchar *folder = g_canonicalize_filename(build, NULL);

	if (g_str_has_prefix(remedy, "chmod") && vmfc_install_path_is_build_tree() &&
	    g_str_has_prefix(path, folder) &&
	    (path[strlen(folder)] == '/' || path[strlen(folder)] == '\0'))
		return g_strdup_printf("chmod -R%s %s", remedy + strlen("chmod"), folder);
	return g_strdup_printf("%s %s", remedy, path);
}

/* @why: who else may write, and why no more than they */
static gboolean
check_one(const gchar *path, uid_t owner, const gchar *why, GError **error)
{
	struct stat info;
	gboolean failed = stat(path, &info) < 0;
	const gchar *remedy = failed ? NULL : find_remedy(path, &info, owner, &failed);

	if (failed) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s cannot be examined: %s", path,
			    g_strerror(errno));
		return FALSE;
	}
	if (remedy == NULL)
		return TRUE;
	g_autofree gchar *command = complete_remedy(remedy, path);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED,
		    "%s is writable by users other than root and %s: remove that right with '%s'",
		    path, why, command);
	return FALSE;
}

static gboolean
check_all(const gchar *path, uid_t owner, const gchar *why, GError **error)
{
	g_autofree gchar *at = g_strdup(path);

	while (check_one(at, owner, why, error)) {
		if (g_str_equal(at, "/"))
			return TRUE;
		gchar *parent = g_path_get_dirname(at);
		g_free(at);
		at = parent;
	}
	return FALSE;
}

/*
 * Refuses a file that users other than root and the owner of the vmfc program could have written or
 * replaced. Checks the file and all folders above it.
 *
 * @path: absolute and without links, as realpath(3) gives it
 */
gboolean
vmfc_file_trust_check(const gchar *path, GError **error)
{
	struct stat program;

	if (stat("/proc/self/exe", &program) < 0)
		program.st_uid = 0;
	return check_all(path, program.st_uid, "the owner of vmfc, and vmfc runs privileged",
			 error);
}

/*
 * Refuses a folder in which users other than root and @user could replace what vmfc writes. Checks
 * the folder and all folders above it.
 *
 * @path: as that of vmfc_file_trust_check()
 */
gboolean
vmfc_file_trust_check_folder(const gchar *path, uid_t user, GError **error)
{
	return check_all(path, user, "the user of vmfc, so they could replace what vmfc writes",
			 error);
}
