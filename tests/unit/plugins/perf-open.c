/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which groups are opened where a kernel refuses some of their events, at first and again later. */

#include "perf/counters.h"

#include <errno.h>
#include <string.h>

#include "perf-fakes.h"

#define N_CPUS 2

static const PerfEventId groups[][PERF_PAIR] = {
	{PERF_CYCLES, PERF_INSTRUCTIONS},
	{PERF_CACHE_REFERENCES, PERF_CACHE_MISSES},
	{PERF_BRANCHES, PERF_BRANCH_MISSES},
};

/* In place of the kernel's groups, see meson.build. */
static struct {
	gint refused[PERF_N_EVENTS]; /* errno, on the last CPU; 0: it opens the event */
	guint n_open;		     /* events */
	guint n_groups;
	gboolean is_taken; /* the counter of the reference cycles */
	gboolean is_full;  /* not even a group alone has counters */
} kernel;

gboolean
__wrap_perf_group_open(PerfGroup *group, G_GNUC_UNUSED PerfEvent events[PERF_N_EVENTS], guint cpu,
		       PerfEventId *failed)
{
	for (guint i = 0; i < group->n_events; i++) {
		group->fds[i] = -1;
		if (cpu != N_CPUS - 1 || kernel.refused[group->events[i]] == 0)
			continue;
		*failed = group->events[i];
		errno = kernel.refused[group->events[i]];
		return FALSE;
	}
	kernel.n_open += group->n_events;
	kernel.n_groups++;
	return TRUE;
}

void
__wrap_perf_group_close(PerfGroup *group)
{
	kernel.n_open -= group->n_events;
	kernel.n_groups--;
	errno = EBADF;
}

/* A reading a second after the one before, with all counters or with none. */
gboolean
__wrap_perf_group_read(const PerfGroup *group, PerfReading *reading)
{
	gboolean has_extra = group->events[group->n_events - 1] == PERF_REF_CYCLES;
	guint64 last = reading == &group->last ? 0 : group->last.enabled;
	guint64 ran = reading == &group->last ? 0 : group->last.running;

	*reading = (PerfReading){.n = group->n_events};
	reading->enabled = last + 1000000000;
	reading->running = ran +
			   (kernel.is_full || (has_extra && kernel.is_taken) ? 0 : 1000000000);
	for (guint i = 0; i < group->n_events; i++)
		reading->values[i] = group->last.values[i] + 1000000;
	return TRUE;
}

static void
set_up(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	perf_fixture_init(fixture, N_CPUS);
	memset(&kernel, 0, sizeof(kernel));
}

static void
tear_down(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	perf_fixture_clear(fixture);
	g_assert_cmpuint(kernel.n_open, ==, 0);
}

static void
start_again(PerfFixture *fixture)
{
	tear_down(fixture, NULL);
	set_up(fixture, NULL);
}

static void
open_first(PerfFixture *fixture)
{
	perf_counters_init(&fixture->counters, fixture->events, groups, G_N_ELEMENTS(groups));
	perf_counters_open_first(&fixture->counters);
}

/* From now on the last CPU refuses these. */
static void
refuse(gint failure, guint n, const PerfEventId *ids)
{
	memset(kernel.refused, 0, sizeof(kernel.refused));
	for (guint i = 0; i < n; i++)
		kernel.refused[ids[i]] = failure;
}

/* The events that are counted, group by group, as the first letters of @text say. */
static void
assert_open(const PerfFixture *fixture, const gchar *text)
{
	static const gchar letters[PERF_N_EVENTS] = {
		[PERF_CYCLES] = 'c',	       [PERF_INSTRUCTIONS] = 'i',
		[PERF_CACHE_REFERENCES] = 'r', [PERF_CACHE_MISSES] = 'm',
		[PERF_BRANCHES] = 'b',	       [PERF_BRANCH_MISSES] = 'w',
		[PERF_PAGE_FAULTS] = 'p',      [PERF_CONTEXT_SWITCHES] = 's',
		[PERF_REF_CYCLES] = 'x',
	};
	g_autoptr(GString) is = g_string_new(NULL);
	guint n_events = 0;

	for (guint i = 0; i < fixture->counters.n_groups; i++) {
		const PerfGroup *shape = &fixture->counters.shape[i];
		g_string_append(is, i > 0 ? " " : "");
		for (guint j = 0; j < shape->n_events; j++)
			g_string_append_c(is, letters[shape->events[j]]);
		n_events += shape->n_events;
	}
	g_assert_cmpstr(is->str, ==, text);
	g_assert_cmpuint(fixture->counters.groups->len, ==, N_CPUS * fixture->counters.n_groups);
	g_assert_cmpuint(kernel.n_groups, ==, N_CPUS * fixture->counters.n_groups);
	g_assert_cmpuint(kernel.n_open, ==, N_CPUS * n_events);
	/* whatever is not counted has a reason, and nothing else has */
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		gboolean is_counted = strchr(text, letters[i]) != NULL;
		if (i != PERF_PAGE_FAULTS && i != PERF_CONTEXT_SWITCHES)
			g_assert_cmpint(fixture->events[i].state == VMFC_STATE_OK, ==, is_counted);
	}
}

/* An event that one CPU lacks is not counted on any; a group that is empty is none. */
static void
test_absent(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		PerfEventId ids[6];
		guint n;
		const gchar *left;
	} cases[] = {
		{{0}, 0, "cix rm bw"},
		{{PERF_REF_CYCLES}, 1, "ci rm bw"},
		{{PERF_CYCLES}, 1, "ix rm bw"},
		{{PERF_INSTRUCTIONS}, 1, "cx rm bw"},
		{{PERF_CACHE_MISSES}, 1, "cix r bw"},
		{{PERF_CACHE_REFERENCES, PERF_CACHE_MISSES}, 2, "cix bw"},
		{{PERF_BRANCHES, PERF_BRANCH_MISSES}, 2, "cix rm"},
		{{PERF_CYCLES, PERF_INSTRUCTIONS}, 2, "x rm bw"},
		{{PERF_CYCLES, PERF_INSTRUCTIONS, PERF_REF_CYCLES}, 3, "bw rm"},
		{{PERF_CACHE_REFERENCES, PERF_CACHE_MISSES, PERF_BRANCHES, PERF_BRANCH_MISSES},
		 4,
		 "cix"},
		{{PERF_BRANCHES, PERF_CACHE_MISSES, PERF_CYCLES}, 3, "ix r w"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		start_again(fixture);
		refuse(ENOENT, cases[i].n, cases[i].ids);
		open_first(fixture);
		assert_open(fixture, cases[i].left);
		for (guint j = 0; j < cases[i].n; j++)
			g_assert_true(g_str_has_prefix(
				fixture->events[cases[i].ids[j]].reason,
				"a CPU of this machine does not support this event"));
		/* the same groups are opened again when the CPUs change */
		g_assert_true(perf_counters_open(&fixture->counters));
		assert_open(fixture, cases[i].left);
	}
	/* there may be nothing left */
	static const PerfEventId all[] = {
		PERF_CYCLES,   PERF_INSTRUCTIONS,  PERF_CACHE_REFERENCES, PERF_CACHE_MISSES,
		PERF_BRANCHES, PERF_BRANCH_MISSES, PERF_REF_CYCLES};
	start_again(fixture);
	refuse(ENODEV, G_N_ELEMENTS(all), all);
	open_first(fixture);
	assert_open(fixture, "");
}

/* What is short of all is saved by the reference cycles first. */
static void
test_resources(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const PerfEventId misses = PERF_BRANCH_MISSES;
	static const PerfEventId both[] = {PERF_BRANCHES, PERF_BRANCH_MISSES};

	refuse(EMFILE, 1, &misses);
	open_first(fixture);
	assert_open(fixture, "ci rm b");
	for (guint i = 0; i < 2; i++)
		g_assert_true(g_str_has_prefix(
			fixture->events[i == 0 ? PERF_REF_CYCLES : PERF_BRANCH_MISSES].reason,
			"a file descriptor per event and CPU is needed"));
	/* an event that is absent is no such case */
	start_again(fixture);
	refuse(ENXIO, 1, &misses);
	open_first(fixture);
	assert_open(fixture, "cix rm b");
	start_again(fixture);
	fixture->events[PERF_REF_CYCLES].state = VMFC_STATE_UNSUPPORTED;
	refuse(EMFILE, 2, both);
	open_first(fixture);
	assert_open(fixture, "ci rm");
}

/* An event that the user switched off, or that one CPU was found to lack before, is not tried. */
static void
test_not_tried(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->events[PERF_CYCLES].state = VMFC_STATE_DENIED;
	fixture->events[PERF_CYCLES].reason = g_strdup("why");
	fixture->events[PERF_INSTRUCTIONS].state = VMFC_STATE_DENIED;
	fixture->events[PERF_CACHE_MISSES].name = "";
	open_first(fixture);
	fixture->events[PERF_CACHE_MISSES].state = VMFC_STATE_UNSUPPORTED;
	assert_open(fixture, "r bw");
	/* without the group that they would join the reference cycles are what the cycles are */
	g_assert_cmpint(fixture->events[PERF_REF_CYCLES].state, ==, VMFC_STATE_DENIED);
	g_assert_cmpstr(fixture->events[PERF_REF_CYCLES].reason, ==, "why");
}

/* When the CPUs change and the new ones cannot open all. */
static void
test_again(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint failure;
		PerfEventId id;
		gboolean is_open;
	} cases[] = {
		{ENOENT, PERF_REF_CYCLES, TRUE}, {EMFILE, PERF_REF_CYCLES, TRUE},
		{ENOENT, PERF_CYCLES, FALSE},	 {ENOENT, PERF_BRANCHES, FALSE},
		{EMFILE, PERF_BRANCHES, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		start_again(fixture);
		open_first(fixture);
		refuse(cases[i].failure, 1, &cases[i].id);
		g_assert_cmpint(perf_counters_open(&fixture->counters), ==, cases[i].is_open);
		if (cases[i].is_open) {
			assert_open(fixture, "ci rm bw");
			continue;
		}
		g_assert_cmpuint(kernel.n_open, ==, 0);
		g_assert_cmpuint(fixture->counters.groups->len, ==, 0);
		g_assert_cmpint(fixture->events[PERF_REF_CYCLES].state, ==,
				cases[i].failure == EMFILE ? VMFC_STATE_DENIED : VMFC_STATE_OK);
		/* until it is there */
		refuse(0, 0, NULL);
		g_assert_true(perf_counters_open(&fixture->counters));
		assert_open(fixture, cases[i].failure == EMFILE ? "ci rm bw" : "cix rm bw");
		g_assert_true(perf_counters_open(&fixture->counters));
		refuse(EMFILE, 1, &cases[1].id);
		g_assert_true(perf_counters_open(&fixture->counters));
		assert_open(fixture, "ci rm bw");
	}
}

/* Reference cycles whose counter another program has are left out, if the others have theirs then.
 */
static void
test_taken(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 4; i++) {
		start_again(fixture);
		kernel.is_taken = (i & 1) != 0;
		kernel.is_full = (i & 2) != 0;
		open_first(fixture);
		assert_open(fixture, i == 1 ? "ci rm bw" : "cix rm bw");
		if (i == 1)
			g_assert_true(g_str_has_prefix(fixture->events[PERF_REF_CYCLES].reason,
						       "not counted: others use the hardware"));
	}
}

/* The same in mid-run: its counts end, those of the others go on. */
static void
test_taken_later(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_first(fixture);
	perf_counters_wait(&fixture->counters, &fixture->window, 0);
	g_assert_false(fixture->counters.takes_turns);
	kernel.is_taken = TRUE;
	perf_fixture_read(fixture);
	g_assert_true(fixture->window.is_crowded);
	g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NO_TURN);
	g_assert_cmpint(fixture->window.flaws[PERF_BRANCHES], ==, PERF_FLAW_NONE);
	kernel.n_open -= N_CPUS; /* which close(2) has closed */
	assert_open(fixture, "ci rm bw");
	gint64 cycles = fixture->counters.totals[PERF_CYCLES];
	perf_fixture_read(fixture);
	g_assert_false(fixture->window.is_crowded);
	g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NONE);
	g_assert_cmpint(fixture->counters.totals[PERF_CYCLES] - cycles, ==, 2000000);
}

#define ADD(path, func) g_test_add("/perf-open/" path, PerfFixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("absent", test_absent);
	ADD("resources", test_resources);
	ADD("not-tried", test_not_tried);
	ADD("again", test_again);
	ADD("taken", test_taken);
	ADD("taken-later", test_taken_later);
	return g_test_run();
}
