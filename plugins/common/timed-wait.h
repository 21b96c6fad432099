/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <pthread.h>

/*
 * Conditions whose waits end at a time of CLOCK_MONOTONIC. Those of GLib are not seen by the thread
 * sanitizer.
 */

void
timed_wait_init(pthread_cond_t *condition);
gboolean
timed_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, gint64 time);
