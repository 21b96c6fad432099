/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/file-hash.h"

#include <errno.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

#define PART_SIZE ((gsize)64 * 1024)

/*
 * Does not move the position of the file.
 *
 * @path: for the error
 *
 * Returns: (transfer full): the SHA-256 of the file's content, in hexadecimal
 */
gchar *
vmfc_file_hash(gint fd, const gchar *path, GError **error)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guchar *part = g_malloc(PART_SIZE);
	gssize n;

	for (goffset at = 0; (n = pread(fd, part, PART_SIZE, at)) != 0;) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s cannot be read: %s", path,
				    g_strerror(errno));
			return NULL;
		}
		g_checksum_update(checksum, part, n);
		at += n;
	}
	return g_strdup(g_checksum_get_string(checksum));
}
