/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Quantiles and histograms of a report, against sorted numbers, and what it says of columns. */

#include <math.h>
#include <stdlib.h>

#include "../rows/table-of.h"
#include "tools/report/column-summary.h"

static gint
compare_numbers(gconstpointer one, gconstpointer other)
{
	gdouble a = *(const gdouble *)one;
	gdouble b = *(const gdouble *)other;
	return (a > b) - (a < b);
}

/* 2^-8 of it, and nothing where few numbers are kept as they are. */
static void
assert_near(gdouble value, gdouble wanted, guint n)
{
	g_assert_cmpfloat(fabs(value - wanted), <=, n <= VMFC_SKETCH_FEW ? 0 : fabs(wanted) / 256);
}

/* Numbers of both signs and zeros; exact as long as there are 32 or fewer. */
static void
test_quantiles(void)
{
	static const gdouble shares[] = {0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.99, 1};
	static const guint sizes[] = {1, 2, 3, 4, 31, 32, 33, 34, 35, 1000, 1001};
	guint n_negative = 0, n_zero = 0, n_positive = 0;

	for (guint i = 0; i < 4 * G_N_ELEMENTS(sizes); i++) {
		guint n = sizes[i / 4];
		g_autoptr(GRand) random = g_rand_new_with_seed(i);
		g_autoptr(VmfcSketch) sketch = vmfc_sketch_new(250);
		g_autofree gdouble *numbers = g_new(gdouble, n);
		for (guint k = 0; k < n; k++) {
			numbers[k] = g_rand_double_range(random, -1, 1) *
				     pow(2, g_rand_int_range(random, -20, 20));
			if (i % 4 == 1 || g_rand_int_range(random, 0, 8) == 0)
				numbers[k] = i % 4 == 1 && k % 3 != 0 ? numbers[k] : 0;
			if (i % 4 == 2)
				numbers[k] = -fabs(numbers[k]);
			if (i % 4 == 3)
				numbers[k] = fabs(numbers[k]);
			vmfc_sketch_add(sketch, numbers[k]);
		}
		qsort(numbers, n, sizeof(gdouble), compare_numbers);
		for (guint k = 0; k < G_N_ELEMENTS(shares); k++) {
			guint rank = (guint)MAX(ceil(shares[k] * n), 1) - 1;
			g_test_message("%u of %u: %g", rank, n, numbers[rank]);
			assert_near(vmfc_sketch_find_quantile(sketch, shares[k]), numbers[rank], n);
			n_negative += numbers[rank] < 0;
			n_zero += numbers[rank] == 0;
			n_positive += numbers[rank] > 0;
		}
		gdouble low = numbers[(n - 1) / 2], high = numbers[n / 2];
		gdouble most = n <= VMFC_SKETCH_FEW ? 0 : (fabs(low) + fabs(high)) / 512;
		g_assert_cmpfloat(fabs(vmfc_sketch_find_median(sketch) - (low / 2 + high / 2)), <=,
				  most);
	}
	g_assert_cmpuint(MIN(n_negative, MIN(n_zero, n_positive)), >, 20);
}

/* Without numbers, and where they have more powers of two than fit, no quantile is known. */
static void
test_unknown(void)
{
	for (guint n = 31; n <= 34; n++) {
		g_autoptr(VmfcSketch) sketch = vmfc_sketch_new(4);
		g_assert_true(isnan(vmfc_sketch_find_quantile(sketch, 0.5)));
		g_assert_true(isnan(vmfc_sketch_find_median(sketch)));
		for (guint i = 0; i < n; i++)
			vmfc_sketch_add(sketch, pow(2, i % 5));
		g_assert_cmpuint(sketch->n_pages, ==, 4);
		g_assert_cmpint(isnan(vmfc_sketch_find_median(sketch)), ==, n > 32);
		g_assert_cmpint(isnan(vmfc_sketch_find_quantile(sketch, 0.1)), ==, n > 32);
	}
}

/* A bar for each power of two, the empty ones between others too. */
static void
test_bars(void)
{
	static const gdouble numbers[] = {0, -3, -64, 8, 9, 15.99, 16, 1, 1.5};
	static const struct {
		gdouble from;
		guint64 n;
	} bars[] = {{1, 2}, {2, 0}, {4, 0}, {8, 3}, {16, 1}};
	g_autoptr(VmfcSketch) sketch = vmfc_sketch_new(250);

	g_autoptr(GArray) none = vmfc_sketch_list_bars(sketch);
	g_assert_cmpuint(none->len, ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
		vmfc_sketch_add(sketch, numbers[i]);
	g_autoptr(GArray) list = vmfc_sketch_list_bars(sketch);
	g_assert_cmpuint(list->len, ==, G_N_ELEMENTS(bars));
	for (guint i = 0; i < list->len; i++) {
		const VmfcSketchBar *bar = &g_array_index(list, VmfcSketchBar, i);
		g_assert_cmpfloat(bar->from, ==, bars[i].from);
		g_assert_cmpfloat(bar->to, ==, 2 * bars[i].from);
		g_assert_cmpuint(bar->n, ==, bars[i].n);
	}
}

/* Numbers, texts and missing cells are told apart, and a value is that of its own row. */
static void
test_columns(void)
{
	static const struct {
		gdouble values[4];
		guint64 n_present;
		guint64 n_numbers;
		gdouble minimum;
		gdouble maximum;
	} columns[] = {
		{{1, NAN, 3, -2}, 3, 3, -2, 3},
		{{NAN, NAN, NAN, NAN}, 3, 0, INFINITY, -INFINITY},
		{{NAN, NAN, NAN, NAN}, 0, 0, INFINITY, -INFINITY},
		{{0, 5, NAN, NAN}, 3, 2, 0, 5},
		/* what is not finite is missing */
		{{NAN, 1, NAN, NAN}, 1, 1, 1, 1},
	};
	g_autoptr(VmfcTable) table = table_of("a,b,c,d,e\n1,x,,0,nan\n,y,,5,1\n"
					      "3,z,,t,inf\n-2,,,,\n");
	g_autoptr(VmfcColumnSummaries) summaries = vmfc_column_summaries_new(table);
	const VmfcTableRow *row;

	for (guint i = 0; i < 4; i++) {
		g_assert_true(vmfc_table_reader_next(table, &row, NULL));
		vmfc_column_summaries_add(summaries, row);
		for (guint k = 0; k < 5; k++) {
			gdouble wanted = columns[k].values[i];
			if (isnan(wanted))
				g_assert_true(isnan(summaries->values[k]));
			else
				g_assert_cmpfloat(summaries->values[k], ==, wanted);
		}
	}
	for (guint k = 0; k < 5; k++) {
		const gchar name[] = {"abcde"[k], '\0'};
		const VmfcColumnSummary *column = vmfc_column_summaries_find(summaries, name);
		g_assert_cmpuint(column->n_present, ==, columns[k].n_present);
		g_assert_cmpuint(column->n_numbers, ==, columns[k].n_numbers);
		g_assert_cmpfloat(column->minimum, ==, columns[k].minimum);
		g_assert_cmpfloat(column->maximum, ==, columns[k].maximum);
		g_assert_cmpint(column->sketch != NULL, ==, columns[k].n_numbers > 0);
	}
	g_assert_null(vmfc_column_summaries_find(summaries, "f"));
	g_assert_cmpuint(summaries->n_rows, ==, 4);
}

/* Doubles next to each other are told apart: the extremes are those of the texts. */
static void
test_near_extremes(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	for (guint i = 0; i < 600; i++) {
		gdouble one = g_rand_double_range(random, -1, 1) *
			      pow(10, g_rand_int_range(random, -9, 19));
		gdouble other = nextafter(one, i % 2 == 0 ? INFINITY : -INFINITY);
		gchar numbers[2][G_ASCII_DTOSTR_BUF_SIZE];
		const VmfcTableRow *row;
		g_ascii_formatd(numbers[0], sizeof numbers[0], "%.20g", one);
		g_ascii_formatd(numbers[1], sizeof numbers[1], "%.20g", other);
		g_autofree gchar *text = g_strdup_printf("x\n%s\n%s\n", numbers[0], numbers[1]);
		g_autoptr(VmfcTable) table = table_of(text);
		g_autoptr(VmfcColumnSummaries) summaries = vmfc_column_summaries_new(table);
		while (vmfc_table_reader_next(table, &row, NULL) && row != NULL)
			vmfc_column_summaries_add(summaries, row);
		g_test_message("%s", text);
		g_assert_cmpfloat(summaries->columns[0].minimum, ==, MIN(one, other));
		g_assert_cmpfloat(summaries->columns[0].maximum, ==, MAX(one, other));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report-sketch/quantiles", test_quantiles);
	g_test_add_func("/report-sketch/unknown", test_unknown);
	g_test_add_func("/report-sketch/bars", test_bars);
	g_test_add_func("/report-sketch/columns", test_columns);
	g_test_add_func("/report-sketch/near-extremes", test_near_extremes);
	return g_test_run();
}
