/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A tick allocates nothing: the allocator's functions are counted, per thread, while the real
 * samplers read the real /proc and the real sinks write.
 */

#include <stdlib.h>
#include <string.h>

#include "../harness.h"

#define N_WARM_UP 20
#define N_TICKS	  500

static __thread guint64 n_allocations;

extern void *
__libc_malloc(size_t size);
extern void *
__libc_calloc(size_t n, size_t size);
extern void *
__libc_realloc(void *memory, size_t size);

VMFC_API void *
malloc(size_t size)
{
	n_allocations++;
	return __libc_malloc(size);
}

VMFC_API void *
calloc(size_t n, size_t size)
{
	n_allocations++;
	return __libc_calloc(n, size);
}

VMFC_API void *
realloc(void *memory, size_t size)
{
	n_allocations++;
	return __libc_realloc(memory, size);
}

typedef struct {
	Harness harness;
	VmfcTicker ticker;
	GMainLoop *loop;
	guint n_ticks;
	guint64 after_warm_up;
	guint64 at_end;
} Run;

static gboolean
tick_due(gint64 now, gpointer user_data)
{
	Run *run = user_data;
	VmfcTick tick;

	if (vmfc_ticker_advance(&run->ticker, now, &tick))
		vmfc_collector_tick(run->harness.collector, &tick);
	if (++run->n_ticks == N_WARM_UP)
		run->after_warm_up = n_allocations;
	if (run->n_ticks < N_WARM_UP + N_TICKS)
		return G_SOURCE_CONTINUE;
	run->at_end = n_allocations;
	g_main_loop_quit(run->loop);
	return G_SOURCE_REMOVE;
}

static void
count_in_run(const gchar *plugins)
{
	Run run = {0};
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-allocations-XXXXXX", NULL);
	g_autofree gchar *output = g_build_filename(folder, "run.json", NULL);
	gchar *arguments[] = {"vmfc",	  "--plugins",	   (gchar *)plugins,
			      "--output", output,	   "--interval",
			      "0.001",	  "--plugin-path", (gchar *)g_getenv("VMFC_TEST_PLUGINS"),
			      NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcOptions) options = vmfc_options_parse(arguments, &error);

	g_assert_no_error(error);
	harness_open(&run.harness, options, &vmfc_clock_system);
	run.loop = g_main_loop_new(NULL, FALSE);
	vmfc_ticker_init(&run.ticker, vmfc_ticker_align(&vmfc_clock_system, options->interval),
			 options->interval);
	GSource *source = vmfc_ticker_source_new(&run.ticker, tick_due, &run, NULL);
	g_source_attach(source, NULL);
	g_source_unref(source);
	g_main_loop_run(run.loop);
	g_main_loop_unref(run.loop);
	harness_close(&run.harness);
	g_assert_cmpuint(run.harness.n_written, >, N_TICKS / 2);
	g_test_message("%" G_GUINT64_FORMAT " allocations before, %" G_GUINT64_FORMAT
		       " in %d ticks",
		       run.after_warm_up, run.at_end - run.after_warm_up, N_TICKS);
	g_assert_cmpuint(run.at_end - run.after_warm_up, ==, 0);
}

static void
test_tick(void)
{
	count_in_run("perf,proc");
}

/* That the count counts. */
static void
test_count(void)
{
	guint64 before = n_allocations;
	gchar *volatile memory = g_strdup("counted");
	g_assert_cmpuint(n_allocations, ==, before + 1);
	g_free(memory);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	/* what this machine lacks is no matter here */
	g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL);
	g_test_add_func("/allocations/count", test_count);
	g_test_add_func("/allocations/tick", test_tick);
	return g_test_run();
}
