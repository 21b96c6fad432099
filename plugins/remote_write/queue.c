/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "queue.h"

/* What a frame takes besides its bytes, about. */
#define OVERHEAD 128

static gsize
measure(const Frame *frame)
{
	return g_bytes_get_size(frame->packed) + OVERHEAD;
}

/* @limit: bytes */
void
queue_init(Queue *queue, gsize limit)
{
	*queue = (Queue){.limit = limit};
	g_queue_init(&queue->frames);
}

void
queue_clear(Queue *queue)
{
	g_queue_clear_full(&queue->frames, (GDestroyNotify)frame_free);
}

/* @frame: (transfer full): drops the oldest ones if there is no room */
void
queue_append(Queue *queue, Frame *frame)
{
	while (queue->size + measure(frame) > queue->limit && queue->frames.length > 0) {
		g_autoptr(Frame) oldest = queue_take(queue);
		amount_add(&queue->dropped, &oldest->amount);
	}
	queue->size += measure(frame);
	amount_add(&queue->waiting, &frame->amount);
	g_queue_push_tail(&queue->frames, frame);
}

/* Returns: (transfer full) (nullable): the oldest frame */
Frame *
queue_take(Queue *queue)
{
	Frame *frame = g_queue_pop_head(&queue->frames);

	if (frame == NULL)
		return NULL;
	queue->size -= measure(frame);
	queue->waiting.n_records -= frame->amount.n_records;
	queue->waiting.n_samples -= frame->amount.n_samples;
	return frame;
}
