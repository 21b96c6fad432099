/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

#include "base/number-text.h"
#include "rows/cell-write.h"
#include "rows/csv-reader.h"
#include "vmfc/vmfc-plugin.h"

/* More than any trace has, and few enough to store. */
#define MAX_CELLS 65536

/* A file that is being read. */
typedef struct {
	VmfcBufferedFile source;
	VmfcTableRow row;
	guint time; /* positions of the two columns, from 0 */
	guint load;
	guint n_unusable;
} Reader;

/* Returns: (transfer full): the text of a cell of the row, "" if the row has no such cell */
static gchar *
get_text(const Reader *reader, guint place)
{
	if (place >= MIN(reader->row.n_cells, MAX_CELLS))
		return g_strdup("");
	return vmfc_cell_get_text(&reader->row.cells[place]);
}

static gboolean
get_number(const Reader *reader, guint place, gdouble *value)
{
	g_autofree gchar *text = get_text(reader, place);
	return vmfc_number_text_parse_float(text, value);
}

/* @column: a name or a number from 1 */
static gboolean
find_place(GStrv names, const gchar *column, guint *place, GError **error)
{
	guint n_names = g_strv_length(names);
	guint64 number;

	if (g_ascii_string_to_unsigned(column, 10, 1, n_names, &number, NULL)) {
		*place = (guint)number - 1;
		return TRUE;
	}
	for (guint i = 0; i < n_names; i++) {
		if (g_str_equal(names[i], column)) {
			*place = i;
			return TRUE;
		}
	}
	g_autofree gchar *list = g_strjoinv(", ", names);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "there is no column '%s': name one of its %u columns by the header or by its "
		    "number; the first line is %s",
		    column, n_names, list);
	return FALSE;
}

/* Finds the columns in the first row, which may be a header. */
static gboolean
find_places(Reader *reader, const TraceForm *form, GError **error)
{
	guint n_cells = reader->row.n_cells;
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	if (n_cells > MAX_CELLS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "there are %u columns, but vmfc reads at most %d: remove those that "
			    "are not needed",
			    n_cells, MAX_CELLS);
		return FALSE;
	}
	for (guint i = 0; i < n_cells; i++) {
		g_autofree gchar *name = get_text(reader, i);
		g_strv_builder_add(builder, name);
	}
	g_auto(GStrv) names = g_strv_builder_end(builder);
	return find_place(names, form->time_column, &reader->time, error) &&
	       find_place(names, form->load_column, &reader->load, error);
}

/* Adds the row to @points. */
static gboolean
add_point(Reader *reader, GArray *points, const TraceForm *form, GError **error)
{
	const TracePoint *last = points->len > 0
					 ? &g_array_index(points, TracePoint, points->len - 1)
					 : NULL;
	TracePoint point = {.load = last != NULL ? last->load : 0};
	gdouble load;

	if (!get_number(reader, reader->time, &point.time)) {
		g_autofree gchar *text = get_text(reader, reader->time);
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "'%s' is not a time in seconds",
			    text);
		return FALSE;
	}
	if (last != NULL && point.time <= last->time) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"the time %g does not follow %g: sort the file, and keep one machine in it",
			point.time, last->time);
		return FALSE;
	}
	if (get_number(reader, reader->load, &load) && load >= 0 && load <= form->full)
		point.load = 100 * load / form->full;
	else
		reader->n_unusable++;
	g_array_append_val(points, point);
	return TRUE;
}

/* @is_first: the first of the rows that are not empty */
static gboolean
read_row(Reader *reader, gboolean is_first, GArray *points, const TraceForm *form, GError **error)
{
	gdouble time;

	if (is_first) {
		if (!find_places(reader, form, error))
			return FALSE;
		if (!get_number(reader, reader->time, &time))
			return TRUE; /* a header */
	}
	return add_point(reader, points, form, error);
}

/* Adds the number of the line, from 1, to the error. */
static void
prefix_line(GError **error, const Reader *reader, const gchar *at)
{
	guint line = 1;

	for (const gchar *p = reader->source.buffer; p < at; p++)
		line += *p == '\n';
	g_prefix_error(error, "line %u: ", line);
}

static gboolean
read_rows(Reader *reader, GArray *points, const TraceForm *form, GError **error)
{
	VmfcRowResult result;
	gboolean is_first = TRUE;

	while ((result = vmfc_csv_reader_next(&reader->source, VMFC_CSV_LOOSE, &reader->row)) ==
	       VMFC_ROW_READ) {
		if (!read_row(reader, is_first, points, form, error)) {
			prefix_line(error, reader, reader->row.cells[0].text);
			return FALSE;
		}
		is_first = FALSE;
	}
	if (result == VMFC_ROW_END)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "a quote begins a cell that does not end: add the second quote, or remove the "
		    "first");
	prefix_line(error, reader, reader->row.line);
	return FALSE;
}

/*
 * Reads a CSV file of utilisation over time, with or without a header; ignores empty lines and
 * those that begin with `#`.
 *
 * @text: a byte more than @length, which is 0; changed
 * @n_unusable: (out): rows without a load from 0 to full, which keep the previous load
 *
 * Returns: (transfer full) (element-type TracePoint): at least one; %NULL with @error set, which
 *   names the line
 */
GArray *
trace_parse(gchar *text, gsize length, const TraceForm *form, guint *n_unusable, GError **error)
{
	g_autoptr(GArray) points = g_array_new(FALSE, FALSE, sizeof(TracePoint));
	g_autofree VmfcTableCell *cells = g_new(VmfcTableCell, MAX_CELLS);
	Reader reader = {
		.source = vmfc_buffered_file_wrap(text, length),
		.row = {.cells = cells, .max_cells = MAX_CELLS},
	};

	vmfc_buffered_file_skip_mark(&reader.source);
	if (!read_rows(&reader, points, form, error))
		return NULL;
	*n_unusable = reader.n_unusable;
	if (points->len > reader.n_unusable)
		return g_steal_pointer(&points);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "no line has a load from 0 to %g in column '%s'", form->full,
		    form->load_column);
	return NULL;
}
