/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/part-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/document.h"
#include "base/error.h"
#include "output/fsync.h"
#include "output/new-file.h"
#include "output/run-files.h"
#include "vmfc/vmfc-plugin.h"

#define MAX_STATE (64 * 1024)
/* us: how much work a kill or a power cut costs at most; a sync can take as long as a request */
#define KEEP_INTERVAL G_USEC_PER_SEC

/* -------------------------------------------------------------- state */

static gboolean
write_state(const VmfcPartFile *file, GError **error)
{
	JsonObject *state = json_object_new();

	json_object_set_string_member(state, "identity", file->identity);
	json_object_set_int_member(state, "time", file->time);
	json_object_set_int_member(state, "length", file->length);
	json_object_set_int_member(state, "rows", (gint64)file->n_rows);
	if (!isnan(file->interval))
		json_object_set_double_member(state, "interval", file->interval);
	g_autofree gchar *text = vmfc_document_to_text(state);
	json_object_unref(state);
	return vmfc_new_file_replace_alone(file->state, text, error);
}

static gboolean
read_whole(JsonObject *object, const gchar *key, gdouble maximum, gint64 *value)
{
	gdouble number;

	if (!vmfc_document_get_number(object, key, &number) || number < 0 || number > maximum)
		return FALSE;
	*value = (gint64)number;
	return TRUE;
}

/* Returns: whether the part is of this pull, and has what its state says */
static gboolean
read_state(VmfcPartFile *file)
{
	g_autoptr(JsonNode) root = vmfc_document_read(file->state, MAX_STATE, NULL);
	struct stat info;
	gint64 length;
	gint64 rows;

	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root) || fstat(file->fd, &info) != 0)
		return FALSE;
	JsonObject *state = json_node_get_object(root);
	if (g_strcmp0(vmfc_document_get_string(state, "identity"), file->identity) != 0 ||
	    !read_whole(state, "time", 1e15, &file->time) ||
	    !read_whole(state, "length", (gdouble)info.st_size, &length) ||
	    !read_whole(state, "rows", 1e15, &rows))
		return FALSE;
	file->length = length;
	file->n_rows = (guint64)rows;
	if (!vmfc_document_get_number(state, "interval", &file->interval))
		file->interval = NAN;
	return TRUE;
}

/* --------------------------------------------------------------- file */

static gboolean
set_error(const VmfcPartFile *file, const gchar *verb, gint failure, GError **error)
{
	vmfc_set_file_error(error, verb, file->part, failure);
	return FALSE;
}

static gboolean
cut(VmfcPartFile *file, GError **error)
{
	return ftruncate(file->fd, file->length) == 0 || set_error(file, "cut", errno, error);
}

static void
remove_state(const VmfcPartFile *file)
{
	g_autofree gchar *temporary = g_strconcat(file->state, VMFC_NEW_FILE_ALONE, NULL);

	g_unlink(file->state);
	g_unlink(temporary);
}

/* A state that does not fit is of another pull, whose part is begun again. */
static gboolean
begin(VmfcPartFile *file, const gchar *header, gint64 start, GError **error)
{
	if (read_state(file)) {
		g_message("%s: continued after %" G_GUINT64_FORMAT " rows", file->path,
			  file->n_rows);
		return cut(file, error);
	}
	remove_state(file);
	file->length = 0;
	file->n_rows = 0;
	file->interval = NAN;
	if (!cut(file, error))
		return FALSE;
	g_autoptr(GString) text = g_string_new(header);
	return vmfc_part_file_add(file, text, 0, start, error);
}

/*
 * @request: what the pull asks for
 * @header: the first line
 * @start: ms: when nothing is there yet
 *
 * Returns: (transfer full): %NULL with @error set
 */
VmfcPartFile *
vmfc_part_file_open(const gchar *path, const gchar *request, const gchar *header, gint64 start,
		    GError **error)
{
	g_autoptr(VmfcPartFile) file = g_new0(VmfcPartFile, 1);
	g_autofree gchar *both = g_strconcat(request, "\n", header, NULL);

	file->path = g_strdup(path);
	file->part = g_strconcat(path, ".part", NULL);
	file->state = g_strconcat(path, ".state", NULL);
	file->identity = g_compute_checksum_for_string(G_CHECKSUM_SHA256, both, -1);
	file->fd = open(file->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (file->fd < 0) {
		set_error(file, "created", errno, error);
		return NULL;
	}
	file->kept = g_get_monotonic_time();
	return begin(file, header, start, error) ? g_steal_pointer(&file) : NULL;
}

void
vmfc_part_file_free(VmfcPartFile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	g_free(file->path);
	g_free(file->part);
	g_free(file->state);
	g_free(file->identity);
	g_free(file);
}

/* Keeps what is there for a pull that continues: the state never says more than the disk has. */
gboolean
vmfc_part_file_keep(VmfcPartFile *file, GError **error)
{
	gint failure = vmfc_fsync_file(file->fd);

	file->kept = g_get_monotonic_time();
	return failure == 0 ? write_state(file, error)
			    : set_error(file, "synced to the disk", failure, error);
}

/* @time: ms: with these rows the file has everything up to this */
gboolean
vmfc_part_file_add(VmfcPartFile *file, const GString *rows, guint n_rows, gint64 time,
		   GError **error)
{
	gint failure = vmfc_new_file_write_all(file->fd, rows->str, rows->len, file->length);

	if (failure != 0)
		return set_error(file, "written", failure, error);
	file->length += (goffset)rows->len;
	file->n_rows += n_rows;
	file->time = time;
	return g_get_monotonic_time() - file->kept < KEEP_INTERVAL ||
	       vmfc_part_file_keep(file, error);
}

void
vmfc_part_file_remove(VmfcPartFile *file)
{
	g_unlink(file->part);
	remove_state(file);
}

/* Gives the meta file its name. One that is alone is of a pull that was killed right after this. */
static gboolean
write_meta(const VmfcPartFile *file, const gchar *meta, GError **error)
{
	static const gchar *const extensions[] = {".csv", NULL};
	g_autoptr(VmfcRunFiles) set = vmfc_run_files_new(file->path, extensions, 0);

	if (g_file_test(file->path, G_FILE_TEST_EXISTS) && !vmfc_run_files_keep_run(set, error))
		return FALSE;
	return vmfc_new_file_replace_alone(vmfc_run_files_get_meta(set), meta, error);
}

/* Returns: 0, or an errno */
static gint
sync_name(const VmfcPartFile *file)
{
	VmfcFsync *sync = vmfc_fsync_new(0);

	vmfc_fsync_add(sync, file->fd, file->path);
	gint failure = vmfc_fsync_finish(sync, file->fd);
	vmfc_fsync_free(sync);
	return failure;
}

/*
 * Gives the complete file its name. A pull that starts again asks for it no more, so it has to be
 * on the disk. @meta: the text of its meta file, which comes first
 */
gboolean
vmfc_part_file_publish(VmfcPartFile *file, const gchar *meta, GError **error)
{
	gint failure = vmfc_fsync_file(file->fd);

	if (failure != 0)
		return set_error(file, "synced to the disk", failure, error);
	if (!write_meta(file, meta, error))
		return FALSE;
	remove_state(file); /* before a kill can leave it beside the complete file */
	if (rename(file->part, file->path) != 0)
		return set_error(file, "renamed", errno, error);
	failure = sync_name(file);
	if (failure != 0) {
		vmfc_set_file_error(error, "synced to the disk", file->path, failure);
		return FALSE;
	}
	return TRUE;
}
