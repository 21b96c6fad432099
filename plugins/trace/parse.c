/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

#include <math.h>
#include <string.h>

#include "vmfc/vmfc-plugin.h"

/* Places of the two columns, from 0. */
typedef struct {
	guint time;
	guint load;
} Places;

static gboolean
parse_number(const gchar *cell, gdouble *value)
{
	gchar *end;

	*value = g_ascii_strtod(cell, &end);
	return end != cell && *end == '\0' && isfinite(*value);
}

/* @line: cut into cells, without blanks and quotes around them */
static GStrv
split(const gchar *line)
{
	GStrv cells = g_strsplit(line, ",", -1);

	for (guint i = 0; cells[i] != NULL; i++) {
		gchar *cell = g_strstrip(cells[i]);
		gsize length = strlen(cell);
		if (length >= 2 && cell[0] == '"' && cell[length - 1] == '"') {
			memmove(cell, cell + 1, length - 2);
			cell[length - 2] = '\0';
		}
	}
	return cells;
}

/* @column: a name or a number from 1 */
static gboolean
find_place(GStrv cells, const gchar *column, guint *place, GError **error)
{
	guint n_cells = g_strv_length(cells);
	guint64 number;

	if (g_ascii_string_to_unsigned(column, 10, 1, n_cells, &number, NULL)) {
		*place = (guint)number - 1;
		return TRUE;
	}
	for (guint i = 0; i < n_cells; i++) {
		if (g_str_equal(cells[i], column)) {
			*place = i;
			return TRUE;
		}
	}
	g_autofree gchar *list = g_strjoinv(", ", cells);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "there is no column '%s': name one of its %u columns by the header or by its "
		    "number; the first line is %s",
		    column, n_cells, list);
	return FALSE;
}

/* Adds a line to @points. */
static gboolean
add_point(GArray *points, GStrv cells, const Places *places, const TraceForm *form,
	  guint *n_unusable, GError **error)
{
	const TracePoint *last = points->len > 0
					 ? &g_array_index(points, TracePoint, points->len - 1)
					 : NULL;
	TracePoint point = {.load = last != NULL ? last->load : 0};
	guint n_cells = g_strv_length(cells);
	gdouble load;

	if (places->time >= n_cells || !parse_number(cells[places->time], &point.time)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "'%s' is no time in seconds",
			    places->time < n_cells ? cells[places->time] : "");
		return FALSE;
	}
	if (last != NULL && point.time <= last->time) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "the time %g does not come after %g: sort the file, and leave one "
			    "machine in it",
			    point.time, last->time);
		return FALSE;
	}
	if (places->load < n_cells && parse_number(cells[places->load], &load) && load >= 0 &&
	    load <= form->full)
		point.load = 100 * load / form->full;
	else
		*n_unusable += 1;
	g_array_append_val(points, point);
	return TRUE;
}

/* Reads what one line says. @is_first: of those that say anything */
static gboolean
read_line(GArray *points, const gchar *line, gboolean is_first, Places *places,
	  const TraceForm *form, guint *n_unusable, GError **error)
{
	g_auto(GStrv) cells = split(line);
	gdouble time;

	if (is_first) {
		if (!find_place(cells, form->time_column, &places->time, error) ||
		    !find_place(cells, form->load_column, &places->load, error))
			return FALSE;
		if (!parse_number(cells[places->time], &time))
			return TRUE; /* a header */
	}
	return add_point(points, cells, places, form, n_unusable, error);
}

/*
 * Understands a CSV file of utilisation over time, with or without a header; empty lines and those
 * that begin with `#` are left out.
 *
 * @n_unusable: (out): lines without a load from 0 to full, which keep the one before
 *
 * Returns: (transfer full) (element-type TracePoint): at least one; %NULL with @error set, which
 *   names the line
 */
GArray *
trace_parse(const gchar *text, const TraceForm *form, guint *n_unusable, GError **error)
{
	g_autoptr(GArray) points = g_array_new(FALSE, FALSE, sizeof(TracePoint));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	gboolean is_first = TRUE;
	Places places = {0};

	*n_unusable = 0;
	for (guint i = 0; lines[i] != NULL; i++) {
		const gchar *line = g_strstrip(lines[i]);
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (!read_line(points, line, is_first, &places, form, n_unusable, error)) {
			g_prefix_error(error, "line %u: ", i + 1);
			return NULL;
		}
		is_first = FALSE;
	}
	if (points->len > *n_unusable)
		return g_steal_pointer(&points);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "no line has a load from 0 to %g in column '%s'", form->full,
		    form->load_column);
	return NULL;
}
