/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * vmfc for many ticks on a fake clock: all else is real, and comes as fast as it can.
 *
 *   endure TICKS [options of vmfc]
 *
 * Prints the anonymous memory of the process in KiB after a tenth of the ticks and after all.
 */

#include <sched.h>
#include <stdio.h>

#include "harness.h"

/* Records that may wait; the queue holds more. */
#define MAX_WAITING 32

static guint64
read_memory(void)
{
	g_autofree gchar *text = NULL;
	guint64 memory = 0;

	g_file_get_contents("/proc/self/status", &text, NULL, NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++)
		sscanf(lines[i], "RssAnon: %" G_GUINT64_FORMAT, &memory);
	return memory;
}

/* Until the record is complete, and the writer has not many to write. */
static void
wait_for_others(Harness *harness, guint n_delivered)
{
	/* what the first tick has asked for is not waited for: it delivers no record */
	while (harness->n_delivered < n_delivered)
		g_main_context_iteration(NULL, TRUE);
	while (g_main_context_iteration(NULL, FALSE))
		;
	while (n_delivered - (guint)g_atomic_int_get(&harness->n_written) > MAX_WAITING)
		sched_yield();
}

static void
run(const VmfcOptions *options, guint n_ticks)
{
	FakeRun fake = {0};

	fake_run_open(&fake, options);
	for (guint i = 0; i <= n_ticks; i++) {
		fake_run_tick(&fake);
		wait_for_others(&fake.harness, i);
		if (i == n_ticks / 10 || i == n_ticks)
			printf("%u %" G_GUINT64_FORMAT "\n", i, read_memory());
	}
	harness_close(&fake.harness);
}

int
main(int argc, char *argv[])
{
	if (argc < 2)
		g_error("usage: endure TICKS [options of vmfc]");
	g_autoptr(VmfcOptions) options = fake_run_parse(argv);
	run(options, (guint)g_ascii_strtoull(argv[1], NULL, 10));
	return 0;
}
