/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Elements of SVG, in a text. Lengths are in units of its view box. */

/* The size of all texts, for which there is room; wide screens show them smaller. */
#define VMFC_SVG_FONT_SIZE 15
/* The width of every plot, and the height of the strip that shows workloads. */
#define VMFC_SVG_WIDTH	     480.0
#define VMFC_SVG_LANE_HEIGHT 14.0

gdouble
vmfc_svg_measure(const gchar *text);
gchar *
vmfc_svg_shorten(const gchar *text, gdouble width);
void
vmfc_svg_append_length(GString *svg, gdouble value);
void
vmfc_svg_append_text(GString *svg, const gchar *class_name, const gchar *anchor, gdouble x,
		     gdouble y, const gchar *text);
void
vmfc_svg_append_rect(GString *svg, const gchar *class_name, gdouble x, gdouble y, gdouble width,
		     gdouble height);
void
vmfc_svg_append_line(GString *svg, const gchar *class_name, gdouble x1, gdouble y1, gdouble x2,
		     gdouble y2);

/* The data of a path, in tenths, each point relative to the previous one. */
typedef struct {
	GString *svg;
	gint x;
	gint y;
} VmfcSvgPath;

void
vmfc_svg_path_begin(VmfcSvgPath *path, GString *svg, const gchar *class_name);
void
vmfc_svg_path_add(VmfcSvgPath *path, gchar command, gdouble x, gdouble y);
void
vmfc_svg_path_end(VmfcSvgPath *path);
