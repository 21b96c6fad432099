/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/plot-frame.h"

#include <math.h>

#include "tools/report/plot-legend.h"
#include "tools/report/svg.h"

#define HEADING_Y    17.0
#define AXIS_LABEL_Y 38.0
#define TOP	     48.0
#define AREA_HEIGHT  150.0
#define ROW_HEIGHT   22.0 /* of a name */
#define MAX_NAME     170.0
#define MARGIN_RIGHT 30.0
#define LINE_HEIGHT  20.0
#define TICK_SPACE   18.0 /* between two labels */
#define LABEL_GAP    6.0
#define MAX_Y_TICKS  6
/* So much of a step a value may be beyond the last tick, which is not visible. */
#define SLACK 1e-6

static const gchar *const superscripts[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

/* Returns: (transfer full): 10 to the power, as people write it */
static gchar *
format_power(gint power)
{
	g_autoptr(GString) text = g_string_new("10");
	g_autofree gchar *digits = g_strdup_printf("%d", ABS(power));

	if (power >= -3 && power <= 4) {
		gchar number[G_ASCII_DTOSTR_BUF_SIZE];
		return g_strdup(g_ascii_formatd(number, sizeof number, "%.9g", pow(10, power)));
	}
	if (power < 0)
		g_string_append(text, "⁻");
	for (const gchar *p = digits; *p != '\0'; p++)
		g_string_append(text, superscripts[*p - '0']);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gchar *
format_tick(const VmfcAxis *axis, const VmfcTicks *ticks, guint i)
{
	gdouble value = ticks->first + i * ticks->step;

	return axis->kind == VMFC_AXIS_LOG ? format_power((gint)lround(value))
					   : vmfc_scale_format(value, ticks->step);
}

static gdouble
measure_ticks(const VmfcAxis *axis, const VmfcTicks *ticks)
{
	gdouble widest = 0;

	for (guint i = 0; i < ticks->n; i++) {
		g_autofree gchar *text = format_tick(axis, ticks, i);
		widest = MAX(widest, vmfc_svg_measure(text));
	}
	return widest;
}

static VmfcScaleUnit
find_unit(const VmfcAxis *axis)
{
	if (axis->kind == VMFC_AXIS_LOG || axis->kind == VMFC_AXIS_NAMES)
		return (VmfcScaleUnit){1, "", NULL};
	if (axis->kind == VMFC_AXIS_TIME)
		return vmfc_scale_find_time_unit(axis->maximum - axis->minimum);
	return vmfc_scale_find_unit(axis->unit, MAX(fabs(axis->minimum), fabs(axis->maximum)));
}

/* The area ends at round numbers. */
static void
place_y(VmfcPlotFrame *frame)
{
	const VmfcAxis *axis = &frame->plot->y;
	gdouble factor = frame->y_unit.factor;
	gdouble minimum = axis->minimum * factor;
	gdouble maximum = axis->maximum * factor;

	if (axis->kind == VMFC_AXIS_NAMES) {
		frame->y_minimum = axis->minimum;
		frame->y_maximum = axis->maximum;
		return;
	}
	for (guint n = MAX_Y_TICKS; n >= 2; n--) {
		gdouble step = vmfc_scale_find_ticks(minimum, maximum, n).step;
		gdouble bottom = floor(minimum / step + SLACK) * step;
		gdouble top = ceil(maximum / step - SLACK) * step;
		frame->y_ticks = vmfc_scale_find_ticks(bottom, top, MAX_Y_TICKS + 1);
		frame->y_minimum = bottom / factor;
		frame->y_maximum = top / factor;
		if ((top - bottom) / step < MAX_Y_TICKS + SLACK)
			break;
	}
}

/* As many ticks as have room for their labels. */
static void
place_x(VmfcPlotFrame *frame)
{
	const VmfcAxis *axis = &frame->plot->x;
	gdouble factor = frame->x_unit.factor;

	frame->x_minimum = axis->minimum;
	frame->x_maximum = axis->maximum;
	for (guint n = VMFC_SCALE_MAX_TICKS; n >= 2; n--) {
		frame->x_ticks = vmfc_scale_find_ticks(axis->minimum * factor,
						       axis->maximum * factor, n);
		if (axis->kind == VMFC_AXIS_LOG && frame->x_ticks.step < 1) {
			frame->x_ticks.first = ceil(axis->minimum);
			frame->x_ticks.step = 1;
			frame->x_ticks.n = (guint)CLAMP(
				floor(axis->maximum) - frame->x_ticks.first + 1, 0, n);
		}
		gdouble room = (frame->right - frame->left) * frame->x_ticks.step / factor /
			       (axis->maximum - axis->minimum);
		if (measure_ticks(axis, &frame->x_ticks) + TICK_SPACE <= room)
			break;
	}
}

static gdouble
measure_names(const GPtrArray *names)
{
	gdouble widest = 0;

	for (guint i = 0; i < names->len; i++) {
		g_autofree gchar *text = vmfc_svg_shorten(names->pdata[i], MAX_NAME);
		widest = MAX(widest, vmfc_svg_measure(text));
	}
	return widest;
}

/* @plot: whose axes fit */
void
vmfc_plot_frame_init(VmfcPlotFrame *frame, const VmfcPlot *plot, gboolean has_lane_names)
{
	gboolean has_names = plot->y.kind == VMFC_AXIS_NAMES;
	gdouble area = has_names ? ROW_HEIGHT * MAX(plot->y.names->len, 1) : AREA_HEIGHT;

	*frame = (VmfcPlotFrame){.plot = plot, .has_lane_names = has_lane_names};
	frame->x_unit = find_unit(&plot->x);
	frame->y_unit = find_unit(&plot->y);
	frame->lane_top = TOP;
	frame->top = TOP + (plot->lanes->len > 0 ? VMFC_SVG_LANE_HEIGHT + 4 : 0);
	frame->bottom = frame->top + area;
	frame->right = VMFC_SVG_WIDTH - MARGIN_RIGHT;
	place_y(frame);
	frame->left = 2 * LABEL_GAP + (has_names ? measure_names(plot->y.names)
						 : measure_ticks(&plot->y, &frame->y_ticks));
	place_x(frame);
	frame->height = frame->bottom + 2 * LINE_HEIGHT +
			vmfc_plot_legend_get_height(plot, has_lane_names);
}

gdouble
vmfc_plot_frame_get_x(const VmfcPlotFrame *frame, gdouble value)
{
	gdouble share = (value - frame->x_minimum) / (frame->x_maximum - frame->x_minimum);
	return frame->left + CLAMP(share, 0, 1) * (frame->right - frame->left);
}

gdouble
vmfc_plot_frame_get_y(const VmfcPlotFrame *frame, gdouble value)
{
	gdouble share = (value - frame->y_minimum) / (frame->y_maximum - frame->y_minimum);

	if (frame->plot->y.kind == VMFC_AXIS_NAMES) /* the first one is on top */
		share = 1 - share;
	return frame->bottom - CLAMP(share, 0, 1) * (frame->bottom - frame->top);
}

static gchar *
build_label(const VmfcAxis *axis, const VmfcScaleUnit *unit)
{
	return g_strdup_printf("%s (%s%s)", axis->label, unit->prefix,
			       unit->unit != NULL ? unit->unit : axis->unit);
}

static void
append_y_ticks(const VmfcPlotFrame *frame, GString *svg)
{
	const VmfcAxis *axis = &frame->plot->y;

	for (guint i = 0; i < frame->y_ticks.n; i++) {
		g_autofree gchar *text = format_tick(axis, &frame->y_ticks, i);
		gdouble value = frame->y_ticks.first + i * frame->y_ticks.step;
		gdouble y = vmfc_plot_frame_get_y(frame, value / frame->y_unit.factor);
		vmfc_svg_append_line(svg, "grid", frame->left, y, frame->right, y);
		/* the lowest one keeps away from the labels of the other axis */
		vmfc_svg_append_text(svg, "tick", "end", frame->left - LABEL_GAP,
				     MIN(y + 5, frame->bottom + 1), text);
	}
	for (guint i = 0; axis->names != NULL && i < axis->names->len; i++) {
		g_autofree gchar *text = vmfc_svg_shorten(axis->names->pdata[i], MAX_NAME);
		gdouble y = vmfc_plot_frame_get_y(frame, i);
		vmfc_svg_append_text(svg, "tick", "end", frame->left - LABEL_GAP, y + 5, text);
	}
}

static void
append_x_ticks(const VmfcPlotFrame *frame, GString *svg)
{
	for (guint i = 0; i < frame->x_ticks.n; i++) {
		g_autofree gchar *text = format_tick(&frame->plot->x, &frame->x_ticks, i);
		gdouble value = frame->x_ticks.first + i * frame->x_ticks.step;
		gdouble x = vmfc_plot_frame_get_x(frame, value / frame->x_unit.factor);
		vmfc_svg_append_line(svg, "grid", x, frame->top, x, frame->bottom + 4);
		vmfc_svg_append_text(svg, "tick", "middle", x, frame->bottom + LINE_HEIGHT - 2,
				     text);
	}
}

void
vmfc_plot_frame_append_axes(const VmfcPlotFrame *frame, GString *svg)
{
	g_autofree gchar *x_label = build_label(&frame->plot->x, &frame->x_unit);
	g_autofree gchar *y_label = build_label(&frame->plot->y, &frame->y_unit);

	append_y_ticks(frame, svg);
	append_x_ticks(frame, svg);
	vmfc_svg_append_line(svg, "base", frame->left, frame->bottom, frame->right, frame->bottom);
	vmfc_svg_append_text(svg, "axis", "start", 0, AXIS_LABEL_Y, y_label);
	vmfc_svg_append_text(svg, "axis", "end", VMFC_SVG_WIDTH,
			     frame->bottom + 2 * LINE_HEIGHT - 4, x_label);
}

void
vmfc_plot_frame_append_heading(const VmfcPlotFrame *frame, GString *svg)
{
	/* bold letters are wider */
	g_autofree gchar *heading = vmfc_svg_shorten(frame->plot->title, VMFC_SVG_WIDTH / 1.1);

	vmfc_svg_append_text(svg, "heading", "start", 0, HEADING_Y, heading);
}
