/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Solves least squares with weights that are not negative, for train_least_squares.py. Reads
 * problem after problem: rows, columns, and of each row its numbers and its value, as doubles;
 * writes the weights of each.
 */

#include <stdio.h>

#include "tools/train/least-squares.h"

static gboolean
read_all(gdouble *values, gsize n)
{
	return fread(values, sizeof(gdouble), n, stdin) == n;
}

int
main(void)
{
	gdouble size[2];

	while (read_all(size, 2)) {
		guint n = (guint)size[1];
		g_autoptr(VmfcLeastSquares) problem = vmfc_least_squares_new(n);
		g_autofree gdouble *row = g_new(gdouble, n + 1);
		g_autofree gdouble *solution = g_new(gdouble, n);
		for (guint i = 0; i < (guint)size[0]; i++) {
			if (!read_all(row, n + 1))
				return 1;
			vmfc_least_squares_add(problem, row, row[n], 1);
		}
		if (!vmfc_least_squares_solve(problem, solution, NULL))
			return 1;
		fwrite(solution, sizeof(gdouble), n, stdout);
	}
	return 0;
}
