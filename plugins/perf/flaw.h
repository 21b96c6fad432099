/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * Why the growth of an event in a window is missing. Of the flaws of several CPUs the last one in
 * this list applies.
 */
typedef enum {
	PERF_FLAW_NONE,
	PERF_FLAW_NO_TURN,    /* no counter was free in the window */
	PERF_FLAW_NO_COUNTER, /* nor in any earlier window */
	PERF_FLAW_AWAY,	      /* a CPU was added or removed */
	PERF_FLAW_CLOSED,     /* the events cannot be opened on the CPUs that are online now */
	PERF_FLAW_BACKWARDS,  /* a count went backwards */
	PERF_FLAW_TIMES,      /* its time running contradicts its time enabled, or went backwards */
	PERF_FLAW_STILL,      /* the count stands still while the CPU works */
	PERF_FLAW_PART,	      /* a part is larger than the whole */
	PERF_FLAW_FAST,	      /* the count grew faster than any CPU can count */
	PERF_FLAW_DENOMINATOR, /* of a ratio only: a division by 0 */
	PERF_FLAW_NO_START,    /* of a ratio only: the window has no start */
	PERF_N_FLAWS,
} PerfFlaw;

/* The reason for the user. */
typedef struct {
	VmfcState state;
	const gchar *reason;
	const gchar *remedy;
} PerfFlawText;

const PerfFlawText *
perf_flaw_get_text(PerfFlaw flaw);
