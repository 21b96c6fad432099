/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* What a column is called as a metric, and how its numbers become those of the base unit. */
typedef struct {
	gchar *family; /* for example vmfc_disk_io_read_bytes, without the _total of a counter */
	const gchar *unit; /* the last part of the name; "": none */
	gdouble multiplier;
	gdouble divisor;
	gboolean is_counter;
} VmfcMetricName;

void
vmfc_metric_name_init(VmfcMetricName *name, const VmfcColumn *column);
void
vmfc_metric_name_init_whole(VmfcMetricName *name, const VmfcColumn *column);
void
vmfc_metric_name_clear(VmfcMetricName *name);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcMetricName, vmfc_metric_name_clear)
