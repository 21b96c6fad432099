/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/arguments.h"

#include <string.h>

#include "base/number-text.h"
#include "base/option-table.h"
#include "rows/iso-time.h"
#include "vmfc/vmfc-plugin.h"

#define MS_PER_S    1e3
#define US_PER_MS   1000
#define MAX_TIMEOUT 3600
/*
 * ms: what is younger may be on its way. The sink remote_write collects for seconds, and Prometheus
 * scrapes once a minute (prometheus.io/docs/prometheus/latest/configuration, "scrape_interval").
 */
#define MIN_AGE 60000

#define FIELD(name) G_STRUCT_OFFSET(VmfcPullArguments, name)

/* In the order of --help. */
static const VmfcOptionEntry entries[] = {
	{"url", 0, VMFC_ENTRY_TEXT, FIELD(url), NULL, "URL",
	 "Address of Prometheus, VictoriaMetrics or another server with that interface"},
	{"start", 0, VMFC_ENTRY_TEXT, FIELD(start_text), NULL, "TIME",
	 "Begin of the data: ISO 8601 with a time zone, or seconds since 1970"},
	{"end", 0, VMFC_ENTRY_TEXT, FIELD(end_text), NULL, "TIME",
	 "End of the data, which must not be in the future"},
	{"match", 'm', VMFC_ENTRY_TEXT, FIELD(match), "{}", "SELECTOR",
	 "Labels of the machines, for example {job=\"vmfc\"} (default: all machines)"},
	{"output", 'o', VMFC_ENTRY_TEXT, FIELD(output), NULL, "FOLDER",
	 "Folder for the files; a pull that was interrupted continues in it"},
	{"token-file", 0, VMFC_ENTRY_TEXT, FIELD(token_file), NULL, "FILE",
	 "File with a bearer token for the server"},
	{"ca-file", 0, VMFC_ENTRY_TEXT, FIELD(ca_file), NULL, "FILE",
	 "Certificates of the authorities that sign the server's certificate"},
	{"timeout", 0, VMFC_ENTRY_DURATION, FIELD(timeout), "60", "SECONDS",
	 "Maximum time of one request (default: 60)", .minimum = 1, .maximum = MAX_TIMEOUT},
	{"verbose", 'v', VMFC_ENTRY_FLAG, FIELD(verbose), NULL, NULL, "More messages"},
	{"help", 'h', VMFC_ENTRY_HELP, FIELD(help), NULL, NULL, "Show this help"},
	{0},
};

static const VmfcOptionTable table = {
	.program = "vmfc pull",
	.required = "--url=URL --start=TIME --end=TIME --output=FOLDER",
	.summary = "vmfc pull reads what virtual machines sent to Prometheus, and writes for each "
		   "machine a file of features and one of its power by Kepler, for vmfc merge.",
	.entries = entries,
};

static gboolean
set_missing(const gchar *option, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--%s is missing, for example: vmfc pull --url http://localhost:9090 "
		    "--start 2026-01-31T00:00:00Z --end 2026-02-01T00:00:00Z --output pulled",
		    option);
	return FALSE;
}

static gboolean
parse_time(const gchar *option, const gchar *text, gint64 *milliseconds, GError **error)
{
	gdouble time;
	gboolean has_zone = TRUE;

	if (text == NULL)
		return set_missing(option, error);
	gboolean good = vmfc_number_text_parse_float(text, &time) ||
			(vmfc_iso_time_parse(text, strlen(text), &time, &has_zone) && has_zone);
	if (good && time >= 0 && time <= VMFC_MAX_TIME) {
		*milliseconds = (gint64)(time * MS_PER_S + 0.5);
		return TRUE;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--%s is '%s', but must be a time with its zone, for example "
		    "2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00, or seconds since 1970",
		    option, text);
	return FALSE;
}

static gboolean
check_times(VmfcPullArguments *arguments, GError **error)
{
	if (!parse_time("start", arguments->start_text, &arguments->start, error) ||
	    !parse_time("end", arguments->end_text, &arguments->end, error))
		return FALSE;
	if (arguments->end <= arguments->start) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--end is '%s', but must be later than --start, which is '%s'",
			    arguments->end_text, arguments->start_text);
		return FALSE;
	}
	gint64 age = g_get_real_time() / US_PER_MS - arguments->end;
	if (age >= 0 && age < MIN_AGE)
		g_warning("--end is less than %d s ago, so the last records may not be at the "
			  "server yet, and would be missing in the files: give an earlier --end",
			  MIN_AGE / (gint)MS_PER_S);
	if (age >= 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--end is '%s', but must not be in the future, because samples would be "
		    "missing in the files",
		    arguments->end_text);
	return FALSE;
}

static gboolean
check_match(VmfcPullArguments *arguments, GError **error)
{
	g_strstrip(arguments->match);
	gsize length = strlen(arguments->match);
	if (length >= 2 && arguments->match[0] == '{' && arguments->match[length - 1] == '}')
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--match is '%s', but must be labels in braces, for example {job=\"vmfc\"}: "
		    "vmfc pull adds the names of the metrics",
		    arguments->match);
	return FALSE;
}

static gboolean
check(VmfcPullArguments *arguments, GError **error)
{
	if (arguments->url == NULL)
		return set_missing("url", error);
	if (arguments->output == NULL || arguments->output[0] == '\0')
		return set_missing("output", error);
	return check_times(arguments, error) && check_match(arguments, error);
}

/*
 * @arguments: argv of main(), without `pull`
 *
 * Returns: (transfer full): %NULL with a message for the user in @error
 */
VmfcPullArguments *
vmfc_pull_arguments_parse(GStrv arguments, GError **error)
{
	g_autoptr(VmfcPullArguments) parsed = g_new0(VmfcPullArguments, 1);

	if (!vmfc_option_table_parse(&table, arguments, parsed, error))
		return NULL;
	if (parsed->help == NULL && !check(parsed, error))
		return NULL;
	return g_steal_pointer(&parsed);
}

void
vmfc_pull_arguments_free(VmfcPullArguments *arguments)
{
	g_free(arguments->url);
	g_free(arguments->start_text);
	g_free(arguments->end_text);
	g_free(arguments->match);
	g_free(arguments->output);
	g_free(arguments->token_file);
	g_free(arguments->ca_file);
	g_free(arguments->help);
	g_free(arguments);
}
