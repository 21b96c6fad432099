/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "powercap/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file-trust.h"
#include "vmfc/vmfc-plugin.h"

#define FOLDER_MODE 0755
/* While vmfc opens a file: its own mode may not let vmfc's user write. */
#define OPEN_MODE 0600

void
powercap_place_set_errno(const gchar *path, const gchar *name, const gchar *what, GError **error)
{
	gint failure = errno;
	gboolean denied = failure == EACCES || failure == EPERM || failure == EROFS;

	g_set_error(error, VMFC_ERROR, denied ? VMFC_ERROR_DENIED : VMFC_ERROR_IO, "%s/%s %s: %s%s",
		    path, name, what, g_strerror(failure),
		    denied ? "; run vmfc as root, or name another folder with --set powercap.path="
			   : "");
}

static void
set_taken(const gchar *path, const gchar *name, const gchar *what, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "%s/%s %s: remove it, or name another folder with --set powercap.path=", path,
		    name, what);
}

static gboolean
is_ours(const struct stat *info)
{
	return info->st_uid == 0 || info->st_uid == geteuid();
}

/* Creates the folder if it is missing. Returns: a descriptor; -1 with @error set */
gint
powercap_place_open_folder(gint at, const gchar *path, const gchar *name, GError **error)
{
	struct stat info;

	if (mkdirat(at, name, FOLDER_MODE) < 0 && errno != EEXIST) {
		powercap_place_set_errno(path, name, "cannot be created", error);
		return -1;
	}
	gint fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		set_taken(path, name, "is not a folder", error);
		return -1;
	}
	if (fd < 0 || fstat(fd, &info) < 0 || !is_ours(&info) || fchmod(fd, FOLDER_MODE) < 0) {
		powercap_place_set_errno(path, name, "cannot be used as a folder", error);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* ---------------------------------------------------------- the folder */

static gboolean
is_below_sys(const gchar *path)
{
	return g_str_equal(path, "/sys") || g_str_has_prefix(path, "/sys/");
}

static gboolean
refuse_sys(const gchar *path, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "powercap.path is %s, which is part of /sys: only the kernel's own "
		    "values belong there: name another folder, for example /run/vmfc/powercap",
		    path);
	return FALSE;
}

/* A link of another user can point elsewhere at any time. */
static gboolean
refuse_links_of_others(const gchar *path, GError **error)
{
	struct stat info;

	for (const gchar *end = strchr(path + 1, '/');; end = strchr(end + 1, '/')) {
		g_autofree gchar *part = end == NULL ? g_strdup(path)
						     : g_strndup(path, (gsize)(end - path));
		if (lstat(part, &info) == 0 && S_ISLNK(info.st_mode) && !is_ours(&info)) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED,
				    "%s is a link of another user, which vmfc does not follow: "
				    "name another folder with --set powercap.path=",
				    part);
			return FALSE;
		}
		if (end == NULL)
			return TRUE;
	}
}

static void
set_open_error(const gchar *path, GError **error)
{
	gint failure = errno;
	g_autofree gchar *parent = g_path_get_dirname(path);

	errno = failure;
	powercap_place_set_errno(g_str_equal(parent, "/") ? "" : parent, strrchr(path, '/') + 1,
				 "cannot be opened", error);
}

/*
 * Returns: (transfer full): the longest part of the path that exists, which can be all of it; %NULL
 *   with @error set
 */
static gchar *
find_existing(const gchar *path, GError **error)
{
	g_autofree gchar *part = g_strdup(path);
	struct stat info;

	while (lstat(part, &info) < 0) {
		if (errno != ENOENT && errno != ENOTDIR) {
			set_open_error(part, error);
			return NULL;
		}
		gchar *slash = strrchr(part, '/');
		slash[slash == part ? 1 : 0] = '\0';
	}
	return g_steal_pointer(&part);
}

static gint
open_resolved(const gchar *path, GError **error)
{
	struct statfs system;
	gint fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "powercap.path is %s, which cannot be opened as a folder: %s", path,
			    g_strerror(errno));
		return -1;
	}
	if (fstatfs(fd, &system) < 0 || system.f_type != SYSFS_MAGIC)
		return fd;
	refuse_sys(path, error);
	close(fd);
	return -1;
}

/*
 * Opens the part of the path that exists, if only root and the user of vmfc can change it.
 *
 * @resolved: (out): that part without links
 *
 * Returns: a descriptor; -1 with @error set
 */
static gint
open_existing_part(const gchar *part, gchar resolved[PATH_MAX], GError **error)
{
	if (!refuse_links_of_others(part, error))
		return -1;
	if (realpath(part, resolved) == NULL) {
		set_open_error(part, error);
		return -1;
	}
	if (is_below_sys(resolved)) {
		refuse_sys(resolved, error);
		return -1;
	}
	if (!vmfc_file_trust_check_folder(resolved, geteuid(), error))
		return -1;
	return open_resolved(resolved, error);
}

/*
 * Creates the folders of a path in each other.
 *
 * @fd: of the folder @path; is closed
 * @missing: names with / between them
 *
 * Returns: a descriptor of the last one; -1 with @error set
 */
static gint
create_missing(gint fd, const gchar *path, const gchar *missing, GError **error)
{
	g_auto(GStrv) names = g_strsplit(missing, "/", -1);
	g_autofree gchar *at = g_strdup(g_str_equal(path, "/") ? "" : path);

	for (guint i = 0; names[i] != NULL && fd >= 0; i++) {
		if (names[i][0] == '\0')
			continue;
		gint next = powercap_place_open_folder(fd, at, names[i], error);
		close(fd);
		fd = next;
		gchar *longer = g_strconcat(at, "/", names[i], NULL);
		g_free(at);
		at = longer;
	}
	return fd;
}

/*
 * Opens the folder of the tree, and creates it if it is missing: nothing is created or changed
 * before the folder above it is checked.
 *
 * Returns: a descriptor; -1 with @error set
 */
gint
powercap_place_open(const gchar *path, GError **error)
{
	g_autofree gchar *plain = g_canonicalize_filename(path, "/");
	gchar resolved[PATH_MAX];

	if (!g_path_is_absolute(path)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "powercap.path is '%s', but must be an absolute path", path);
		return -1;
	}
	if (is_below_sys(plain)) {
		refuse_sys(plain, error);
		return -1;
	}
	g_autofree gchar *part = find_existing(plain, error);
	if (part == NULL)
		return -1;
	gint fd = open_existing_part(part, resolved, error);
	return fd < 0 ? -1 : create_missing(fd, resolved, plain + strlen(part), error);
}

/* -------------------------------------------------------------- in it */

/* A link to a file from elsewhere would let the other name be written. */
static gboolean
check_file(gint fd, const gchar *path, const gchar *name, GError **error)
{
	struct stat info;

	if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1 && is_ours(&info))
		return TRUE;
	set_taken(path, name, "is not a file that vmfc has made", error);
	return FALSE;
}

/* Returns: a descriptor; -1 with errno set, or with @error set */
static gint
open_existing(gint at, const gchar *path, const gchar *name, GError **error)
{
	const gint flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	gint reader = openat(at, name, O_RDONLY | flags);

	if (reader < 0)
		return -1;
	if (!check_file(reader, path, name, error)) {
		close(reader);
		return -1;
	}
	/* 0400, which the file has, lets only root write */
	(void)fchmod(reader, OPEN_MODE);
	close(reader);
	return openat(at, name, O_RDWR | flags);
}

/*
 * Opens a file for writing, and creates it if it is missing. What it contains stays.
 *
 * @mode: that it gets
 *
 * Returns: a descriptor; -1 with @error set
 */
gint
powercap_place_open_file(gint at, const gchar *path, const gchar *name, mode_t mode, GError **error)
{
	g_autoptr(GError) reason = NULL;
	gint fd = open_existing(at, path, name, &reason);

	if (fd < 0 && reason == NULL && errno == ENOENT)
		fd = openat(at, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    OPEN_MODE);
	if (fd >= 0 && fchmod(fd, mode) == 0)
		return fd;
	if (reason != NULL)
		g_propagate_error(error, g_steal_pointer(&reason));
	else if (errno == ELOOP)
		set_taken(path, name, "is a link", error);
	else
		powercap_place_set_errno(path, name, "cannot be opened", error);
	if (fd >= 0)
		close(fd);
	return -1;
}

gboolean
powercap_place_has(gint at, const gchar *name)
{
	struct stat info;

	return fstatat(at, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean
is_link_to(gint at, const gchar *name, const gchar *target)
{
	gchar text[PATH_MAX];
	gssize length = readlinkat(at, name, text, sizeof(text));

	return length == (gssize)strlen(target) && memcmp(text, target, (gsize)length) == 0;
}

/* Creates a link, unless there is the same. */
gboolean
powercap_place_link(gint at, const gchar *path, const gchar *name, const gchar *target,
		    GError **error)
{
	if (symlinkat(target, at, name) == 0 || is_link_to(at, name, target))
		return TRUE;
	if (powercap_place_has(at, name))
		set_taken(path, name, "is in the way", error);
	else
		powercap_place_set_errno(path, name, "cannot be created", error);
	return FALSE;
}

/* Removes a link if it has this target. Anything else with that name is an error. */
gboolean
powercap_place_unlink(gint at, const gchar *path, const gchar *name, const gchar *target,
		      GError **error)
{
	if (!powercap_place_has(at, name))
		return TRUE;
	if (!is_link_to(at, name, target)) {
		set_taken(path, name, "is not a link that vmfc has made", error);
		return FALSE;
	}
	if (unlinkat(at, name, 0) == 0)
		return TRUE;
	powercap_place_set_errno(path, name, "cannot be removed", error);
	return FALSE;
}
