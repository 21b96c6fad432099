/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/clock.h"

/* Detects steps of the wall clock and suspends, and warns about them. Nanoseconds. */
typedef struct {
	const VmfcClock *clock;
	gint64 real_offset; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	gint64 boot_offset; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
} VmfcClockWatch;

void
vmfc_clock_watch_init(VmfcClockWatch *watch, const VmfcClock *clock);
void
vmfc_clock_watch_check(VmfcClockWatch *watch, gint64 realtime, gint64 monotonic);
