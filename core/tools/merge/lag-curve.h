/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/spill-file.h"

/*
 * How well power, shifted by one lag after the other, fits the load. Of many runs, all but the one
 * in hand wait in a file.
 */
typedef struct {
	gdouble first;	/* s, the first lag that was tried */
	gdouble step;	/* s */
	guint n;	/* lags tried; 0: none were */
	gint16 *values; /* two for each; NULL while they are put aside */
	goffset aside_at;
	gboolean is_aside; /* they are in the file as well */
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
vmfc_lag_curve_put_aside(VmfcLagCurve *curve, VmfcSpillFile *aside, GError **error);
gboolean
vmfc_lag_curve_take_back(VmfcLagCurve *curve, const VmfcSpillFile *aside, GError **error);
