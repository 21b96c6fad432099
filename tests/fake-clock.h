/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/ticker.h"

/* Time that passes only when a test lets it, and 10 µs whenever it is asked for. */
typedef struct {
	VmfcClock clock;
	gint64 now; /* CLOCK_MONOTONIC, ns */
	gint64 real_offset;
	gint64 boot_offset;
} FakeClock;

static inline gint64
fake_clock_monotonic(gpointer self)
{
	FakeClock *fake = self;
	fake->now += 10000;
	return fake->now;
}

static inline gint64
fake_clock_realtime(gpointer self)
{
	FakeClock *fake = self;
	return fake->now + fake->real_offset;
}

static inline gint64
fake_clock_boottime(gpointer self)
{
	FakeClock *fake = self;
	return fake->now + fake->boot_offset;
}

static inline void
fake_clock_init(FakeClock *fake, gint64 monotonic, gint64 realtime)
{
	*fake = (FakeClock){
		.clock = {fake_clock_monotonic, fake_clock_realtime, fake_clock_boottime, fake},
		.now = monotonic,
		.real_offset = realtime - monotonic,
	};
}
