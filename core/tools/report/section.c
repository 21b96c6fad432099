/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/section.h"

static void
free_sheet(gpointer data)
{
	VmfcSheet *sheet = data;

	g_free(sheet->title);
	g_ptr_array_unref(sheet->headers);
	g_array_unref(sheet->cells);
	g_free(sheet);
}

static void
clear_cell(gpointer data)
{
	g_free(((VmfcSheetCell *)data)->text);
}

static void
free_plot(gpointer data)
{
	vmfc_plot_free(data);
}

/* @path: of the file */
VmfcSection *
vmfc_section_new(const gchar *kind, const gchar *path)
{
	VmfcSection *section = g_new0(VmfcSection, 1);

	section->kind = g_strdup(kind);
	section->name = g_path_get_basename(path);
	section->facts = g_ptr_array_new_with_free_func(g_free);
	section->notes = g_ptr_array_new_with_free_func(g_free);
	section->workloads = g_ptr_array_new_with_free_func(g_free);
	section->plots = g_ptr_array_new_with_free_func(free_plot);
	section->sheets = g_ptr_array_new_with_free_func(free_sheet);
	return section;
}

void
vmfc_section_free(VmfcSection *section)
{
	g_free(section->kind);
	g_free(section->name);
	g_ptr_array_unref(section->facts);
	g_ptr_array_unref(section->notes);
	g_ptr_array_unref(section->workloads);
	g_ptr_array_unref(section->plots);
	g_ptr_array_unref(section->sheets);
	g_free(section->card);
	g_free(section);
}

/* @text: (nullable): then there is nothing to add */
void
vmfc_section_add_fact(VmfcSection *section, const gchar *name, const gchar *text)
{
	if (text == NULL || *text == '\0')
		return;
	g_ptr_array_add(section->facts, g_strdup(name));
	g_ptr_array_add(section->facts, g_strdup(text));
}

void
vmfc_section_add_note(VmfcSection *section, const gchar *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(section->notes, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* Returns: stays with the section */
VmfcPlot *
vmfc_section_add_plot(VmfcSection *section, const gchar *name, const gchar *what, const gchar *zone)
{
	g_autofree gchar *plot_name = vmfc_plot_build_name(name, zone);
	g_autofree gchar *title = g_strdup_printf("%s: %s", what, zone);
	VmfcPlot *plot = vmfc_plot_new(plot_name, title);

	g_ptr_array_add(section->plots, plot);
	return plot;
}

/* Numbers plots whose names are equal: different names of a file can become one name of a plot. */
void
vmfc_section_make_unique(VmfcSection *section)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < section->plots->len; i++) {
		VmfcPlot *plot = section->plots->pdata[i];
		g_autofree gchar *first = g_strdup(plot->name);
		for (guint k = 2; g_hash_table_contains(names, plot->name); k++) {
			g_free(plot->name);
			plot->name = g_strdup_printf("%s-%u", first, k);
		}
		g_hash_table_add(names, plot->name);
	}
}

/* Returns: stays with the section. Add cells row by row. */
VmfcSheet *
vmfc_section_add_sheet(VmfcSection *section, const gchar *title, const gchar *const *headers)
{
	VmfcSheet *sheet = g_new0(VmfcSheet, 1);

	sheet->title = g_strdup(title);
	sheet->headers = g_ptr_array_new_with_free_func(g_free);
	sheet->cells = g_array_new(FALSE, FALSE, sizeof(VmfcSheetCell));
	g_array_set_clear_func(sheet->cells, clear_cell);
	for (guint i = 0; headers[i] != NULL; i++)
		g_ptr_array_add(sheet->headers, g_strdup(headers[i]));
	g_ptr_array_add(section->sheets, sheet);
	return sheet;
}

/* @text: (nullable): the same as "" */
void
vmfc_sheet_add_text(VmfcSheet *sheet, const gchar *text)
{
	const VmfcSheetCell cell = {.text = g_strdup(text != NULL ? text : "")};
	g_array_append_val(sheet->cells, cell);
}

/* @number: NaN if it is unknown */
void
vmfc_sheet_add_number(VmfcSheet *sheet, gdouble number)
{
	const VmfcSheetCell cell = {.number = number};
	g_array_append_val(sheet->cells, cell);
}

guint
vmfc_sheet_get_n_rows(const VmfcSheet *sheet)
{
	return sheet->cells->len / sheet->headers->len;
}

const VmfcSheetCell *
vmfc_sheet_get_cell(const VmfcSheet *sheet, guint row, guint column)
{
	return &g_array_index(sheet->cells, VmfcSheetCell, row * sheet->headers->len + column);
}

gboolean
vmfc_sheet_is_number_column(const VmfcSheet *sheet, guint column)
{
	return vmfc_sheet_get_n_rows(sheet) > 0 &&
	       vmfc_sheet_get_cell(sheet, 0, column)->text == NULL;
}
