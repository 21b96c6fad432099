/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "socket-path.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

#define LOCK ".lock"
/* The lock file begins with this. Four numbers follow when the socket is there. */
#define HEADER "vmfc-socket/1\n"
/* Bytes of the whole text. */
#define MARK_SIZE 128
/* How often another vmfc may remove the lock file between opening and locking it. */
#define MAX_TRIES 10

/*
 * Beside the socket is a lock file. While vmfc has the path, it has the lock, and the file says
 * which socket is its own. So what a killed vmfc has left can be told from a socket of another
 * program.
 */
struct _SocketPath {
	gchar *path;
	gchar *lock_path;
	gint lock;
	struct stat own; /* of the socket; st_ino 0: it is not there yet */
};

static void
set_error(GError **error, const gchar *path, const gchar *reason)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "prometheus.listen: the socket %s cannot be created: %s", path, reason);
}

static gboolean
is_same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* Returns: whether a vmfc of root or of this user has left the file; any other is not ours to
 * change
 */
static gboolean
is_lock_file(gint fd, const struct stat *info)
{
	gchar text[MARK_SIZE] = "";

	return S_ISREG(info->st_mode) && (info->st_uid == 0 || info->st_uid == geteuid()) &&
	       info->st_nlink <= 1 && pread(fd, text, sizeof(text) - 1, 0) >= 0 &&
	       g_str_has_prefix(text, HEADER);
}

/* Returns: a new file, locked; -1 with errno set */
static gint
create_lock(const gchar *path)
{
	gint fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -1;
	gssize length = (gssize)strlen(HEADER);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && pwrite(fd, HEADER, strlen(HEADER), 0) == length)
		return fd;
	gint failure = errno;
	unlink(path);
	close(fd);
	errno = failure;
	return -1;
}

/* Returns: a locked file; -1 with @error set, or without if the file has lost its name */
static gint
open_existing_lock(const gchar *path, GError **error)
{
	struct stat opened;
	struct stat named;
	gint fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0) {
		if (errno != ENOENT)
			set_error(error, path, g_strerror(errno));
		return -1;
	}
	if (fstat(fd, &opened) < 0 || !is_lock_file(fd, &opened))
		set_error(error, path, "it is not a lock file of vmfc: choose another path");
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		set_error(error, path, "another vmfc uses this path: choose another one");
	else if (lstat(path, &named) == 0 && is_same_file(&opened, &named))
		return fd;
	close(fd);
	return -1;
}

/* Returns: a locked file that still has its name; -1 with @error set */
static gint
open_lock(const gchar *path, GError **error)
{
	for (guint i = 0; i < MAX_TRIES; i++) {
		g_autoptr(GError) reason = NULL;
		gint fd = create_lock(path);
		if (fd < 0 && errno != EEXIST) {
			set_error(error, path, g_strerror(errno));
			return -1;
		}
		if (fd < 0)
			fd = open_existing_lock(path, &reason);
		if (fd >= 0)
			return fd;
		if (reason != NULL) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return -1;
		}
	}
	set_error(error, path, "other programs replace it again and again: choose another path");
	return -1;
}

/* The number of a file that was removed is soon that of another one, so the time counts as well. */
static gint
describe(const struct stat *info, gchar text[MARK_SIZE])
{
	return g_snprintf(text, MARK_SIZE,
			  HEADER "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT
				 " %ld\n",
			  (guint64)info->st_dev, (guint64)info->st_ino,
			  (gint64)info->st_mtim.tv_sec, info->st_mtim.tv_nsec);
}

/* Returns: whether the lock file says that this socket was made by a vmfc */
static gboolean
is_marked(const SocketPath *self, const struct stat *found)
{
	gchar text[MARK_SIZE] = "";
	gchar expected[MARK_SIZE];

	describe(found, expected);
	return pread(self->lock, text, sizeof(text) - 1, 0) >= 0 && g_str_equal(text, expected);
}

static gboolean
mark(const SocketPath *self)
{
	gchar text[MARK_SIZE];
	gint length = describe(&self->own, text);

	/* the header stays, so that the file is always one of vmfc's */
	return pwrite(self->lock, text, (gsize)length, 0) == length &&
	       ftruncate(self->lock, length) == 0;
}

/* Removes what a killed vmfc has left, and nothing else. */
static gboolean
clear_path(const SocketPath *self, GError **error)
{
	struct stat found;

	if (lstat(self->path, &found) < 0)
		return TRUE;
	if (S_ISSOCK(found.st_mode) && is_marked(self, &found) && unlink(self->path) == 0)
		return TRUE;
	set_error(error, self->path,
		  S_ISSOCK(found.st_mode)
			  ? "a socket that vmfc has not created is there: remove it if no program "
			    "uses it, or choose another path"
			  : "a file that is not a socket is there: choose another path");
	return FALSE;
}

static GSocket *
listen_at(const SocketPath *self, GError **error)
{
	g_autoptr(GSocket) listening = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
						    G_SOCKET_PROTOCOL_DEFAULT, error);
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(self->path);
	g_autoptr(GError) reason = NULL;

	if (listening == NULL)
		return NULL;
	if (g_socket_bind(listening, address, FALSE, &reason) &&
	    g_socket_listen(listening, &reason))
		return g_steal_pointer(&listening);
	set_error(error, self->path, reason->message);
	return NULL;
}

static void
free_path(SocketPath *self)
{
	if (self->lock >= 0) {
		/* while it is locked: another vmfc sees that its lock has no name any more */
		unlink(self->lock_path);
		close(self->lock);
	}
	g_free(self->lock_path);
	g_free(self->path);
	g_free(self);
}

/*
 * @listening: (out) (transfer full): the socket
 *
 * Returns: (transfer full): %NULL with @error set
 */
SocketPath *
socket_path_take(const gchar *path, GSocket **listening, GError **error)
{
	SocketPath *self = g_new0(SocketPath, 1);

	self->path = g_strdup(path);
	self->lock_path = g_strconcat(path, LOCK, NULL);
	self->lock = open_lock(self->lock_path, error);
	*listening = self->lock >= 0 && clear_path(self, error) ? listen_at(self, error) : NULL;
	if (*listening == NULL) {
		free_path(self);
		return NULL;
	}
	/* without the mark the next vmfc asks the user, which is safe */
	if (lstat(path, &self->own) == 0)
		mark(self);
	return self;
}

/* Removes the socket, unless another program has put something else there. */
void
socket_path_give_back(SocketPath *self)
{
	struct stat found;

	if (self->own.st_ino != 0 && lstat(self->path, &found) == 0 && is_marked(self, &found))
		unlink(self->path);
	free_path(self);
}
