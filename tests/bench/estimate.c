/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * estimate TICKS [options of vmfc]
 *
 * What a tick costs, and what of it the sampler power takes, in ns of CPU time, of paced ticks of
 * one run: medians of the estimate and of the ticking thread without it, and the mean of the whole
 * process without it.
 */

#include <err.h>
#include <stdio.h>

#include "../built-index.h"
#include "../harness.h"
#include "timing.h"

#define N_WARM_UP 20
#define N_CLOCK	  1000

/* In place of the plugin's own table. */
static struct {
	const VmfcSampler *sampler;
	gdouble ns; /* of the last call */
} measured;

typedef struct {
	Harness harness;
	VmfcTicker ticker;
	GMainLoop *loop;
	guint n_ticks;
	guint n_wanted;
	gdouble *ticks; /* ns of each */
	gdouble *derives;
	gint64 process; /* ns since the warm-up */
} Run;

static gint64
get_process_cpu(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * G_GINT64_CONSTANT(1000000000) + now.tv_nsec;
}

static void
measure_derive(gpointer instance, VmfcRecord *record)
{
	timing_get_cpu(); /* so that the clock itself is not cold */
	gint64 start = timing_get_cpu();
	measured.sampler->derive(instance, record);
	measured.ns = (gdouble)(timing_get_cpu() - start);
}

/* Has the calls of `derive` of the sampler power measured. */
static void
wrap_power(const Harness *harness, VmfcPlugin *plugin, VmfcSampler *sampler)
{
	for (guint i = 0; i < harness->plugins->samplers->len; i++) {
		VmfcContext *context = harness->plugins->samplers->pdata[i];
		if (!g_str_equal(context->plugin->name, "power"))
			continue;
		measured.sampler = context->plugin->sampler;
		*plugin = *context->plugin;
		*sampler = *plugin->sampler;
		sampler->derive = measure_derive;
		plugin->sampler = sampler;
		context->plugin = plugin;
	}
	if (measured.sampler == NULL)
		errx(2, "the sampler power is not among the plugins");
}

static gboolean
tick_due(gint64 now, gpointer user_data)
{
	Run *run = user_data;
	VmfcTick tick;

	if (!vmfc_ticker_advance(&run->ticker, now, &tick))
		return G_SOURCE_CONTINUE;
	gint64 start = timing_get_cpu();
	vmfc_collector_tick(run->harness.collector, &tick);
	gdouble ns = (gdouble)(timing_get_cpu() - start);
	if (run->n_ticks >= N_WARM_UP) {
		run->ticks[run->n_ticks - N_WARM_UP] = ns;
		run->derives[run->n_ticks - N_WARM_UP] = measured.ns;
	}
	if (++run->n_ticks == N_WARM_UP)
		run->process = get_process_cpu();
	if (run->n_ticks < N_WARM_UP + run->n_wanted)
		return G_SOURCE_CONTINUE;
	run->process = get_process_cpu() - run->process;
	g_main_loop_quit(run->loop);
	return G_SOURCE_REMOVE;
}

/* ns that the clock itself takes in a measurement. */
static gdouble
measure_clock(void)
{
	gdouble values[N_CLOCK];

	for (guint i = 0; i < N_CLOCK; i++) {
		gint64 start = timing_get_cpu();
		values[i] = (gdouble)(timing_get_cpu() - start);
	}
	return timing_take_median(values, N_CLOCK);
}

static void
run_ticks(Run *run, gint64 interval)
{
	run->loop = g_main_loop_new(NULL, FALSE);
	vmfc_ticker_init(&run->ticker, vmfc_ticker_align(&vmfc_clock_system, interval, 0),
			 interval);
	g_autoptr(GSource) source = vmfc_ticker_source_new(&run->ticker, tick_due, run, NULL);
	g_source_attach(source, NULL);
	g_main_loop_run(run->loop);
	g_main_loop_unref(run->loop);
}

int
main(int argc, char *argv[])
{
	Run run = {.n_wanted = argc > 1 ? (guint)atoi(argv[1]) : 0};
	VmfcPlugin plugin;
	VmfcSampler sampler;

	if (run.n_wanted < 1 || run.n_wanted > 1000000)
		errx(2, "usage: estimate TICKS [options of vmfc]; up to a million ticks");
	g_autoptr(VmfcOptions) options = fake_run_parse(argv);
	run.ticks = g_new0(gdouble, run.n_wanted);
	run.derives = g_new0(gdouble, run.n_wanted);
	harness_open(&run.harness, options, &vmfc_clock_system);
	wrap_power(&run.harness, &plugin, &sampler);
	run_ticks(&run, options->interval);
	harness_close(&run.harness);
	gdouble clock = measure_clock();
	gdouble derive = timing_take_median(run.derives, run.n_wanted) - clock;
	/* the clock is read three times more within a tick */
	gdouble tick = timing_take_median(run.ticks, run.n_wanted) - 4 * clock - derive;
	printf("{\"tick\": %.0f, \"process\": %.0f, \"estimate\": %.0f}\n", tick,
	       (gdouble)run.process / run.n_wanted - derive, derive);
	g_free(run.ticks);
	g_free(run.derives);
	return 0;
}
