/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/report.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/regular-file.h"
#include "output/path-check.h"
#include "rows/atomic-file.h"
#include "tools/report/browser.h"
#include "tools/report/model-report.h"
#include "tools/report/page.h"
#include "tools/report/plot-svg.h"
#include "tools/report/run-facts.h"
#include "tools/report/source.h"
#include "tools/report/text-report.h"
#include "vmfc/vmfc-plugin.h"

/* Of a plot over time, which is 480 wide. */
#define MAX_COLUMNS   480
#define MIN_COLUMNS   30
#define MAX_ROWS      500 /* of a table */
#define FILES_IN_FULL 2	  /* more files share the room of these */

/* ------------------------------------------------------------------- reading */

static void
free_source(gpointer data)
{
	vmfc_source_free(data);
}

static void
free_section(gpointer data)
{
	vmfc_section_free(data);
}

/* Returns: (transfer full) (nullable): of VmfcSource */
static GPtrArray *
read_sources(const VmfcReportArguments *arguments, GError **error)
{
	g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(free_source);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; arguments->files[i] != NULL; i++) {
		VmfcSource *source = vmfc_source_read(arguments->files[i], names, error);
		if (source == NULL)
			return NULL;
		g_ptr_array_add(sources, source);
	}
	return g_steal_pointer(&sources);
}

/* Plots of several files have the same axes, and say which file they are of. */
static void
share_axes(const GPtrArray *sections)
{
	g_autoptr(GPtrArray) plots = g_ptr_array_new();

	for (guint i = 0; i < sections->len; i++) {
		const VmfcSection *section = sections->pdata[i];
		for (guint k = 0; k < section->plots->len; k++) {
			VmfcPlot *plot = section->plots->pdata[k];
			plot->file = g_strdup(section->name);
			if (sections->len > 1)
				plot->source = g_strdup(section->name);
			g_ptr_array_add(plots, plot);
		}
	}
	vmfc_plot_share_axes(plots);
}

/* Returns: the last parts of a path, as many as there should be at most */
static const gchar *
find_last_parts(const gchar *path, guint n)
{
	const gchar *p = path + strlen(path);

	while (p > path && (p[-1] != '/' || --n > 0))
		p--;
	return p;
}

static gboolean
is_unique(const GPtrArray *sources, guint number, guint n_parts)
{
	const gchar *path = ((const VmfcSource *)sources->pdata[number])->path;

	for (guint i = 0; i < sources->len; i++) {
		const gchar *other = ((const VmfcSource *)sources->pdata[i])->path;
		if (!g_str_equal(path, other) &&
		    g_str_equal(find_last_parts(path, n_parts), find_last_parts(other, n_parts)))
			return FALSE;
	}
	return TRUE;
}

/* A file is called by the end of its path, as much of it as the others do not have too. */
static void
name_section(const GPtrArray *sources, guint number, VmfcSection *section)
{
	const gchar *path = ((const VmfcSource *)sources->pdata[number])->path;
	guint n_parts = 1;

	while (!is_unique(sources, number, n_parts))
		n_parts++;
	g_free(section->name);
	section->name = g_strdup(find_last_parts(path, n_parts));
}

/* Returns: (transfer full): of VmfcSection */
static GPtrArray *
build_sections(const GPtrArray *sources, guint n_columns, guint max_rows)
{
	GPtrArray *sections = g_ptr_array_new_with_free_func(free_section);

	for (guint i = 0; i < sources->len; i++)
		g_ptr_array_add(sections,
				vmfc_source_build_section(sources->pdata[i], n_columns, max_rows));
	for (guint i = 0; i < sections->len; i++)
		name_section(sources, i, sections->pdata[i]);
	for (guint i = 0; i < sections->len; i++)
		vmfc_section_make_unique(sections->pdata[i]);
	share_axes(sections);
	return sections;
}

/* ------------------------------------------------------------------ building */

static void
remove_cards(const GPtrArray *sections)
{
	for (guint i = 0; i < sections->len; i++) {
		VmfcSection *section = sections->pdata[i];
		if (section->card != NULL)
			vmfc_section_add_note(section, "The card is not shown: the page would be "
						       "too large. It is in the model's file.");
		g_clear_pointer(&section->card, g_free);
	}
}

/* Returns: (transfer full) (nullable): with less detail if it would be too large */
static gchar *
build_page(const GPtrArray *sources, GError **error)
{
	guint n_files = MAX(sources->len, FILES_IN_FULL);
	guint n_columns = MAX(MAX_COLUMNS * FILES_IN_FULL / n_files, MIN_COLUMNS);
	guint max_rows = MAX_ROWS * FILES_IN_FULL / n_files;
	gboolean has_cards = TRUE;

	for (;;) {
		g_autoptr(GPtrArray) sections = build_sections(sources, n_columns, max_rows);
		if (!has_cards)
			remove_cards(sections);
		g_autofree gchar *page = vmfc_page_build(sections);
		if (strlen(page) < VMFC_PAGE_MAX_SIZE)
			return g_steal_pointer(&page);
		if (n_columns > MIN_COLUMNS || max_rows > 0) {
			n_columns = MAX(n_columns / 4, MIN_COLUMNS);
			max_rows /= 4;
		} else if (has_cards) {
			has_cards = FALSE;
		} else {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "the page would have %zu bytes even without tables and cards, "
				    "and the maximum is %zu: give fewer files",
				    strlen(page), (gsize)VMFC_PAGE_MAX_SIZE);
			return NULL;
		}
	}
}

static gboolean
set_unknown_plot(const GPtrArray *sections, const gchar *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (guint i = 0; i < sections->len; i++) {
		const VmfcSection *section = sections->pdata[i];
		for (guint k = 0; k < section->plots->len; k++) {
			const VmfcPlot *plot = section->plots->pdata[k];
			if (!g_hash_table_add(names, plot->name))
				continue;
			vmfc_nearest_try(&nearest, plot->name);
			g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "",
					       plot->name);
		}
	}
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--plot %s: there is no such plot of these files; there are: %s%s", name,
		    known->len > 0 ? known->str : "none", hint);
	return FALSE;
}

/* Returns: (transfer full) (nullable) */
static gchar *
build_plot(const GPtrArray *sources, const gchar *name, GError **error)
{
	g_autoptr(GPtrArray) sections = build_sections(sources, MAX_COLUMNS, 0);
	const VmfcPlot *found = NULL;

	for (guint i = 0; i < sections->len; i++) {
		const VmfcSection *section = sections->pdata[i];
		for (guint k = 0; k < section->plots->len; k++) {
			const VmfcPlot *plot = section->plots->pdata[k];
			if (!g_str_equal(plot->name, name))
				continue;
			if (found != NULL) {
				g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
					    "--plot %s: several of the files have this plot: give "
					    "one file",
					    name);
				return NULL;
			}
			found = plot;
		}
	}
	if (found == NULL) {
		set_unknown_plot(sections, name, error);
		return NULL;
	}
	return vmfc_plot_svg_build(found);
}

static gchar *
build_text(const GPtrArray *sources)
{
	g_autoptr(GPtrArray) sections = build_sections(sources, vmfc_text_report_get_width(),
						       MAX_ROWS);
	return vmfc_text_report_build(sections);
}

/* ------------------------------------------------------------------- writing */

static gboolean
write_file(const VmfcReportArguments *arguments, const gchar *text, GError **error)
{
	const gchar *extension = vmfc_report_arguments_get_extension(arguments);
	const gchar *const with[] = {extension, NULL};
	gboolean has_extension = g_str_has_suffix(arguments->output, extension);
	g_autoptr(VmfcRunFiles) files = vmfc_run_files_new(arguments->output, with, 0);
	g_autoptr(VmfcAtomicFile) draft = vmfc_atomic_file_new(
		files, has_extension ? extension : "", error);

	if (draft == NULL || !vmfc_atomic_file_add(draft, text, error) ||
	    !vmfc_atomic_file_publish(draft, files, error))
		return FALSE;
	printf("%s\n", draft->path);
	return !arguments->open || vmfc_browser_open(draft->path, error);
}

/* A file that is to be read, its meta file, or its card. */
static gboolean
is_input(const VmfcReportArguments *arguments)
{
	for (guint i = 0; arguments->files[i] != NULL; i++) {
		g_autofree gchar *meta = vmfc_run_facts_build_path(arguments->files[i]);
		g_autofree gchar *card = vmfc_model_report_build_card_path(arguments->files[i]);
		const gchar *const paths[] = {arguments->files[i], meta, card};
		for (guint k = 0; k < G_N_ELEMENTS(paths); k++) {
			if (vmfc_regular_file_is_same(paths[k], arguments->output))
				return TRUE;
		}
	}
	return FALSE;
}

static gboolean
check_output(const VmfcReportArguments *arguments, GError **error)
{
	if (arguments->output == NULL)
		return TRUE;
	if (!is_input(arguments))
		return vmfc_path_check(arguments->output, FALSE, error);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--output would rename %s, which is to be read: choose another name",
		    arguments->output);
	return FALSE;
}

/* Reads the files and writes the report. */
gboolean
vmfc_report_run(const VmfcReportArguments *arguments, GError **error)
{
	g_autofree gchar *text = NULL;

	if (!check_output(arguments, error))
		return FALSE;
	g_autoptr(GPtrArray) sources = read_sources(arguments, error);
	if (sources == NULL)
		return FALSE;
	if (arguments->format == VMFC_REPORT_SVG)
		text = build_plot(sources, arguments->plot, error);
	else if (arguments->format == VMFC_REPORT_HTML)
		text = build_page(sources, error);
	else
		text = build_text(sources);
	if (text == NULL)
		return FALSE;
	if (arguments->output != NULL)
		return write_file(arguments, text, error);
	fputs(text, stdout);
	return TRUE;
}
