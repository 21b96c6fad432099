/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/columns.h"
#include "rows/atomic-file.h"
#include "tools/merge/power-label.h"

typedef enum {
	VMFC_FORM_CSV,
	VMFC_FORM_JSON,
	VMFC_FORM_JSONL,
	VMFC_N_FORMS,
} VmfcForm;

/* A training set in one form. Its columns are the run, the features with unchanged texts, and the
 * labels. */
typedef struct {
	VmfcAtomicFile *draft;
	VmfcForm form;
	const VmfcColumns *columns;
	const VmfcOrigin *origin; /* of the current run */
	GString *run;		  /* the beginning of each of its rows */
	guint64 n_rows;
} VmfcTrainingFile;

const gchar *
vmfc_form_get_name(VmfcForm form);

VmfcTrainingFile *
vmfc_training_file_new(VmfcRunFiles *set, const gchar *part, VmfcForm form,
		       const VmfcColumns *columns, GError **error);
void
vmfc_training_file_free(VmfcTrainingFile *file);
void
vmfc_training_file_begin_run(VmfcTrainingFile *file, const gchar *run, const VmfcOrigin *origin);
gboolean
vmfc_training_file_add(VmfcTrainingFile *file, const VmfcTableRow *row, const VmfcPowerLabel *label,
		       GError **error);
gboolean
vmfc_training_file_publish(VmfcTrainingFile *file, VmfcRunFiles *set, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTrainingFile, vmfc_training_file_free)
