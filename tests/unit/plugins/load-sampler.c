/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Counts and loads at the edges of what can be true, each in a run. */

#include "sampler-run.h"

#include <string.h>

#define MAX_TASKS 4194304

static const gchar *const counts[] = {"procs_running", "procs_blocked", "processes_created"};
static const gchar *const averages[] = {"load_average_1min", "load_average_5min",
					"load_average_15min"};

static void
write_stat(const SamplerRun *run, guint ticks, gint64 processes, gint64 running, gint64 blocked)
{
	g_autofree gchar *text = g_strdup_printf(
		"cpu  %u 0 0 0\ncpu0 %u 0 0 0\ncpu1 0 0 0 0\nintr 1 0\nctxt 7\nprocesses "
		"%" G_GINT64_FORMAT "\nprocs_running %" G_GINT64_FORMAT
		"\nprocs_blocked %" G_GINT64_FORMAT "\n",
		ticks, ticks, processes, running, blocked);
	sampler_run_write(run, "proc/stat", text);
}

static void
set_up(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	sampler_run_init(run);
	write_stat(run, 1, 1000, 1, 0);
	sampler_run_write(run, "proc/loadavg", "0.10 0.20 0.30 1/90 1000\n");
	sampler_run_write(run, "proc/1/stat", "");
	sampler_run_write(run, "proc/22/stat", "");
	sampler_run_open(run, &error);
	g_assert_no_error(error);
}

static void
tear_down(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_clear(run);
}

/* Each number in its column. */
static void
test_columns(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	/* what was read when it was opened is no earlier reading */
	sampler_run_tick(run, 1);
	sampler_run_assert(run, "procs_running", 1);
	sampler_run_assert_state(run, "process_count", VMFC_STATE_OK, NULL);
	write_stat(run, 2, 1007, 3, 2);
	sampler_run_write(run, "proc/loadavg", "0.50 0.60 0.70 1/90 1000\n");
	g_assert_cmpint(sampler_run_tick(run, 1), ==, VMFC_ANSWER_DONE);
	sampler_run_assert(run, "process_count", 2);
	sampler_run_assert(run, "procs_running", 3);
	sampler_run_assert(run, "procs_blocked", 2);
	sampler_run_assert(run, "processes_created", 7);
	for (guint i = 0; i < 3; i++)
		sampler_run_assert(run, averages[i], 0.5 + 0.1 * i);
}

/* Two CPUs create a process per µs each, in the window and 0.2 s more. */
static void
test_most_created(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint64 growth;
		gdouble seconds;
		gboolean is_known;
	} cases[] = {
		{2399000, 1, TRUE},    {2401000, 1, FALSE}, {3, 1, TRUE}, {1399000, 0.5, TRUE},
		{1401000, 0.5, FALSE}, {4399000, 2, TRUE},  {0, 1, TRUE}, {4401000, 2, FALSE},
	};
	gint64 processes = 1000;

	sampler_run_tick(run, 1);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		processes += cases[i].growth;
		write_stat(run, 2 + i, processes, 1, 0);
		g_test_message("case %u", i);
		g_assert_cmpint(sampler_run_tick(run, cases[i].seconds), ==, VMFC_ANSWER_DONE);
		sampler_run_assert(run, "processes_created",
				   cases[i].is_known ? (gdouble)cases[i].growth : NAN);
		sampler_run_assert_state(run, "processes_created",
					 cases[i].is_known ? VMFC_STATE_OK : VMFC_STATE_IMPLAUSIBLE,
					 cases[i].is_known ? NULL : "the total of processes in *");
	}
}

/* A total that is missing or 0 leaves the next one without a window, and that is no jump. */
static void
test_lost_total(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint64 processes;
		gdouble growth;
		VmfcState state;
	} cases[] = {
		{1003, 3, VMFC_STATE_OK},
		{-1, NAN, VMFC_STATE_UNSUPPORTED},
		{900000000, NAN, VMFC_STATE_OK},
		{900000001, 1, VMFC_STATE_OK},
		{0, NAN, VMFC_STATE_IMPLAUSIBLE},
		{2, NAN, VMFC_STATE_OK},
		{5, 3, VMFC_STATE_OK},
	};

	sampler_run_tick(run, 1);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		write_stat(run, 2 + i, cases[i].processes, 1, 0);
		g_test_message("case %u", i);
		sampler_run_tick(run, 1);
		sampler_run_assert(run, "processes_created", cases[i].growth);
		g_assert_cmpint(vmfc_context_get_state(run->context,
						       sampler_run_find(run, "processes_created"),
						       NULL),
				==, cases[i].state);
	}
}

/* No more than Linux has, and no more than there are. */
static void
test_counts(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint64 count;
		const gchar *tasks;
		const gchar *reason; /* NULL: it is known */
	} cases[] = {
		{90, "1/90", NULL},
		{91, "1/90", "/proc/stat counts more such tasks than *"},
		{91, "1/91", NULL},
		{MAX_TASKS, "1/4194304", NULL},
		{MAX_TASKS + 1, "1/9999999", "the number in /proc/stat is larger than Linux *"},
		{MAX_TASKS, "x", NULL},
		{MAX_TASKS + 1, "x", "the number in /proc/stat is larger than Linux *"},
		{-1, "1/90", "/proc/stat has no such line, *"},
		{1, "1/90", NULL},
	};

	sampler_run_tick(run, 1);
	for (guint i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		gint64 count = cases[i / 2].count;
		guint n = i % 2;
		g_autofree gchar *text = g_strdup_printf("0.%02u 0 0 %s 9\n", i + 10,
							 cases[i / 2].tasks);
		write_stat(run, 2 + i, 1000, n == 0 ? count : 1, n == 1 ? count : 0);
		sampler_run_write(run, "proc/loadavg", text);
		g_test_message("case %u", i);
		sampler_run_tick(run, 1);
		sampler_run_assert(run, counts[n],
				   cases[i / 2].reason == NULL ? (gdouble)count : NAN);
		const VmfcDeclaration *is =
			run->context->declarations->pdata[sampler_run_find(run, counts[n])];
		g_assert_true(cases[i / 2].reason == NULL
				      ? is->reason == NULL
				      : g_pattern_match_simple(cases[i / 2].reason, is->reason));
		/* the other one is known whatever this one is */
		sampler_run_assert(run, counts[1 - n], n == 0 ? 0 : 1);
	}
}

/* A load is a number of tasks; of all three the columns are there, or of none. */
static void
test_averages(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		gboolean is_known;
	} cases[] = {
		{"4194304.00 0.1 0.1 1/90 1\n", TRUE},
		{"4194304.01 0.1 0.1 1/90 1\n", FALSE},
		{"0.1 4194304.01 0.1 1/90 1\n", FALSE},
		{"0.1 0.2 4194304.01 1/90 1\n", FALSE},
		{"0.2 0.3 4194304.00 1/90 1\n", TRUE},
		{"0.2 0.3 0.4 0/0 1\n", FALSE},
		{"0.2 0.3 0.4 0/1 1\n", TRUE},
		{"0.2 0.3 0.4 x 1\n", TRUE},
		{"0.2 0.3\n", FALSE},
		{"0.2 0.3 0.4 1/90\n", TRUE},
	};

	sampler_run_tick(run, 1);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		sampler_run_write(run, "proc/loadavg", cases[i].text);
		write_stat(run, 2 + i, 1000, 1, 0);
		g_test_message("case %u", i);
		sampler_run_tick(run, 1);
		for (guint j = 0; j < 3; j++)
			g_assert_cmpint(!isnan(sampler_run_get(run, averages[j])), ==,
					cases[i].is_known);
		/* the counts of the other file are there all the same */
		sampler_run_assert(run, "procs_running", 1);
	}
}

/* At which loads it may stay for how long: a step counts 5 s at most, whatever the clock says. */
static void
test_standing(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *load;
		gdouble seconds;
		guint n_known; /* windows; 0: for ever */
	} cases[] = {
		{"0.50", 5, 12}, {"0.50", 10, 12}, {"0.50", 600, 12}, {"0.50", 2, 30},
		{"1.03", 5, 12}, {"0.97", 5, 12},  {"1.019", 5, 0},   {"0.99", 5, 0},
		{"0.00", 5, 0},	 {"3.00", 5, 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *text = g_strdup_printf("%s 0.1 0.1 1/90 1\n", cases[i].load);
		guint n_known = cases[i].n_known;
		tear_down(run, NULL);
		set_up(run, NULL);
		sampler_run_tick(run, 1);
		sampler_run_write(run, "proc/loadavg", text);
		for (guint n = 0; n < n_known + 14; n++) {
			sampler_run_tick(run, cases[i].seconds);
			g_test_message("%s, window %u", cases[i].load, n);
			g_assert_cmpint(!isnan(sampler_run_get(run, averages[0])), ==,
					n_known == 0 || n < n_known);
		}
		/* once it moves it is known again */
		sampler_run_write(run, "proc/loadavg", "0.51 0.1 0.1 1/90 1\n");
		sampler_run_tick(run, cases[i].seconds);
		sampler_run_assert(run, averages[0], 0.51);
	}
}

/* A text that stays the same for half a second is a constant, until it is another one. */
static void
test_constant(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		guint ticks;
		gdouble seconds;
		gboolean is_known;
	} cases[] = {
		{2, 1, TRUE},	 {2, 0.2, TRUE}, {2, 0.2, TRUE},  {2, 0.2, FALSE},
		{3, 0.2, FALSE}, {4, 0.4, TRUE}, {5, 1, TRUE},	  {5, 0.6, FALSE},
		{6, 0.4, FALSE}, {6, 0.2, TRUE}, {6, 0.6, FALSE},
	};

	sampler_run_tick(run, 1);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		write_stat(run, cases[i].ticks, 1000, 1, 0);
		g_test_message("case %u", i);
		sampler_run_tick(run, cases[i].seconds);
		for (guint j = 0; j < G_N_ELEMENTS(counts); j++)
			g_assert_cmpint(!isnan(sampler_run_get(run, counts[j])), ==,
					cases[i].is_known);
	}
}

/* A long text may change in its last lines only. */
static void
test_long_constant(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *interrupts = g_strnfill(5000, '1');

	for (guint i = 0; i < 6; i++) {
		g_autofree gchar *text = g_strdup_printf(
			"cpu  1 0 0 0\ncpu0 1 0 0 0\nintr %s\nprocesses %u\nprocs_running 1\n"
			"procs_blocked 0\n",
			interrupts, 1000 + MIN(i, 4));
		sampler_run_write(run, "proc/stat", text);
		sampler_run_tick(run, 1);
		sampler_run_assert(run, "procs_running", i < 5 ? 1 : NAN);
	}
}

/* Without one of its files a run has the columns of the other, and of all others the reason. */
static void
test_no_file(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 2; i++) {
		const gchar *file = i == 0 ? "proc/loadavg" : "proc/stat";
		g_autofree gchar *reason = g_strdup_printf("*/%s *", file);
		g_autoptr(GError) error = NULL;
		sampler_run_close(run);
		sampler_run_write(run, "proc/loadavg", "0.10 0.20 0.30 1/90 1000\n");
		sampler_run_remove(run, file);
		run->n_ticks = 0;
		sampler_run_open(run, &error);
		g_assert_no_error(error);
		sampler_run_tick(run, 1);
		for (guint j = 0; j < 3; j++) {
			const gchar *missing = i == 0 ? averages[j] : counts[j];
			const gchar *known = i == 0 ? counts[j] : averages[j];
			sampler_run_assert(run, missing, NAN);
			sampler_run_assert_state(run, missing, VMFC_STATE_UNSUPPORTED, reason);
			sampler_run_assert_state(run, known, VMFC_STATE_OK, NULL);
		}
		sampler_run_assert(run, "process_count", 2);
	}
}

/* One of the files, or both, cannot be read: that is the reason, and not what was wrong before. */
static void
test_read_fails(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const files[] = {"proc/loadavg", "proc/stat"};

	sampler_run_tick(run, 1);
	for (guint broken = 1; broken < 4; broken++) {
		gint fds[2];
		sampler_run_write(run, "proc/loadavg", "0.1 5000000 0.1 1/90 1\n");
		write_stat(run, 2 * broken, 1000, 91, 91);
		sampler_run_tick(run, 1);
		sampler_run_assert_state(run, averages[0], VMFC_STATE_IMPLAUSIBLE, "a load in *");
		sampler_run_assert_state(run, counts[0], VMFC_STATE_IMPLAUSIBLE,
					 "/proc/stat counts more such tasks *");
		for (guint i = 0; i < 2; i++)
			fds[i] = broken >> i & 1 ? sampler_run_break(run, files[i]) : -1;
		sampler_run_write(run, "proc/loadavg", "0.1 0.1 0.1 1/90 1\n");
		write_stat(run, 2 * broken + 1, 1000, 91, 1);
		g_assert_cmpint(sampler_run_tick(run, 1), ==, VMFC_ANSWER_FAILED);
		/* of two errors the first one is told */
		g_assert_nonnull(strstr(run->error->message, files[broken == 2 ? 1 : 0]));
		for (guint i = 0; i < 3; i++) {
			sampler_run_assert(run, averages[i], fds[0] >= 0 ? NAN : 0.1);
			sampler_run_assert_state(run, averages[i], VMFC_STATE_OK, NULL);
		}
		/* nobody knows then how many tasks there are */
		sampler_run_assert(run, counts[0], broken == 1 ? 91 : NAN);
		sampler_run_assert(run, counts[1], fds[1] >= 0 ? NAN : 1);
		for (guint i = 0; i < 3; i++)
			sampler_run_assert_state(run, counts[i], VMFC_STATE_OK, NULL);
		for (guint i = 0; i < 2; i++) {
			if (fds[i] >= 0)
				sampler_run_mend(run, files[i], fds[i]);
		}
		write_stat(run, 50 + broken, 1000, 1, 0);
		g_assert_cmpint(sampler_run_tick(run, 1), ==, VMFC_ANSWER_DONE);
		sampler_run_assert(run, averages[0], 0.1);
		sampler_run_assert(run, counts[0], 1);
	}
}

/* Where nothing is counted a 0 is none either; else it is one. */
static void
test_zeros(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_tick(run, 1);
	write_stat(run, 2, 0, 0, 0);
	sampler_run_tick(run, 1);
	for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
		sampler_run_assert(run, counts[i], NAN);
	for (guint i = 0; i < 2; i++)
		sampler_run_assert_state(run, counts[i], VMFC_STATE_IMPLAUSIBLE,
					 "/proc/stat counts no running task, *");
	sampler_run_assert_state(run, counts[2], VMFC_STATE_IMPLAUSIBLE,
				 "/proc/stat shows that no process was ever created");
	for (guint i = 0; i < 2; i++) {
		write_stat(run, 3 + i, i == 0 ? 1 : 0, i == 0 ? 0 : 1, 0);
		sampler_run_tick(run, 1);
		sampler_run_assert(run, "procs_blocked", 0);
	}
}

/* What cannot be read is missing by itself. */
static void
test_no_process(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_tick(run, 1);
	sampler_run_remove(run, "proc/1");
	sampler_run_tick(run, 1);
	sampler_run_assert(run, "process_count", 1);
	sampler_run_remove(run, "proc/22");
	sampler_run_tick(run, 1);
	sampler_run_assert(run, "process_count", NAN);
	sampler_run_assert_state(run, "process_count", VMFC_STATE_IMPLAUSIBLE,
				 "/proc shows no process, *");
	sampler_run_write(run, "proc/5/stat", "");
	sampler_run_tick(run, 1);
	sampler_run_assert(run, "process_count", 1);
	sampler_run_assert_state(run, "process_count", VMFC_STATE_OK, NULL);
}

#define ADD(path, test) g_test_add("/load-sampler/" path, SamplerRun, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("columns", test_columns);
	ADD("most-created", test_most_created);
	ADD("lost-total", test_lost_total);
	ADD("counts", test_counts);
	ADD("averages", test_averages);
	ADD("standing", test_standing);
	ADD("constant", test_constant);
	ADD("long-constant", test_long_constant);
	ADD("no-file", test_no_file);
	ADD("read-fails", test_read_fails);
	ADD("zeros", test_zeros);
	ADD("no-process", test_no_process);
	return g_test_run();
}
