/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/summary.h"
#include "base/log.h"

#include <string.h>
#include <sys/resource.h>

/* A histogram of the lateness, with 32 buckets per power of two: the error is at most 3 %. */
#define SUB_BITS  5
#define N_BUCKETS ((64 - SUB_BITS) << SUB_BITS)
#define NO_COLUMN G_MAXUINT

struct _VmfcSummary {
	const VmfcSchema *schema;
	guint lateness_column;
	guint missed_column;
	guint cpu_column;
	guint workload_column;
	guint phase_column;

	guint64 n_records;
	guint64 n_missed;
	guint64 *n_present; /* per visible column */
	guint64 *n_missing; /* per visible column, VMFC_N_REASONS each */
	guint64 buckets[N_BUCKETS];
	gint64 lateness_max; /* µs, like all lateness here */
	guint64 n_cpu;
	gdouble cpu_min; /* percent, like all CPU utilisation here */
	gdouble cpu_max;
	gdouble cpu_sum;

	/* of the newest record */
	gint64 lateness_now;
	gboolean has_cpu_now;
	gdouble cpu_now;
	guint n_missing_now;
	gchar workload_now[VMFC_STRING_SIZE];
	gchar phase_now[VMFC_STRING_SIZE];
};

static guint
find_column(const VmfcSchema *schema, const gchar *name)
{
	const VmfcDeclaration *declaration = vmfc_schema_find(schema, name);
	return declaration != NULL ? declaration->index : NO_COLUMN;
}

VmfcSummary *
vmfc_summary_new(const VmfcSchema *schema)
{
	VmfcSummary *summary = g_new0(VmfcSummary, 1);
	summary->schema = schema;
	summary->lateness_column = find_column(schema, "tick_lateness_us");
	summary->missed_column = find_column(schema, "missed_ticks");
	summary->cpu_column = find_column(schema, "cpu_utilization");
	summary->workload_column = find_column(schema, "stress_workload");
	summary->phase_column = find_column(schema, "stress_phase");
	summary->n_present = g_new0(guint64, vmfc_schema_get_n_columns(schema));
	summary->n_missing = g_new0(guint64,
				    (gsize)vmfc_schema_get_n_columns(schema) * VMFC_N_REASONS);
	return summary;
}

void
vmfc_summary_free(VmfcSummary *summary)
{
	g_free(summary->n_present);
	g_free(summary->n_missing);
	g_free(summary);
}

static guint
bucket_of(guint64 value)
{
	if (value < (1u << SUB_BITS))
		return (guint)value;
	guint shift = (guint)(63 - __builtin_clzll(value)) - SUB_BITS;
	return (((shift + 1) << SUB_BITS) | ((value >> shift) & ((1u << SUB_BITS) - 1)));
}

static guint64
bucket_start(guint bucket)
{
	if (bucket < (1u << SUB_BITS))
		return bucket;
	guint shift = (bucket >> SUB_BITS) - 1;
	return (guint64)((1u << SUB_BITS) | (bucket & ((1u << SUB_BITS) - 1))) << shift;
}

static void
add_cpu(VmfcSummary *summary, gdouble cpu)
{
	summary->cpu_now = cpu;
	summary->cpu_min = summary->n_cpu == 0 ? cpu : MIN(summary->cpu_min, cpu);
	summary->cpu_max = summary->n_cpu == 0 ? cpu : MAX(summary->cpu_max, cpu);
	summary->cpu_sum += cpu;
	summary->n_cpu++;
}

static gboolean
has(const VmfcRecord *record, guint column)
{
	return column != NO_COLUMN && vmfc_record_has(record, column);
}

static void
copy_string(const VmfcRecord *record, guint column, gchar text[VMFC_STRING_SIZE])
{
	g_strlcpy(text, has(record, column) ? vmfc_record_get_string(record, column) : "",
		  VMFC_STRING_SIZE);
}

/* Called on the writer's thread. @record: with all visible columns */
void
vmfc_summary_add(VmfcSummary *summary, const VmfcRecord *record)
{
	summary->n_records++;
	summary->n_missing_now = 0;
	for (guint i = 0; i < record->n_columns; i++) {
		gboolean is_label = vmfc_schema_get_column(summary->schema, i)->kind ==
				    VMFC_KIND_LABEL;
		if (vmfc_record_has(record, i))
			summary->n_present[i]++;
		else if (!is_label)
			summary->n_missing_now++;
		if (record->row->why[i] > 0)
			summary->n_missing[i * VMFC_N_REASONS + record->row->why[i] - 1]++;
	}
	if (has(record, summary->lateness_column)) {
		gint64 lateness = MAX(vmfc_record_get_int(record, summary->lateness_column), 0);
		summary->lateness_now = lateness;
		summary->lateness_max = MAX(summary->lateness_max, lateness);
		summary->buckets[bucket_of((guint64)lateness)]++;
	}
	if (has(record, summary->missed_column))
		summary->n_missed += (guint64)vmfc_record_get_int(record, summary->missed_column);
	summary->has_cpu_now = has(record, summary->cpu_column);
	if (summary->has_cpu_now)
		add_cpu(summary, vmfc_record_get_float(record, summary->cpu_column));
	copy_string(record, summary->workload_column, summary->workload_now);
	copy_string(record, summary->phase_column, summary->phase_now);
}

/* Adds deadlines that passed after the last record. */
void
vmfc_summary_add_missed(VmfcSummary *summary, guint64 n_missed)
{
	summary->n_missed += n_missed;
}

guint64
vmfc_summary_get_n_records(const VmfcSummary *summary)
{
	return summary->n_records;
}

guint64
vmfc_summary_get_n_missed(const VmfcSummary *summary)
{
	return summary->n_missed;
}

guint64
vmfc_summary_get_n_present(const VmfcSummary *summary, guint column)
{
	return summary->n_present[column];
}

/* Returns: the number of records in which the column was missing. @reason: an index */
guint64
vmfc_summary_get_n_missing(const VmfcSummary *summary, guint column, guint reason)
{
	return summary->n_missing[column * VMFC_N_REASONS + reason];
}

/* Returns: the quantile of the lateness, in µs */
gint64
vmfc_summary_get_lateness(const VmfcSummary *summary, gdouble fraction)
{
	guint64 wanted = (guint64)(fraction * (gdouble)summary->n_records);
	guint64 seen = 0;

	if (fraction >= 1)
		return summary->lateness_max;
	for (guint i = 0; i < N_BUCKETS; i++) {
		seen += summary->buckets[i];
		if (seen > wanted)
			return (gint64)bucket_start(i);
	}
	return summary->lateness_max;
}

static void
append_count(GString *text, guint64 n, const gchar *noun)
{
	g_string_append_printf(text, "%" G_GUINT64_FORMAT " %s%s", n, noun, n == 1 ? "" : "s");
}

/* Returns: (transfer full): a short text about the newest record */
gchar *
vmfc_summary_get_progress(const VmfcSummary *summary)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append_count(text, summary->n_records, "record");
	if (summary->workload_now[0] != '\0' && !g_str_equal(summary->workload_now, "none"))
		g_string_append_printf(text, ", %s%s%s", summary->workload_now,
				       summary->phase_now[0] != '\0' ? " " : "",
				       summary->phase_now);
	if (summary->has_cpu_now)
		g_string_append_printf(text, ", CPU %.1f %%", summary->cpu_now);
	g_string_append_printf(text, ", late %.2f ms, ", (gdouble)summary->lateness_now / 1000);
	append_count(text, summary->n_missing_now, "column");
	g_string_append(text, " missing");
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* -------------------------------------------------------- at the end */

/* A label without a value, such as a phase of no workload, does not apply. It is not missing. */
static gboolean
is_unused_label(const VmfcSummary *summary, guint column)
{
	return summary->n_present[column] != summary->n_records &&
	       vmfc_schema_get_column(summary->schema, column)->kind == VMFC_KIND_LABEL;
}

static void
append_columns_with(const VmfcSummary *summary, guint64 n_present, guint width, GString *text)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; i < vmfc_schema_get_n_columns(summary->schema); i++) {
		if (summary->n_present[i] != n_present || is_unused_label(summary, i))
			continue;
		const gchar *name = vmfc_schema_get_column(summary->schema, i)->name;
		g_string_append_printf(line, "%s%s", line->len > 0 ? ", " : "", name);
	}
	if (line->len == 0)
		return;
	g_autofree gchar *share = n_present == 0
					  ? g_strdup("in none")
					  : g_strdup_printf("in %.1f %%",
							    100.0 * (gdouble)n_present /
								    (gdouble)summary->n_records);
	g_autofree gchar *whole = g_strdup_printf("    %s: %s", share, line->str);
	g_autofree gchar *wrapped = vmfc_log_wrap(whole, width, "      ");
	g_string_append_printf(text, "%s\n", wrapped);
}

static gint
compare_counts(gconstpointer a, gconstpointer b)
{
	guint64 left = *(const guint64 *)a;
	guint64 right = *(const guint64 *)b;
	return left < right ? -1 : left > right;
}

static void
append_completeness(const VmfcSummary *summary, guint width, GString *text)
{
	guint n_columns = vmfc_schema_get_n_columns(summary->schema);
	g_autofree guint64 *counts = g_memdup2(summary->n_present, n_columns * sizeof(guint64));
	guint n_complete = 0;
	guint n_used = 0;

	for (guint i = 0; i < n_columns; i++) {
		n_used += !is_unused_label(summary, i);
		n_complete += summary->n_present[i] == summary->n_records;
	}
	g_string_append_printf(text, "  columns: %u of %u in every record\n", n_complete, n_used);
	qsort(counts, n_columns, sizeof(guint64), compare_counts);
	for (guint i = 0; i < n_columns; i++) {
		if (counts[i] != summary->n_records && (i == 0 || counts[i] != counts[i - 1]))
			append_columns_with(summary, counts[i], width, text);
	}
}

static gdouble
seconds_of(struct timeval time)
{
	return (gdouble)time.tv_sec + (gdouble)time.tv_usec / G_USEC_PER_SEC;
}

/*
 * The peak of the resident memory of this process in KiB; 0 if it is unknown. ru_maxrss of
 * getrusage(2) is wrong here: it includes the memory of the parent at fork(2). proc(5).
 */
static guint64
peak_memory(void)
{
	g_autofree gchar *status = NULL;

	if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
		return 0;
	const gchar *line = strstr(status, "VmHWM:");
	return line != NULL ? g_ascii_strtoull(line + strlen("VmHWM:"), NULL, 10) : 0;
}

/*
 * @work_time: CPU seconds of this process that a workload has used
 * @width: maximum length of a line
 *
 * Returns: (transfer full): the summary for the user
 */
gchar *
vmfc_summary_to_text(const VmfcSummary *summary, const VmfcWriterResult *result, gdouble work_time,
		     guint width)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct rusage own;

	append_count(text, summary->n_records, "record");
	g_string_append(text, ", ");
	append_count(text, summary->n_missed, "window");
	g_string_append(text, " missed");
	if (result->n_dropped > 0) {
		g_string_append(text, ", ");
		append_count(text, result->n_dropped, "record");
		g_string_append(text, " dropped");
	}
	if (result->n_failed > 0) {
		g_string_append(text, ", ");
		append_count(text, result->n_failed, "record");
		g_string_append(text, " not written");
	}
	g_string_append_c(text, '\n');
	if (summary->n_records > 0) {
		g_string_append_printf(text, "  lateness: p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
				       (gdouble)vmfc_summary_get_lateness(summary, 0.5) / 1000,
				       (gdouble)vmfc_summary_get_lateness(summary, 0.99) / 1000,
				       (gdouble)summary->lateness_max / 1000);
		if (summary->n_cpu > 0)
			g_string_append_printf(
				text, "  CPU utilisation: min %.1f %%, mean %.1f %%, max %.1f %%\n",
				summary->cpu_min, summary->cpu_sum / (gdouble)summary->n_cpu,
				summary->cpu_max);
		append_completeness(summary, width, text);
	}
	if (getrusage(RUSAGE_SELF, &own) == 0)
		g_string_append_printf(
			text, "  vmfc itself: %.3f CPU seconds, %.1f MiB at most\n",
			MAX(seconds_of(own.ru_utime) + seconds_of(own.ru_stime) - work_time, 0),
			(gdouble)peak_memory() / 1024);
	return g_string_free(g_steal_pointer(&text), FALSE);
}
