/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which rows train takes of a file, and what of each. */

#include <math.h>

#include "training-sets.h"

/* Rows of several runs, not in the order of time: each keeps all of its own. */
static void
test_order(void)
{
	static const guint seconds[] = {7, 3, 9, 1, 0, 5, 2, 8, 0, 6, 4};
	g_autoptr(GString) text = g_string_new(
		"x,timestamp,run,power_watts_package,time_delta_seconds,core_count,stress_workload,"
		"stress_phase\n");

	for (guint i = 0; i < G_N_ELEMENTS(seconds); i++) {
		g_autofree gchar *time = seconds[i] == 0
						 ? g_strdup("")
						 : g_strdup_printf("%u", 2000000000 + seconds[i]);
		g_string_append_printf(text, "%u,%s,%s,%u,%u,%u,w%u,p%u\n", i, time,
				       i % 3 == 0 ? "b" : "a", 100 + i, 200 + i, 300 + i, i, i);
	}
	g_autoptr(VmfcTrainingSet) set = vmfc_training_set_new();
	read_files(set, (const gchar *[]){text->str, text->str}, 2, FALSE);
	g_assert_cmpuint(set->n_rows, ==, 22);
	vmfc_training_rows_sort(set);
	/* the runs in the order of their first rows; rows without a time first, as they come */
	g_assert_cmpuint(set->run_names->len, ==, 4);
	g_assert_cmpstr(set->run_names->pdata[0], ==, "b");
	g_assert_cmpstr(set->run_names->pdata[1], ==, "a");
	g_assert_cmpstr(set->run_names->pdata[2], ==, "b_2");
	g_assert_cmpstr(set->run_names->pdata[3], ==, "a_2");
	for (guint row = 0; row < set->n_rows; row++) {
		guint i = (guint)set->features[0][row];
		g_autofree gchar *workload = g_strdup_printf("w%u", i);
		g_autofree gchar *phase = g_strdup_printf("p%u", i);
		g_assert_cmpuint(set->runs[row], ==, row / 11 * 2 + (i % 3 != 0));
		g_assert_cmpfloat(get_label(set, row), ==, 100 + i);
		g_assert_cmpfloat(set->seconds[row], ==, 200 + i);
		g_assert_cmpfloat(set->core_counts[row], ==, 300 + i);
		g_assert_cmpstr(set->workloads[row], ==, workload);
		g_assert_cmpstr(set->phases[row], ==, phase);
		if (seconds[i] == 0)
			g_assert_true(isnan(set->times[row]));
		else
			g_assert_cmpfloat(set->times[row], ==, 2e9 + seconds[i]);
		if (row == 0 || set->runs[row] != set->runs[row - 1])
			continue;
		guint before = (guint)set->features[0][row - 1];
		g_assert_true(seconds[before] < seconds[i] ||
			      (seconds[before] == seconds[i] && before < i));
	}
	for (guint i = 0; i < 4; i++)
		g_assert_cmpuint(g_array_index(set->run_inputs, guint, i), ==, i / 2);
}

/* A file whose first row is the last in time. */
static void
test_reversed(void)
{
	static const gchar *const text = "x,timestamp,power_watts_package\n1,2000000003,5\n"
					 "2,2000000002,6\n3,2000000001,7\n";
	g_autoptr(VmfcTrainingSet) set = vmfc_training_set_new();

	read_files(set, &text, 1, FALSE);
	vmfc_training_rows_sort(set);
	for (guint i = 0; i < 3; i++) {
		g_assert_cmpfloat(set->features[0][i], ==, 3 - i);
		g_assert_cmpfloat(get_label(set, i), ==, 7 - i);
		g_assert_cmpfloat(set->times[i], ==, 2e9 + 1 + i);
	}
}

/* Rows in transition, with stale power or without a label are left out, and counted. */
static void
test_left_out(void)
{
	static const gchar *const text =
		"timestamp,x,power_watts_package,stress_transition,power_stale\n"
		"2000000001,1,5,false,false\n2000000002,2,5,true,false\n"
		"2000000003,3,5,false,true\n2000000004,4,,false,false\n"
		"2000000005,5,-1,false,false\n2000000006,6,0,false,\n"
		"2000000007,7,3e38,,false\n2000000008,8,4e38,false,false\n"
		"2000000009,9,abc,false,false\n2000000012,10,5,true,true\n"
		"2000000011,,5,false,false\n";
	static const guint kept[] = {1, 6, 7, 0};

	for (guint all = 0; all <= 1; all++) {
		g_autoptr(VmfcTrainingSet) set = vmfc_training_set_new();
		read_files(set, &text, 1, all);
		const VmfcTrainingInput *input = set->inputs->pdata[0];
		const VmfcTrainingZone *zone = set->zones->pdata[0];
		g_assert_cmpuint(set->n_read, ==, 11);
		g_assert_cmpuint(input->n_rows, ==, 11);
		g_assert_cmpfloat(input->newest, ==, 2e9 + 12);
		g_assert_cmpuint(set->n_transition, ==, all ? 0 : 2);
		g_assert_cmpuint(set->n_stale, ==, all ? 0 : 1);
		g_assert_cmpuint(zone->n_missing, ==, 4);
		g_assert_cmpuint(set->n_rows, ==, all ? 11 : 4);
		for (guint i = 0; !all && i < 4; i++) {
			if (kept[i] > 0)
				g_assert_cmpfloat(set->features[0][i], ==, kept[i]);
			else
				g_assert_true(isnan(set->features[0][i]));
		}
		for (guint i = 0; all && i < 11; i++)
			g_assert_cmpint(isnan(get_label(set, i)), ==,
					i == 3 || i == 4 || i == 7 || i == 8);
		g_assert_cmpstr(set->workloads[0], ==, "");
		g_assert_false(set->has_workloads);
	}
}

/* A text is that of its own row, and a missing one not that of the row before. */
static void
test_texts(void)
{
	static const gchar *const text =
		"timestamp,power_watts_package,x,stress_workload,stress_phase,run,power_method,"
		"vm_hostname\n"
		"2000000001,1,1,one,low,r,mean,h\n2000000002,1,1,one,low,r,mean,h\n"
		"2000000003,1,1,,,,energy,i\n2000000004,1,1,one,high,r,mean,\n"
		"2000000005,1,1,on,hig,r,,h\n2000000006,1,1,\"o\"\"n\",\"a,b\",s,mean,h\n";
	static const gchar *const workloads[] = {"one", "one", "none", "one", "on", "o\"n"};
	static const gchar *const phases[] = {"low", "low", "", "high", "hig", "a,b"};
	static const gchar *const runs[] = {"r", "r", "f0", "r", "r", "s"};
	g_autoptr(VmfcTrainingSet) set = vmfc_training_set_new();

	read_files(set, &text, 1, FALSE);
	g_assert_true(set->has_workloads);
	g_assert_cmpuint(set->n_rows, ==, 6);
	for (guint i = 0; i < 6; i++) {
		g_assert_cmpstr(set->workloads[i], ==, workloads[i]);
		g_assert_cmpstr(set->phases[i], ==, phases[i]);
		g_assert_cmpstr(set->run_names->pdata[set->runs[i]], ==, runs[i]);
	}
	g_assert_true(set->workloads[0] == set->workloads[3]);
	g_assert_cmpuint(g_hash_table_size(set->methods), ==, 2);
	g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(
				 set->methods, g_string_chunk_insert_const(set->texts, "mean"))),
			 ==, 4);
	g_assert_cmpuint(g_hash_table_size(set->hosts), ==, 2);
	g_assert_cmpuint(g_hash_table_size(set->models), ==, 0);
}

/* More rows than there is room for at first. */
static void
test_room(void)
{
	g_autoptr(GString) text = g_string_new("x,timestamp,power_watts_package\n");
	g_autoptr(VmfcTrainingSet) set = vmfc_training_set_new();

	for (guint i = 0; i < 5000; i++)
		g_string_append_printf(text, "%u,%u,%u\n", i, 2000000000 + i, i % 7);
	read_files(set, (const gchar *[]){text->str, text->str}, 2, FALSE);
	g_assert_cmpuint(set->n_rows, ==, 10000);
	for (guint i = 0; i < 10000; i++) {
		g_assert_cmpfloat(set->features[0][i], ==, i % 5000);
		g_assert_cmpfloat(get_label(set, i), ==, i % 5000 % 7);
		g_assert_cmpuint(set->runs[i], ==, i / 5000);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/train-rows/order", test_order);
	g_test_add_func("/train-rows/reversed", test_reversed);
	g_test_add_func("/train-rows/left-out", test_left_out);
	g_test_add_func("/train-rows/texts", test_texts);
	g_test_add_func("/train-rows/room", test_room);
	return g_test_run();
}
