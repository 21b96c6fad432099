/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/groups.h"

#define N_ROWS 400

/* Rows of these names, one after the other. */
static VmfcGroups *
build(const gchar *const *workloads, const gchar *const *phases, guint n_rows)
{
	return vmfc_groups_new(workloads, phases, n_rows);
}

/* @n: how many names, taken in turn */
static const gchar **
repeat(const gchar *const *names, guint n, guint n_rows)
{
	const gchar **rows = g_new0(const gchar *, n_rows + 1);

	for (guint i = 0; i < n_rows; i++)
		rows[i] = names[i % n];
	return rows;
}

static void
test_workloads(void)
{
	static const gchar *const names[] = {"web", "Disk", "none"};
	static const gchar *const phases[] = {"low", "high"};
	g_autofree const gchar **workloads = repeat(names, 3, N_ROWS);
	g_autofree const gchar **of_phases = repeat(phases, 2, N_ROWS);
	g_autoptr(VmfcGroups) groups = build(workloads, of_phases, N_ROWS);

	g_assert_cmpint(groups->kind, ==, VMFC_GROUPS_WORKLOADS);
	g_assert_cmpint(groups->names->len, ==, 3);
	g_assert_cmpstr(groups->names->pdata[0], ==, "Disk");
	g_assert_cmpstr(groups->names->pdata[2], ==, "web");
	g_assert_cmpint(groups->of_row[0], ==, 2);
	g_assert_cmpint(groups->of_row[1], ==, 0);
	g_assert_cmpint(groups->counts[0], ==, 133);
	g_assert_cmpint(groups->counts[2], ==, 134);
	g_assert_cmpint(groups->n_folds, ==, 3);
	g_assert_cmpint(groups->gap, ==, 0);
}

/* Two workloads are too few, and their phases are enough. */
static void
test_phases(void)
{
	static const gchar *const names[] = {"a", "a", "b", "b"};
	static const gchar *const phases[] = {"low", "high", "low", ""};
	g_autofree const gchar **workloads = repeat(names, 4, N_ROWS);
	g_autofree const gchar **of_phases = repeat(phases, 4, N_ROWS);
	g_autoptr(VmfcGroups) groups = build(workloads, of_phases, N_ROWS);

	g_assert_cmpint(groups->kind, ==, VMFC_GROUPS_PHASES);
	g_assert_cmpint(groups->names->len, ==, 4);
	g_assert_cmpstr(groups->names->pdata[0], ==, "a high");
	g_assert_cmpstr(groups->names->pdata[1], ==, "a low");
	g_assert_cmpstr(groups->names->pdata[2], ==, "b");
	g_assert_cmpint(groups->gap, ==, 0);
}

static void
check_blocks(guint n_rows, guint n_blocks, guint gap)
{
	static const gchar *const empty[] = {""};
	g_autofree const gchar **none = repeat(empty, 1, n_rows);
	g_autoptr(VmfcGroups) groups = build(none, none, n_rows);

	g_assert_cmpint(groups->kind, ==, n_blocks > 0 ? VMFC_GROUPS_BLOCKS : VMFC_GROUPS_NONE);
	g_assert_cmpint(groups->names->len, ==, MAX(n_blocks, 1));
	g_assert_cmpint(groups->gap, ==, gap);
	for (guint i = 0; n_blocks > 0 && i < n_rows; i++)
		g_assert_cmpint(groups->of_row[i], ==, i * n_blocks / n_rows);
}

static void
test_blocks(void)
{
	check_blocks(59, 0, 0);
	check_blocks(60, 3, 5);
	check_blocks(199, 9, 5);
	check_blocks(400, 10, 5);
	check_blocks(501, 10, 6);
	check_blocks(2000, 10, 20);
}

/* More than ten groups: the largest first, each to the fold with the fewest rows. */
static void
test_folds(void)
{
	const guint few[] = {5, 1, 3};
	const guint many[] = {10, 50, 20, 20, 20, 20, 20, 20, 20, 20, 20, 5};
	guint n_folds;
	g_autofree guint *of_few = vmfc_groups_build_folds(few, 3, &n_folds);

	g_assert_cmpint(n_folds, ==, 3);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(of_few[i], ==, i);
	g_autofree guint *of_many = vmfc_groups_build_folds(many, G_N_ELEMENTS(many), &n_folds);
	g_assert_cmpint(n_folds, ==, 10);
	g_assert_cmpint(of_many[1], ==, 0);
	g_assert_cmpint(of_many[2], ==, 1);
	g_assert_cmpint(of_many[10], ==, 9);
	/* all others have 20 or more rows, and the first of those with 20 takes both */
	g_assert_cmpint(of_many[0], ==, 1);
	g_assert_cmpint(of_many[11], ==, 2);
}

/* Ten groups are as many folds; of eleven, two share one. */
static void
test_most_folds(void)
{
	const guint counts[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5};
	guint n_folds;
	g_autofree guint *of_ten = vmfc_groups_build_folds(counts, 10, &n_folds);

	g_assert_cmpint(n_folds, ==, 10);
	for (guint i = 0; i < 10; i++)
		g_assert_cmpint(of_ten[i], ==, i);
	g_autofree guint *of_eleven = vmfc_groups_build_folds(counts, 11, &n_folds);
	g_assert_cmpint(n_folds, ==, 10);
	/* by size, equal ones in their order: 5, 7, 4, 8, 10, 2, 0, 9, 6, 1, 3 */
	static const guint expected[] = {6, 9, 5, 9, 2, 0, 8, 1, 3, 7, 4};
	for (guint i = 0; i < 11; i++)
		g_assert_cmpint(of_eleven[i], ==, expected[i]);
}

/* Equal names are one group, whether their texts are the same or only equal. */
static void
test_equal_names(void)
{
	const gchar one[] = "a", other[] = "a", third[] = "b";
	const gchar *const names[] = {one, one, other, third, third, one, other, other};
	g_autoptr(VmfcGroups) groups = vmfc_groups_new_of_names(names, 8);
	static const guint expected[] = {0, 0, 0, 1, 1, 0, 0, 0};

	g_assert_cmpint(groups->names->len, ==, 2);
	for (guint i = 0; i < 8; i++)
		g_assert_cmpint(groups->of_row[i], ==, expected[i]);
	g_assert_cmpint(groups->counts[0], ==, 6);
	g_assert_cmpint(groups->counts[1], ==, 2);
}

/* Of fewer rows than groups the largest groups give, and no more are taken than there are. */
static void
test_very_few_rows(void)
{
	static const gchar *const names[] = {"a", "b", "b", "c", "c", "c"};
	g_autofree const gchar **workloads = repeat(names, 6, 6);
	g_autoptr(VmfcGroups) groups = vmfc_groups_new_of_names(workloads, 6);

	for (guint most = 0; most <= 8; most++) {
		guint n;
		g_autofree guint *chosen = vmfc_groups_choose_rows(groups, 6, most, &n);
		g_assert_cmpint(n, ==, MIN(most, 6));
		for (guint i = 0; i < n; i++) {
			g_assert_cmpint(chosen[i], <, 6);
			if (most < 3)
				g_assert_cmpint(chosen[i], >=, most == 1 ? 3 : 1);
		}
	}
}

static void
test_few_rows_of_many(void)
{
	static const gchar *const names[] = {"a", "a", "a", "a", "a", "a", "a", "b", "b", "c"};
	g_autofree const gchar **workloads = repeat(names, 10, 100);
	g_autoptr(VmfcGroups) groups = vmfc_groups_new_of_names(workloads, 100);
	guint counts[3] = {0};
	guint n;
	g_autofree guint *all = vmfc_groups_choose_rows(groups, 100, 100, &n);

	g_assert_cmpint(n, ==, 100);
	for (guint i = 0; i < n; i++)
		g_assert_cmpint(all[i], ==, i);
	/* 70 of a, 20 of b and 10 of c: c gives all it has, the others the same */
	g_autofree guint *some = vmfc_groups_choose_rows(groups, 100, 44, &n);
	g_assert_cmpint(n, ==, 44);
	for (guint i = 0; i < n; i++)
		counts[groups->of_row[some[i]]]++;
	g_assert_cmpint(counts[0], ==, 17);
	g_assert_cmpint(counts[1], ==, 17);
	g_assert_cmpint(counts[2], ==, 10);
	/* the first that is taken of a is number floor(70 / 34) = 2 of it, and the last number 67
	 */
	g_assert_cmpint(some[0], ==, 2);
	for (guint i = 1; i < n; i++)
		g_assert_cmpint(some[i], >, some[i - 1]);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/groups/workloads", test_workloads);
	g_test_add_func("/groups/phases", test_phases);
	g_test_add_func("/groups/blocks", test_blocks);
	g_test_add_func("/groups/folds", test_folds);
	g_test_add_func("/groups/few-rows-of-many", test_few_rows_of_many);
	g_test_add_func("/groups/most-folds", test_most_folds);
	g_test_add_func("/groups/equal-names", test_equal_names);
	g_test_add_func("/groups/very-few-rows", test_very_few_rows);
	return g_test_run();
}
