/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct {
	VmfcSchema *schema;
	VmfcSummary *summary;
	VmfcRow *row;
	VmfcRecord record;
} Fixture;

enum { LATENESS, MISSED, CPU, WORKLOAD, PHASE, OTHER };

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const VmfcColumn columns[] = {
		{.name = "tick_lateness_us", .type = VMFC_TYPE_INT},
		{.name = "missed_ticks", .type = VMFC_TYPE_INT},
		{.name = "cpu_utilization", .type = VMFC_TYPE_FLOAT},
		{.name = "stress_workload", .kind = VMFC_KIND_LABEL, .type = VMFC_TYPE_STRING},
		{.name = "stress_phase", .kind = VMFC_KIND_LABEL, .type = VMFC_TYPE_STRING},
		{.name = "other", .type = VMFC_TYPE_INT},
	};

	fixture->schema = vmfc_schema_new();
	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		g_assert_nonnull(vmfc_schema_add(fixture->schema, "test", &columns[i], NULL));
	vmfc_schema_freeze(fixture->schema);
	fixture->summary = vmfc_summary_new(fixture->schema);
	fixture->row = vmfc_row_new(fixture->schema);
	fixture->record = (VmfcRecord){
		.schema = fixture->schema,
		.n_columns = G_N_ELEMENTS(columns),
		.n_readable = G_N_ELEMENTS(columns),
		.row = fixture->row,
	};
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_summary_free(fixture->summary);
	vmfc_row_free(fixture->row);
	vmfc_schema_free(fixture->schema);
}

/* @cpu: NaN: missing. @workload, @phase: NULL: missing */
static void
add(Fixture *fixture, gint64 lateness, gint64 missed, gdouble cpu, const gchar *workload,
    const gchar *phase)
{
	VmfcRecord *record = &fixture->record;

	vmfc_row_clear(fixture->row, fixture->schema);
	vmfc_record_set_int(record, LATENESS, lateness);
	vmfc_record_set_int(record, MISSED, missed);
	if (!isnan(cpu))
		vmfc_record_set_float(record, CPU, cpu);
	if (workload != NULL)
		vmfc_record_set_string(record, WORKLOAD, workload);
	if (phase != NULL)
		vmfc_record_set_string(record, PHASE, phase);
	vmfc_summary_add(fixture->summary, record);
}

static void
assert_line(Fixture *fixture, const VmfcWriterResult *result, const gchar *line)
{
	g_autofree gchar *text = vmfc_summary_to_text(fixture->summary, result, 0, 100);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_test_message("%s", text);
	g_assert_true(g_strv_contains((const gchar *const *)lines, line));
}

static void
assert_progress(Fixture *fixture, const gchar *expected)
{
	g_autofree gchar *text = vmfc_summary_get_progress(fixture->summary);
	g_assert_cmpstr(text, ==, expected);
}

/* Each number of lost records has its own words. */
static void
test_lost(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		guint64 n_dropped;
		guint64 n_failed;
		const gchar *line;
	} cases[] = {
		{0, 0, "2 records, 3 windows missed"},
		{5, 0, "2 records, 3 windows missed, 5 records dropped"},
		{0, 7, "2 records, 3 windows missed, 7 records not written"},
		{1, 2, "2 records, 3 windows missed, 1 record dropped, 2 records not written"},
		{2, 1, "2 records, 3 windows missed, 2 records dropped, 1 record not written"},
	};

	add(fixture, 0, 1, NAN, NULL, NULL);
	add(fixture, 0, 0, NAN, NULL, NULL);
	vmfc_summary_add_missed(fixture->summary, 2);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcWriterResult result = {
			.n_written = 11,
			.n_dropped = cases[i].n_dropped,
			.n_failed = cases[i].n_failed,
		};
		assert_line(fixture, &result, cases[i].line);
	}
	g_assert_cmpuint(vmfc_summary_get_n_records(fixture->summary), ==, 2);
	g_assert_cmpuint(vmfc_summary_get_n_missed(fixture->summary), ==, 3);
}

static void
test_one(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 1};

	add(fixture, 0, 1, NAN, NULL, NULL);
	assert_line(fixture, &result, "1 record, 1 window missed");
}

static void
test_none(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_dropped = 4};
	g_autofree gchar *text = vmfc_summary_to_text(fixture->summary, &result, 0, 100);

	g_assert_true(g_str_has_prefix(text, "0 records, 0 windows missed, 4 records dropped\n"
					     "  vmfc itself: "));
}

/* The smallest, the mean and the largest, whichever came first. */
static void
test_cpu(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 4};

	add(fixture, 0, 0, 40, NULL, NULL);
	assert_line(fixture, &result, "  CPU utilisation: min 40.0 %, mean 40.0 %, max 40.0 %");
	add(fixture, 0, 0, 90, NULL, NULL);
	add(fixture, 0, 0, NAN, NULL, NULL);
	add(fixture, 0, 0, 20, NULL, NULL);
	assert_line(fixture, &result, "  CPU utilisation: min 20.0 %, mean 50.0 %, max 90.0 %");
	add(fixture, 0, 0, 50, NULL, NULL);
	assert_line(fixture, &result, "  CPU utilisation: min 20.0 %, mean 50.0 %, max 90.0 %");
}

/* Short ones are exact, and long ones to 3 %; a tick that came early is on time. */
static void
test_lateness(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 100};

	g_assert_cmpint(vmfc_summary_get_lateness(fixture->summary, 0.5), ==, 0);
	for (gint64 i = 0; i < 98; i++)
		add(fixture, i < 49 ? i % 31 : 31, 0, NAN, NULL, NULL);
	g_assert_cmpint(vmfc_summary_get_lateness(fixture->summary, 0.49), ==, 30);
	g_assert_cmpint(vmfc_summary_get_lateness(fixture->summary, 0.5), ==, 31);
	g_assert_cmpint(vmfc_summary_get_lateness(fixture->summary, 1), ==, 31);
	add(fixture, 70000, 0, NAN, NULL, NULL);
	add(fixture, 2000000, 0, NAN, NULL, NULL);
	add(fixture, -5, 0, NAN, NULL, NULL);
	g_assert_cmpint(vmfc_summary_get_lateness(fixture->summary, 0), ==, 0);
	g_assert_cmpint(vmfc_summary_get_lateness(fixture->summary, 0.985), ==, 69632);
	g_assert_cmpint(vmfc_summary_get_lateness(fixture->summary, 0.995), ==, 1998848);
	g_assert_cmpint(vmfc_summary_get_lateness(fixture->summary, 1), ==, 2000000);
	assert_line(fixture, &result, "  lateness: p50 0.03 ms, p99 69.63 ms, max 2000.00 ms");
}

/* The lower end of a bucket is never above a value in it, and at most 1/32 below. */
static void
test_buckets(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (gint64 value = 1; value < G_GINT64_CONSTANT(1) << 40; value += 1 + value / 7) {
		g_autoptr(VmfcSummary) one = vmfc_summary_new(fixture->schema);
		vmfc_row_clear(fixture->row, fixture->schema);
		vmfc_record_set_int(&fixture->record, LATENESS, value);
		vmfc_summary_add(one, &fixture->record);
		gint64 seen = vmfc_summary_get_lateness(one, 0.5);
		g_assert_cmpint(seen, <=, value);
		g_assert_cmpint(seen, >=, value - value / 32);
		g_assert_true(value >= 64 || seen == value);
	}
}

static void
test_progress(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	assert_progress(fixture, "0 records, late 0.00 ms, 0 columns missing");
	add(fixture, 1500, 0, NAN, "none", NULL);
	assert_progress(fixture, "1 record, late 1.50 ms, 2 columns missing");
	add(fixture, 250, 0, 12.34, "load", "load=45");
	assert_progress(fixture, "2 records, load load=45, CPU 12.3 %, late 0.25 ms, "
				 "1 column missing");
	/* of the newest record, and nothing that an earlier one had */
	add(fixture, -250, 0, 50, "load", NULL);
	assert_progress(fixture, "3 records, load, CPU 50.0 %, late 0.00 ms, 1 column missing");
	add(fixture, 0, 0, 50, NULL, NULL);
	assert_progress(fixture, "4 records, CPU 50.0 %, late 0.00 ms, 1 column missing");
	add(fixture, 0, 0, NAN, "none", NULL);
	assert_progress(fixture, "5 records, late 0.00 ms, 2 columns missing");
}

/* Columns by how many records have them, those in the fewest first; an unused label is no column.
 */
static void
test_completeness(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 8};

	for (guint i = 0; i < 8; i++)
		add(fixture, 0, 0, i < 3 ? 50 : NAN, "load", i == 0 ? "phase" : NULL);
	g_autofree gchar *text = vmfc_summary_to_text(fixture->summary, &result, 0, 100);
	g_assert_nonnull(strstr(text, "  columns: 3 of 5 in every record\n"
				      "    in none: other\n"
				      "    in 37.5 %: cpu_utilization\n"
				      "  vmfc itself: "));
	g_assert_null(strstr(text, "stress_phase"));
	g_assert_cmpuint(vmfc_summary_get_n_present(fixture->summary, CPU), ==, 3);
	g_assert_cmpuint(vmfc_summary_get_n_present(fixture->summary, PHASE), ==, 1);
	g_assert_cmpuint(vmfc_summary_get_n_present(fixture->summary, OTHER), ==, 0);
}

/* A line that is too long goes on below its names. */
static void
test_narrow(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 1};

	add(fixture, 0, 0, NAN, NULL, NULL);
	g_autofree gchar *text = vmfc_summary_to_text(fixture->summary, &result, 0, 32);
	g_assert_nonnull(strstr(text, "    in none: cpu_utilization,\n      other\n"));
}

static gdouble
get_cpu_seconds(void)
{
	struct timespec time;

	g_assert_cmpint(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), ==, 0);
	return (gdouble)time.tv_sec + (gdouble)time.tv_nsec / 1e9;
}

/* CPU time of the process without that of the workload, and its memory. */
static void
test_itself(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 0};
	const gchar *format = "  vmfc itself: %lf CPU seconds, %lf MiB at most";

	for (gdouble work = 0; work <= 0.02; work += 0.02) {
		gdouble seconds, memory;
		while (get_cpu_seconds() < 0.1)
			;
		gdouble before = get_cpu_seconds();
		g_autofree gchar *text = vmfc_summary_to_text(fixture->summary, &result, work, 100);
		gdouble after = get_cpu_seconds();
		g_test_message("%s", text);
		g_assert_cmpint(sscanf(strstr(text, "  vmfc itself"), format, &seconds, &memory),
				==, 2);
		/* user and system time are in microseconds, the text in milliseconds */
		g_assert_cmpfloat(seconds, >=, before - work - 0.002);
		g_assert_cmpfloat(seconds, <=, after - work + 0.002);
		g_assert_cmpfloat(memory, >, 0.5);
		g_assert_cmpfloat(memory, <, 1000);
	}
}

/* Missing values are counted by column and reason. */
static void
test_reasons(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_row_clear(fixture->row, fixture->schema);
	fixture->row->why[CPU] = 1;
	fixture->row->why[OTHER] = 2;
	vmfc_summary_add(fixture->summary, &fixture->record);
	fixture->row->why[OTHER] = VMFC_N_REASONS;
	vmfc_summary_add(fixture->summary, &fixture->record);
	g_assert_cmpuint(vmfc_summary_get_n_missing(fixture->summary, CPU, 0), ==, 2);
	g_assert_cmpuint(vmfc_summary_get_n_missing(fixture->summary, CPU, 1), ==, 0);
	g_assert_cmpuint(vmfc_summary_get_n_missing(fixture->summary, OTHER, 0), ==, 0);
	g_assert_cmpuint(vmfc_summary_get_n_missing(fixture->summary, OTHER, 1), ==, 1);
	g_assert_cmpuint(vmfc_summary_get_n_missing(fixture->summary, OTHER, VMFC_N_REASONS - 1),
			 ==, 1);
	g_assert_cmpuint(vmfc_summary_get_n_missing(fixture->summary, PHASE, 0), ==, 0);
}

#define ADD(path, func) g_test_add("/summary/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("lost", test_lost);
	ADD("one", test_one);
	ADD("none", test_none);
	ADD("cpu", test_cpu);
	ADD("lateness", test_lateness);
	ADD("buckets", test_buckets);
	ADD("progress", test_progress);
	ADD("completeness", test_completeness);
	ADD("completeness/narrow", test_narrow);
	ADD("itself", test_itself);
	ADD("reasons", test_reasons);
	return g_test_run();
}
