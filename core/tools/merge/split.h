/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/pair.h"

/* Which rows are for training and which for testing. */
typedef enum {
	VMFC_PART_NONE, /* a window between two phases belongs to neither */
	VMFC_PART_TRAIN,
	VMFC_PART_TEST,
} VmfcPart;

/* How the rows of one run are assigned to groups. */
typedef struct {
	gint workload_column;
	gint phase_column;
	gint transition_column;
	gdouble start;
	gdouble length; /* s, of one stretch of time */
} VmfcSplitRun;

typedef struct {
	GArray *runs;	     /* of VmfcSplitRun */
	gboolean is_by_time; /* the groups are stretches of time, not phases */
	GHashTable *groups;  /* of Group, by name */
	GString *name;	     /* of the current row's group */
	guint64 n_rows[3];   /* by VmfcPart */
} VmfcSplit;

gboolean
vmfc_split_init(VmfcSplit *split, const GPtrArray *pairs, gdouble share, guint32 seed,
		GError **error);
void
vmfc_split_clear(VmfcSplit *split);
VmfcPart
vmfc_split_choose(VmfcSplit *split, guint run, const VmfcTableRow *row, gdouble time);
