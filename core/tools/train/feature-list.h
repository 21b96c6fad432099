/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

/* Which plugins a feature needs. */
typedef enum {
	VMFC_SOURCE_PERF,
	VMFC_SOURCE_CPU,
	VMFC_SOURCE_PROC, /* others of the group proc, or a plugin that vmfc does not have */
	VMFC_SOURCE_KEPLER,
	VMFC_N_SOURCES,
} VmfcSource;

/* The features of one sub-model. */
typedef struct {
	gchar *name;	  /* the plugins that give them, as --plugins takes them */
	GArray *features; /* of guint: in the list; the first one is the utilisation */
} VmfcFeatureSet;

/* What models may be made from. */
typedef struct {
	GPtrArray *features; /* of VmfcFeature */
	GArray *sources;     /* of VmfcSource, by feature */
} VmfcFeatureList;

/* Whether an input has a column. */
typedef gboolean (*VmfcListHasColumn)(const gchar *name, gpointer data);
/* What kind of column it is: "counter" or "gauge"; %NULL with the reason why it is not a feature.
 */
typedef const gchar *(*VmfcListGetKind)(const gchar *name, gpointer data, GError **error);
/* @unit: (out) (nullable): borrowed; %NULL where it is not known. Returns: %FALSE where the inputs
 * have different ones */
typedef gboolean (*VmfcListGetUnit)(const gchar *name, gpointer data, const gchar **unit,
				    GError **error);

typedef struct {
	VmfcListHasColumn has_column;
	VmfcListGetKind get_kind;
	VmfcListGetUnit get_unit;
	gpointer data;
} VmfcFeatureColumns;

VmfcFeatureList *
vmfc_feature_list_new(gchar *const *names, gchar *const *excluded,
		      const VmfcFeatureColumns *columns, GError **error);
VmfcFeatureList *
vmfc_feature_list_new_of(const GPtrArray *features);
void
vmfc_feature_list_free(VmfcFeatureList *list);
GPtrArray *
vmfc_feature_list_build_sets(const VmfcFeatureList *list);
void
vmfc_feature_list_use_cpus(VmfcFeatureList *list);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcFeatureList, vmfc_feature_list_free)
