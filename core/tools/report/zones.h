/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/table.h"

/* More zones than the power meters of any machine have. */
#define VMFC_ZONES_MAX 5

/* The columns of a training set with power: power_watts_ZONE. */
typedef struct {
	guint n;
	guint n_left_out; /* further columns */
	gint columns[VMFC_ZONES_MAX];
	const gchar *names[VMFC_ZONES_MAX]; /* of the table */
} VmfcLabelZones;

void
vmfc_label_zones_find(VmfcLabelZones *zones, const VmfcTable *table);
