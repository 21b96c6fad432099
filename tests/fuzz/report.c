/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Any text as a file that is shown, or as two files after a line in between: the rows or model, and
 * the meta file and card beside it. The page has only elements and attributes of ours, each one
 * closed; each plot is well-formed XML; and no text contains control characters.
 */

#include "tools/report/page.h"
#include "tools/report/plot-svg.h"
#include "tools/report/source.h"
#include "tools/report/text-report.h"

#include "fuzz.h"

#include <glib/gstdio.h>

#define MAX_DEPTH 32
#define N_COLUMNS 100
#define MAX_ROWS  50
/* Ends the rows or the model; what comes after it is the file beside them. */
#define BESIDE "\n== beside ==\n"

static const gchar *const elements[] = {
	"html",	   "head",	 "title",  "style",   "body", "header", "h1",	"main", "div",
	"section", "h2",	 "dl",	   "dt",      "dd",   "p",	"ul",	"li",	"b",
	"figure",  "figcaption", "svg",	   "desc",    "text", "rect",	"line", "path", "table",
	"caption", "thead",	 "tbody",  "tr",      "th",   "td",	"data", "pre",	"details",
	"meta",	   "summary",	 "footer", "pattern", NULL};

static void
check_text(const gchar *text)
{
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const gchar *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar character = g_utf8_get_char(p);
		g_assert_true(character == '\n' || !g_unichar_iscntrl(character));
		g_assert_true(g_unichar_type(character) != G_UNICODE_FORMAT);
	}
}

/* Returns: (transfer full): the name of an element; @p: (inout): after its end */
static gchar *
take_tag(const gchar **p)
{
	gsize length = strspn(*p, "abcdefghijklmnopqrstuvwxyz0123456789");
	gchar *name = g_strndup(*p, length);
	gboolean is_quoted = FALSE;

	for (*p += length; **p != '\0' && (is_quoted || **p != '>'); (*p)++) {
		g_assert_true(**p != '<');
		if (**p == '"')
			is_quoted = !is_quoted;
		/* an attribute that could run something */
		g_assert_true(is_quoted || !g_str_has_prefix(*p, " on"));
	}
	g_assert_true(**p == '>');
	return name;
}

static void
check_page(const gchar *page)
{
	g_autoptr(GPtrArray) open = g_ptr_array_new_with_free_func(g_free);
	const gchar *p = page + strlen("<!DOCTYPE html>");

	g_assert_true(g_str_has_prefix(page, "<!DOCTYPE html>"));
	while ((p = strchr(p, '<')) != NULL) {
		gboolean is_end = *++p == '/';
		p += is_end;
		g_autofree gchar *name = take_tag(&p);
		gboolean is_closed = p[-1] == '/' || g_str_equal(name, "meta");
		g_assert_true(g_strv_contains(elements, name));
		if (is_end) {
			g_assert_cmpuint(open->len, >, 0);
			g_assert_cmpstr(open->pdata[open->len - 1], ==, name);
			g_ptr_array_set_size(open, (gint)open->len - 1);
		} else if (!is_closed) {
			g_ptr_array_add(open, g_steal_pointer(&name));
			g_assert_cmpuint(open->len, <, MAX_DEPTH);
		}
	}
	g_assert_cmpuint(open->len, ==, 0);
}

static void
check_plot(const VmfcPlot *plot)
{
	static const GMarkupParser parser = {0};
	g_autofree gchar *svg = vmfc_plot_svg_build(plot);
	g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(
		&parser, G_MARKUP_DEFAULT_FLAGS, NULL, NULL);
	g_autoptr(GError) error = NULL;

	g_markup_parse_context_parse(context, svg, -1, &error);
	g_assert_no_error(error);
	g_markup_parse_context_end_parse(context, &error);
	g_assert_no_error(error);
	check_text(svg);
	g_assert_null(strstr(svg, "nan"));
	g_assert_null(strstr(svg, "inf\""));
}

static void
free_section(gpointer data)
{
	vmfc_section_free(data);
}

static void
check_report(const gchar *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(VmfcSource) source = vmfc_source_read(path, names, &error);
	g_autoptr(GPtrArray) sections = g_ptr_array_new_with_free_func(free_section);

	if (source == NULL) {
		g_assert_nonnull(error);
		return;
	}
	g_assert_no_error(error);
	VmfcSection *section = vmfc_source_build_section(source, N_COLUMNS, MAX_ROWS);
	g_ptr_array_add(sections, section);
	for (guint i = 0; i < section->plots->len; i++)
		check_plot(section->plots->pdata[i]);
	g_autofree gchar *page = vmfc_page_build(sections);
	check_text(page);
	check_page(page);
	g_assert_cmpuint(strlen(page), <, VMFC_PAGE_MAX_SIZE);
	g_autofree gchar *text = vmfc_text_report_build(sections);
	check_text(text);
}

/* The meta file of rows, and the card of a model. */
static void
check_with_beside(const uint8_t *data, gsize size, const uint8_t *beside, gsize beside_size)
{
	static const gchar *const names[] = {"f.json", "f.meta.json", "f.md"};
	g_autofree gchar *folder = g_dir_make_tmp("fuzz-report-XXXXXX", NULL);
	g_autofree gchar *path = g_build_filename(folder, names[0], NULL);

	g_assert_nonnull(folder);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree gchar *file = g_build_filename(folder, names[i], NULL);
		g_assert_true(g_file_set_contents(file, (const gchar *)(i == 0 ? data : beside),
						  (gssize)(i == 0 ? size : beside_size), NULL));
	}
	check_report(path);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree gchar *file = g_build_filename(folder, names[i], NULL);
		g_unlink(file);
	}
	g_rmdir(folder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = memmem(data, size, BESIDE, strlen(BESIDE));

	if (line != NULL) {
		const uint8_t *beside = line + strlen(BESIDE);
		check_with_beside(data, (gsize)(line - data) + 1, beside,
				  size - (gsize)(beside - data));
		return 0;
	}
	gint fd;
	g_autofree gchar *path = fuzz_file(data, size, &fd);
	check_report(path);
	close(fd);
	return 0;
}
