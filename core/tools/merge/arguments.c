/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/arguments.h"

#include "base/number-text.h"
#include "base/option-table.h"
#include "vmfc/vmfc-plugin.h"

/* Each takes 3 KiB and two file descriptors. */
#define MAX_RUNS    4096
#define MAX_SECONDS 1e10
#define MAX_WATTS   1e10

/* ---------------------------------------------- values with their own parsers */

static gboolean
parse_zone(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	VmfcMergeArguments *arguments = fields;
	const gchar *zones[VMFC_N_ZONES + 1] = {NULL};

	for (gint i = 0; i < VMFC_N_ZONES; i++)
		zones[i] = vmfc_zone_get_name(i);
	arguments->zone = vmfc_zone_find(value->text);
	return arguments->zone >= 0 ||
	       vmfc_option_entry_set_bad_name(value->entry->name, value->text, zones, error);
}

static gboolean
parse_source(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	VmfcMergeArguments *arguments = fields;
	const gchar *sources[VMFC_N_POWER_SOURCES + 1] = {NULL};

	for (gint i = 0; i < VMFC_N_POWER_SOURCES; i++) {
		sources[i] = vmfc_power_get_source_name(i);
		if (g_str_equal(value->text, sources[i]))
			arguments->source = i;
	}
	return arguments->source >= 0 ||
	       vmfc_option_entry_set_bad_name(value->entry->name, value->text, sources, error);
}

static gboolean
parse_split(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	VmfcMergeArguments *arguments = fields;

	if (vmfc_number_text_parse_float(value->text, &arguments->test_share) &&
	    arguments->test_share > 0 && arguments->test_share < 1)
		return TRUE;
	return vmfc_option_entry_set_error(value->entry, value->text,
					   "the share of the rows for testing, above 0 and below "
					   "1, for example 0.2",
					   error);
}

/* ------------------------------------------------------------------ the table */

#define FIELD(name) G_STRUCT_OFFSET(VmfcMergeArguments, name)
#define NO_FIELD    0

/* In the order of --help; the aliases are the names of the old tool. */
static const VmfcOptionEntry entries[] = {
	{"features", 0, VMFC_ENTRY_LIST, FIELD(features), NULL, "FILE",
	 "File that vmfc recorded in the machine; once for each run", .aliases = {"vm-features"}},
	{"power", 0, VMFC_ENTRY_LIST, FIELD(power), NULL, "FILE",
	 "File with its power, recorded on the host; one for each --features, or one for all",
	 .aliases = {"bm-power", "power-data"}},
	{"output", 'o', VMFC_ENTRY_TEXT, FIELD(output), NULL, "FILE",
	 "The training set; the other formats and the report get the same name"},
	{"format", 'f', VMFC_ENTRY_TEXT, FIELD(format), NULL, "LIST",
	 "Formats, of json, jsonl, csv (default: json,csv)"},
	{"tolerance", 0, VMFC_ENTRY_SECONDS, FIELD(tolerance), "0.2", "SECONDS",
	 "Maximum distance of the nearest power value, if integration is impossible (default: 0.2)",
	 .maximum = MAX_SECONDS, .aliases = {"time-tolerance"}},
	{"offset", 0, VMFC_ENTRY_SECONDS, FIELD(offset), "0", "SECONDS",
	 "Lag of the power: power at t + SECONDS belongs to features at t (default: 0)",
	 .minimum = -MAX_SECONDS, .maximum = MAX_SECONDS},
	{"max-lag", 0, VMFC_ENTRY_SECONDS, FIELD(max_lag), "60", "SECONDS",
	 "Maximum of the lag to search for, in both directions (default: 60)",
	 .maximum = MAX_SECONDS},
	{"max-gap", 0, VMFC_ENTRY_SECONDS, FIELD(max_gap), NULL, "SECONDS",
	 "Maximum gap between power values to integrate across (default: 3 steps)",
	 .maximum = MAX_SECONDS},
	{"min-power-threshold", 0, VMFC_ENTRY_FLOAT, FIELD(min_power), "0", "WATTS",
	 "Leave out rows with less power (default: 0)", .maximum = MAX_WATTS},
	{"power-zone", 0, VMFC_ENTRY_OTHER, NO_FIELD, NULL, "ZONE",
	 "The zone for the threshold and the lag (default: package, or the first one in the file)",
	 .parse = parse_zone},
	{"power-source", 0, VMFC_ENTRY_OTHER, NO_FIELD, NULL, "NAME",
	 "Columns of power: joules or watts (vm_cpu_..., of the plugin qemu), kepler "
	 "(kepler_vm_cpu_watts_...), total (total_cpu_watts_..., of the tool before vmfc); "
	 "default: the first of these that has values",
	 .parse = parse_source},
	{"seed", 0, VMFC_ENTRY_INT, FIELD(seed), "0", "NUMBER",
	 "Seed of the random choice of --split (default: 0)", .maximum = G_MAXUINT32},
	{"estimate-offset", 0, VMFC_ENTRY_FLAG, FIELD(estimate_offset), NULL, NULL,
	 "Find the lag of the power, and correct it"},
	{"split", 0, VMFC_ENTRY_OTHER, NO_FIELD, NULL, "SHARE",
	 "Also write one file for training and one for testing, which share no phase of a "
	 "workload; about SHARE of the rows is for testing (default: 0.2)",
	 .alone = "0.2", .parse = parse_split},
	{"verbose", 'v', VMFC_ENTRY_FLAG, FIELD(verbose), NULL, NULL, "More messages"},
	{"help", 'h', VMFC_ENTRY_HELP, FIELD(help), NULL, NULL, "Show this help"},
	{0},
};

static const VmfcOptionTable table = {
	.program = "vmfc merge",
	.required = "--features=FILE --power=FILE --output=FILE",
	.summary = "vmfc merge joins the features of a virtual machine with its power on time into "
		   "one training set. The power was recorded on the host.",
	.entries = entries,
};

/* ---------------------------------------------- checks of the combination */

static gboolean
parse_format(VmfcMergeArguments *arguments, GError **error)
{
	const gchar *forms[VMFC_N_FORMS + 1] = {NULL};

	for (gint i = 0; i < VMFC_N_FORMS; i++)
		forms[i] = vmfc_form_get_name(i);
	if (arguments->format == NULL)
		arguments->format = g_strdup(
			g_str_has_suffix(arguments->output, ".jsonl") ? "jsonl,csv" : "json,csv");
	g_auto(GStrv) names = g_strsplit(arguments->format, ",", -1);
	for (guint i = 0; names[i] != NULL; i++) {
		gint form = 0;
		g_strstrip(names[i]);
		while (form < VMFC_N_FORMS && !g_str_equal(names[i], forms[form]))
			form++;
		if (form == VMFC_N_FORMS)
			return vmfc_option_entry_set_bad_name("format", names[i], forms, error);
		arguments->forms[form] = TRUE;
	}
	return names[0] != NULL || vmfc_option_entry_set_bad_name("format", "", forms, error);
}

static gboolean
set_missing(const gchar *option, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--%s is missing, for example: vmfc merge --features vm_features.json "
		    "--power vm_power.json --output training.csv",
		    option);
	return FALSE;
}

/* Returns: the number of files; 0 if a name is empty */
static guint
count_files(gchar *const *list)
{
	guint n = 0;

	while (list != NULL && list[n] != NULL && list[n][0] != '\0')
		n++;
	return list != NULL && list[n] == NULL ? n : 0;
}

/* The n-th file of features belongs to the n-th file of power. */
static gboolean
check_lists(const VmfcMergeArguments *arguments, GError **error)
{
	guint n_features = count_files(arguments->features);
	guint n_power = count_files(arguments->power);

	if (n_features == 0)
		return set_missing("features", error);
	if (n_power == 0)
		return set_missing("power", error);
	if (n_features > MAX_RUNS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--features names %u files, but the maximum is %d: merge them in "
			    "parts",
			    n_features, MAX_RUNS);
		return FALSE;
	}
	if (n_power == 1 || n_power == n_features)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--features names %u files and --power %u: give one --power for each "
		    "--features, in the same order, or one for all of them",
		    n_features, n_power);
	return FALSE;
}

static gboolean
check_files(const VmfcMergeArguments *arguments, GError **error)
{
	if (!check_lists(arguments, error))
		return FALSE;
	const gchar *output = arguments->output;
	if (output == NULL || output[0] == '\0')
		return set_missing("output", error);
	if (g_str_equal(output, "-") || g_str_has_suffix(output, "/") ||
	    (g_file_test(output, G_FILE_TEST_EXISTS) &&
	     !g_file_test(output, G_FILE_TEST_IS_REGULAR))) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output is '%s', but must not be a folder, stream or device, because "
			    "vmfc merge writes several files: name a file, for example "
			    "training.csv",
			    output);
		return FALSE;
	}
	return TRUE;
}

/*
 * @arguments: argv of main(), without `merge`
 *
 * Returns: (transfer full): %NULL with a message for the user in @error
 */
VmfcMergeArguments *
vmfc_merge_arguments_parse(GStrv arguments, GError **error)
{
	g_autoptr(VmfcMergeArguments) parsed = g_new0(VmfcMergeArguments, 1);

	parsed->zone = -1;
	parsed->source = -1;
	if (!vmfc_option_table_parse(&table, arguments, parsed, error))
		return NULL;
	if (parsed->help == NULL && (!check_files(parsed, error) || !parse_format(parsed, error)))
		return NULL;
	return g_steal_pointer(&parsed);
}

/* Returns: (nullable): the power file of a run. @run: from 0 */
const gchar *
vmfc_merge_arguments_get_power(const VmfcMergeArguments *arguments, guint run)
{
	return arguments->power[1] == NULL ? arguments->power[0] : arguments->power[run];
}

void
vmfc_merge_arguments_free(VmfcMergeArguments *arguments)
{
	g_strfreev(arguments->features);
	g_strfreev(arguments->power);
	g_free(arguments->output);
	g_free(arguments->format);
	g_free(arguments->help);
	g_free(arguments);
}
