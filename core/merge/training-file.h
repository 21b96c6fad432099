/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "merge/draft.h"
#include "merge/label.h"

typedef enum {
	VMFC_FORM_CSV,
	VMFC_FORM_JSON,
	VMFC_FORM_JSONL,
	VMFC_N_FORMS,
} VmfcForm;

/* A training set in one form: the columns of the features, texts unchanged, and the labels. */
typedef struct {
	VmfcDraft *draft;
	VmfcForm form;
	const VmfcTable *features;
	gboolean has_zone[VMFC_N_ZONES];
	GString *keys;	     /* JSON: `"name": ` of each column, with what comes before */
	GArray *key_lengths; /* of guint */
	GArray *lists;	     /* of guint8: whether a column's texts are lists */
	guint64 n_rows;
} VmfcTrainingFile;

const gchar *
vmfc_form_get_name(VmfcForm form);

VmfcTrainingFile *
vmfc_training_file_new(VmfcOutputSet *set, const gchar *part, VmfcForm form,
		       const VmfcTable *features, const VmfcPower *power, GError **error);
void
vmfc_training_file_free(VmfcTrainingFile *file);
gboolean
vmfc_training_file_add(VmfcTrainingFile *file, const VmfcTableRow *row, const VmfcLabel *label,
		       GError **error);
gboolean
vmfc_training_file_publish(VmfcTrainingFile *file, VmfcOutputSet *set, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTrainingFile, vmfc_training_file_free)
