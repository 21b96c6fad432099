/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/evaluation.h"

#include <math.h>

#include "model/predict.h"

/* Where the features of a sub-model are in the set, and what its machines are. */
typedef struct {
	const VmfcTrainingSet *set;
	const VmfcModel *model;
	const VmfcEvaluationLimits *limits;
	guint numbers[VMFC_MODEL_MAX_FEATURES];
	gchar **differences; /* by input: how its machine differs from the model's; NULL: it does
			      * not */
	gint64 *n_cpus;	     /* by input; 0: it is not known */
} Source;

static void
find_machines(Source *source)
{
	guint n = source->set->inputs->len;

	source->differences = g_new0(gchar *, n + 1);
	source->n_cpus = g_new0(gint64, n + 1);
	for (guint i = 0; i < n; i++) {
		VmfcModelMachine machine;
		vmfc_training_input_find_machine(source->set->inputs->pdata[i], &machine,
						 &source->n_cpus[i]);
		source->differences[i] = vmfc_model_compare_machine(source->model, &machine);
	}
}

static void
source_init(Source *source, const VmfcModel *model, const VmfcSubModel *sub_model,
	    const VmfcTrainingSet *set, const VmfcEvaluationLimits *limits)
{
	*source = (Source){.set = set, .model = model, .limits = limits};
	for (guint i = 0; i < sub_model->features->len; i++) {
		while (!vmfc_feature_is_same(set->list->features->pdata[source->numbers[i]],
					     sub_model->features->pdata[i]))
			source->numbers[i]++;
	}
	find_machines(source);
}

static void
source_clear(Source *source)
{
	for (guint i = 0; i < source->set->inputs->len; i++)
		g_free(source->differences[i]);
	g_free(source->differences);
	g_free(source->n_cpus);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Source, source_clear)

static void
make_room(VmfcEvaluation *evaluation, guint n_rows)
{
	gdouble **columns[] = {&evaluation->measured, &evaluation->estimated,
			       &evaluation->low,      &evaluation->high,
			       &evaluation->seconds,  &evaluation->utilisation};

	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		*columns[i] = g_renew(gdouble, *columns[i], n_rows + 1);
	evaluation->rows = g_renew(guint, evaluation->rows, n_rows + 1);
}

/* Returns: whether all are there */
static gboolean
collect_features(const Source *source, const VmfcSubModel *sub_model, guint row, gdouble *x)
{
	for (guint i = 0; i < sub_model->features->len; i++) {
		x[i] = source->set->features[source->numbers[i]][row];
		if (isnan(x[i]))
			return FALSE;
	}
	return TRUE;
}

/* As a run decides it: by the machine at its start, and by the CPUs of each window. */
static gboolean
is_other_machine(const Source *source, VmfcEvaluation *evaluation, guint row)
{
	guint input = g_array_index(source->set->run_inputs, guint, source->set->runs[row]);
	gdouble cores = source->set->core_counts[row];
	const gchar *difference = source->differences[input];

	if (difference == NULL &&
	    vmfc_sub_model_fits_machine(evaluation->sub_model, source->model->n_cpus,
					cores > 0 ? (gint64)cores : source->n_cpus[input]))
		return FALSE;
	evaluation->n_other_machines++;
	if (evaluation->other_machine != NULL)
		return TRUE;
	evaluation->other_machine =
		difference != NULL
			? g_strdup(difference)
			: g_strdup_printf("the model holds for a machine with %" G_GINT64_FORMAT
					  " CPUs alone, and this one has another number",
					  source->model->n_cpus);
	return TRUE;
}

static void
add_row(VmfcEvaluation *evaluation, const Source *source, guint row, gdouble watts)
{
	const VmfcSubModel *sub_model = evaluation->sub_model;
	guint at = evaluation->n_rows;
	gdouble x[VMFC_MODEL_MAX_FEATURES] = {NAN};
	VmfcEstimate estimate;

	if (!collect_features(source, sub_model, row, x))
		return;
	evaluation->n_formed++;
	gboolean is_other = is_other_machine(source, evaluation, row);
	if (is_other && !source->limits->other_machine)
		return;
	if (!vmfc_estimator_is_within(&sub_model->estimator, x, source->limits->margin)) {
		evaluation->n_too_far++;
		return;
	}
	if (!vmfc_sub_model_estimate(sub_model, x, &estimate))
		return;
	evaluation->n_rows++;
	evaluation->rows[at] = row;
	evaluation->measured[at] = watts;
	evaluation->estimated[at] = estimate.watts;
	evaluation->low[at] = estimate.low;
	evaluation->high[at] = estimate.high;
	evaluation->seconds[at] = source->set->seconds[row];
	evaluation->has_seconds &= evaluation->seconds[at] > 0;
	evaluation->utilisation[at] = x[0];
	evaluation->n_in_range += !is_other && estimate.is_in_range;
}

/* Returns: (nullable): the labels of a zone; %NULL: no row has one */
const gdouble *
vmfc_evaluation_find_labels(const VmfcTrainingSet *set, const VmfcZoneModel *zone)
{
	for (guint i = 0; i < set->zones->len; i++) {
		const VmfcTrainingZone *labels = set->zones->pdata[i];
		if (g_str_equal(labels->name, zone->name))
			return labels->labels;
	}
	return NULL;
}

/* @set: read for all features of the model. Returns: (transfer full) */
VmfcEvaluation *
vmfc_evaluation_new(const VmfcModel *model, const VmfcZoneModel *zone,
		    const VmfcSubModel *sub_model, const VmfcTrainingSet *set,
		    const VmfcEvaluationLimits *limits)
{
	VmfcEvaluation *evaluation = g_new0(VmfcEvaluation, 1);
	g_auto(Source) source;

	evaluation->zone = zone;
	evaluation->sub_model = sub_model;
	evaluation->has_seconds = TRUE;
	evaluation->is_range_known = vmfc_estimator_is_range_known(&sub_model->estimator);
	source_init(&source, model, sub_model, set, limits);
	make_room(evaluation, set->n_rows);
	const gdouble *labels = vmfc_evaluation_find_labels(set, zone);
	for (guint i = 0; i < set->n_rows; i++) {
		gdouble watts = labels != NULL ? labels[i] : NAN;
		if (labels != NULL && isnan(watts))
			continue;
		evaluation->n_asked++;
		add_row(evaluation, &source, i, watts);
	}
	make_room(evaluation, evaluation->n_rows);
	return evaluation;
}

/* Finds the groups, and the figures if there are labels. There is a row at least. */
void
vmfc_evaluation_judge(VmfcEvaluation *evaluation, const VmfcTrainingSet *set)
{
	g_autofree const gchar **workloads = g_new(const gchar *, evaluation->n_rows);

	for (guint i = 0; i < evaluation->n_rows; i++)
		workloads[i] = set->workloads[evaluation->rows[i]];
	evaluation->groups = vmfc_groups_new_of_names(workloads, evaluation->n_rows);
	if (isnan(evaluation->measured[0]))
		return;
	const VmfcEstimates estimates = {
		.n_rows = evaluation->n_rows,
		.measured = evaluation->measured,
		.estimated = evaluation->estimated,
		.low = evaluation->low,
		.high = evaluation->high,
		.seconds = evaluation->has_seconds ? evaluation->seconds : NULL,
		.utilisation = evaluation->utilisation,
		.groups = evaluation->groups->of_row,
		.n_groups = evaluation->groups->names->len,
		.floor = evaluation->sub_model->interval.floor,
	};
	evaluation->figures = vmfc_figure_table_new(&estimates);
}

void
vmfc_evaluation_free(VmfcEvaluation *evaluation)
{
	g_free(evaluation->rows);
	g_free(evaluation->measured);
	g_free(evaluation->estimated);
	g_free(evaluation->low);
	g_free(evaluation->high);
	g_free(evaluation->seconds);
	g_free(evaluation->utilisation);
	g_free(evaluation->other_machine);
	g_clear_pointer(&evaluation->groups, vmfc_groups_free);
	g_clear_pointer(&evaluation->figures, vmfc_figure_table_free);
	g_free(evaluation);
}
