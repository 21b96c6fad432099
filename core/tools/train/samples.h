/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Rows of one zone and one sub-model: what is known and what is to be estimated. */
typedef struct {
	guint n_rows;
	guint n_features;
	gdouble *features; /* by row; the first one of a row is its utilisation */
	gdouble *labels;   /* W */
	guint *groups;	   /* of each row */
	guint n_groups;
	guint *by_label; /* rows in ascending order of their labels */
} VmfcSamples;

/* Some of these rows, from which a model is fitted. */
typedef struct {
	const VmfcSamples *samples;
	guint8 *has; /* by row */
	guint n_rows;
	guint *counts;	/* rows by group */
	guint n_groups; /* that have rows */
} VmfcSelection;

VmfcSamples *
vmfc_samples_new(guint n_rows, guint n_features, guint n_groups);
void
vmfc_samples_sort(VmfcSamples *samples);
void
vmfc_samples_free(VmfcSamples *samples);

VmfcSelection *
vmfc_selection_new(const VmfcSamples *samples, guint8 *has);
void
vmfc_selection_free(VmfcSelection *selection);
gdouble
vmfc_selection_find_floor(const VmfcSelection *selection);
gdouble *
vmfc_selection_build_weights(const VmfcSelection *selection, gint power);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSamples, vmfc_samples_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSelection, vmfc_selection_free)

static inline const gdouble *
vmfc_samples_get_row(const VmfcSamples *samples, guint row)
{
	return samples->features + (gsize)row * samples->n_features;
}
