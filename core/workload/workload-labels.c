/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "workload/workload-labels.h"

#include <math.h>

VmfcWorkloadLabels *
vmfc_workload_labels_new(void)
{
	VmfcWorkloadLabels *labels = g_new0(VmfcWorkloadLabels, 1);
	vmfc_workload_labels_set_workload(labels, "none", 0);
	vmfc_workload_labels_next_window(labels);
	return labels;
}

void
vmfc_workload_labels_set_workload(VmfcWorkloadLabels *labels, const gchar *workload,
				  gint64 iteration)
{
	gboolean same = g_str_equal(labels->now.workload, workload) &&
			labels->now.phase[0] == '\0' && isnan(labels->now.target_load) &&
			labels->now.iteration == iteration;

	g_strlcpy(labels->now.workload, workload, VMFC_STRING_SIZE);
	labels->now.phase[0] = '\0';
	labels->now.target_load = NAN;
	labels->now.iteration = iteration;
	labels->between = FALSE;
	labels->changed |= !same;
}

/* The current step ends. Until the next step begins, each window is a transition. */
void
vmfc_workload_labels_begin_transition(VmfcWorkloadLabels *labels)
{
	labels->between = TRUE;
	labels->changed = TRUE;
}

/* The workload may have stood still for a part of the window: the window is a transition. */
void
vmfc_workload_labels_interrupt(VmfcWorkloadLabels *labels)
{
	labels->changed |= !g_str_equal(labels->at_start.workload, "none");
}

/* Starts a window with the current labels. */
void
vmfc_workload_labels_next_window(VmfcWorkloadLabels *labels)
{
	if (labels->changed)
		labels->at_start = labels->now;
	labels->changed = labels->between;
}

/* @phase: (nullable): none */
void
vmfc_workload_labels_set_phase(VmfcWorkloadLabels *labels, const gchar *phase)
{
	const gchar *text = phase != NULL ? phase : "";

	labels->between = FALSE;
	if (g_str_equal(labels->now.phase, text))
		return;
	g_strlcpy(labels->now.phase, text, VMFC_STRING_SIZE);
	labels->changed = TRUE;
}

/* @percent: NaN: none */
void
vmfc_workload_labels_set_target_load(VmfcWorkloadLabels *labels, gdouble percent)
{
	gboolean same = labels->now.target_load == percent ||
			(isnan(labels->now.target_load) && isnan(percent));

	if (same)
		return;
	labels->now.target_load = percent;
	labels->changed = TRUE;
}
