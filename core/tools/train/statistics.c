/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/statistics.h"

#include <math.h>

/* A weight that was added up in another order may be that much less. */
#define ROUNDING 1e-12

/* Hoare's selection: afterwards values[k] is what it would be if they were sorted, and none after
 * it is less. */
static void
select_value(gdouble *values, gsize n, gsize k)
{
	gsize left = 0;
	gsize right = n - 1;

	while (left < right) {
		gdouble pivot = values[left + (right - left) / 2];
		gsize i = left;
		gsize j = right;
		for (;;) {
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i >= j)
				break;
			gdouble value = values[i];
			values[i++] = values[j];
			values[j--] = value;
		}
		if (k <= j)
			right = j;
		else
			left = j + 1;
	}
}

/*
 * With linear interpolation between the two nearest values (Hyndman and Fan 1996, type 7).
 *
 * @values: finite, at least one; their order changes
 */
gdouble
vmfc_statistics_quantile(gdouble *values, gsize n, gdouble share)
{
	gdouble at = (gdouble)(n - 1) * share;
	gsize low = (gsize)floor(at);
	gdouble part = at - (gdouble)low;

	select_value(values, n, low);
	gdouble first = values[low];
	if (low + 1 == n)
		return first;
	gdouble second = values[low + 1];
	for (gsize i = low + 2; i < n; i++)
		second = MIN(second, values[i]);
	return part < 0.5 ? first + (second - first) * part
			  : second - (second - first) * (1 - part);
}

/*
 * Returns: the smallest value up to which, in ascending order, the weights reach @share of their
 * sum; NaN where there is none
 *
 * @order: the numbers of @n values in ascending order of these
 */
gdouble
vmfc_statistics_weighted_quantile(const gdouble *values, const gdouble *weights, const guint *order,
				  gsize n, gdouble share)
{
	gdouble sum = 0;
	gdouble reached = 0;

	for (gsize i = 0; i < n; i++)
		sum += weights[order[i]];
	for (gsize i = 0; i < n; i++) {
		reached += weights[order[i]];
		if (reached >= share * sum * (1 - ROUNDING))
			return values[order[i]];
	}
	return n > 0 ? values[order[n - 1]] : NAN;
}

static gint
compare(gconstpointer one, gconstpointer other, gpointer data)
{
	const gdouble *values = data;
	guint a = *(const guint *)one;
	guint b = *(const guint *)other;

	if (values[a] != values[b])
		return values[a] < values[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Returns: (transfer full): the numbers of the values in ascending order of these, then of the
 *   numbers */
guint *
vmfc_statistics_order(const gdouble *values, gsize n)
{
	guint *order = g_new(guint, MAX(n, 1));

	for (gsize i = 0; i < n; i++)
		order[i] = (guint)i;
	qsort_r(order, n, sizeof(guint), compare, (gpointer)values);
	return order;
}

/* Pearson's. Returns: NaN where one of both does not change */
gdouble
vmfc_statistics_correlation(const gdouble *values, gsize stride, const gdouble *others, gsize n)
{
	gdouble mean_x = 0;
	gdouble mean_y = 0;
	gdouble xx = 0;
	gdouble yy = 0;
	gdouble xy = 0;

	for (gsize i = 0; i < n; i++) {
		mean_x += values[i * stride] / (gdouble)n;
		mean_y += others[i] / (gdouble)n;
	}
	for (gsize i = 0; i < n; i++) {
		gdouble x = values[i * stride] - mean_x;
		gdouble y = others[i] - mean_y;
		xx += x * x;
		yy += y * y;
		xy += x * y;
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx) / sqrt(yy) : NAN;
}
