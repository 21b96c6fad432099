/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/clock.h"

#define MS     G_GINT64_CONSTANT(1000000)
#define OFFSET G_GINT64_CONSTANT(1700000000000000000)

/* A clock whose readings take what a test says. */
typedef struct {
	VmfcClock clock;
	gint64 now;
	gint64 offset;
	const gint64 *held_up; /* how long each reading takes; ends with -1 */
	gint64 step;	       /* of the wall clock, at the reading @step_at */
	guint step_at;
	guint n_readings;
} SlowClock;

static gint64
read_monotonic(gpointer data)
{
	SlowClock *self = data;
	gint64 now = self->now;

	self->now += *self->held_up >= 0 ? *self->held_up++ : 1000;
	if (++self->n_readings == self->step_at)
		self->offset += self->step;
	return now;
}

static gint64
read_realtime(gpointer data)
{
	SlowClock *self = data;
	return self->now + self->offset;
}

static SlowClock
make_clock(const gint64 *held_up)
{
	return (SlowClock){
		.clock = {.monotonic = read_monotonic, .realtime = read_realtime},
		.now = 5000 * MS,
		.offset = OFFSET,
		.held_up = held_up,
	};
}

/* The time that it has to find is at 60 s of the monotonic clock. Returns: how far it is off */
static gint64
find(SlowClock *clock)
{
	clock->clock.self = clock;
	return vmfc_clock_find_monotonic(&clock->clock, OFFSET + 60000 * MS) - 60000 * MS;
}

/*
 * Two looks at the clock with something in between: the shortest of five counts, wherever it is.
 * Readings come in pairs, before and after the wall clock.
 */
static void
test_held_up(void)
{
	static const gint64 courses[][11] = {
		{10, 0, 50 * MS, 0, 50 * MS, 0, 50 * MS, 0, 50 * MS, 0, -1},
		{50 * MS, 0, 50 * MS, 0, 10, 0, 50 * MS, 0, 50 * MS, 0, -1},
		{50 * MS, 0, 50 * MS, 0, 50 * MS, 0, 50 * MS, 0, 10, 0, -1},
		{50 * MS, 0, 40 * MS, 0, 30 * MS, 0, 20, 0, 25 * MS, 0, -1},
		/* between two pairs it does not matter */
		{10, 70 * MS, 10, 70 * MS, 10, 70 * MS, 10, 70 * MS, 10, 70 * MS, -1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(courses); i++) {
		SlowClock clock = make_clock(courses[i]);
		g_test_message("course %u", i);
		gint64 off = find(&clock);
		/* at most half of the shortest */
		g_assert_cmpint(ABS(off), <=, 10);
		g_assert_cmpuint(clock.n_readings, ==, 10);
	}
}

/* Held up each time, the middle between the two looks is the best guess. */
static void
test_middle(void)
{
	static const gint64 course[] = {8 * MS, 0, 8 * MS, 0, 8 * MS, 0, 8 * MS, 0, 8 * MS, 0, -1};
	SlowClock clock = make_clock(course);

	g_assert_cmpint(find(&clock), ==, -4 * MS);
}

/* A clock that is stepped between two pairs is taken as it is in the best of them. */
static void
test_stepped(void)
{
	static const gint64 course[] = {20, 0, 20, 0, 10, 0, 20, 0, 20, 0, -1};
	SlowClock clock = make_clock(course);

	clock.step = 3000 * MS;
	clock.step_at = 4;
	/* the wall clock shows it three seconds earlier */
	gint64 off = find(&clock) + 3000 * MS;
	g_assert_cmpint(ABS(off), <=, 10);
}

/* The clocks of the system are the ones that they are called. */
static void
test_system(void)
{
	const VmfcClock *clock = &vmfc_clock_system;
	gint64 monotonic = vmfc_clock_monotonic(clock);
	gint64 glib = g_get_monotonic_time() * 1000;

	g_assert_cmpint(monotonic - 1000, <=, glib);
	g_assert_cmpint(glib, <=, vmfc_clock_monotonic(clock));
	gint64 realtime = clock->realtime(clock->self);
	g_assert_cmpint(realtime / 1000, <=, g_get_real_time());
	g_assert_cmpint(clock->boottime(clock->self), >=, monotonic);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clock/held-up", test_held_up);
	g_test_add_func("/clock/middle", test_middle);
	g_test_add_func("/clock/stepped", test_stepped);
	g_test_add_func("/clock/system", test_system);
	return g_test_run();
}
