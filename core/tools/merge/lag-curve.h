/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/spill-file.h"

/*
 * The correlation of power and load at each lag. With many runs, the curves of all but the current
 * run are in a spill file.
 */
typedef struct {
	gdouble first;	/* s, the first lag */
	gdouble step;	/* s */
	guint n;	/* number of lags */
	gint16 *values; /* two for each; NULL while they are in the spill file */
	goffset spill_offset;
	gboolean is_spilled; /* the spill file contains them */
} VmfcLagCurve;

void
vmfc_lag_curve_init(VmfcLagCurve *curve, gdouble first, gdouble step, guint n);
void
vmfc_lag_curve_clear(VmfcLagCurve *curve);
void
vmfc_lag_curve_set(VmfcLagCurve *curve, guint index, gdouble whole, gdouble detail);
gdouble
vmfc_lag_curve_get_whole(const VmfcLagCurve *curve, guint index);
gdouble
vmfc_lag_curve_get_detail(const VmfcLagCurve *curve, guint index);
gboolean
vmfc_lag_curve_put_aside(VmfcLagCurve *curve, VmfcSpillFile *spill, GError **error);
gboolean
vmfc_lag_curve_take_back(VmfcLagCurve *curve, const VmfcSpillFile *spill, GError **error);
