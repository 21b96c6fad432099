/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/source-file.h"

#include <errno.h>
#include <unistd.h>

#include "base/regular-file.h"

/* Texts grow (one more CPU or disk): room for that, so that a tick does not allocate. */
#define FIRST_SIZE   16384
#define LARGEST_SIZE (64 * 1024 * 1024)
#define MIN_ROOM     4096
#define HALF_PAGE    2048

struct _VmfcFiles {
	gchar *root;
	GPtrArray *open;
	guint64 tick;
};

struct _VmfcFile {
	VmfcSourceFiles *files;
	gchar *path;
	gint fd;
	gchar *text;
	gsize size;
	gsize length;
	guint64 tick; /* of the last read */
	gint failure; /* errno, 0 for none */
};

static void
file_free(VmfcFile *file)
{
	close(file->fd);
	g_free(file->path);
	g_free(file->text);
	g_free(file);
}

VmfcSourceFiles *
vmfc_source_files_new(const gchar *root)
{
	VmfcSourceFiles *files = g_new0(VmfcSourceFiles, 1);
	files->root = g_strdup(root);
	files->open = g_ptr_array_new_with_free_func((GDestroyNotify)file_free);
	files->tick = 1;
	return files;
}

void
vmfc_source_files_free(VmfcSourceFiles *files)
{
	g_ptr_array_unref(files->open);
	g_free(files->root);
	g_free(files);
}

gchar *
vmfc_source_files_build_path(VmfcSourceFiles *files, const gchar *path)
{
	return g_build_filename(files->root, path, NULL);
}

static void
set_file_error(GError **error, const gchar *path, gint failure)
{
	gboolean denied = failure == EACCES || failure == EPERM;
	g_set_error(error, VMFC_ERROR, denied ? VMFC_ERROR_DENIED : VMFC_ERROR_UNSUPPORTED,
		    "%s cannot be read: %s", path, g_strerror(failure));
}

VmfcFile *
vmfc_source_files_open(VmfcSourceFiles *files, const gchar *path, GError **error)
{
	g_autofree gchar *full = vmfc_source_files_build_path(files, path);

	for (guint i = 0; i < files->open->len; i++) {
		VmfcFile *file = files->open->pdata[i];
		if (g_str_equal(file->path, full))
			return file;
	}
	gint fd = vmfc_regular_file_open(full, error);
	if (fd < 0)
		return NULL;
	VmfcFile *file = g_new0(VmfcFile, 1);
	file->files = files;
	file->path = g_steal_pointer(&full);
	file->fd = fd;
	file->size = FIRST_SIZE;
	file->text = g_malloc(file->size);
	g_ptr_array_add(files->open, file);
	return file;
}

void
vmfc_source_files_next_tick(VmfcSourceFiles *files)
{
	files->tick++;
}

/*
 * Reads from offset 0 to the end. A read of a kernel file of many records (seq_file) returns the
 * records that fit into a buffer of at least a page, so only an empty read shows the end. A text of
 * less than half a page needs no second read: the next record would be longer than half a page, and
 * no file of /proc or /sys with several records has such a record.
 */
static gint
file_fill(VmfcFile *file)
{
	file->length = 0;
	for (;;) {
		gsize room = file->size - 1 - file->length;
		gssize n = pread(file->fd, file->text + file->length, room, (off_t)file->length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		file->length += (gsize)n;
		if (n == 0 || file->length < HALF_PAGE)
			break;
		if (file->size - file->length > MIN_ROOM)
			continue;
		if (file->size >= LARGEST_SIZE)
			return EFBIG;
		file->size *= 2;
		file->text = g_realloc(file->text, file->size);
	}
	file->text[file->length] = '\0';
	return 0;
}

const gchar *
vmfc_file_read(VmfcFile *file, gsize *length, GError **error)
{
	if (file->tick != file->files->tick) {
		file->tick = file->files->tick;
		file->failure = file_fill(file);
	}
	if (file->failure != 0) {
		set_file_error(error, file->path, file->failure);
		return NULL;
	}
	if (length != NULL)
		*length = file->length;
	return file->text;
}
