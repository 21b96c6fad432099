/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/sysfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes per getdents64(2) call; a few entries in most cases. */
#define ENTRIES_SIZE 2048

/*
 * sysfs replaces the slash in the name of a disk such as cciss/c0d0 by "!".
 *
 * Returns: whether the path fits into @path
 */
gboolean
vmfc_sysfs_build_path(const gchar *folder, const gchar *name, const gchar *entry, gchar *path,
		      gsize size)
{
	gint length = snprintf(path, size, "%s/%s/%s", folder, name, entry);

	if (length < 0 || (gsize)length >= size)
		return FALSE;
	for (gchar *c = path + strlen(folder) + 1; c < path + strlen(folder) + 1 + strlen(name);
	     c++) {
		if (*c == '/')
			*c = '!';
	}
	return TRUE;
}

gboolean
vmfc_sysfs_has(const gchar *folder, const gchar *name, const gchar *entry)
{
	gchar path[PATH_MAX];

	return vmfc_sysfs_build_path(folder, name, entry, path, sizeof(path)) &&
	       access(path, F_OK) == 0;
}

static gint
open_entry(const gchar *folder, const gchar *name, const gchar *entry, gint flags)
{
	gchar path[PATH_MAX];

	if (!vmfc_sysfs_build_path(folder, name, entry, path, sizeof(path)))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
}

static gboolean
is_wanted(const gchar *name, const gchar *prefix)
{
	return name[0] != '.' && g_str_has_prefix(name, prefix);
}

/* Whether the folder @entry contains something whose name begins with @prefix. */
gboolean
vmfc_sysfs_has_below(const gchar *folder, const gchar *name, const gchar *entry,
		     const gchar *prefix)
{
	union {
		struct dirent64 first;
		gchar bytes[ENTRIES_SIZE];
	} entries;
	gint fd = open_entry(folder, name, entry, O_DIRECTORY);
	gboolean found = FALSE;
	gssize length;

	if (fd < 0)
		return FALSE;
	while (!found && (length = getdents64(fd, &entries, sizeof(entries))) > 0) {
		for (gssize at = 0; at < length && !found;) {
			const struct dirent64 *next = (gpointer)(entries.bytes + at);
			found = is_wanted(next->d_name, prefix);
			at += next->d_reclen;
		}
	}
	close(fd);
	return found;
}

/* Reads as much as fits into @text, without the line feed at the end. */
gboolean
vmfc_sysfs_read(const gchar *folder, const gchar *name, const gchar *entry, gchar *text, gsize size)
{
	gint fd = open_entry(folder, name, entry, 0);

	if (fd < 0)
		return FALSE;
	gssize length = read(fd, text, size - 1);
	close(fd);
	if (length < 0)
		return FALSE;
	if (length > 0 && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return TRUE;
}

/* Returns: the number in the file, decimal or 0x and hexadecimal; @otherwise if there is none */
gint64
vmfc_sysfs_read_int(const gchar *folder, const gchar *name, const gchar *entry, gint64 otherwise)
{
	gchar text[32];
	gchar *end;

	if (!vmfc_sysfs_read(folder, name, entry, text, sizeof(text)))
		return otherwise;
	gint base = g_str_has_prefix(text, "0x") ? 16 : 10;
	gint64 value = g_ascii_strtoll(text, &end, base);
	return end != text && *end == '\0' ? value : otherwise;
}
