/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/lag-curve.h"
#include "tools/merge/power-series.h"

/* The load of the machine in a window. */
typedef struct {
	gdouble start;
	gdouble end;
	gdouble load; /* percent */
} VmfcLoad;

/* By how much power lags the load: clock differences and delays together. */
typedef struct {
	gboolean is_found;
	gdouble seconds;     /* power at host time t + seconds belongs to features at t */
	gdouble correlation; /* of load and shifted power */
	gdouble detail;	     /* correlation without slow changes */
	gboolean is_at_edge; /* of the tried lags, so it is not a peak */
	gdouble other;	     /* another lag with a similar fit; NaN for none */
	guint n_windows;     /* used to find it */
	gdouble n_free;	     /* effective number of independent windows */
	gchar *reason;	     /* why it was not found */
	VmfcLagCurve curve;  /* of all tried lags */
} VmfcLag;

/* Width of the moving mean that is subtracted, so that slow changes do not correlate, in s. */
#define VMFC_LAG_SLOW 60

/* Maximum lag as a share of the run; a longer one would leave too few windows to compare. */
#define VMFC_LAG_SHARE (1 / 3.0)

gdouble
vmfc_lag_get_spread(const GArray *loads);
void
vmfc_lag_estimate(VmfcLag *lag, const GArray *loads, const VmfcPowerSeries *as_written,
		  const VmfcPowerSeries *as_new, gdouble max_lag);
void
vmfc_lag_clear(VmfcLag *lag);
