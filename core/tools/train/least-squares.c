/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/least-squares.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Rows that are folded at a time: few enough to stay in the cache. */
#define N_FOLDED 128
/* Lawson and Hanson end after few rounds; SciPy gives up after three for each column as well. */
#define ROUNDS_PER_COLUMN 3

struct _VmfcLeastSquares {
	guint n;	  /* columns of A */
	guint width;	  /* n + 1: b is the last column */
	guint n_rows;	  /* in use, of the matrix */
	gdouble *rows;	  /* (width + N_FOLDED) x width, by row; the first ones are the triangle */
	gdouble *passive; /* scratch for one problem of the passive columns */
};

VmfcLeastSquares *
vmfc_least_squares_new(guint n_columns)
{
	VmfcLeastSquares *problem = g_new0(VmfcLeastSquares, 1);

	problem->n = n_columns;
	problem->width = n_columns + 1;
	problem->rows = g_new0(gdouble, (gsize)(problem->width + N_FOLDED) * problem->width);
	problem->passive = g_new0(gdouble, (gsize)problem->width * problem->width);
	return problem;
}

void
vmfc_least_squares_free(VmfcLeastSquares *problem)
{
	g_free(problem->rows);
	g_free(problem->passive);
	g_free(problem);
}

/* ------------------------------------------------------------- folding */

/* Of a column from a row on, without overflow. */
static gdouble
get_norm(const gdouble *column, guint n_rows, guint width, guint first)
{
	gdouble largest = 0;
	gdouble sum = 0;

	for (guint i = first; i < n_rows; i++)
		largest = MAX(largest, fabs(column[(gsize)i * width]));
	if (largest == 0)
		return 0;
	for (guint i = first; i < n_rows; i++) {
		gdouble part = column[(gsize)i * width] / largest;
		sum += part * part;
	}
	return largest * sqrt(sum);
}

/*
 * Makes zero what is below the diagonal in one column, by a Householder reflection of all rows from
 * there on (Golub and Van Loan, Matrix Computations, 5.1).
 */
static void
reflect(gdouble *matrix, guint n_rows, guint width, guint pivot)
{
	gdouble norm = get_norm(matrix + pivot, n_rows, width, pivot);

	if (norm == 0)
		return;
	gdouble head = matrix[(gsize)pivot * width + pivot];
	gdouble alpha = head > 0 ? -norm : norm;
	gdouble first = head - alpha;
	/* v = (first, column below); v'v / 2 = alpha * (alpha - head) */
	gdouble half = alpha * (alpha - head);
	for (guint j = pivot + 1; j < width; j++) {
		gdouble dot = first * matrix[(gsize)pivot * width + j];
		for (guint i = pivot + 1; i < n_rows; i++)
			dot += matrix[(gsize)i * width + pivot] * matrix[(gsize)i * width + j];
		gdouble factor = dot / half;
		matrix[(gsize)pivot * width + j] -= factor * first;
		for (guint i = pivot + 1; i < n_rows; i++)
			matrix[(gsize)i * width + j] -= factor * matrix[(gsize)i * width + pivot];
	}
	matrix[(gsize)pivot * width + pivot] = alpha;
	for (guint i = pivot + 1; i < n_rows; i++)
		matrix[(gsize)i * width + pivot] = 0;
}

static void
fold(VmfcLeastSquares *problem)
{
	guint n_pivots = MIN(problem->width, problem->n_rows);

	for (guint pivot = 0; pivot < n_pivots; pivot++)
		reflect(problem->rows, problem->n_rows, problem->width, pivot);
	problem->n_rows = n_pivots;
}

/* Returns: (transfer full): with all rows that were added to @problem, to which others can be added
 */
VmfcLeastSquares *
vmfc_least_squares_copy(VmfcLeastSquares *problem)
{
	VmfcLeastSquares *copy = vmfc_least_squares_new(problem->n);

	fold(problem);
	memcpy(copy->rows, problem->rows,
	       (gsize)problem->n_rows * problem->width * sizeof(gdouble));
	copy->n_rows = problem->n_rows;
	return copy;
}

/*
 * @row: as many numbers as the problem has columns, all finite
 * @weight: how much its squared error counts
 */
void
vmfc_least_squares_add(VmfcLeastSquares *problem, const gdouble *row, gdouble value, gdouble weight)
{
	gdouble root = sqrt(weight);
	gdouble *to = problem->rows + (gsize)problem->n_rows * problem->width;

	for (guint i = 0; i < problem->n; i++)
		to[i] = root * row[i];
	to[problem->n] = root * value;
	if (++problem->n_rows == problem->width + N_FOLDED)
		fold(problem);
}

/* -------------------------------------------------------------- solving */

/*
 * The gradient of what is minimised, with its sign changed and by the length of each column, so
 * that units do not matter: the cosine of a column and what is left, times the length of that.
 */
static void
get_descent(const VmfcLeastSquares *problem, const gdouble *solution, gdouble *descent)
{
	g_autofree gdouble *squares = g_new0(gdouble, problem->width);

	memset(descent, 0, problem->n * sizeof(gdouble));
	for (guint i = 0; i < problem->n_rows; i++) {
		const gdouble *row = problem->rows + (gsize)i * problem->width;
		gdouble rest = row[problem->n];
		for (guint j = 0; j < problem->n; j++)
			rest -= row[j] * solution[j];
		for (guint j = 0; j < problem->n; j++) {
			descent[j] += row[j] * rest;
			squares[j] += row[j] * row[j];
		}
	}
	for (guint j = 0; j < problem->n; j++)
		descent[j] = squares[j] > 0 ? descent[j] / sqrt(squares[j]) : 0;
}

/*
 * Least squares of the passive columns alone, without a bound.
 *
 * Returns: %FALSE where they depend on each other
 */
static gboolean
solve_passive(VmfcLeastSquares *problem, const guint *passive, guint n_passive, gdouble *solution)
{
	guint width = n_passive + 1;
	gdouble *matrix = problem->passive;

	for (guint i = 0; i < problem->n_rows; i++) {
		const gdouble *row = problem->rows + (gsize)i * problem->width;
		for (guint j = 0; j < n_passive; j++)
			matrix[(gsize)i * width + j] = row[passive[j]];
		matrix[(gsize)i * width + n_passive] = row[problem->n];
	}
	for (guint pivot = 0; pivot < n_passive; pivot++)
		reflect(matrix, problem->n_rows, width, pivot);
	for (guint k = n_passive; k-- > 0;) {
		gdouble sum = matrix[(gsize)k * width + n_passive];
		gdouble diagonal = matrix[(gsize)k * width + k];
		if (k >= problem->n_rows || fabs(diagonal) <= DBL_MIN)
			return FALSE;
		for (guint j = k + 1; j < n_passive; j++)
			sum -= matrix[(gsize)k * width + j] * solution[j];
		solution[k] = sum / diagonal;
	}
	return TRUE;
}

/* The state of a search. */
typedef struct {
	guint *passive; /* columns whose weight may be positive, in the order in which they came */
	guint n_passive;
	gboolean *is_passive;
	gdouble *trial; /* of the passive columns */
	gdouble *descent;
	gdouble tolerance;
} Search;

static gint
find_best_column(const VmfcLeastSquares *problem, const Search *search)
{
	gdouble largest = search->tolerance;
	gint best = -1;

	for (guint j = 0; j < problem->n; j++) {
		if (search->is_passive[j] || !(search->descent[j] > largest))
			continue;
		largest = search->descent[j];
		best = (gint)j;
	}
	return best;
}

/* Moves towards the trial until the first weight becomes 0, and gives up the columns of those. */
static void
retreat(Search *search, gdouble *solution)
{
	gdouble step = 2;
	guint n_kept = 0;
	guint first = 0;

	for (guint k = 0; k < search->n_passive; k++) {
		gdouble at = solution[search->passive[k]];
		gdouble until = search->trial[k] <= 0 ? at / (at - search->trial[k]) : 2;
		if (until < step) {
			step = until;
			first = k;
		}
	}
	for (guint k = 0; k < search->n_passive; k++) {
		guint column = search->passive[k];
		solution[column] += step * (search->trial[k] - solution[column]);
		if (k == first || solution[column] <= 0) {
			solution[column] = 0;
			search->is_passive[column] = FALSE;
			continue;
		}
		search->passive[n_kept++] = column;
	}
	search->n_passive = n_kept;
}

static gboolean
is_positive(const Search *search)
{
	for (guint k = 0; k < search->n_passive; k++) {
		if (!(search->trial[k] > 0))
			return FALSE;
	}
	return TRUE;
}

/*
 * Makes the column passive, and others bound, until all passive weights are positive.
 *
 * Returns: %FALSE where the column can have no weight: rounding made it look as if, or it depends
 * on those that are passive
 */
static gboolean
take_column(VmfcLeastSquares *problem, Search *search, guint column, gdouble *solution)
{
	guint last = search->n_passive++;

	search->passive[last] = column;
	if (!solve_passive(problem, search->passive, search->n_passive, search->trial) ||
	    search->trial[last] <= 0) {
		search->n_passive--;
		return FALSE;
	}
	search->is_passive[column] = TRUE;
	while (!is_positive(search)) {
		retreat(search, solution);
		if (!solve_passive(problem, search->passive, search->n_passive, search->trial))
			break;
	}
	for (guint k = 0; k < search->n_passive; k++)
		solution[search->passive[k]] = search->trial[k];
	return TRUE;
}

static gdouble
get_residual(const VmfcLeastSquares *problem, const gdouble *solution)
{
	gdouble norm = 0;

	for (guint i = 0; i < problem->n_rows; i++) {
		const gdouble *row = problem->rows + (gsize)i * problem->width;
		gdouble rest = row[problem->n];
		for (guint j = 0; j < problem->n; j++)
			rest -= row[j] * solution[j];
		norm = hypot(norm, rest);
	}
	return norm;
}

/*
 * The active set method of Lawson and Hanson, Solving Least Squares Problems, chapter 23.
 *
 * @solution: (out): a weight for each column
 * @residual: (out) (optional): |A x - b|, weighted
 *
 * Returns: %FALSE when it did not converge
 */
gboolean
vmfc_least_squares_solve(VmfcLeastSquares *problem, gdouble *solution, gdouble *residual)
{
	guint n = problem->n;
	g_autofree guint *passive = g_new0(guint, n + 1);
	g_autofree gboolean *is_passive = g_new0(gboolean, n + 1);
	g_autofree gdouble *trial = g_new0(gdouble, n + 1);
	g_autofree gdouble *descent = g_new0(gdouble, n + 1);
	Search search = {passive, 0, is_passive, trial, descent, 0};
	gint column;

	fold(problem);
	memset(solution, 0, n * sizeof(gdouble));
	get_descent(problem, solution, descent);
	for (guint j = 0; j < n; j++)
		search.tolerance = MAX(search.tolerance, fabs(descent[j]));
	/* what rounding leaves of a gradient that is 0 */
	search.tolerance *= 10 * DBL_EPSILON * n;
	for (guint round = 0; round < ROUNDS_PER_COLUMN * MAX(n, 1);) {
		column = find_best_column(problem, &search);
		if (column < 0) {
			if (residual != NULL)
				*residual = get_residual(problem, solution);
			return TRUE;
		}
		if (!take_column(problem, &search, (guint)column, solution)) {
			descent[column] = 0;
			continue;
		}
		get_descent(problem, solution, descent);
		round++;
	}
	return FALSE;
}
