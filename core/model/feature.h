/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

/* A share of all CPU time above this is none; the counters of CPUs are not read at one instant. */
#define VMFC_FEATURE_MAX_SHARE 100.5

/* Whether a source of rows, a file or a record, has a column. */
typedef gboolean (*VmfcHasColumn)(const gchar *name, gpointer data);

/*
 * What a source of rows must give so that features can be made: values of columns, each column
 * once. Made once for each source; then a row costs no memory.
 */
typedef struct {
	GPtrArray *columns; /* of names, borrowed from the features */
	GArray *sums;	    /* how each feature is made */
	GArray *places;	    /* of guint: columns that are added up, of all features */
	gint time_delta;    /* in columns; -1 where no feature needs it */
	gint core_count;
} VmfcFeatureInputs;

VmfcFeatureInputs *
vmfc_feature_inputs_new(const GPtrArray *features, VmfcHasColumn has_column, gpointer data,
			GError **error);
void
vmfc_feature_inputs_free(VmfcFeatureInputs *inputs);
void
vmfc_feature_inputs_form(const VmfcFeatureInputs *inputs, const gdouble *values, gdouble *features);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcFeatureInputs, vmfc_feature_inputs_free)
