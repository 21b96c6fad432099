/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/linear.h"

#include <math.h>

#include "model/predict.h"
#include "tools/train/statistics.h"

/* What nearly all rows are below, so that one wrong row does not make all others small. */
#define SCALE_QUANTILE 0.999

/* Of the utilisation: closer where power bends most (Fan, Weber and Barroso 2007). */
static const gdouble knots[] = {0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1};

/* Each is 1 where z is 1. Power is concave in some of what it depends on and convex in other. */
static const VmfcTerm shapes[] = {
	{.kind = VMFC_TERM_LINEAR},
	{.kind = VMFC_TERM_SQUARE},
	{.kind = VMFC_TERM_ROOT},
	{.kind = VMFC_TERM_LIMIT, .to = 0.1},
	{.kind = VMFC_TERM_LIMIT, .to = 0.3},
};

static gdouble
find_scale(const VmfcSelection *selection, guint feature)
{
	const VmfcSamples *samples = selection->samples;
	g_autofree gdouble *values = g_new(gdouble, MAX(selection->n_rows, 1));
	guint n = 0;

	for (guint i = 0; i < samples->n_rows; i++) {
		if (selection->has[i])
			values[n++] = vmfc_samples_get_row(samples, i)[feature];
	}
	gdouble scale = vmfc_statistics_quantile(values, n, SCALE_QUANTILE);
	return scale > 0 ? scale : 1;
}

/* Returns: the smallest value of a feature in the rows */
static gdouble
find_minimum(const VmfcSelection *selection, guint feature)
{
	const VmfcSamples *samples = selection->samples;
	gdouble minimum = INFINITY;

	for (guint i = 0; i < samples->n_rows; i++) {
		if (selection->has[i])
			minimum = MIN(minimum, vmfc_samples_get_row(samples, i)[feature]);
	}
	return minimum;
}

/*
 * Segments below @minimum are left out. There a segment is 1 in all rows, as the constant is: the
 * rows do not tell which of the two has its watts, and an idle machine would get 0 W.
 */
static void
add_segments(GArray *terms, gdouble scale, gdouble minimum)
{
	for (guint i = 0; i + 1 < G_N_ELEMENTS(knots); i++) {
		VmfcTerm term = {
			.kind = VMFC_TERM_SEGMENT,
			.scale = scale,
			.from = knots[i],
			.to = knots[i + 1],
			.is_open = i + 2 == G_N_ELEMENTS(knots),
		};
		if (term.is_open || term.to * scale > minimum)
			g_array_append_val(terms, term);
	}
}

static GArray *
build_terms(const VmfcSelection *selection, VmfcLinearForm form)
{
	GArray *terms = g_array_new(FALSE, TRUE, sizeof(VmfcTerm));

	if (form == VMFC_LINEAR_CURVE) {
		add_segments(terms, find_scale(selection, 0), find_minimum(selection, 0));
		return terms;
	}
	for (guint feature = 0; feature < selection->samples->n_features; feature++) {
		gdouble scale = find_scale(selection, feature);
		for (guint i = 0; i < G_N_ELEMENTS(shapes); i++) {
			VmfcTerm term = shapes[i];
			term.feature = feature;
			term.scale = scale;
			g_array_append_val(terms, term);
		}
	}
	return terms;
}

/* @weights: of squared errors, by row */
VmfcLinear *
vmfc_linear_new(const VmfcSelection *selection, const gdouble *weights, VmfcLinearForm form)
{
	VmfcLinear *linear = g_new0(VmfcLinear, 1);
	const VmfcSamples *samples = selection->samples;

	linear->terms = build_terms(selection, form);
	guint n_terms = linear->terms->len;
	linear->problem = vmfc_least_squares_new(n_terms + 1);
	g_autofree gdouble *row = g_new(gdouble, n_terms + 1);
	row[0] = 1;
	for (guint i = 0; i < samples->n_rows; i++) {
		if (!selection->has[i])
			continue;
		const gdouble *features = vmfc_samples_get_row(samples, i);
		for (guint j = 0; j < n_terms; j++) {
			const VmfcTerm *term = &g_array_index(linear->terms, VmfcTerm, j);
			row[j + 1] = vmfc_term_evaluate(term, features[term->feature]);
		}
		vmfc_least_squares_add(linear->problem, row, samples->labels[i], weights[i]);
	}
	return linear;
}

void
vmfc_linear_free(VmfcLinear *linear)
{
	g_array_unref(linear->terms);
	vmfc_least_squares_free(linear->problem);
	g_free(linear);
}

/*
 * Pulls the weights of all terms towards their mean, and so shares what features that move together
 * tell among them. It makes no slope smaller in sum, as a penalty on the weights themselves would.
 */
static void
add_penalty(VmfcLeastSquares *problem, guint n_terms, gdouble penalty)
{
	g_autofree gdouble *row = g_new0(gdouble, n_terms + 1);

	for (guint i = 0; i < n_terms; i++) {
		for (guint j = 0; j < n_terms; j++)
			row[j + 1] = (i == j ? 1.0 : 0.0) - 1.0 / n_terms;
		vmfc_least_squares_add(problem, row, 0, penalty);
	}
}

/*
 * Constant and weights that are not negative, so that no feature lowers power where it grows.
 *
 * @penalty: 0 for none
 * @estimator: without terms yet
 */
void
vmfc_linear_solve(const VmfcLinear *linear, gdouble penalty, VmfcEstimator *estimator)
{
	g_autoptr(VmfcLeastSquares) problem = vmfc_least_squares_copy(linear->problem);
	guint n_terms = linear->terms->len;
	g_autofree gdouble *solution = g_new0(gdouble, n_terms + 1);

	if (penalty > 0)
		add_penalty(problem, n_terms, penalty);
	/* where it did not converge, it is the best so far, and judged like any other */
	(void)!vmfc_least_squares_solve(problem, solution, NULL);
	estimator->constant = solution[0];
	for (guint i = 0; i < n_terms; i++) {
		VmfcTerm term = g_array_index(linear->terms, VmfcTerm, i);
		term.weight = solution[i + 1];
		if (term.weight > 0)
			g_array_append_val(estimator->terms, term);
	}
}
