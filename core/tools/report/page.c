/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/page.h"

#include <math.h>
#include <string.h>

#include "base/number-text.h"
#include "config.h"
#include "tools/report/markup.h"
#include "tools/report/plot-legend.h"
#include "tools/report/plot-svg.h"
#include "tools/report/section.h"
#include "tools/report/style.h"

#define MAX_CELL 300 /* characters */
/* Digits of a number in a table; its element has all. Large ones are often times or counts. */
#define N_DIGITS	  6
#define N_DIGITS_OF_LARGE 10
#define LARGE_FROM	  1e5
#define LARGE_TO	  1e12

/* ---------------------------------------------------------------------- head */

/* Nothing may be fetched and nothing may run; the only style is the page's own. */
static void
append_policy(GString *page)
{
	const char *style = vmfc_style_get_page();
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize length = sizeof digest;

	g_checksum_update(checksum, (const guchar *)style, (gssize)strlen(style));
	g_checksum_get_digest(checksum, digest, &length);
	g_autofree gchar *hash = g_base64_encode(digest, length);
	g_string_append_printf(page,
			       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
			       "'none'; style-src 'sha256-%s'; base-uri 'none'; form-action "
			       "'none'\">\n",
			       hash);
}

static void
append_heading(const GPtrArray *sections, GString *page)
{
	for (guint i = 0; i < sections->len; i++) {
		const VmfcSection *section = sections->pdata[i];
		if (i > 0)
			g_string_append(page, ", ");
		vmfc_markup_append_short(page, section->name, 80);
	}
}

static void
append_head(const GPtrArray *sections, GString *page)
{
	g_string_append(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
			      "<meta charset=\"utf-8\">\n");
	append_policy(page);
	g_string_append(page, "<meta name=\"viewport\" content=\"width=device-width, "
			      "initial-scale=1\">\n<meta name=\"referrer\" "
			      "content=\"no-referrer\">\n<title>");
	append_heading(sections, page);
	g_string_append_printf(page,
			       " – vmfc report</title>\n<style>%s</style>\n</head>\n<body>\n"
			       "<header>\n<h1>",
			       vmfc_style_get_page());
	append_heading(sections, page);
	g_string_append(page, "</h1>\n</header>\n<main>\n");
}

/* --------------------------------------------------------------------- facts */

static void
append_facts(const VmfcSection *section, GString *page)
{
	if (section->facts->len > 0)
		g_string_append(page, "<dl>\n");
	for (guint i = 0; i + 1 < section->facts->len; i += 2) {
		g_string_append(page, "<dt>");
		vmfc_markup_append_short(page, section->facts->pdata[i], MAX_CELL);
		g_string_append(page, "</dt><dd>");
		vmfc_markup_append_short(page, section->facts->pdata[i + 1], 4 * MAX_CELL);
		g_string_append(page, "</dd>\n");
	}
	if (section->facts->len > 0)
		g_string_append(page, "</dl>\n");
	for (guint i = 0; i < section->notes->len; i++) {
		g_string_append(page, "<p>");
		vmfc_markup_append_short(page, section->notes->pdata[i], 4 * MAX_CELL);
		g_string_append(page, "</p>\n");
	}
}

static void
append_workloads(const VmfcSection *section, GString *page)
{
	if (section->workloads->len == 0)
		return;
	g_string_append(page, "<ul class=\"workloads\" aria-label=\"Workloads\">\n");
	for (guint i = 0; i < section->workloads->len; i++) {
		if (section->workloads->pdata[i] == NULL)
			continue;
		g_string_append_printf(page, "<li><b class=\"c%u\">%c</b>", i % 8,
				       vmfc_plot_legend_get_letter(i));
		vmfc_markup_append_short(page, section->workloads->pdata[i], 80);
		g_string_append(page, "</li>\n");
	}
	g_string_append(page, "</ul>\n");
}

static void
append_file(const VmfcSection *section, GString *page)
{
	g_string_append(page, "<section>\n<h2>");
	vmfc_markup_append_short(page, section->kind, MAX_CELL);
	g_string_append(page, ": ");
	vmfc_markup_append_short(page, section->name, MAX_CELL);
	g_string_append(page, "</h2>\n");
	append_facts(section, page);
	append_workloads(section, page);
	g_string_append(page, "</section>\n");
}

/* --------------------------------------------------------------------- plots */

static void
append_plot(const VmfcPlot *plot, guint *number, GString *page)
{
	g_string_append(page, "<figure>\n");
	if (plot->source != NULL) {
		g_string_append(page, "<figcaption>");
		vmfc_markup_append_short(page, plot->source, MAX_CELL);
		g_string_append(page, "</figcaption>\n");
	}
	vmfc_plot_svg_append(plot, (*number)++, page);
	if (plot->note != NULL) {
		g_string_append(page, "<p class=\"note\">");
		vmfc_markup_append_short(page, plot->note, MAX_CELL);
		g_string_append(page, "</p>\n");
	}
	g_string_append(page, "</figure>\n");
}

/* The plots of one name are side by side; none is twice. */
static void
append_plots(const GPtrArray *sections, GString *page)
{
	g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
	guint number = 1;

	for (guint i = 0; i < sections->len; i++) {
		const VmfcSection *section = sections->pdata[i];
		for (guint k = 0; k < section->plots->len; k++) {
			const VmfcPlot *plot = section->plots->pdata[k];
			if (!g_hash_table_add(done, plot->name))
				continue;
			for (guint j = i; j < sections->len; j++) {
				const VmfcSection *other = sections->pdata[j];
				for (guint m = 0; m < other->plots->len; m++) {
					const VmfcPlot *same = other->plots->pdata[m];
					if (g_str_equal(same->name, plot->name))
						append_plot(same, &number, page);
				}
			}
		}
	}
}

static guint
count_plots(const GPtrArray *sections)
{
	guint n = 0;

	for (guint i = 0; i < sections->len; i++)
		n += ((const VmfcSection *)sections->pdata[i])->plots->len;
	return n;
}

/* -------------------------------------------------------------------- sheets */

static guint
find_n_digits(gdouble number)
{
	gdouble size = fabs(number);
	return size >= LARGE_FROM && size < LARGE_TO ? N_DIGITS_OF_LARGE : N_DIGITS;
}

static void
append_cell(const VmfcSheetCell *cell, GString *page)
{
	gchar number[VMFC_NUMBER_SIZE];

	if (cell->text != NULL) {
		g_string_append(page, "<td>");
		vmfc_markup_append_short(page, cell->text, MAX_CELL);
	} else if (isfinite(cell->number)) {
		vmfc_number_text_format_float(cell->number, number);
		g_string_append_printf(page, "<td class=\"n\"><data value=\"%s\">", number);
		vmfc_markup_append_number(page, cell->number, find_n_digits(cell->number));
		g_string_append(page, "</data>");
	} else {
		g_string_append(page, "<td class=\"n\">–");
	}
	g_string_append(page, "</td>");
}

static void
append_sheet(const VmfcSection *section, const VmfcSheet *sheet, gboolean has_name, GString *page)
{
	guint n_rows = vmfc_sheet_get_n_rows(sheet);

	g_string_append(page, "<div class=\"scroll\"><table>\n<caption>");
	vmfc_markup_append_short(page, sheet->title, MAX_CELL);
	if (has_name) {
		g_string_append(page, ": ");
		vmfc_markup_append_short(page, section->name, MAX_CELL);
	}
	if (sheet->n_left_out > 0)
		g_string_append_printf(page, " (%" G_GUINT64_FORMAT " more rows are not shown)",
				       sheet->n_left_out);
	g_string_append(page, "</caption>\n<thead><tr>");
	for (guint i = 0; i < sheet->headers->len; i++) {
		g_string_append(page, vmfc_sheet_is_number_column(sheet, i)
					      ? "<th scope=\"col\" class=\"n\">"
					      : "<th scope=\"col\">");
		vmfc_markup_append(page, sheet->headers->pdata[i]);
		g_string_append(page, "</th>");
	}
	g_string_append(page, "</tr></thead>\n<tbody>\n");
	for (guint row = 0; row < n_rows; row++) {
		g_string_append(page, "<tr>");
		for (guint i = 0; i < sheet->headers->len; i++)
			append_cell(vmfc_sheet_get_cell(sheet, row, i), page);
		g_string_append(page, "</tr>\n");
	}
	g_string_append(page, "</tbody>\n</table></div>\n");
}

static void
append_card(const VmfcSection *section, GString *page)
{
	g_auto(GStrv) lines = g_strsplit(section->card, "\n", -1);

	g_string_append(page, "<details open><summary>Card of ");
	vmfc_markup_append_short(page, section->name, MAX_CELL);
	g_string_append(page, "</summary>\n<pre>");
	for (guint i = 0; lines[i] != NULL; i++) {
		vmfc_markup_append(page, lines[i]);
		g_string_append_c(page, '\n');
	}
	g_string_append(page, "</pre></details>\n");
}

/* ----------------------------------------------------------------- the whole */

/*
 * Builds one page that needs nothing else.
 *
 * @sections: of VmfcSection
 *
 * Returns: (transfer full)
 */
gchar *
vmfc_page_build(const GPtrArray *sections)
{
	g_autoptr(GString) page = g_string_new(NULL);

	append_head(sections, page);
	g_string_append(page, "<div class=\"files\">\n");
	for (guint i = 0; i < sections->len; i++)
		append_file(sections->pdata[i], page);
	g_string_append(page, "</div>\n");
	if (count_plots(sections) > 0) {
		g_string_append(page, "<section>\n<h2>Plots</h2>\n<div class=\"plots\">\n");
		append_plots(sections, page);
		g_string_append(page, "</div>\n</section>\n");
	}
	g_string_append(page, "<section>\n<h2>Tables</h2>\n");
	for (guint i = 0; i < sections->len; i++) {
		const VmfcSection *section = sections->pdata[i];
		for (guint k = 0; k < section->sheets->len; k++)
			append_sheet(section, section->sheets->pdata[k], sections->len > 1, page);
		if (section->card != NULL)
			append_card(section, page);
	}
	g_string_append(page, "</section>\n</main>\n<footer>Made by vmfc report " VMFC_VERSION
			      ".</footer>\n</body>\n</html>\n");
	return g_string_free(g_steal_pointer(&page), FALSE);
}
