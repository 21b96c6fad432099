/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "group.h"

void
perf_judge(PerfGroup *group, const PerfEvent events[PERF_N_EVENTS], PerfGrowth *growth,
	   gdouble cpu_cycles);
gdouble
perf_judge_cycles(const PerfGroup *group, const PerfEvent events[PERF_N_EVENTS],
		  const PerfGrowth *growth);
