/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/evaluate.h"

#include <math.h>

#include "base/option-entry.h"
#include "model/feature.h"
#include "model/model-read.h"
#include "tools/train/evaluation-print.h"
#include "tools/train/prediction-line.h"
#include "tools/train/train-output.h"
#include "tools/train/training-reader.h"
#include "vmfc/vmfc-plugin.h"

/* ---------------------------------------------------------------- zones */

static gboolean
check_zones(const VmfcModel *model, const VmfcTrainArguments *arguments, GError **error)
{
	const gchar *known[VMFC_MODEL_MAX_ZONES + 1] = {NULL};

	for (guint i = 0; i < model->zones->len; i++) {
		const VmfcZoneModel *zone = model->zones->pdata[i];
		known[i] = zone->name;
	}
	for (guint i = 0; arguments->zones != NULL && arguments->zones[i] != NULL; i++) {
		if (vmfc_model_find_zone(model, arguments->zones[i]) == NULL)
			return vmfc_option_entry_set_bad_name("zones", arguments->zones[i], known,
							      error);
	}
	return TRUE;
}

/* Returns: (transfer full): of VmfcZoneModel, those that are to be judged */
static GPtrArray *
choose_zones(const VmfcModel *model, const VmfcTrainArguments *arguments, GError **error)
{
	g_autoptr(GPtrArray) zones = g_ptr_array_new();

	if (!check_zones(model, arguments, error))
		return NULL;
	for (guint i = 0; i < model->zones->len; i++) {
		VmfcZoneModel *zone = model->zones->pdata[i];
		if (arguments->zones == NULL ||
		    g_strv_contains((const gchar *const *)arguments->zones, zone->name))
			g_ptr_array_add(zones, zone);
	}
	if (arguments->label == NULL || zones->len == 1)
		return g_steal_pointer(&zones);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--label names one column, and %s has %u zones: give one of them with --zones, "
		    "which that power is of",
		    arguments->evaluated, zones->len);
	return NULL;
}

static void
add_feature(GPtrArray *features, VmfcFeature *feature)
{
	for (guint i = 0; i < features->len; i++) {
		if (vmfc_feature_is_same(features->pdata[i], feature))
			return;
	}
	g_ptr_array_add(features, feature);
}

/* Returns: (transfer full): of VmfcFeature, borrowed: those of all sub-models, each once */
static GPtrArray *
collect_features(const GPtrArray *zones)
{
	GPtrArray *features = g_ptr_array_new();

	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneModel *zone = zones->pdata[i];
		for (guint k = 0; k < zone->sub_models->len; k++) {
			const VmfcSubModel *sub_model = zone->sub_models->pdata[k];
			for (guint n = 0; n < sub_model->features->len; n++)
				add_feature(features, sub_model->features->pdata[n]);
		}
	}
	return features;
}

static VmfcTrainingSet *
read_set(const VmfcTrainArguments *arguments, const GPtrArray *zones, GError **error)
{
	const VmfcTrainingOptions options = {
		.paths = arguments->files, .label = arguments->label, .group = arguments->group};
	g_autoptr(GPtrArray) features = collect_features(zones);
	const gchar *names[VMFC_MODEL_MAX_ZONES + 1] = {NULL};

	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneModel *zone = zones->pdata[i];
		names[i] = zone->name;
	}
	return vmfc_training_reader_read_for(features, names, &options, error);
}

/* ----------------------------------------------------------- sub-models */

static gboolean
has_column(const gchar *name, gpointer table)
{
	return vmfc_table_find(table, name) >= 0;
}

/* Why the last sub-model, which needs least, estimates nothing. */
static void
set_none(const VmfcTrainingSet *set, const VmfcZoneModel *zone, const VmfcEvaluation *evaluation,
	 GError **error)
{
	const VmfcTrainingInput *input = set->inputs->pdata[0];
	const VmfcSubModel *last = zone->sub_models->pdata[zone->sub_models->len - 1];
	g_autoptr(GError) reason = NULL;
	g_autoptr(VmfcFeatureInputs) inputs = vmfc_feature_inputs_new(last->features, has_column,
								      input->table, &reason);

	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "%s: no row can be estimated for the zone %s: %s%s", input->table->source->path,
		    zone->name, evaluation->other_machine != NULL ? evaluation->other_machine : "",
		    evaluation->other_machine != NULL ? "; --other-machine estimates all the same"
		    : evaluation->n_too_far > 0
			    ? "a feature lies beyond --margin of the range that the model was "
			      "trained on"
		    : set->n_rows == 0 ? "it has no rows that can be used"
		    : inputs == NULL   ? reason->message
				       : "in each row a feature that the model needs is missing");
}

/* Returns: (nullable): the sub-model that this model worked with when the file was recorded */
static const gchar *
find_recorded(const VmfcModel *model, const VmfcZoneModel *zone, const VmfcTrainingInput *input)
{
	g_autofree gchar *name = g_strconcat("estimated_watts_", zone->name, NULL);
	JsonObject *watts = vmfc_training_input_find_column(input, name);
	JsonObject *of_model = vmfc_training_input_find_column(input, "estimate_model");

	if (watts == NULL || of_model == NULL ||
	    g_strcmp0(vmfc_document_get_string(of_model, "sha256"), model->sha256) != 0)
		return NULL;
	return vmfc_document_get_string(watts, "sub_model");
}

/* Returns: (nullable): what all files agree in */
static const gchar *
find_agreed(const VmfcModel *model, const VmfcZoneModel *zone, const VmfcTrainingSet *set)
{
	const gchar *agreed = NULL;

	for (guint i = 0; i < set->inputs->len; i++) {
		const gchar *name = find_recorded(model, zone, set->inputs->pdata[i]);
		if (name == NULL || (agreed != NULL && !g_str_equal(name, agreed)))
			return NULL;
		agreed = name;
	}
	return agreed != NULL && vmfc_zone_model_find_sub_model(zone, agreed) != NULL ? agreed
										      : NULL;
}

/*
 * The sub-model that the files were recorded with, where their meta files name it. Else the first
 * one whose features half of the rows have at least, as a collector takes the first one whose
 * columns are there; else the one whose features most rows have.
 */
static VmfcEvaluation *
evaluate_zone(const VmfcModel *model, const VmfcZoneModel *zone, const VmfcTrainingSet *set,
	      const VmfcEvaluationLimits *limits, GError **error)
{
	const gchar *recorded = find_agreed(model, zone, set);
	g_autoptr(VmfcEvaluation) best = NULL;

	for (guint i = 0; i < zone->sub_models->len; i++) {
		const VmfcSubModel *sub_model = zone->sub_models->pdata[i];
		if (recorded != NULL && !g_str_equal(recorded, sub_model->name))
			continue;
		g_autoptr(VmfcEvaluation) evaluation = vmfc_evaluation_new(model, zone, sub_model,
									   set, limits);
		gboolean is_enough = evaluation->n_formed >= (evaluation->n_asked + 1) / 2;
		if (best == NULL || evaluation->n_formed > best->n_formed) {
			g_clear_pointer(&best, vmfc_evaluation_free);
			best = g_steal_pointer(&evaluation);
		}
		if (is_enough)
			break;
	}
	g_assert(best != NULL); /* a zone has one sub-model at least */
	if (best->n_rows == 0) {
		set_none(set, zone, best, error);
		return NULL;
	}
	vmfc_evaluation_judge(best, set);
	return g_steal_pointer(&best);
}

static GPtrArray *
evaluate(const VmfcModel *model, const GPtrArray *zones, const VmfcTrainingSet *set,
	 const VmfcEvaluationLimits *limits, GError **error)
{
	g_autoptr(GPtrArray) evaluations = g_ptr_array_new_with_free_func(
		(GDestroyNotify)vmfc_evaluation_free);

	for (guint i = 0; i < zones->len; i++) {
		VmfcEvaluation *evaluation = evaluate_zone(model, zones->pdata[i], set, limits,
							   error);
		if (evaluation == NULL)
			return NULL;
		g_ptr_array_add(evaluations, evaluation);
	}
	return g_steal_pointer(&evaluations);
}

/* ---------------------------------------------------------- predictions */

/* A row that has no estimate has empty cells, as the record of a run has. */
static gboolean
add_predictions(const VmfcEvaluation *evaluation, const VmfcTrainingSet *set, VmfcAtomicFile *draft,
		GError **error)
{
	g_autoptr(GString) line = g_string_new(NULL);
	const gdouble *labels = vmfc_evaluation_find_labels(set, evaluation->zone);
	gint busy = vmfc_prediction_find_busy(set->list->features);

	for (guint row = 0, i = 0; row < set->n_rows; row++) {
		gboolean has_estimate = i < evaluation->n_rows && evaluation->rows[i] == row;
		gdouble measured = labels != NULL ? labels[row] : NAN;
		if (labels != NULL && isnan(measured))
			continue;
		const VmfcPrediction prediction = {
			.time = set->times[row],
			.run = set->run_names->pdata[set->runs[row]],
			.group = set->workloads[row],
			.zone = evaluation->zone->name,
			.measured = measured,
			.estimated = has_estimate ? evaluation->estimated[i] : NAN,
			.low = has_estimate ? evaluation->low[i] : NAN,
			.high = has_estimate ? evaluation->high[i] : NAN,
			.busy = busy >= 0 ? set->features[busy][row] : NAN,
		};
		i += has_estimate;
		vmfc_prediction_line_build(&prediction, line);
		if (!vmfc_atomic_file_add(draft, line->str, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
write_predictions(const gchar *path, const GPtrArray *evaluations, const VmfcTrainingSet *set,
		  GError **error)
{
	const gchar *extension;
	g_autoptr(VmfcRunFiles) files = vmfc_train_output_open_predictions(path, &extension);
	g_autoptr(VmfcAtomicFile) draft = vmfc_train_output_draft(files, extension,
								  VMFC_PREDICTION_HEADER, error);

	for (guint i = 0; draft != NULL && i < evaluations->len; i++) {
		if (!add_predictions(evaluations->pdata[i], set, draft, error))
			return FALSE;
	}
	return draft != NULL && vmfc_train_output_publish(draft, files, error);
}

/* ------------------------------------------------------------ the whole */

/* Returns: how many rows have an estimate of a run in which another model worked */
static guint
count_other_models(const VmfcModel *model, const VmfcTrainingSet *set)
{
	GHashTableIter names;
	gpointer name;
	gpointer count;
	guint n = 0;

	g_hash_table_iter_init(&names, set->models);
	while (g_hash_table_iter_next(&names, &name, &count)) {
		if (!g_str_has_prefix(model->sha256, name))
			n += GPOINTER_TO_UINT(count);
	}
	return n;
}

/* What a user may not expect of the estimates. */
static void
warn(const VmfcModel *model, const VmfcTrainingSet *set, const GPtrArray *evaluations)
{
	guint n_others = count_other_models(model, set);

	if (n_others > 0)
		g_warning("%u of %u rows were recorded with another model (estimate_model): their "
			  "estimates here are those of %.12s, not those of the records",
			  n_others, set->n_rows, model->sha256);
	for (guint i = 0; i < evaluations->len; i++) {
		const VmfcEvaluation *evaluation = evaluations->pdata[i];
		if (evaluation->n_other_machines == 0)
			continue;
		g_warning("%u rows are of another machine: %s", evaluation->n_other_machines,
			  evaluation->other_machine);
		return;
	}
}

/* Judges a model by other files. Returns: %FALSE with a sentence for the user in @error */
gboolean
vmfc_evaluate_run(const VmfcTrainArguments *arguments, GError **error)
{
	const gchar *predictions = arguments->predictions;
	const VmfcEvaluationLimits limits = {arguments->margin, arguments->other_machine};

	if (predictions != NULL &&
	    !vmfc_train_output_check_path(arguments, "predictions", predictions, error))
		return FALSE;
	g_autoptr(VmfcModel) model = vmfc_model_read(arguments->evaluated, error);
	if (model == NULL)
		return FALSE;
	g_autoptr(GPtrArray) zones = choose_zones(model, arguments, error);
	g_autoptr(VmfcTrainingSet) set = zones != NULL ? read_set(arguments, zones, error) : NULL;
	g_autoptr(GPtrArray) evaluations = set != NULL ? evaluate(model, zones, set, &limits, error)
						       : NULL;
	if (evaluations == NULL)
		return FALSE;
	warn(model, set, evaluations);
	if (predictions != NULL && !write_predictions(predictions, evaluations, set, error))
		return FALSE;
	for (guint i = 0; i < evaluations->len; i++)
		vmfc_evaluation_print(evaluations->pdata[i]);
	return TRUE;
}
