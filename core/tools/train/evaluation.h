/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/figures.h"
#include "tools/train/groups.h"
#include "tools/train/training-set.h"

/* Where a run of the collector would have no estimate. */
typedef struct {
	gdouble margin;		/* how far beyond its range a feature may be, as a share of it */
	gboolean other_machine; /* whether rows of another machine are estimated */
} VmfcEvaluationLimits;

/* What one sub-model estimates of the rows of a set. */
typedef struct {
	const VmfcZoneModel *zone;
	const VmfcSubModel *sub_model;
	guint n_asked;	/* rows that have a label, or all where none has */
	guint n_formed; /* those of them that have all features */
	/* those of them that have an estimate, in their order */
	guint n_rows;
	guint *rows;	   /* the number of each in the set */
	gdouble *measured; /* W; NaN where there is no label */
	gdouble *estimated;
	gdouble *low;
	gdouble *high;
	gdouble *seconds;
	gdouble *utilisation;
	gboolean has_seconds; /* of every row */
	gboolean is_range_known;
	guint n_in_range;
	guint n_other_machines;	  /* rows of another machine, or of one that has another size */
	guint n_too_far;	  /* rows that have no estimate because of the margin */
	gchar *other_machine;	  /* (nullable): how the first other machine differs */
	VmfcGroups *groups;	  /* by workload */
	VmfcFigureTable *figures; /* (nullable): %NULL without labels */
} VmfcEvaluation;

VmfcEvaluation *
vmfc_evaluation_new(const VmfcModel *model, const VmfcZoneModel *zone,
		    const VmfcSubModel *sub_model, const VmfcTrainingSet *set,
		    const VmfcEvaluationLimits *limits);
const gdouble *
vmfc_evaluation_find_labels(const VmfcTrainingSet *set, const VmfcZoneModel *zone);
void
vmfc_evaluation_judge(VmfcEvaluation *evaluation, const VmfcTrainingSet *set);
void
vmfc_evaluation_free(VmfcEvaluation *evaluation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcEvaluation, vmfc_evaluation_free)
