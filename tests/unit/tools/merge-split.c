/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* How merge divides rows for training and testing. */

#include "tables.h"
#include "tools/merge/split.h"

/* Divides all rows of one run. */
static void
split_all(VmfcSplit *split, const GPtrArray *pairs, gdouble share, guint32 seed)
{
	const VmfcPair *pair = pairs->pdata[0];
	const VmfcTableRow *row;
	gdouble time;

	*split = (VmfcSplit){0};
	g_assert_true(vmfc_split_init(split, pairs, share, seed, NULL));
	g_assert_true(vmfc_table_reader_rewind(pair->features, NULL));
	while (vmfc_table_reader_next(pair->features, &row, NULL) && row != NULL) {
		if (vmfc_row_clock_read(&pair->clock, row, &time))
			vmfc_split_choose(split, 0, row, time);
	}
}

/* Phases with one of the two names, or both. Rows of a transition are in neither part. */
static void
test_split_names(void)
{
	static const gchar *const headers[] = {
		"timestamp,stress_workload,x,stress_transition\n",
		"timestamp,stress_phase,x,stress_transition\n",
		"timestamp,stress_phase,stress_workload,stress_transition\n",
		"timestamp,stress_workload,stress_phase,x\n",
	};
	static const gchar *const first[] = {
		"stress_workload,timestamp\na,2000000001\nb,2000000002\n",
		"stress_phase,timestamp\na,2000000001\nb,2000000002\n"};

	for (guint i = 0; i < G_N_ELEMENTS(first); i++) {
		g_autoptr(GPtrArray) pairs = pairs_of(first[i]);
		VmfcSplit split;
		split_all(&split, pairs, 0.5, 1);
		g_assert_false(split.is_by_time);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==, 1);
		vmfc_split_clear(&split);
	}

	for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autoptr(GString) text = g_string_new(headers[i]);
		VmfcSplit split;
		for (guint j = 0; j < 100; j++)
			g_string_append_printf(text, "%u,a%u,b%u,%u\n", 2000000000 + j, j / 10 % 2,
					       j / 50, j % 10 == 0);
		g_autoptr(GPtrArray) pairs = pairs_of(text->str);
		split_all(&split, pairs, 0.25, 1);
		g_assert_false(split.is_by_time);
		g_assert_cmpuint(g_hash_table_size(split.groups), ==, i < 2 ? 2 : 4);
		g_assert_cmpuint(split.n_rows[VMFC_PART_NONE], ==, i == 3 ? 0 : 10);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==,
				 i == 3	  ? (gsize)(split.n_rows[VMFC_PART_TEST] > 25 ? 30 : 20)
				 : i == 2 ? (gsize)(split.n_rows[VMFC_PART_TEST] > 22 ? 27 : 18)
					  : 45);
		vmfc_split_clear(&split);
	}
}

/* A workload and its phase are two names: their letters together do not make a group. */
static void
test_split_pairs_of_names(void)
{
	static const struct {
		const gchar *rows;
		guint n_groups;
	} cases[] = {
		{"1,a,bc\n2,ab,c\n", 2}, {"1,,a\n2,a,\n", 2},	       {"1,a,b\n2,b,a\n", 2},
		{"1,,\n2,a,\n", 2},	 {"1,a,b\n2,a,b\n3,a,c\n", 2}, {"1,a,b\n2,c,b\n", 2},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) rows = g_strsplit(cases[i].rows, "\n", -1);
		g_autofree gchar *lines = g_strjoinv("\n200000000", rows);
		g_autofree gchar *text = g_strconcat("timestamp,stress_workload,stress_phase\n"
						     "200000000",
						     lines, NULL);
		*strrchr(text, '\n') = '\0';
		g_autofree gchar *whole = g_strconcat(text, "\n", NULL);
		g_autoptr(GPtrArray) pairs = pairs_of(whole);
		VmfcSplit split;
		split_all(&split, pairs, 0.5, 1);
		g_test_message("%s", whole);
		g_assert_false(split.is_by_time);
		g_assert_cmpuint(g_hash_table_size(split.groups), ==, cases[i].n_groups);
		vmfc_split_clear(&split);
	}
}

/* Runs are divided by phase if any of them has one, wherever it is among them. */
static void
test_split_runs_without_phases(void)
{
	static const gchar with[] = "timestamp,stress_phase\n2000000001,a\n2000000002,b\n";
	static const gchar without[] = "timestamp\n2000000001\n2000000002\n2000000003\n";

	for (guint i = 0; i < 4; i++) {
		g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(
			(GDestroyNotify)vmfc_pair_free);
		VmfcSplit split = {0};
		for (guint run = 0; run < 3; run++)
			g_ptr_array_add(pairs, pair_of(run == i ? with : without, run));
		g_assert_true(vmfc_split_init(&split, pairs, 0.5, 1, NULL));
		g_assert_cmpint(split.is_by_time, ==, i == 3);
		/* of each run without phases 3 of the stretches have rows */
		g_assert_cmpuint(g_hash_table_size(split.groups), ==, i == 3 ? 9 : 3);
		vmfc_split_clear(&split);
	}
}

/* The stretches are counted again, so that the share is that of all rows, also of those of one
 * phase. */
static void
test_split_share_of_time(void)
{
	for (guint i = 0; i < 2; i++) {
		g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
		for (guint j = 0; j <= 1000; j++)
			g_string_append_printf(text, "%u,%s\n", 2000000000 + j,
					       i == 0 ? "" : "one");
		g_autoptr(GPtrArray) pairs = pairs_of(text->str);
		for (guint seed = 0; seed < 10; seed++) {
			VmfcSplit split;
			split_all(&split, pairs, 0.2, seed);
			g_assert_true(split.is_by_time);
			g_assert_cmpuint(g_hash_table_size(split.groups), ==, 20);
			g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], >=, 200);
			g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], <=, 201);
			vmfc_split_clear(&split);
		}
	}
}

/* The parts of groups of 1 to 12 rows, chosen by the seed alone: the same for ever. */
static void
test_split_seeds(void)
{
	static const guint n_test[] = {23, 27, 23, 23, 24, 24};
	g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
	guint n = 0;

	for (guint group = 1; group <= 12; group++) {
		for (guint i = 0; i < group; i++)
			g_string_append_printf(text, "%u,p%u\n", 2000000000 + n++, group);
	}
	g_autoptr(GPtrArray) pairs = pairs_of(text->str);
	for (guint seed = 0; seed < G_N_ELEMENTS(n_test); seed++) {
		VmfcSplit split;
		split_all(&split, pairs, 0.3, seed);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==, n_test[seed]);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TRAIN], ==, 78 - n_test[seed]);
		vmfc_split_clear(&split);
		/* a share that no group comes near gets the smallest, and all but one at the most
		 */
		split_all(&split, pairs, 0.001, seed);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==, 1);
		vmfc_split_clear(&split);
		split_all(&split, pairs, 0.9999, seed);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TRAIN], >, 0);
		vmfc_split_clear(&split);
	}
}

/* Of equal phases the seed alone decides which one is for testing: the same for ever. */
static void
test_split_equal_phases(void)
{
	static const gchar tested[] = "cdcadcda";
	g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
	g_autoptr(GString) chosen = g_string_new(NULL);

	for (guint i = 0; i < 40; i++)
		g_string_append_printf(text, "%u,%c\n", 2000000000 + i, 'a' + i % 4);
	g_autoptr(GPtrArray) pairs = pairs_of(text->str);
	const VmfcPair *pair = pairs->pdata[0];
	for (guint seed = 0; seed < strlen(tested); seed++) {
		VmfcSplit split = {0};
		const VmfcTableRow *row;
		g_assert_true(vmfc_split_init(&split, pairs, 0.01, seed, NULL));
		g_assert_true(vmfc_table_reader_rewind(pair->features, NULL));
		for (guint i = 0; i < 4; i++) {
			g_assert_true(vmfc_table_reader_next(pair->features, &row, NULL));
			if (vmfc_split_choose(&split, 0, row, 2e9 + i) == VMFC_PART_TEST)
				g_string_append_c(chosen, (gchar)('a' + i));
		}
		vmfc_split_clear(&split);
	}
	g_assert_cmpstr(chosen->str, ==, tested);
}

/* A group that would bring the test part no nearer to its share stays out of it. */
static void
test_split_as_near(void)
{
	g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
	guint n_seen[3] = {0};

	for (guint i = 0; i < 40; i++)
		g_string_append_printf(text, "%u,p%u\n", 2000000000 + i, MIN(i / 10, 2));
	g_autoptr(GPtrArray) pairs = pairs_of(text->str);
	for (guint seed = 0; seed < 20; seed++) {
		VmfcSplit split;
		split_all(&split, pairs, 0.375, seed); /* 15 rows; groups of 10, 10 and 20 */
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST] % 10, ==, 0);
		n_seen[split.n_rows[VMFC_PART_TEST] / 10]++;
		vmfc_split_clear(&split);
	}
	g_assert_cmpuint(n_seen[0], ==, 0);
	g_assert_cmpuint(n_seen[1], >, 0);
	g_assert_cmpuint(n_seen[2], >, 0);
}

/* Names are told apart whatever their length. */
static void
test_split_long_names(void)
{
	for (guint length = 127; length <= 400; length += length < 130 ? 1 : 270) {
		g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
		g_autofree gchar *name = g_strnfill(length - 1, 'n');
		VmfcSplit split;
		for (guint i = 0; i < 6; i++)
			g_string_append_printf(text, "%u,%s%u\n", 2000000000 + i, name, i % 3);
		g_string_append(text, ",without-time\n");
		g_autoptr(GPtrArray) pairs = pairs_of(text->str);
		split_all(&split, pairs, 0.34, 1);
		g_assert_cmpuint(g_hash_table_size(split.groups), ==, 3);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==, 2);
		g_assert_cmpuint(split.name->len, <=, length <= 128 ? length + 1 : 65);
		vmfc_split_clear(&split);
	}
}

/* More phases than there can be are a label that changes with every window: time decides then. */
static void
test_split_many_phases(void)
{
	for (guint n = 10000; n <= 10001; n++) {
		g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
		VmfcSplit split;
		for (guint i = 0; i < n; i++)
			g_string_append_printf(text, "%u,p%u\n", 2000000000 + i, i);
		g_autoptr(GPtrArray) pairs = pairs_of(text->str);
		if (n > 10000)
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
					      "*has more than 10000 phases");
		split_all(&split, pairs, 0.25, 1);
		g_test_assert_expected_messages();
		g_assert_cmpint(split.is_by_time, ==, n > 10000);
		g_assert_cmpuint(g_hash_table_size(split.groups), ==, n > 10000 ? 20 : n);
		vmfc_split_clear(&split);
	}
}

/* Stretches are those of the whole run, also where it ends with rows of a transition. */
static void
test_split_stretches(void)
{
	g_autoptr(GString) text = g_string_new("timestamp,stress_transition\n");
	VmfcSplit split;

	for (guint i = 0; i < 41; i++)
		g_string_append_printf(text, "%u,%u\n", 2000000000 + i, i >= 20);
	g_autoptr(GPtrArray) pairs = pairs_of(text->str);
	split_all(&split, pairs, 0.5, 1);
	g_assert_true(split.is_by_time);
	/* 20 stretches of 2 s, of which 10 have rows */
	g_assert_cmpuint(g_hash_table_size(split.groups), ==, 10);
	g_assert_cmpuint(split.n_rows[VMFC_PART_NONE], ==, 21);
	g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==, 10);
	g_assert_cmpuint(split.n_rows[VMFC_PART_TRAIN], ==, 10);
	vmfc_split_clear(&split);
}

/* One phase at one time cannot be split. */
static void
test_split_errors(void)
{
	static const struct {
		const gchar *text;
		const gchar *sentence;
	} cases[] = {
		{"timestamp\n2000000001\n2000000001\n", "*cannot be split: all its rows have one "
							"time and phase"},
		{"timestamp,stress_phase\n2000000001,a\n2000000001,a\n",
		 "*cannot be split: all its rows have one time and phase"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) pairs = pairs_of(cases[i].text);
		g_autoptr(GError) error = NULL;
		VmfcSplit split = {0};
		g_assert_false(vmfc_split_init(&split, pairs, 0.5, 1, &error));
		g_assert_nonnull(error);
		g_test_message("%s", error->message);
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
		vmfc_split_clear(&split);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-split/split-as-near", test_split_as_near);
	g_test_add_func("/merge-split/split-names", test_split_names);
	g_test_add_func("/merge-split/split-pairs-of-names", test_split_pairs_of_names);
	g_test_add_func("/merge-split/split-runs-without-phases", test_split_runs_without_phases);
	g_test_add_func("/merge-split/split-share-of-time", test_split_share_of_time);
	g_test_add_func("/merge-split/split-equal-phases", test_split_equal_phases);
	g_test_add_func("/merge-split/split-seeds", test_split_seeds);
	g_test_add_func("/merge-split/split-long-names", test_split_long_names);
	g_test_add_func("/merge-split/split-many-phases", test_split_many_phases);
	g_test_add_func("/merge-split/split-stretches", test_split_stretches);
	g_test_add_func("/merge-split/split-errors", test_split_errors);
	return g_test_run();
}
