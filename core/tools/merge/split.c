/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/split.h"

#include <math.h>
#include <string.h>

#include "rows/table-reader.h"

/* Number of stretches of time into which a run without phases is divided. */
#define N_STRETCHES 20
/* Maximum number of phases; more are labels that change with every window. */
#define MAX_GROUPS 10000
/* A longer name is replaced by its SHA-256, to limit the memory. */
#define MAX_NAME 128

typedef struct {
	gchar *name;
	guint64 n_rows;
	gboolean is_test;
} Group;

static void
group_free(gpointer data)
{
	Group *group = data;
	g_free(group->name);
	g_free(group);
}

static Group *
get_group(VmfcSplit *split)
{
	Group *group = g_hash_table_lookup(split->groups, split->name->str);

	if (group == NULL) {
		group = g_new0(Group, 1);
		group->name = g_strdup(split->name->str);
		g_hash_table_insert(split->groups, group->name, group);
	}
	return group;
}

static void
append_cell(GString *name, const VmfcTableRow *row, gint column)
{
	if (column < 0)
		return;
	const VmfcTableCell *cell = &row->cells[column];
	if (cell->length <= MAX_NAME) {
		g_string_append_len(name, cell->text, cell->length);
		return;
	}
	g_autofree gchar *digest = g_compute_checksum_for_data(
		G_CHECKSUM_SHA256, (const guchar *)cell->text, cell->length);
	g_string_append(name, digest);
}

static const VmfcSplitRun *
get_run(const VmfcSplit *split, guint run)
{
	return &g_array_index(split->runs, VmfcSplitRun, run);
}

/*
 * Sets the name of a row's group. A phase has the same name in all iterations and all runs. A
 * stretch of time belongs to one run.
 */
static void
name_group(VmfcSplit *split, guint run, const VmfcTableRow *row, gdouble time)
{
	const VmfcSplitRun *columns = get_run(split, run);

	g_string_truncate(split->name, 0);
	if (split->is_by_time) {
		gdouble n = floor((time - columns->start) / columns->length);
		g_string_append_printf(split->name, "%u %d", run,
				       (gint)CLAMP(n, 0, N_STRETCHES - 1));
		return;
	}
	append_cell(split->name, row, columns->workload_column);
	g_string_append_c(split->name, '\n');
	append_cell(split->name, row, columns->phase_column);
}

static gboolean
is_transition(const VmfcSplitRun *run, const VmfcTableRow *row)
{
	return run->transition_column >= 0 &&
	       vmfc_cell_is_true(&row->cells[run->transition_column]);
}

/* Counts the rows of each group of one run. @last: (out): the time of its last row */
static gboolean
count_run(VmfcSplit *split, VmfcPair *pair, gdouble *last, GError **error)
{
	const VmfcSplitRun *run = get_run(split, pair->index);
	const VmfcTableRow *row;

	*last = pair->clock.first;
	if (!vmfc_pair_take_back(pair, error) || !vmfc_table_reader_rewind(pair->features, error))
		return FALSE;
	for (;;) {
		gdouble time;
		if (!vmfc_table_reader_next(pair->features, &row, error))
			return FALSE;
		if (row == NULL)
			break;
		if (!vmfc_row_clock_read(&pair->clock, row, &time))
			continue;
		*last = MAX(*last, time);
		if (is_transition(run, row))
			continue;
		name_group(split, pair->index, row, time);
		get_group(split)->n_rows++;
		if (!split->is_by_time && g_hash_table_size(split->groups) > MAX_GROUPS)
			break;
	}
	return vmfc_pair_put_aside(pair, error);
}

static gboolean
count_rows(VmfcSplit *split, const GPtrArray *pairs, GError **error)
{
	g_hash_table_remove_all(split->groups);
	for (guint i = 0; i < pairs->len; i++) {
		gdouble last;
		if (!count_run(split, pairs->pdata[i], &last, error))
			return FALSE;
	}
	return TRUE;
}

/* Divides each run into stretches of time of equal length, from its first to its last row. */
static gboolean
count_stretches(VmfcSplit *split, const GPtrArray *pairs, GError **error)
{
	split->is_by_time = TRUE;
	for (guint i = 0; i < pairs->len; i++) {
		VmfcSplitRun *run = &g_array_index(split->runs, VmfcSplitRun, i);
		gdouble last;
		run->length = INFINITY;
		if (!count_run(split, pairs->pdata[i], &last, error))
			return FALSE;
		run->length = MAX((last - run->start) / N_STRETCHES, 1e-6);
	}
	return count_rows(split, pairs, error);
}

static gint
compare_groups(gconstpointer a, gconstpointer b)
{
	const Group *const *left = a;
	const Group *const *right = b;
	return strcmp((*left)->name, (*right)->name);
}

/* Returns: (transfer container): the groups in an order that does not depend on the hash table */
static GPtrArray *
list_groups(const VmfcSplit *split)
{
	GPtrArray *groups = g_ptr_array_new();
	GHashTableIter iter;
	gpointer group;

	g_hash_table_iter_init(&iter, split->groups);
	while (g_hash_table_iter_next(&iter, NULL, &group))
		g_ptr_array_add(groups, group);
	g_ptr_array_sort(groups, compare_groups);
	return groups;
}

/* Adds groups to the test part while the share gets nearer. Only the seed decides the order. */
static void
choose_test(VmfcSplit *split, gdouble share, guint32 seed)
{
	g_autoptr(GPtrArray) groups = list_groups(split);
	g_autoptr(GRand) random = g_rand_new_with_seed(seed);
	guint64 n_rows = 0;
	gdouble n_test = 0;
	guint n_groups = 0;

	for (guint i = groups->len; i > 1; i--) {
		guint j = (guint)g_rand_int_range(random, 0, (gint32)i);
		gpointer swapped = groups->pdata[i - 1];
		groups->pdata[i - 1] = groups->pdata[j];
		groups->pdata[j] = swapped;
	}
	for (guint i = 0; i < groups->len; i++)
		n_rows += ((Group *)groups->pdata[i])->n_rows;
	gdouble wanted = share * (gdouble)n_rows;
	for (guint i = 0; i < groups->len && n_groups + 1 < groups->len; i++) {
		Group *group = groups->pdata[i];
		if (fabs(n_test + (gdouble)group->n_rows - wanted) >= fabs(n_test - wanted))
			continue;
		group->is_test = TRUE;
		n_test += (gdouble)group->n_rows;
		n_groups++;
	}
	if (n_groups > 0)
		return;
	/* at least one group must be for testing: the smallest */
	Group *smallest = groups->pdata[0];
	for (guint i = 1; i < groups->len; i++) {
		Group *group = groups->pdata[i];
		smallest = group->n_rows < smallest->n_rows ? group : smallest;
	}
	smallest->is_test = TRUE;
}

static gboolean
add_runs(VmfcSplit *split, const GPtrArray *pairs, GError **error)
{
	split->is_by_time = TRUE;
	for (guint i = 0; i < pairs->len; i++) {
		VmfcPair *pair = pairs->pdata[i];
		if (!vmfc_pair_take_back(pair, error))
			return FALSE;
		const VmfcSplitRun run = {
			.workload_column = vmfc_table_find(pair->features, "stress_workload"),
			.phase_column = vmfc_table_find(pair->features, "stress_phase"),
			.transition_column = vmfc_table_find(pair->features, "stress_transition"),
			.start = pair->clock.first,
			.length = INFINITY,
		};
		split->is_by_time &= run.workload_column < 0 && run.phase_column < 0;
		g_array_append_val(split->runs, run);
		if (!vmfc_pair_put_aside(pair, error))
			return FALSE;
	}
	return TRUE;
}

/*
 * Reads all runs and divides their rows.
 *
 * @pairs: of VmfcPair
 * @share: approximate share of the rows for testing
 *
 * Returns: %FALSE with @error set if there are fewer than two groups
 */
gboolean
vmfc_split_init(VmfcSplit *split, const GPtrArray *pairs, gdouble share, guint32 seed,
		GError **error)
{
	const VmfcPair *first = pairs->pdata[0];

	split->runs = g_array_new(FALSE, FALSE, sizeof(VmfcSplitRun));
	split->groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, group_free);
	split->name = g_string_new(NULL);
	if (!add_runs(split, pairs, error))
		return FALSE;
	if (!split->is_by_time && !count_rows(split, pairs, error))
		return FALSE;
	guint n_groups = g_hash_table_size(split->groups);
	if (n_groups > MAX_GROUPS) /* not all were counted */
		g_warning("%s has more than %d phases", first->features->source->path, MAX_GROUPS);
	if ((n_groups < 2 || n_groups > MAX_GROUPS) && !count_stretches(split, pairs, error))
		return FALSE;
	if (g_hash_table_size(split->groups) < 2) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s cannot be split: all its rows have one time and phase",
			    first->features->source->path);
		return FALSE;
	}
	choose_test(split, share, seed);
	return TRUE;
}

void
vmfc_split_clear(VmfcSplit *split)
{
	g_clear_pointer(&split->runs, g_array_unref);
	g_clear_pointer(&split->groups, g_hash_table_unref);
	if (split->name != NULL)
		g_string_free(split->name, TRUE);
}

/* Returns: the part of a row that has a label; counts it */
VmfcPart
vmfc_split_choose(VmfcSplit *split, guint run, const VmfcTableRow *row, gdouble time)
{
	VmfcPart part = VMFC_PART_NONE;

	if (!is_transition(get_run(split, run), row)) {
		name_group(split, run, row, time);
		part = get_group(split)->is_test ? VMFC_PART_TEST : VMFC_PART_TRAIN;
	}
	split->n_rows[part]++;
	return part;
}
