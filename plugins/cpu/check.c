/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "check.h"

#include "vmfc/vmfc-plugin.h"

/*
 * Every CPU counts all of its time, also when it is idle. So the ticks of a window follow from its
 * length, but not exactly. The kernel shows whole ticks. It measures idle and stolen time with a
 * clock. For other work each timer interrupt samples which task uses the CPU
 * (account_process_tick() in kernel/sched/cputime.c of Linux), so that short work is counted too
 * often or too seldom. On two CPUs under Linux 6.18 with 250 such interrupts a second we saw, as
 * parts of a window's time:
 *
 *   idle, busy, many timers and interrupts, at 1 s      0.97 to 1.02
 *   the same at 0.1 s, 16 ms and 1 ms                   at most 2 ticks a CPU off
 *   work of 1 ms that always falls on the interrupt     up to 1.77
 *   work of 3.3 ms that always falls between two        from 0.19; then 0 % is shown of 82 %
 *
 * More than twice the time is impossible: both methods together count no time more than twice. Less
 * than half is possible, but then the shares describe that smaller part only.
 */
#define MAX_FACTOR   2
#define MIN_TICKS(x) ((x) / 2)
/* After a window with too few: idle time that stands still stays hidden while all CPUs are busy. */
#define MIN_TICKS_IN_DOUBT(x) ((x)*3 / 4)
/* A time in ticks may be off by one, in each field of each CPU. */
#define SLACK_TICKS CPU_N_FIELDS
/* Half of a shorter time is less than the slack: several of those windows are judged together. */
#define SPAN (G_GINT64_CONSTANT(500) * 1000 * 1000)
/* Room for CPUs that come while vmfc runs: no allocation happens then. */
#define MIN_LINES 256

void
cpu_check_init(CpuCheck *check, gint64 ticks_per_second, guint n_cpus)
{
	*check = (CpuCheck){.ns_per_tick = G_USEC_PER_SEC * 1000 / ticks_per_second};
	check->size = MAX(2 * n_cpus, MIN_LINES);
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

/* @ns: the maximum time */
static gboolean
is_too_much(const CpuCheck *check, gint64 ticks, gint64 ns, guint n_cpus)
{
	gint64 most = expect_ticks(check, MAX_FACTOR * ns, n_cpus);
	return ticks > most + SLACK_TICKS * (gint64)n_cpus;
}

/* @ns: the minimum time */
static gboolean
is_too_little(const CpuCheck *check, gint64 ticks, gint64 ns, guint n_cpus)
{
	gint64 expected = expect_ticks(check, ns, n_cpus);
	gint64 least = check->verdict == CPU_PLAUSIBLE ? MIN_TICKS(expected)
						       : MIN_TICKS_IN_DOUBT(expected);
	return ticks < least - SLACK_TICKS * (gint64)n_cpus;
}

/* Returns: whether the lines of the CPUs can be compared with those at the start of the span */
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
 * Judges the lines of the CPUs one by one, and compares their sum with the line of all CPUs.
 *
 * @ticks: growth of the line of all CPUs
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

/* Whether the current span cannot continue: first reading, other CPUs, time that went backwards. */
static gboolean
is_cut(const CpuCheck *check, const CpuTimes *times)
{
	return check->begin.latest == 0 || times->order != check->order ||
	       times->n_fields != check->n_fields || times->total < check->last_total;
}

/*
 * @now: with two instants, one before and one after the reading. vmfc may wait for a CPU between
 *   the reading and the clock; it must not take a long window for a short one
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
	/* a jump affects only its own window */
	check->verdict = verdict == CPU_TOO_MUCH ? CPU_PLAUSIBLE : verdict;
	return verdict;
}
