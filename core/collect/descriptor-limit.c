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
 * Files that are open at once. Measured: all own plugins need 12 when they are opened, and then a
 * run 3, 2 for each sink and 4 for a workload; the rest is for connections and for plugins of
 * others.
 */
#define OF_PLUGINS   24
#define OF_RUN	     12
#define OF_SINK	     2
#define OF_WORKLOADS 6

/* Returns: how many files can be opened now, at most @n_wanted */
static guint
count_free(guint n_wanted)
{
	g_autofree gint *fds = g_new(gint, n_wanted);
	guint n_free = 0;

	/* the standard ones are open in any case, see main() */
	while (n_free < n_wanted && (fds[n_free] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0)
		n_free++;
	for (guint i = 0; i < n_free; i++)
		close(fds[i]);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): g_autofree frees it */
	return n_free;
}

/* Where the limit is too low and may be raised, it is. */
static gboolean
check(guint n_wanted, GError **error)
{
	guint n_free = count_free(n_wanted);
	struct rlimit limit;

	if (n_free == n_wanted || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return TRUE;
	const rlim_t needed = limit.rlim_cur + n_wanted - n_free;
	if (limit.rlim_max >= needed) {
		const struct rlimit raised = {needed, limit.rlim_max};
		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			return TRUE;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "only %" G_GUINT64_FORMAT " files may be open at once, and vmfc needs at least "
		    "%" G_GUINT64_FORMAT ": allow more with ulimit -n 1024",
		    (guint64)limit.rlim_cur, (guint64)needed);
	return FALSE;
}

/* Whether plugins can be opened. GLib ends a process that cannot open a file for a loop. */
gboolean
vmfc_descriptor_limit_check_start(GError **error)
{
	return check(OF_PLUGINS, error);
}

/* Whether all is enough for a run, before it leaves files of which a part would be missing. */
gboolean
vmfc_descriptor_limit_check_run(guint n_sinks, gboolean has_workloads, GError **error)
{
	return check(OF_RUN + OF_SINK * n_sinks + (has_workloads ? OF_WORKLOADS : 0), error);
}
