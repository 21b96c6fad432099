/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "delivery.h"

#include <pthread.h>

#include "common/timed-wait.h"
#include "delivery-log.h"
#include "http/backoff.h"
#include "remote/remote-pack.h"
#include "spool-sync.h"

#define NS_PER_US 1000
/* At the end of a run the pauses are no longer than this, in µs. */
#define MAX_END_PAUSE G_USEC_PER_SEC
/* Bytes of the frames of a request, about. */
#define MAX_PACKED (1024 * 1024)
/* Bytes of a request, uncompressed: what receivers take (VictoriaMetrics: 32 MiB). */
#define MAX_MESSAGE (32 * 1024 * 1024)

struct _Delivery {
	VmfcRemoteSender *sender;
	DeliverySetup setup;
	GThread *thread;

	/* guards the fields below; a pthread mutex, because the thread sanitizer does not see
	 * GMutex */
	pthread_mutex_t lock;
	pthread_cond_t
		changed; /* a frame was added, or the end has begun, or the thread has ended */
	Queue queue;
	SpoolSync *sync;    /* NULL: there is no spool, or it is synced at the end */
	gint64 waits_since; /* when the oldest frame was added, if the queue was empty then */
	gboolean has_dropped;
	gboolean has_failed; /* the spool could not store a frame */
	gboolean has_ended;  /* the thread */
	gint64 deadline;     /* of the end, CLOCK_MONOTONIC, µs; 0: it has not come */

	/* of the delivery's thread */
	GPtrArray *batch; /* of Frame */
	GByteArray *message;
	gboolean is_new; /* a part of the batch had not arrived earlier */
	gboolean is_cut; /* the end came before an answer */
	VmfcBackoff backoff;
	DeliveryLog log;
	DeliveryResult result;
};

/* ------------------------------------------------------------- waiting */

/* @time: CLOCK_MONOTONIC, µs */
static void
wait_until(Delivery *self, gint64 time)
{
	timed_wait_until(&self->changed, &self->lock, time * NS_PER_US);
}

static gboolean
is_empty(const Delivery *self)
{
	return queue_count_samples(&self->queue) == 0;
}

static gboolean
is_over(const Delivery *self)
{
	return self->deadline > 0 && g_get_monotonic_time() >= self->deadline;
}

static gboolean
is_batch_due(const Delivery *self)
{
	return self->deadline > 0 ||
	       queue_count_samples(&self->queue) >= self->setup.batch_samples ||
	       g_get_monotonic_time() >= self->waits_since + self->setup.batch_time;
}

static void
take_batch(Delivery *self)
{
	guint64 n_samples = 0;
	gsize n_bytes = 0;

	while (n_samples < self->setup.batch_samples && n_bytes < MAX_PACKED) {
		Frame *frame = queue_take(&self->queue);
		if (frame == NULL)
			break;
		n_samples += frame->amount.n_samples;
		n_bytes += g_bytes_get_size(frame->packed);
		g_ptr_array_add(self->batch, frame);
	}
}

/* Returns: %FALSE: nothing is left to send, or there is no time left */
static gboolean
wait_for_batch(Delivery *self)
{
	pthread_mutex_lock(&self->lock);
	while (is_empty(self) ? self->deadline == 0 : !is_batch_due(self)) {
		if (is_empty(self))
			pthread_cond_wait(&self->changed, &self->lock);
		else
			wait_until(self, self->waits_since + self->setup.batch_time);
	}
	gboolean more = !is_empty(self) && !is_over(self);
	if (more)
		take_batch(self);
	pthread_mutex_unlock(&self->lock);
	return more;
}

/*
 * Waits before the next request. The end of the run shortens a pause that the receiver has not
 * requested.
 *
 * Returns: %FALSE: the end has come
 */
static gboolean
pause_sending(Delivery *self, gdouble retry_after)
{
	gint64 begin = g_get_monotonic_time();
	VmfcPause pause;

	vmfc_backoff_next(&self->backoff, retry_after, &pause);
	gint64 asked = begin + pause.asked;
	gint64 until = MAX(begin + pause.own, asked);

	pthread_mutex_lock(&self->lock);
	for (;;) {
		gint64 end = until;
		if (self->deadline > 0)
			end = MIN(MAX(MIN(until, begin + MAX_END_PAUSE), asked), self->deadline);
		if (g_get_monotonic_time() >= end)
			break;
		wait_until(self, end);
	}
	gboolean more = !is_over(self);
	pthread_mutex_unlock(&self->lock);
	return more;
}

/* ------------------------------------------------------------- sending */

/* A part of the batch that is one request. */
typedef struct {
	Delivery *delivery;
	guint from;
	guint n;
	gboolean is_tried; /* the receiver may have it */
} Part;

/* The run ends before there is a final answer. */
static void
count_left(const Part *part)
{
	Delivery *self = part->delivery;

	pthread_mutex_lock(&self->lock);
	for (guint i = part->from; i < part->from + part->n; i++) {
		const Frame *frame = self->batch->pdata[i];
		gboolean is_kept = self->queue.spool != NULL && spool_has(self->queue.spool, frame);
		amount_add(is_kept ? &self->result.kept : &self->result.left, &frame->amount);
	}
	pthread_mutex_unlock(&self->lock);
}

/*
 * Messages one after the other are one message.
 *
 * Returns: (transfer full) (nullable): %NULL when it would be too large, or a frame is damaged
 */
static GBytes *
build_body(const Part *part)
{
	Delivery *self = part->delivery;

	g_byte_array_set_size(self->message, 0);
	for (guint i = part->from; i < part->from + part->n; i++) {
		const Frame *frame = self->batch->pdata[i];
		gsize size;
		const guint8 *packed = g_bytes_get_data(frame->packed, &size);
		if (!vmfc_remote_unpack(packed, size, MAX_MESSAGE, self->message))
			return NULL;
	}
	return vmfc_remote_pack(self->message->data, self->message->len);
}

/* The spool may have changed. */
static void
unlock(Delivery *self)
{
	if (self->sync != NULL)
		spool_sync_wake(self->sync);
	pthread_mutex_unlock(&self->lock);
}

/* Returns: (nullable): the last frame that the spool has as well */
static const Frame *
find_stored(const Part *part)
{
	for (guint i = part->from + part->n; i > part->from; i--) {
		const Frame *frame = part->delivery->batch->pdata[i - 1];
		if (frame->file > 0)
			return frame;
	}
	return NULL;
}

/* On the delivery's thread. The receiver may have the part from now on. */
static void
begin_request(gpointer user_data)
{
	const Part *part = user_data;
	Delivery *self = part->delivery;
	const Frame *last = find_stored(part);

	if (last == NULL || part->is_tried)
		return;
	pthread_mutex_lock(&self->lock);
	spool_mark_tried(self->queue.spool, last);
	pthread_mutex_unlock(&self->lock);
	/* after a power cut the next run must know it, too */
	if (self->sync != NULL)
		spool_sync_now(self->sync);
}

/* The part will be sent again. Later runs must know whether the receiver may have it. */
static void
note_trial(Part *part, gboolean is_untaken)
{
	Delivery *self = part->delivery;

	if (part->is_tried)
		return;
	if (!is_untaken) {
		part->is_tried = TRUE;
		for (guint i = part->from; i < part->from + part->n; i++)
			((Frame *)self->batch->pdata[i])->is_tried = TRUE;
	} else if (find_stored(part) != NULL) {
		pthread_mutex_lock(&self->lock);
		spool_unmark_tried(self->queue.spool);
		unlock(self);
	}
}

/* Sends until there is an answer that is final. Returns: %FALSE: the end has come before */
static gboolean
send_until_answered(Part *part, GBytes *body, VmfcRemoteAnswer *answer)
{
	Delivery *self = part->delivery;

	for (;;) {
		vmfc_remote_sender_send(self->sender, body, begin_request, part, answer);
		/* without a connection there was no request */
		gboolean is_sent = answer->status > 0 || !answer->is_untaken;
		self->result.n_requests += is_sent ? 1 : 0;
		self->result.n_bytes += is_sent ? g_bytes_get_size(body) : 0;
		if (answer->result != VMFC_REMOTE_RETRY)
			return TRUE;
		note_trial(part, answer->is_untaken);
		if (!vmfc_remote_sender_is_cancelled(self->sender))
			delivery_log_failure(&self->log, answer);
		self->is_cut = !pause_sending(self, answer->retry_after);
		vmfc_remote_answer_clear(answer);
		if (self->is_cut)
			return FALSE;
	}
}

/* Whether another part of the batch may be what is wrong. */
static gboolean
is_of_part(const VmfcRemoteAnswer *answer)
{
	return answer->status == 400 || answer->status == 409 || answer->status == 413 ||
	       answer->status == 422;
}

static void
send_part(Delivery *self, guint from, guint n);

/* The part has its final answer, and is not sent again. */
static void
settle(const Part *part, Amount *sum)
{
	Delivery *self = part->delivery;
	const Frame *last = find_stored(part);

	for (guint i = part->from; i < part->from + part->n; i++)
		amount_add(sum, &((Frame *)self->batch->pdata[i])->amount);
	if (last == NULL)
		return;
	pthread_mutex_lock(&self->lock);
	spool_ack(self->queue.spool, last);
	unlock(self);
}

static void
send_halves(const Part *part)
{
	guint half = part->n / 2;

	send_part(part->delivery, part->from, half);
	send_part(part->delivery, part->from + half, part->n - half);
}

/*
 * A receiver that refuses one sample refuses the whole request: halves show which record it is.
 *
 * Where a connection was lost before the answer, the receiver may have all of the request, and
 * refuses the same samples later: then they are no loss.
 */
static void
take_answer(Part *part, const VmfcRemoteAnswer *answer)
{
	Delivery *self = part->delivery;
	const Frame *first = self->batch->pdata[part->from];

	if (answer->result == VMFC_REMOTE_SENT) {
		settle(part, &self->result.sent);
		self->is_new = TRUE;
	} else if (part->n > 1 && is_of_part(answer)) {
		note_trial(part, TRUE);
		send_halves(part);
	} else if (part->n == 1 && answer->is_known && first->is_tried && !self->is_new) {
		settle(part, &self->result.known);
	} else {
		settle(part, &self->result.refused);
		delivery_log_refusal(&self->log, answer);
	}
}

static void
send_part(Delivery *self, guint from, guint n)
{
	Part part = {self, from, n, FALSE};
	g_autoptr(GBytes) body = build_body(&part);
	g_auto(VmfcRemoteAnswer) answer = {0};

	if (body == NULL && n == 1) {
		settle(&part, &self->result.damaged);
	} else if (body == NULL) {
		send_halves(&part);
	} else if (self->is_cut || !send_until_answered(&part, body, &answer)) {
		count_left(&part);
	} else {
		vmfc_backoff_reset(&self->backoff);
		delivery_log_answer(&self->log);
		take_answer(&part, &answer);
	}
}

static gpointer
delivery_main(gpointer user_data)
{
	Delivery *self = user_data;

	while (wait_for_batch(self)) {
		self->is_new = FALSE;
		send_part(self, 0, self->batch->len);
		g_ptr_array_set_size(self->batch, 0);
	}
	vmfc_remote_sender_disconnect(self->sender);
	pthread_mutex_lock(&self->lock);
	self->has_ended = TRUE;
	pthread_cond_broadcast(&self->changed);
	pthread_mutex_unlock(&self->lock);
	return NULL;
}

/* --------------------------------------------- on the writer's thread */

static void
delivery_free(Delivery *self)
{
	g_clear_pointer(&self->sync, spool_sync_free);
	pthread_cond_destroy(&self->changed);
	pthread_mutex_destroy(&self->lock);
	queue_clear(&self->queue);
	g_ptr_array_unref(self->batch);
	g_byte_array_unref(self->message);
	vmfc_remote_sender_free(self->sender);
	g_free(self);
}

/*
 * @sender: (transfer full):
 * @spool: (transfer full) (nullable):
 */
Delivery *
delivery_new(VmfcRemoteSender *sender, Spool *spool, const DeliverySetup *setup, GError **error)
{
	Delivery *self = g_new0(Delivery, 1);

	self->sender = sender;
	self->setup = *setup;
	self->log = (DeliveryLog){
		.address = vmfc_remote_sender_get_address(sender),
		.is_stored = spool != NULL,
		.size = spool != NULL ? setup->spool_size : setup->queue_size,
	};
	pthread_mutex_init(&self->lock, NULL);
	timed_wait_init(&self->changed);
	queue_init(&self->queue, setup->queue_size, spool);
	self->batch = g_ptr_array_new_with_free_func((GDestroyNotify)frame_free);
	self->message = g_byte_array_new();
	if (spool != NULL && setup->fsync > 0) {
		self->sync = spool_sync_new(spool, &self->lock, setup->fsync, error);
		if (self->sync == NULL) {
			delivery_free(self);
			return NULL;
		}
	}
	self->thread = g_thread_try_new("vmfc-remote", delivery_main, self, error);
	if (self->thread != NULL)
		return self;
	delivery_free(self);
	return NULL;
}

static void
report_dropped(const Delivery *self)
{
	gboolean is_stored = self->queue.spool != NULL && !self->has_failed;

	g_warning("more than %" G_GSIZE_FORMAT " MiB wait for %s: the oldest records are dropped "
		  "and counted; --set remote_write.%s=MIB keeps more",
		  (is_stored ? self->setup.spool_size : self->setup.queue_size) >> 20,
		  vmfc_remote_sender_get_address(self->sender),
		  is_stored ? "spool_size" : "queue_size");
}

/* @frame: (transfer full): */
void
delivery_append(Delivery *delivery, Frame *frame)
{
	g_autoptr(GError) error = NULL;

	pthread_mutex_lock(&delivery->lock);
	gboolean was_empty = is_empty(delivery);
	if (was_empty)
		delivery->waits_since = g_get_monotonic_time();
	gboolean is_good = queue_append(&delivery->queue, frame, &error);
	gboolean has_begun_to_fail = !is_good && !delivery->has_failed;
	delivery->has_failed |= !is_good;
	gboolean begins_to_drop = delivery->queue.dropped.n_samples > 0 && !delivery->has_dropped;
	delivery->has_dropped |= begins_to_drop;
	/* between the first record and a full batch the thread only waits for the batch's time */
	if (was_empty || is_batch_due(delivery))
		pthread_cond_broadcast(&delivery->changed);
	unlock(delivery);
	if (has_begun_to_fail)
		g_warning("%s; records that it cannot store wait in memory", error->message);
	if (begins_to_drop)
		report_dropped(delivery);
}

/* Waits for the thread, and ends its request when the time is over. */
static void
end_thread(Delivery *self)
{
	pthread_mutex_lock(&self->lock);
	self->deadline = g_get_monotonic_time() + MAX(self->setup.linger, 1);
	pthread_cond_broadcast(&self->changed);
	while (!self->has_ended && !is_over(self))
		wait_until(self, self->deadline);
	pthread_mutex_unlock(&self->lock);
	vmfc_remote_sender_cancel(self->sender);
	g_thread_join(self->thread);
}

/* Ends the thread when all is sent, or the time is over. Frees the delivery. */
void
delivery_end(Delivery *delivery, DeliveryResult *result)
{
	end_thread(delivery);
	*result = delivery->result;
	result->dropped = delivery->queue.dropped;
	amount_add(&result->left, &delivery->queue.waiting);
	if (delivery->queue.spool != NULL) {
		amount_add(&result->kept, spool_get_waiting(delivery->queue.spool));
		amount_add(&result->damaged, spool_get_damaged(delivery->queue.spool));
		spool_forget_damaged(delivery->queue.spool);
	}
	delivery_free(delivery);
}
