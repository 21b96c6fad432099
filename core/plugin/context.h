/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/source-file.h"
#include "record/record.h"
#include "collect/ticker.h"

typedef struct _VmfcLabels VmfcWorkloadLabels;
typedef struct _VmfcOutputSet VmfcRunFiles;
typedef struct _VmfcCollector VmfcCollector;
typedef struct _VmfcWorkloads VmfcWorkloadRunner;

/* What all contexts of a run share. Nothing here is owned. */
typedef struct {
	VmfcSchema *schema;
	VmfcSourceFiles *files;
	VmfcWorkloadLabels *labels;
	VmfcCollector *collector;      /* NULL before the run */
	VmfcWorkloadRunner *workloads; /* likewise */
	VmfcRunFiles *outputs;	       /* NULL where nothing is written */
	const VmfcClock *clock;	       /* NULL: the system's */
	guint32 seed;
	gint64 interval;
	gint64 grace;
	gboolean is_check; /* nothing will be run */
} VmfcCore;

/* One plugin instance. */
struct _VmfcContext {
	VmfcCore *core;
	const VmfcPlugin *plugin;
	GHashTable *values;	 /* option name to text, all of them checked */
	GPtrArray *declarations; /* its columns, not owned */
	guint *map;		 /* its columns to cells */
	gpointer instance;
	gboolean started;
	GError *contract_error; /* the first breach of the contract in open */
	gboolean failed;	/* its last answer was none */
	gchar *failure;		/* why it failed the last time */
	guint64 failed_ticks;

	GPtrArray *outputs; /* of VmfcOutput: what a sink has open */

	/* of a workload */
	GPtrArray *offers; /* NULL but in list; not owned */
	gchar *workload;   /* its name */
	gchar *argument;   /* NULL: none */
	gint64 begin;	   /* CLOCK_MONOTONIC, ns */

	/* the collector's notes on a sampler */
	VmfcRecord record;
	gboolean not_due; /* at this tick */
	gboolean pending;
	guint64 pending_tick;
	gint64 pending_since;	  /* CLOCK_MONOTONIC, ns */
	gboolean has_late_answer; /* --no-sync: an answer waits for the next record */
};

VmfcContext *
vmfc_context_new(VmfcCore *core, const VmfcPlugin *plugin);
void
vmfc_context_free(VmfcContext *context);
gboolean
vmfc_context_set_option(VmfcContext *context, const gchar *name, const gchar *value,
			GError **error);
void
vmfc_context_set_workload(VmfcContext *context, const gchar *workload, const gchar *argument);
void
vmfc_context_fill_error(const VmfcContext *context, GError **error);
gboolean
vmfc_context_open(VmfcContext *context, GError **error);
void
vmfc_context_freeze(VmfcContext *context);
gboolean
vmfc_context_start(VmfcContext *context, GError **error);
void
vmfc_context_stop(VmfcContext *context);
void
vmfc_context_close(VmfcContext *context);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcContext, vmfc_context_free)
