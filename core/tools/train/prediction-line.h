/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

/* The first line of a file of predictions. */
#define VMFC_PREDICTION_HEADER "timestamp,run,group,zone,measured,estimated,low,high,busy\r\n"

/* What was measured and estimated of a row; a number that is NaN is an empty cell. */
typedef struct {
	gdouble time;
	const gchar *run;
	const gchar *group;
	const gchar *zone;
	gdouble measured; /* W */
	gdouble estimated;
	gdouble low;
	gdouble high;
	gdouble busy; /* CPUs; NaN where the model does not take them as a feature */
} VmfcPrediction;

gint
vmfc_prediction_find_busy(const GPtrArray *features);
void
vmfc_prediction_line_build(const VmfcPrediction *prediction, GString *line);
