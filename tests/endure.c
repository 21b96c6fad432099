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

#include "fake-clock.h"
#include "harness.h"
#include "log.h"

#define LATENESS 137000
/* Records that may wait; the queue holds more. */
#define MOST_WAITING 32

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
	/* what the first tick has asked for nobody waits for: it delivers no record */
	while (g_main_context_iteration(NULL, harness->n_delivered < n_delivered))
		;
	while (n_delivered - (guint)g_atomic_int_get(&harness->n_written) > MOST_WAITING)
		sched_yield();
}

static void
run(const VmfcOptions *options, guint n_ticks)
{
	Harness harness = {0};
	FakeClock fake;
	VmfcTicker ticker;
	gint64 t0 = G_GINT64_CONSTANT(1000000000);

	fake_clock_init(&fake, 0, G_GINT64_CONSTANT(1700000000000000000) - t0);
	harness_open(&harness, options, &fake.clock);
	vmfc_ticker_init(&ticker, t0, options->interval);
	for (guint i = 0; i <= n_ticks; i++) {
		VmfcTick tick;
		fake.now = t0 + (gint64)i * options->interval + LATENESS;
		g_assert_true(vmfc_ticker_advance(&ticker, fake.now, &tick));
		vmfc_collector_tick(harness.collector, &tick);
		wait_for_others(&harness, i);
		if (i == n_ticks / 10 || i == n_ticks)
			printf("%u %" G_GUINT64_FORMAT "\n", i, read_memory());
	}
	harness_close(&harness);
}

int
main(int argc, char *argv[])
{
	static VmfcLog log;
	g_autoptr(GError) error = NULL;

	if (argc < 2)
		g_error("usage: endure TICKS [options of vmfc]");
	g_autoptr(VmfcOptions) options = vmfc_options_parse(argv + 1, &error);
	g_assert_no_error(error);
	vmfc_log_install(&log);
	run(options, (guint)g_ascii_strtoull(argv[1], NULL, 10));
	return 0;
}
