/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/descriptor-limit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

/*
 * File descriptors that are needed at once. Measured: 12 while all plugins of vmfc are opened; then
 * 3 for a run, 2 for each sink and 4 for a workload. The rest is reserved for connections and for
 * plugins of others.
 */
#define FDS_OF_PLUGINS	 24
#define FDS_OF_RUN	 12
#define FDS_OF_SINK	 2
#define FDS_OF_WORKLOADS 6

/* Returns: how many more descriptors this process can open, at most @n_wanted */
static guint
count_free(guint n_wanted)
{
	g_autofree gint *fds = g_new(gint, n_wanted);
	guint n_free = 0;

	/* standard input is always open, see main() */
	while (n_free < n_wanted && (fds[n_free] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0)
		n_free++;
	for (guint i = 0; i < n_free; i++)
		close(fds[i]);
	return n_free;
}

/*
 * Raises the limit if it is too low and the hard limit allows it: once, unless the limit is below
 * the numbers that are in use already, as after a parent that opened files and then lowered it.
 */
static gboolean
check(guint n_wanted, GError **error)
{
	struct rlimit limit;
	struct rlimit raised;

	do {
		guint n_free = count_free(n_wanted);
		if (n_free == n_wanted || getrlimit(RLIMIT_NOFILE, &limit) < 0)
			return TRUE;
		raised = (struct rlimit){limit.rlim_cur + n_wanted - n_free, limit.rlim_max};
	} while (raised.rlim_cur <= raised.rlim_max && setrlimit(RLIMIT_NOFILE, &raised) == 0);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "only %" G_GUINT64_FORMAT " files may be open at once, but vmfc needs at least "
		    "%" G_GUINT64_FORMAT ": allow more with ulimit -n 1024",
		    (guint64)limit.rlim_cur, (guint64)raised.rlim_cur);
	return FALSE;
}

/* Checks early, because GLib aborts if it cannot open the descriptor of a main loop. */
gboolean
vmfc_descriptor_limit_check_start(GError **error)
{
	return check(FDS_OF_PLUGINS, error);
}

/* Checks before the run creates files, so that it does not fail with incomplete files. */
gboolean
vmfc_descriptor_limit_check_run(guint n_sinks, gboolean has_workloads, GError **error)
{
	return check(FDS_OF_RUN + FDS_OF_SINK * n_sinks + (has_workloads ? FDS_OF_WORKLOADS : 0),
		     error);
}
