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
	return file;
}

void
spool_file_free(SpoolFile *file)
{
	if (file->fd >= 0)
		close(file->fd);
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
 * Counts the frames of a file up to the first one that is damaged: a power cut, or a full disk,
 * leaves the last one torn.
 *
 * @bytes: the file
 */
static void
count_frames(SpoolFile *file, const guint8 *bytes, guint64 length)
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

/*
 * Reads what an earlier run has left.
 *
 * @n_damaged: (out): bytes at the end that are no frames
 *
 * Returns: %FALSE with errno set: it is unknown what is in the file
 */
gboolean
spool_file_load(SpoolFile *file, gint folder, guint64 *n_damaged)
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
	if (length < SPOOL_MARK_SIZE || !spool_mark_read(&file->mark, bytes))
		file->mark = (SpoolMark){SPOOL_MARK_SIZE, length};
	if (length >= SPOOL_MARK_SIZE)
		count_frames(file, bytes, length);
	*n_damaged = length > SPOOL_MARK_SIZE ? length - file->size : 0;
	return TRUE;
}

/* Returns: (transfer full) (nullable): %NULL: the file has changed since it was counted */
Frame *
spool_file_read_frame(SpoolFile *file)
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
