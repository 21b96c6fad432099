/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Source of time, in nanoseconds. Tests use a fake one. */
typedef struct {
	gint64 (*monotonic)(gpointer self); /* CLOCK_MONOTONIC: windows and deadlines */
	gint64 (*realtime)(gpointer self);  /* CLOCK_REALTIME: timestamps */
	gint64 (*boottime)(gpointer self);  /* CLOCK_BOOTTIME: also counts during suspend */
	gpointer self;
} VmfcClock;

extern const VmfcClock vmfc_clock_system;

gint64
vmfc_clock_monotonic(const VmfcClock *clock);
gint64
vmfc_clock_find_monotonic(const VmfcClock *clock, gint64 realtime);
