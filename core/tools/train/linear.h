/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"
#include "tools/train/least-squares.h"
#include "tools/train/samples.h"

/* Which terms a linear model is made of. */
typedef enum {
	VMFC_LINEAR_CURVE, /* segments of the utilisation alone */
	VMFC_LINEAR_TERMS, /* concave and convex ones of every feature */
} VmfcLinearForm;

/* A linear model of some rows, to be solved with one penalty after the other. */
typedef struct {
	GArray *terms; /* of VmfcTerm, without weights */
	VmfcLeastSquares *problem;
} VmfcLinear;

VmfcLinear *
vmfc_linear_new(const VmfcSelection *selection, const gdouble *weights, VmfcLinearForm form);
void
vmfc_linear_free(VmfcLinear *linear);
void
vmfc_linear_solve(const VmfcLinear *linear, gdouble penalty, VmfcEstimator *estimator);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcLinear, vmfc_linear_free)
