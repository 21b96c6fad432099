/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/registry.h"
#include "plugin/setting.h"

typedef enum {
	VMFC_ACTION_COLLECT,
	VMFC_ACTION_LIST_PLUGINS,
	VMFC_ACTION_NAME_PLUGINS,
	VMFC_ACTION_LIST_FEATURES,
	VMFC_ACTION_LIST_METRICS,
	VMFC_ACTION_LIST_WORKLOADS,
	VMFC_ACTION_NAME_WORKLOADS,
	VMFC_ACTION_CHECK,
	VMFC_ACTION_CHECK_STRICTLY,
	VMFC_ACTION_VERSION,
	VMFC_ACTION_HELP,
} VmfcAction;

/* The options from the command line and the config file, checked. Times in ns. */
typedef struct {
	gint action;	 /* VmfcAction */
	gint64 duration; /* 0: until stopped */
	gint64 interval;
	gint64 grace;
	gint64 fsync;	   /* 0: only at the end */
	gint64 start_time; /* CLOCK_REALTIME; 0: the next instant of the grid */
	gchar *output;
	gboolean is_stream;  /* a reader gets each record at once */
	gchar *meta;	     /* NULL: beside the output file, or nowhere for a stream */
	gchar *rotate;	     /* as the user gave it; NULL: one part */
	gint64 part_windows; /* maximum of each part; 0: unlimited */
	gint64 part_size;    /* maximum of each part in bytes; 0: unlimited */
	gint64 parts_kept;   /* 0: all */
	gchar *plugins;
	gchar *format;
	gchar *plugin_path; /* NULL: none */
	gchar *root;
	GStrv zones;
	gchar *workload; /* a sequence; NULL if the user gave none */
	gboolean shuffle;
	gint64 seed; /* 32 bits */
	gboolean verbose;
	gboolean no_sync;
	gboolean realtime;
	gchar *config;
	GStrv set;		/* as the user gave it */
	GPtrArray *settings;	/* of VmfcSetting; later ones win */
	gchar *help;		/* NULL: not requested */
	VmfcPluginIndex *index; /* not owned */
	VmfcRegistry *registry; /* of the plugins that can be enabled; NULL: help or version */
} VmfcOptions;

VmfcOptions *
vmfc_options_parse(GStrv arguments, VmfcPluginIndex *index, GError **error);
gboolean
vmfc_options_are_divided(const VmfcOptions *options);
void
vmfc_options_free(VmfcOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcOptions, vmfc_options_free)
