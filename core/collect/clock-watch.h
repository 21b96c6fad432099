/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/clock.h"

/* Sees steps of the wall clock and suspends, and says them. Nanoseconds. */
typedef struct {
	const VmfcClock *clock;
	gint64 real_offset; /* CLOCK_REALTIME less CLOCK_MONOTONIC */
	gint64 boot_offset; /* CLOCK_BOOTTIME less CLOCK_MONOTONIC */
} VmfcClockWatch;

void
vmfc_clock_watch_init(VmfcClockWatch *watch, const VmfcClock *clock);
void
vmfc_clock_watch_look(VmfcClockWatch *watch, gint64 realtime, gint64 monotonic);
