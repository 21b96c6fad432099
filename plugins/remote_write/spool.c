/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "spool-file.h"
#include "spool-folder.h"
#include "vmfc/vmfc-plugin.h"

/* A spool has about so many files: it drops and removes no less than one. */
#define N_FILES 16

struct _Spool {
	SpoolFolder folder;
	guint64 limit;	    /* bytes */
	guint64 file_limit; /* bytes */
	GQueue files;	    /* of SpoolFile, the oldest first */
	guint64 next_id;
	guint64 size;	     /* of all files */
	gboolean needs_file; /* the last file takes no more */
	gboolean is_folder_unsynced;
	Amount waiting;
	Amount damaged;
};

/* --------------------------------------------------------------- files */

/* The queue has forgotten the file already. */
static void
remove_file(Spool *self, SpoolFile *file)
{
	gchar name[SPOOL_NAME_SIZE];

	spool_folder_name(file->id, name);
	unlinkat(self->folder.fd, name, 0);
	self->is_folder_unsynced = TRUE;
	self->size -= file->size;
	amount_subtract(&self->waiting, &file->waiting);
	spool_file_free(file);
}

/* ---------------------------------------------------------- what is left */

/* Only a file that was read, and in which nothing waits, may be removed. */
static gboolean
load_file(Spool *self, guint64 id, GError **error)
{
	SpoolFile *file = spool_file_new(id);
	gchar name[SPOOL_NAME_SIZE];
	guint64 n_bytes;

	spool_folder_name(id, name);
	if (!spool_file_load(file, self->folder.fd, &self->damaged, &n_bytes)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "option remote_write.spool: %s/%s: %s: make it readable, or remove it "
			    "with the records in it",
			    self->folder.path, name, g_strerror(errno));
		spool_file_free(file);
		return FALSE;
	}
	if (n_bytes > 0)
		g_warning("%s: %" G_GUINT64_FORMAT
			  " bytes of a file are damaged, and what they held is lost",
			  self->folder.path, n_bytes);
	self->next_id = id + 1;
	if (file->waiting.n_samples == 0) {
		unlinkat(self->folder.fd, name, 0);
		spool_file_free(file);
		return TRUE;
	}
	self->size += file->size;
	amount_add(&self->waiting, &file->waiting);
	g_queue_push_tail(&self->files, file);
	/*
	 * each file is open, so short runs must not leave one each; what follows a torn frame would
	 * be searched for
	 */
	self->needs_file = !file->is_whole;
	return TRUE;
}

static gboolean
load(Spool *self, GError **error)
{
	g_autoptr(GArray) ids = spool_folder_list(&self->folder, error);

	for (guint i = 0; ids != NULL && i < ids->len; i++) {
		if (!load_file(self, g_array_index(ids, guint64, i), error))
			return FALSE;
	}
	return ids != NULL;
}

/*
 * @receiver: what tells it from others, without secrets: a spool serves one
 * @limit: bytes of all files
 *
 * Returns: (transfer full): with what an earlier run has left in it
 */
Spool *
spool_open(const gchar *path, const gchar *receiver, guint64 limit, GError **error)
{
	Spool *spool = g_new0(Spool, 1);

	g_queue_init(&spool->files);
	spool->limit = limit;
	spool->file_limit = MIN(limit / N_FILES, SPOOL_MAX_FILE);
	spool->next_id = 1;
	spool->needs_file = TRUE;
	if (spool_folder_open(&spool->folder, path, receiver, error) && load(spool, error))
		return spool;
	spool_close(spool);
	return NULL;
}

/* What was not acknowledged stays in the folder, and survives a power cut from now on. */
void
spool_close(Spool *spool)
{
	for (SpoolFile *file = g_queue_pop_head(&spool->files); file != NULL;
	     file = g_queue_pop_head(&spool->files)) {
		if (file->mark.acked >= file->size) {
			remove_file(spool, file);
			continue;
		}
		if (file->is_unsynced && fdatasync(file->fd) != 0)
			g_warning("%s: %s", spool->folder.path, g_strerror(errno));
		spool_file_free(file);
	}
	if (spool->is_folder_unsynced && fsync(spool->folder.fd) != 0)
		g_warning("%s: %s", spool->folder.path, g_strerror(errno));
	spool_folder_close(&spool->folder);
	g_free(spool);
}

const gchar *
spool_get_path(const Spool *spool)
{
	return spool->folder.path;
}

/* What was not taken. */
const Amount *
spool_get_waiting(const Spool *spool)
{
	return &spool->waiting;
}

/* What could not be read, as far as it can be known. */
const Amount *
spool_get_damaged(const Spool *spool)
{
	return &spool->damaged;
}

/* What spool_get_damaged() says was reported: the next run does not count it again. */
void
spool_forget_damaged(Spool *spool)
{
	for (GList *at = spool->files.head; at != NULL; at = at->next)
		spool_file_forget_gaps(at->data);
}

/* ------------------------------------------------------------- writing */

static SpoolFile *
begin_file(Spool *self, GError **error)
{
	SpoolFile *file = spool_file_new(self->next_id);

	self->next_id++;
	if (spool_file_create(file, self->folder.fd)) {
		self->is_folder_unsynced = TRUE;
		self->size += file->size;
		self->needs_file = FALSE;
		g_queue_push_tail(&self->files, file);
		return file;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s: %s", self->folder.path,
		    g_strerror(errno));
	spool_file_free(file);
	return NULL;
}

/* Removes the oldest files until there is room. Their frames that were not taken are lost. */
static void
make_room(Spool *self, guint64 size, Amount *dropped)
{
	while (self->size + size > self->limit && self->files.length > 0) {
		SpoolFile *oldest = g_queue_pop_head(&self->files);
		self->needs_file |= self->files.length == 0;
		amount_add(dropped, &oldest->waiting);
		remove_file(self, oldest);
	}
}

/* @dropped: what was removed to make room is added to it */
gboolean
spool_append(Spool *spool, const Frame *frame, Amount *dropped, GError **error)
{
	gsize size = SPOOL_HEADER_SIZE + g_bytes_get_size(frame->packed);

	make_room(spool, size + SPOOL_MARK_SIZE, dropped);
	SpoolFile *file = spool->files.tail != NULL ? spool->files.tail->data : NULL;
	if (file == NULL || spool->needs_file || file->size + size > spool->file_limit)
		file = begin_file(spool, error);
	if (file == NULL)
		return FALSE;
	if (!spool_file_write_frame(file, frame, size)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s: %s", spool->folder.path,
			    g_strerror(errno));
		/* the next run would count a torn frame as damaged */
		if (ftruncate(file->fd, (off_t)file->size) != 0)
			g_info("%s: %s", spool->folder.path, g_strerror(errno));
		spool->needs_file = TRUE;
		/* it is open, and each record that comes may begin another one */
		if (file->size == SPOOL_MARK_SIZE)
			remove_file(spool, g_queue_pop_tail(&spool->files));
		return FALSE;
	}
	file->size += size;
	spool->size += size;
	amount_add(&file->waiting, &frame->amount);
	amount_add(&spool->waiting, &frame->amount);
	return TRUE;
}

/* ------------------------------------------------------------- reading */

static SpoolFile *
find_waiting(Spool *self)
{
	for (GList *at = self->files.head; at != NULL; at = at->next) {
		SpoolFile *file = at->data;
		if (file->taken < file->size)
			return file;
	}
	return NULL;
}

static void
forget_waiting(Spool *self, SpoolFile *file, const Amount *amount)
{
	amount_subtract(&file->waiting, amount);
	amount_subtract(&self->waiting, amount);
}

/*
 * Takes the oldest frame. It stays in its file until spool_ack().
 *
 * Returns: (transfer full) (nullable):
 */
Frame *
spool_take(Spool *spool)
{
	for (SpoolFile *file = find_waiting(spool); file != NULL; file = find_waiting(spool)) {
		Frame *frame = spool_file_read_frame(file);
		if (frame != NULL) {
			forget_waiting(spool, file, &frame->amount);
			return frame;
		}
		const Amount lost = file->waiting;
		amount_add(&spool->damaged, &lost);
		forget_waiting(spool, file, &lost);
		file->taken = file->size;
		spool->needs_file = TRUE;
	}
	return NULL;
}

/* Whether the next run will find the frame, which was taken and not acknowledged. */
gboolean
spool_has(const Spool *spool, const Frame *frame)
{
	const SpoolFile *oldest = spool->files.head != NULL ? spool->files.head->data : NULL;

	return oldest != NULL && oldest->id <= frame->file;
}

/* Returns: how far the file was taken when the frame was */
static guint64
get_end(const SpoolFile *file, const Frame *frame)
{
	return file->id < frame->file ? file->size : frame->end;
}

/*
 * A request is about to be sent, with frames up to @last: if the process is killed now, it is
 * unknown whether they arrive.
 */
void
spool_mark_tried(Spool *spool, const Frame *last)
{
	for (GList *at = spool->files.head; at != NULL; at = at->next) {
		SpoolFile *file = at->data;
		file->tried = file->mark.tried;
		if (file->id > last->file || file->mark.tried >= get_end(file, last))
			continue;
		file->mark.tried = get_end(file, last);
		/* without a mark a frame may be sent twice, which receivers tell apart */
		(void)spool_file_write_mark(file);
	}
}

/* What spool_mark_tried() has marked surely did not arrive. */
void
spool_unmark_tried(Spool *spool)
{
	for (GList *at = spool->files.head; at != NULL; at = at->next) {
		SpoolFile *file = at->data;
		guint64 tried = MAX(file->tried, file->mark.acked);
		if (file->mark.tried <= tried)
			continue;
		file->mark.tried = tried;
		(void)spool_file_write_mark(file);
	}
}

/* All frames up to @last have their answer. */
void
spool_ack(Spool *spool, const Frame *last)
{
	while (spool->files.length > 1) {
		const SpoolFile *oldest = spool->files.head->data;
		if (oldest->id > last->file || get_end(oldest, last) < oldest->size)
			break;
		remove_file(spool, g_queue_pop_head(&spool->files));
	}
	SpoolFile *file = spool->files.head != NULL ? spool->files.head->data : NULL;
	if (file == NULL || file->id != last->file || file->mark.acked >= last->end)
		return;
	file->mark.acked = last->end;
	file->mark.tried = MAX(file->mark.tried, last->end);
	(void)spool_file_write_mark(file);
}

/* ------------------------------------------------------------- syncing */

gboolean
spool_is_synced(const Spool *spool)
{
	for (const GList *at = spool->files.head; at != NULL; at = at->next) {
		if (((const SpoolFile *)at->data)->is_unsynced)
			return FALSE;
	}
	return !spool->is_folder_unsynced;
}

/* Returns: -1, with the reason in @unsynced */
static gint
duplicate(gint fd, SpoolUnsynced *unsynced)
{
	gint same = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (same < 0)
		unsynced->failure = errno;
	return same;
}

/* @unsynced: its files are empty. What it gets counts as synced: it must be. */
void
spool_take_unsynced(Spool *spool, SpoolUnsynced *unsynced)
{
	unsynced->folder = -1;
	unsynced->failure = 0;
	for (GList *at = spool->files.head; at != NULL; at = at->next) {
		SpoolFile *file = at->data;
		gint fd = file->is_unsynced ? duplicate(file->fd, unsynced) : -1;
		if (fd >= 0)
			g_array_append_val(unsynced->files, fd);
		file->is_unsynced = FALSE;
	}
	if (spool->is_folder_unsynced)
		unsynced->folder = duplicate(spool->folder.fd, unsynced);
	spool->is_folder_unsynced = FALSE;
}
