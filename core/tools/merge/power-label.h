/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/power.h"

/* How a label was found. */
typedef enum {
	VMFC_POWER_LABEL_NONE,
	VMFC_POWER_LABEL_ENERGY,
	VMFC_POWER_LABEL_MEAN,
	VMFC_POWER_LABEL_POINTS,
	VMFC_POWER_LABEL_NEAREST,
	VMFC_N_POWER_LABELS,
} VmfcPowerLabelMethod;

/* A window of features. */
typedef struct {
	gdouble start;	  /* s; the same as end if the length is unknown */
	gdouble end;	  /* s */
	gboolean is_busy; /* its CPUs were busy, so that 0 W cannot be true */
} VmfcWindow;

typedef struct {
	gdouble watts[VMFC_N_ZONES]; /* NaN where missing */
	VmfcPowerLabelMethod method; /* of the first zone that has a value */
	gboolean is_stale;	     /* the window has no new value */
	gdouble time_diff;	     /* s, to the nearest row */
	gboolean has_zero;	     /* a zone has 0 W */
	guint n_still;		     /* zones that are missing because they have 0 W while busy */
} VmfcPowerLabel;

const gchar *
vmfc_power_label_get_method_name(VmfcPowerLabelMethod method);
gboolean
vmfc_power_label_find(VmfcPowerLabel *label, VmfcPower *power, const VmfcWindow *window,
		      gdouble tolerance, GError **error);
