/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "workload/workload-runner.h"

#include <math.h>
#include <string.h>

#include "workload/workload-list.h"

#define SECOND	 G_GINT64_CONSTANT(1000000000)
#define INTERVAL (SECOND / 10)
#define T0	 (100 * SECOND)
#define LEAD	 VMFC_WORKLOAD_LEAD

/* A workload that does what the test tells it to, and notes what it is told. */
typedef struct {
	VmfcContext *context;
	GString *course;
} Puppet;

/* What happened, in order: "a+10 " when a is started and told that its part began at 10 s. */
typedef struct {
	GString *course;
	VmfcRun run;
	VmfcWorkloadLabels *labels;
	VmfcWorkloadRunner *runner;
	guint n_woken;
	guint n_ended;
	gint64 now; /* since T0 */
	gint64 next;
	gboolean refuses; /* to start */
	gboolean refuses_to_open;
	gboolean ends_in_start;	 /* at once */
	gboolean ends_in_finish; /* at once, when it is told to finish */
	GPtrArray *puppets;
} Fixture;

static gpointer
puppet_open(VmfcContext *context, GError **error)
{
	Fixture *fixture = (Fixture *)((gchar *)context->run - G_STRUCT_OFFSET(Fixture, run));
	if (fixture->refuses_to_open) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the box is locked");
		return NULL;
	}
	Puppet *self = g_new0(Puppet, 1);
	self->context = context;
	g_ptr_array_add(fixture->puppets, self);
	self->course = fixture->course;
	g_string_append_printf(self->course, "%s( ", context->workload);
	return self;
}

static Fixture *
fixture_of(const Puppet *self)
{
	return (Fixture *)((gchar *)self->context->run - G_STRUCT_OFFSET(Fixture, run));
}

static gboolean
puppet_start(gpointer data, GError **error)
{
	Puppet *self = data;
	gdouble begin = (gdouble)(vmfc_context_get_begin(self->context) - T0) / 1e9;

	g_string_append_printf(self->course, "%s+%g ", self->context->workload, begin);
	if (fixture_of(self)->ends_in_start)
		vmfc_context_end_workload(self->context, NULL);
	if (!fixture_of(self)->refuses)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the strings are cut");
	return FALSE;
}

static void
puppet_stop(gpointer data)
{
	Puppet *self = data;
	g_string_append_printf(self->course, "%s- ", self->context->workload);
}

static void
puppet_finish(gpointer data)
{
	Puppet *self = data;
	g_string_append_printf(self->course, "%s. ", self->context->workload);
	if (fixture_of(self)->ends_in_finish)
		vmfc_context_end_workload(self->context, NULL);
}

static void
puppet_close(gpointer data)
{
	Puppet *self = data;
	g_string_append_printf(self->course, "%s) ", self->context->workload);
	g_ptr_array_remove(fixture_of(self)->puppets, self);
	g_free(self);
}

static const VmfcWorkload workload = {
	.open = puppet_open,
	.start = puppet_start,
	.stop = puppet_stop,
	.close = puppet_close,
	.finish = puppet_finish,
};
static const VmfcPlugin plugin = {
	.abi_minor = VMFC_ABI_MINOR, .name = "puppet", .workload = &workload};
/* the oldest that takes arguments, finishes and can start again */
static const VmfcPlugin plain_plugin = {.abi_minor = 2, .name = "plain", .workload = &workload};
/* one that ends as soon as it is stopped */
static const VmfcWorkload short_workload = {
	.open = puppet_open, .start = puppet_start, .stop = puppet_stop, .close = puppet_close};
static const VmfcPlugin short_plugin = {
	.abi_minor = VMFC_ABI_MINOR, .name = "short", .workload = &short_workload};
/* as one whose contract does not say that it can start again, and whose table has no finish */
static const VmfcPlugin old_plugin = {.abi_minor = 1, .name = "old", .workload = &workload};

/* In place of the core's, see meson.build: the plugins of a registry. */
#pragma GCC visibility push(default)
GPtrArray *
__wrap_vmfc_workload_list_new(VmfcRegistry *registry, const VmfcRun *run, GError **error);
const VmfcWorkloadEntry *
__wrap_vmfc_workload_list_find(const GPtrArray *entries, const gchar *name, GError **error);
#pragma GCC visibility pop

GPtrArray *
__wrap_vmfc_workload_list_new(G_GNUC_UNUSED VmfcRegistry *registry, const VmfcRun *run,
			      GError **error)
{
	if (run->grace == 0)
		return g_ptr_array_new();
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "there are no plugins");
	return NULL;
}

const VmfcWorkloadEntry *
__wrap_vmfc_workload_list_find(G_GNUC_UNUSED const GPtrArray *entries, const gchar *name,
			       GError **error)
{
	static const VmfcWorkloadEntry known[] = {
		{.name = (gchar *)"idle"},
		{.plugin = &plugin, .name = (gchar *)"a"},
		{.plugin = &plugin, .name = (gchar *)"b"},
		{.plugin = &plugin, .name = (gchar *)"c"},
		{.plugin = &plain_plugin, .name = (gchar *)"plain"},
		{.plugin = &short_plugin, .name = (gchar *)"short"},
		{.plugin = &old_plugin, .name = (gchar *)"old"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if (g_str_equal(known[i].name, name))
			return &known[i];
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "no workload '%s'", name);
	return NULL;
}

/* ------------------------------------------------------------- a run */

static void
wake(gpointer user_data)
{
	((Fixture *)user_data)->n_woken++;
}

static void
ended(gpointer user_data)
{
	((Fixture *)user_data)->n_ended++;
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->course = g_string_new(NULL);
	fixture->puppets = g_ptr_array_new();
	fixture->labels = vmfc_workload_labels_new();
	fixture->run.interval = INTERVAL;
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_test_assert_expected_messages();
	g_clear_pointer(&fixture->runner, vmfc_workload_runner_free);
	g_assert_cmpuint(fixture->puppets->len, ==, 0);
	g_ptr_array_unref(fixture->puppets);
	g_free(fixture->labels);
	g_string_free(fixture->course, TRUE);
}

static void
make(Fixture *fixture, const gchar *text, gint64 duration)
{
	const VmfcWorkloadPlan plan = {.text = text, .duration = duration * SECOND};
	g_autoptr(GError) error = NULL;

	fixture->runner = vmfc_workload_runner_new(&fixture->run, fixture->labels, NULL, &plan,
						   &error);
	g_assert_no_error(error);
	g_assert_true(vmfc_workload_runner_open(fixture->runner, NULL));
	vmfc_workload_runner_begin(fixture->runner, T0, wake, ended, fixture);
	fixture->next = T0 - LEAD;
	g_string_truncate(fixture->course, 0);
}

/* Advances it at a time, in s since the first window; expects what then happens. */
static void
at(Fixture *fixture, gdouble seconds, const gchar *course)
{
	g_string_truncate(fixture->course, 0);
	fixture->next = vmfc_workload_runner_advance(fixture->runner, T0 + (gint64)(seconds * 1e9));
	g_assert_cmpstr(fixture->course->str, ==, course);
}

static void
assert_labels(Fixture *fixture, const gchar *name, gint64 iteration, gboolean between)
{
	g_assert_cmpstr(fixture->labels->now.workload, ==, name);
	g_assert_cmpint(fixture->labels->now.iteration, ==, iteration);
	g_assert_cmpint(fixture->labels->between, ==, between);
}

static void
end(Fixture *fixture, guint puppet, const GError *error)
{
	const Puppet *self = fixture->puppets->pdata[puppet];
	guint n_woken = fixture->n_woken;

	vmfc_context_end_workload(self->context, error);
	g_assert_cmpuint(fixture->n_woken, ==, n_woken + 1);
}

/* --------------------------------------------------------------- tests */

/* A part is told when it should have begun, and not when it did. */
static void
test_begins(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 30);
	at(fixture, -0.6, "");
	g_assert_cmpint(fixture->next, ==, T0 - LEAD);
	at(fixture, -0.5, "a+0 ");
	assert_labels(fixture, "a", 0, FALSE);
	g_assert_cmpint(fixture->next, ==, T0 + 4 * SECOND);
	at(fixture, 3.999, "");
	/* a goes on until it has ended; b begins after that, late */
	at(fixture, 4, "a. ");
	assert_labels(fixture, "a", 0, TRUE);
	g_assert_cmpint(fixture->next, ==, T0 + 10 * SECOND);
	at(fixture, 4.5, "");
	end(fixture, 0, NULL);
	assert_labels(fixture, "a", 0, TRUE);
	at(fixture, 4.7, "a- b+4 ");
	assert_labels(fixture, "b", 0, FALSE);
	fixture->ends_in_finish = TRUE;
	/* the same instance as before, in the second iteration */
	at(fixture, 10.2, "b. b- a+10 ");
	assert_labels(fixture, "a", 1, FALSE);
	g_assert_cmpint(fixture->next, ==, T0 + 14 * SECOND);
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	vmfc_workload_runner_stop(fixture->runner);
	g_assert_false(fixture->labels->failed);
}

/* Who was held up for long goes on with the part that should run by then. */
static void
test_skips(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:2,b:3,c:5", 30);
	fixture->ends_in_finish = TRUE;
	at(fixture, -0.5, "a+0 ");
	at(fixture, 26, "a. a- c+25 ");
	assert_labels(fixture, "c", 2, FALSE);
	g_assert_cmpint(fixture->next, ==, T0 + 30 * SECOND);
	vmfc_workload_runner_stop(fixture->runner);
	g_assert_cmpstr(fixture->course->str, ==, "a. a- c+25 c- ");
}

/* A part whose predecessor takes longer than the part itself does not start. */
static void
test_skipped_while_waiting(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:2,b:1,c:5", 30);
	at(fixture, -0.5, "a+0 ");
	at(fixture, 2, "a. ");
	at(fixture, 3, ""); /* and is not told twice to finish */
	end(fixture, 0, NULL);
	at(fixture, 3.1, "a- c+3 ");
	assert_labels(fixture, "c", 0, FALSE);
}

/* Between two parts without a workload nothing changes that takes time. */
static void
test_idle(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "idle:2,a:2", 30);
	fixture->ends_in_finish = TRUE;
	at(fixture, -0.5, "");
	assert_labels(fixture, "idle", 0, FALSE);
	at(fixture, 2, "a+2 ");
	assert_labels(fixture, "a", 0, FALSE);
	at(fixture, 4, "a. a- ");
	assert_labels(fixture, "idle", 1, FALSE);
}

/* One that ends before its time leaves the machine idle until the next part. */
static void
test_ends_early(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 30);
	at(fixture, -0.5, "a+0 ");
	end(fixture, 0, NULL);
	assert_labels(fixture, "none", 0, FALSE);
	/* it can be told only once */
	vmfc_context_end_workload(((Puppet *)fixture->puppets->pdata[0])->context, NULL);
	g_assert_cmpuint(fixture->n_woken, ==, 1);
	at(fixture, 1, "a- ");
	g_assert_cmpint(fixture->next, ==, T0 + 4 * SECOND);
	/* one that does not run cannot end */
	vmfc_context_end_workload(((Puppet *)fixture->puppets->pdata[1])->context, NULL);
	g_assert_cmpuint(fixture->n_woken, ==, 1);
	at(fixture, 4, "b+4 ");
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	g_assert_false(fixture->labels->failed);
}

/* One without a given end: what ends early ends the run. */
static void
test_ends_run(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a", 0);
	at(fixture, -0.5, "a+0 ");
	g_assert_cmpint(fixture->next, ==, -1);
	at(fixture, 1e6, "");
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	end(fixture, 0, NULL);
	assert_labels(fixture, "none", 0, FALSE);
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	at(fixture, 1e6 + 1, "a- ");
	g_assert_cmpuint(fixture->n_ended, ==, 1);
	at(fixture, 1e6 + 2, "");
	g_assert_cmpuint(fixture->n_ended, ==, 1);
}

/* In a sequence that repeats until it is stopped, no part ends the run. */
static void
test_ends_part(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 0);
	at(fixture, -0.5, "a+0 ");
	end(fixture, 0, NULL);
	at(fixture, 2, "a- ");
	at(fixture, 4, "b+4 ");
	end(fixture, 1, NULL);
	at(fixture, 5, "b- ");
	assert_labels(fixture, "none", 0, FALSE);
	at(fixture, 10, "a+10 ");
	assert_labels(fixture, "a", 1, FALSE);
	g_assert_cmpuint(fixture->n_ended, ==, 0);
}

static void
test_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "out of breath");

	make(fixture, "a:4,b:6", 30);
	at(fixture, -0.5, "a+0 ");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "workload a ended too early: out of breath");
	end(fixture, 0, error);
	g_test_assert_expected_messages();
	g_assert_true(fixture->labels->failed);
	assert_labels(fixture, "none", 0, FALSE);
	at(fixture, 1, "a- ");
	/* the next one refuses to start: what is after it runs all the same */
	fixture->refuses = TRUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "workload b ended too early: the strings are cut");
	at(fixture, 4, "b+4 ");
	assert_labels(fixture, "none", 0, FALSE);
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	fixture->refuses = FALSE;
	at(fixture, 10, "a+10 ");
	assert_labels(fixture, "a", 1, FALSE);
}

/* One that ends as soon as it is started is stopped at once, and also if it refuses to start. */
static void
test_ends_in_start(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 30);
	fixture->ends_in_start = TRUE;
	at(fixture, -0.5, "a+0 ");
	g_assert_cmpint(fixture->next, ==, T0 - SECOND / 2);
	assert_labels(fixture, "none", 0, FALSE);
	at(fixture, -0.4, "a- ");
	g_assert_cmpint(fixture->next, ==, T0 + 4 * SECOND);
	fixture->refuses = TRUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "workload b ended too early: *");
	at(fixture, 4, "b+4 ");
	g_assert_cmpint(fixture->next, ==, T0 + 10 * SECOND);
	at(fixture, 5, "");
	g_assert_cmpuint(fixture->n_ended, ==, 0);
}

static void
test_fails_without_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a", 0);
	fixture->refuses = TRUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "workload a ended too early: *");
	at(fixture, -0.5, "a+0 ");
	g_assert_cmpuint(fixture->n_ended, ==, 1);
	g_assert_true(fixture->labels->failed);
}

/* Steps of a part: phase and target are its own, and gone with it. */
static void
test_steps(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 30);
	fixture->ends_in_finish = TRUE;
	at(fixture, -0.5, "a+0 ");
	VmfcContext *context = ((Puppet *)fixture->puppets->pdata[0])->context;
	vmfc_context_set_phase(context, "load=20");
	vmfc_context_set_target_load(context, 20);
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_false(fixture->labels->changed);
	g_assert_cmpfloat(fixture->labels->at_start.target_load, ==, 20);
	/* the same phase with another target is a change */
	vmfc_context_set_target_load(context, 30);
	g_assert_true(fixture->labels->changed);
	g_assert_cmpfloat(fixture->labels->at_start.target_load, ==, 20);
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_cmpfloat(fixture->labels->at_start.target_load, ==, 30);
	/* so is the end of a step, until the next one begins */
	vmfc_context_begin_transition(context);
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_true(fixture->labels->changed);
	vmfc_context_set_phase(context, "load=40");
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_false(fixture->labels->changed);
	vmfc_context_add_work_time(context, 0.25);
	vmfc_context_add_work_time(context, 0.5);
	g_assert_cmpfloat(fixture->labels->work_time, ==, 0.75);
	at(fixture, 4, "a. a- b+4 ");
	g_assert_cmpstr(fixture->labels->now.phase, ==, "");
	g_assert_true(isnan(fixture->labels->now.target_load));
}

/* Parts with the same name and argument share an instance; others have their own. */
static void
test_instances(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:1,a=5:1,a:1,a=6:1,a=5:1", 30);
	g_assert_cmpuint(fixture->puppets->len, ==, 3);
	g_assert_true(vmfc_workload_runner_has_workloads(fixture->runner));
	g_assert_true(vmfc_workload_runner_uses_plugin(fixture->runner, "puppet"));
	g_assert_false(vmfc_workload_runner_uses_plugin(fixture->runner, "old"));
	fixture->ends_in_finish = TRUE;
	at(fixture, -0.5, "a+0 ");
	at(fixture, 1, "a. a- a+1 ");
	g_assert_cmpstr(vmfc_workload_runner_get_text(fixture->runner), ==,
			"a:1,a=5:1,a:1,a=6:1,a=5:1");
}

/* Before ABI 1.2 an instance does not start again, and is stopped at once. */
static void
test_old_plugin(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "old:2,idle:2", 30);
	at(fixture, -0.5, "old+0 ");
	at(fixture, 2, "old- ");
	assert_labels(fixture, "idle", 0, FALSE);
	at(fixture, 4, "old) old( old+4 ");
	assert_labels(fixture, "old", 1, FALSE);
}

static void
test_nothing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "none", 0);
	g_assert_false(vmfc_workload_runner_has_workloads(fixture->runner));
	at(fixture, -0.5, "");
	g_assert_cmpint(fixture->next, ==, -1);
	assert_labels(fixture, "none", 0, FALSE);
	vmfc_workload_runner_stop(fixture->runner);
	g_assert_cmpuint(fixture->n_ended, ==, 0);
}

/* Idle after idle is no change; idle after a workload is one until that has ended. */
static void
test_transitions(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "idle:1,idle:1,a:2,idle:2", 30);
	at(fixture, -0.5, "");
	vmfc_workload_labels_next_window(fixture->labels);
	at(fixture, 1, "");
	g_assert_false(fixture->labels->changed);
	at(fixture, 2, "a+2 ");
	g_assert_true(fixture->labels->changed);
	vmfc_workload_labels_next_window(fixture->labels);
	at(fixture, 4, "a. ");
	assert_labels(fixture, "a", 0, TRUE);
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_true(fixture->labels->changed);
	end(fixture, 0, NULL);
	at(fixture, 4.5, "a- ");
	assert_labels(fixture, "idle", 0, FALSE);
}

/* ABI 1.2 has it all; a plugin that needs no time to end has no finish. */
static void
test_plain_plugins(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "plain=5:1,short:1", 30);
	g_assert_true(vmfc_workload_runner_uses_plugin(fixture->runner, "short"));
	fixture->ends_in_finish = TRUE;
	at(fixture, -0.5, "plain+0 ");
	at(fixture, 1, "plain. plain- short+1 ");
	at(fixture, 2, "short- plain+2 ");
	assert_labels(fixture, "plain", 1, FALSE);
}

/* What is stopped stays so, whatever was to come. */
static void
test_stop(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:2,b:2", 30);
	at(fixture, -0.5, "a+0 ");
	at(fixture, 2, "a. "); /* b waits for its end */
	vmfc_workload_runner_stop(fixture->runner);
	g_assert_cmpstr(fixture->course->str, ==, "a. a- ");
	at(fixture, 4, "");
	g_assert_cmpint(fixture->next, ==, -1);
	vmfc_workload_runner_stop(fixture->runner);
	g_assert_cmpstr(fixture->course->str, ==, "");
}

/* The same seed gives the same order, which is that of the sequence. */
static void
test_shuffle(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWorkloadPlan plan = {
		.text = "a:1,b:1,c:1", .duration = 30 * SECOND, .shuffle = TRUE};
	g_autoptr(VmfcSequence) sequence = vmfc_sequence_new(plan.text, plan.duration, INTERVAL,
							     NULL);

	fixture->run.seed = 5;
	vmfc_sequence_shuffle(sequence, 5);
	fixture->runner = vmfc_workload_runner_new(&fixture->run, fixture->labels, NULL, &plan,
						   NULL);
	g_assert_true(vmfc_workload_runner_open(fixture->runner, NULL));
	vmfc_workload_runner_begin(fixture->runner, T0, wake, ended, fixture);
	fixture->ends_in_finish = TRUE;
	gboolean is_shuffled = FALSE;
	for (guint i = 0; i < 12; i++) {
		VmfcPosition position;
		vmfc_sequence_find(sequence, i * SECOND, &position);
		const VmfcPart *part = sequence->parts->pdata[position.part];
		vmfc_workload_runner_advance(fixture->runner, T0 + i * SECOND);
		g_assert_cmpstr(fixture->labels->now.workload, ==, part->name);
		is_shuffled |= position.part != i % 3;
	}
	g_assert_true(is_shuffled);
}

/* Each of them before anything is started. */
static void
test_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text;
		const gchar *says;
	} cases[] = {
		{"idle=5:1", "--stress-workload: 'idle' takes no argument"},
		{"old=5:1", "--stress-workload: 'old' takes no argument"},
		{"a:1,nothing:1", "no workload 'nothing'"},
		{"a:60", "--stress-workload: 'a' takes 60 s, but --duration is 10 s: make the run "
			 "longer or the part shorter"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcWorkloadPlan plan = {.text = cases[i].text, .duration = 10 * SECOND};
		g_autoptr(GError) error = NULL;
		g_assert_null(vmfc_workload_runner_new(&fixture->run, fixture->labels, NULL, &plan,
						       &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_assert_cmpstr(error->message, ==, cases[i].says);
	}
	fixture->run.grace = 1;
	const VmfcWorkloadPlan plan = {.text = "a:1", .duration = 10 * SECOND};
	g_autoptr(GError) error = NULL;
	g_assert_null(
		vmfc_workload_runner_new(&fixture->run, fixture->labels, NULL, &plan, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_cmpstr(fixture->course->str, ==, "");
}

/* What is wrong in a plan may have a password in it. */
static void
test_masked(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWorkloadPlan plan = {.text = "http://me:secret@host", .duration = 10 * SECOND};
	g_autoptr(GError) error = NULL;

	g_assert_null(
		vmfc_workload_runner_new(&fixture->run, fixture->labels, NULL, &plan, &error));
	g_assert_null(strstr(error->message, "secret"));
}

static void
test_cannot_open(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWorkloadPlan plan = {.text = "a:1", .duration = 10 * SECOND};
	g_autoptr(GError) error = NULL;

	fixture->runner = vmfc_workload_runner_new(&fixture->run, fixture->labels, NULL, &plan,
						   NULL);
	fixture->refuses_to_open = TRUE;
	g_assert_false(vmfc_workload_runner_open(fixture->runner, &error));
	g_assert_cmpstr(error->message, ==, "the box is locked");
}

#define ADD(path, func) g_test_add("/workload-runner/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("begins", test_begins);
	ADD("skips", test_skips);
	ADD("skips/while-waiting", test_skipped_while_waiting);
	ADD("idle", test_idle);
	ADD("ends-early", test_ends_early);
	ADD("ends-early/run", test_ends_run);
	ADD("ends-early/part", test_ends_part);
	ADD("ends-early/in-start", test_ends_in_start);
	ADD("fails", test_fails);
	ADD("fails/without-end", test_fails_without_end);
	ADD("steps", test_steps);
	ADD("instances", test_instances);
	ADD("old-plugin", test_old_plugin);
	ADD("nothing", test_nothing);
	ADD("transitions", test_transitions);
	ADD("plain-plugins", test_plain_plugins);
	ADD("stop", test_stop);
	ADD("shuffle", test_shuffle);
	ADD("refused", test_refused);
	ADD("masked", test_masked);
	ADD("cannot-open", test_cannot_open);
	return g_test_run();
}
