/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/document.h"
#include "model/machine.h"
#include "rows/row-clock.h"
#include "rows/table-reader.h"

/* One file of a training set, and what is known of it. */
typedef struct {
	VmfcTable *table;
	VmfcRowClock clock;
	gboolean has_clock;
	gchar *name; /* without its folder */
	gchar *sha256;
	JsonNode *meta; /* (nullable): what `vmfc merge` says of it */
	guint64 n_rows;
	gdouble newest; /* time of its last row; NaN where not known */
} VmfcTrainingInput;

VmfcTrainingInput *
vmfc_training_input_open(const gchar *path, GError **error);
void
vmfc_training_input_free(VmfcTrainingInput *input);
JsonObject *
vmfc_training_input_find_column(const VmfcTrainingInput *input, const gchar *name);
void
vmfc_training_input_find_machine(const VmfcTrainingInput *input, VmfcModelMachine *machine,
				 gint64 *n_cpus);
const gchar *
vmfc_training_input_get_unit(const VmfcTrainingInput *input, const gchar *name);
const gchar *
vmfc_training_input_get_kind(const VmfcTrainingInput *input, const gchar *name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTrainingInput, vmfc_training_input_free)
