/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/predict.h"

#include <math.h>

/* Trees that are on their way from memory while one is walked. */
#define N_AHEAD 4
/* Of a tree: all of one of depth 3, in bytes. */
#define FETCHED_SIZE 256
#define CACHE_LINE   64

/* ---------------------------------------------------------------- terms */

/* Returns: what the term makes of the feature, without its weight */
gdouble
vmfc_term_evaluate(const VmfcTerm *term, gdouble x)
{
	gdouble z = MAX(x / term->scale, 0);

	switch (term->kind) {
	case VMFC_TERM_SQUARE:
		return z * z;
	case VMFC_TERM_ROOT:
		return sqrt(z);
	case VMFC_TERM_LIMIT:
		return MIN(z, term->to) / term->to;
	case VMFC_TERM_SEGMENT:
		z = MAX(z, term->from);
		if (!term->is_open)
			z = MIN(z, term->to);
		return (z - term->from) / (term->to - term->from);
	default:
		return z;
	}
}

static gdouble
predict_terms(const VmfcEstimator *estimator, const gdouble *x)
{
	gdouble sum = estimator->constant;

	for (guint i = 0; i < estimator->terms->len; i++) {
		const VmfcTerm *term = &g_array_index(estimator->terms, VmfcTerm, i);
		sum += term->weight * vmfc_term_evaluate(term, x[term->feature]);
	}
	return sum;
}

/* ---------------------------------------------------------------- trees */

/* Each step of a walk waits for memory, unless that was requested some trees before. */
static void
fetch(const VmfcTreeNode *tree)
{
	for (guint i = 0; i < FETCHED_SIZE / CACHE_LINE; i++)
		__builtin_prefetch((const gchar *)tree + (gsize)i * CACHE_LINE);
}

static gfloat
walk(const VmfcTreeNode *tree, const gdouble *x)
{
	const VmfcTreeNode *node = tree;

	while (node->feature >= 0) {
		gfloat value = (gfloat)x[node->feature];
		gboolean is_left = isnan(value) ? node->is_missing_left : value < node->value;
		node = tree + (is_left ? node->left : node->right);
	}
	return node->value;
}

/*
 * The same bits as XGBoost 1.7 returns: src/predictor/cpu_predictor.cc starts with the base score
 * and adds the leaf of each tree in turn, as floats.
 *
 * @x: features; NaN where missing
 */
gfloat
vmfc_trees_predict(const VmfcEstimator *estimator, const gdouble *x)
{
	const VmfcTreeNode *nodes = (const VmfcTreeNode *)(gconstpointer)estimator->nodes->data;
	gfloat sum = estimator->base;

	for (guint i = 0; i < estimator->trees->len; i++) {
		if (i + N_AHEAD < estimator->trees->len)
			fetch(nodes + g_array_index(estimator->trees, guint, i + N_AHEAD));
		sum += walk(nodes + g_array_index(estimator->trees, guint, i), x);
	}
	return sum;
}

/* ------------------------------------------------------------ estimates */

static gdouble
predict_average(const VmfcEstimator *estimator, const gdouble *x)
{
	gdouble held[VMFC_MODEL_MAX_FEATURES];

	for (guint i = 0; i < estimator->ranges->len; i++) {
		const VmfcFeatureRange *range = &g_array_index(estimator->ranges, VmfcFeatureRange,
							       i);
		held[i] = CLAMP(x[i], range->minimum, range->maximum);
	}
	gdouble linear = predict_terms(estimator, held);
	gdouble trees = (gdouble)vmfc_trees_predict(estimator, held);
	return 0.5 * (linear + trees) + (predict_terms(estimator, x) - linear);
}

/*
 * @x: features, none of them missing
 *
 * Returns: W; may be any number
 */
gdouble
vmfc_estimator_predict(const VmfcEstimator *estimator, const gdouble *x)
{
	if (estimator->trees == NULL)
		return predict_terms(estimator, x);
	if (estimator->terms == NULL)
		return (gdouble)vmfc_trees_predict(estimator, x);
	return predict_average(estimator, x);
}

/* An imported model does not say what it was trained on. */
gboolean
vmfc_estimator_is_range_known(const VmfcEstimator *estimator)
{
	for (guint i = 0; i < estimator->ranges->len; i++) {
		if (isnan(g_array_index(estimator->ranges, VmfcFeatureRange, i).minimum))
			return FALSE;
	}
	return TRUE;
}

/*
 * Whether each feature whose range is known is where the estimator was trained, or near it.
 *
 * @margin: how far beyond its range it may be, as a share of it
 */
gboolean
vmfc_estimator_is_within(const VmfcEstimator *estimator, const gdouble *x, gdouble margin)
{
	for (guint i = 0; i < estimator->ranges->len; i++) {
		const VmfcFeatureRange *range = &g_array_index(estimator->ranges, VmfcFeatureRange,
							       i);
		gdouble room = margin * (range->maximum - range->minimum);
		if (!isnan(room) &&
		    !(x[i] >= range->minimum - room && x[i] <= range->maximum + room))
			return FALSE;
	}
	return TRUE;
}

gboolean
vmfc_estimator_is_in_range(const VmfcEstimator *estimator, const gdouble *x)
{
	return vmfc_estimator_is_within(estimator, x, VMFC_RANGE_MARGIN);
}

/*
 * A share of a machine says nothing of one that is larger or smaller.
 *
 * @trained_cpus: of the machine that it was trained on; 0: not known
 * @n_cpus: of this one; 0: not known
 */
gboolean
vmfc_sub_model_fits_machine(const VmfcSubModel *sub_model, gint64 trained_cpus, gint64 n_cpus)
{
	if (trained_cpus == 0 || n_cpus == 0 || trained_cpus == n_cpus)
		return TRUE;
	for (guint i = 0; i < sub_model->features->len; i++) {
		const VmfcFeature *feature = g_ptr_array_index(sub_model->features, i);
		if (feature->form == VMFC_FEATURE_SHARE)
			return FALSE;
	}
	return TRUE;
}

/* @log_width: NaN: there is no interval */
void
vmfc_interval_set_width(VmfcInterval *interval, gdouble log_width)
{
	interval->log_width = log_width;
	interval->factor = exp(log_width);
}

/* @low, @high: (out): NaN where there is no interval */
void
vmfc_interval_find(const VmfcInterval *interval, gdouble watts, gdouble *low, gdouble *high)
{
	gdouble middle = MAX(watts, interval->floor);

	*low = middle / interval->factor;
	*high = middle * interval->factor;
	if (*low <= interval->floor)
		*low = 0;
}

/*
 * @x: features of the sub-model; NaN where missing
 *
 * Returns: %FALSE where there is no estimate: a feature is missing, or far beyond all ranges
 */
gboolean
vmfc_sub_model_estimate(const VmfcSubModel *sub_model, const gdouble *x, VmfcEstimate *estimate)
{
	for (guint i = 0; i < sub_model->features->len; i++) {
		if (isnan(x[i]))
			return FALSE;
	}
	gdouble watts = vmfc_estimator_predict(&sub_model->estimator, x);
	estimate->watts = MAX(watts, 0);
	vmfc_interval_find(&sub_model->interval, estimate->watts, &estimate->low, &estimate->high);
	estimate->is_range_known = vmfc_estimator_is_range_known(&sub_model->estimator);
	estimate->is_in_range = vmfc_estimator_is_in_range(&sub_model->estimator, x);
	/* far beyond its range a model can leave that of numbers too */
	return isfinite(watts) && !isinf(estimate->high);
}
