/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/time-grid.h"

/* A stretch of time without rows. */
typedef struct {
	gdouble from;
	gdouble to;
} VmfcGap;

/* The longest gaps of a file, and how many there are. */
typedef struct {
	GArray *gaps; /* of VmfcGap */
	guint64 n;
	gdouble sum;	  /* s */
	gdouble last;	  /* time of the previous row; NaN before the first */
	gdouble shortest; /* step so far, for rows of unknown length */
	gdouble longest;  /* window so far; 0 if no length is known */
	guint64 n_back;	  /* rows with a time before that of the previous row */
} VmfcGaps;

/* A longer step between two rows is shortened to this, in s, by VmfcShortTime. */
#define VMFC_SHORT_STEP 60.0

#define VMFC_SHORT_NOTE                                                                            \
	"Steps between two rows of more than a minute, or back, are shown as a minute."

/* Time without long gaps, for rows of several days in one plot. */
typedef struct {
	gdouble last; /* NaN before the first row */
	gdouble sum;
	gboolean is_shortened;
} VmfcShortTime;

gdouble
vmfc_short_time_add(VmfcShortTime *time, gdouble next);
void
vmfc_gaps_init(VmfcGaps *gaps);
void
vmfc_gaps_clear(VmfcGaps *gaps);
void
vmfc_gaps_add_row(VmfcGaps *gaps, gdouble time, gdouble length);
void
vmfc_gaps_sort(VmfcGaps *gaps);
void
vmfc_gaps_find(VmfcGaps *gaps, const VmfcTimeGrid *grid);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcGaps, vmfc_gaps_clear)
