/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "spool-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "spool-folder.h"

SpoolFile *
spool_file_new(guint64 id)
{
	SpoolFile *file = g_new0(SpoolFile, 1);

	file->id = id;
	file->fd = -1;
	file->gaps = g_array_new(FALSE, FALSE, sizeof(SpoolGap));
	return file;
}

void
spool_file_free(SpoolFile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	g_array_unref(file->gaps);
	g_free(file);
}

static gint
open_file(const SpoolFile *self, gint folder, gint flags)
{
	gchar name[SPOOL_NAME_SIZE];

	spool_folder_name(self->id, name);
	return openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags, 0600);
}

/* ------------------------------------------------------------- writing */

/* What a file says of itself in its mark. Returns: whether it is written, with errno set */
gboolean
spool_file_write_mark(SpoolFile *file)
{
	guint8 bytes[SPOOL_MARK_SIZE];

	spool_mark_write(&file->mark, bytes);
	file->is_unsynced = TRUE;
	return pwrite(file->fd, bytes, sizeof(bytes), 0) == (gssize)sizeof(bytes);
}

/* Makes a new file. Returns: %FALSE with errno set, and no file is left */
gboolean
spool_file_create(SpoolFile *file, gint folder)
{
	gchar name[SPOOL_NAME_SIZE];

	file->size = SPOOL_MARK_SIZE;
	file->taken = SPOOL_MARK_SIZE;
	file->tried = SPOOL_MARK_SIZE;
	file->mark = (SpoolMark){SPOOL_MARK_SIZE, SPOOL_MARK_SIZE};
	file->fd = open_file(file, folder, O_CREAT | O_EXCL);
	if (file->fd < 0)
		return FALSE;
	errno = ENOSPC; /* also where only a part is written */
	if (spool_file_write_mark(file))
		return TRUE;
	gint failure = errno;
	spool_folder_name(file->id, name);
	unlinkat(folder, name, 0);
	errno = failure;
	return FALSE;
}

/* @size: of the whole frame. Returns: whether it is written, with errno set; it does not count yet
 */
gboolean
spool_file_write_frame(SpoolFile *file, const Frame *frame, gsize size)
{
	guint8 header[SPOOL_HEADER_SIZE];
	struct iovec parts[2] = {{header, sizeof(header)}};

	spool_header_write(frame, header);
	parts[1].iov_base = (gpointer)g_bytes_get_data(frame->packed, &parts[1].iov_len);
	file->is_unsynced = TRUE;
	errno = ENOSPC; /* also where only a part is written */
	return pwritev(file->fd, parts, G_N_ELEMENTS(parts), (off_t)file->size) == (gssize)size;
}

/* ---------------------------------------------------------- what is left */

/*
 * Counts what a gap held. It is one damaged frame if its length leads to the next frame, or to the
 * end of the file. A frame has one record, or none: only the stale markers at the end of a run.
 */
static void
count_gap(const SpoolGap *gap, const guint8 *bytes, guint64 length, Amount *damaged)
{
	SpoolHeader header;

	if (spool_header_read(&header, bytes + gap->begin, length - gap->begin) &&
	    gap->begin + SPOOL_HEADER_SIZE + header.length == gap->end &&
	    header.amount.n_records <= 1 && header.amount.n_samples <= header.length)
		amount_add(damaged, &header.amount);
}

/* Returns: whether there is another frame after damaged bytes */
static gboolean
skip_gap(SpoolFile *file, const guint8 *bytes, guint64 length, Amount *damaged)
{
	const SpoolGap gap = {file->size, spool_frame_find(bytes, file->size, length)};

	if (gap.begin == length)
		return FALSE;
	if (gap.begin >= file->mark.acked)
		count_gap(&gap, bytes, length, damaged);
	g_array_append_val(file->gaps, gap);
	if (gap.end == length)
		return FALSE;
	file->size = gap.end;
	return TRUE;
}

/*
 * Counts the frames of a file. A power cut, or a full disk, leaves the last one torn; a bad disk
 * can damage any.
 *
 * @bytes: the file
 * @n_bytes: (out): that are no frames
 */
static void
count_frames(SpoolFile *file, const guint8 *bytes, guint64 length, Amount *damaged,
	     guint64 *n_bytes)
{
	SpoolHeader header;
	guint64 n_good = SPOOL_MARK_SIZE;

	file->tried = file->mark.tried;
	file->size = SPOOL_MARK_SIZE;
	file->taken = G_MAXUINT64;
	for (;;) {
		const guint8 *start = bytes + file->size;
		if (!spool_header_read(&header, start, length - file->size) ||
		    !spool_header_check(&header, start)) {
			if (skip_gap(file, bytes, length, damaged))
				continue;
			break;
		}
		if (file->size >= file->mark.acked) {
			/* the mark of a damaged file can lie within a frame */
			file->taken = MIN(file->taken, file->size);
			amount_add(&file->waiting, &header.amount);
		}
		file->size += SPOOL_HEADER_SIZE + header.length;
		n_good += SPOOL_HEADER_SIZE + header.length;
	}
	*n_bytes = length - n_good;
}

/*
 * Reads what an earlier run has left.
 *
 * @damaged: the frames that are damaged are added to it, as far as they can be known
 * @n_bytes: (out): that are no frames
 *
 * Returns: %FALSE with errno set: it is unknown what is in the file
 */
gboolean
spool_file_load(SpoolFile *file, gint folder, Amount *damaged, guint64 *n_bytes)
{
	struct stat info;

	file->fd = open_file(file, folder, 0);
	if (file->fd < 0 || fstat(file->fd, &info) != 0)
		return FALSE;
	errno = EINVAL;
	if (!S_ISREG(info.st_mode))
		return FALSE;
	guint64 length = MIN((guint64)info.st_size, (guint64)4 * SPOOL_MAX_FILE);
	g_autofree guint8 *bytes = g_malloc(length + 1);
	gssize n = pread(file->fd, bytes, length, 0);
	if (n < 0)
		return FALSE;
	length = (guint64)n;
	/* without a mark it is unknown what was sent: the receiver has it or not */
	gboolean has_mark = length >= SPOOL_MARK_SIZE && spool_mark_read(&file->mark, bytes);
	if (!has_mark)
		file->mark = (SpoolMark){SPOOL_MARK_SIZE, length};
	*n_bytes = 0;
	if (length >= SPOOL_MARK_SIZE)
		count_frames(file, bytes, length, damaged, n_bytes);
	/* what follows must not look as if it was sent */
	file->is_whole = has_mark && file->size == (guint64)info.st_size &&
			 file->mark.tried <= file->size;
	return TRUE;
}

/* The next run takes damaged frames for no frames. */
void
spool_file_forget_gaps(SpoolFile *file)
{
	for (guint i = 0; i < file->gaps->len; i++) {
		const SpoolGap *gap = &g_array_index(file->gaps, SpoolGap, i);
		file->is_unsynced = TRUE;
		if (pwrite(file->fd, "", 1, (off_t)gap->begin) != 1)
			return; /* they are counted again */
	}
}

static void
pass_gap(SpoolFile *self)
{
	for (guint i = 0; i < self->gaps->len; i++) {
		const SpoolGap *gap = &g_array_index(self->gaps, SpoolGap, i);
		if (gap->begin == self->taken)
			self->taken = gap->end;
	}
}

/* Returns: (transfer full) (nullable): %NULL: the file has changed since it was counted */
Frame *
spool_file_read_frame(SpoolFile *file)
{
	guint8 start[SPOOL_HEADER_SIZE];
	SpoolHeader header;

	pass_gap(file);
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
