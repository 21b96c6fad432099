/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/feature-list.h"
#include "tools/train/training-input.h"

/* A power zone that the sets have labels of. */
typedef struct {
	gchar *name;
	gchar *column;
	gdouble *labels;   /* W, by row; NaN where it has none */
	guint64 n_missing; /* rows that were left out of this zone's model for that */
} VmfcTrainingZone;

/*
 * What is read of the training sets: of the rows that can be used for any zone the numbers that
 * models are made from, and nothing else, so that a million rows with many columns need little
 * memory.
 */
typedef struct {
	GPtrArray *inputs; /* of VmfcTrainingInput */
	VmfcFeatureList *list;
	GPtrArray *zones; /* of VmfcTrainingZone */
	guint n_rows;
	guint capacity;
	gdouble **features; /* by feature of the list, by row; NaN where missing */
	gdouble *times;	    /* s since the epoch; NaN where not known */
	gdouble *seconds;   /* length of the window; NaN where not known */
	gdouble *core_counts;
	const gchar **workloads; /* "" where there is none */
	const gchar **phases;
	guint *runs;	    /* in run_names */
	GArray *run_inputs; /* of guint, by run: the number of its file */
	GPtrArray *run_names;
	GStringChunk *texts;
	gboolean has_workloads; /* a row has one */
	gboolean takes_all;	/* rows without a label too, in transition, or with stale power */
	gboolean uses_cpus;	/* every row tells how many CPUs its machine has */
	GHashTable *methods; /* how labels were found, of the rows that are used: name to count */
	GHashTable *hosts;   /* that the rows are of: a set of names */
	GHashTable *models;  /* that estimated power when they were recorded: name to count */
	guint64 n_read;
	guint64 n_transition; /* rows that were left out because the workload changed in them */
	guint64 n_stale;      /* because no new power value came in them */
} VmfcTrainingSet;

VmfcTrainingSet *
vmfc_training_set_new(void);
void
vmfc_training_set_free(VmfcTrainingSet *set);
void
vmfc_training_set_add_zone(VmfcTrainingSet *set, const gchar *name, const gchar *column);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTrainingSet, vmfc_training_set_free)
