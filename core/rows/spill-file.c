/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/spill-file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "output/new-file.h"
#include "output/run-files.h"

/* Returns: (transfer full): the folder of the output, or the nearest parent that exists */
static gchar *
find_folder(const gchar *output)
{
	gchar *folder = g_path_get_dirname(output);

	while (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
		gchar *parent = g_path_get_dirname(folder);
		gboolean is_highest = g_str_equal(parent, folder);
		g_free(folder);
		folder = parent;
		if (is_highest)
			break;
	}
	return folder;
}

static gint
open_nameless(const gchar *folder)
{
	gint fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	g_autofree gchar *path = g_build_filename(folder, ".vmfc-merge.XXXXXX", NULL);
	fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlink(path);
	return fd;
}

VmfcSpillFile *
vmfc_spill_file_new(const gchar *output, GError **error)
{
	g_autofree gchar *folder = find_folder(output);
	gint fd = open_nameless(folder);

	if (fd < 0) {
		vmfc_set_file_error(error, "written", folder, errno);
		return NULL;
	}
	VmfcSpillFile *spill = g_new0(VmfcSpillFile, 1);
	spill->fd = fd;
	spill->folder = g_steal_pointer(&folder);
	return spill;
}

void
vmfc_spill_file_free(VmfcSpillFile *spill)
{
	close(spill->fd);
	g_free(spill->folder);
	g_free(spill);
}

/* @at: (out): the offset for vmfc_spill_file_get() */
gboolean
vmfc_spill_file_put(VmfcSpillFile *spill, const gchar *text, gsize length, goffset *at,
		    GError **error)
{
	gint failure = vmfc_new_file_write_all(spill->fd, text, length, spill->length);

	if (failure != 0) {
		vmfc_set_file_error(error, "written", spill->folder, failure);
		return FALSE;
	}
	*at = spill->length;
	spill->length += (goffset)length;
	return TRUE;
}

gboolean
vmfc_spill_file_get(const VmfcSpillFile *spill, goffset at, gchar *text, gsize length,
		    GError **error)
{
	for (gsize done = 0; done < length;) {
		gssize n = pread(spill->fd, text + done, length - done, at + (goffset)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			vmfc_set_file_error(error, "read", spill->folder, n < 0 ? errno : EIO);
			return FALSE;
		}
		done += (gsize)n;
	}
	return TRUE;
}
