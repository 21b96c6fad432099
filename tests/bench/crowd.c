/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * What it costs to count processes where there are many: as the sampler load does it, over the real
 * /proc. The processes are real ones that sleep.
 *
 *   crowd PROCESSES[,PROCESSES…]
 *
 * Prints a line for each: how many there are, whether the links of /proc tell here, and in µs of
 * CPU time the count of a tick, that with the check which is due once a minute, and the count by
 * reading the folder, which is what is left in a PID namespace of its own.
 */

#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load/processes.h"
#include "timing.h"

#define STACK_SIZE 4096
#define N_ROUNDS   21

static int
sleep_forever(G_GNUC_UNUSED void *unused)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (pause() < 0)
		; /* which it always gives */
	return 0;
}

/* They share our memory, so that each is only what the kernel keeps of it. */
static pid_t
add_process(gchar *stack)
{
	pid_t pid = clone(sleep_forever, stack + STACK_SIZE, CLONE_VM | CLONE_FILES | SIGCHLD,
			  NULL);
	if (pid < 0)
		err(1, "a further process cannot be made");
	return pid;
}

/* Others want to start processes meanwhile: a quarter of all that the kernel has numbers for. */
static void
leave_room(guint wanted)
{
	g_autofree gchar *text = NULL;
	guint most = 0;

	if (g_file_get_contents("/proc/sys/kernel/pid_max", &text, NULL, NULL))
		most = (guint)g_ascii_strtoull(text, NULL, 10) / 4 * 3;
	if (wanted > most)
		errx(1, "%u processes are more than the %u that kernel.pid_max leaves room for",
		     wanted, most);
}

static void
count_once(LoadProcesses *processes)
{
	if (load_processes_count(processes) < 0)
		errx(1, "processes cannot be counted");
}

static void
count_and_check(LoadProcesses *processes)
{
	processes->next_check = 0;
	count_once(processes);
}

static void
count_in_folder(LoadProcesses *processes)
{
	LoadProcesses by_folder = *processes;
	by_folder.by_links = FALSE;
	count_once(&by_folder);
}

/* Returns: µs, the least of the rounds: what else the machine does only adds to it */
static gdouble
measure(LoadProcesses *processes, void (*count)(LoadProcesses *processes), guint n)
{
	gdouble least = G_MAXDOUBLE;

	for (guint round = 0; round < N_ROUNDS; round++) {
		gint64 start = timing_get_cpu();
		for (guint i = 0; i < n; i++)
			count(processes);
		least = MIN(least, timing_get_us_since(start) / n);
	}
	return least;
}

static void
print_costs(void)
{
	LoadProcesses processes = {0};
	g_autoptr(GError) error = NULL;
	gint64 start = timing_get_cpu();

	if (!load_processes_open(&processes, "/proc", &error))
		errx(1, "%s", error->message);
	gdouble opening = timing_get_us_since(start);
	printf("{\"processes\": %" G_GINT64_FORMAT ", \"by_links\": %s, \"open\": %.1f, "
	       "\"count\": %.2f, \"check\": %.1f, \"folder\": %.1f}\n",
	       load_processes_count(&processes), processes.by_links ? "true" : "false", opening,
	       measure(&processes, count_once, 100), measure(&processes, count_and_check, 10),
	       measure(&processes, count_in_folder, 1));
	fflush(stdout);
	load_processes_close(&processes);
}

int
main(int argc, char *argv[])
{
	g_auto(GStrv) sizes = g_strsplit(argc == 2 ? argv[1] : "", ",", -1);
	g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	guint most = 0;

	for (guint i = 0; sizes[i] != NULL; i++)
		most = MAX(most, (guint)atoi(sizes[i]));
	if (most == 0)
		errx(2, "usage: crowd PROCESSES[,PROCESSES...]");
	leave_room(most);
	gchar *stacks = mmap(NULL, (gsize)most * STACK_SIZE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stacks == MAP_FAILED)
		err(1, "no memory for the stacks");
	for (guint i = 0; sizes[i] != NULL; i++) {
		while (pids->len < (guint)atoi(sizes[i])) {
			pid_t pid = add_process(stacks + (gsize)pids->len * STACK_SIZE);
			g_array_append_val(pids, pid);
		}
		print_costs();
	}
	for (guint i = 0; i < pids->len; i++)
		kill(g_array_index(pids, pid_t, i), SIGKILL);
	for (guint i = 0; i < pids->len; i++)
		waitpid(g_array_index(pids, pid_t, i), NULL, 0);
	return 0;
}
