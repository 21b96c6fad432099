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

/*
 * @limit: bytes in memory
 * @spool: (transfer full) (nullable):
 */
void
queue_init(Queue *queue, gsize limit, Spool *spool)
{
	*queue = (Queue){.limit = limit, .spool = spool};
	g_queue_init(&queue->frames);
}

void
queue_clear(Queue *queue)
{
	g_queue_clear_full(&queue->frames, (GDestroyNotify)frame_free);
	g_clear_pointer(&queue->spool, spool_close);
}

static Frame *
take_from_memory(Queue *self)
{
	Frame *frame = g_queue_pop_head(&self->frames);

	if (frame == NULL)
		return NULL;
	self->size -= measure(frame);
	amount_subtract(&self->waiting, &frame->amount);
	return frame;
}

/* @frame: (transfer full): drops the oldest ones if there is no room */
static void
append_to_memory(Queue *self, Frame *frame)
{
	while (self->size + measure(frame) > self->limit && self->frames.length > 0) {
		g_autoptr(Frame) oldest = take_from_memory(self);
		amount_add(&self->dropped, &oldest->amount);
	}
	self->size += measure(frame);
	amount_add(&self->waiting, &frame->amount);
	g_queue_push_tail(&self->frames, frame);
}

/*
 * @frame: (transfer full):
 *
 * Returns: %FALSE with @error set when the spool could not store it; it waits in memory then
 */
gboolean
queue_append(Queue *queue, Frame *frame, GError **error)
{
	gboolean good = TRUE;

	/* the frames in memory are newer than those of the spool until they are sent */
	if (queue->spool != NULL && queue->frames.length == 0) {
		good = spool_append(queue->spool, frame, &queue->dropped, error);
		if (good) {
			frame_free(frame);
			return TRUE;
		}
	}
	append_to_memory(queue, frame);
	return good;
}

/* Returns: (transfer full) (nullable): the oldest frame */
Frame *
queue_take(Queue *queue)
{
	Frame *frame = queue->spool != NULL ? spool_take(queue->spool) : NULL;

	return frame != NULL ? frame : take_from_memory(queue);
}

guint64
queue_count_samples(const Queue *queue)
{
	guint64 n_stored = queue->spool != NULL ? spool_get_waiting(queue->spool)->n_samples : 0;

	return n_stored + queue->waiting.n_samples;
}
