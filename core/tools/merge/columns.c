/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/columns.h"

#include <string.h>

#include "base/json-string.h"

/* A running machine cannot have 0 of these. Old tools wrote 0 in every row for "not counted". */
static const gchar *const counters[] = {
	"cpu_cycles",
	"instructions",
	"cache_references",
	"cache_misses",
	"branches",
	"branch_misses",
	"page_faults",
	"context_switches",
	"cache_miss_ratio",
	"branch_miss_ratio",
	"instructions_per_cycle",
};

void
vmfc_columns_init(VmfcColumns *columns)
{
	*columns = (VmfcColumns){0};
	columns->names = g_ptr_array_new_with_free_func(g_free);
	columns->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	columns->ranges = g_array_new(FALSE, FALSE, sizeof(VmfcColumnRange));
	columns->keys = g_string_new(NULL);
	columns->key_lengths = g_array_new(FALSE, FALSE, sizeof(guint));
	columns->lists = g_array_new(FALSE, FALSE, sizeof(guint8));
	columns->facts = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_column_facts_free);
}

void
vmfc_columns_clear(VmfcColumns *columns)
{
	g_clear_pointer(&columns->names, g_ptr_array_unref);
	g_clear_pointer(&columns->by_name, g_hash_table_unref);
	g_clear_pointer(&columns->ranges, g_array_unref);
	g_clear_pointer(&columns->key_lengths, g_array_unref);
	g_clear_pointer(&columns->lists, g_array_unref);
	g_clear_pointer(&columns->facts, g_ptr_array_unref);
	if (columns->keys != NULL)
		g_string_free(columns->keys, TRUE);
}

/* Returns: (transfer full): the name of a file's column in the set, which has its own `run` */
static gchar *
build_name(const VmfcTable *features, guint column)
{
	const gchar *own = vmfc_table_get_name(features, column);

	if (!g_str_equal(own, "run"))
		return g_strdup(own);
	g_autoptr(GString) name = g_string_new("features_run");
	while (vmfc_table_find(features, name->str) >= 0)
		g_string_append_c(name, '_');
	return g_string_free(g_steal_pointer(&name), FALSE);
}

static gint
find(const VmfcColumns *columns, const gchar *name)
{
	return GPOINTER_TO_INT(g_hash_table_lookup(columns->by_name, name)) - 1;
}

/* @name: (transfer full): of a new column */
static void
add_column(VmfcColumns *columns, gchar *name)
{
	const VmfcColumnRange range = VMFC_COLUMN_RANGE_EMPTY;
	guint column = columns->names->len;
	gsize start = columns->keys->len;
	guint8 is_list = g_str_equal(name, "target_zones");

	/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
	g_hash_table_insert(columns->by_name, name, GINT_TO_POINTER((gint)column + 1));
	g_ptr_array_add(columns->names, name);
	g_ptr_array_add(columns->facts, NULL);
	g_array_append_val(columns->ranges, range);
	columns->names_length += strlen(name);
	g_string_append(columns->keys, ", ");
	vmfc_json_string_append(columns->keys, name);
	g_string_append(columns->keys, ": ");
	guint length = (guint)(columns->keys->len - start);
	g_array_append_val(columns->key_lengths, length);
	g_array_append_val(columns->lists, is_list);
}

static gboolean
check_size(const VmfcColumns *columns, const VmfcTable *features, GError **error)
{
	if (columns->names->len > VMFC_MAX_COLUMNS)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "with %s the features have more than %d different columns: merge it "
			    "separately",
			    features->source->path, VMFC_MAX_COLUMNS);
	else if (columns->names_length > VMFC_MAX_NAMES_SIZE)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "with %s the column names of the features take more than %d KiB: merge "
			    "it separately",
			    features->source->path, VMFC_MAX_NAMES_SIZE / 1024);
	else
		return TRUE;
	return FALSE;
}

/* Returns: %FALSE with @error set if the training set would have too many columns */
gboolean
vmfc_columns_add_run(VmfcColumns *columns, const VmfcTable *features, const VmfcPower *power,
		     GError **error)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		columns->has_zone[i] |= power->zones[i].column >= 0;
	for (guint i = 0; i < features->columns->len; i++) {
		g_autofree gchar *name = build_name(features, i);
		if (!g_str_equal(name, vmfc_table_get_name(features, i)))
			g_message("%s already has a column run, which is renamed to %s in the "
				  "training set",
				  features->source->path, name);
		if (find(columns, name) < 0)
			add_column(columns, g_steal_pointer(&name));
	}
	return check_size(columns, features, error);
}

/* Warns if two runs have a column of the same name, but with another unit or kind. */
static void
warn_difference(const VmfcTable *features, const gchar *name, const VmfcColumnFacts *before,
		const VmfcColumnFacts *now)
{
	if (!g_str_equal(before->unit, now->unit) || !g_str_equal(before->kind, now->kind))
		g_warning("%s: the column %s is a %s in '%s', but a %s in '%s' in a previous run: "
			  "do not merge them into one set, or ignore the column",
			  features->source->path, name, now->kind, now->unit, before->kind,
			  before->unit);
}

/* @meta: of the file. Its columns were checked, and those of the file were added. */
void
vmfc_columns_describe(VmfcColumns *columns, const VmfcTable *features, JsonObject *meta)
{
	JsonArray *described = vmfc_document_get_array(meta, "columns");

	for (guint i = 0; i < json_array_get_length(described); i++) {
		JsonObject *object = json_array_get_object_element(described, i);
		gint own = vmfc_table_find(features, vmfc_document_get_string(object, "name"));
		g_autofree gchar *name = build_name(features, (guint)own);
		gpointer *facts = &columns->facts->pdata[find(columns, name)];
		VmfcColumnFacts *now = vmfc_column_facts_new(object);
		if (*facts == NULL) {
			*facts = now;
			continue;
		}
		warn_difference(features, name, *facts, now);
		vmfc_column_facts_free(now);
	}
}

/* @columns: with those of all runs */
void
vmfc_columns_find_origin(const VmfcColumns *columns, const VmfcTable *features, VmfcOrigin *origin)
{
	guint n_columns = columns->names->len;

	origin->cells = g_new(gint, n_columns);
	for (guint i = 0; i < n_columns; i++)
		origin->cells[i] = -1;
	origin->is_same = n_columns == features->columns->len;
	for (guint i = 0; i < features->columns->len; i++) {
		g_autofree gchar *name = build_name(features, i);
		guint column = (guint)find(columns, name);
		origin->cells[column] = (gint)i;
		origin->is_same &= column == i;
	}
}

void
vmfc_origin_clear(VmfcOrigin *origin)
{
	g_clear_pointer(&origin->cells, g_free);
}

/* Returns: the name of a column of features */
const gchar *
vmfc_columns_get_name(const VmfcColumns *columns, guint column)
{
	return columns->names->pdata[column];
}

/* Returns: (nullable): the facts from a meta file */
const VmfcColumnFacts *
vmfc_columns_get_facts(const VmfcColumns *columns, guint column)
{
	return columns->facts->pdata[column];
}

/* -------------------------------------------------------------- ranges */

const VmfcColumnRange *
vmfc_columns_get_range(const VmfcColumns *columns, guint column)
{
	return &g_array_index(columns->ranges, VmfcColumnRange, column);
}

/* Allows for the error of scan_number(), which is an ulp or two. */
static inline gboolean
may_be_extreme(const VmfcColumnRange *range, gdouble value)
{
	gdouble slack = fabs(value) * 1e-15;
	return value - slack <= range->lowest || value + slack >= range->highest;
}

/* Adds a row of the training set to the ranges. Also finds the kinds of its cells. */
void
vmfc_columns_add_row(VmfcColumns *columns, const VmfcOrigin *origin, const VmfcTableRow *row)
{
	for (guint i = 0; i < columns->names->len; i++) {
		gdouble value;
		gboolean is_exact;
		if (origin->cells[i] < 0)
			continue;
		VmfcTableCell *cell = &row->cells[origin->cells[i]];
		VmfcColumnRange *range = &g_array_index(columns->ranges, VmfcColumnRange, i);
		if (cell->kind == VMFC_CELL_MISSING)
			continue;
		if (vmfc_cell_look(cell, &value, &is_exact)) {
			if (!is_exact && may_be_extreme(range, value))
				value = vmfc_cell_get_number(cell);
			vmfc_column_range_add(range, value);
		}
		range->n_present += cell->kind != VMFC_CELL_MISSING;
	}
}

/* Whether the column is 0 in every row. */
gboolean
vmfc_columns_is_always_zero(const VmfcColumns *columns, guint column)
{
	const VmfcColumnRange *range = vmfc_columns_get_range(columns, column);
	return range->n_numbers > 0 && range->n_numbers == range->n_present &&
	       range->n_not_zero == 0;
}

/* Whether the column is missing in every row, or is a counter that is 0 in every row. */
gboolean
vmfc_columns_is_never_present(const VmfcColumns *columns, guint column)
{
	const gchar *name = vmfc_columns_get_name(columns, column);

	if (vmfc_columns_get_range(columns, column)->n_present == 0)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(counters); i++) {
		if (g_str_equal(name, counters[i]))
			return vmfc_columns_is_always_zero(columns, column);
	}
	return FALSE;
}
