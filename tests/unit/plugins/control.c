/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cpu_load/control.h"

#include <math.h>

static void
test_parse(void)
{
	static const gchar text[] = "cpu  9 9 9 9 9 9 9 9 9 9\n"
				    "cpu0 1 2 3 40 5 6 7 8 100 200\n"
				    "cpu10 1 1 1 1 1 1 1 1 0 0\n"
				    "cpu2 1 2 3 4\n"
				    "intr 5\n";
	CpuTimes times;

	g_assert_true(cpu_times_parse(text, 0, &times));
	g_assert_cmpint(times.total, ==, 72); /* guests are in user and nice already */
	g_assert_cmpint(times.idle, ==, 40);
	g_assert_false(cpu_times_parse(text, 1, &times)); /* not cpu10 */
	g_assert_true(cpu_times_parse(text, 10, &times));
	g_assert_false(cpu_times_parse(text, 2, &times)); /* cut */
	g_assert_false(cpu_times_parse("", 0, &times));
}

static void
test_utilisation(void)
{
	const CpuTimes from = {1000, 500};
	const CpuTimes to = {1100, 525};
	const CpuTimes backwards = {1100, 400};

	g_assert_cmpfloat(cpu_times_get_utilisation(&from, &to), ==, 0.75);
	g_assert_true(isnan(cpu_times_get_utilisation(&from, &from)));
	g_assert_true(isnan(cpu_times_get_utilisation(&from, &backwards)));
	/* a few ticks say 0 or 100 %, whatever the CPU does */
	const CpuTimes soon = {1003, 500};
	g_assert_true(isnan(cpu_times_get_utilisation(&from, &soon)));
}

/*
 * Turns the control for @n_looks on a CPU that adds @bias to what is asked and of which others take
 * @others; what is seen is off by up to @noise. Returns: the mean of the second half
 */
static gdouble
settle(gdouble target, gdouble bias, gdouble others, gdouble noise, guint n_looks)
{
	Control control = {0};
	g_autoptr(GRand) random = g_rand_new_with_seed(3);
	gdouble sum = 0;

	for (guint i = 0; i < n_looks; i++) {
		gdouble duty = control_get_duty(&control, target);
		gdouble achieved = MIN(duty + (duty > 0 ? bias : 0) + others, 1);
		gdouble seen = achieved + g_rand_double_range(random, -noise, noise);
		control_update(&control, target, CLAMP(seen, 0, 1));
		sum += i >= n_looks / 2 ? achieved : 0;
	}
	return sum / (n_looks - n_looks / 2);
}

static void
test_settles(void)
{
	static const gdouble targets[] = {0.05, 0.2, 0.45, 0.8, 0.95};

	for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
		g_assert_cmpfloat_with_epsilon(settle(targets[i], 0.02, 0, 0, 4), targets[i], 0.01);
		g_assert_cmpfloat_with_epsilon(settle(targets[i], -0.01, 0.03, 0, 4), targets[i],
					       0.01);
		g_assert_cmpfloat_with_epsilon(settle(targets[i], 0.01, 0.02, 0.02, 40), targets[i],
					       0.01);
	}
	/* others use more than all that is wanted: nothing is added */
	g_assert_cmpfloat_with_epsilon(settle(0.3, 0, 0.5, 0, 10), 0.5, 1e-9);
}

/* Half of a small error at first, more of a large one, less of a later one. */
static void
test_steps(void)
{
	Control control = {0};

	control_update(&control, 0.5, 0.46);
	g_assert_cmpfloat_with_epsilon(control_get_duty(&control, 0.5), 0.52, 1e-9);
	control_update(&control, 0.5, 0.47);
	g_assert_cmpfloat_with_epsilon(control_get_duty(&control, 0.5), 0.53, 1e-9);
	control_update(&control, 0.5, 0.3);
	g_assert_cmpfloat_with_epsilon(control_get_duty(&control, 0.5), 0.67, 1e-9);
}

/* Others that take everything for a while leave nothing behind that lasts. */
static void
test_recovers(void)
{
	static const gdouble targets[] = {0.05, 0.2, 0.5, 0.9};

	for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
		Control control = {0};
		guint n_looks = 0;
		for (guint j = 0; j < 1000; j++)
			control_update(&control, targets[i], 1);
		g_assert_cmpfloat(control_get_duty(&control, targets[i]), ==, 0);
		while (fabs(control_get_duty(&control, targets[i]) - targets[i]) > 0.01) {
			control_update(&control, targets[i],
				       control_get_duty(&control, targets[i]));
			n_looks++;
		}
		g_assert_cmpuint(n_looks, <=, 16);
	}
}

static void
test_ends(void)
{
	Control control = {.correction = 0.1, .n_looks = 3};

	g_assert_cmpfloat(control_get_duty(&control, 0), ==, 0);
	g_assert_cmpfloat(control_get_duty(&control, 1), ==, 1);
	g_assert_cmpfloat(control_get_duty(&control, 0.95), ==, 1);
	control_update(&control, 1, 0.2);
	control_update(&control, 0, 0.2);
	control_update(&control, 0.5, NAN);
	g_assert_cmpfloat(control.correction, ==, 0.1);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/control/parse", test_parse);
	g_test_add_func("/control/utilisation", test_utilisation);
	g_test_add_func("/control/settles", test_settles);
	g_test_add_func("/control/steps", test_steps);
	g_test_add_func("/control/recovers", test_recovers);
	g_test_add_func("/control/ends", test_ends);
	return g_test_run();
}
