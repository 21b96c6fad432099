/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <sys/timerfd.h>

#include "../../fake-clock.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

static void
test_on_time(void)
{
	VmfcTicker ticker;
	VmfcTick tick;

	vmfc_ticker_init(&ticker, 5 * SECOND, SECOND);
	g_assert_false(vmfc_ticker_advance(&ticker, 5 * SECOND - 1, &tick));
	g_assert_true(vmfc_ticker_advance(&ticker, 5 * SECOND, &tick));
	g_assert_cmpuint(tick.index, ==, 0);
	g_assert_cmpuint(tick.missed, ==, 0);
	/* woken twice for one deadline */
	g_assert_false(vmfc_ticker_advance(&ticker, 5 * SECOND + 10, &tick));
	g_assert_true(vmfc_ticker_advance(&ticker, 6 * SECOND + 250, &tick));
	g_assert_cmpuint(tick.index, ==, 1);
	g_assert_cmpint(tick.deadline, ==, 6 * SECOND);
	g_assert_cmpint(tick.begin, ==, 6 * SECOND + 250);
}

static void
test_missed(void)
{
	VmfcTicker ticker;
	VmfcTick tick;

	vmfc_ticker_init(&ticker, 0, SECOND);
	g_assert_true(vmfc_ticker_advance(&ticker, 0, &tick));
	/* three deadlines pass; nothing is caught up, and the grid stays */
	g_assert_true(vmfc_ticker_advance(&ticker, 4 * SECOND + SECOND / 2, &tick));
	g_assert_cmpuint(tick.index, ==, 4);
	g_assert_cmpuint(tick.missed, ==, 3);
	g_assert_cmpint(tick.deadline, ==, 4 * SECOND);
	g_assert_true(vmfc_ticker_advance(&ticker, 5 * SECOND, &tick));
	g_assert_cmpuint(tick.index, ==, 5);
	g_assert_cmpuint(tick.missed, ==, 0);
}

/* However late each tick is, the last deadline is exactly n intervals after the first. */
static void
test_no_drift(void)
{
	static const gint64 intervals[] = {SECOND, SECOND / 10, 16 * 1000 * 1000, 1000 * 1000};
	g_autoptr(GRand) random = g_rand_new_with_seed(7);

	for (guint i = 0; i < G_N_ELEMENTS(intervals); i++) {
		gint64 t0 = 123456789;
		VmfcTicker ticker;
		VmfcTick tick = {0};
		vmfc_ticker_init(&ticker, t0, intervals[i]);
		for (gint64 n = 0; n <= 300; n++) {
			gint64 late = g_rand_int_range(random, 0, (gint32)(intervals[i] - 1));
			g_assert_true(
				vmfc_ticker_advance(&ticker, t0 + n * intervals[i] + late, &tick));
			g_assert_cmpuint(tick.missed, ==, 0);
		}
		g_assert_cmpuint(tick.index, ==, 300);
		g_assert_cmpint(tick.deadline - t0, ==, 300 * intervals[i]);
	}
}

/* The deadlines with a tick and those without are as many as the run has, however late the last is.
 */
static void
test_last(void)
{
	for (gint64 late = 0; late < 5; late++) {
		guint64 n_deadlines = 0;
		VmfcTicker ticker;
		VmfcTick tick;
		vmfc_ticker_init(&ticker, 0, SECOND);
		vmfc_ticker_end_at(&ticker, 10);
		for (gint64 n = 0; n < 10; n += 3) {
			g_assert_true(vmfc_ticker_advance(&ticker, n * SECOND, &tick));
			n_deadlines += 1 + tick.missed;
		}
		g_assert_false(vmfc_ticker_has_ended(&ticker, 10 * SECOND - 1));
		g_assert_true(vmfc_ticker_has_ended(&ticker, (10 + late) * SECOND));
		g_assert_true(vmfc_ticker_advance(&ticker, (10 + late) * SECOND, &tick));
		n_deadlines += 1 + tick.missed;
		g_assert_cmpuint(n_deadlines, ==, 11);
		g_assert_cmpuint(tick.index, ==, 10);
		g_assert_cmpint(tick.deadline, ==, 10 * SECOND);
		g_assert_cmpint(tick.begin, ==, (10 + late) * SECOND);
		g_assert_true(vmfc_ticker_has_ended(&ticker, (10 + late) * SECOND));
		g_assert_false(vmfc_ticker_advance(&ticker, 20 * SECOND, &tick));
	}
}

/* What is asked before the first deadline is before the last one, also where they are the same. */
static void
test_has_not_begun(void)
{
	VmfcTicker ticker;

	vmfc_ticker_init(&ticker, 5 * SECOND, SECOND);
	g_assert_false(vmfc_ticker_has_ended(&ticker, 100000 * SECOND));
	vmfc_ticker_end_at(&ticker, 0);
	g_assert_false(vmfc_ticker_has_ended(&ticker, 0));
	g_assert_false(vmfc_ticker_has_ended(&ticker, 5 * SECOND - 1));
	g_assert_true(vmfc_ticker_has_ended(&ticker, 5 * SECOND));
}

static void
assert_aligned(gint64 realtime, gint64 interval, gint64 expected)
{
	FakeClock fake;
	fake_clock_init(&fake, 77, realtime - 10000);
	gint64 t0 = vmfc_ticker_align(&fake.clock, interval, 0);
	/* the clock was at @realtime when it was first read */
	g_assert_cmpint(t0 + fake.real_offset, >=, expected - 20000);
	g_assert_cmpint(t0 + fake.real_offset, <=, expected + 20000);
}

/* A workload begins a lead before the first window, which is then still to come. */
static void
test_align_with_lead(void)
{
	static const struct {
		gint64 lead;
		gint64 expected; /* since the full second, in ms */
	} cases[] = {{0, 1000},
		     {SECOND / 2, 1000},
		     {SECOND / 100 * 65, 1000},
		     {SECOND / 100 * 67, 2000},
		     {SECOND, 2000}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		FakeClock fake;
		fake_clock_init(&fake, 77, 1700000000 * SECOND + SECOND / 100 * 34);
		gint64 t0 = vmfc_ticker_align(&fake.clock, SECOND, cases[i].lead);
		gint64 since = t0 + fake.real_offset - 1700000000 * SECOND;
		g_assert_cmpint(ABS(since - cases[i].expected * 1000000), <=, 20000);
	}
}

/* In place of the C library's, see meson.build: how the timer of a source is set. */
static struct {
	struct itimerspec when;
	int flags;
} timer;

#pragma GCC visibility push(default)
int
__wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *before);
#pragma GCC visibility pop

int
__wrap_timerfd_settime(G_GNUC_UNUSED int fd, int flags, const struct itimerspec *when,
		       struct itimerspec *before)
{
	g_assert_null(before);
	timer.when = *when;
	timer.flags = flags;
	return 0;
}

static gboolean
never(G_GNUC_UNUSED gint64 now, G_GNUC_UNUSED gpointer user_data)
{
	g_assert_not_reached();
}

/* The kernel keeps the grid: it is set once, from the first deadline on, to the nanosecond. */
static void
test_source(void)
{
	static const struct {
		gint64 t0;
		gint64 interval;
	} cases[] = {{5 * SECOND + 250, SECOND}, {7 * SECOND, SECOND / 10}, {1, 90 * SECOND + 7}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcTicker ticker;
		vmfc_ticker_init(&ticker, cases[i].t0, cases[i].interval);
		g_autoptr(GSource) source = vmfc_ticker_source_new(&ticker, never, NULL, NULL);
		g_assert_nonnull(source);
		g_assert_cmpint(timer.flags, ==, TFD_TIMER_ABSTIME);
		g_assert_cmpint(timer.when.it_value.tv_sec * SECOND + timer.when.it_value.tv_nsec,
				==, cases[i].t0);
		g_assert_cmpint(timer.when.it_interval.tv_sec * SECOND +
					timer.when.it_interval.tv_nsec,
				==, cases[i].interval);
		/* before all that is not a tick */
		g_assert_cmpint(g_source_get_priority(source), ==, G_PRIORITY_HIGH);
	}
}

static void
test_align(void)
{
	gint64 now = 1700000000 * SECOND + 340 * 1000 * 1000;

	assert_aligned(now, SECOND, 1700000001 * SECOND);
	assert_aligned(now, 60 * SECOND, 1700000001 * SECOND);
	assert_aligned(now, SECOND / 10, 1700000000 * SECOND + 400 * 1000 * 1000);
	assert_aligned(now, 16 * 1000 * 1000, 1700000000 * SECOND + 352 * 1000 * 1000);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ticker/on-time", test_on_time);
	g_test_add_func("/ticker/missed", test_missed);
	g_test_add_func("/ticker/no-drift", test_no_drift);
	g_test_add_func("/ticker/last", test_last);
	g_test_add_func("/ticker/has-not-begun", test_has_not_begun);
	g_test_add_func("/ticker/align", test_align);
	g_test_add_func("/ticker/align/lead", test_align_with_lead);
	g_test_add_func("/ticker/source", test_source);
	return g_test_run();
}
