/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "judge.h"

#include <math.h>

/*
 * Linux has no more tasks than PID_MAX_LIMIT, include/linux/threads.h. A -1 that was read as
 * unsigned, in any width, is larger than this limit or than the number of tasks.
 */
#define MAX_TASKS (4 * 1024 * 1024)
/*
 * A fork or clone takes about 10 us. This is the limit per CPU, plus the forks before a late
 * reading.
 */
#define NS_PER_FORK 1000
#define SLACK_NS    (G_GINT64_CONSTANT(200) * 1000 * 1000)
/*
 * Within that time at least idle time and interrupts change in /proc/stat: a CPU counts every 10
 * ms.
 */
#define COMPARE_NS (G_GINT64_CONSTANT(500) * 1000 * 1000)
#define START_SIZE 128
#define END_SIZE   1024
#define HASH_START G_GUINT64_CONSTANT(0xcbf29ce484222325)
/*
 * Every 5 s the one-minute average takes a twelfth of the difference to the number of running tasks
 * (LOAD_FREQ and EXP_1, include/linux/sched/loadavg.h). That number is an integer. So after a
 * minute without a change of 0.01 the difference is below 0.016.
 */
#define STAND_NS      (G_GINT64_CONSTANT(60) * 1000 * 1000 * 1000)
#define NEAR_AN_INT   0.02
#define AVERAGE_STEPS (G_GINT64_CONSTANT(5) * 1000 * 1000 * 1000)

#define STAT	"/proc/stat"
#define LOADAVG "/proc/loadavg"
#define SANDBOX "Run vmfc outside of the sandbox, which provides its own numbers"

static const LoadVerdictText texts[LOAD_N_VERDICTS] = {
	[LOAD_PLAUSIBLE] = {VMFC_STATE_OK, NULL, NULL},
	[LOAD_NOT_TOLD] =
		{VMFC_STATE_UNSUPPORTED,
		 STAT " has no such line, or its number is invalid (negative, or -1 as unsigned)",
		 NULL},
	[LOAD_NO_COUNT] = {VMFC_STATE_IMPLAUSIBLE,
			   "the number in " STAT
			   " is larger than Linux allows, for example -1 in 32 bits",
			   NULL},
	[LOAD_NONE_RUNS] = {VMFC_STATE_IMPLAUSIBLE,
			    STAT " counts no running task, but the task that reads it runs",
			    SANDBOX},
	[LOAD_MORE_THAN_TASKS] = {VMFC_STATE_IMPLAUSIBLE,
				  STAT " counts more such tasks than " LOADAVG " counts in all",
				  "In a container with lxcfs one file is the host's and the other "
				  "is the container's: read both from the host"},
	[LOAD_NONE_CREATED] = {VMFC_STATE_IMPLAUSIBLE,
			       STAT " shows that no process was ever created", SANDBOX},
	[LOAD_TOO_FAST] = {VMFC_STATE_IMPLAUSIBLE,
			   "the total of processes in " STAT
			   " grew by more than the CPUs can create in the window",
			   NULL},
	[LOAD_CONSTANT] = {VMFC_STATE_IMPLAUSIBLE,
			   STAT " is constant: neither time nor counts in it have changed",
			   SANDBOX},
	[LOAD_NO_AVERAGES] = {VMFC_STATE_IMPLAUSIBLE,
			      "a load in " LOADAVG " is larger than Linux allows", NULL},
	[LOAD_NO_TASKS] = {VMFC_STATE_IMPLAUSIBLE,
			   LOADAVG " counts no task, but vmfc itself is one", SANDBOX},
	[LOAD_AVERAGES_STAND] = {VMFC_STATE_IMPLAUSIBLE,
				 "the one-minute load in " LOADAVG
				 " stays at a number at which it cannot stay",
				 "This is a sandbox, or lxcfs has stopped: read " LOADAVG
				 " of the host"},
	[LOAD_NO_PROCESS] = {VMFC_STATE_IMPLAUSIBLE,
			     "/proc shows no process, but vmfc itself is one", NULL},
};

const LoadVerdictText *
load_verdict_get_text(LoadVerdict verdict)
{
	return &texts[verdict];
}

/* A time in which the machine did not run counts as one step: nothing could change. */
static gboolean
stands_still(LoadJudge *judge, gdouble average, gint64 now)
{
	gboolean moved = judge->averages_read == 0 || average != judge->average;

	judge->stood_still = moved ? 0
				   : judge->stood_still +
					     MIN(now - judge->averages_read, AVERAGE_STEPS);
	judge->average = average;
	judge->averages_read = now;
	return judge->stood_still >= STAND_NS && fabs(average - rint(average)) > NEAR_AN_INT;
}

/* @tasks: -1 when not known, as in all of the following */
LoadVerdict
load_judge_averages(LoadJudge *judge, const gdouble averages[3], gint64 tasks, gint64 now)
{
	gboolean stands = stands_still(judge, averages[0], now);

	if (tasks == 0)
		return LOAD_NO_TASKS;
	for (guint i = 0; i < 3; i++) {
		if (averages[i] > MAX_TASKS)
			return LOAD_NO_AVERAGES;
	}
	return stands ? LOAD_AVERAGES_STAND : LOAD_PLAUSIBLE;
}

/* FNV-1a (Fowler, Noll and Vo), by eight bytes. */
static guint64
hash_part(guint64 hash, const gchar *text, gsize length)
{
	for (gsize at = 0; at < length; at += sizeof(guint64)) {
		guint64 word = 0;
		memcpy(&word, text + at, MIN(sizeof(word), length - at));
		hash = (hash ^ word) * G_GUINT64_CONSTANT(0x100000001b3);
		hash ^= hash >> 32;
	}
	return hash;
}

/* Hashes the line of all CPUs and the lines after the interrupts, which can be many. */
void
load_judge_text(LoadJudge *judge, const gchar *text, gsize length, gint64 now)
{
	if (judge->compared != 0 && now - judge->compared < COMPARE_NS)
		return;
	gsize end = MIN(length, END_SIZE);
	guint64 hash = hash_part(HASH_START, text, MIN(length, START_SIZE));
	hash = hash_part(hash, text + length - end, end);
	judge->is_constant = judge->compared != 0 && hash == judge->text_hash;
	judge->text_hash = hash;
	judge->compared = now;
}

static LoadVerdict
judge_count(const LoadJudge *judge, gint64 count, gint64 tasks)
{
	if (count < 0)
		return LOAD_NOT_TOLD;
	if (judge->is_constant)
		return LOAD_CONSTANT;
	if (count > MAX_TASKS)
		return LOAD_NO_COUNT;
	return tasks > 0 && count > tasks ? LOAD_MORE_THAN_TASKS : LOAD_PLAUSIBLE;
}

LoadVerdict
load_judge_running(const LoadJudge *judge, const LoadStat *stat, gint64 tasks)
{
	/*
	 * the reader may move to a CPU that was counted already, which is rare; the value is wrong
	 * all the same
	 */
	return stat->procs_running == 0 ? LOAD_NONE_RUNS
					: judge_count(judge, stat->procs_running, tasks);
}

/* When the other values are not counted, a 0 is not a count either. */
LoadVerdict
load_judge_blocked(const LoadJudge *judge, const LoadStat *stat, gint64 tasks)
{
	if (stat->procs_blocked == 0 && stat->procs_running == 0 && stat->processes == 0)
		return LOAD_NONE_RUNS;
	return judge_count(judge, stat->procs_blocked, tasks);
}

/* @now: once per reading */
LoadVerdict
load_judge_created(LoadJudge *judge, const LoadStat *stat, gint64 now)
{
	gint64 most = (now - judge->last + SLACK_NS) / NS_PER_FORK * MAX(stat->n_cpus, 1);
	gboolean is_first = judge->last == 0 || judge->processes < 0;
	gint64 growth = stat->processes - judge->processes;

	judge->last = now;
	judge->processes = stat->processes;
	if (stat->processes < 0)
		return LOAD_NOT_TOLD;
	if (stat->processes == 0)
		return LOAD_NONE_CREATED;
	if (judge->is_constant)
		return LOAD_CONSTANT;
	return !is_first && growth > most ? LOAD_TOO_FAST : LOAD_PLAUSIBLE;
}
