/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/arguments.h"

#include <string.h>

#include "base/command-line.h"
#include "base/nearest.h"
#include "base/number-text.h"

#define DEFAULT_SHARE "0.2"
/* Each takes 3 KiB and two file descriptors. */
#define MAX_RUNS 4096

enum {
	FEATURES,
	POWER,
	N_LISTS, /* the options above may be given several times */
	OUTPUT = N_LISTS,
	FORMAT,
	TOLERANCE,
	OFFSET,
	MAX_LAG,
	MAX_GAP,
	THRESHOLD,
	ZONE,
	SOURCE,
	SEED,
	N_TEXTS,
};

static const struct {
	const gchar *name;
	const gchar *others[2]; /* names that the old tool had for it */
	gchar letter;
	const gchar *argument;
	const gchar *help;
} texts[N_TEXTS] = {
	[FEATURES] = {"features",
		      {"vm-features"},
		      0,
		      "FILE",
		      "What vmfc recorded in the machine; once for each run"},
	[POWER] = {"power",
		   {"bm-power", "power-data"},
		   0,
		   "FILE",
		   "What was recorded of its power on the host: the n-th for the n-th "
		   "--features, or one for all"},
	[OUTPUT] = {"output",
		    {NULL},
		    'o',
		    "FILE",
		    "The training set; the other formats and the report go beside it"},
	[FORMAT] = {"format", {NULL}, 'f', "LIST", "Of json, jsonl, csv (default: json,csv)"},
	[TOLERANCE] = {"tolerance",
		       {"time-tolerance"},
		       0,
		       "SECONDS",
		       "How near a power value must be where there are too few to integrate "
		       "(default: 0.2)"},
	[OFFSET] = {"offset",
		    {NULL},
		    0,
		    "SECONDS",
		    "How much later power is: that of t + SECONDS belongs to the features of t "
		    "(default: 0)"},
	[MAX_LAG] = {"max-lag",
		     {NULL},
		     0,
		     "SECONDS",
		     "How far to look for the lag between both, to each side (default: 60)"},
	[MAX_GAP] = {"max-gap",
		     {NULL},
		     0,
		     "SECONDS",
		     "Between points of power further apart nothing is known (default: 3 steps)"},
	[THRESHOLD] = {"min-power-threshold",
		       {NULL},
		       0,
		       "WATTS",
		       "Leave out rows with less power (default: 0, none)"},
	[ZONE] = {"power-zone",
		  {NULL},
		  0,
		  "ZONE",
		  "The zone that the threshold and the lag go by (default: package, or the first "
		  "that "
		  "is there)"},
	[SOURCE] = {"power-source",
		    {NULL},
		    0,
		    "NAME",
		    "Which power: joules or watts (vm_cpu_..., the plugin qemu's), kepler "
		    "(kepler_vm_cpu_watts_...), total (total_cpu_watts_..., the tool's before "
		    "vmfc); default: the first of these that is there"},
	[SEED] = {"seed",
		  {NULL},
		  0,
		  "NUMBER",
		  "What the choice of --split starts from (default: 0)"},
};

/* What was typed, before it is understood. */
typedef struct {
	GStrv lists[N_LISTS];
	gchar *texts[N_TEXTS]; /* from N_LISTS on */
	gchar *split;
	gboolean estimate_offset;
	gboolean verbose;
	gboolean help;
} Typed;

static void
typed_clear(Typed *typed)
{
	for (guint i = 0; i < N_LISTS; i++)
		g_strfreev(typed->lists[i]);
	for (guint i = 0; i < N_TEXTS; i++)
		g_free(typed->texts[i]);
	g_free(typed->split);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Typed, typed_clear)

void
vmfc_merge_arguments_free(VmfcMergeArguments *arguments)
{
	g_strfreev(arguments->features);
	g_strfreev(arguments->power);
	g_free(arguments->output);
	g_free(arguments->help);
	g_free(arguments);
}

/* Returns: (nullable): the power file of a run, the first of which is 0 */
const gchar *
vmfc_merge_arguments_get_power(const VmfcMergeArguments *arguments, guint run)
{
	return arguments->power[1] == NULL ? arguments->power[0] : arguments->power[run];
}

static gboolean
take_split(G_GNUC_UNUSED const gchar *name, const gchar *value, gpointer data,
	   G_GNUC_UNUSED GError **error)
{
	Typed *typed = data;
	g_free(typed->split);
	typed->split = g_strdup(value != NULL ? value : DEFAULT_SHARE);
	return TRUE;
}

/* An option and the other names that it has. */
static void
append_entries(GArray *entries, Typed *typed, guint i)
{
	gboolean is_list = i < N_LISTS;
	GOptionEntry entry = {
		.long_name = texts[i].name,
		.short_name = texts[i].letter,
		.arg = is_list ? G_OPTION_ARG_FILENAME_ARRAY : G_OPTION_ARG_FILENAME,
		.arg_data = is_list ? (gpointer)&typed->lists[i] : (gpointer)&typed->texts[i],
		.description = texts[i].help,
		.arg_description = texts[i].argument,
	};

	g_array_append_val(entries, entry);
	for (guint j = 0; j < G_N_ELEMENTS(texts[i].others) && texts[i].others[j] != NULL; j++) {
		entry.long_name = texts[i].others[j];
		entry.short_name = 0;
		entry.flags = G_OPTION_FLAG_HIDDEN;
		g_array_append_val(entries, entry);
	}
}

static gboolean
parse_command_line(GStrv arguments, Typed *typed, gchar **help, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

	for (guint i = 0; i < N_TEXTS; i++)
		append_entries(entries, typed, i);
	const GOptionEntry others[] = {
		{"estimate-offset", 0, 0, G_OPTION_ARG_NONE, &typed->estimate_offset,
		 "Find how much later power is, and take that out", NULL},
		{"split", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, take_split,
		 "Also write one file for training and one for testing, that share no phase of a "
		 "workload; about SHARE of the rows is for testing (0.2 where it is left out)",
		 "SHARE"},
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, &typed->verbose, "Tell more", NULL},
		{"help", 'h', 0, G_OPTION_ARG_NONE, &typed->help, "Show this help", NULL},
	};
	g_array_append_vals(entries, others, G_N_ELEMENTS(others));

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(
		context,
		"vmfc merge joins the features of a virtual machine with its power, which was "
		"recorded on the host, on time into one training set.");
	g_autoptr(GOptionGroup) group = g_option_group_new("main", "", "", typed, NULL);
	g_option_group_add_entries(group, (const GOptionEntry *)entries->data);
	g_option_context_set_main_group(context, g_steal_pointer(&group));
	g_autofree gchar *plain = g_option_context_get_help(context, TRUE, NULL);
	g_autoptr(GString) text = g_string_new(plain);
	g_string_replace(text, "vmfc [", "vmfc merge --features=FILE --power=FILE --output=FILE [",
			 1);
	if (!vmfc_command_line_parse(context, arguments, "vmfc merge", error))
		return FALSE;
	if (typed->help)
		*help = g_strdup(text->str);
	return TRUE;
}

static gboolean
parse_number(const Typed *typed, guint option, gdouble least, gdouble *value, GError **error)
{
	const gchar *text = typed->texts[option];

	if (text == NULL)
		return TRUE;
	if (vmfc_number_text_parse_float(text, value) && *value >= least && *value <= 1e10)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--%s is '%s', but must be a number%s, for example 0.5", texts[option].name,
		    text, least >= 0 ? " that is not negative" : "");
	return FALSE;
}

static gboolean
parse_numbers(VmfcMergeArguments *options, const Typed *typed, GError **error)
{
	options->tolerance = 0.2;
	options->longest_lag = 60;
	if (!parse_number(typed, TOLERANCE, 0, &options->tolerance, error) ||
	    !parse_number(typed, OFFSET, -1e10, &options->offset, error) ||
	    !parse_number(typed, MAX_LAG, 0, &options->longest_lag, error) ||
	    !parse_number(typed, MAX_GAP, 0, &options->longest_gap, error) ||
	    !parse_number(typed, THRESHOLD, 0, &options->least_power, error))
		return FALSE;
	if (typed->texts[SEED] != NULL &&
	    !vmfc_command_line_parse_seed(typed->texts[SEED], &options->seed, error))
		return FALSE;
	if (typed->split == NULL)
		return TRUE;
	if (!vmfc_number_text_parse_float(typed->split, &options->test_share) ||
	    options->test_share <= 0 || options->test_share >= 1) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--split is '%s', but must be the share of the rows that is for testing, "
			"above 0 and below 1, for example 0.2",
			typed->split);
		return FALSE;
	}
	return TRUE;
}

/* Says of an option which names it can have, the nearest to @word first. */
static gboolean
set_bad_name(guint option, const gchar *word, const gchar *const *names, GError **error)
{
	g_autofree gchar *known = g_strjoinv(", ", (gchar **)names);
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, word);
	for (guint i = 0; names[i] != NULL; i++)
		vmfc_nearest_try(&nearest, names[i]);
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "--%s is '%s'%s, but must be one of %s",
		    texts[option].name, word, hint, known);
	return FALSE;
}

static gboolean
parse_names(VmfcMergeArguments *options, const Typed *typed, GError **error)
{
	const gchar *zone = typed->texts[ZONE];
	const gchar *source = typed->texts[SOURCE];
	const gchar *zones[VMFC_N_ZONES + 1] = {NULL};
	const gchar *sources[VMFC_N_POWER_SOURCES + 1] = {NULL};

	for (gint i = 0; i < VMFC_N_ZONES; i++)
		zones[i] = vmfc_power_get_zone_name(i);
	options->zone = zone != NULL ? vmfc_power_find_zone(zone) : -1;
	if (zone != NULL && options->zone < 0)
		return set_bad_name(ZONE, zone, zones, error);
	options->source = -1;
	for (gint i = 0; i < VMFC_N_POWER_SOURCES; i++) {
		sources[i] = vmfc_power_get_source_name(i);
		if (g_strcmp0(source, sources[i]) == 0)
			options->source = i;
	}
	if (source == NULL || options->source >= 0)
		return TRUE;
	return set_bad_name(SOURCE, source, sources, error);
}

static gboolean
parse_format(VmfcMergeArguments *options, const gchar *text, GError **error)
{
	const gchar *forms[VMFC_N_FORMS + 1] = {NULL};

	for (gint i = 0; i < VMFC_N_FORMS; i++)
		forms[i] = vmfc_form_get_name(i);
	if (text == NULL)
		text = g_str_has_suffix(options->output, ".jsonl") ? "jsonl,csv" : "json,csv";
	g_auto(GStrv) names = g_strsplit(text, ",", -1);
	for (guint i = 0; names[i] != NULL; i++) {
		gint form = 0;
		g_strstrip(names[i]);
		while (form < VMFC_N_FORMS && !g_str_equal(names[i], forms[form]))
			form++;
		if (form == VMFC_N_FORMS)
			return set_bad_name(FORMAT, names[i], forms, error);
		options->forms[form] = TRUE;
	}
	if (names[0] != NULL)
		return TRUE;
	return set_bad_name(FORMAT, "", forms, error);
}

static gboolean
set_missing(guint option, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--%s is missing, as in vmfc merge --features vm_features.json --power "
		    "vm_power.json --output training.csv",
		    texts[option].name);
	return FALSE;
}

/* The n-th of one goes with the n-th of the other. */
static gboolean
check_lists(const Typed *typed, GError **error)
{
	guint n[N_LISTS] = {0};

	for (guint i = 0; i < N_LISTS; i++) {
		gchar *const *list = typed->lists[i];
		while (list != NULL && list[n[i]] != NULL && list[n[i]][0] != '\0')
			n[i]++;
		if (n[i] == 0 || list[n[i]] != NULL)
			return set_missing(i, error);
	}
	if (n[FEATURES] > MAX_RUNS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--features names %u files, but at most %d runs can be merged at a "
			    "time: merge them in parts",
			    n[FEATURES], MAX_RUNS);
		return FALSE;
	}
	if (n[POWER] == 1 || n[POWER] == n[FEATURES])
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--features names %u files and --power %u: give one --power for each "
		    "--features, in the same order, or one for all of them",
		    n[FEATURES], n[POWER]);
	return FALSE;
}

static gboolean
check_files(const Typed *typed, GError **error)
{
	if (!check_lists(typed, error))
		return FALSE;
	const gchar *output = typed->texts[OUTPUT];
	if (output == NULL || output[0] == '\0')
		return set_missing(OUTPUT, error);
	if (g_str_equal(output, "-") || g_str_has_suffix(output, "/") ||
	    (g_file_test(output, G_FILE_TEST_EXISTS) &&
	     !g_file_test(output, G_FILE_TEST_IS_REGULAR))) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output is '%s', but several files are written, none of them to a "
			    "folder, "
			    "stream or device: name a file, for example training.csv",
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
	g_autoptr(VmfcMergeArguments) options = g_new0(VmfcMergeArguments, 1);
	g_auto(Typed) typed = {0};

	if (!parse_command_line(arguments, &typed, &options->help, error))
		return NULL; /* NOLINT(clang-analyzer-unix.Malloc): g_autoptr frees it */
	options->verbose = typed.verbose;
	options->estimate_offset = typed.estimate_offset;
	if (options->help != NULL)
		return g_steal_pointer(&options);
	if (!check_files(&typed, error) || !parse_numbers(options, &typed, error) ||
	    !parse_names(options, &typed, error))
		return NULL;
	options->features = g_steal_pointer(&typed.lists[FEATURES]);
	options->power = g_steal_pointer(&typed.lists[POWER]);
	options->output = g_steal_pointer(&typed.texts[OUTPUT]);
	return parse_format(options, typed.texts[FORMAT], error) ? g_steal_pointer(&options) : NULL;
}
