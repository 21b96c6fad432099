/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which workloads and plugins a runner gets from a plan, and which plans it refuses. */

#include <string.h>

#include "workload-puppets.h"

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
	ADD("instances", test_instances);
	ADD("old-plugin", test_old_plugin);
	ADD("nothing", test_nothing);
	ADD("plain-plugins", test_plain_plugins);
	ADD("shuffle", test_shuffle);
	ADD("refused", test_refused);
	ADD("masked", test_masked);
	ADD("cannot-open", test_cannot_open);
	return g_test_run();
}
