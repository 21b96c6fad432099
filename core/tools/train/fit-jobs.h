/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/candidates.h"

/* Fits of some candidates to some rows, and what they estimate for others. */
typedef struct {
	const VmfcSamples *samples;
	const VmfcCandidate *candidates;
	guint n_candidates;
	guint8 *training;    /* by row: whether it is fitted to */
	GArray *tested;	     /* of guint: rows to estimate */
	gdouble *estimates;  /* (out): of the tested rows, a candidate after the other */
	VmfcEstimator *fits; /* (out) */
	GError *error;	     /* (out) */
} VmfcFitJob;

/* Called in the thread of vmfc_fit_jobs_run() after each job. */
typedef void (*VmfcFitProgress)(gpointer data, guint n_done, guint n_jobs);

typedef struct {
	guint n_threads;
	VmfcFitProgress progress; /* (nullable) */
	gpointer data;
} VmfcFitRunner;

VmfcFitJob *
vmfc_fit_job_new(const VmfcSamples *samples, const VmfcCandidate *candidates, guint n_candidates);
void
vmfc_fit_job_free(VmfcFitJob *job);
void
vmfc_fit_job_set_tested(VmfcFitJob *job, const guint8 *is_tested, guint gap);
gboolean
vmfc_fit_jobs_run(GPtrArray *jobs, const VmfcFitRunner *runner, GError **error);
