/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "workload/workload-list.h"

#include <string.h>

static void
list_some(VmfcContext *context)
{
	static const gchar *const names[] = {"a",   "load-2_b", "9",   "",	  "Load",
					     "a b", "a=b",	"a:b", "\303\244"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		vmfc_context_add_workload(context, names[i], "some");
}

static const VmfcWorkload with_list = {.list = list_some};
static const VmfcPlugin listing = {
	.abi_minor = 2, .name = "listing", .summary = "many", .workload = &with_list};
/* its table ends before list: what stands there must not be called */
static const VmfcPlugin old = {
	.abi_minor = 1, .name = "old", .summary = "one", .workload = &with_list};

/* Names that --stress-workload could not name are left out. */
static void
test_names(void)
{
	static const gchar *const good[] = {"a", "load-2_b", "9"};
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	const VmfcRun run = {.schema = schema};

	for (guint i = 0; i < 6; i++)
		g_test_expect_message(
			"vmfc", G_LOG_LEVEL_MESSAGE,
			"vmfc ignores workload '*' of plugin listing: a name contains *");
	g_autoptr(GPtrArray) entries = vmfc_workload_list_new_for_plugin(&listing, &run, NULL);
	g_test_assert_expected_messages();
	g_assert_cmpuint(entries->len, ==, G_N_ELEMENTS(good));
	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		const VmfcWorkloadEntry *entry = entries->pdata[i];
		g_assert_cmpstr(entry->name, ==, good[i]);
		g_assert_cmpstr(entry->summary, ==, "some");
		g_assert_true(entry->plugin == &listing);
		g_assert_true(vmfc_workload_list_find(entries, good[i], NULL) == entry);
	}
}

static void
test_old(void)
{
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	const VmfcRun run = {.schema = schema};
	g_autoptr(GPtrArray) entries = vmfc_workload_list_new_for_plugin(&old, &run, NULL);
	const VmfcWorkloadEntry *entry = entries->pdata[0];
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(entries->len, ==, 1);
	g_assert_cmpstr(entry->name, ==, "old");
	g_assert_cmpstr(entry->summary, ==, "one");
	g_assert_null(vmfc_workload_list_find(entries, "odl", &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
	g_assert_cmpstr(error->message, ==,
			"unknown workload 'odl' (did you mean old?); known workloads: old; "
			"--list-workloads describes them");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload-list/names", test_names);
	g_test_add_func("/workload-list/old", test_old);
	return g_test_run();
}
