/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "events.h"

void
perf_pmu_check(PerfEvent events[PERF_N_EVENTS], const PerfEventId (*groups)[PERF_PAIR],
	       guint n_groups);
