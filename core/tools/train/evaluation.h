/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/figures.h"
#include "tools/train/groups.h"
#include "tools/train/training-set.h"

/* What one sub-model estimates of the rows of a set. */
typedef struct {
	const VmfcZoneModel *zone;
	const VmfcSubModel *sub_model;
	guint n_asked; /* rows that have a label, or all where none has */
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
	guint n_other_machines;	  /* rows of a machine that has another size */
	VmfcGroups *groups;	  /* by workload */
	VmfcFigureTable *figures; /* (nullable): %NULL without labels */
} VmfcEvaluation;

VmfcEvaluation *
vmfc_evaluation_new(const VmfcModel *model, const VmfcZoneModel *zone,
		    const VmfcSubModel *sub_model, const VmfcTrainingSet *set);
void
vmfc_evaluation_judge(VmfcEvaluation *evaluation, const VmfcTrainingSet *set);
void
vmfc_evaluation_free(VmfcEvaluation *evaluation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcEvaluation, vmfc_evaluation_free)
