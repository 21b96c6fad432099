/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/evaluation.h"

#include <math.h>

#include "model/predict.h"

/* Where the features of a sub-model are in the set. */
typedef struct {
	const VmfcTrainingSet *set;
	const VmfcTrainingZone *labels; /* (nullable) */
	guint numbers[VMFC_MODEL_MAX_FEATURES];
} Source;

static void
source_init(Source *source, const VmfcTrainingSet *set, const VmfcZoneModel *zone,
	    const VmfcSubModel *sub_model)
{
	*source = (Source){.set = set};
	for (guint i = 0; i < set->zones->len; i++) {
		const VmfcTrainingZone *labels = set->zones->pdata[i];
		if (g_str_equal(labels->name, zone->name))
			source->labels = labels;
	}
	for (guint i = 0; i < sub_model->features->len; i++) {
		while (!vmfc_feature_is_same(set->list->features->pdata[source->numbers[i]],
					     sub_model->features->pdata[i]))
			source->numbers[i]++;
	}
}

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

/* @model: knows the machine that it was trained on */
static void
add_row(VmfcEvaluation *evaluation, const Source *source, const VmfcModel *model, guint row,
	gdouble watts)
{
	guint at = evaluation->n_rows;
	gdouble x[VMFC_MODEL_MAX_FEATURES] = {NAN};
	gdouble cores = source->set->core_counts[row];
	VmfcEstimate estimate;

	for (guint i = 0; i < evaluation->sub_model->features->len; i++)
		x[i] = source->set->features[source->numbers[i]][row];
	if (!vmfc_sub_model_estimate(evaluation->sub_model, x, &estimate))
		return;
	gboolean fits = vmfc_sub_model_fits_machine(evaluation->sub_model, model->n_cpus,
						    cores > 0 ? (gint64)cores : 0);
	evaluation->n_rows++;
	evaluation->rows[at] = row;
	evaluation->measured[at] = watts;
	evaluation->estimated[at] = estimate.watts;
	evaluation->low[at] = estimate.low;
	evaluation->high[at] = estimate.high;
	evaluation->seconds[at] = source->set->seconds[row];
	evaluation->has_seconds &= evaluation->seconds[at] > 0;
	evaluation->utilisation[at] = x[0];
	evaluation->n_in_range += fits && estimate.is_in_range;
	evaluation->n_other_machines += !fits;
}

/* @set: read for all features of the model. Returns: (transfer full) */
VmfcEvaluation *
vmfc_evaluation_new(const VmfcModel *model, const VmfcZoneModel *zone,
		    const VmfcSubModel *sub_model, const VmfcTrainingSet *set)
{
	VmfcEvaluation *evaluation = g_new0(VmfcEvaluation, 1);
	Source source;

	evaluation->zone = zone;
	evaluation->sub_model = sub_model;
	evaluation->has_seconds = TRUE;
	evaluation->is_range_known = vmfc_estimator_is_range_known(&sub_model->estimator);
	source_init(&source, set, zone, sub_model);
	make_room(evaluation, set->n_rows);
	for (guint i = 0; i < set->n_rows; i++) {
		gdouble watts = source.labels != NULL ? source.labels->labels[i] : NAN;
		if (source.labels != NULL && isnan(watts))
			continue;
		evaluation->n_asked++;
		add_row(evaluation, &source, model, i, watts);
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
	g_clear_pointer(&evaluation->groups, vmfc_groups_free);
	g_clear_pointer(&evaluation->figures, vmfc_figure_table_free);
	g_free(evaluation);
}
