/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/results.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

/* Maximum length of a line if the output is not a terminal. */
#define WIDTH	 100
#define NS_PER_S 1e9

struct _VmfcResults {
	VmfcMeta meta;
	VmfcRunFiles *outputs; /* not owned */
	VmfcSummary *summary;
	VmfcSummary *part;	     /* of the current part; NULL: there are no parts */
	VmfcWriterResult part_start; /* of the writer when the part began */
	guint64 part_tick;	     /* that opened the first window of the part */
	gint64 first_tick_time;	     /* CLOCK_REALTIME of tick 0, ns */
};

/* @meta: what is known before the run begins; copied */
VmfcResults *
vmfc_results_new(const VmfcMeta *meta, VmfcRunFiles *outputs)
{
	VmfcResults *results = g_new0(VmfcResults, 1);

	results->meta = *meta;
	results->outputs = outputs;
	results->summary = vmfc_summary_new(meta->schema);
	return results;
}

void
vmfc_results_free(VmfcResults *results)
{
	vmfc_summary_free(results->summary);
	g_clear_pointer(&results->part, vmfc_summary_free);
	g_free(results);
}

/* @start_time: CLOCK_REALTIME of the first deadline, ns */
void
vmfc_results_set_start(VmfcResults *results, gint64 start_time)
{
	results->meta.start_time = start_time;
	results->first_tick_time = start_time;
}

void
vmfc_results_move_start(VmfcResults *results, gint64 nanoseconds)
{
	results->meta.start_time += nanoseconds;
}

void
vmfc_results_add(VmfcResults *results, const VmfcRecord *record)
{
	vmfc_summary_add(results->summary, record);
	if (results->part == NULL)
		return;
	/* with --no-sync the first record has no window before it */
	if (vmfc_summary_get_n_records(results->part) == 0)
		results->part_tick = MAX(vmfc_record_get_tick(record), 1) - 1;
	vmfc_summary_add(results->part, record);
}

/* Adds the deadlines without a record after the last record. */
void
vmfc_results_add_missed(VmfcResults *results, guint64 n_missed)
{
	vmfc_summary_add_missed(results->summary, n_missed);
	if (results->part != NULL)
		vmfc_summary_add_missed(results->part, n_missed);
}

const VmfcSummary *
vmfc_results_get_summary(const VmfcResults *results)
{
	return results->summary;
}

/* -------------------------------------------------------------- parts */

/* Returns: (transfer full): the meta file of the current part, after its last record */
static gchar *
build_final_meta(const VmfcResults *results, const VmfcWriterResult *result)
{
	const VmfcWriterResult *start = &results->part_start;
	const VmfcWriterResult of_part = {
		.n_written = result->n_written - start->n_written,
		.n_dropped = result->n_dropped - start->n_dropped,
		.n_failed = result->n_failed - start->n_failed,
		.failed = result->failed,
	};
	VmfcMeta meta = results->meta;

	meta.summary = results->part != NULL ? results->part : results->summary;
	if (results->part != NULL && vmfc_summary_get_n_records(results->part) > 0)
		meta.start_time = results->first_tick_time +
				  (gint64)results->part_tick * meta.options->interval;
	meta.result = &of_part;
	return vmfc_meta_to_text(&meta);
}

/* Called when the files of a part are full and closed. */
static gboolean
end_part(const VmfcWriterResult *result, gpointer user_data, GError **error)
{
	VmfcResults *results = user_data;
	g_autofree gchar *meta = build_final_meta(results, result);

	results->part_start = *result;
	vmfc_summary_free(results->part);
	results->part = vmfc_summary_new(results->meta.schema);
	return vmfc_run_files_end_part(results->outputs, meta, error);
}

/* Divides the files into parts if the options say so. */
void
vmfc_results_divide(VmfcResults *results, VmfcWriter *writer)
{
	const VmfcOptions *options = results->meta.options;
	const VmfcDivision division = {options->part_windows, options->part_size, end_part,
				       results};

	if (!vmfc_options_are_divided(options))
		return;
	results->part = vmfc_summary_new(results->meta.schema);
	vmfc_writer_divide(writer, &division);
}

/* ------------------------------------------------- beginning and end */

/* Writes the meta file, without the result of the run. */
gboolean
vmfc_results_begin(VmfcResults *results, GError **error)
{
	g_autofree gchar *text = vmfc_meta_to_text(&results->meta);
	return vmfc_run_files_write_meta(results->outputs, text, error);
}

/* Logs what is collected, how long, and into which files. It is a message on a terminal only. */
void
vmfc_results_announce(const VmfcResults *results)
{
	const VmfcOptions *options = results->meta.options;
	const GPtrArray *paths = vmfc_run_files_get_paths(results->outputs);
	g_autoptr(GString) where = g_string_new(NULL);
	gdouble interval = (gdouble)options->interval / NS_PER_S;
	g_autofree gchar *until = options->duration == 0
					  ? g_strdup("until Ctrl-C")
					  : g_strdup_printf("for %g s",
							    (gdouble)options->duration / NS_PER_S);

	for (guint i = 0; i < paths->len; i++)
		g_string_append_printf(where, "%s%s",
				       i == 0		    ? ""
				       : i + 1 < paths->len ? ", "
							    : " and ",
				       (const gchar *)paths->pdata[i]);
	if (options->is_stream)
		g_string_append(where, g_str_equal(options->output, "-") ? "standard output"
									 : options->output);
	g_log(G_LOG_DOMAIN, isatty(STDERR_FILENO) != 0 ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_INFO,
	      "collecting %s every %g s %s into %s", options->plugins, interval, until,
	      where->len > 0 ? where->str : "no file");
}

/* Writes the complete meta file. Returns: whether it succeeded; logs the reason if not */
gboolean
vmfc_results_finish(VmfcResults *results, const VmfcWriterResult *result)
{
	g_autofree gchar *text = build_final_meta(results, result);
	g_autoptr(GError) error = NULL;

	if (vmfc_run_files_write_meta(results->outputs, text, &error))
		return TRUE;
	g_warning("%s remains as it was when the run began: %s",
		  vmfc_run_files_get_meta(results->outputs), error->message);
	return FALSE;
}

/*
 * If records go to standard output, prints to standard error.
 *
 * @work_time: CPU seconds of this process that a workload has used
 */
void
vmfc_results_print(const VmfcResults *results, const VmfcWriterResult *result, gdouble work_time)
{
	const VmfcOptions *options = results->meta.options;
	gboolean is_stdout = options->is_stream && vmfc_stream_is_stdout(options->output);
	FILE *to = is_stdout ? stderr : stdout;
	gint fd = is_stdout ? STDERR_FILENO : STDOUT_FILENO;
	guint width = isatty(fd) != 0 ? vmfc_log_get_width(fd) : WIDTH;
	g_autofree gchar *text = vmfc_summary_to_text(results->summary, result, work_time, width);
	const GPtrArray *paths = vmfc_run_files_get_paths(results->outputs);
	const gchar *meta = vmfc_run_files_get_meta(results->outputs);

	fputs(text, to);
	for (guint i = 0; i < paths->len; i++)
		fprintf(to, "  %s\n", (const gchar *)paths->pdata[i]);
	if (meta != NULL)
		fprintf(to, "  %s\n", meta);
}
