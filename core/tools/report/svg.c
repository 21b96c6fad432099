/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/svg.h"

#include <math.h>
#include <string.h>

#include "tools/report/markup.h"

/* Of a text before it is cut, in characters. */
#define MAX_LENGTH 256u

/* Widths of characters by the size of the font, rounded up from those of DejaVu Sans, which is
 * wide. */
#define NARROW		 0.42
#define NORMAL		 0.66
#define WIDE		 1.02
#define FULL		 1.05 /* of scripts other than Latin, Greek and Cyrillic */
#define LAST_OF_THESE	 0x52F
#define FIRST_OF_SYMBOLS 0x2000
#define LAST_OF_SYMBOLS	 0x22FF

static gdouble
get_width(gunichar character)
{
	if (character < 128 && strchr("iljtfrI.,:;'|!()[]- ", (gint)character) != NULL)
		return NARROW;
	if (character < 128 && strchr("mwMW@%", (gint)character) != NULL)
		return WIDE;
	if (character < 128 && g_ascii_isupper((gchar)character))
		return 0.8;
	if (character <= LAST_OF_THESE)
		return NORMAL;
	if (character >= FIRST_OF_SYMBOLS && character <= LAST_OF_SYMBOLS)
		return 0.85;
	return FULL;
}

/* Returns: at least what the text takes */
gdouble
vmfc_svg_measure(const gchar *text)
{
	gdouble width = 0;

	for (const gchar *p = text; *p != '\0'; p = g_utf8_next_char(p))
		width += get_width(g_utf8_get_char(p));
	return width * VMFC_SVG_FONT_SIZE;
}

/* Returns: (transfer full): clean, and not wider than that */
gchar *
vmfc_svg_shorten(const gchar *text, gdouble width)
{
	g_autofree gchar *clean = vmfc_markup_clean(text, MAX_LENGTH);
	guint too_long = (guint)g_utf8_strlen(clean, -1);
	guint length = 1;

	if (too_long <= 1 || vmfc_svg_measure(clean) <= width)
		return g_steal_pointer(&clean);
	/* each character makes it wider */
	while (too_long - length > 1) {
		guint middle = length + (too_long - length) / 2;
		g_autofree gchar *cut = vmfc_markup_clean(clean, middle);
		if (vmfc_svg_measure(cut) > width)
			too_long = middle;
		else
			length = middle;
	}
	return vmfc_markup_clean(clean, length);
}

/* With one decimal, if any. */
void
vmfc_svg_append_length(GString *svg, gdouble value)
{
	glong tenths = lround(value * 10);

	g_string_append_printf(svg, "%s%ld", tenths < 0 ? "-" : "", labs(tenths) / 10);
	if (tenths % 10 != 0)
		g_string_append_printf(svg, ".%ld", labs(tenths) % 10);
}

static void
append_attribute(GString *svg, const gchar *name, gdouble value)
{
	g_string_append_printf(svg, " %s=\"", name);
	vmfc_svg_append_length(svg, value);
	g_string_append_c(svg, '"');
}

/* @anchor: start, middle or end. @text: as it is */
void
vmfc_svg_append_text(GString *svg, const gchar *class_name, const gchar *anchor, gdouble x,
		     gdouble y, const gchar *text)
{
	g_string_append_printf(svg, "<text class=\"%s\"", class_name);
	append_attribute(svg, "x", x);
	append_attribute(svg, "y", y);
	if (!g_str_equal(anchor, "start"))
		g_string_append_printf(svg, " text-anchor=\"%s\"", anchor);
	g_string_append_c(svg, '>');
	vmfc_markup_append(svg, text);
	g_string_append(svg, "</text>\n");
}

void
vmfc_svg_append_rect(GString *svg, const gchar *class_name, gdouble x, gdouble y, gdouble width,
		     gdouble height)
{
	g_string_append_printf(svg, "<rect class=\"%s\"", class_name);
	append_attribute(svg, "x", x);
	append_attribute(svg, "y", y);
	append_attribute(svg, "width", MAX(width, 0.1));
	append_attribute(svg, "height", MAX(height, 0.1));
	g_string_append(svg, "/>\n");
}

void
vmfc_svg_append_line(GString *svg, const gchar *class_name, gdouble x1, gdouble y1, gdouble x2,
		     gdouble y2)
{
	g_string_append_printf(svg, "<line class=\"%s\"", class_name);
	append_attribute(svg, "x1", x1);
	append_attribute(svg, "y1", y1);
	append_attribute(svg, "x2", x2);
	append_attribute(svg, "y2", y2);
	g_string_append(svg, "/>\n");
}

void
vmfc_svg_path_begin(VmfcSvgPath *path, GString *svg, const gchar *class_name)
{
	*path = (VmfcSvgPath){.svg = svg};
	g_string_append_printf(svg, "<path class=\"%s\" transform=\"scale(.1)\" d=\"", class_name);
}

/* @command: m to move there, l to draw a line there; 0 to continue with the previous one */
void
vmfc_svg_path_add(VmfcSvgPath *path, gchar command, gdouble x, gdouble y)
{
	gint to_x = (gint)lround(x * 10);
	gint to_y = (gint)lround(y * 10);

	if (command == 0)
		g_string_append_c(path->svg, ' ');
	else
		g_string_append_c(path->svg, command);
	g_string_append_printf(path->svg, "%d %d", to_x - path->x, to_y - path->y);
	path->x = to_x;
	path->y = to_y;
}

void
vmfc_svg_path_end(VmfcSvgPath *path)
{
	g_string_append(path->svg, "\"/>\n");
}
