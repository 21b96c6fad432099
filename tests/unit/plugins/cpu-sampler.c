/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Shares of the CPUs' time, field by field, and what takes a window away from them. */

#include "sampler-run.h"

#include <string.h>

#define N_FIELDS 8
#define N_CPUS	 2

static const gchar *const shares[] = {"cpu_user_time", "cpu_nice_time", "cpu_system_time",
				      "cpu_idle",      "cpu_iowait",	"cpu_irq",
				      "cpu_softirq",   "cpu_steal"};

typedef struct {
	SamplerRun run;
	guint ticks[N_FIELDS]; /* of each CPU */
	guint n_fields;
	guint n_cpus;
	gint first_idle; /* of the first CPU alone */
	gint all_idle;	 /* of the line of all alone */
	gint last_idle;	 /* of the last CPU alone */
	guint last_cpu;	 /* added to its number */
} Machine;

static void
write_stat(const Machine *machine)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint line = 0; line <= machine->n_cpus; line++) {
		g_string_append(text, "cpu");
		gboolean is_last = line == machine->n_cpus;
		if (line > 0)
			g_string_append_printf(text, "%u",
					       line - 1 + (is_last ? machine->last_cpu : 0));
		gint idle = line == 0	? machine->first_idle + machine->all_idle
			    : line == 1 ? machine->first_idle
			    : is_last	? machine->last_idle
					: 0;
		for (guint i = 0; i < machine->n_fields; i++) {
			guint ticks = machine->ticks[i] * (line > 0 ? 1 : machine->n_cpus);
			g_string_append_printf(text, " %u", ticks + (i == 3 ? (guint)idle : 0));
		}
		g_string_append_c(text, '\n');
	}
	g_string_append(text, "intr 1\n");
	sampler_run_write(&machine->run, "proc/stat", text->str);
}

static void
set_up(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	*machine = (Machine){.n_fields = N_FIELDS, .n_cpus = N_CPUS};
	for (guint i = 0; i < N_FIELDS; i++)
		machine->ticks[i] = 1000 * (i + 1);
	sampler_run_init(&machine->run);
	write_stat(machine);
	sampler_run_open(&machine->run, &error);
	g_assert_no_error(error);
	g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_DONE);
}

static void
tear_down(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_clear(&machine->run);
}

/* A second in which each CPU counts @growth, by field. */
static void
pass(Machine *machine, const gint growth[N_FIELDS])
{
	for (guint i = 0; i < N_FIELDS; i++)
		machine->ticks[i] += (guint)growth[i];
	write_stat(machine);
	g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_DONE);
}

static void
assert_all(Machine *machine, gboolean there, VmfcState state, const gchar *reason)
{
	for (guint i = 0; i < N_FIELDS; i++) {
		g_assert_cmpint(!isnan(sampler_run_get(&machine->run, shares[i])), ==, there);
		sampler_run_assert_state(&machine->run, shares[i], state, reason);
	}
	g_assert_cmpint(!isnan(sampler_run_get(&machine->run, "cpu_busy")), ==, there);
	sampler_run_assert_state(&machine->run, "cpu_busy", state, reason);
}

/* @reason: why the counts of the window are implausible; %NULL: they are not */
static void
assert_judged(Machine *machine, const gchar *reason)
{
	assert_all(machine, reason == NULL, reason == NULL ? VMFC_STATE_OK : VMFC_STATE_IMPLAUSIBLE,
		   reason);
}

static const gint usual[N_FIELDS] = {10, 5, 20, 40, 10, 3, 7, 5};

/* Each field is a share of all; the three others are sums of some. */
static void
test_shares(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	for (guint n = 0; n < 3; n++) {
		pass(machine, usual);
		for (guint i = 0; i < N_FIELDS; i++)
			sampler_run_assert(&machine->run, shares[i], usual[i]);
		sampler_run_assert(&machine->run, "cpu_utilization", 60);
		sampler_run_assert(&machine->run, "cpu_efficiency", 0.3);
		sampler_run_assert(&machine->run, "cpu_busy", 45);
		sampler_run_assert(&machine->run, "core_count", N_CPUS);
	}
}

/* Time that moves between idle and iowait leaves their sum, and so all others; either way. */
static void
test_split(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const gint moved[][N_FIELDS] = {{10, 5, 20, 60, -10, 3, 7, 5},
					       {10, 5, 20, -10, 60, 3, 7, 5}};

	for (guint n = 0; n < G_N_ELEMENTS(moved); n++) {
		pass(machine, moved[n]);
		for (guint i = 0; i < N_FIELDS; i++)
			sampler_run_assert(&machine->run, shares[i],
					   i == 3 || i == 4 ? NAN : moved[n][i]);
		sampler_run_assert(&machine->run, "cpu_utilization", NAN);
		sampler_run_assert(&machine->run, "cpu_efficiency", 0.3);
		sampler_run_assert(&machine->run, "cpu_busy", 45);
		sampler_run_assert_state(&machine->run, "cpu_idle", VMFC_STATE_OK,
					 "the kernel counted no whole tick in the window, or *");
		sampler_run_assert_state(&machine->run, "cpu_user_time", VMFC_STATE_OK, NULL);
		pass(machine, usual);
		sampler_run_assert(&machine->run, "cpu_idle", 40);
		sampler_run_assert(&machine->run, "cpu_iowait", 10);
	}
}

/* Any other field that goes back takes its window away, and no other. */
static void
test_backwards(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < N_FIELDS; i++) {
		gint growth[N_FIELDS];
		if (i == 3 || i == 4)
			continue;
		memcpy(growth, usual, sizeof(growth));
		growth[i] = -1;
		pass(machine, growth);
		assert_judged(machine, "a time in * went backwards");
		sampler_run_assert(&machine->run, "core_count", N_CPUS);
		pass(machine, usual);
		assert_judged(machine, NULL);
		sampler_run_assert(&machine->run, shares[i], usual[i]);
	}
}

/* Less than half, and more than twice the time that passed, with a tick for each field. */
static void
test_time(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint idle;
		const gchar *reason; /* NULL: it is known */
	} cases[] = {
		{42, NULL},
		{41, "a CPU counted less than half of the time *"},
		/* from now on three quarters, until they are there */
		{66, "a CPU counted less than half of the time *"},
		{68, NULL},
		{42, NULL},
		{208, NULL},
		{209, "a CPU counted more than twice the time *"},
		{42, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const gint growth[N_FIELDS] = {[3] = cases[i].idle};
		g_test_message("case %u", i);
		pass(machine, growth);
		assert_judged(machine, cases[i].reason);
	}
}

/* One CPU is judged as all are, and a jump is over with its window. */
static void
test_one_cpu(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const gint little[N_FIELDS] = {[3] = 42};
	static const struct {
		gint idle;
		const gchar *reason;
	} cases[] = {
		{166, NULL},
		{167, "a CPU counted more than twice the time *"},
		{0, NULL},
		{-1, "a CPU counted less than half of the time *"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		machine->first_idle += cases[i].idle;
		g_test_message("case %u", i);
		pass(machine, little);
		assert_judged(machine, cases[i].reason);
	}
}

/* The line of all may have some more or less than the lines of the CPUs: both have a limit. */
static void
test_contradiction(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	/* a tick for each field of each CPU, and a quarter of the time */
	static const struct {
		gint idle;
		gboolean is_known;
	} cases[] = {{66, TRUE}, {-66, TRUE}, {67, FALSE}, {0, TRUE}, {-67, FALSE}};
	static const gint all[N_FIELDS] = {[3] = 100};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		machine->all_idle += cases[i].idle;
		g_test_message("case %u", i);
		pass(machine, all);
		assert_judged(machine, cases[i].is_known ? NULL : "the line cpu of *");
	}
}

/* CPUs or fields that come and go: nothing can be compared in that window. */
static void
test_changes(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const guint n_cpus[] = {2, 3, 3, 2, 2};
	static const guint n_fields[] = {8, 7, 7, 8, 8};

	for (guint i = 0; i < G_N_ELEMENTS(n_cpus); i++) {
		gboolean is_same = machine->n_cpus == n_cpus[i];
		machine->n_cpus = n_cpus[i];
		pass(machine, usual);
		assert_all(machine, is_same, is_same ? VMFC_STATE_OK : VMFC_STATE_UNSUPPORTED,
			   is_same ? NULL : "a CPU was added or removed, *");
		sampler_run_assert(&machine->run, "core_count", n_cpus[i]);
	}
	for (guint i = 0; i < G_N_ELEMENTS(n_fields); i++) {
		gboolean is_same = machine->n_fields == n_fields[i];
		machine->n_fields = n_fields[i];
		pass(machine, usual);
		/* of 100 ticks 5 are in no field then */
		gdouble all = n_fields[i] == 8 ? 100 : 95;
		sampler_run_assert(&machine->run, "cpu_user_time", is_same ? 100 * 10 / all : NAN);
		sampler_run_assert_state(&machine->run, "cpu_user_time",
					 is_same ? VMFC_STATE_OK : VMFC_STATE_UNSUPPORTED,
					 is_same ? NULL : "* has other fields than at the last *");
		/* what is stolen is in no field, so that nobody knows what is busy */
		sampler_run_assert(&machine->run, "cpu_busy",
				   is_same && n_fields[i] == 8 ? 45 : NAN);
		if (n_fields[i] == 7)
			sampler_run_assert_state(&machine->run, "cpu_steal", VMFC_STATE_UNSUPPORTED,
						 "* has no such field *");
	}
}

/* Fields that come or go end no judgement: what cannot be is missing afterwards as before. */
static void
test_judged_after_change(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const gint much[N_FIELDS] = {[3] = 300};

	for (guint n = 7; n <= N_FIELDS; n++) {
		machine->n_fields = n;
		pass(machine, usual);
		pass(machine, usual);
		g_assert_false(isnan(sampler_run_get(&machine->run, "cpu_user_time")));
		pass(machine, much);
		sampler_run_assert(&machine->run, "cpu_user_time", NAN);
		sampler_run_assert_state(&machine->run, "cpu_user_time", VMFC_STATE_IMPLAUSIBLE,
					 "a CPU counted more than twice the time *");
	}
}

/* A CPU in the place of another has counted less, which says nothing of the windows after that. */
static void
test_other_cpu(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	/* more than half of the time, and less than three quarters */
	static const gint some[N_FIELDS] = {[0] = 20, [3] = 40};

	pass(machine, usual);
	assert_judged(machine, NULL);
	machine->last_cpu = 3;
	machine->last_idle = -2000;
	pass(machine, usual);
	assert_all(machine, FALSE, VMFC_STATE_UNSUPPORTED, "a CPU was added or removed, *");
	pass(machine, some);
	assert_judged(machine, NULL);
	sampler_run_assert(&machine->run, "cpu_user_time", 100.0 / 3);
}

/* A text that is cut or gone is an error; the window after it has no begin. */
static void
test_unreadable(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const texts[] = {"", "cpu  1 2 3 4\ncpu0 1 2 3 4\n",
					     "cpu  1 2 x 4 5\ncpu0 1 2 3 4 5\nintr 1\n",
					     "cpu  1 2 3\ncpu0 1 2 3\nintr 1\n"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		sampler_run_write(&machine->run, "proc/stat", texts[i]);
		g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_FAILED);
		g_assert_error(machine->run.error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		assert_all(machine, FALSE, VMFC_STATE_OK, NULL);
		/* how many CPUs there are is known of a whole list */
		sampler_run_assert(&machine->run, "core_count", i < 2 ? NAN : 1);
		pass(machine, usual);
		assert_all(machine, FALSE, VMFC_STATE_OK,
			   "the reading that opens the window is missing");
		pass(machine, usual);
		assert_judged(machine, NULL);
		sampler_run_assert(&machine->run, "cpu_user_time", 10);
	}
}

/* A file that cannot be read is the reason of its window, and not what was wrong before. */
static void
test_read_fails(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	static const gint much[N_FIELDS] = {[3] = 300};

	pass(machine, much);
	assert_judged(machine, "a CPU counted more than twice the time *");
	gint fd = sampler_run_break(&machine->run, "proc/stat");
	for (guint i = 0; i < 2; i++) {
		g_assert_cmpint(sampler_run_tick(&machine->run, 1), ==, VMFC_ANSWER_FAILED);
		g_assert_error(machine->run.error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
		assert_all(machine, FALSE, VMFC_STATE_OK, NULL);
		sampler_run_assert(&machine->run, "core_count", NAN);
	}
	sampler_run_mend(&machine->run, "proc/stat", fd);
	pass(machine, usual);
	assert_all(machine, FALSE, VMFC_STATE_OK, "the reading that opens the window is missing");
	pass(machine, usual);
	assert_judged(machine, NULL);
}

/* A window without a tick has no shares, and that is no fault of a short one. */
static void
test_no_tick(Machine *machine, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 3; i++) {
		write_stat(machine);
		g_assert_cmpint(sampler_run_tick(&machine->run, 0.005), ==, VMFC_ANSWER_DONE);
		for (guint j = 0; j < N_FIELDS; j++)
			sampler_run_assert(&machine->run, shares[j], NAN);
		sampler_run_assert_state(&machine->run, "cpu_user_time", VMFC_STATE_OK,
					 "the kernel counted no whole tick in the window");
		sampler_run_assert_state(&machine->run, "cpu_idle", VMFC_STATE_OK,
					 "the kernel counted no whole tick in the window, or *");
	}
	pass(machine, usual);
	sampler_run_assert(&machine->run, "cpu_user_time", 10);
	/* such a reason stays until the end, where it is over */
	vmfc_plugin.sampler->stop(machine->run.context->instance);
	sampler_run_assert_state(&machine->run, "cpu_user_time", VMFC_STATE_OK, NULL);
}

#define ADD(path, test) g_test_add("/cpu-sampler/" path, Machine, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("shares", test_shares);
	ADD("split", test_split);
	ADD("backwards", test_backwards);
	ADD("time", test_time);
	ADD("one-cpu", test_one_cpu);
	ADD("contradiction", test_contradiction);
	ADD("changes", test_changes);
	ADD("changes/judged-after", test_judged_after_change);
	ADD("changes/other-cpu", test_other_cpu);
	ADD("unreadable", test_unreadable);
	ADD("unreadable/read-fails", test_read_fails);
	ADD("no-tick", test_no_tick);
	return g_test_run();
}
