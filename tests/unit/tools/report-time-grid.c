/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Rows over time in a report: each is counted once, wherever the grid grows; and the gaps between
 * them. */

#include "tools/report/gaps.h"

#define N_SERIES 2

typedef struct {
	VmfcTimeGrid grid;
	GArray *times; /* of gdouble */
	gdouble sum;   /* of the second series */
	gdouble minimum;
	gdouble maximum;
	guint n_values;
	guint n_marked;
	guint n_out;
} Rows;

static void
rows_init(Rows *rows)
{
	*rows = (Rows){.times = g_array_new(FALSE, FALSE, sizeof(gdouble)),
		       .minimum = INFINITY,
		       .maximum = -INFINITY};
	vmfc_time_grid_init(&rows->grid, N_SERIES);
}

static void
rows_clear(Rows *rows)
{
	vmfc_time_grid_clear(&rows->grid);
	g_array_unref(rows->times);
}

static void
rows_add(Rows *rows, gdouble time, guint16 label)
{
	guint i = rows->times->len;
	gdouble value = i % 7 == 3 ? NAN : sin(i) * i;
	guint slot = vmfc_time_grid_add_row(&rows->grid, time, label, i % 5 == 0);

	rows->grid.slots[slot].n_out_of_range += i % 3 == 0;
	vmfc_time_grid_add(&rows->grid, slot, 0, 1);
	vmfc_time_grid_add(&rows->grid, slot, 1, value);
	g_array_append_val(rows->times, time);
	rows->n_marked += i % 5 == 0;
	rows->n_out += i % 3 == 0;
	if (isnan(value))
		return;
	rows->sum += value;
	rows->n_values++;
	rows->minimum = fmin(rows->minimum, value);
	rows->maximum = fmax(rows->maximum, value);
}

/* All rows are in the columns, once each, in their order. @most: columns */
static void
assert_columns(const Rows *rows, guint most)
{
	g_autoptr(GArray) columns = vmfc_time_grid_join(&rows->grid, most, 1);
	VmfcTimeCell all = {.minimum = INFINITY, .maximum = -INFINITY};
	guint64 n_rows = 0, n_marked = 0, n_out = 0;
	gdouble first = INFINITY, last = -INFINITY;

	g_assert_cmpuint(columns->len, <=, most);
	for (guint i = 0; i < columns->len; i++) {
		const VmfcTimeColumn *column = &g_array_index(columns, VmfcTimeColumn, i);
		guint64 n_within = 0;
		g_assert_cmpfloat(column->slot.first, <=, column->slot.last);
		g_assert_cmpfloat(column->slot.first, >, last);
		first = fmin(first, column->slot.first);
		last = column->slot.last;
		for (guint k = 0; k < rows->times->len; k++) {
			gdouble time = g_array_index(rows->times, gdouble, k);
			n_within += time >= column->slot.first && time <= column->slot.last;
		}
		g_assert_cmpuint(column->slot.n_rows, ==, n_within);
		n_rows += column->slot.n_rows;
		n_marked += column->slot.n_marked;
		n_out += column->slot.n_out_of_range;
		all.sum += column->cell.sum;
		all.n += column->cell.n;
		if (column->cell.n == 0)
			continue;
		all.minimum = fmin(all.minimum, column->cell.minimum);
		all.maximum = fmax(all.maximum, column->cell.maximum);
	}
	g_assert_cmpuint(n_rows, ==, rows->times->len);
	g_assert_cmpuint(n_marked, ==, rows->n_marked);
	g_assert_cmpuint(n_out, ==, rows->n_out);
	g_assert_cmpuint(all.n, ==, rows->n_values);
	g_assert_cmpfloat_with_epsilon(all.sum, rows->sum, 1e-6);
	g_assert_cmpfloat(all.minimum, ==, rows->minimum);
	g_assert_cmpfloat(all.maximum, ==, rows->maximum);
	g_assert_cmpfloat(vmfc_time_grid_get_first(&rows->grid), ==, first);
	g_assert_cmpfloat(vmfc_time_grid_get_last(&rows->grid), ==, last);
}

/* Into the future, into the past, both in turn, at random, and with steps of several sizes. */
static void
test_growth(void)
{
	static const gdouble steps[] = {4.0 / 1024, 0.1, 1, 3600};

	for (guint i = 0; i < 4 * G_N_ELEMENTS(steps); i++) {
		g_autoptr(GRand) random = g_rand_new_with_seed(i);
		gdouble step = steps[i / 4];
		Rows rows;
		rows_init(&rows);
		for (guint k = 0; k < 400; k++) {
			gdouble n = i % 4 == 0	 ? k
				    : i % 4 == 1 ? -(gdouble)k
				    : i % 4 == 2 ? (k % 2 == 0 ? 1.0 : -1.0) * k
						 : g_rand_int_range(random, -3000, 3000);
			rows_add(&rows, 2e9 + step * n, VMFC_TIME_GRID_NO_LABEL);
		}
		for (guint most = 1; most <= 1024; most += most < 8 ? 1 : 127)
			assert_columns(&rows, most);
		rows_clear(&rows);
	}
}

/* A slot holds up to the time at which the next one begins, and the grid as much as all of them. */
static void
test_edges(void)
{
	for (guint n = 1023; n <= 1025; n++) {
		Rows rows;
		rows_init(&rows);
		rows_add(&rows, 0, 0);
		rows_add(&rows, n / 1024.0, 0);
		g_assert_cmpfloat(rows.grid.width, ==, n < 1024 ? 1 / 1024.0 : 2 / 1024.0);
		g_assert_cmpfloat(rows.grid.origin, ==, 0);
		rows_add(&rows, -1 / 1024.0, 0);
		g_assert_cmpfloat(rows.grid.origin, <, 0);
		assert_columns(&rows, 1024);
		rows_clear(&rows);
	}
	Rows none;
	rows_init(&none);
	g_assert_true(isnan(vmfc_time_grid_get_first(&none.grid)));
	g_assert_true(isnan(vmfc_time_grid_get_last(&none.grid)));
	g_autoptr(GArray) columns = vmfc_time_grid_join(&none.grid, 10, 0);
	g_assert_cmpuint(columns->len, ==, 0);
	rows_clear(&none);
}

/* The label of a column is that of most of its rows, of which a slot may have several. */
static void
test_labels(void)
{
	static const struct {
		const gchar *labels; /* of rows in a column, slot by slot */
		gchar most;
	} cases[] = {{"a a b", 'a'},	 {"a b b", 'b'},   {"a b c b b", 'b'}, {"a a a bb bb", 'b'},
		     {"bb bb aaa", 'b'}, {"ca cb c", 'c'}, {"aa bbb aa", 'a'}, {"b aaa bbb", 'b'}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rows rows;
		rows_init(&rows);
		for (guint k = 0; cases[i].labels[k] != '\0'; k++) {
			/* a blank is a second; without one, they are in one slot */
			guint n_slots = 0;
			for (guint j = 0; j < k; j++)
				n_slots += cases[i].labels[j] == ' ';
			if (cases[i].labels[k] != ' ')
				rows_add(&rows, n_slots + k * 1e-5, (guint16)cases[i].labels[k]);
		}
		g_autoptr(GArray) columns = vmfc_time_grid_join(&rows.grid, 1, 0);
		g_test_message("%s", cases[i].labels);
		g_assert_cmpuint(columns->len, ==, 1);
		g_assert_cmpint(g_array_index(columns, VmfcTimeColumn, 0).slot.label, ==,
				cases[i].most);
		rows_clear(&rows);
	}
}

/* ------------------------------------------------------------------ gaps */

static const VmfcGap *
gap_at(const VmfcGaps *gaps, guint i)
{
	g_assert_cmpuint(i, <, gaps->gaps->len);
	return &g_array_index(gaps->gaps, VmfcGap, i);
}

/* More than half a window before a window is a gap; without lengths it is two and a half steps. */
static void
test_gaps(void)
{
	static const struct {
		gdouble times[6];
		gdouble lengths[6];
		guint n;
		gdouble from;
		gdouble to;
	} cases[] = {
		{{1, 2, 3, 4, 5, 6}, {1, 1, 1, 1, 1, 1}, 0, 0, 0},
		{{1, 2, 3.5, 4.5, 5.5, 6.5}, {1, 1, 1, 1, 1, 1}, 0, 0, 0},
		{{1, 2, 3.625, 4.5, 5.5, 6.5}, {1, 1, 1, 1, 1, 1}, 1, 2, 2.625},
		{{1, 2, 9, 10, 11, 12}, {1, 1, 4, 1, 1, 1}, 1, 2, 5},
		{{1, 2, 3, 5.5, 6.5, 7.5}, {0, 0, 0, 0, 0, 0}, 0, 0, 0},
		{{1, 2, 3, 5.625, 6.5, 7.5}, {0, 0, 0, 0, 0, 0}, 1, 3, 5.625},
		{{1, 3, 4, 6, 7, 9.625}, {0, 0, 0, 0, 0, 0}, 1, 7, 9.625},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(VmfcGaps) gaps;
		vmfc_gaps_init(&gaps);
		for (guint k = 0; k < 6; k++)
			vmfc_gaps_add_row(&gaps, cases[i].times[k], cases[i].lengths[k]);
		g_test_message("case %u", i);
		g_assert_cmpuint(gaps.n, ==, cases[i].n);
		g_assert_cmpfloat(gaps.sum, ==, cases[i].to - cases[i].from);
		if (gaps.n == 0)
			continue;
		g_assert_cmpfloat(gap_at(&gaps, 0)->from, ==, cases[i].from);
		g_assert_cmpfloat(gap_at(&gaps, 0)->to, ==, cases[i].to);
	}
}

/* Of many gaps the longest are kept, in the order of time; all are counted. */
static void
test_many_gaps(void)
{
	g_auto(VmfcGaps) gaps;
	gdouble time = 0;
	gdouble sum = 0;

	vmfc_gaps_init(&gaps);
	vmfc_gaps_add_row(&gaps, time, 1);
	for (guint i = 0; i < 1200; i++) {
		gdouble gap = 1 + i * 7 % 1200;
		time += gap + 1;
		sum += gap;
		vmfc_gaps_add_row(&gaps, time, 1);
	}
	vmfc_gaps_sort(&gaps);
	g_assert_cmpuint(gaps.n, ==, 1200);
	g_assert_cmpfloat(gaps.sum, ==, sum);
	g_assert_cmpuint(gaps.gaps->len, ==, 500);
	for (guint i = 0; i < 500; i++) {
		/* 700 are shorter */
		g_assert_cmpfloat(gap_at(&gaps, i)->to - gap_at(&gaps, i)->from, >=, 701);
		if (i > 0)
			g_assert_cmpfloat(gap_at(&gaps, i)->from, >, gap_at(&gaps, i - 1)->to);
	}
}

/* @n: rows of a second each, for each of the hundreds */
static void
check_rows_back(guint n)
{
	/* the second hundred, then the first without a part, then the fourth */
	const guint parts[][2] = {{n + 1, 2 * n}, {1, n / 4}, {n / 2 + 1, n}, {3 * n + 1, 4 * n}};
	g_auto(VmfcGaps) gaps;
	VmfcTimeGrid grid;

	vmfc_gaps_init(&gaps);
	vmfc_time_grid_init(&grid, 0);
	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		for (guint time = parts[i][0]; time <= parts[i][1]; time++) {
			vmfc_time_grid_add_row(&grid, time, 0, FALSE);
			/* the last window is not the longest */
			vmfc_gaps_add_row(&gaps, time, time == 4 * n ? 0.5 : 1);
		}
	}
	g_assert_cmpuint(gaps.n_back, ==, 1);
	vmfc_gaps_find(&gaps, &grid);
	vmfc_gaps_sort(&gaps);
	g_assert_cmpuint(gaps.n, ==, 2);
	g_assert_cmpuint(gaps.gaps->len, ==, 2);
	g_assert_cmpfloat(gaps.sum, ==, n / 4 + n);
	g_assert_cmpfloat(gap_at(&gaps, 0)->from, ==, n / 4);
	g_assert_cmpfloat(gap_at(&gaps, 0)->to, ==, n / 2);
	g_assert_cmpfloat(gap_at(&gaps, 1)->from, ==, 2 * n);
	g_assert_cmpfloat(gap_at(&gaps, 1)->to, ==, 3 * n);
	vmfc_time_grid_clear(&grid);
}

/* Rows that come later may fill a gap: then it is where no row is. A slot may have many rows. */
static void
test_gaps_with_rows_back(void)
{
	check_rows_back(100);
	check_rows_back(10000);
}

/* A step of more than a minute, or back, is a minute. */
static void
test_short_time(void)
{
	static const gdouble times[][2] = {{100, 0},	 {101, 1},  {161, 61}, {221.5, 121},
					   {222.5, 122}, {10, 182}, {10, 182}, {12, 184}};
	VmfcShortTime time = {.last = NAN};

	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		g_assert_cmpfloat(vmfc_short_time_add(&time, times[i][0]), ==, times[i][1]);
		g_assert_cmpint(time.is_shortened, ==, i >= 3);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report-time-grid/growth", test_growth);
	g_test_add_func("/report-time-grid/edges", test_edges);
	g_test_add_func("/report-time-grid/labels", test_labels);
	g_test_add_func("/report-time-grid/gaps", test_gaps);
	g_test_add_func("/report-time-grid/many-gaps", test_many_gaps);
	g_test_add_func("/report-time-grid/gaps-with-rows-back", test_gaps_with_rows_back);
	g_test_add_func("/report-time-grid/short-time", test_short_time);
	return g_test_run();
}
