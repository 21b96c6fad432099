/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* A number as it was recorded: integers stay integers. */
typedef struct {
	gboolean present;
	gboolean is_int;
	gint64 i;
	gdouble d;
} VmfcMetricValue;

/* What a record gives to metrics. The same VmfcMetrics say what each value is. */
typedef struct {
	guint n_numbers;
	guint n_texts;
	VmfcMetricValue *numbers;
	gchar *texts; /* VMFC_STRING_SIZE bytes each; "": missing */
} VmfcMetricValues;

void
vmfc_metric_values_init(VmfcMetricValues *values, guint n_numbers, guint n_texts);
void
vmfc_metric_values_clear(VmfcMetricValues *values);
void
vmfc_metric_values_copy(VmfcMetricValues *to, const VmfcMetricValues *from);
gchar *
vmfc_metric_values_get_text(const VmfcMetricValues *values, guint index);
