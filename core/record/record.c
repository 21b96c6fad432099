/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "record/record.h"
#include "base/number-text.h"

#include <math.h>
#include <string.h>

#include "record/column-words.h"

static gboolean
bit_get(const guint64 *bits, guint index)
{
	return (bits[index / 64] >> (index % 64) & 1) != 0;
}

static void
bit_set(guint64 *bits, guint index)
{
	bits[index / 64] |= G_GUINT64_CONSTANT(1) << (index % 64);
}

static void
bit_clear(guint64 *bits, guint index)
{
	bits[index / 64] &= ~(G_GUINT64_CONSTANT(1) << (index % 64));
}

static gsize
words_for(const VmfcSchema *schema)
{
	return (vmfc_schema_get_n_cells(schema) + 63) / 64;
}

/* ---------------------------------------------------------------- row */

gsize
vmfc_row_get_size(const VmfcSchema *schema)
{
	gsize n_cells = vmfc_schema_get_n_cells(schema);
	gsize size = 2 * words_for(schema) * sizeof(guint64) + 2 * n_cells * sizeof(VmfcCell) +
		     (gsize)schema->n_strings * VMFC_STRING_SIZE + n_cells;

	/* rows are stored back to back, and each begins with 64-bit words */
	return (size + sizeof(guint64) - 1) / sizeof(guint64) * sizeof(guint64);
}

/* Sets the pointers of a row into zeroed storage of vmfc_row_get_size() bytes. */
void
vmfc_row_init(VmfcRow *row, const VmfcSchema *schema, gpointer storage)
{
	guint n_cells = vmfc_schema_get_n_cells(schema);

	row->present = storage;
	row->has_delta = row->present + words_for(schema);
	row->cells = (VmfcCell *)(row->has_delta + words_for(schema));
	row->deltas = row->cells + n_cells;
	row->strings = (gchar *)(row->deltas + n_cells);
	row->why = (guint8 *)row->strings + (gsize)schema->n_strings * VMFC_STRING_SIZE;
}

void
vmfc_row_clear(VmfcRow *row, const VmfcSchema *schema)
{
	memset(row->present, 0, 2 * words_for(schema) * sizeof(guint64));
	memset(row->why, 0, vmfc_schema_get_n_cells(schema));
}

VmfcRow *
vmfc_row_new(const VmfcSchema *schema)
{
	VmfcRow *row = g_malloc0(sizeof(VmfcRow) + vmfc_row_get_size(schema));
	vmfc_row_init(row, schema, row + 1);
	return row;
}

void
vmfc_row_free(VmfcRow *row)
{
	g_free(row);
}

/* Makes the cells of @view missing. */
void
vmfc_row_clear_cells(VmfcRow *row, const VmfcRecord *view)
{
	for (guint i = 0; i < view->n_columns; i++) {
		bit_clear(row->present, view->map[i]);
		bit_clear(row->has_delta, view->map[i]);
	}
}

/* Copies the cells of @view that are present. */
void
vmfc_row_copy_cells(VmfcRow *to, const VmfcRow *from, const VmfcRecord *view)
{
	for (guint i = 0; i < view->n_columns; i++) {
		guint cell = view->map[i];
		const VmfcDeclaration *declaration = vmfc_schema_get_declaration(view->schema,
										 cell);
		if (!bit_get(from->present, cell))
			continue;
		bit_set(to->present, cell);
		to->cells[cell] = from->cells[cell];
		if (bit_get(from->has_delta, cell)) {
			bit_set(to->has_delta, cell);
			to->deltas[cell] = from->deltas[cell];
		}
		if (declaration->column.type == VMFC_TYPE_STRING) {
			gsize offset = (gsize)declaration->string_slot * VMFC_STRING_SIZE;
			memcpy(to->strings + offset, from->strings + offset, VMFC_STRING_SIZE);
		}
	}
}

/* ----------------------------------------------------------- baseline */

VmfcBaseline *
vmfc_baseline_new(const VmfcSchema *schema)
{
	VmfcBaseline *baseline = g_new0(VmfcBaseline, 1);
	baseline->present = g_new0(guint64, words_for(schema));
	baseline->is_older = g_new0(guint64, words_for(schema));
	baseline->totals = g_new0(VmfcCell, vmfc_schema_get_n_cells(schema));
	return baseline;
}

void
vmfc_baseline_free(VmfcBaseline *baseline)
{
	g_free(baseline->present);
	g_free(baseline->is_older);
	g_free(baseline->totals);
	g_free(baseline);
}

/*
 * The totals of @row start the next window. A counter that was not read has no total, so the next
 * window has no delta either. With @keep_missing (windows are not common) it keeps its last total,
 * and its window is longer.
 */
void
vmfc_baseline_advance(VmfcBaseline *baseline, const VmfcRow *row, const VmfcSchema *schema,
		      gboolean keep_missing)
{
	for (guint i = 0; i < vmfc_schema_get_n_cells(schema); i++) {
		if (bit_get(row->present, i)) {
			bit_set(baseline->present, i);
			bit_clear(baseline->is_older, i);
			baseline->totals[i] = row->cells[i];
		} else if (keep_missing) {
			bit_set(baseline->is_older, i);
		} else {
			bit_clear(baseline->present, i);
		}
	}
}

/* ------------------------------------------------------------- record */

static guint
cell_of(const VmfcRecord *record, guint column)
{
	return record->map != NULL ? record->map[column] : column;
}

static const VmfcTraits *
traits_of(const VmfcRecord *record, guint column)
{
	return &record->schema->traits[cell_of(record, column)];
}

static const VmfcDeclaration *
declaration_of(const VmfcRecord *record, guint column)
{
	return vmfc_schema_get_declaration(record->schema, cell_of(record, column));
}

/* Logs only the first error of a plugin: the same one may occur at every tick. */
void
vmfc_record_warn_of_misuse(VmfcRecord *record, const gchar *format, ...)
{
	if (record->misuse_is_logged)
		return;
	record->misuse_is_logged = TRUE;
	va_list arguments;
	va_start(arguments, format);
	g_autofree gchar *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_warning("plugin %s %s: vmfc ignores it, and does not log further errors of this plugin",
		  record->plugin != NULL ? record->plugin : "?", what);
}

/* Returns: whether the plugin may write this column now; if not, vmfc ignores the value */
static gboolean
may_set(VmfcRecord *record, guint column, VmfcType type)
{
	if (record->row == NULL) {
		vmfc_record_warn_of_misuse(record, "writes into a record that it no longer owns");
		return FALSE;
	}
	if (column >= record->n_columns) {
		vmfc_record_warn_of_misuse(record, "writes column %u, but has only %u", column,
					   record->n_columns);
		return FALSE;
	}
	if (traits_of(record, column)->type != type) {
		const VmfcColumn *declared = &declaration_of(record, column)->column;
		vmfc_record_warn_of_misuse(record, "writes %s into its %s column %s",
					   vmfc_type_to_string(type),
					   vmfc_type_to_string(declared->type), declared->name);
		return FALSE;
	}
	return TRUE;
}

void
vmfc_record_set_int(VmfcRecord *record, guint column, gint64 value)
{
	if (!may_set(record, column, VMFC_TYPE_INT))
		return;

	guint cell = cell_of(record, column);
	VmfcRow *row = record->row;
	row->cells[cell].i = value;
	bit_set(row->present, cell);
	if (traits_of(record, column)->kind != VMFC_KIND_COUNTER)
		return;

	gint64 start = record->baseline->totals[cell].i;
	if (bit_get(record->baseline->present, cell) && value >= start &&
	    !__builtin_sub_overflow(value, start, &row->deltas[cell].i))
		bit_set(row->has_delta, cell);
	else
		bit_clear(row->has_delta, cell);
}

void
vmfc_record_set_float(VmfcRecord *record, guint column, gdouble value)
{
	if (!may_set(record, column, VMFC_TYPE_FLOAT))
		return;

	guint cell = cell_of(record, column);
	VmfcRow *row = record->row;
	if (!isfinite(value)) {
		bit_clear(row->present, cell);
		bit_clear(row->has_delta, cell);
		return;
	}
	row->cells[cell].d = value;
	bit_set(row->present, cell);
	if (traits_of(record, column)->kind != VMFC_KIND_COUNTER)
		return;

	gdouble start = record->baseline->totals[cell].d;
	row->deltas[cell].d = value - start;
	if (bit_get(record->baseline->present, cell) && value >= start)
		bit_set(row->has_delta, cell);
	else
		bit_clear(row->has_delta, cell);
}

void
vmfc_record_set_bool(VmfcRecord *record, guint column, gboolean value)
{
	if (!may_set(record, column, VMFC_TYPE_BOOL))
		return;
	record->row->cells[cell_of(record, column)].i = value ? 1 : 0;
	bit_set(record->row->present, cell_of(record, column));
}

void
vmfc_record_set_string(VmfcRecord *record, guint column, const gchar *value)
{
	if (!may_set(record, column, VMFC_TYPE_STRING))
		return;

	guint cell = cell_of(record, column);
	gsize length = strlen(value);
	if (length >= VMFC_STRING_SIZE || !g_utf8_validate_len(value, length, NULL)) {
		bit_clear(record->row->present, cell);
		return;
	}
	gsize slot = traits_of(record, column)->string_slot;
	memcpy(record->row->strings + slot * VMFC_STRING_SIZE, value, length + 1);
	bit_set(record->row->present, cell);
}

void
vmfc_record_set_strings(VmfcRecord *record, guint column, const gchar *const *value)
{
	if (!may_set(record, column, VMFC_TYPE_STRINGS))
		return;
	record->row->cells[cell_of(record, column)].strings = value;
	bit_set(record->row->present, cell_of(record, column));
}

void
vmfc_record_restart(VmfcRecord *record, guint column)
{
	g_return_if_fail(column < record->n_columns);
	if (may_set(record, column, traits_of(record, column)->type))
		bit_clear(record->row->has_delta, cell_of(record, column));
}

/*
 * Returns: whether the plugin may read this column now. The record is const for the plugin, but the
 *   note that its error is logged is not.
 */
static gboolean
may_read(const VmfcRecord *record, guint column)
{
	if (record->row != NULL && column < record->n_readable)
		return TRUE;
	if (record->row == NULL)
		vmfc_record_warn_of_misuse((VmfcRecord *)record,
					   "reads a record that it no longer owns");
	else
		vmfc_record_warn_of_misuse(
			(VmfcRecord *)record,
			"reads column %u, but can read only %u here: a column of another plugin "
			"must be looked up, and be read in derive",
			column, record->n_readable);
	return FALSE;
}

guint64
vmfc_record_get_tick(const VmfcRecord *record)
{
	g_return_val_if_fail(record->row != NULL, 0);
	return record->row->tick;
}

gboolean
vmfc_record_has(const VmfcRecord *record, guint column)
{
	if (!may_read(record, column))
		return FALSE;
	guint cell = cell_of(record, column);
	if (traits_of(record, column)->kind == VMFC_KIND_COUNTER)
		return bit_get(record->row->has_delta, cell);
	return bit_get(record->row->present, cell);
}

gboolean
vmfc_record_get_delta(const VmfcRecord *record, guint column, gdouble *delta)
{
	if (!may_read(record, column))
		return FALSE;
	guint cell = cell_of(record, column);
	if (!bit_get(record->row->has_delta, cell))
		return FALSE;
	*delta = traits_of(record, column)->type == VMFC_TYPE_INT
			 ? (gdouble)record->row->deltas[cell].i
			 : record->row->deltas[cell].d;
	return TRUE;
}

gboolean
vmfc_record_get_total(const VmfcRecord *record, guint column, gdouble *total)
{
	if (!may_read(record, column))
		return FALSE;
	guint cell = cell_of(record, column);
	if (!bit_get(record->row->present, cell))
		return FALSE;
	*total = traits_of(record, column)->type == VMFC_TYPE_INT
			 ? (gdouble)record->row->cells[cell].i
			 : record->row->cells[cell].d;
	return TRUE;
}

/* @start: (out): the total at the start of the window. Returns: whether it was read */
gboolean
vmfc_record_get_start(const VmfcRecord *record, guint column, gdouble *start)
{
	guint cell = cell_of(record, column);
	if (!bit_get(record->baseline->present, cell))
		return FALSE;
	*start = traits_of(record, column)->type == VMFC_TYPE_INT
			 ? (gdouble)record->baseline->totals[cell].i
			 : record->baseline->totals[cell].d;
	return TRUE;
}

gboolean
vmfc_record_is_of_window(const VmfcRecord *record, guint column)
{
	return may_read(record, column) &&
	       !bit_get(record->baseline->is_older, cell_of(record, column));
}

/* Returns: the cell that a sink sees: of a counter its delta */
static const VmfcCell *
shown_cell(const VmfcRecord *record, guint column)
{
	guint cell = cell_of(record, column);
	if (traits_of(record, column)->kind == VMFC_KIND_COUNTER)
		return &record->row->deltas[cell];
	return &record->row->cells[cell];
}

static gboolean
may_get(const VmfcRecord *record, guint column, VmfcType type)
{
	return vmfc_record_has(record, column) && traits_of(record, column)->type == type;
}

gint64
vmfc_record_get_int(const VmfcRecord *record, guint column)
{
	g_return_val_if_fail(may_get(record, column, VMFC_TYPE_INT), 0);
	return shown_cell(record, column)->i;
}

gdouble
vmfc_record_get_float(const VmfcRecord *record, guint column)
{
	g_return_val_if_fail(may_get(record, column, VMFC_TYPE_FLOAT), 0);
	return shown_cell(record, column)->d;
}

gboolean
vmfc_record_get_bool(const VmfcRecord *record, guint column)
{
	g_return_val_if_fail(may_get(record, column, VMFC_TYPE_BOOL), FALSE);
	return shown_cell(record, column)->i != 0;
}

const gchar *
vmfc_record_get_string(const VmfcRecord *record, guint column)
{
	g_return_val_if_fail(may_get(record, column, VMFC_TYPE_STRING), NULL);
	gsize slot = traits_of(record, column)->string_slot;
	return record->row->strings + slot * VMFC_STRING_SIZE;
}

const gchar *const *
vmfc_record_get_strings(const VmfcRecord *record, guint column)
{
	g_return_val_if_fail(may_get(record, column, VMFC_TYPE_STRINGS), NULL);
	return shown_cell(record, column)->strings;
}

gsize
vmfc_record_format(const VmfcRecord *record, guint column, gchar text[VMFC_NUMBER_SIZE])
{
	if (!vmfc_record_has(record, column))
		return 0;
	switch ((VmfcType)traits_of(record, column)->type) {
	case VMFC_TYPE_INT:
		return vmfc_number_text_format_int(shown_cell(record, column)->i, text);
	case VMFC_TYPE_FLOAT:
		return vmfc_number_text_format_float(shown_cell(record, column)->d, text);
	case VMFC_TYPE_BOOL:
		return g_strlcpy(text, shown_cell(record, column)->i != 0 ? "true" : "false",
				 VMFC_NUMBER_SIZE);
	case VMFC_TYPE_STRING:
	case VMFC_TYPE_STRINGS:
		break;
	}
	return 0;
}
