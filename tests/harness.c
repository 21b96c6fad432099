/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "harness.h"

#include "base/log.h"
#include "built-index.h"

#define FAKE_START    G_GINT64_CONSTANT(1000000000)
#define FAKE_REALTIME G_GINT64_CONSTANT(1700000000000000000)
#define FAKE_LATENESS 137000
/* Records that wait for the writer: more than a second of a tick a millisecond, on a busy machine.
 */
#define N_QUEUED 2048

#ifdef __SANITIZE_THREAD__
#define WITH_THREAD_SANITIZER 1
#elif defined(__has_feature)
#define WITH_THREAD_SANITIZER __has_feature(thread_sanitizer)
#else
#define WITH_THREAD_SANITIZER 0
#endif

#if WITH_THREAD_SANITIZER
const gchar *
__tsan_default_suppressions(void);

/* GLib makes a lock when it is first taken, by atomics that the thread sanitizer does not see. */
const gchar *
__tsan_default_suppressions(void)
{
	return "race:g_rw_lock_reader_lock\n";
}
#endif

static VmfcRow *
deliver(VmfcRow *row, gpointer user_data)
{
	Harness *harness = user_data;
	harness->n_delivered++;
	return vmfc_writer_exchange(harness->writer, row);
}

static void
ignore_grace(G_GNUC_UNUSED gint64 deadline, G_GNUC_UNUSED gpointer user_data)
{
}

static void
count_written(G_GNUC_UNUSED const VmfcRecord *record, gpointer user_data)
{
	g_atomic_int_inc(&((Harness *)user_data)->n_written);
}

/* Opens plugins and files as a run would; what goes wrong ends the test. */
void
harness_open(Harness *harness, const VmfcOptions *options, const VmfcClock *clock)
{
	g_autoptr(GError) error = NULL;
	const VmfcCollectorSetup setup = {
		.labels = vmfc_workload_labels_new(),
		.hostname = "replay",
		.zones = (const gchar *const *)options->zones,
		.sync = !options->no_sync,
		.deliver = deliver,
		.grace = ignore_grace,
		.user_data = harness,
	};

	harness->schema = vmfc_schema_new();
	harness->files = vmfc_source_files_new(options->root);
	harness->labels = setup.labels;
	g_auto(GStrv) extensions = vmfc_plugin_index_list_extensions(options->index);
	harness->outputs = vmfc_run_files_new(options->output, (const gchar *const *)extensions,
					      options->fsync);
	harness->run = (VmfcRun){
		.schema = harness->schema,
		.files = harness->files,
		.settings = options->settings,
		.clock = clock,
		.interval = options->interval,
		.grace = options->grace,
		.output = options->output,
	};
	harness->plugins = vmfc_plugin_set_new(&harness->run, harness->labels, harness->outputs,
					       options, &error);
	g_assert_no_error(error);
	harness->collector = vmfc_collector_new(&harness->run, &setup);
	vmfc_collector_add_head(harness->collector, &error);
	vmfc_plugin_set_open(harness->plugins, &error);
	g_assert_no_error(error);
	vmfc_collector_add_tail(harness->collector, &error);
	vmfc_schema_freeze(harness->schema);
	harness->writer = vmfc_writer_new(harness->schema, harness->plugins->sinks,
					  vmfc_run_files_get_sync(harness->outputs), N_QUEUED,
					  count_written, harness);
	vmfc_writer_start(harness->writer, &error);
	g_assert_no_error(error);
	vmfc_writer_wait_for_sinks(harness->writer, &error);
	g_assert_no_error(error);
	vmfc_plugin_set_start_samplers(harness->plugins, &error);
	g_assert_no_error(error);
	vmfc_plugin_set_warn_missing(harness->schema);
	vmfc_collector_prepare(harness->collector, harness->plugins->samplers,
			       vmfc_writer_take_row(harness->writer));
}

void
harness_close(Harness *harness)
{
	VmfcWriterResult result;

	vmfc_collector_close_record(harness->collector);
	for (guint i = 0; i < harness->plugins->samplers->len; i++)
		vmfc_context_stop(harness->plugins->samplers->pdata[i]);
	vmfc_writer_stop(harness->writer, &result);
	g_assert_false(result.failed);
	vmfc_writer_free(harness->writer);
	vmfc_plugin_set_free(harness->plugins);
	vmfc_collector_free(harness->collector);
	vmfc_run_files_free(harness->outputs);
	g_free(harness->labels);
	vmfc_source_files_free(harness->files);
	vmfc_schema_free(harness->schema);
}

/* ---------------------------------------------------------- on a fake clock */

/*
 * @argv: the program's name, one argument of the program, options of vmfc
 *
 * Returns: (transfer full): what is wrong with them ends the test
 */
VmfcOptions *
fake_run_parse(gchar *argv[])
{
	static VmfcLog log;
	g_autoptr(GError) error = NULL;
	VmfcOptions *options = vmfc_options_parse(argv + 1, built_index(), &error);

	g_assert_no_error(error);
	vmfc_log_install(&log);
	return options;
}

void
fake_run_open(FakeRun *run, const VmfcOptions *options)
{
	fake_clock_init(&run->clock, 0, FAKE_REALTIME - FAKE_START);
	harness_open(&run->harness, options, &run->clock.clock);
	vmfc_ticker_init(&run->ticker, FAKE_START, options->interval);
}

void
fake_run_tick(FakeRun *run)
{
	VmfcTick tick;

	run->clock.now = FAKE_START + (gint64)run->ticker.next * run->ticker.interval +
			 FAKE_LATENESS;
	g_assert_true(vmfc_ticker_advance(&run->ticker, run->clock.now, &tick));
	vmfc_collector_tick(run->harness.collector, &tick);
}
