/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/text-report.h"

#include <math.h>
#include <unistd.h>

#include "base/log.h"
#include "tools/report/markup.h"
#include "tools/report/plot-text.h"
#include "tools/report/section.h"

#define MIN_WIDTH     40
#define DEFAULT_WIDTH 80
#define MAX_WIDTH     200
#define MAX_CELL      40
#define N_DIGITS      5
#define N_SPACES      2 /* between columns */

/* Returns: columns of the terminal */
static guint
get_line_width(void)
{
	guint width = vmfc_log_get_width(STDOUT_FILENO);
	return width == 0 ? DEFAULT_WIDTH : CLAMP(width, MIN_WIDTH, MAX_WIDTH);
}

/* Returns: how many columns a plot has */
guint
vmfc_text_report_get_width(void)
{
	return get_line_width() - VMFC_PLOT_TEXT_MARGIN;
}

static void
append_line(GString *text, const gchar *first, const gchar *second)
{
	g_autofree gchar *clean = vmfc_markup_clean(first, MAX_CELL);
	g_autofree gchar *other = vmfc_markup_clean(second, 10 * MAX_CELL);
	g_autofree gchar *line = g_strdup_printf("%s: %s", clean, other);
	g_autofree gchar *wrapped = vmfc_log_wrap(line, get_line_width(), "    ");

	g_string_append(text, wrapped);
	if (!g_str_has_suffix(wrapped, "\n"))
		g_string_append_c(text, '\n');
}

static void
append_padded(GString *text, const gchar *cell, guint width, gboolean is_right)
{
	guint length = (guint)g_utf8_strlen(cell, -1);
	guint n_blanks = width > length ? width - length : 0;

	if (!is_right)
		g_string_append(text, cell);
	for (guint i = 0; i < n_blanks; i++)
		g_string_append_c(text, ' ');
	if (is_right)
		g_string_append(text, cell);
}

/* So that two columns always have room beside each other. */
static guint
get_cell_width(void)
{
	return MIN(MAX_CELL, (get_line_width() - N_SPACES) / 2);
}

/* Returns: (transfer full) */
static gchar *
format_cell(const VmfcSheet *sheet, gint row, guint column)
{
	g_autoptr(GString) number = g_string_new(NULL);
	const VmfcSheetCell *cell = row < 0 ? NULL : vmfc_sheet_get_cell(sheet, (guint)row, column);

	if (cell == NULL || cell->text != NULL)
		return vmfc_markup_clean(cell != NULL ? cell->text : sheet->headers->pdata[column],
					 get_cell_width());
	vmfc_markup_append_number(number, cell->number, N_DIGITS);
	return g_string_free(g_steal_pointer(&number), FALSE);
}

/* Returns: 0 if no row has a text there */
static guint
find_width(const VmfcSheet *sheet, guint column)
{
	g_autofree gchar *header = format_cell(sheet, -1, column);
	guint widest = 0;

	for (guint row = 0; row < vmfc_sheet_get_n_rows(sheet); row++) {
		g_autofree gchar *cell = format_cell(sheet, (gint)row, column);
		widest = MAX(widest, (guint)g_utf8_strlen(cell, -1));
	}
	return widest > 0 ? MAX(widest, (guint)g_utf8_strlen(header, -1)) : 0;
}

/* The first column, and those from @first to before @end. */
static void
append_row(GString *text, const VmfcSheet *sheet, const guint *widths, gint row, guint first,
	   guint end)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; i < end; i = i == 0 ? first : i + 1) {
		if (i > 0 && widths[i] == 0)
			continue;
		g_autofree gchar *cell = format_cell(sheet, row, i);
		append_padded(line, cell, widths[i], vmfc_sheet_is_number_column(sheet, i));
		g_string_append_printf(line, "%*s", N_SPACES, "");
	}
	g_strchomp(line->str);
	g_string_append_printf(text, "%s\n", line->str);
}

/* Returns: the column before which a line ends that has the first column and those from @first */
static guint
find_end(const VmfcSheet *sheet, const guint *widths, guint first)
{
	guint width = widths[0];
	guint end = first;

	while (end < sheet->headers->len && width + N_SPACES + widths[end] <= get_line_width()) {
		width += widths[end] > 0 ? N_SPACES + widths[end] : 0;
		end++;
	}
	return end;
}

/* Columns for which the terminal has no room follow below, beside the first column again. */
static void
append_sheet(GString *text, const VmfcSheet *sheet)
{
	g_autofree guint *widths = g_new(guint, sheet->headers->len);
	guint first = 1;

	for (guint i = 0; i < sheet->headers->len; i++)
		widths[i] = find_width(sheet, i);
	g_autofree gchar *title = vmfc_markup_clean(sheet->title, get_line_width());
	g_string_append_printf(text, "\n%s\n", title);
	do {
		guint end = find_end(sheet, widths, first);
		if (first > 1)
			g_string_append_c(text, '\n');
		for (gint row = -1; row < (gint)vmfc_sheet_get_n_rows(sheet); row++)
			append_row(text, sheet, widths, row, first, end);
		first = end;
	} while (first < sheet->headers->len);
	if (sheet->n_left_out > 0)
		g_string_append_printf(text, "(%" G_GUINT64_FORMAT " more)\n", sheet->n_left_out);
}

static void
append_section(GString *text, const VmfcSection *section)
{
	append_line(text, section->kind, section->name);
	for (guint i = 0; i + 1 < section->facts->len; i += 2)
		append_line(text, section->facts->pdata[i], section->facts->pdata[i + 1]);
	for (guint i = 0; i < section->notes->len; i++)
		append_line(text, "Note", section->notes->pdata[i]);
	for (guint i = 0; i < section->plots->len; i++)
		vmfc_plot_text_append(section->plots->pdata[i], vmfc_text_report_get_width(), text);
	for (guint i = 0; i < section->sheets->len; i++)
		append_sheet(text, section->sheets->pdata[i]);
}

/* Returns: (transfer full): of as many characters, for a terminal without UTF-8 */
static gchar *
make_ascii(const gchar *text)
{
	static const struct {
		gunichar character;
		gchar ascii;
	} known[] = {{0x2013, '-'}, {0x2212, '-'}, {0xB5, 'u'}, {0x2026, '~'}, {0xD7, 'x'}};
	g_autoptr(GString) ascii = g_string_new(NULL);

	for (const gchar *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar character = g_utf8_get_char(p);
		gchar byte = '?';
		if (character < 0x80)
			byte = *p;
		for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
			if (character == known[i].character)
				byte = known[i].ascii;
		}
		g_string_append_c(ascii, byte);
	}
	return g_string_free(g_steal_pointer(&ascii), FALSE);
}

/*
 * Builds a summary for a terminal.
 *
 * @sections: of VmfcSection
 *
 * Returns: (transfer full)
 */
gchar *
vmfc_text_report_build(const GPtrArray *sections)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < sections->len; i++) {
		if (i > 0)
			g_string_append_c(text, '\n');
		append_section(text, sections->pdata[i]);
	}
	return g_get_charset(NULL) ? g_string_free(g_steal_pointer(&text), FALSE)
				   : make_ascii(text->str);
}
