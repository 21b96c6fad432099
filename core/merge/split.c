/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "merge/split.h"

#include <math.h>
#include <string.h>

/* Into how many stretches of time a run without phases is cut. */
#define N_STRETCHES 20
/* More are no phases but something that changes with every window. */
#define MOST_GROUPS 10000

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
	if (column >= 0)
		g_string_append_len(name, row->cells[column].text, row->cells[column].length);
}

/* All turns of a sequence come to the same name: a phase that comes again is the same phase. */
static void
name_group(VmfcSplit *split, const VmfcTableRow *row, gdouble time)
{
	g_string_truncate(split->name, 0);
	if (split->is_by_time) {
		gdouble n = floor((time - split->start) / split->length);
		g_string_append_printf(split->name, "%d", (gint)CLAMP(n, 0, N_STRETCHES - 1));
		return;
	}
	append_cell(split->name, row, split->workload_column);
	g_string_append_c(split->name, '\n');
	append_cell(split->name, row, split->phase_column);
}

static gboolean
is_transition(const VmfcSplit *split, const VmfcTableRow *row)
{
	return split->transition_column >= 0 &&
	       vmfc_cell_is_true(&row->cells[split->transition_column]);
}

/* Counts the rows of each group. */
static gboolean
count_rows(VmfcSplit *split, VmfcTable *table, const VmfcRowTime *clock, gdouble *last,
	   GError **error)
{
	const VmfcTableRow *row;

	g_hash_table_remove_all(split->groups);
	if (!vmfc_table_rewind(table, error))
		return FALSE;
	for (;;) {
		gdouble time;
		if (!vmfc_table_next(table, &row, error))
			return FALSE;
		if (row == NULL)
			return TRUE;
		if (!vmfc_row_time_read(clock, row, &time))
			continue;
		*last = MAX(*last, time);
		if (is_transition(split, row))
			continue;
		name_group(split, row, time);
		get_group(split)->n_rows++;
		if (g_hash_table_size(split->groups) > MOST_GROUPS)
			return TRUE;
	}
}

static gint
compare_groups(gconstpointer a, gconstpointer b)
{
	const Group *const *left = a;
	const Group *const *right = b;
	return strcmp((*left)->name, (*right)->name);
}

/* In an order that does not depend on how they are kept. */
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

/* In an order that the seed alone decides, each goes to where it brings the share nearer. */
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
	/* a test of something is better than one of nothing: the smallest */
	Group *smallest = groups->pdata[0];
	for (guint i = 1; i < groups->len; i++) {
		Group *group = groups->pdata[i];
		smallest = group->n_rows < smallest->n_rows ? group : smallest;
	}
	smallest->is_test = TRUE;
}

/*
 * @share: of the rows that is to be for testing, about
 *
 * Returns: %FALSE with @error set where there are not two groups
 */
gboolean
vmfc_split_init(VmfcSplit *split, VmfcTable *table, const VmfcRowTime *clock, gdouble share,
		guint32 seed, GError **error)
{
	gdouble last = clock->first;

	split->workload_column = vmfc_table_find(table, "stress_workload");
	split->phase_column = vmfc_table_find(table, "stress_phase");
	split->transition_column = vmfc_table_find(table, "stress_transition");
	split->groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, group_free);
	split->name = g_string_new(NULL);
	split->is_by_time = split->workload_column < 0 && split->phase_column < 0;
	split->start = clock->first;
	split->length = INFINITY;
	if (!count_rows(split, table, clock, &last, error))
		return FALSE;
	guint n_groups = g_hash_table_size(split->groups);
	if (n_groups < 2 || n_groups > MOST_GROUPS) {
		if (n_groups > MOST_GROUPS) /* the end was not seen */
			g_warning("%s has more than %d phases", table->source->path, MOST_GROUPS);
		split->is_by_time = TRUE;
		if (!count_rows(split, table, clock, &last, error))
			return FALSE;
		split->length = MAX((last - split->start) / N_STRETCHES, 1e-6);
		if (!count_rows(split, table, clock, &last, error))
			return FALSE;
	}
	if (g_hash_table_size(split->groups) < 2) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s cannot be split: all its rows are of one time and phase",
			    table->source->path);
		return FALSE;
	}
	choose_test(split, share, seed);
	return vmfc_table_rewind(table, error);
}

void
vmfc_split_clear(VmfcSplit *split)
{
	g_clear_pointer(&split->groups, g_hash_table_unref);
	if (split->name != NULL)
		g_string_free(split->name, TRUE);
}

/* Where a row that has a label goes; it is counted there. */
VmfcPart
vmfc_split_choose(VmfcSplit *split, const VmfcTableRow *row, gdouble time)
{
	VmfcPart part = VMFC_PART_NONE;

	if (!is_transition(split, row)) {
		name_group(split, row, time);
		part = get_group(split)->is_test ? VMFC_PART_TEST : VMFC_PART_TRAIN;
	}
	split->n_rows[part]++;
	return part;
}
