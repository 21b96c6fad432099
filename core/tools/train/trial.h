/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/evaluation.h"
#include "tools/train/fit-jobs.h"
#include "tools/train/judge.h"

/* What a model of one zone from one set of features came to. */
typedef struct {
	const VmfcTrainingSet *set;
	const VmfcTrainingZone *zone;
	const VmfcFeatureSet *feature_set;
	GArray *candidates;  /* of VmfcCandidate */
	VmfcSamples *all;    /* rows that have the label and all features */
	guint *all_rows;     /* the number of each in the set */
	VmfcSamples *judged; /* those of them that it was judged by */
	guint *judged_rows;
	VmfcGroups *groups;	    /* of all */
	guint64 n_without_features; /* rows that lack one */
	gdouble floor;		    /* W */

	/* where there are groups enough: */
	VmfcNested *nested;	  /* (nullable) */
	VmfcFigureTable *figures; /* (nullable) */
	gdouble *errors;	  /* % mean of the groups, of each candidate alone */
	gdouble *worst;		  /* % the worst group */
	gdouble choice_error;	  /* mean relative error of what was chosen each time */

	guint chosen; /* in the candidates */
	VmfcEstimator estimator;
	VmfcInterval interval;

	gdouble top_from;      /* of the utilisation: what is above was left out */
	gdouble top_mape;      /* % NaN where there is none */
	gdouble top_bias;      /* % of its mean */
	gdouble shuffled_mape; /* % */
	gdouble *run_mapes;    /* (nullable): %, by run, each left out once */
	guint n_runs;
	VmfcEvaluation *test; /* (nullable): what it came to on rows that were kept back */
	const VmfcTrainingInput *test_input;
} VmfcTrial;

typedef struct {
	const gboolean *families;
	gdouble interval_share;
	guint max_rows;
	guint64 seed;
	VmfcFitRunner runner;
} VmfcTrialOptions;

VmfcTrial *
vmfc_trial_new(const VmfcTrainingSet *set, const VmfcTrainingZone *zone,
	       const VmfcFeatureSet *feature_set);
void
vmfc_trial_free(VmfcTrial *trial);
gboolean
vmfc_trial_check(const VmfcTrial *trial, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTrial, vmfc_trial_free)
