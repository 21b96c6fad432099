/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The machine that a model was trained on, and another one. */

#include "model/machine.h"

/* One fact is enough to know it, and what is unknown is none. */
static void
test_known(void)
{
	static const struct {
		const gchar *cpu_model;
		const gchar *architecture;
		const gchar *hypervisor;
		gint64 n_cpus;
		gboolean is_known;
	} cases[] = {
		{NULL, NULL, NULL, 0, FALSE},	  {"unknown", "unknown", "unknown", 0, FALSE},
		{"a", NULL, NULL, 0, TRUE},	  {NULL, "a", "unknown", 0, TRUE},
		{NULL, NULL, "a", 0, TRUE},	  {"unknown", NULL, NULL, 1, TRUE},
		{"Unknown", NULL, NULL, 0, TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcModel) model = vmfc_model_new();
		model->cpu_model = g_strdup(cases[i].cpu_model);
		model->architecture = g_strdup(cases[i].architecture);
		model->hypervisor = g_strdup(cases[i].hypervisor);
		model->n_cpus = cases[i].n_cpus;
		g_test_message("%u", i);
		g_assert_cmpint(vmfc_model_knows_machine(model), ==, cases[i].is_known);
	}
}

/* Only what both know and what differs is told: first that of the model. */
static void
test_differences(void)
{
	static const struct {
		const gchar *trained[3]; /* CPU model, architecture, hypervisor */
		VmfcModelMachine here;
		const gchar *text;
	} cases[] = {
		{{"a", "b", "c"}, {"a", "b", "c"}, NULL},
		{{NULL, NULL, NULL}, {"a", "b", "c"}, NULL},
		{{"a", "b", "c"}, {NULL, NULL, NULL}, NULL},
		{{"unknown", "b", "unknown"}, {"a", "unknown", "c"}, NULL},
		{{"a", "b", "c"}, {"x", "b", "c"}, "CPU model 'a', this machine has 'x'"},
		{{"a", "b", "c"}, {"a", "x", "c"}, "architecture 'b', this machine has 'x'"},
		{{"a", "b", "c"}, {"a", "b", "x"}, "hypervisor 'c', this machine has 'x'"},
		{{"a", "unknown", "c"},
		 {"x", "y", "z"},
		 "CPU model 'a', this machine has 'x'; hypervisor 'c', this machine has 'z'"},
		{{"a", "b", "c"},
		 {"b", "c", "a"},
		 "CPU model 'a', this machine has 'b'; architecture 'b', this machine has 'c'; "
		 "hypervisor 'c', this machine has 'a'"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcModel) model = vmfc_model_new();
		model->cpu_model = g_strdup(cases[i].trained[0]);
		model->architecture = g_strdup(cases[i].trained[1]);
		model->hypervisor = g_strdup(cases[i].trained[2]);
		g_autofree gchar *text = vmfc_model_compare_machine(model, &cases[i].here);
		g_autofree gchar *whole =
			cases[i].text == NULL
				? NULL
				: g_strconcat("the model was trained on another machine: ",
					      cases[i].text, NULL);
		g_assert_cmpstr(text, ==, whole);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine/known", test_known);
	g_test_add_func("/machine/differences", test_differences);
	return g_test_run();
}
