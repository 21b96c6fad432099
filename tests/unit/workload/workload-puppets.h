/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A runner of workloads that do what a test tells them to, and note what they are told. */

#pragma once

#include "workload/workload-list.h"
#include "workload/workload-runner.h"

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
	gint64 next;
	gboolean refuses; /* to start */
	gboolean refuses_to_open;
	gboolean ends_in_start;	 /* at once */
	gboolean ends_in_finish; /* at once, when it is told to finish */
	GPtrArray *puppets;
} Fixture;

static inline Fixture *
fixture_of(const VmfcContext *context)
{
	return (Fixture *)((gchar *)context->run - G_STRUCT_OFFSET(Fixture, run));
}

static inline gpointer
puppet_open(VmfcContext *context, GError **error)
{
	Fixture *fixture = fixture_of(context);

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

static inline gboolean
puppet_start(gpointer data, GError **error)
{
	Puppet *self = data;
	gdouble begin = (gdouble)(vmfc_context_get_begin(self->context) - T0) / 1e9;

	g_string_append_printf(self->course, "%s+%g ", self->context->workload, begin);
	if (fixture_of(self->context)->ends_in_start)
		vmfc_context_end_workload(self->context, NULL);
	if (!fixture_of(self->context)->refuses)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the strings are cut");
	return FALSE;
}

static inline void
puppet_stop(gpointer data)
{
	Puppet *self = data;
	g_string_append_printf(self->course, "%s- ", self->context->workload);
}

static inline void
puppet_finish(gpointer data)
{
	Puppet *self = data;
	g_string_append_printf(self->course, "%s. ", self->context->workload);
	if (fixture_of(self->context)->ends_in_finish)
		vmfc_context_end_workload(self->context, NULL);
}

static inline void
puppet_close(gpointer data)
{
	Puppet *self = data;
	g_string_append_printf(self->course, "%s) ", self->context->workload);
	g_ptr_array_remove(fixture_of(self->context)->puppets, self);
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

static inline void
wake(gpointer user_data)
{
	((Fixture *)user_data)->n_woken++;
}

static inline void
ended(gpointer user_data)
{
	((Fixture *)user_data)->n_ended++;
}

static inline void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->course = g_string_new(NULL);
	fixture->puppets = g_ptr_array_new();
	fixture->labels = vmfc_workload_labels_new();
	fixture->run.interval = INTERVAL;
}

static inline void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_test_assert_expected_messages();
	g_clear_pointer(&fixture->runner, vmfc_workload_runner_free);
	g_assert_cmpuint(fixture->puppets->len, ==, 0);
	g_ptr_array_unref(fixture->puppets);
	g_free(fixture->labels);
	g_string_free(fixture->course, TRUE);
}

static inline void
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
static inline void
at(Fixture *fixture, gdouble seconds, const gchar *course)
{
	g_string_truncate(fixture->course, 0);
	fixture->next = vmfc_workload_runner_advance(fixture->runner, T0 + (gint64)(seconds * 1e9));
	g_assert_cmpstr(fixture->course->str, ==, course);
}

static inline void
assert_labels(Fixture *fixture, const gchar *name, gint64 iteration, gboolean between)
{
	g_assert_cmpstr(fixture->labels->now.workload, ==, name);
	g_assert_cmpint(fixture->labels->now.iteration, ==, iteration);
	g_assert_cmpint(fixture->labels->between, ==, between);
}

static inline void
end(Fixture *fixture, guint puppet, const GError *error)
{
	const Puppet *self = fixture->puppets->pdata[puppet];
	guint n_woken = fixture->n_woken;

	vmfc_context_end_workload(self->context, error);
	g_assert_cmpuint(fixture->n_woken, ==, n_woken + 1);
}
