/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/plot-text.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "tools/report/markup.h"

#define N_BLOCKS  8
#define MAX_NAME  16
#define MAX_TITLE 60
#define N_DIGITS  4
/* of an axis without a length, or with one that is not finite */
#define UNKNOWN_SHARE 0.5

static const gchar *const blocks[N_BLOCKS + 1] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
/* for terminals without UTF-8 */
static const gchar *const letters[N_BLOCKS + 1] = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};

/* Returns: from 0 to 1 */
static gdouble
find_share(gdouble part, gdouble whole)
{
	gdouble share = part / whole;

	return isfinite(share) ? CLAMP(share, 0, 1) : UNKNOWN_SHARE;
}

/* @share: from 0 to 1 */
static const gchar *
get_block(gdouble share)
{
	gboolean has_utf8 = g_get_charset(NULL);
	guint level = 1 + (guint)(share * (N_BLOCKS - 1) + 0.5);

	return has_utf8 ? blocks[level] : letters[level];
}

static void
append_name(const gchar *name, GString *text)
{
	g_autofree gchar *clean = vmfc_markup_clean(name, MAX_NAME);

	g_string_append_printf(text, "  %s", clean);
	for (glong i = g_utf8_strlen(clean, -1); i < MAX_NAME; i++)
		g_string_append_c(text, ' ');
	g_string_append_c(text, ' ');
}

/* A line goes through the columns between two of its points: each has the value of the nearer. */
static void
fill_between(gdouble *tops, guint from, guint to, gdouble value)
{
	for (guint i = from + 1; i < to; i++) {
		if (!isfinite(tops[i]))
			tops[i] = i - from <= to - i ? tops[from] : value;
	}
}

/* The highest value in each column; a missing one is a blank. */
static void
append_line(const VmfcPlot *plot, const VmfcPlotLayer *layer, guint width, GString *text)
{
	g_autofree gdouble *tops = g_new(gdouble, width);
	gdouble range = plot->x.maximum - plot->x.minimum;
	guint last = G_MAXUINT; /* column of the previous point; none after a break */

	for (guint i = 0; i < width; i++)
		tops[i] = NAN;
	for (guint i = 0; i < layer->points->len; i++) {
		const VmfcPlotPoint *point = &g_array_index(layer->points, VmfcPlotPoint, i);
		gdouble value = fmax(point->y, point->high);
		if (!isfinite(point->x) || !isfinite(value)) {
			last = G_MAXUINT;
			continue;
		}
		gdouble share = find_share(point->x - plot->x.minimum, range);
		guint at = (guint)(share * (width - 1) + 0.5);
		if (last != G_MAXUINT)
			fill_between(tops, last, at, value);
		tops[at] = fmax(tops[at], value);
		last = at;
	}
	append_name(layer->name, text);
	for (guint i = 0; i < width; i++)
		g_string_append(text,
				isfinite(tops[i])
					? get_block(find_share(tops[i] - plot->y.minimum,
							       plot->y.maximum - plot->y.minimum))
					: " ");
	g_string_append_c(text, '\n');
}

/* If there are more bars than columns, the highest of those that share one. */
static void
append_bars(const VmfcPlot *plot, const VmfcPlotLayer *layer, guint width, GString *text)
{
	guint n = layer->points->len;
	guint joined = MAX((n + width - 1) / width, 1);

	append_name(layer->name, text);
	for (guint i = 0; i < n; i += joined) {
		gdouble y = 0;
		for (guint k = i; k < MIN(i + joined, n); k++)
			y = MAX(y, g_array_index(layer->points, VmfcPlotPoint, k).y);
		g_string_append(text, y > 0 ? get_block(find_share(y, plot->y.maximum)) : " ");
	}
	g_autofree gchar *label = vmfc_markup_clean(plot->x.label, MAX_TITLE);
	gboolean fits = (gsize)n / joined + strlen(label) < width;
	g_string_append_printf(text, "%sby %s\n", fits ? "  " : "\n    ", label);
}

static void
append_rows(const VmfcPlot *plot, const VmfcPlotLayer *layer, guint width, GString *text)
{
	for (guint i = 0; i < layer->points->len; i++) {
		const VmfcPlotPoint *point = &g_array_index(layer->points, VmfcPlotPoint, i);
		guint index = (guint)lround(point->x);
		if (!isfinite(point->y) || index >= plot->y.names->len)
			continue;
		guint n = (guint)(find_share(fabs(point->y), plot->x.maximum) * (width - 1));
		append_name(plot->y.names->pdata[index], text);
		for (guint k = 0; k < n; k++)
			g_string_append(text, get_block(1));
		g_string_append_c(text, ' ');
		vmfc_markup_append_number(text, point->y, N_DIGITS);
		g_string_append_c(text, '\n');
	}
}

static void
append_range(const VmfcPlot *plot, guint width, GString *text)
{
	const VmfcAxis *axis = plot->y.kind == VMFC_AXIS_NAMES ? &plot->x : &plot->y;
	g_autoptr(GString) line = g_string_new(NULL);

	g_autofree gchar *title = vmfc_markup_clean(plot->title, MAX_TITLE);
	g_autofree gchar *label = vmfc_markup_clean(axis->label, MAX_TITLE);
	g_autofree gchar *unit = vmfc_markup_clean(axis->unit, MAX_NAME);

	g_string_append_printf(line, "%s: %s, ", title, label);
	vmfc_markup_append_number(line, axis->minimum, N_DIGITS);
	g_string_append(line, " to ");
	vmfc_markup_append_number(line, axis->maximum, N_DIGITS);
	g_string_append_printf(line, " %s", unit);
	g_autofree gchar *wrapped = vmfc_log_wrap(line->str, width + VMFC_PLOT_TEXT_MARGIN, "    ");
	g_string_append_printf(text, "\n%s%s", wrapped,
			       g_str_has_suffix(wrapped, "\n") ? "" : "\n");
}

/* Only forms that block characters can show; clouds of points need a page. @width: in characters */
void
vmfc_plot_text_append(const VmfcPlot *plot, guint width, GString *text)
{
	const VmfcPlotLayer *first = plot->layers->len > 0 ? plot->layers->pdata[0] : NULL;

	if (first == NULL || first->kind == VMFC_LAYER_POINTS || first->kind == VMFC_LAYER_GUIDE)
		return;
	append_range(plot, width, text);
	for (guint i = 0; i < plot->layers->len; i++) {
		const VmfcPlotLayer *layer = plot->layers->pdata[i];
		if (layer->kind == VMFC_LAYER_LINE || layer->kind == VMFC_LAYER_BAND)
			append_line(plot, layer, width, text);
		else if (layer->kind == VMFC_LAYER_BARS)
			append_bars(plot, layer, width, text);
		else if (layer->kind == VMFC_LAYER_ROWS)
			append_rows(plot, layer, width, text);
	}
}
