/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/clock.h"
#include "plugin/source-file.h"
#include "record/record.h"

/* What all plugins know of a run. It is set before the first plugin is opened, and owns nothing. */
typedef struct {
	VmfcSchema *schema;
	VmfcSourceFiles *files;
	const VmfcClock *clock;	   /* NULL: the system's */
	const GPtrArray *settings; /* of VmfcSetting: from the user, later ones win; NULL: none */
	gint64 interval;
	gint64 grace;
	guint32 seed;
	const gchar *output; /* as the user gave it */
	gboolean is_check;   /* vmfc runs nothing, it only checks */
} VmfcRun;

/*
 * What drives an instance, and gets the calls of the plugin: the collector drives a sampler, the
 * runner a workload, the writer a sink. A function that is NULL is not called.
 */
typedef struct {
	/* of a sampler */
	VmfcRecord *(*resume)(VmfcContext *context, guint64 tick);
	void (*finish)(VmfcContext *context, guint64 tick, const GError *error);
	/* of a workload */
	void (*add_workload)(VmfcContext *context, const gchar *name, const gchar *summary);
	void (*set_phase)(VmfcContext *context, const gchar *phase);
	void (*begin_transition)(VmfcContext *context);
	void (*set_target_load)(VmfcContext *context, gdouble percent);
	void (*end_workload)(VmfcContext *context, const GError *error);
	void (*add_work_time)(VmfcContext *context, gdouble seconds);
	/* of a sink */
	VmfcOutput *(*create_output)(VmfcContext *context, const gchar *extension,
				     const gchar *start, GError **error);
} VmfcDriver;

/* One plugin instance. */
struct _VmfcContext {
	const VmfcRun *run;
	const VmfcPlugin *plugin;
	const VmfcDriver *driver;
	gpointer driver_data;
	GHashTable *values;	 /* option names to checked texts */
	GPtrArray *declarations; /* its columns, not owned */
	guint *map;    /* its columns to cells, then those of the columns that it reads in derive */
	guint n_known; /* entries of the map */
	gpointer instance;
	gboolean started;
	GError *contract_error; /* the first breach of the contract in open */
	gboolean failed;	/* its last sample failed */
	gchar *failure;		/* why it failed the last time */
	guint64 failed_ticks;

	GPtrArray *outputs; /* of VmfcOutput: the open files of a sink */

	/* of a workload */
	gchar *workload; /* its name */
	gchar *argument; /* NULL: none */
	gint64 begin;	 /* CLOCK_MONOTONIC, ns */

	/* of a sampler, for the collector */
	VmfcRecord record;
	gboolean not_due; /* at this tick */
	gboolean pending;
	guint64 pending_tick;
	gint64 pending_since;	  /* CLOCK_MONOTONIC, ns */
	gboolean has_late_answer; /* --no-sync: an answer waits for the next record */
};

VmfcContext *
vmfc_context_new(const VmfcRun *run, const VmfcPlugin *plugin, GError **error);
void
vmfc_context_free(VmfcContext *context);
void
vmfc_context_set_driver(VmfcContext *context, const VmfcDriver *driver, gpointer driver_data);
void
vmfc_context_set_workload(VmfcContext *context, const gchar *workload, const gchar *argument);

gboolean
vmfc_context_open(VmfcContext *context, GError **error);
gboolean
vmfc_context_open_sampler(VmfcContext *context, GError **error);
void
vmfc_context_freeze(VmfcContext *context);
const VmfcDeclaration *
vmfc_context_get_declaration(const VmfcContext *context, guint column);
guint
vmfc_context_add_readable(VmfcContext *context, const VmfcDeclaration *declaration);
gboolean
vmfc_context_start(VmfcContext *context, GError **error);
gboolean
vmfc_context_start_sampler(VmfcContext *context, GError **error);
void
vmfc_context_stop(VmfcContext *context);
void
vmfc_context_close(VmfcContext *context);
void
vmfc_context_fill_error(const VmfcContext *context, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcContext, vmfc_context_free)
