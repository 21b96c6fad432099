/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/samples.h"

#include <math.h>

#include "tools/train/statistics.h"

/* The floor is that share of what nearly all rows are below, in W. */
#define FLOOR_SHARE    0.2
#define FLOOR_QUANTILE 0.95

/* Returns: (transfer full): to be filled, and then vmfc_samples_sort() is called */
VmfcSamples *
vmfc_samples_new(guint n_rows, guint n_features, guint n_groups)
{
	VmfcSamples *samples = g_new0(VmfcSamples, 1);

	samples->n_rows = n_rows;
	samples->n_features = n_features;
	samples->n_groups = n_groups;
	samples->features = g_new(gdouble, MAX((gsize)n_rows * n_features, 1));
	samples->labels = g_new(gdouble, MAX(n_rows, 1));
	samples->groups = g_new0(guint, MAX(n_rows, 1));
	return samples;
}

void
vmfc_samples_sort(VmfcSamples *samples)
{
	g_free(samples->by_label);
	samples->by_label = vmfc_statistics_order(samples->labels, samples->n_rows);
}

void
vmfc_samples_free(VmfcSamples *samples)
{
	g_free(samples->features);
	g_free(samples->labels);
	g_free(samples->groups);
	g_free(samples->by_label);
	g_free(samples);
}

/* @has: (transfer full): which rows, by row */
VmfcSelection *
vmfc_selection_new(const VmfcSamples *samples, guint8 *has)
{
	VmfcSelection *selection = g_new0(VmfcSelection, 1);

	selection->samples = samples;
	selection->has = has;
	selection->counts = g_new0(guint, MAX(samples->n_groups, 1));
	for (guint i = 0; i < samples->n_rows; i++) {
		if (!has[i])
			continue;
		selection->n_rows++;
		selection->n_groups += selection->counts[samples->groups[i]]++ == 0;
	}
	return selection;
}

void
vmfc_selection_free(VmfcSelection *selection)
{
	g_free(selection->has);
	g_free(selection->counts);
	g_free(selection);
}

/*
 * Below it a relative error says little: a share of what 95 % of the rows are below, where every
 * group counts the same; where these are all 0, of the greatest.
 *
 * Returns: W
 */
gdouble
vmfc_selection_find_floor(const VmfcSelection *selection)
{
	const VmfcSamples *samples = selection->samples;
	g_autofree gdouble *weights = g_new0(gdouble, MAX(samples->n_rows, 1));

	for (guint i = 0; i < samples->n_rows; i++) {
		if (selection->has[i])
			weights[i] = 1.0 / selection->counts[samples->groups[i]] /
				     selection->n_groups;
	}
	gdouble high = vmfc_statistics_weighted_quantile(
		samples->labels, weights, samples->by_label, samples->n_rows, FLOOR_QUANTILE);
	for (guint i = samples->n_rows; i-- > 0 && !(high > 0);) {
		if (selection->has[samples->by_label[i]])
			high = samples->labels[samples->by_label[i]];
	}
	return FLOOR_SHARE * high;
}

/*
 * Every group counts the same; of its rows those with little power more, so that the squared errors
 * are relative ones where @power is 2. Below the floor they count no more.
 *
 * @power: 0 for the same weight of all rows of a group
 *
 * Returns: (transfer full): by row, 1 in sum
 */
gdouble *
vmfc_selection_build_weights(const VmfcSelection *selection, gint power)
{
	const VmfcSamples *samples = selection->samples;
	gdouble *weights = g_new0(gdouble, MAX(samples->n_rows, 1));
	gdouble floor = power > 0 ? vmfc_selection_find_floor(selection) : 0;
	gdouble sum = 0;

	for (guint i = 0; i < samples->n_rows; i++) {
		if (!selection->has[i])
			continue;
		weights[i] = 1.0 / selection->counts[samples->groups[i]];
		if (floor > 0)
			weights[i] *= pow(MAX(samples->labels[i], floor), -power);
		sum += weights[i];
	}
	for (guint i = 0; i < samples->n_rows; i++)
		weights[i] /= sum;
	return weights;
}
