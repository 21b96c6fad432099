/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/app.h"

#include <stdio.h>

#include "collect/collector.h"
#include "collect/descriptor-limit.h"
#include "collect/plugin-set.h"
#include "workload/workload-labels.h"
#include "output/append-file.h"
#include "output/path-check.h"
#include "collect/progress.h"
#include "plugin/registry.h"
#include "collect/results.h"
#include "collect/signals.h"
#include "collect/scheduling.h"
#include "collect/writer.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)
/* The queue has room for records of so many seconds. The bounds limit its memory. */
#define QUEUE_SECONDS 10
#define QUEUE_MIN     64
#define QUEUE_MAX     8192
/* If the first window opens later than this, the user gets a message. */
#define LONG_WAIT	  (2 * NS_PER_S)
#define WORKLOAD_PRIORITY (G_PRIORITY_HIGH + 10)

/* One run, from the options to the files. */
typedef struct {
	const VmfcOptions *options;
	VmfcHostInfo *machine;
	VmfcSchema *schema;
	VmfcSourceFiles *files;
	VmfcWorkloadLabels *labels;
	VmfcRunFiles *outputs;
	VmfcCollector *collector;
	VmfcPluginSet *plugins;
	VmfcResults *results;
	VmfcProgress *progress;
	VmfcWriter *writer;
	VmfcRun run;

	GMainLoop *loop;
	VmfcTicker ticker;
	gboolean begun; /* the first tick has fired */
	GSource *tick_source;
	GSource *grace_source;
	GSource *workload_source;
	VmfcSignals signals;
} VmfcApp;

static void
app_clear(VmfcApp *app)
{
	vmfc_signals_release(&app->signals);
	vmfc_signals_ignore_continue(&app->signals);
	GSource *sources[] = {app->tick_source, app->grace_source, app->workload_source};
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
		if (sources[i] == NULL)
			continue;
		g_source_destroy(sources[i]);
		g_source_unref(sources[i]);
	}
	g_clear_pointer(&app->loop, g_main_loop_unref);
	g_clear_pointer(&app->writer, vmfc_writer_free);
	g_clear_pointer(&app->progress, vmfc_progress_free);
	g_clear_pointer(&app->results, vmfc_results_free);
	g_clear_pointer(&app->plugins, vmfc_plugin_set_free);
	g_clear_pointer(&app->collector, vmfc_collector_free);
	g_clear_pointer(&app->outputs, vmfc_run_files_free);
	g_clear_pointer(&app->labels, g_free);
	g_clear_pointer(&app->files, vmfc_source_files_free);
	g_clear_pointer(&app->schema, vmfc_schema_free);
	g_clear_pointer(&app->machine, vmfc_host_info_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcApp, app_clear)

/* ----------------------------------------------------- while it runs */

static guint64
count_windows(const VmfcApp *app)
{
	return (guint64)(app->options->duration / app->options->interval);
}

static void
record_written(const VmfcRecord *record, gpointer user_data)
{
	VmfcApp *app = user_data;
	vmfc_results_add(app->results, record);
	vmfc_progress_update(app->progress, vmfc_record_get_tick(record),
			     vmfc_results_get_summary(app->results));
}

static VmfcRow *
record_complete(VmfcRow *row, gpointer user_data)
{
	VmfcApp *app = user_data;
	if (row->tick >= app->ticker.last)
		g_main_loop_quit(app->loop);
	return vmfc_writer_exchange(app->writer, row);
}

static gboolean
end_run(gpointer user_data)
{
	VmfcApp *app = user_data;
	g_main_loop_quit(app->loop);
	return G_SOURCE_REMOVE;
}

/* Called on the writer's thread. A reader that closes the stream, such as head(1), ends the run. */
static void
reader_closed(gpointer user_data)
{
	g_idle_add(end_run, user_data);
}

/* The duration counts from the first tick that fired, because earlier ones may have been missed. */
static void
begin(VmfcApp *app, guint64 index)
{
	app->begun = TRUE;
	vmfc_progress_begin(app->progress);
	vmfc_results_move_start(app->results, (gint64)index * app->options->interval);
	if (app->options->duration != 0)
		vmfc_ticker_end_at(&app->ticker,
				   index + count_windows(app) - (app->options->no_sync ? 1 : 0));
}

static gboolean
tick_due(gint64 now, gpointer user_data)
{
	VmfcApp *app = user_data;
	VmfcTick tick;

	if (!vmfc_ticker_advance(&app->ticker, now, &tick))
		return G_SOURCE_CONTINUE;
	if (!app->begun)
		begin(app, tick.index);
	vmfc_collector_tick(app->collector, &tick);
	return vmfc_ticker_has_ended(&app->ticker, now) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
set_grace(gint64 deadline, gpointer user_data)
{
	VmfcApp *app = user_data;
	g_source_set_ready_time(app->grace_source, deadline < 0 ? -1 : deadline / 1000);
}

static gboolean
grace_expired(gpointer user_data)
{
	VmfcApp *app = user_data;
	vmfc_collector_close_record(app->collector);
	return G_SOURCE_CONTINUE;
}

static gboolean
workload_due(gpointer user_data)
{
	VmfcApp *app = user_data;
	gint64 now = vmfc_clock_monotonic(&vmfc_clock_system);

	/* after the last deadline no workload begins, also where its tick is late */
	if (vmfc_ticker_has_ended(&app->ticker, now)) {
		g_source_set_ready_time(app->workload_source, -1);
		return G_SOURCE_CONTINUE;
	}
	gint64 next = vmfc_workload_runner_advance(app->plugins->workloads, now);
	g_source_set_ready_time(app->workload_source, next < 0 ? -1 : (next + 999) / 1000);
	return G_SOURCE_CONTINUE;
}

static void
wake_workloads(gpointer user_data)
{
	VmfcApp *app = user_data;
	g_source_set_ready_time(app->workload_source, 0);
}

/* A run without a duration ends when its workloads end. */
static void
workloads_finished(gpointer user_data)
{
	VmfcApp *app = user_data;
	if (app->options->duration == 0)
		g_main_loop_quit(app->loop);
}

static gboolean
dispatch_callback(G_GNUC_UNUSED GSource *source, GSourceFunc callback, gpointer user_data)
{
	return callback(user_data);
}

static GSourceFuncs callback_source_funcs = {.dispatch = dispatch_callback};

/* Returns: (transfer full): a source that fires at the ready time that is set on it */
static GSource *
add_source(VmfcApp *app, GSourceFunc callback)
{
	GSource *source = g_source_new(&callback_source_funcs, sizeof(GSource));
	g_source_set_callback(source, callback, app, NULL);
	g_source_attach(source, NULL);
	return source;
}

static void
interrupted(gpointer user_data)
{
	VmfcApp *app = user_data;
	g_main_loop_quit(app->loop);
}

/* While this process was stopped, its load did not run. So the label of this window is not true. */
static void
continued(gpointer user_data)
{
	VmfcApp *app = user_data;
	vmfc_workload_labels_interrupt(app->labels);
}

/* ------------------------------------------------------------- opening */

static gboolean
open_columns(VmfcApp *app, GError **error)
{
	const VmfcOptions *options = app->options;
	const VmfcCollectorSetup setup = {
		.labels = app->labels,
		.hostname = app->machine->hostname,
		.zones = (const gchar *const *)options->zones,
		.sync = !options->no_sync,
		.deliver = record_complete,
		.grace = set_grace,
		.user_data = app,
	};

	app->collector = vmfc_collector_new(&app->run, &setup);
	if (!vmfc_collector_add_head(app->collector, error) ||
	    !vmfc_plugin_set_open(app->plugins, error) ||
	    !vmfc_collector_add_tail(app->collector, error))
		return FALSE;
	vmfc_schema_freeze(app->schema);
	return TRUE;
}

static gboolean
open_outputs(VmfcApp *app, GError **error)
{
	const VmfcOptions *options = app->options;

	if (vmfc_options_are_divided(options))
		vmfc_run_files_divide(app->outputs, options->parts_kept);
	if (options->is_stream) {
		if (!vmfc_run_files_open_stream(app->outputs, options->output, error))
			return FALSE;
		vmfc_stream_on_closed(vmfc_run_files_get_stream(app->outputs), reader_closed, app);
	}
	if (!vmfc_plugin_set_writes_files(app->plugins, options))
		vmfc_run_files_leave_empty(app->outputs);
	if (options->meta != NULL)
		vmfc_run_files_put_meta(app->outputs, options->meta);
	return vmfc_run_files_hold(app->outputs, error) &&
	       vmfc_run_files_keep_run(app->outputs, error);
}

static gboolean
open_writer(VmfcApp *app, const gchar *const *command_line, GError **error)
{
	const VmfcMeta meta = {
		.machine = app->machine,
		.options = app->options,
		.schema = app->schema,
		.command_line = command_line,
		.workload = vmfc_workload_runner_get_text(app->plugins->workloads),
	};
	guint64 capacity = (guint64)(QUEUE_SECONDS * NS_PER_S / app->options->interval);

	app->results = vmfc_results_new(&meta, app->outputs);
	app->progress = vmfc_progress_new(app->options->interval, count_windows(app));
	app->writer = vmfc_writer_new(
		app->schema, app->plugins->sinks, vmfc_run_files_get_sync(app->outputs),
		(guint)CLAMP(capacity, QUEUE_MIN, QUEUE_MAX), record_written, app);
	vmfc_results_divide(app->results, app->writer);
	return vmfc_writer_start(app->writer, error);
}

static gboolean
check_names(const VmfcOptions *options, VmfcRunFiles *outputs, GError **error)
{
	return (options->meta == NULL || vmfc_path_check(options->meta, FALSE, error)) &&
	       (options->is_stream || vmfc_path_check(vmfc_run_files_get_meta(outputs),
						      vmfc_options_are_divided(options), error));
}

/* Does what can fail before any file is written. A failure here has exit code 2. */
static gboolean
app_open(VmfcApp *app, GError **error)
{
	const VmfcOptions *options = app->options;
	g_auto(GStrv) extensions = vmfc_plugin_index_list_extensions(options->index);

	app->machine = vmfc_host_info_new(options->root);
	app->schema = vmfc_schema_new();
	app->files = vmfc_source_files_new(options->root);
	app->labels = vmfc_workload_labels_new();
	vmfc_signals_watch_continue(&app->signals, continued, app);
	app->outputs = vmfc_run_files_new(options->output, (const gchar *const *)extensions,
					  options->fsync);
	app->run = (VmfcRun){
		.schema = app->schema,
		.files = app->files,
		.settings = options->settings,
		.seed = options->seed,
		.interval = options->interval,
		.grace = options->no_sync ? VMFC_ANSWER_TIMEOUT : options->grace,
		.output = options->output,
	};
	app->plugins = vmfc_plugin_set_new(&app->run, app->labels, app->outputs, options, error);
	return app->plugins != NULL && check_names(options, app->outputs, error) &&
	       open_columns(app, error);
}

static void
start_ticker(VmfcApp *app)
{
	const VmfcOptions *options = app->options;
	VmfcWorkloadRunner *workloads = app->plugins->workloads;
	gint64 lead = vmfc_workload_runner_has_workloads(workloads) ? VMFC_WORKLOAD_LEAD : 0;
	gint64 t0;

	if (options->no_sync)
		t0 = vmfc_clock_monotonic(&vmfc_clock_system);
	else if (options->start_time != 0)
		t0 = vmfc_clock_find_monotonic(&vmfc_clock_system, options->start_time);
	else
		t0 = vmfc_ticker_align(&vmfc_clock_system, options->interval, lead);
	vmfc_ticker_init(&app->ticker, t0, options->interval);
	/* rounded to µs: the two clocks are not read at one instant */
	vmfc_results_set_start(app->results,
			       (t0 - vmfc_clock_find_monotonic(&vmfc_clock_system, 0) + 500) /
				       1000 * 1000);
	vmfc_workload_runner_begin(workloads, t0, wake_workloads, workloads_finished, app);
	wake_workloads(app);
}

/* Logs the setup of the run, most of it only with --verbose. */
static void
log_setup(const VmfcApp *app)
{
	const GPtrArray *entries = vmfc_registry_get_entries(app->options->registry);
	gint64 wait = app->ticker.t0 - vmfc_clock_monotonic(&vmfc_clock_system);

	for (guint i = 0; i < entries->len; i++) {
		const VmfcRegistryEntry *entry = entries->pdata[i];
		if (entry->plugin != NULL)
			g_info("plugin %s is %s", entry->name, entry->path);
		else if (entry->refusal != NULL)
			g_info("%s", entry->refusal->message);
	}
	g_info("Linux %s on %s, hypervisor %s, container %s, clock source %s", app->machine->kernel,
	       app->machine->architecture, app->machine->hypervisor, app->machine->container,
	       app->machine->clock_source);
	vmfc_results_announce(app->results);
	g_log(G_LOG_DOMAIN, wait > LONG_WAIT ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_INFO,
	      "the first window opens in %.3f s and is %.3f s long",
	      (gdouble)MAX(wait, 0) / NS_PER_S, (gdouble)app->options->interval / NS_PER_S);
	if (app->options->duration % app->options->interval != 0)
		g_message("%g s contain %" G_GUINT64_FORMAT
			  " windows of %g s: the run ends with the "
			  "last complete window",
			  (gdouble)app->options->duration / NS_PER_S, count_windows(app),
			  (gdouble)app->options->interval / NS_PER_S);
}

/* Changes only this thread, which runs the ticks. Other threads keep their priority. */
static void
raise_priority(const VmfcApp *app)
{
	g_autoptr(GError) error = NULL;

	if (app->options->realtime && vmfc_scheduling_reserve(app->options->interval, &error))
		return;
	if (error != NULL)
		g_warning("%s; ticks may be late when all CPUs are busy", error->message);
	vmfc_scheduling_shorten();
}

static gboolean
app_start(VmfcApp *app, const gchar *const *command_line, GError **error)
{
	if (!vmfc_descriptor_limit_check_run(
		    app->plugins->sinks->len,
		    vmfc_workload_runner_has_workloads(app->plugins->workloads), error))
		return FALSE;
	app->loop = g_main_loop_new(NULL, FALSE);
	if (!open_outputs(app, error) || !open_writer(app, command_line, error))
		return FALSE;
	app->grace_source = add_source(app, grace_expired);
	app->workload_source = add_source(app, workload_due);
	/* after the tick, and before the timers of a workload that are due at the same instant */
	g_source_set_priority(app->workload_source, WORKLOAD_PRIORITY);
	vmfc_signals_catch(&app->signals, interrupted, app);
	/* the writer's thread opens the sinks at the same time */
	if (!vmfc_plugin_set_start_samplers(app->plugins, error) ||
	    !vmfc_writer_wait_for_sinks(app->writer, error))
		return FALSE;
	vmfc_plugin_set_warn_missing(app->schema);
	vmfc_collector_prepare(app->collector, app->plugins->samplers,
			       vmfc_writer_take_row(app->writer));
	start_ticker(app);
	if (!vmfc_results_begin(app->results, error))
		return FALSE;
	vmfc_run_files_release(app->outputs);
	raise_priority(app);
	app->tick_source = vmfc_ticker_source_new(&app->ticker, tick_due, app, error);
	if (app->tick_source == NULL)
		return FALSE;
	g_source_attach(app->tick_source, NULL);
	log_setup(app);
	return TRUE;
}

/* -------------------------------------------------------------- ending */

static void
stop_writer(VmfcApp *app, VmfcWriterResult *result)
{
	VmfcStream *stream = vmfc_run_files_get_stream(app->outputs);

	if (stream != NULL)
		vmfc_stream_limit_wait(stream);
	vmfc_writer_stop(app->writer, result);
}

/* Ends what was started, in the opposite order. Returns: the exit code */
static gint
app_finish(VmfcApp *app)
{
	VmfcWriterResult result;

	vmfc_signals_let_next_end(&app->signals);
	vmfc_collector_close_record(app->collector);
	for (guint i = 0; i < app->plugins->samplers->len; i++)
		vmfc_context_stop(app->plugins->samplers->pdata[i]);
	stop_writer(app, &result);
	/* last, because its processes may need some time to end */
	vmfc_workload_runner_stop(app->plugins->workloads);
	vmfc_progress_clear(app->progress);
	vmfc_results_add_missed(app->results, vmfc_collector_get_n_missed(app->collector));
	result.failed |= !vmfc_results_finish(app->results, &result);
	vmfc_results_print(app->results, &result, app->labels->work_time);
	return result.failed || app->labels->failed ? 1 : 0;
}

/*
 * Collects records as @options say.
 *
 * Returns: the exit code: 0 for success, 1 if records were lost or an operation failed, 2 if the
 *   options are invalid. @error is set if the caller must print a message.
 */
gint
vmfc_app_run(const VmfcOptions *options, const gchar *const *command_line, GError **error)
{
	g_auto(VmfcApp) app = {.options = options};

	if (!app_open(&app, error))
		return 2;
	if (!app_start(&app, command_line, error)) {
		VmfcWriterResult result;
		vmfc_signals_let_next_end(&app.signals);
		if (app.writer != NULL)
			stop_writer(&app, &result);
		/* a sink sees its options only when it is opened */
		return g_error_matches(*error, VMFC_ERROR, VMFC_ERROR_USAGE) ? 2 : 1;
	}
	g_main_loop_run(app.loop);
	return app_finish(&app);
}
