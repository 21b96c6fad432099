/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/table.h"

#include <string.h>

static void
clear_columns(VmfcTable *table)
{
	g_clear_pointer(&table->columns, g_ptr_array_unref);
	g_clear_pointer(&table->by_name, g_hash_table_unref);
	g_clear_pointer(&table->row.cells, g_free);
	table->row.max_cells = 0;
}

static void
init_columns(VmfcTable *table)
{
	table->columns = g_ptr_array_new_with_free_func(g_free);
	table->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	table->names_length = 0;
}

/* @source: (transfer full) */
VmfcTable *
vmfc_table_new(VmfcBufferedFile *source)
{
	VmfcTable *table = g_new0(VmfcTable, 1);

	table->source = source;
	init_columns(table);
	return table;
}

void
vmfc_table_free(VmfcTable *table)
{
	vmfc_buffered_file_free(table->source);
	clear_columns(table);
	g_free(table);
}

/* Returns: the column; -1 for none */
gint
vmfc_table_find(const VmfcTable *table, const gchar *name)
{
	return GPOINTER_TO_INT(g_hash_table_lookup(table->by_name, name)) - 1;
}

const gchar *
vmfc_table_get_name(const VmfcTable *table, guint column)
{
	return table->columns->pdata[column];
}

/* Returns: (transfer full): a column's name for a message, without control characters */
gchar *
vmfc_table_show_name(const gchar *name)
{
	gchar *shown = g_strdup(name);

	for (gchar *at = shown; *at != '\0'; at++) {
		if (g_ascii_iscntrl(*at))
			*at = '?';
	}
	return shown;
}

/* Returns: its index. Keeps the cells of the current row. */
guint
vmfc_table_add_column(VmfcTable *table, const gchar *name)
{
	guint column = table->columns->len;
	gchar *own = g_strdup(name);

	table->names_length += strlen(own);
	g_ptr_array_add(table->columns, own);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
	g_hash_table_insert(table->by_name, own, GINT_TO_POINTER((gint)column + 1));
	table->row.cells = g_renew(VmfcTableCell, table->row.cells, column + 1);
	table->row.cells[column] = (VmfcTableCell){.text = ""};
	table->row.max_cells = column + 1;
	return column;
}

/* -------------------------------------------------------------- spill */

/* Moves the names of the columns from memory to a file until vmfc_table_take_back(). */
gboolean
vmfc_table_put_aside(VmfcTable *table, VmfcSpillFile *spill, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	if (table->columns == NULL)
		return TRUE;
	/* they do not change, so they are written only once */
	for (guint i = 0; table->spill_length == 0 && i < table->columns->len; i++) {
		const gchar *name = vmfc_table_get_name(table, i);
		g_string_append_len(names, name, (gssize)strlen(name) + 1);
	}
	if (names->len > 0 &&
	    !vmfc_spill_file_put(spill, names->str, names->len, &table->spill_offset, error))
		return FALSE;
	table->spill_length += names->len;
	clear_columns(table);
	return TRUE;
}

gboolean
vmfc_table_take_back(VmfcTable *table, const VmfcSpillFile *spill, GError **error)
{
	if (table->columns != NULL)
		return TRUE;
	g_autofree gchar *names = g_malloc(table->spill_length + 1);
	if (!vmfc_spill_file_get(spill, table->spill_offset, names, table->spill_length, error))
		return FALSE;
	init_columns(table);
	for (const gchar *name = names; name < names + table->spill_length;
	     name += strlen(name) + 1)
		vmfc_table_add_column(table, name);
	return TRUE;
}
