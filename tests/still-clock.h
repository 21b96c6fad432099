/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A clock that stands still until the test sets it; also for the threads of what is tested. */

#pragma once

#include <glib.h>

static gint64 now; /* CLOCK_MONOTONIC, µs */

#pragma GCC visibility push(default)
gint64
__wrap_g_get_monotonic_time(void);
#pragma GCC visibility pop

/* In place of GLib's, see meson.build. */
gint64
__wrap_g_get_monotonic_time(void)
{
	return __atomic_load_n(&now, __ATOMIC_SEQ_CST);
}
