/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

/* Nothing here allocates memory. */

/* How far beyond the range that it was trained on a feature may be, as a share of it. */
#define VMFC_RANGE_MARGIN 0.05

/* An estimate, in W. */
typedef struct {
	gdouble watts;
	gdouble low; /* NaN where the model has no interval */
	gdouble high;
	gboolean is_range_known; /* of all features */
	gboolean is_in_range;	 /* as far as it is known */
} VmfcEstimate;

gdouble
vmfc_term_evaluate(const VmfcTerm *term, gdouble x);
gfloat
vmfc_trees_predict(const VmfcEstimator *estimator, const gdouble *x);
gdouble
vmfc_estimator_predict(const VmfcEstimator *estimator, const gdouble *x);
gboolean
vmfc_estimator_is_range_known(const VmfcEstimator *estimator);
gboolean
vmfc_estimator_is_within(const VmfcEstimator *estimator, const gdouble *x, gdouble margin);
gboolean
vmfc_estimator_is_in_range(const VmfcEstimator *estimator, const gdouble *x);
gboolean
vmfc_sub_model_fits_machine(const VmfcSubModel *sub_model, gint64 trained_cpus, gint64 n_cpus);
void
vmfc_interval_set_width(VmfcInterval *interval, gdouble log_width);
void
vmfc_interval_find(const VmfcInterval *interval, gdouble watts, gdouble *low, gdouble *high);
gboolean
vmfc_sub_model_estimate(const VmfcSubModel *sub_model, const gdouble *x, VmfcEstimate *estimate);
