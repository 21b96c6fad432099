/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/pull/column.h"

/* Makes windows of energy of one machine from Kepler's counters. */
typedef struct _VmfcPullPower VmfcPullPower;

typedef struct {
	guint64 n_ambiguous; /* windows in which two hosts show the machine */
	guint64 n_backwards; /* counters that began again */
	guint64 n_crowded;   /* pieces of time with more exporters than vmfc remembers */
	gdouble interval;    /* s, of the last window; NaN: unknown */
} VmfcPullPowerCounts;

VmfcPullPower *
vmfc_pull_power_new(const GPtrArray *series);
void
vmfc_pull_power_free(VmfcPullPower *power);
gchar *
vmfc_pull_power_build_selector(const gchar *vm_id);
gchar *
vmfc_pull_power_build_header(const VmfcPullPower *power);
const GPtrArray *
vmfc_pull_power_get_columns(const VmfcPullPower *power);
const VmfcPullPowerCounts *
vmfc_pull_power_get_counts(const VmfcPullPower *power);
guint
vmfc_pull_power_add(VmfcPullPower *power, const GPtrArray *series, gint64 from, GString *rows);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPullPower, vmfc_pull_power_free)
