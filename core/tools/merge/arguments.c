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

/* ---------------------------------------- values with a meaning of their own */

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
					   "the share of the rows that is for testing, above 0 and "
					   "below 1, for example 0.2",
					   error);
}

/* ------------------------------------------------------------------ the table */

#define FIELD(name) G_STRUCT_OFFSET(VmfcMergeArguments, name)
#define NO_FIELD    0

/* In the order of --help; the aliases are the names that the old tool had. */
static const VmfcOptionEntry entries[] = {
	{"features", 0, VMFC_ENTRY_LIST, FIELD(features), NULL, "FILE",
	 "What vmfc recorded in the machine; once for each run", .aliases = {"vm-features"}},
	{"power", 0, VMFC_ENTRY_LIST, FIELD(power), NULL, "FILE",
	 "What was recorded of its power on the host: the n-th for the n-th --features, or one for "
	 "all",
	 .aliases = {"bm-power", "power-data"}},
	{"output", 'o', VMFC_ENTRY_TEXT, FIELD(output), NULL, "FILE",
	 "The training set; the other formats and the report go beside it"},
	{"format", 'f', VMFC_ENTRY_TEXT, FIELD(format), NULL, "LIST",
	 "Of json, jsonl, csv (default: json,csv)"},
	{"tolerance", 0, VMFC_ENTRY_SECONDS, FIELD(tolerance), "0.2", "SECONDS",
	 "How near a power value must be where there are too few to integrate (default: 0.2)",
	 .maximum = MAX_SECONDS, .aliases = {"time-tolerance"}},
	{"offset", 0, VMFC_ENTRY_SECONDS, FIELD(offset), "0", "SECONDS",
	 "How much later power is: that of t + SECONDS belongs to the features of t (default: 0)",
	 .minimum = -MAX_SECONDS, .maximum = MAX_SECONDS},
	{"max-lag", 0, VMFC_ENTRY_SECONDS, FIELD(longest_lag), "60", "SECONDS",
	 "How far to look for the lag between both, to each side (default: 60)",
	 .maximum = MAX_SECONDS},
	{"max-gap", 0, VMFC_ENTRY_SECONDS, FIELD(longest_gap), NULL, "SECONDS",
	 "Between points of power further apart nothing is known (default: 3 steps)",
	 .maximum = MAX_SECONDS},
	{"min-power-threshold", 0, VMFC_ENTRY_FLOAT, FIELD(least_power), "0", "WATTS",
	 "Leave out rows with less power (default: 0, none)", .maximum = MAX_WATTS},
	{"power-zone", 0, VMFC_ENTRY_OTHER, NO_FIELD, NULL, "ZONE",
	 "The zone that the threshold and the lag go by (default: package, or the first that is "
	 "there)",
	 .parse = parse_zone},
	{"power-source", 0, VMFC_ENTRY_OTHER, NO_FIELD, NULL, "NAME",
	 "Which power: joules or watts (vm_cpu_..., the plugin qemu's), kepler "
	 "(kepler_vm_cpu_watts_...), total (total_cpu_watts_..., the tool's before vmfc); "
	 "default: the first of these that is there",
	 .parse = parse_source},
	{"seed", 0, VMFC_ENTRY_INT, FIELD(seed), "0", "NUMBER",
	 "What the choice of --split starts from (default: 0)", .maximum = G_MAXUINT32},
	{"estimate-offset", 0, VMFC_ENTRY_FLAG, FIELD(estimate_offset), NULL, NULL,
	 "Find how much later power is, and take that out"},
	{"split", 0, VMFC_ENTRY_OTHER, NO_FIELD, NULL, "SHARE",
	 "Also write one file for training and one for testing, that share no phase of a "
	 "workload; about SHARE of the rows is for testing (0.2 where it is left out)",
	 .alone = "0.2", .parse = parse_split},
	{"verbose", 'v', VMFC_ENTRY_FLAG, FIELD(verbose), NULL, NULL, "Tell more"},
	{"help", 'h', VMFC_ENTRY_HELP, FIELD(help), NULL, NULL, "Show this help"},
	{0},
};

static const VmfcOptionTable table = {
	.program = "vmfc merge",
	.required = "--features=FILE --power=FILE --output=FILE",
	.summary = "vmfc merge joins the features of a virtual machine with its power, which was "
		   "recorded on the host, on time into one training set.",
	.entries = entries,
};

/* --------------------------------------------------- what goes with what */

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
		    "--%s is missing, as in vmfc merge --features vm_features.json --power "
		    "vm_power.json --output training.csv",
		    option);
	return FALSE;
}

/* Returns: the number of files, 0 where one of them has no name */
static guint
count_files(gchar *const *list)
{
	guint n = 0;

	while (list != NULL && list[n] != NULL && list[n][0] != '\0')
		n++;
	return list != NULL && list[n] == NULL ? n : 0;
}

/* The n-th of one goes with the n-th of the other. */
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
			    "--features names %u files, but at most %d runs can be merged at a "
			    "time: merge them in parts",
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
			    "--output is '%s', but several files are written, none of them to a "
			    "folder, stream or device: name a file, for example training.csv",
			    output);
		return FALSE;
	}
	return TRUE;
}

/*
 * @arguments: as main() got them, without `merge`
 *
 * Returns: (transfer full): %NULL with a sentence for the user in @error
 */
VmfcMergeArguments *
vmfc_merge_arguments_parse(GStrv arguments, GError **error)
{
	g_autoptr(VmfcMergeArguments) parsed = g_new0(VmfcMergeArguments, 1);

	parsed->zone = -1;
	parsed->source = -1;
	if (!vmfc_option_table_parse(&table, arguments, parsed, error))
		return NULL; /* NOLINT(clang-analyzer-unix.Malloc): g_autoptr frees it */
	if (parsed->help == NULL && (!check_files(parsed, error) || !parse_format(parsed, error)))
		return NULL;
	return g_steal_pointer(&parsed);
}

/* Returns: (nullable): the power file of a run, the first of which is 0 */
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
