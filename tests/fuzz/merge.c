/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Any text as a file that is merged: in pieces it is the same rows as whole, once more it is the
 * same again, no cell is written longer than it may be, and what is wrong with it is said the same.
 */

#include "rows/cell-write.h"
#include "rows/iso-time.h"
#include "rows/table-reader.h"
#include "tools/merge/power-choice.h"

#include <math.h>

#include "fuzz.h"

static void
append_cell(GString *all, VmfcTableCell *cell)
{
	gsize room = VMFC_CELL_ROOM(cell->length);
	g_autofree gchar *text = g_malloc(room);
	gdouble value;
	gdouble time;
	gboolean flag;

	if (vmfc_cell_look(cell, &value, &flag)) {
		gdouble exact = vmfc_cell_get_number(cell);
		g_assert_true(isfinite(exact));
		g_assert_cmpfloat(fabs(value - exact), <=, fabs(exact) * 1e-15);
	}
	gsize length = (gsize)(vmfc_cell_write_csv(cell, text) - text);
	g_assert_cmpuint(length, <=, room);
	g_string_append_len(all, text, (gssize)length);
	length = (gsize)(vmfc_cell_write_json(cell, cell->length % 2 == 0, text) - text);
	g_assert_cmpuint(length, <=, room);
	g_string_append_len(all, text, (gssize)length);
	g_string_append_c(all, '\n');
	if (vmfc_iso_time_parse(cell->text, cell->length, &time, &flag))
		g_assert_true(isfinite(time));
}

static void
append_rows(GString *all, VmfcTable *table)
{
	const VmfcTableRow *row;
	g_autoptr(GError) error = NULL;

	while (vmfc_table_reader_next(table, &row, &error) && row != NULL) {
		for (guint i = 0; i < table->columns->len; i++)
			append_cell(all, &row->cells[i]);
	}
	g_string_append_printf(all, "%d %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s",
			       (gint)table->n_cut_off + 2 * table->is_cut, table->n_rows,
			       table->n_uneven, error != NULL ? error->message : "");
}

/* What it is as a file of power, or why it is none. */
static void
append_power(GString *all, VmfcTable *table)
{
	g_autoptr(GError) error = NULL;
	VmfcPower power = {0};
	VmfcPowerRow row;

	if (vmfc_row_clock_init(&power.clock, table, &error) &&
	    vmfc_power_open(&power, table, -1, 0, &error)) {
		while (!power.is_at_end && vmfc_power_read(&power, &row, &error))
			g_string_append_printf(all, "%.9g %.9g\n", row.time, row.watts[0]);
	}
	g_string_append_printf(all, "%s %s", power.text != NULL ? power.text : "",
			       error != NULL ? error->message : "");
	vmfc_power_clear(&power);
	g_free(power.text);
}

/* Everything that there is to be told of a text. */
static gchar *
read_all(const uint8_t *data, size_t size, gsize step)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcTable) table = vmfc_table_reader_open_source(
		vmfc_buffered_file_new_for_text((const gchar *)data, size, step), &error);
	g_autoptr(GString) all = g_string_new(NULL);
	g_autoptr(GString) again = g_string_new(NULL);

	if (table == NULL)
		return g_strdup(error->message);
	g_assert_no_error(error);
	append_rows(all, table);
	g_assert_true(vmfc_table_reader_rewind(table, NULL));
	append_rows(again, table);
	g_assert_cmpstr(all->str, ==, again->str);
	g_assert_true(vmfc_table_reader_rewind(table, NULL));
	append_power(all, table);
	return g_string_free(g_steal_pointer(&all), FALSE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree gchar *whole = read_all(data, size, size + 16);
	g_autofree gchar *pieces = read_all(data, size, 2 + size % 7);

	g_assert_cmpstr(whole, ==, pieces);
	return 0;
}
