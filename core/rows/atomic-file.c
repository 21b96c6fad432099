/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/atomic-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "output/new-file.h"

/* A merge has up to nine such files open. */
#define BUFFER_SIZE (256 * 1024)

VmfcAtomicFile *
vmfc_atomic_file_new(VmfcRunFiles *set, const gchar *extension, GError **error)
{
	g_autofree gchar *path = vmfc_run_files_build_path(set, extension);
	g_autofree gchar *folder = g_path_get_dirname(path);
	g_autofree gchar *temporary = NULL;

	if (g_mkdir_with_parents(folder, 0777) < 0) {
		vmfc_set_file_error(error, "created", folder, errno);
		return NULL;
	}
	gint fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	if (fd < 0) {
		temporary = g_strconcat(path, ".XXXXXX", NULL);
		fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0666);
	}
	if (fd < 0) {
		vmfc_set_file_error(error, "created", path, errno);
		return NULL;
	}
	VmfcAtomicFile *draft = g_new0(VmfcAtomicFile, 1);
	draft->path = g_steal_pointer(&path);
	draft->extension = g_strdup(extension);
	draft->temporary = g_steal_pointer(&temporary);
	draft->fd = fd;
	draft->size = BUFFER_SIZE;
	draft->buffer = g_malloc(draft->size);
	return draft;
}

/* Without vmfc_atomic_file_publish() the contents are lost. */
void
vmfc_atomic_file_free(VmfcAtomicFile *draft)
{
	close(draft->fd);
	if (draft->temporary != NULL)
		unlink(draft->temporary);
	g_free(draft->temporary);
	g_free(draft->extension);
	g_free(draft->path);
	g_free(draft->buffer);
	g_free(draft);
}

gboolean
vmfc_atomic_file_flush(VmfcAtomicFile *draft, GError **error)
{
	gint failure = vmfc_new_file_write_all(draft->fd, draft->buffer, draft->length,
					       draft->written);
	if (failure != 0) {
		vmfc_set_file_error(error, "written", draft->path, failure);
		return FALSE;
	}
	draft->written += (goffset)draft->length;
	draft->length = 0;
	return TRUE;
}

/* @draft: flushed */
static void
resize(VmfcAtomicFile *draft, gsize size)
{
	g_free(draft->buffer);
	draft->size = size;
	draft->buffer = g_malloc(size);
}

/* Returns: a place for @room bytes; %NULL with @error set if the buffer cannot be written */
gchar *
vmfc_atomic_file_reserve(VmfcAtomicFile *draft, gsize room, GError **error)
{
	if (draft->size - draft->length < room && !vmfc_atomic_file_flush(draft, error))
		return NULL;
	if (draft->size < room)
		resize(draft, room);
	return draft->buffer + draft->length;
}

/* Shrinks the buffer after a very long row, because several files would keep that memory. */
gboolean
vmfc_atomic_file_settle(VmfcAtomicFile *draft, GError **error)
{
	if (draft->size <= BUFFER_SIZE)
		return TRUE;
	if (!vmfc_atomic_file_flush(draft, error))
		return FALSE;
	resize(draft, BUFFER_SIZE);
	return TRUE;
}

gboolean
vmfc_atomic_file_add(VmfcAtomicFile *draft, const gchar *text, GError **error)
{
	gchar *at = vmfc_atomic_file_reserve(draft, strlen(text) + 1, error);

	if (at == NULL)
		return FALSE;
	vmfc_atomic_file_commit(draft, stpcpy(at, text));
	return TRUE;
}

static gboolean
give_name(VmfcAtomicFile *draft)
{
	if (draft->temporary == NULL) {
		g_autofree gchar *self = g_strdup_printf("/proc/self/fd/%d", draft->fd);
		return linkat(AT_FDCWD, self, AT_FDCWD, draft->path, AT_SYMLINK_FOLLOW) == 0;
	}
	if (!vmfc_new_file_rename(draft->temporary, draft->path))
		return FALSE;
	g_clear_pointer(&draft->temporary, g_free);
	return TRUE;
}

/*
 * Gives a complete file its name. Does not sync it: if a power cut destroys it, the user can make
 * it again from the inputs.
 */
gboolean
vmfc_atomic_file_publish(VmfcAtomicFile *draft, VmfcRunFiles *set, GError **error)
{
	if (!vmfc_atomic_file_flush(draft, error) ||
	    !vmfc_run_files_keep_old(set, draft->extension, error))
		return FALSE;
	if (give_name(draft))
		return TRUE;
	vmfc_set_file_error(error, "created", draft->path, errno);
	return FALSE;
}
