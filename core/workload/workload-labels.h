/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* What a record is labelled with. */
typedef struct {
	gchar workload[VMFC_STRING_SIZE];
	gchar phase[VMFC_STRING_SIZE]; /* empty for none */
	gdouble target_load;	       /* percent; NaN for none */
	gint64 iteration;
} VmfcWorkloadLabelValues;

/*
 * The labels that hold now and those that held when the window began. A record gets the latter;
 * a change in between makes it a transition.
 */
typedef struct {
	VmfcWorkloadLabelValues now;
	VmfcWorkloadLabelValues at_start;
	gboolean changed;  /* within the window */
	gboolean between;  /* one step has ended and the next one has not begun */
	gboolean failed;   /* a workload ended before its time */
	gdouble work_time; /* CPU seconds of this process that were a workload's */
} VmfcWorkloadLabels;

VmfcWorkloadLabels *
vmfc_workload_labels_new(void);
void
vmfc_workload_labels_set_workload(VmfcWorkloadLabels *labels, const gchar *workload,
				  gint64 iteration);
void
vmfc_workload_labels_begin_transition(VmfcWorkloadLabels *labels);
void
vmfc_workload_labels_interrupt(VmfcWorkloadLabels *labels);
void
vmfc_workload_labels_next_window(VmfcWorkloadLabels *labels);
void
vmfc_workload_labels_set_phase(VmfcWorkloadLabels *labels, const gchar *phase);
void
vmfc_workload_labels_set_target_load(VmfcWorkloadLabels *labels, gdouble percent);
