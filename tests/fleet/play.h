/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "metrics/metrics.h"

/* The schema of a VM with 60 series: perf, proc, and power of two zones. */
VmfcSchema *
play_build_schema(void);

/* The values of one VM, which are drawn at random, each VM its own and always the same. */
typedef struct {
	GRand *random;
	gdouble *totals;  /* by column: of a counter the total, of a gauge the last value */
	gint64 n_records; /* since the VM has started */
	gboolean is_estimated;
} PlayState;

void
play_state_init(PlayState *state, guint32 seed);
void
play_state_clear(PlayState *state);
void
play_state_restart(PlayState *state);
void
play_state_draw(PlayState *state, const VmfcMetrics *metrics, gdouble timestamp, guint n_missed,
		VmfcMetricValues *values);
