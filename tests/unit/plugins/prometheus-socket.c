/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Whose the path of a Unix socket is: what a killed vmfc has left, and what others have put there.
 */

#include "prometheus/socket-path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "count-entries.h"
#include "vmfc/vmfc-plugin.h"

#define HEADER "vmfc-socket/1\n"

typedef struct {
	gchar *folder;
	gchar *path;
	gchar *lock;
	guint n_open; /* files of this process */
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vmfc-socket-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->folder, "a", NULL);
	fixture->lock = g_build_filename(fixture->folder, "a.lock", NULL);
	fixture->n_open = count_open();
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_cmpuint(count_open(), ==, fixture->n_open);
	g_unlink(fixture->path);
	g_unlink(fixture->lock);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->folder);
	g_free(fixture->path);
	g_free(fixture->lock);
}

static SocketPath *
take(const Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSocket) socket = NULL;
	SocketPath *taken = socket_path_take(fixture->path, &socket, &error);

	g_assert_no_error(error);
	g_assert_nonnull(socket);
	return taken;
}

/* What is there stays. */
static void
refuse(const Fixture *fixture, const gchar *reason)
{
	g_autoptr(GError) error = NULL;
	GSocket *socket = NULL;
	struct stat before = {0};
	struct stat after = {0};
	guint n_open = count_open();
	gboolean is_there = lstat(fixture->path, &before) == 0;

	g_assert_null(socket_path_take(fixture->path, &socket, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_nonnull(strstr(error->message, fixture->path));
	g_assert_nonnull(strstr(error->message, reason));
	g_assert_cmpint(lstat(fixture->path, &after) == 0, ==, is_there);
	g_assert_cmpuint(before.st_ino, ==, after.st_ino);
	g_assert_cmpuint(count_open(), ==, n_open);
}

/* Takes the path in another process, which is then killed. */
static void
take_and_die(const Fixture *fixture)
{
	pid_t child = fork();
	gint status;

	if (child == 0) {
		GSocket *socket = NULL;
		_exit(socket_path_take(fixture->path, &socket, NULL) != NULL ? 0 : 1);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_cmpint(status, ==, 0);
}

/* Another program's. */
static void
put_socket(const gchar *path)
{
	g_autoptr(GSocket) socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
						 G_SOCKET_PROTOCOL_DEFAULT, NULL);
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);

	g_assert_true(g_socket_bind(socket, address, FALSE, NULL));
}

/* One vmfc has it, and leaves nothing. */
static void
test_take(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 2; i++) {
		SocketPath *taken = take(fixture);
		g_assert_cmpuint(count_entries(fixture->folder), ==, 2);
		refuse(fixture, "another vmfc uses this path");
		socket_path_give_back(taken);
		g_assert_cmpuint(count_entries(fixture->folder), ==, 0);
	}
}

/* What it has left is taken over, also where an earlier one had left a longer mark. */
static void
test_killed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_true(g_file_set_contents(fixture->lock,
					  HEADER "1111111111111 22222222222222222222 "
						 "3333333333333333333 444444444 5\n",
					  -1, NULL));
	for (guint i = 0; i < 2; i++) {
		take_and_die(fixture);
		g_assert_cmpuint(count_entries(fixture->folder), ==, 2);
	}
	socket_path_give_back(take(fixture));
	g_assert_cmpuint(count_entries(fixture->folder), ==, 0);
}

/* A socket that took the place of the one that was left is another program's. */
static void
test_other_socket(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *other = g_strconcat(fixture->path, ".new", NULL);

	put_socket(fixture->path);
	refuse(fixture, "a socket that vmfc has not created is there");
	g_assert_cmpuint(count_entries(fixture->folder), ==, 1);
	g_unlink(fixture->path);
	take_and_die(fixture);
	/* both are there at once, so that they have different numbers */
	put_socket(other);
	g_assert_cmpint(g_rename(other, fixture->path), ==, 0);
	refuse(fixture, "a socket that vmfc has not created is there");
	/* nor is it removed at the end */
	g_unlink(fixture->path);
	SocketPath *taken = take(fixture);
	put_socket(other);
	g_assert_cmpint(g_rename(other, fixture->path), ==, 0);
	socket_path_give_back(taken);
	g_assert_true(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
	g_assert_cmpuint(count_entries(fixture->folder), ==, 1);
}

/* The same number and another time: the number of a file that was removed is soon used again. */
static void
test_other_time(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	struct stat info;

	take_and_die(fixture);
	g_assert_cmpint(g_stat(fixture->path, &info), ==, 0);
	for (guint i = 0; i < 2; i++) {
		struct timespec times[] = {info.st_atim, info.st_mtim};
		times[1].tv_sec += i == 0;
		times[1].tv_nsec = (times[1].tv_nsec + (i == 1)) % 1000000000;
		g_assert_cmpint(utimensat(AT_FDCWD, fixture->path, times, 0), ==, 0);
		refuse(fixture, "a socket that vmfc has not created is there");
		/* the lock file went with the vmfc that was refused */
		g_unlink(fixture->path);
		take_and_die(fixture);
		g_assert_cmpint(g_stat(fixture->path, &info), ==, 0);
	}
}

/* What is no lock file of vmfc is not written, and not waited for. */
static void
test_lock_of_others(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const texts[] = {"", "vmfc-socket/1", "vmfc-socket/2\n1 2 3 4\n",
					     "\nvmfc-socket/1\n"};
	g_autofree gchar *other = g_strconcat(fixture->lock, ".b", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree gchar *text = NULL;
		g_assert_true(g_file_set_contents(fixture->lock, texts[i], -1, NULL));
		refuse(fixture, "it is not a lock file of vmfc");
		g_assert_true(g_file_get_contents(fixture->lock, &text, NULL, NULL));
		g_assert_cmpstr(text, ==, texts[i]);
	}
	/* another name of a file from elsewhere */
	g_assert_true(g_file_set_contents(fixture->lock, HEADER, -1, NULL));
	g_assert_cmpint(link(fixture->lock, other), ==, 0);
	refuse(fixture, "it is not a lock file of vmfc");
	g_unlink(fixture->lock);
	g_assert_cmpint(symlink(other, fixture->lock), ==, 0);
	refuse(fixture, "Too many levels of symbolic links");
	g_unlink(fixture->lock);
	g_unlink(other);
	g_assert_cmpint(mkfifo(fixture->lock, 0600), ==, 0);
	refuse(fixture, "it is not a lock file of vmfc");
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("/prometheus-socket/take", test_take);
	ADD("/prometheus-socket/killed", test_killed);
	ADD("/prometheus-socket/other-socket", test_other_socket);
	ADD("/prometheus-socket/other-time", test_other_time);
	ADD("/prometheus-socket/lock-of-others", test_lock_of_others);
	return g_test_run();
}
