/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "check.h"

#include "vmfc/vmfc-plugin.h"

/*
 * Every CPU counts all of its time, also when it is idle, so that the ticks of a window follow from
 * its length; but not exactly. The kernel shows whole ticks. It measures idle and stolen time with
 * a clock, and looks at each interrupt of its timer who uses the CPU (account_process_tick() in
 * kernel/sched/cputime.c of Linux), so that short work is counted too often or too seldom. On two
 * CPUs under Linux 6.18 with 250 such interrupts a second were seen, in parts of a window's time:
 *
 *   idle, busy, many timers and interrupts, at 1 s      0.97 to 1.02
 *   the same at 0.1 s, 16 ms and 1 ms                   at most 2 ticks a CPU off
 *   work of 1 ms that always falls on the interrupt     up to 1.77
 *   work of 3.3 ms that always falls between two        from 0.19; then 0 % is shown of 82 %
 *
 * More than twice the time cannot be: no part of it is counted by more than both of these ways.
 * Less than half can be, but then the shares are those of the smaller part.
 */
#define MOST	 2
#define LEAST(x) ((x) / 2)
/* Once it was less: idle time that stands still is hidden by work, until the CPUs are all busy. */
#define LEAST_IN_DOUBT(x) ((x)*3 / 4)
/* Time that is shown in ticks is up to one off in each field of each CPU. */
#define SLACK_TICKS CPU_N_FIELDS
/* Half of a shorter time is less than the slack: those windows are judged several at once. */
#define SPAN (G_GINT64_CONSTANT(500) * 1000 * 1000)
/* Lines that may come while vmfc runs: nothing is allocated then. */
#define FEWEST_LINES 256

void
cpu_check_init(CpuCheck *check, gint64 ticks_per_second, guint n_cpus)
{
	*check = (CpuCheck){.ns_per_tick = G_USEC_PER_SEC * 1000 / ticks_per_second};
	check->size = MAX(2 * n_cpus, FEWEST_LINES);
	check->each = g_new0(gint64, check->size);
	check->each_now = g_new0(gint64, check->size);
}

void
cpu_check_clear(CpuCheck *check)
{
	g_free(check->each);
	g_free(check->each_now);
}

static gint64
expect_ticks(const CpuCheck *check, gint64 ns, guint n_cpus)
{
	return MAX(ns, 0) / check->ns_per_tick * n_cpus;
}

/* @ns: the longest that it can have been */
static gboolean
is_too_much(const CpuCheck *check, gint64 ticks, gint64 ns, guint n_cpus)
{
	gint64 most = expect_ticks(check, MOST * ns, n_cpus);
	return ticks > most + SLACK_TICKS * (gint64)n_cpus;
}

/* @ns: the shortest that it can have been */
static gboolean
is_too_little(const CpuCheck *check, gint64 ticks, gint64 ns, guint n_cpus)
{
	gint64 expected = expect_ticks(check, ns, n_cpus);
	gint64 least = check->verdict == CPU_PLAUSIBLE ? LEAST(expected) : LEAST_IN_DOUBT(expected);
	return ticks < least - SLACK_TICKS * (gint64)n_cpus;
}

/* Returns: whether the lines of the CPUs can be compared with those of the span's begin */
static gboolean
read_each(CpuCheck *check, const CpuReading *now)
{
	guint n_cpus = now->times.n_cpus;
	gboolean had_each = check->has_each;
	gint64 *each = check->each;

	check->has_each = n_cpus <= check->size &&
			  cpu_parse_each(now->text, now->length, n_cpus, check->each_now);
	check->each = check->each_now;
	check->each_now = each;
	return had_each && check->has_each;
}

static void
begin_span(CpuCheck *check, const CpuReading *now)
{
	check->begin = now->instant;
	check->total = now->times.total;
	check->order = now->times.order;
	check->n_fields = now->times.n_fields;
}

/*
 * The lines of the CPUs one by one, and their sum beside the line of all of them.
 *
 * @ticks: that line's
 */
static CpuVerdict
judge_each(const CpuCheck *check, guint n_cpus, gint64 ticks, gint64 shortest, gint64 longest)
{
	const gint64 *before = check->each_now; /* read_each() has exchanged them */
	gint64 slack = SLACK_TICKS * (gint64)n_cpus + expect_ticks(check, longest / 4, n_cpus);

	for (guint i = 0; i < n_cpus; i++) {
		gint64 of_one = check->each[i] - before[i];
		if (is_too_little(check, of_one, shortest, 1))
			return CPU_TOO_LITTLE;
		if (is_too_much(check, of_one, longest, 1))
			return CPU_TOO_MUCH;
		ticks -= of_one;
	}
	return ABS(ticks) > slack ? CPU_CONTRADICTION : CPU_PLAUSIBLE;
}

static CpuVerdict
judge_span(CpuCheck *check, const CpuReading *now)
{
	guint n_cpus = now->times.n_cpus;
	gint64 ticks = now->times.total - check->total;
	gint64 shortest = now->instant.earliest - check->begin.latest;
	gint64 longest = now->instant.latest - check->begin.earliest;
	gboolean has_each = read_each(check, now);

	if (is_too_little(check, ticks, shortest, n_cpus))
		return CPU_TOO_LITTLE;
	if (is_too_much(check, ticks, longest, n_cpus))
		return CPU_TOO_MUCH;
	return has_each ? judge_each(check, n_cpus, ticks, shortest, longest) : CPU_PLAUSIBLE;
}

/* Whether the span in hand cannot go on: the first reading, other CPUs, time that went backwards.
 */
static gboolean
is_cut(const CpuCheck *check, const CpuTimes *times)
{
	return check->begin.latest == 0 || times->order != check->order ||
	       times->n_fields != check->n_fields || times->total < check->last_total;
}

/*
 * @now: with two instants, between which it lies: a vmfc that has to wait for a CPU between its
 *   look at the file and its look at the clock must not take a long window for a short one
 */
CpuVerdict
cpu_check_window(CpuCheck *check, const CpuReading *now)
{
	gint64 ticks = now->times.total - check->last_total;
	gint64 longest = now->instant.latest - check->last.earliest;
	CpuVerdict verdict = check->verdict;
	gboolean cut = is_cut(check, &now->times);

	check->last = now->instant;
	check->last_total = now->times.total;
	if (cut || is_too_much(check, ticks, longest, now->times.n_cpus)) {
		read_each(check, now);
		begin_span(check, now);
		return cut ? verdict : CPU_TOO_MUCH;
	}
	if (now->instant.earliest - check->begin.latest < SPAN)
		return verdict;
	verdict = judge_span(check, now);
	begin_span(check, now);
	/* a jump is over with the window that it is in */
	check->verdict = verdict == CPU_TOO_MUCH ? CPU_PLAUSIBLE : verdict;
	return verdict;
}
