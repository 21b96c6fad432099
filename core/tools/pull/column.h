/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* A column of a record, as the metrics of a machine tell it. */
typedef struct {
	gchar *name;
	gchar *unit;
	VmfcKind kind;
	VmfcType type;
	gdouble multiplier; /* from the column to the metric */
	gdouble divisor;
} VmfcPullColumn;

/* The columns that vmfc knows, by the names of their metrics. */
typedef struct _VmfcPullNames VmfcPullNames;

VmfcPullNames *
vmfc_pull_names_new(void);
void
vmfc_pull_names_free(VmfcPullNames *names);
VmfcPullColumn *
vmfc_pull_names_find(const VmfcPullNames *names, const gchar *metric, const gchar *zone);
guint
vmfc_pull_names_get_rank(const VmfcPullNames *names, const gchar *column);
void
vmfc_pull_column_free(VmfcPullColumn *column);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPullNames, vmfc_pull_names_free)
