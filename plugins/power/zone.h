/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/feature.h"
#include "model/predict.h"
#include "vmfc/vmfc-plugin.h"

/* A sub-model whose columns this run has. */
typedef struct {
	const VmfcSubModel *sub_model;
	VmfcFeatureInputs *inputs;
	GArray *cells; /* where the values of the inputs are in a record */
} PowerCandidate;

/* The current one of some columns: they are told only when it changes. */
typedef struct {
	const gchar *text; /* (nullable): interned, or a constant */
	gboolean is_told;
} PowerReason;

/* A zone of the model, and its state in this run. */
typedef struct {
	const VmfcZoneModel *model;
	GPtrArray *candidates;	      /* of PowerCandidate, the best first */
	const PowerCandidate *chosen; /* NULL: this run can use none */
	gboolean is_proven;	      /* it has made an estimate */
	guint n_without;	      /* windows before that without a feature */
	const VmfcSubModel *gave_way; /* (nullable) to the chosen one; not yet said */
	const gchar *gave_way_for;    /* the reason why it had no estimate */
	GPtrArray *lacking; /* of gchar: a sentence for each sub-model that cannot be used */
	gdouble *values;    /* of a window, as many as the inputs can have */
	gdouble joules;	    /* since the start */
	PowerReason reason; /* why its columns are missing */
	guint first_column; /* its columns are one after the other */
} PowerZone;

/* What became of a window. */
typedef struct {
	VmfcEstimate estimate;
	gboolean estimate_is_set; /* all features are there */
	gboolean is_too_far;	  /* beyond the margin */
	const gchar *reason;	  /* why there is no estimate; NULL: there is one */
} PowerOutcome;

PowerZone *
power_zone_new(const VmfcZoneModel *model);
void
power_zone_free(PowerZone *zone);
void
power_zone_look(PowerZone *zone, VmfcContext *context);
const VmfcSubModel *
power_zone_get_sub_model(const PowerZone *zone);
gchar *
power_zone_say_gave_way(PowerZone *zone);
gboolean
power_reason_set(PowerReason *reason, const gchar *text);
void
power_zone_estimate(PowerZone *zone, const VmfcRecord *record, gdouble margin,
		    PowerOutcome *outcome);
