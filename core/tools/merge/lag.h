/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/lag-curve.h"
#include "tools/merge/power-series.h"

/* How busy the machine was in a window. */
typedef struct {
	gdouble start;
	gdouble end;
	gdouble load; /* percent */
} VmfcLoad;

/* By how much power is behind load, clocks and delays together. */
typedef struct {
	gboolean is_found;
	gdouble seconds;     /* power at host time t + seconds belongs to features at t */
	gdouble correlation; /* of load and power, shifted by that */
	gdouble detail;	     /* the same of what is left when slow changes are taken out */
	gboolean is_at_edge; /* of the lags that were tried: no peak */
	gdouble other;	     /* another lag that would fit as well; NaN for none */
	guint n_windows;     /* that it was found from */
	gdouble n_free;	     /* that many would say as much if none were like the one before it */
	gchar *reason;	     /* why it was not found */
	VmfcLagCurve curve;  /* of all lags that were tried */
} VmfcLag;

/* The moving mean that is taken out of both, so that a slow rise of both says nothing, in s. */
#define VMFC_LAG_SLOW 60

/* Of the record: a lag of half of it would leave too little to compare. */
#define VMFC_LAG_SHARE (1 / 3.0)

gdouble
vmfc_lag_get_spread(const GArray *loads);
void
vmfc_lag_estimate(VmfcLag *lag, const GArray *loads, const VmfcPowerSeries *as_written,
		  const VmfcPowerSeries *as_new, gdouble longest);
void
vmfc_lag_clear(VmfcLag *lag);
