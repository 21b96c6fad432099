/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "spool.h"

/*
 * Frames that wait for the receiver, the oldest first: those of the spool, and then those in
 * memory. With a spool only what it cannot store is in memory. Its user guards it.
 */
typedef struct {
	Spool *spool;	/* NULL: none */
	GQueue frames;	/* of Frame: in memory */
	gsize size;	/* bytes in memory */
	gsize limit;	/* bytes in memory */
	Amount waiting; /* in memory */
	Amount dropped; /* because there was no room */
} Queue;

void
queue_init(Queue *queue, gsize limit, Spool *spool);
void
queue_clear(Queue *queue);
gboolean
queue_append(Queue *queue, Frame *frame, GError **error);
Frame *
queue_take(Queue *queue);
guint64
queue_count_samples(const Queue *queue);
