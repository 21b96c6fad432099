/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <pthread.h>

#include "spool.h"

/*
 * Syncs a spool to the disk, on a separate thread: neither the writer nor the receiver's thread
 * waits for the disk while records come and go.
 */
typedef struct _SpoolSync SpoolSync;

SpoolSync *
spool_sync_new(Spool *spool, pthread_mutex_t *lock, gint64 interval, GError **error);
void
spool_sync_wake(SpoolSync *sync);
void
spool_sync_now(SpoolSync *sync);
void
spool_sync_free(SpoolSync *sync);
