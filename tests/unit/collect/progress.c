/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* When the progress line is drawn, and what it says of the time. */

#include "collect/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECOND G_GINT64_CONSTANT(1000000000) /* ns */

/* In place of the system's and of those of other files, see meson.build. */
static struct {
	gboolean is_terminal;
	gboolean can_write;
	guint width;
	gint64 now; /* µs */
	const gchar *state;
	GSourceFunc refresh; /* NULL: no timer was added */
	gpointer refresh_data;
	guint timer;
} world;

#pragma GCC visibility push(default)
int
__wrap_isatty(int fd);
gint64
__wrap_g_get_monotonic_time(void);
guint
__wrap_g_timeout_add_seconds(guint interval, GSourceFunc func, gpointer data);
gboolean
__wrap_vmfc_log_can_write(void);
guint
__wrap_vmfc_log_get_width(gint fd);
gchar *
__wrap_vmfc_summary_get_progress(const VmfcSummary *summary);
#pragma GCC visibility pop

int
__wrap_isatty(int fd)
{
	return fd == STDERR_FILENO && world.is_terminal;
}

gint64
__wrap_g_get_monotonic_time(void)
{
	return world.now;
}

guint
__wrap_g_timeout_add_seconds(guint interval, GSourceFunc func, gpointer data)
{
	g_assert_cmpuint(interval, ==, 1);
	world.refresh = func;
	world.refresh_data = data;
	world.timer = g_timeout_add(G_MAXUINT, func, data);
	return world.timer;
}

gboolean
__wrap_vmfc_log_can_write(void)
{
	return world.can_write;
}

guint
__wrap_vmfc_log_get_width(gint fd)
{
	g_assert_cmpint(fd, ==, STDERR_FILENO);
	return world.width;
}

gchar *
__wrap_vmfc_summary_get_progress(G_GNUC_UNUSED const VmfcSummary *summary)
{
	return g_strdup(world.state);
}

/* Of the progress line since the last call. Standard error is a file meanwhile. */
static void
assert_drawn(const gchar *expected)
{
	gchar text[1000] = "";

	fflush(stderr);
	g_assert_cmpint(pread(STDERR_FILENO, text, sizeof(text) - 1, 0), >=, 0);
	g_assert_cmpint(ftruncate(STDERR_FILENO, 0), ==, 0);
	rewind(stderr);
	g_assert_cmpstr(text, ==, expected);
}

typedef struct {
	gint saved; /* standard error */
	FILE *file;
	VmfcProgress *progress;
} Fixture;

static void
start(Fixture *fixture, gint64 interval, guint64 n_windows)
{
	fixture->progress = vmfc_progress_new(interval, n_windows);
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	memset(&world, 0, sizeof(world));
	world.is_terminal = TRUE;
	world.can_write = TRUE;
	world.width = 80;
	world.now = 1000 * G_USEC_PER_SEC;
	world.state = "fine";
	fflush(stderr);
	fixture->saved = dup(STDERR_FILENO);
	fixture->file = tmpfile();
	g_assert_cmpint(dup2(fileno(fixture->file), STDERR_FILENO), ==, STDERR_FILENO);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	guint timer = world.timer;

	vmfc_progress_free(fixture->progress);
	if (timer != 0)
		g_assert_null(g_main_context_find_source_by_id(NULL, timer));
	fflush(stderr);
	g_assert_cmpint(dup2(fixture->saved, STDERR_FILENO), ==, STDERR_FILENO);
	close(fixture->saved);
	fclose(fixture->file);
}

/* A record that is written at this time. @seconds: since the last call */
static void
update(Fixture *fixture, gdouble seconds, guint64 tick)
{
	world.now += (gint64)(seconds * G_USEC_PER_SEC);
	vmfc_progress_update(fixture->progress, tick, NULL);
}

/* The timer, a second after the last call. */
static void
refresh(Fixture *fixture)
{
	world.now += G_USEC_PER_SEC;
	g_assert_true(world.refresh_data == fixture->progress);
	g_assert_cmpint(world.refresh(world.refresh_data), ==, G_SOURCE_CONTINUE);
}

/* Of many records a second it shows five, with the newest numbers. */
static void
test_pause(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	start(fixture, SECOND / 10, 20);
	vmfc_progress_begin(fixture->progress);
	g_assert_null(world.refresh);
	assert_drawn("");
	update(fixture, 0.1, 1);
	assert_drawn("\r0.1 of 2.0 s: fine\033[K");
	world.state = "good";
	update(fixture, 0.199999, 2);
	assert_drawn("");
	update(fixture, 0.000001, 3);
	assert_drawn("\r0.3 of 2.0 s: good\033[K");
	update(fixture, 0.1, 4);
	assert_drawn("");
	update(fixture, 0.1, 5);
	assert_drawn("\r0.5 of 2.0 s: good\033[K");
}

/* A run that only a signal ends has no length. */
static void
test_endless(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	start(fixture, SECOND, 0);
	update(fixture, 1, 7);
	assert_drawn("\r7.0 s: fine\033[K");
}

/* The line fits into the terminal: a whole one would begin another line. */
static void
test_width(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	start(fixture, SECOND, 0);
	world.state = "0123456789";
	for (world.width = 17; world.width > 15; world.width--) {
		update(fixture, 1, 7);
		assert_drawn(world.width == 17 ? "\r7.0 s: 012345678\033[K"
					       : "\r7.0 s: 01234567\033[K");
	}
}

/* What is cut is a whole character. */
static void
test_characters(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	start(fixture, SECOND, 0);
	world.state = "a\xe2\x82\xacz";
	for (world.width = 13; world.width > 9; world.width--) {
		update(fixture, 1, 7);
		assert_drawn(world.width == 13	 ? "\r7.0 s: a\xe2\x82\xacz\033[K"
			     : world.width == 12 ? "\r7.0 s: a\xe2\x82\xac\033[K"
						 : "\r7.0 s: a\033[K");
	}
}

/* A terminal that stands still holds up nobody, and the next line is whole. */
static void
test_stands_still(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	start(fixture, 10 * SECOND, 2);
	vmfc_progress_begin(fixture->progress);
	world.can_write = FALSE;
	refresh(fixture);
	update(fixture, 9, 1);
	vmfc_progress_clear(fixture->progress);
	assert_drawn("");
	world.can_write = TRUE;
	update(fixture, 0, 1);
	assert_drawn("\r10.0 of 20.0 s: fine\033[K");
	vmfc_progress_clear(fixture->progress);
	assert_drawn("\r\033[K");
}

/* Where no terminal is, there is no line. */
static void
test_no_terminal(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	world.is_terminal = FALSE;
	start(fixture, 10 * SECOND, 2);
	vmfc_progress_begin(fixture->progress);
	g_assert_null(world.refresh);
	update(fixture, 10, 1);
	vmfc_progress_clear(fixture->progress);
	assert_drawn("");
}

/* In long windows the time goes on each second, from the last record. */
static void
test_long_windows(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	start(fixture, 10 * SECOND, 2);
	vmfc_progress_begin(fixture->progress);
	assert_drawn("");
	refresh(fixture);
	assert_drawn("\r1.0 of 20.0 s: the first window is open\033[K");
	refresh(fixture);
	assert_drawn("\r2.0 of 20.0 s: the first window is open\033[K");
	/* it is written after its window has ended */
	update(fixture, 8.25, 1);
	assert_drawn("\r10.0 of 20.0 s: fine\033[K");
	refresh(fixture);
	assert_drawn("\r11.0 of 20.0 s: fine\033[K");
	/* of two records that come together the second one counts, too */
	world.state = "good";
	update(fixture, 9, 2);
	assert_drawn("\r20.0 of 20.0 s: good\033[K");
	update(fixture, 0.1, 3);
	assert_drawn("");
	refresh(fixture);
	assert_drawn("\r31.0 of 20.0 s: good\033[K");
	vmfc_progress_clear(fixture->progress);
	assert_drawn("\r\033[K");
	g_assert_null(g_main_context_find_source_by_id(NULL, world.timer));
}

/* Records of windows of two seconds come often enough. */
static void
test_timer(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	start(fixture, 2 * SECOND, 0);
	vmfc_progress_begin(fixture->progress);
	g_assert_null(world.refresh);
	vmfc_progress_free(fixture->progress);
	start(fixture, 2 * SECOND + 1, 0);
	vmfc_progress_begin(fixture->progress);
	g_assert_nonnull(world.refresh);
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("/progress/pause", test_pause);
	ADD("/progress/endless", test_endless);
	ADD("/progress/width", test_width);
	ADD("/progress/characters", test_characters);
	ADD("/progress/stands-still", test_stands_still);
	ADD("/progress/no-terminal", test_no_terminal);
	ADD("/progress/long-windows", test_long_windows);
	ADD("/progress/timer", test_timer);
	return g_test_run();
}
