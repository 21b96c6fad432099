/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "start-page.h"

#include <math.h>

#define WIDTH	640
#define HEIGHT	120
#define LEFT	60 /* room for the numbers of the axis */
#define SECONDS 300

static const gchar *const colours[HISTORY_LINES] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd",
						    "#8c564b"};

static const gchar head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<meta http-equiv=\"refresh\" content=\"5\"><title>vmfc</title>"
	"<style>body{font:16px sans-serif;margin:2em auto;max-width:45em;padding:0 1em}"
	"svg{width:100%;height:auto}text{font:12px sans-serif}</style></head><body>\n";

/* What one picture shows. */
typedef struct {
	const gchar *title;
	gdouble top; /* of the axis */
	gdouble scale;
	const gchar *unit;
	guint n_lines;
	gboolean is_cpu;
} Plot;

static gdouble
get_value(const Plot *plot, const HistoryPoint *point, guint line)
{
	return plot->is_cpu ? point->cpu : point->watts[line];
}

/* A number in a picture, whatever the locale. */
static void
append_number(GString *html, gdouble value, const gchar *format)
{
	gchar text[G_ASCII_DTOSTR_BUF_SIZE];
	g_string_append(html, g_ascii_formatd(text, sizeof(text), format, value));
}

/* Points that follow each other make a line; where one is missing, the line ends. */
static void
append_line(GString *html, const History *history, const Plot *plot, guint line)
{
	gint64 end = history_get(history, history->n_points - 1)->time;
	gboolean is_open = FALSE;

	for (guint i = 0; i < history->n_points; i++) {
		const HistoryPoint *point = history_get(history, i);
		gdouble value = get_value(plot, point, line);
		gdouble age = (gdouble)(end - point->time) / G_USEC_PER_SEC;
		if (isnan(value) || age > SECONDS) {
			g_string_append(html, is_open ? "\"/>" : "");
			is_open = FALSE;
			continue;
		}
		if (!is_open)
			g_string_append_printf(html,
					       "<polyline fill=\"none\" stroke-width=\"1.5\" "
					       "stroke-linecap=\"round\" stroke=\"%s\" points=\"",
					       colours[line]);
		is_open = TRUE;
		append_number(html, WIDTH - age / SECONDS * (WIDTH - LEFT), "%.1f");
		g_string_append_c(html, ',');
		append_number(html, HEIGHT - CLAMP(value / plot->top, 0, 1) * HEIGHT, "%.1f");
		g_string_append_c(html, ' ');
	}
	g_string_append(html, is_open ? "\"/>" : "");
}

static void
append_axis(GString *html, const Plot *plot)
{
	g_string_append_printf(html,
			       "<path d=\"M%d 0V%dH%d\" fill=\"none\" stroke=\"#888\"/>"
			       "<text x=\"%d\" y=\"12\" text-anchor=\"end\">",
			       LEFT, HEIGHT, WIDTH, LEFT - 5);
	append_number(html, plot->top * plot->scale, "%.4g");
	g_string_append_printf(html,
			       " %s</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>"
			       "<text x=\"%d\" y=\"%d\">-5 min</text>"
			       "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">now</text>",
			       plot->unit, LEFT - 5, HEIGHT, LEFT, HEIGHT + 14, WIDTH, HEIGHT + 14);
}

/* The newest value of each line, in its colour. */
static void
append_legend(GString *html, const History *history, const Plot *plot)
{
	const HistoryPoint *newest = history_get(history, history->n_points - 1);

	for (guint i = 0; i < plot->n_lines; i++) {
		gdouble value = get_value(plot, newest, i);
		g_string_append_printf(html, " <span style=\"color:%s\">%s%s", colours[i],
				       plot->is_cpu ? "" : history->names[i],
				       plot->is_cpu ? "" : " ");
		if (isnan(value)) {
			g_string_append(html, "missing</span>");
			continue;
		}
		append_number(html, value * plot->scale, "%.4g");
		g_string_append_printf(html, " %s</span>", plot->unit);
	}
}

static void
append_plot(GString *html, const History *history, const Plot *plot)
{
	g_string_append_printf(html, "<h2>%s</h2>\n<p>", plot->title);
	append_legend(html, history, plot);
	g_string_append_printf(html,
			       "</p>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
			       WIDTH + 1, HEIGHT + 18, plot->title);
	append_axis(html, plot);
	for (guint i = 0; i < plot->n_lines; i++)
		append_line(html, history, plot, i);
	g_string_append(html, "</svg>\n");
}

/* Returns: the end of the axis: 1, 2 or 5 times a power of ten */
static gdouble
find_top(const History *history)
{
	static const gdouble steps[] = {1, 2, 5, 10};
	gdouble highest = 0;

	for (guint i = 0; i < history->n_points; i++) {
		for (guint j = 0; j < history->n_lines; j++)
			highest = fmax(highest, history_get(history, i)->watts[j]);
	}
	if (highest <= 0)
		return 1;
	gdouble power = pow(10, floor(log10(highest)));
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		if (highest <= steps[i] * power)
			return steps[i] * power;
	}
	return highest;
}

static void
append_plots(GString *html, const History *history)
{
	const Plot cpu = {"CPU use", 1, 100, "%", 1, TRUE};
	const Plot power = {history->is_estimate ? "Estimated power" : "Measured power",
			    find_top(history),
			    1,
			    "W",
			    history->n_lines,
			    FALSE};

	if (history->cpu != NULL)
		append_plot(html, history, &cpu);
	if (history->n_lines > 0)
		append_plot(html, history, &power);
}

/* @history: a copy that does not change */
void
start_page_append(GString *html, const History *history, const gchar *version)
{
	g_string_append(html, head);
	g_string_append_printf(
		html,
		"<h1>vmfc %s</h1>\n<p><a href=\"metrics\">metrics</a> for Prometheus, "
		"<a href=\"healthz\">healthz</a> for supervisors</p>\n",
		version);
	if (history->n_points > 0)
		append_plots(html, history);
	else
		g_string_append(html, "<p>The first window has not ended yet.</p>\n");
	g_string_append(html, "</body></html>\n");
}
