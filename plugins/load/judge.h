/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "parse.h"
#include "vmfc/vmfc-plugin.h"

/* Why a column of the sampler is missing. */
typedef enum {
	LOAD_PLAUSIBLE,
	LOAD_NOT_TOLD,
	LOAD_NO_COUNT,
	LOAD_NONE_RUNS,
	LOAD_MORE_THAN_TASKS,
	LOAD_NONE_CREATED,
	LOAD_TOO_FAST,
	LOAD_CONSTANT,
	LOAD_NO_AVERAGES,
	LOAD_NO_TASKS,
	LOAD_AVERAGES_STAND,
	LOAD_NO_PROCESS,
	LOAD_N_VERDICTS,
} LoadVerdict;

typedef struct {
	VmfcState state;
	const gchar *reason;
	const gchar *remedy;
} LoadVerdictText;

/* Earlier readings, with which the next ones are compared. Times in ns. */
typedef struct {
	gint64 last;	   /* when /proc/stat was last read; 0: never */
	gint64 processes;  /* at that time; -1: unknown */
	guint64 text_hash; /* of /proc/stat at the last comparison */
	gint64 compared;   /* time of that comparison */
	gboolean is_constant;
	gdouble average;      /* the one-minute load */
	gint64 averages_read; /* when it last changed */
	gint64 stood_still;   /* how long it has been unchanged */
} LoadJudge;

const LoadVerdictText *
load_verdict_get_text(LoadVerdict verdict);
LoadVerdict
load_judge_averages(LoadJudge *judge, const gdouble averages[3], gint64 tasks, gint64 now);
void
load_judge_text(LoadJudge *judge, const gchar *text, gsize length, gint64 now);
LoadVerdict
load_judge_running(const LoadJudge *judge, const LoadStat *stat, gint64 tasks);
LoadVerdict
load_judge_blocked(const LoadJudge *judge, const LoadStat *stat, gint64 tasks);
LoadVerdict
load_judge_created(LoadJudge *judge, const LoadStat *stat, gint64 now);
