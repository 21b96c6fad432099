/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/power.h"

/* How a label was come by. */
typedef enum {
	VMFC_LABEL_NONE,
	VMFC_LABEL_ENERGY,
	VMFC_LABEL_MEAN,
	VMFC_LABEL_POINTS,
	VMFC_LABEL_NEAREST,
	VMFC_N_LABELS,
} VmfcLabelMethod;

/* A window of features. */
typedef struct {
	gdouble start;	  /* s; as end where its length is not known */
	gdouble end;	  /* s */
	gboolean is_busy; /* its CPUs worked, so that 0 W cannot be true */
} VmfcWindow;

typedef struct {
	gdouble watts[VMFC_N_ZONES]; /* NaN where missing */
	VmfcLabelMethod method;	     /* of the first zone that has a value */
	gboolean is_stale;	     /* no new value came in all of the window */
	gdouble time_diff;	     /* s, to the nearest row */
	gboolean has_zero;	     /* a zone has 0 W */
	guint n_still;		     /* zones that are missing because they say 0 W of work */
} VmfcLabel;

const gchar *
vmfc_label_get_method_name(VmfcLabelMethod method);
gboolean
vmfc_label_find(VmfcLabel *label, VmfcPower *power, const VmfcWindow *window, gdouble tolerance,
		GError **error);
