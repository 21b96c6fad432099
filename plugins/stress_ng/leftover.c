/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The guard removes the folder in which stress-ng has run. A guard that was killed leaves the
 * folder and its content. The guard and its children keep the folder locked while they live, see
 * child-guard.c.
 */

#include "leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Older releases used folders vmfc-DIGITS without a lock: a running vmfc of that time may still use
 * one.
 */
#define PREFIX	 "vmfc-stress-"
#define N_DIGITS 16
/* Maximum time for this at a start, in µs. A disk removes some GiB in a second. */
#define TIMEOUT (5 * G_USEC_PER_SEC)
#define PAUSE	(10 * 1000)
/* Maximum number of names to read in a folder that other users may fill. */
#define MAX_NAMES 100000

/* Returns: (transfer full): path of a folder that does not exist */
gchar *
stress_leftover_make_path(const gchar *temp_path)
{
	return g_strdup_printf("%s/" PREFIX "%08x%08x", temp_path, g_random_int(), g_random_int());
}

static gboolean
is_name(const gchar *name)
{
	return g_str_has_prefix(name, PREFIX) && strlen(name) == strlen(PREFIX) + N_DIGITS &&
	       strspn(name + strlen(PREFIX), "0123456789abcdef") == N_DIGITS;
}

/*
 * Returns: a file descriptor of a folder of ours that belongs to no living process, locked; -1 when
 *   it is anything else
 */
static gint
open_leftover(const gchar *path)
{
	struct stat info;
	gint fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return -1;
}

/* @deadline: on g_get_monotonic_time(). Returns: whether the folder is removed completely */
static gboolean
remove_all(const gchar *path, gint64 deadline)
{
	const gchar *const command[] = {"/bin/rm", "-rf", "--", path, NULL};
	gint status = -1;
	GPid remover;

	if (!g_spawn_async(NULL, (gchar **)command, NULL,
			   G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
				   G_SPAWN_STDERR_TO_DEV_NULL,
			   NULL, NULL, &remover, NULL))
		return FALSE;
	while (waitpid(remover, &status, WNOHANG) == 0) {
		if (g_get_monotonic_time() > deadline)
			kill(remover, SIGKILL);
		g_usleep(PAUSE);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Removes the folders of killed guards. The next start removes the rest when the time is over. */
void
stress_leftover_remove(const gchar *temp_path)
{
	g_autoptr(GDir) dir = g_dir_open(temp_path, 0, NULL);
	gint64 deadline = g_get_monotonic_time() + TIMEOUT;
	const gchar *name;
	guint n_removed = 0;

	for (guint i = 0; dir != NULL && i < MAX_NAMES && g_get_monotonic_time() < deadline; i++) {
		name = g_dir_read_name(dir);
		if (name == NULL)
			break;
		if (!is_name(name))
			continue;
		g_autofree gchar *path = g_build_filename(temp_path, name, NULL);
		gint fd = open_leftover(path);
		if (fd < 0)
			continue;
		if (remove_all(path, deadline))
			n_removed++;
		else
			g_warning("vmfc cannot remove %s within %d s; a workload left it when its "
				  "guard was killed: remove it with rm -r",
				  path, (gint)(TIMEOUT / G_USEC_PER_SEC));
		close(fd);
	}
	if (n_removed == 1)
		g_message(
			"removed 1 folder from %s, which a workload left when its guard was killed",
			temp_path);
	else if (n_removed > 1)
		g_message("removed %u folders from %s, which workloads left when their guards were "
			  "killed",
			  n_removed, temp_path);
}
