/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/arguments.h"

#include <unistd.h>

#include "base/option-table.h"
#include "vmfc/vmfc-plugin.h"

/* More do not fit side by side, nor on one page. */
#define MAX_FILES 16

static const VmfcChoice formats[] = {{"html", VMFC_REPORT_HTML},
				     {"svg", VMFC_REPORT_SVG},
				     {"text", VMFC_REPORT_TEXT},
				     {NULL, 0}};
static const gchar *const extensions[] = {".html", ".svg", ".txt"};

#define FIELD(name) G_STRUCT_OFFSET(VmfcReportArguments, name)

/* In the order of --help. */
static const VmfcOptionEntry entries[] = {
	{"output", 'o', VMFC_ENTRY_TEXT, FIELD(output), NULL, "FILE",
	 "The report; -: standard output (default: report.html; PLOT.svg with --plot; standard "
	 "output with --format text)"},
	{"format", 'f', VMFC_ENTRY_CHOICE, FIELD(format), NULL, "NAME",
	 "html: one page; svg: one plot; text: a summary for a terminal (default: html; svg with "
	 "--plot)",
	 .choices = formats},
	{"plot", 0, VMFC_ENTRY_TEXT, FIELD(plot), NULL, "PLOT",
	 "Only this plot, for example cpu; an unknown name lists all"},
	{"open", 0, VMFC_ENTRY_FLAG, FIELD(open), NULL, NULL,
	 "Show the page in the browser, with xdg-open"},
	{"verbose", 'v', VMFC_ENTRY_FLAG, FIELD(verbose), NULL, NULL, "More messages"},
	{"help", 'h', VMFC_ENTRY_HELP, FIELD(help), NULL, NULL, "Show this help"},
	{0},
};

static const VmfcOptionTable table = {
	.program = "vmfc report",
	.summary =
		"vmfc report shows plots and tables of runs, power, training sets, predictions and "
		"models, on one page. Several files are shown side by side, with the same axes.",
	.entries = entries,
	.words = "FILE...",
	.words_field = FIELD(files),
};

static gboolean
set_usage(GError **error, const gchar *message)
{
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE, message);
	return FALSE;
}

static gboolean
check_open(const VmfcReportArguments *arguments, GError **error)
{
	if (!arguments->open)
		return TRUE;
	if (arguments->format != VMFC_REPORT_HTML || g_strcmp0(arguments->output, "-") == 0)
		return set_usage(error, "--open shows a page, so it needs --format html and a file "
					"as --output");
	if (geteuid() == 0 || getuid() == 0)
		return set_usage(error,
				 "--open does not start a browser as root: leave it out, and "
				 "open the page as a plain user");
	return TRUE;
}

static gboolean
check(const VmfcReportArguments *arguments, GError **error)
{
	guint n_files = arguments->files != NULL ? g_strv_length(arguments->files) : 0;

	if (n_files == 0)
		return set_usage(error, "there is no file to read, as in vmfc report run.csv");
	if (n_files > MAX_FILES) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "there are %u files, but the maximum is %d: make several reports",
			    n_files, MAX_FILES);
		return FALSE;
	}
	if (arguments->format == VMFC_REPORT_SVG && arguments->plot == NULL)
		return set_usage(error, "--format svg is for one plot: name it, as in --plot cpu");
	if (arguments->format != VMFC_REPORT_SVG && arguments->plot != NULL)
		return set_usage(error, "--plot needs --format svg");
	if (arguments->output != NULL &&
	    (arguments->output[0] == '\0' || g_str_has_suffix(arguments->output, "/")))
		return set_usage(error, "--output must name a file, for example report.html");
	return check_open(arguments, error);
}

/* Names the output where the user does not. */
static void
complete(VmfcReportArguments *arguments)
{
	if (arguments->format < 0)
		arguments->format = arguments->plot != NULL ? VMFC_REPORT_SVG : VMFC_REPORT_HTML;
	if (arguments->output == NULL && arguments->format == VMFC_REPORT_HTML)
		arguments->output = g_strdup("report.html");
	else if (arguments->output == NULL && arguments->plot != NULL &&
		 g_str_equal(arguments->plot, "") == FALSE)
		arguments->output = g_strconcat(arguments->plot, ".svg", NULL);
}

/*
 * @arguments: argv of main(), without `report`
 *
 * Returns: (transfer full): %NULL with a message for the user in @error
 */
VmfcReportArguments *
vmfc_report_arguments_parse(GStrv arguments, GError **error)
{
	g_autoptr(VmfcReportArguments) parsed = g_new0(VmfcReportArguments, 1);

	parsed->format = -1;
	if (!vmfc_option_table_parse(&table, arguments, parsed, error))
		return NULL;
	complete(parsed);
	if (parsed->help == NULL && !check(parsed, error))
		return NULL;
	if (g_strcmp0(parsed->output, "-") == 0)
		g_clear_pointer(&parsed->output, g_free);
	return g_steal_pointer(&parsed);
}

/* Returns: of the output's files */
const gchar *
vmfc_report_arguments_get_extension(const VmfcReportArguments *arguments)
{
	return extensions[arguments->format];
}

void
vmfc_report_arguments_free(VmfcReportArguments *arguments)
{
	g_strfreev(arguments->files);
	g_free(arguments->output);
	g_free(arguments->plot);
	g_free(arguments->help);
	g_free(arguments);
}
