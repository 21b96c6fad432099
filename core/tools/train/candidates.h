/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"
#include "tools/train/samples.h"

/* A way to fit a model. */
typedef struct {
	const gchar *name; /* as figures call it */
	VmfcFamily family;
	gdouble penalty; /* of its linear part */
} VmfcCandidate;

gboolean
vmfc_family_is_available(VmfcFamily family);
GArray *
vmfc_candidates_new(const gboolean *families);

gboolean
vmfc_candidates_fit(const VmfcCandidate *candidates, guint n_candidates,
		    const VmfcSelection *selection, VmfcEstimator *fits, GError **error);
