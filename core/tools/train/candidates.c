/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/candidates.h"

#include <math.h>
#include <string.h>

#include "tools/train/boosted-trees.h"
#include "tools/train/linear.h"

/* Squared errors of linear models are relative, those of trees are in W: found by trying. */
#define LINEAR_POWER 2

/* In the order in which they are preferred. */
static const VmfcCandidate all[] = {
	{"mean", VMFC_FAMILY_MEAN, 0},
	{"curve", VMFC_FAMILY_CURVE, 0},
	{"linear 0.03", VMFC_FAMILY_LINEAR, 0.03},
	{"linear 0.01", VMFC_FAMILY_LINEAR, 0.01},
	{"linear 0.003", VMFC_FAMILY_LINEAR, 0.003},
	{"linear 0.0003", VMFC_FAMILY_LINEAR, 0.0003},
	{"trees", VMFC_FAMILY_TREES, 0},
	{"average 0.03", VMFC_FAMILY_AVERAGE, 0.03},
};

gboolean
vmfc_family_is_available(VmfcFamily family)
{
	return (family != VMFC_FAMILY_TREES && family != VMFC_FAMILY_AVERAGE) ||
	       vmfc_boosted_trees_are_available();
}

/*
 * @families: which may be chosen
 *
 * Returns: (transfer full): of VmfcCandidate
 */
GArray *
vmfc_candidates_new(const gboolean *families)
{
	GArray *candidates = g_array_new(FALSE, FALSE, sizeof(VmfcCandidate));

	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		if (families[all[i].family] && vmfc_family_is_available(all[i].family))
			g_array_append_val(candidates, all[i]);
	}
	return candidates;
}

/* -------------------------------------------------------------- fitting */

static void
find_ranges(VmfcEstimator *estimator, const VmfcSelection *selection)
{
	const VmfcSamples *samples = selection->samples;
	const VmfcFeatureRange none = {INFINITY, -INFINITY};

	for (guint j = 0; j < samples->n_features; j++)
		g_array_append_val(estimator->ranges, none);
	VmfcFeatureRange *ranges = (VmfcFeatureRange *)estimator->ranges->data;
	for (guint i = 0; i < samples->n_rows; i++) {
		if (!selection->has[i])
			continue;
		const gdouble *features = vmfc_samples_get_row(samples, i);
		for (guint j = 0; j < samples->n_features; j++) {
			ranges[j].minimum = MIN(ranges[j].minimum, features[j]);
			ranges[j].maximum = MAX(ranges[j].maximum, features[j]);
		}
	}
}

/* What several candidates share of one selection, made when the first of them needs it. */
typedef struct {
	const VmfcSelection *selection;
	gdouble *weights;
	VmfcLinear *linear[2]; /* by VmfcLinearForm */
	VmfcEstimator trees;
	gboolean has_trees;
} Shared;

static const VmfcLinear *
get_linear(Shared *shared, VmfcLinearForm form)
{
	if (shared->linear[form] == NULL)
		shared->linear[form] = vmfc_linear_new(shared->selection, shared->weights, form);
	return shared->linear[form];
}

static void
fit_mean(const Shared *shared, VmfcEstimator *estimator)
{
	const VmfcSamples *samples = shared->selection->samples;

	for (guint i = 0; i < samples->n_rows; i++)
		estimator->constant += shared->weights[i] * samples->labels[i];
}

static gboolean
fit_trees(Shared *shared, VmfcEstimator *estimator, GError **error)
{
	if (!shared->has_trees && !vmfc_boosted_trees_fit(shared->selection, &shared->trees, error))
		return FALSE;
	shared->has_trees = TRUE;
	estimator->base = shared->trees.base;
	g_array_append_vals(estimator->nodes, shared->trees.nodes->data, shared->trees.nodes->len);
	g_array_append_vals(estimator->trees, shared->trees.trees->data, shared->trees.trees->len);
	return TRUE;
}

static gboolean
fit_one(Shared *shared, const VmfcCandidate *candidate, VmfcEstimator *estimator, GError **error)
{
	if (candidate->family == VMFC_FAMILY_MEAN)
		fit_mean(shared, estimator);
	if (candidate->family == VMFC_FAMILY_CURVE)
		vmfc_linear_solve(get_linear(shared, VMFC_LINEAR_CURVE), 0, estimator);
	if (candidate->family == VMFC_FAMILY_LINEAR || candidate->family == VMFC_FAMILY_AVERAGE)
		vmfc_linear_solve(get_linear(shared, VMFC_LINEAR_TERMS), candidate->penalty,
				  estimator);
	return (candidate->family != VMFC_FAMILY_TREES &&
		candidate->family != VMFC_FAMILY_AVERAGE) ||
	       fit_trees(shared, estimator, error);
}

/* @fits: (out): as many as there are candidates, to be cleared also where it fails */
gboolean
vmfc_candidates_fit(const VmfcCandidate *candidates, guint n_candidates,
		    const VmfcSelection *selection, VmfcEstimator *fits, GError **error)
{
	Shared shared = {.selection = selection};
	gboolean is_good = TRUE;

	memset(fits, 0, n_candidates * sizeof(VmfcEstimator));
	vmfc_estimator_init(&shared.trees, VMFC_FAMILY_TREES);
	shared.weights = vmfc_selection_build_weights(selection, LINEAR_POWER);
	for (guint i = 0; i < n_candidates && is_good; i++) {
		vmfc_estimator_init(&fits[i], candidates[i].family);
		find_ranges(&fits[i], selection);
		is_good = fit_one(&shared, &candidates[i], &fits[i], error);
	}
	for (guint i = 0; i < G_N_ELEMENTS(shared.linear); i++)
		g_clear_pointer(&shared.linear[i], vmfc_linear_free);
	vmfc_estimator_clear(&shared.trees);
	g_free(shared.weights);
	return is_good;
}
