/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/table.h"
#include "tools/report/run-facts.h"

/* Lines that a plot shows: as many as there are colours. */
#define VMFC_PICTURE_MAX_LINES 8
/* Columns of one source of power that are read: each needs memory, and many may be empty. */
#define VMFC_PICTURE_MAX_COLUMNS 32

/* One line of a plot over time. */
typedef struct {
	gchar *name; /* in the legend */
	gint column;
	gint low; /* column of the interval's end; -1 for none */
	gint high;
	gboolean is_rate;  /* a counter: shown per second */
	gboolean is_label; /* of the workload: often missing by design */
} VmfcPictureLine;

/* Which columns of a run one plot over time shows. */
typedef struct {
	gchar *name;
	gchar *title;
	gchar *label;
	gchar *unit;
	GArray *lines;	  /* of VmfcPictureLine */
	guint n_not_read; /* further columns of the same kind */
	gboolean is_estimated;
} VmfcPicture;

GPtrArray *
vmfc_picture_plan(const VmfcTable *table, const VmfcRunFacts *facts, gboolean has_length);
