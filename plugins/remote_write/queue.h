/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "frame.h"

/* Frames that wait for the receiver, the oldest first. Its user guards it. */
typedef struct {
	GQueue frames;	/* of Frame */
	gsize size;	/* bytes */
	gsize limit;	/* bytes */
	Amount waiting; /* in the queue */
	Amount dropped; /* because the queue was full */
} Queue;

void
queue_init(Queue *queue, gsize limit);
void
queue_clear(Queue *queue);
void
queue_append(Queue *queue, Frame *frame);
Frame *
queue_take(Queue *queue);
