/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/groups.h"

#include <string.h>

/* A block of fewer rows tells too little. */
#define ROWS_PER_BLOCK 20
/* Power and load of neighbouring rows depend on each other that far at least. */
#define MIN_GAP 5

void
vmfc_groups_free(VmfcGroups *groups)
{
	g_ptr_array_unref(groups->names);
	g_free(groups->of_row);
	g_free(groups->counts);
	g_free(groups->folds);
	g_free(groups);
}

/* -------------------------------------------------------------- groups */

static gint
compare_names(gconstpointer one, gconstpointer other)
{
	return strcmp(*(const gchar *const *)one, *(const gchar *const *)other);
}

static GPtrArray *
collect_names(const gchar *const *names, guint n_rows)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *sorted = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < n_rows; i++) {
		/* rows of a group mostly follow each other */
		if (i > 0 && names[i] == names[i - 1])
			continue;
		if (g_hash_table_add(seen, (gpointer)names[i]))
			g_ptr_array_add(sorted, g_strdup(names[i]));
	}
	g_ptr_array_sort(sorted, compare_names);
	return sorted;
}

static void
number_rows(VmfcGroups *groups, const gchar *const *names, guint n_rows)
{
	g_autoptr(GHashTable) numbers = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < groups->names->len; i++)
		/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
		g_hash_table_insert(numbers, groups->names->pdata[i], GUINT_TO_POINTER(i));
	for (guint i = 0; i < n_rows; i++)
		groups->of_row[i] = i > 0 && names[i] == names[i - 1]
					    ? groups->of_row[i - 1]
					    : GPOINTER_TO_UINT(
						      g_hash_table_lookup(numbers, names[i]));
}

static void
count_rows(VmfcGroups *groups, guint n_rows)
{
	groups->counts = g_new0(guint, groups->names->len + 1);
	for (guint i = 0; i < n_rows; i++)
		groups->counts[groups->of_row[i]]++;
}

/* One for each name that rows have. */
VmfcGroups *
vmfc_groups_new_of_names(const gchar *const *names, guint n_rows)
{
	VmfcGroups *groups = g_new0(VmfcGroups, 1);

	groups->names = collect_names(names, n_rows);
	groups->of_row = g_new0(guint, n_rows + 1);
	number_rows(groups, names, n_rows);
	count_rows(groups, n_rows);
	groups->folds = vmfc_groups_build_folds(groups->counts, groups->names->len,
						&groups->n_folds);
	return groups;
}

static VmfcGroups *
build_phases(const gchar *const *workloads, const gchar *const *phases, guint n_rows)
{
	g_autoptr(GStringChunk) texts = g_string_chunk_new(4096);
	g_autofree const gchar **names = g_new0(const gchar *, n_rows + 1);

	for (guint i = 0; i < n_rows; i++) {
		g_autofree gchar *name = phases[i][0] != '\0'
						 ? g_strconcat(workloads[i], " ", phases[i], NULL)
						 : g_strdup(workloads[i]);
		names[i] = g_string_chunk_insert_const(texts, name);
	}
	return vmfc_groups_new_of_names(names, n_rows);
}

guint
vmfc_groups_get_gap(guint n_rows, guint n_blocks)
{
	guint step = 10 * n_blocks;
	return MAX(MIN_GAP, (n_rows + step - 1) / step);
}

static VmfcGroups *
build_blocks(guint n_rows)
{
	VmfcGroups *groups = g_new0(VmfcGroups, 1);
	guint n_blocks = MIN(VMFC_GROUPS_MAX_FOLDS, n_rows / ROWS_PER_BLOCK);

	groups->kind = n_blocks >= VMFC_GROUPS_MIN ? VMFC_GROUPS_BLOCKS : VMFC_GROUPS_NONE;
	if (groups->kind == VMFC_GROUPS_NONE)
		n_blocks = 1;
	groups->names = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < n_blocks; i++)
		g_ptr_array_add(groups->names,
				groups->kind == VMFC_GROUPS_NONE
					? g_strdup("all")
					: g_strdup_printf("block %u of %u", i + 1, n_blocks));
	groups->of_row = g_new0(guint, n_rows + 1);
	for (guint i = 0; i < n_rows; i++)
		groups->of_row[i] = (guint)((guint64)i * n_blocks / n_rows);
	count_rows(groups, n_rows);
	groups->folds = g_new0(guint, n_blocks);
	for (guint i = 0; i < n_blocks; i++)
		groups->folds[i] = i;
	groups->n_folds = n_blocks;
	if (groups->kind == VMFC_GROUPS_BLOCKS)
		groups->gap = vmfc_groups_get_gap(n_rows, n_blocks);
	return groups;
}

/*
 * Workloads if there are three, else their phases, else blocks of time.
 *
 * @workloads: of each row, "" where it has none; equal texts may be the same pointer
 * @phases: likewise
 */
VmfcGroups *
vmfc_groups_new(const gchar *const *workloads, const gchar *const *phases, guint n_rows)
{
	VmfcGroups *groups = vmfc_groups_new_of_names(workloads, n_rows);

	if (groups->names->len >= VMFC_GROUPS_MIN)
		return groups;
	vmfc_groups_free(groups);
	groups = build_phases(workloads, phases, n_rows);
	groups->kind = VMFC_GROUPS_PHASES;
	if (groups->names->len >= VMFC_GROUPS_MIN)
		return groups;
	vmfc_groups_free(groups);
	return build_blocks(n_rows);
}

/* --------------------------------------------------------------- folds */

typedef struct {
	const guint *counts;
	gint direction; /* 1: those with few rows first */
} SizeOrder;

/* Equal ones by their number, which is the order of their names. */
static gint
compare_sizes(gconstpointer one, gconstpointer other, gpointer data)
{
	const SizeOrder *order = data;
	guint a = *(const guint *)one;
	guint b = *(const guint *)other;

	if (order->counts[a] != order->counts[b])
		return order->counts[a] < order->counts[b] ? -order->direction : order->direction;
	return a < b ? -1 : a > b;
}

static guint *
order_by_size(const guint *counts, guint n_groups, gint direction)
{
	SizeOrder data = {counts, direction};
	guint *order = g_new(guint, n_groups + 1);

	for (guint i = 0; i < n_groups; i++)
		order[i] = i;
	qsort_r(order, n_groups, sizeof(guint), compare_sizes, &data);
	return order;
}

/*
 * One for each group, or ten with about as many rows each.
 *
 * Returns: (transfer full): the fold of each group
 */
guint *
vmfc_groups_build_folds(const guint *counts, guint n_groups, guint *n_folds)
{
	guint *folds = g_new0(guint, n_groups + 1);
	guint64 load[VMFC_GROUPS_MAX_FOLDS] = {0};

	*n_folds = MIN(n_groups, VMFC_GROUPS_MAX_FOLDS);
	if (n_groups <= VMFC_GROUPS_MAX_FOLDS) {
		for (guint i = 0; i < n_groups; i++)
			folds[i] = i;
		return folds;
	}
	g_autofree guint *order = order_by_size(counts, n_groups, -1);
	for (guint i = 0; i < n_groups; i++) {
		guint least = 0;
		for (guint fold = 1; fold < VMFC_GROUPS_MAX_FOLDS; fold++) {
			if (load[fold] < load[least])
				least = fold;
		}
		folds[order[i]] = least;
		load[least] += counts[order[i]];
	}
	return folds;
}

/* ----------------------------------------------------------- few of many */

/* Returns: (transfer full): how many rows each group may give, @most in sum */
static guint *
share_out(const VmfcGroups *groups, guint most)
{
	guint n_groups = groups->names->len;
	guint *quotas = g_new0(guint, n_groups + 1);
	g_autofree guint *order = order_by_size(groups->counts, n_groups, 1);
	guint left = most;

	for (guint i = 0; i < n_groups; i++) {
		guint group = order[i];
		quotas[group] = MIN(groups->counts[group], left / (n_groups - i));
		left -= quotas[group];
	}
	return quotas;
}

/*
 * All rows, or @most of them: of every group the same number, where it has as many, evenly spread.
 *
 * Returns: (transfer full): the numbers of rows, ascending
 */
guint *
vmfc_groups_choose_rows(const VmfcGroups *groups, guint n_rows, guint most, guint *n_chosen)
{
	guint *chosen = g_new(guint, n_rows + 1);
	g_autofree guint *quotas = share_out(groups, MIN(n_rows, most));
	g_autofree guint *seen = g_new0(guint, groups->names->len + 1);
	g_autofree guint *taken = g_new0(guint, groups->names->len + 1);
	guint n = 0;

	for (guint i = 0; i < n_rows; i++) {
		guint group = groups->of_row[i];
		guint64 count = groups->counts[group];
		guint64 quota = quotas[group];
		/* the j-th of its group that is taken is number floor((2j + 1) count / (2 quota))
		 */
		if (quota > 0 && taken[group] < quota &&
		    seen[group] == (2 * (guint64)taken[group] + 1) * count / (2 * quota)) {
			taken[group]++;
			chosen[n++] = i;
		}
		seen[group]++;
	}
	*n_chosen = n;
	return chosen;
}
