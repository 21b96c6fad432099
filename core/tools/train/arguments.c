/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/arguments.h"

#include "base/number-text.h"
#include "base/option-table.h"
#include "tools/train/candidates.h"
#include "vmfc/vmfc-plugin.h"

#define MAX_THREADS 1024
#define MIN_JUDGED  100
#define MAX_JUDGED  1000000
#define PERCENT	    100

/* ---------------------------------------- values with a meaning of their own */

/* Returns: (transfer full): the words between commas, without those that are empty */
static GStrv
split_list(const gchar *text)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; words[i] != NULL; i++) {
		if (g_strstrip(words[i])[0] != '\0')
			g_strv_builder_add(builder, words[i]);
	}
	return g_strv_builder_end(builder);
}

/* Into the GStrv of the entry. */
static gboolean
parse_list(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	GStrv *list = &G_STRUCT_MEMBER(GStrv, fields, value->entry->field);

	g_strfreev(*list);
	*list = split_list(value->text);
	return (*list)[0] != NULL ||
	       vmfc_option_entry_set_error(value->entry, value->text, "names with commas between",
					   error);
}

static gboolean
find_family(const gchar *name, VmfcFamily *family)
{
	for (guint i = 0; i < VMFC_N_FAMILIES; i++) {
		if (!g_str_equal(vmfc_family_get_name(i), name))
			continue;
		*family = i;
		return TRUE;
	}
	return FALSE;
}

static gboolean
parse_families(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	VmfcTrainArguments *arguments = fields;
	const gchar *names[VMFC_N_FAMILIES + 1] = {NULL};
	g_auto(GStrv) words = split_list(value->text);

	for (guint i = 0; i < VMFC_N_FAMILIES; i++) {
		names[i] = vmfc_family_get_name(i);
		arguments->families[i] = FALSE;
	}
	for (guint i = 0; words[i] != NULL; i++) {
		VmfcFamily family;
		if (!find_family(words[i], &family))
			return vmfc_option_entry_set_bad_name("families", words[i], names, error);
		if (!vmfc_family_is_available(family)) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
				    "--families: %s is not available, because this vmfc was built "
				    "without XGBoost: install libxgboost-dev and build it again",
				    words[i]);
			return FALSE;
		}
		arguments->families[family] = TRUE;
	}
	g_free(arguments->family_list);
	arguments->family_list = g_strjoinv(",", words);
	return words[0] != NULL ||
	       vmfc_option_entry_set_bad_name("families", value->text, names, error);
}

static gboolean
parse_share(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	VmfcTrainArguments *arguments = fields;

	if (vmfc_number_text_parse_float(value->text, &arguments->interval_share) &&
	    arguments->interval_share >= 0.5 && arguments->interval_share <= 0.99)
		return TRUE;
	return vmfc_option_entry_set_error(
		value->entry, value->text,
		"the share of rows that the interval is to contain, from 0.5 to 0.99", error);
}

static gboolean
parse_margin(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	VmfcTrainArguments *arguments = fields;
	gdouble percent;

	if (vmfc_number_text_parse_float(value->text, &percent) && percent >= 0) {
		arguments->margin = percent / PERCENT;
		return TRUE;
	}
	return vmfc_option_entry_set_error(value->entry, value->text, "a percentage from 0", error);
}

/* ------------------------------------------------------------------ the table */

#define FIELD(name) G_STRUCT_OFFSET(VmfcTrainArguments, name)
#define NO_FIELD    0

/* In the order of --help. */
static const VmfcOptionEntry entries[] = {
	{"output", 'o', VMFC_ENTRY_TEXT, FIELD(output), NULL, "FILE",
	 "The model, for example model.json; its card goes beside it, as model.md"},
	{"label", 0, VMFC_ENTRY_TEXT, FIELD(label), NULL, "COLUMN",
	 "The column of power, in W (default: power_watts_ZONE, all that are there)"},
	{"group", 0, VMFC_ENTRY_TEXT, FIELD(group), NULL, "COLUMN",
	 "The column of workloads: vmfc judges a model by those that it has not seen (default: "
	 "stress_workload)"},
	{"zones", 0, VMFC_ENTRY_OTHER, FIELD(zones), NULL, "LIST",
	 "Power zones to make a model of (default: all that have labels)", .parse = parse_list},
	{"features", 0, VMFC_ENTRY_OTHER, FIELD(features), NULL, "LIST",
	 "What to estimate from (default: busy,cpu_cycles,instructions,"
	 "node_process_cpu_seconds_rate, as far as they are there)",
	 .parse = parse_list},
	{"exclude", 0, VMFC_ENTRY_OTHER, FIELD(excluded), NULL, "LIST", "And what not",
	 .parse = parse_list},
	{"families", 0, VMFC_ENTRY_OTHER, NO_FIELD, NULL, "LIST",
	 "Which models to choose from: mean, curve, linear, trees, average (of the last two; "
	 "default: mean,curve,linear,average)",
	 .parse = parse_families},
	{"interval-share", 0, VMFC_ENTRY_OTHER, NO_FIELD, "0.9", "SHARE",
	 "How many of the rows of a workload that it has not seen the interval is to contain "
	 "(default: "
	 "0.9)",
	 .parse = parse_share},
	{"max-rows", 0, VMFC_ENTRY_INT, FIELD(max_rows), "20000", "NUMBER",
	 "Judge by so many rows at most, of every workload as many; the model itself is made of "
	 "all (default: 20000)",
	 .minimum = MIN_JUDGED, .maximum = MAX_JUDGED},
	{"seed", 0, VMFC_ENTRY_INT, FIELD(seed), "0", "NUMBER",
	 "What the shuffled figure starts from; nothing else depends on it (default: 0)",
	 .maximum = G_MAXUINT32},
	{"threads", 0, VMFC_ENTRY_INT, FIELD(threads), "0", "NUMBER",
	 "How many models to fit at a time; the result is the same (default: one for each CPU)",
	 .maximum = MAX_THREADS},
	{"test", 0, VMFC_ENTRY_TEXT, FIELD(test), NULL, "FILE",
	 "A training set that the model does not see, for a figure beside the others"},
	{"predictions", 0, VMFC_ENTRY_TEXT, FIELD(predictions), NULL, "FILE",
	 "Also write what was measured and estimated, row by row, as CSV: each estimate is from a "
	 "model that has not seen the row's workload"},
	{"evaluate", 0, VMFC_ENTRY_TEXT, FIELD(evaluated), NULL, "MODEL",
	 "Train nothing; judge this model by the files"},
	{"margin", 0, VMFC_ENTRY_OTHER, NO_FIELD, "20", "PERCENT",
	 "With --evaluate: how far beyond the range of its training a feature may be, in percent "
	 "of "
	 "it; as power.margin (default: 20)",
	 .parse = parse_margin},
	{"other-machine", 0, VMFC_ENTRY_FLAG, FIELD(other_machine), NULL, NULL,
	 "With --evaluate: also estimate rows of a machine that the model was not trained on; as "
	 "power.other_machine"},
	{"export", 0, VMFC_ENTRY_TEXT, FIELD(export_form), NULL, "kepler",
	 "Train nothing; write the model that is named as what Kepler reads"},
	{"import", 0, VMFC_ENTRY_TEXT, FIELD(import_form), NULL, "xgboost",
	 "Train nothing; make a model of what XGBoost has saved"},
	{"verbose", 'v', VMFC_ENTRY_FLAG, FIELD(verbose), NULL, NULL, "Tell more"},
	{"help", 'h', VMFC_ENTRY_HELP, FIELD(help), NULL, NULL, "Show this help"},
	{0},
};

#define ABOUT                                                                                      \
	"Each model is chosen, and judged, by workloads that it has not seen: see "                \
	"data/doc/models.md.\n"

static VmfcOptionTable
build_table(void)
{
	return (VmfcOptionTable){
		.program = "vmfc train",
		.required = "--output=FILE",
		.summary =
			"vmfc train makes a model of power from training sets of vmfc merge, and "
			"says how wrong it is on workloads that it has not seen.",
		.description = vmfc_family_is_available(VMFC_FAMILY_TREES) ? ABOUT
									   : ABOUT
				       "This vmfc was built without XGBoost: trees and average "
				       "are not available.\n",
		.entries = entries,
		.words = "TRAINING...",
		.words_field = FIELD(files),
	};
}

/* --------------------------------------------------- what goes with what */

static gboolean
set_usage(GError **error, const gchar *message)
{
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE, message);
	return FALSE;
}

static gboolean
check(const VmfcTrainArguments *arguments, GError **error)
{
	guint n_other = (arguments->evaluated != NULL) + (arguments->export_form != NULL) +
			(arguments->import_form != NULL);

	if (n_other > 1)
		return set_usage(error, "--evaluate, --export and --import are three things: give "
					"one of them");
	if (arguments->files == NULL || arguments->files[0] == NULL)
		return set_usage(error, "there is no file to read, as in vmfc train training.csv "
					"--output model.json");
	if (arguments->evaluated == NULL && arguments->output == NULL)
		return set_usage(error, "--output is missing, as in vmfc train training.csv "
					"--output model.json");
	if (arguments->output != NULL &&
	    (arguments->output[0] == '\0' || g_str_equal(arguments->output, "-") ||
	     g_str_has_suffix(arguments->output, "/")))
		return set_usage(error,
				 "--output must name a file, for example model.json, because "
				 "the card is written beside it");
	if (arguments->import_form != NULL && !g_str_equal(arguments->import_form, "xgboost"))
		return set_usage(error, "--import knows one form: xgboost");
	if (arguments->export_form != NULL && !g_str_equal(arguments->export_form, "kepler"))
		return set_usage(error, "--export knows one form: kepler");
	return TRUE;
}

/*
 * @arguments: as main() got them, without `train`
 *
 * Returns: (transfer full): %NULL with a sentence for the user in @error
 */
VmfcTrainArguments *
vmfc_train_arguments_parse(GStrv arguments, GError **error)
{
	g_autoptr(VmfcTrainArguments) parsed = g_new0(VmfcTrainArguments, 1);
	const VmfcOptionTable table = build_table();

	for (guint i = 0; i < VMFC_N_FAMILIES; i++)
		parsed->families[i] = i != VMFC_FAMILY_TREES;
	if (!vmfc_option_table_parse(&table, arguments, parsed, error))
		return NULL;
	if (parsed->help == NULL && !check(parsed, error))
		return NULL;
	return g_steal_pointer(&parsed);
}

void
vmfc_train_arguments_free(VmfcTrainArguments *arguments)
{
	g_strfreev(arguments->files);
	g_free(arguments->output);
	g_free(arguments->label);
	g_free(arguments->group);
	g_strfreev(arguments->zones);
	g_strfreev(arguments->features);
	g_strfreev(arguments->excluded);
	g_free(arguments->family_list);
	g_free(arguments->test);
	g_free(arguments->predictions);
	g_free(arguments->evaluated);
	g_free(arguments->export_form);
	g_free(arguments->import_form);
	g_free(arguments->help);
	g_free(arguments);
}
