/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/fit-jobs.h"

/*
 * How wrong candidates are for folds that they have not seen. Each is fitted without every fold,
 * and without every two folds: so the choice among them, and the width of the interval, are judged
 * on folds that had no part in them either.
 */
typedef struct {
	const VmfcSamples *samples;
	const guint *folds; /* of each group */
	guint n_folds;
	const VmfcCandidate *candidates;
	guint n_candidates;
	gdouble floor; /* W */
	gdouble *
		estimates; /* by candidate, row and the other fold that was left out with its own */
	gdouble *errors;   /* by candidate, group and other fold: mean relative error */
} VmfcJudge;

/* What the rows were estimated as by what was chosen and fitted without them. */
typedef struct {
	guint *chosen; /* the candidate, by fold */
	gdouble *estimates;
	gdouble *low;
	gdouble *high;
} VmfcNested;

VmfcJudge *
vmfc_judge_new(const VmfcSamples *samples, const guint *folds, guint n_folds, guint gap,
	       GArray *candidates, const VmfcFitRunner *runner, GError **error);
void
vmfc_judge_free(VmfcJudge *judge);
guint
vmfc_judge_choose(const VmfcJudge *judge, gint left_out);
gdouble
vmfc_judge_get_error(const VmfcJudge *judge, guint candidate, gint left_out);
gdouble
vmfc_judge_get_group_error(const VmfcJudge *judge, guint candidate, guint group);
void
vmfc_judge_find_interval(const VmfcJudge *judge, guint candidate, gint left_out, gdouble share,
			 VmfcInterval *interval);
VmfcNested *
vmfc_judge_estimate(const VmfcJudge *judge, gdouble share);
void
vmfc_nested_free(VmfcNested *nested);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcJudge, vmfc_judge_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcNested, vmfc_nested_free)
