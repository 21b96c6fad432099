/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* IEEE 754: the exponent of a double has 11 bits, and its fraction 52. */
#define FRACTION_BITS 52
#define BIN_BITS      7
#define EXPONENT_BIAS 1023
#define MAX_PAGES     250

G_STATIC_ASSERT(1 << BIN_BITS == VMFC_SKETCH_BINS);

/* @max_pages: of a KiB each */
VmfcSketch *
vmfc_sketch_new(guint max_pages)
{
	VmfcSketch *sketch = g_new0(VmfcSketch, 1);

	sketch->max_pages = (guint8)MIN(max_pages, MAX_PAGES);
	return sketch;
}

void
vmfc_sketch_free(VmfcSketch *sketch)
{
	g_free(sketch->counts);
	g_free(sketch);
}

/* Returns: its number, from 1; 0 if there are too many */
static guint8
add_page(VmfcSketch *sketch, guint sign, guint power)
{
	if (sketch->n_pages >= sketch->max_pages)
		return 0;
	sketch->counts = g_renew(guint64, sketch->counts,
				 (gsize)(sketch->n_pages + 1) * VMFC_SKETCH_BINS);
	memset(sketch->counts + (gsize)sketch->n_pages * VMFC_SKETCH_BINS, 0,
	       VMFC_SKETCH_BINS * sizeof(guint64));
	return sketch->pages[sign][power] = ++sketch->n_pages;
}

/* @value: finite */
void
vmfc_sketch_add(VmfcSketch *sketch, gdouble value)
{
	guint64 bits;

	memcpy(&bits, &value, sizeof bits);
	guint power = bits >> FRACTION_BITS & (VMFC_SKETCH_POWERS - 1);
	guint sign = (guint)(bits >> 63);
	guint bin = bits >> (FRACTION_BITS - BIN_BITS) & (VMFC_SKETCH_BINS - 1);
	if (sketch->n < VMFC_SKETCH_FEW)
		sketch->few[sketch->n] = value;
	sketch->n++;
	if (power == 0) { /* 0, or next to it */
		sketch->n_zero++;
		return;
	}
	guint8 page = sketch->pages[sign][power];
	if (page == 0)
		page = add_page(sketch, sign, power);
	if (page == 0)
		sketch->n_other++;
	else
		sketch->counts[(gsize)(page - 1) * VMFC_SKETCH_BINS + bin]++;
}

static const guint64 *
get_page(const VmfcSketch *sketch, guint sign, guint power)
{
	guint8 page = sketch->pages[sign][power];
	return page > 0 ? sketch->counts + (gsize)(page - 1) * VMFC_SKETCH_BINS : NULL;
}

/* Returns: the middle of a bin */
static gdouble
get_middle(guint sign, guint power, guint bin)
{
	gdouble size = ldexp(1 + (bin + 0.5) / VMFC_SKETCH_BINS, (gint)power - EXPONENT_BIAS);
	return sign == 1 ? -size : size;
}

/*
 * Walks over the numbers of one sign, the smallest first.
 *
 * @rank: (inout): of the number that is looked for among those that are left, from 0
 *
 * Returns: whether it is one of these
 */
static gboolean
find_in_sign(const VmfcSketch *sketch, guint sign, guint64 *rank, gdouble *value)
{
	for (guint i = 0; i < VMFC_SKETCH_POWERS; i++) {
		guint power = sign == 1 ? VMFC_SKETCH_POWERS - 1 - i : i;
		const guint64 *counts = get_page(sketch, sign, power);
		for (guint k = 0; counts != NULL && k < VMFC_SKETCH_BINS; k++) {
			guint bin = sign == 1 ? VMFC_SKETCH_BINS - 1 - k : k;
			if (*rank < counts[bin]) {
				*value = get_middle(sign, power, bin);
				return TRUE;
			}
			*rank -= counts[bin];
		}
	}
	return FALSE;
}

static gint
compare_numbers(gconstpointer one, gconstpointer other)
{
	gdouble a = *(const gdouble *)one;
	gdouble b = *(const gdouble *)other;
	return (a > b) - (a < b);
}

static gdouble
find_rank_of_few(const VmfcSketch *sketch, guint64 rank)
{
	gdouble sorted[VMFC_SKETCH_FEW];

	memcpy(sorted, sketch->few, sizeof sorted);
	qsort(sorted, sketch->n, sizeof(gdouble), compare_numbers);
	return sorted[rank];
}

/* @rank: from 0, below the count. Returns: NaN if it is unknown */
static gdouble
find_rank(const VmfcSketch *sketch, guint64 rank)
{
	gdouble value = NAN;

	if (sketch->n <= VMFC_SKETCH_FEW)
		return find_rank_of_few(sketch, rank);
	if (sketch->n_other > 0)
		return NAN;
	if (find_in_sign(sketch, 1, &rank, &value))
		return value;
	if (rank < sketch->n_zero)
		return 0;
	rank -= sketch->n_zero;
	find_in_sign(sketch, 0, &rank, &value);
	return value;
}

/* Returns: the smallest number with at least this share of all below or at it; NaN if it is unknown
 */
gdouble
vmfc_sketch_find_quantile(const VmfcSketch *sketch, gdouble share)
{
	if (sketch->n == 0)
		return NAN;
	guint64 rank = (guint64)ceil(share * (gdouble)sketch->n);
	return find_rank(sketch, CLAMP(rank, 1, sketch->n) - 1);
}

/* Returns: the mean of both middle numbers if their count is even; NaN if it is unknown */
gdouble
vmfc_sketch_find_median(const VmfcSketch *sketch)
{
	if (sketch->n == 0)
		return NAN;
	gdouble low = find_rank(sketch, (sketch->n - 1) / 2);
	gdouble high = sketch->n % 2 == 0 ? find_rank(sketch, sketch->n / 2) : low;
	return low / 2 + high / 2;
}

/*
 * Returns: (transfer full): of VmfcSketchBar, one for each power of two from the smallest positive
 *   number to the largest
 */
GArray *
vmfc_sketch_list_bars(const VmfcSketch *sketch)
{
	GArray *bars = g_array_new(FALSE, FALSE, sizeof(VmfcSketchBar));
	guint n_with_numbers = 0;

	for (guint power = 1; power < VMFC_SKETCH_POWERS - 1; power++) {
		const guint64 *counts = get_page(sketch, 0, power);
		VmfcSketchBar bar = {.from = ldexp(1, (gint)power - EXPONENT_BIAS)};
		bar.to = 2 * bar.from;
		for (guint bin = 0; counts != NULL && bin < VMFC_SKETCH_BINS; bin++)
			bar.n += counts[bin];
		if (bar.n > 0)
			n_with_numbers = bars->len + 1;
		if (bar.n > 0 || bars->len > 0)
			g_array_append_val(bars, bar);
	}
	g_array_set_size(bars, n_with_numbers);
	return bars;
}
