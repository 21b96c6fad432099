/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "metrics/metrics.h"

/* The formats that Prometheus and others read from a page or a file. */
typedef enum {
	VMFC_EXPOSITION_TEXT,	     /* the text format of Prometheus, version 0.0.4 */
	VMFC_EXPOSITION_OPENMETRICS, /* OpenMetrics 1.0.0 */
	VMFC_N_EXPOSITIONS,
} VmfcExposition;

void
vmfc_exposition_append(GString *text, const VmfcMetrics *metrics, const VmfcMetricValues *values,
		       VmfcExposition format);
