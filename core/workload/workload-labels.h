/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* The labels of a record. */
typedef struct {
	gchar workload[VMFC_STRING_SIZE];
	gchar phase[VMFC_STRING_SIZE]; /* empty: none */
	gdouble target_load;	       /* percent; NaN: none */
	gint64 iteration;
} VmfcWorkloadLabelValues;

/*
 * The current labels and those at the start of the window. A record gets the labels of the start. A
 * change within the window makes the record a transition.
 */
typedef struct {
	VmfcWorkloadLabelValues now;
	VmfcWorkloadLabelValues at_start;
	gboolean changed;  /* within the window */
	gboolean between;  /* one step has ended and the next one has not begun */
	gboolean failed;   /* a workload ended too early */
	gdouble work_time; /* CPU seconds of this process that a workload used */
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
