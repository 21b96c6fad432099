/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* How merge searches the lag of power: its steps, its thresholds, and which of several lags it
 * takes. */

#include <math.h>

#include "tools/merge/lag.h"

/* s, of each window */
#define LENGTH 1.0

/* Loads and power, and the lag that is found between them. */
typedef struct {
	GArray *loads; /* of VmfcLoad */
	VmfcPowerSeries power;
	GRand *random; /* of the noise */
	VmfcLag lag;
} Search;

static void
search_init(Search *search, guint32 seed)
{
	*search = (Search){
		.loads = g_array_new(FALSE, FALSE, sizeof(VmfcLoad)),
		.random = g_rand_new_with_seed(seed),
	};
	vmfc_power_series_init(&search->power, 3);
}

static const VmfcLag *
search_run(Search *search, gdouble max_lag)
{
	vmfc_lag_estimate(&search->lag, search->loads, &search->power, NULL, max_lag);
	return &search->lag;
}

static void
search_clear(Search *search)
{
	vmfc_lag_clear(&search->lag);
	vmfc_power_series_clear(&search->power);
	g_array_unref(search->loads);
	g_rand_free(search->random);
}

/* @percent: the load of a window by its index */
static void
add_loads(Search *search, guint n, gdouble length, gdouble (*percent)(guint i))
{
	for (guint i = 0; i < n; i++) {
		const VmfcLoad load = {1000 + i * length, 1000 + (i + 1) * length, percent(i)};
		g_array_append_val(search->loads, load);
	}
}

/* Power in windows as long as those of the load, which follows it after @lag windows. */
static void
add_power(Search *search, gint from, gint to, gdouble length, gint lag, gdouble (*percent)(guint i),
	  gdouble noise)
{
	for (gint i = from; i < to; i++) {
		gdouble other = noise * g_rand_double_range(search->random, -1, 1);
		vmfc_power_series_add_window(&search->power, 1000 + (i + 1) * length, length,
					     10 + percent((guint)(i - lag + 100000)) / 50 + other);
	}
}

static gdouble
jump(guint i)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(i % 100000 / 4);
	return g_rand_double_range(random, 0, 100);
}

static gdouble
alternate_little(guint i)
{
	return i % 2 == 0 ? 50 : 51.98;
}

static gdouble
alternate(guint i)
{
	return i % 2 == 0 ? 50 : 52;
}

/* A load with a standard deviation of 1 % varies, of less it does not. */
static void
test_spread(void)
{
	static const struct {
		gdouble (*percent)(guint i);
		const gchar *reason;
	} cases[] = {
		{alternate_little, "the load does not vary (standard deviation 0.99 %)"},
		{alternate, "fewer than 20 windows have power"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Search search;
		search_init(&search, 1);
		add_loads(&search, 40, LENGTH, cases[i].percent);
		g_assert_cmpfloat_with_epsilon(vmfc_lag_get_spread(search.loads), i == 0 ? 0.99 : 1,
					       1e-9);
		const VmfcLag *lag = search_run(&search, 5);
		g_assert_cmpstr(lag->reason, ==, cases[i].reason);
		search_clear(&search);
	}
}

/* Half of the first window, of 10 ms at least, and no more than 600 steps in each direction. */
static void
test_steps(void)
{
	static const struct {
		gdouble length; /* s, of the windows */
		gdouble first;	/* s, of the first one */
		gdouble max_lag;
		gdouble step;
		guint n;
	} cases[] = {
		{1, 1, 10, 0.5, 41},
		{1, 0.5, 10, 0.25, 81},
		{1, 2, 10, 1, 21},
		{1, 1, 1, 0.5, 5},
		{1, 1, 0, 0.5, 1},
		{1, 0.001, 2, 0.005, 801},
		{1, 0.001, 2.5, 0.005, 1001},
		{1, 0.01, 6, 0.01, 1201},
		{1, 0.02, 9, 0.015, 1201},
		{0.125, 0.125, 3, 0.0625, 97},
		/* a third of the run */
		{1, 1, 1000, 0.5, 121},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Search search;
		search_init(&search, 1);
		add_loads(&search, 90, cases[i].length, jump);
		/* the others begin where they do */
		g_array_index(search.loads, VmfcLoad, 0).end = 1000 + cases[i].first;
		add_power(&search, -20, 110, cases[i].length, 0, jump, 0);
		const VmfcLag *lag = search_run(&search, cases[i].max_lag);
		g_test_message("case %u", i);
		g_assert_cmpfloat_with_epsilon(lag->curve.step, cases[i].step, 1e-9);
		g_assert_cmpuint(lag->curve.n, ==, cases[i].n);
		g_assert_cmpfloat_with_epsilon(lag->curve.first,
					       -(gdouble)(cases[i].n / 2) * cases[i].step, 1e-9);
		search_clear(&search);
	}
}

/*
 * Power that follows the load less and less is refused from where its correlation or its t is too
 * small, and nowhere else.
 */
static void
test_thresholds(void)
{
	guint n_near_t = 0;
	guint n_near_detail = 0;

	for (guint n = 40; n <= 2560; n *= 64) {
		for (guint seed = 0; seed < 30; seed++) {
			Search search;
			search_init(&search, seed);
			add_loads(&search, n, LENGTH, jump);
			add_power(&search, -3, (gint)n + 3, LENGTH, 0, jump,
				  (n > 1000 ? 4 : 0.9) + seed * (n > 1000 ? 0.12 : 0.04));
			const VmfcLag *lag = search_run(&search, 1);
			gdouble t = lag->detail *
				    sqrt(lag->n_free / (1 - lag->detail * lag->detail));
			gboolean is_clear = lag->detail >= 0.15 && t >= 4;
			g_test_message("%u windows: %g, t %g, %s", n, lag->detail, t, lag->reason);
			g_assert_cmpint(lag->is_found, ==, is_clear && !lag->is_at_edge);
			n_near_t += t > 3.5 && t < 4.5 && lag->detail > 0.2;
			n_near_detail += lag->detail > 0.1 && lag->detail < 0.2 && t > 4;
			search_clear(&search);
		}
	}
	g_test_message("near t %u, near detail %u", n_near_t, n_near_detail);
	g_assert_cmpuint(n_near_t, >=, 10);
	g_assert_cmpuint(n_near_detail, >=, 10);
}

/* Ten windows a period, none of them quite as the others. */
static gdouble
repeat(guint i)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(i % 100000);
	return (i % 10 < 5 ? 20 : 80) + g_rand_double_range(random, -8, 8);
}

/*
 * Half a period in one direction is as far as half a period in the other: of equally small lags it
 * is the one that fits better, and the other is told. A smaller one is taken even if it fits a bit
 * less.
 */
static void
test_periodic(void)
{
	static const struct {
		gint lag;
		gdouble max_lag;
		gdouble seconds;
		gdouble other;
	} cases[] = {
		{5, 11, 5, -5},
		{-5, 11, -5, 5},
		{7, 11, -3, 7},
		{-7, 11, 3, -7},
		{2, 11, 2, -8},
		{10, 11, 0, 10},
		/* the other one is where the search begins, and where it ends */
		{2, 8, 2, -8},
		{-2, 8, -2, 8},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Search search;
		search_init(&search, 1);
		add_loads(&search, 200, LENGTH, repeat);
		add_power(&search, -20, 220, LENGTH, cases[i].lag, repeat, 0);
		const VmfcLag *lag = search_run(&search, cases[i].max_lag);
		g_test_message("case %u: %g, other %g", i, lag->seconds, lag->other);
		g_assert_true(lag->is_found);
		g_assert_cmpfloat_with_epsilon(lag->seconds, cases[i].seconds, 0.01);
		g_assert_cmpfloat_with_epsilon(lag->other, cases[i].other, 0.01);
		search_clear(&search);
	}
}

/* A lag beyond either end is told with the maximum that was tried, and not with what fits best
 * there. */
static void
test_beyond_maximum(void)
{
	static const struct {
		gint lag; /* windows of 2 s */
		gdouble max_lag;
		const gchar *reason;
	} cases[] = {
		{5, 9, "it is not within the maximum of 9 s in each direction (--max-lag)"},
		{-5, 9, "it is not within the maximum of 9 s in each direction (--max-lag)"},
		{5, 11, NULL},
		{-5, 11, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Search search;
		search_init(&search, 1);
		add_loads(&search, 90, 2 * LENGTH, jump);
		add_power(&search, -20, 110, 2 * LENGTH, cases[i].lag, jump, 0);
		const VmfcLag *lag = search_run(&search, cases[i].max_lag);
		g_assert_cmpstr(lag->reason, ==, cases[i].reason);
		g_assert_cmpint(lag->is_found, ==, cases[i].reason == NULL);
		g_assert_cmpint(lag->is_at_edge, ==, cases[i].reason != NULL);
		if (lag->is_found)
			g_assert_cmpfloat_with_epsilon(lag->seconds, 2 * cases[i].lag, 0.01);
		search_clear(&search);
	}
}

/* By the definition: the correlation of 200 values less their mean over @half_width on either side.
 */
static gdouble
correlate_fast(const gdouble *x, const gdouble *y, guint half_width)
{
	gdouble sums[5] = {0}; /* x, y, xx, yy, xy */

	for (guint i = 0; i < 200; i++) {
		gdouble mean_x = 0, mean_y = 0;
		guint n = 0;
		for (guint j = 0; j < 200; j++) {
			if (MAX(i, j) - MIN(i, j) > half_width)
				continue;
			mean_x += x[j];
			mean_y += y[j];
			n++;
		}
		gdouble fast[2] = {x[i] - mean_x / n, y[i] - mean_y / n};
		sums[0] += fast[0] / 200;
		sums[1] += fast[1] / 200;
		sums[2] += fast[0] * fast[0] / 200;
		sums[3] += fast[1] * fast[1] / 200;
		sums[4] += fast[0] * fast[1] / 200;
	}
	return (sums[4] - sums[0] * sums[1]) /
	       sqrt((sums[2] - sums[0] * sums[0]) * (sums[3] - sums[1] * sums[1]));
}

/* Slow changes are those over 60 s, but over 15 windows on either side at least. */
static void
test_slow_changes(void)
{
	static const gdouble lengths[] = {0.5, 1, 2, 4, 10};
	static const guint half_widths[] = {60, 30, 15, 15, 15};

	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
		gdouble values[2][200];
		Search search;
		search_init(&search, 1);
		add_loads(&search, 200, lengths[i], jump);
		/* one that is shorter says nothing of the others */
		g_array_index(search.loads, VmfcLoad, 0).start += lengths[i] / 2;
		for (guint j = 0; j < 200; j++) {
			gdouble watts = jump(j) / 50 + j / 20.0 +
					g_rand_double_range(search.random, 0, 1);
			vmfc_power_series_add_window(&search.power, 1000 + (j + 1) * lengths[i],
						     lengths[i], watts);
			values[0][j] = jump(j);
			values[1][j] = watts;
		}
		const VmfcLag *lag = search_run(&search, 0);
		g_assert_cmpuint(lag->curve.n, ==, 1);
		g_assert_cmpfloat_with_epsilon(vmfc_lag_curve_get_detail(&lag->curve, 0),
					       correlate_fast(values[0], values[1], half_widths[i]),
					       0.0001);
		search_clear(&search);
	}
}

/* Each window is the opposite of the one before: they are not alike, and so as many as there are.
 */
static gdouble
swing(guint i)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(i % 100000);
	return (i % 2 == 0 ? 20 : 80) + g_rand_double_range(random, -15, 15);
}

static void
test_free_windows(void)
{
	Search search;

	search_init(&search, 1);
	add_loads(&search, 100, LENGTH, swing);
	add_power(&search, -5, 105, LENGTH, 0, swing, 0);
	const VmfcLag *lag = search_run(&search, 2);
	g_assert_true(lag->is_found);
	g_assert_cmpfloat(lag->n_free, ==, lag->n_windows);
	search_clear(&search);
}

#define N_HILLS 3000

/*
 * Power that follows the load after 6 windows, and nearly as much after 2. If the load changes so
 * slowly that both are tops of one hill, it is the higher one; if there is a valley between them,
 * the smaller lag is likely.
 */
static void
test_two_tops(void)
{
	static const struct {
		gdouble memory; /* what is left of a load in the next window */
		gdouble seconds;
		gdouble other;
	} cases[] = {{0.7, 6, NAN}, {0.48, 2, 6}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gdouble *load = g_new(gdouble, N_HILLS);
		Search search;
		search_init(&search, 1);
		for (guint j = 0; j < N_HILLS; j++) {
			load[j] = (j > 0 ? cases[i].memory * load[j - 1] : 0) +
				  g_rand_double_range(search.random, -20, 20);
			const VmfcLoad window = {1000 + j, 1001 + j, 50 + load[j]};
			g_array_append_val(search.loads, window);
			if (j >= 6)
				vmfc_power_series_add_window(&search.power, 1001 + j, 1,
							     10 + 0.49 * load[j - 2] +
								     0.51 * load[j - 6]);
		}
		const VmfcLag *lag = search_run(&search, 9);
		g_test_message("%g, other %g", lag->seconds, lag->other);
		g_assert_cmpfloat_with_epsilon(lag->seconds, cases[i].seconds, 0.3);
		if (isnan(cases[i].other))
			g_assert_true(isnan(lag->other));
		else
			g_assert_cmpfloat_with_epsilon(lag->other, cases[i].other, 0.01);
		search_clear(&search);
	}
}

/* A third of the windows must have power. */
static void
test_few_windows(void)
{
	for (gint n = 39; n <= 40; n++) {
		Search search;
		search_init(&search, 1);
		add_loads(&search, 120, LENGTH, jump);
		add_power(&search, 0, n, LENGTH, 0, jump, 0);
		const VmfcLag *lag = search_run(&search, 2);
		g_assert_cmpstr(lag->reason, ==,
				n < 40 ? "fewer than 40 windows have power" : NULL);
		g_assert_cmpint(lag->is_found, ==, n == 40);
		search_clear(&search);
	}
}

/* A load that rises, with jumps. */
static gdouble
rise(guint i)
{
	return 20 + i % 100000 / 4.0 + jump(i) / 10;
}

/* Power that falls while the load rises does not follow it, even if it jumps with it. */
static void
test_opposite(void)
{
	for (guint i = 0; i < 2; i++) {
		Search search;
		search_init(&search, 1);
		add_loads(&search, 200, LENGTH, rise);
		for (guint j = 0; j < 200; j++)
			vmfc_power_series_add_window(&search.power, 1001 + j, 1,
						     jump(j) + (i == 0 ? 4.0 : -4.0) * j + 1000);
		const VmfcLag *lag = search_run(&search, 3);
		g_test_message("%g, of changes %g: %s", lag->correlation, lag->detail, lag->reason);
		g_assert_cmpfloat(lag->detail, >, 0.5);
		g_assert_cmpint(lag->is_found, ==, i == 0);
		if (i == 1)
			g_assert_true(g_pattern_match_simple(
				"power does not rise with the load (correlation -0.9*",
				lag->reason));
		search_clear(&search);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-lag-search/spread", test_spread);
	g_test_add_func("/merge-lag-search/steps", test_steps);
	g_test_add_func("/merge-lag-search/thresholds", test_thresholds);
	g_test_add_func("/merge-lag-search/beyond-maximum", test_beyond_maximum);
	g_test_add_func("/merge-lag-search/slow-changes", test_slow_changes);
	g_test_add_func("/merge-lag-search/free-windows", test_free_windows);
	g_test_add_func("/merge-lag-search/two-tops", test_two_tops);
	g_test_add_func("/merge-lag-search/periodic", test_periodic);
	g_test_add_func("/merge-lag-search/few-windows", test_few_windows);
	g_test_add_func("/merge-lag-search/opposite", test_opposite);
	return g_test_run();
}
