/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

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
} VmfcGaps;

/* A longer step between two rows is shortened to this, in s, by VmfcShortTime. */
#define VMFC_SHORT_STEP 60.0

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

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcGaps, vmfc_gaps_clear)
