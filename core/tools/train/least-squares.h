/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * Linear least squares with weights that are not negative: minimise |A x - b| where x >= 0. Rows
 * are added one by one and folded into a triangle of n + 1 columns by Householder reflections, so
 * that a million rows take no more memory than a thousand and the condition number is not squared,
 * as it is by normal equations.
 */
typedef struct _VmfcLeastSquares VmfcLeastSquares;

VmfcLeastSquares *
vmfc_least_squares_new(guint n_columns);
VmfcLeastSquares *
vmfc_least_squares_copy(VmfcLeastSquares *problem);
void
vmfc_least_squares_free(VmfcLeastSquares *problem);
void
vmfc_least_squares_add(VmfcLeastSquares *problem, const gdouble *row, gdouble value,
		       gdouble weight);
gboolean
vmfc_least_squares_solve(VmfcLeastSquares *problem, gdouble *solution, gdouble *residual);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcLeastSquares, vmfc_least_squares_free)
