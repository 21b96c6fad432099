/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "remote/remote-pack.h"
#include "spool-folder.h"
#include "spool-format.h"
#include "vmfc/vmfc-plugin.h"

/* A spool has about so many files: it drops and removes no less than one. */
#define N_FILES	 16
#define MAX_FILE (8 * 1024 * 1024)

/* One file. */
typedef struct {
	guint64 id;
	gint fd;
	guint64 size;	/* up to the end of the last whole frame */
	guint64 taken;	/* offset of the first frame that was not taken */
	SpoolMark mark; /* as in the file */
	guint64 tried;	/* of the mark, before the request that is being sent */
	Amount waiting; /* not taken */
} File;

struct _Spool {
	SpoolFolder folder;
	guint64 limit;	    /* bytes */
	guint64 file_limit; /* bytes */
	GQueue files;	    /* of File, the oldest first */
	guint64 next_id;
	guint64 size;	     /* of all files */
	gboolean needs_file; /* the last file takes no more */
	Amount waiting;
};

/* --------------------------------------------------------------- files */

static void
file_free(File *file)
{
	if (file->fd >= 0)
		close(file->fd);
	g_free(file);
}

static gboolean
write_mark(File *file)
{
	guint8 bytes[SPOOL_MARK_SIZE];

	spool_mark_write(&file->mark, bytes);
	return pwrite(file->fd, bytes, sizeof(bytes), 0) == (gssize)sizeof(bytes);
}

/* The queue has forgotten the file already. */
static void
remove_file(Spool *self, File *file)
{
	gchar name[SPOOL_NAME_SIZE];

	spool_folder_name(file->id, name);
	unlinkat(self->folder.fd, name, 0);
	self->size -= file->size;
	self->waiting.n_records -= file->waiting.n_records;
	self->waiting.n_samples -= file->waiting.n_samples;
	file_free(file);
}

static gint
open_file(const Spool *self, guint64 id, gint flags)
{
	gchar name[SPOOL_NAME_SIZE];

	spool_folder_name(id, name);
	return openat(self->folder.fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags,
		      0600);
}

/* ---------------------------------------------------------- what is left */

/*
 * Counts the frames of a file up to the first one that is damaged: a power cut, or a full disk,
 * leaves the last one torn.
 *
 * @bytes: the file
 */
static void
count_frames(File *file, const guint8 *bytes, guint64 length)
{
	SpoolHeader header;

	file->tried = file->mark.tried;
	file->size = SPOOL_MARK_SIZE;
	file->taken = G_MAXUINT64;
	while (spool_header_read(&header, bytes + file->size, length - file->size) &&
	       spool_header_check(&header, bytes + file->size)) {
		if (file->size >= file->mark.acked) {
			/* the mark of a damaged file can lie within a frame */
			file->taken = MIN(file->taken, file->size);
			amount_add(&file->waiting, &header.amount);
		}
		file->size += SPOOL_HEADER_SIZE + header.length;
	}
}

static void
read_file(const Spool *self, File *file, const guint8 *bytes, guint64 length)
{
	if (length < SPOOL_MARK_SIZE || !spool_mark_read(&file->mark, bytes)) {
		/* it is unknown what was sent: the receiver has it or not */
		file->mark = (SpoolMark){SPOOL_MARK_SIZE, length};
	}
	if (length >= SPOOL_MARK_SIZE)
		count_frames(file, bytes, length);
	if (file->size < length && length > SPOOL_MARK_SIZE)
		g_warning("%s: the last %" G_GUINT64_FORMAT
			  " bytes of a file are damaged, and what they held is lost",
			  self->folder.path, length - file->size);
}

/* Returns: %FALSE with errno set: it is unknown what is in the file */
static gboolean
load_content(const Spool *self, File *file)
{
	struct stat info;

	file->fd = open_file(self, file->id, 0);
	if (file->fd < 0 || fstat(file->fd, &info) != 0)
		return FALSE;
	errno = EINVAL;
	if (!S_ISREG(info.st_mode))
		return FALSE;
	guint64 length = MIN((guint64)info.st_size, (guint64)4 * MAX_FILE);
	g_autofree guint8 *bytes = g_malloc(length + 1);
	gssize n = pread(file->fd, bytes, length, 0);
	if (n < 0)
		return FALSE;
	read_file(self, file, bytes, (guint64)n);
	return TRUE;
}

/* Only a file that was read, and in which nothing waits, may be removed. */
static gboolean
load_file(Spool *self, guint64 id, GError **error)
{
	File *file = g_new0(File, 1);
	gchar name[SPOOL_NAME_SIZE];

	spool_folder_name(id, name);
	file->id = id;
	if (!load_content(self, file)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "option remote_write.spool: %s/%s: %s: make it readable, or remove it "
			    "with the records in it",
			    self->folder.path, name, g_strerror(errno));
		file_free(file);
		return FALSE;
	}
	self->next_id = id + 1;
	if (file->waiting.n_samples == 0) {
		unlinkat(self->folder.fd, name, 0);
		file_free(file);
		return TRUE;
	}
	self->size += file->size;
	amount_add(&self->waiting, &file->waiting);
	g_queue_push_tail(&self->files, file);
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
	spool->file_limit = MIN(limit / N_FILES, MAX_FILE);
	spool->next_id = 1;
	spool->needs_file = TRUE; /* what is left may end in a torn frame */
	if (spool_folder_open(&spool->folder, path, receiver, error) && load(spool, error))
		return spool;
	spool_close(spool);
	return NULL;
}

/* What was not acknowledged stays in the folder. */
void
spool_close(Spool *spool)
{
	for (File *file = g_queue_pop_head(&spool->files); file != NULL;
	     file = g_queue_pop_head(&spool->files)) {
		if (file->mark.acked >= file->size) {
			remove_file(spool, file);
			continue;
		}
		/* so that it survives a power cut from now on */
		if (fdatasync(file->fd) != 0)
			g_warning("%s: %s", spool->folder.path, g_strerror(errno));
		file_free(file);
	}
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

/* ------------------------------------------------------------- writing */

static File *
begin_file(Spool *self, GError **error)
{
	File *file = g_new0(File, 1);

	file->id = self->next_id;
	file->size = SPOOL_MARK_SIZE;
	file->taken = SPOOL_MARK_SIZE;
	file->tried = SPOOL_MARK_SIZE;
	file->mark = (SpoolMark){SPOOL_MARK_SIZE, SPOOL_MARK_SIZE};
	file->fd = open_file(self, file->id, O_CREAT | O_EXCL);
	self->next_id++;
	if (file->fd >= 0 && write_mark(file)) {
		self->size += file->size;
		self->needs_file = FALSE;
		g_queue_push_tail(&self->files, file);
		return file;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s: %s", self->folder.path,
		    g_strerror(errno));
	if (file->fd >= 0)
		remove_file(self, file);
	else
		file_free(file);
	return NULL;
}

/* Removes the oldest files until there is room. Their frames that were not taken are lost. */
static void
make_room(Spool *self, guint64 size, Amount *dropped)
{
	while (self->size + size > self->limit && self->files.length > 0) {
		File *oldest = g_queue_pop_head(&self->files);
		self->needs_file |= self->files.length == 0;
		amount_add(dropped, &oldest->waiting);
		remove_file(self, oldest);
	}
}

static gboolean
write_frame(File *file, const Frame *frame, gsize size)
{
	guint8 header[SPOOL_HEADER_SIZE];
	struct iovec parts[2] = {{header, sizeof(header)}};

	spool_header_write(frame, header);
	parts[1].iov_base = (gpointer)g_bytes_get_data(frame->packed, &parts[1].iov_len);
	errno = ENOSPC; /* also where only a part is written */
	return pwritev(file->fd, parts, G_N_ELEMENTS(parts), (off_t)file->size) == (gssize)size;
}

/* @dropped: what was removed to make room is added to it */
gboolean
spool_append(Spool *spool, const Frame *frame, Amount *dropped, GError **error)
{
	gsize size = SPOOL_HEADER_SIZE + g_bytes_get_size(frame->packed);

	make_room(spool, size + SPOOL_MARK_SIZE, dropped);
	File *file = spool->files.tail != NULL ? spool->files.tail->data : NULL;
	if (file == NULL || spool->needs_file || file->size + size > spool->file_limit)
		file = begin_file(spool, error);
	if (file == NULL)
		return FALSE;
	if (!write_frame(file, frame, size)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s: %s", spool->folder.path,
			    g_strerror(errno));
		/* a reader ends at a torn frame: without it, or with the next one in a new file */
		if (ftruncate(file->fd, (off_t)file->size) != 0)
			g_info("%s: %s", spool->folder.path, g_strerror(errno));
		spool->needs_file = TRUE;
		return FALSE;
	}
	file->size += size;
	spool->size += size;
	amount_add(&file->waiting, &frame->amount);
	amount_add(&spool->waiting, &frame->amount);
	return TRUE;
}

/* ------------------------------------------------------------- reading */

static File *
find_waiting(Spool *self)
{
	for (GList *at = self->files.head; at != NULL; at = at->next) {
		File *file = at->data;
		if (file->taken < file->size)
			return file;
	}
	return NULL;
}

/* Returns: (transfer full) (nullable): %NULL: the file has changed since it was counted */
static Frame *
read_frame(File *file)
{
	guint8 start[SPOOL_HEADER_SIZE];
	SpoolHeader header;

	if (pread(file->fd, start, sizeof(start), (off_t)file->taken) != (gssize)sizeof(start) ||
	    !spool_header_read(&header, start, file->size - file->taken))
		return NULL;
	gsize size = SPOOL_HEADER_SIZE + header.length;
	g_autofree guint8 *bytes = g_malloc(size);
	if (pread(file->fd, bytes, size, (off_t)file->taken) != (gssize)size ||
	    !spool_header_check(&header, bytes))
		return NULL;
	Frame *frame = frame_new(g_bytes_new(bytes + SPOOL_HEADER_SIZE, header.length),
				 &header.amount);
	frame->file = file->id;
	frame->is_tried = file->taken < file->mark.tried;
	file->taken += size;
	frame->end = file->taken;
	return frame;
}

static void
forget_waiting(Spool *self, File *file, const Amount *amount)
{
	file->waiting.n_records -= MIN(amount->n_records, file->waiting.n_records);
	file->waiting.n_samples -= MIN(amount->n_samples, file->waiting.n_samples);
	self->waiting.n_records -= MIN(amount->n_records, self->waiting.n_records);
	self->waiting.n_samples -= MIN(amount->n_samples, self->waiting.n_samples);
}

/*
 * Takes the oldest frame. It stays in its file until spool_ack().
 *
 * @dropped: what cannot be read any more is added to it
 *
 * Returns: (transfer full) (nullable):
 */
Frame *
spool_take(Spool *spool, Amount *dropped)
{
	for (File *file = find_waiting(spool); file != NULL; file = find_waiting(spool)) {
		Frame *frame = read_frame(file);
		if (frame != NULL) {
			forget_waiting(spool, file, &frame->amount);
			return frame;
		}
		const Amount lost = file->waiting;
		amount_add(dropped, &lost);
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
	const File *oldest = spool->files.head != NULL ? spool->files.head->data : NULL;

	return oldest != NULL && oldest->id <= frame->file;
}

/* Returns: how far the file was taken when the frame was */
static guint64
get_end(const File *file, const Frame *frame)
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
		File *file = at->data;
		file->tried = file->mark.tried;
		if (file->id > last->file || file->mark.tried >= get_end(file, last))
			continue;
		file->mark.tried = get_end(file, last);
		/* without a mark a frame may be sent twice, which receivers tell apart */
		(void)write_mark(file);
	}
}

/* What spool_mark_tried() has marked surely did not arrive. */
void
spool_unmark_tried(Spool *spool)
{
	for (GList *at = spool->files.head; at != NULL; at = at->next) {
		File *file = at->data;
		guint64 tried = MAX(file->tried, file->mark.acked);
		if (file->mark.tried <= tried)
			continue;
		file->mark.tried = tried;
		(void)write_mark(file);
	}
}

/* All frames up to @last have their answer. */
void
spool_ack(Spool *spool, const Frame *last)
{
	while (spool->files.length > 1) {
		const File *oldest = spool->files.head->data;
		if (oldest->id > last->file || get_end(oldest, last) < oldest->size)
			break;
		remove_file(spool, g_queue_pop_head(&spool->files));
	}
	File *file = spool->files.head != NULL ? spool->files.head->data : NULL;
	if (file == NULL || file->id != last->file || file->mark.acked >= last->end)
		return;
	file->mark.acked = last->end;
	file->mark.tried = MAX(file->mark.tried, last->end);
	(void)write_mark(file);
}
