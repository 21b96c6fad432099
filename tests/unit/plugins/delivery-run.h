/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A delivery whose receiver, clock and disk are the test's: it answers what the test says, and no
 * time passes but the one that the thread waits for.
 */

#pragma once

#include "remote_write/delivery.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/uio.h>

#include "common/timed-wait.h"
#include "http/backoff.h"
#include "remote/remote-pack.h"
#include "remove-folder.h"

#define MIB (1024 * 1024)
#define S   G_USEC_PER_SEC
#define RETRY                                                                                      \
	{                                                                                          \
		VMFC_REMOTE_RETRY, 503, -1                                                         \
	}
#define NO_PLACE                                                                                   \
	{                                                                                          \
		VMFC_REMOTE_RETRY, 0, -1, .is_untaken = TRUE                                       \
	}
#define BUSY                                                                                       \
	{                                                                                          \
		VMFC_REMOTE_RETRY, 429, 2, .is_untaken = TRUE                                      \
	}
#define SENT                                                                                       \
	{                                                                                          \
		VMFC_REMOTE_SENT, 200, -1                                                          \
	}
#define KNOWN                                                                                      \
	{                                                                                          \
		VMFC_REMOTE_REFUSED, 400, -1, .is_known = TRUE                                     \
	}

/* In place of the receiver, of the clock and of the disk, see meson.build. */
static struct {
	/* set by the test */
	const VmfcRemoteAnswer *answers; /* of the first requests; later ones are taken */
	guint n_answers;
	gint bad; /* a letter: a request that has it is refused with this status */
	guint status;
	guint held; /* the number of a request that waits until the end, or until let_go() */
	gint64 pause;
	gboolean is_disk_full;

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	pthread_t main;
	gint64 now;
	guint n_requests;
	guint64 n_bytes;
	GString *sent;	   /* what was in the requests, with blanks in between */
	GString *failures; /* how many had failed in a row, at each pause */
	GString *said;
	gboolean is_free; /* of the receiver's sender */
} world = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

#pragma GCC visibility push(default)
gint64
__wrap_g_get_monotonic_time(void);
gboolean
__wrap_timed_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, gint64 time);
void
__wrap_vmfc_backoff_next(VmfcBackoff *backoff, gdouble retry_after, VmfcPause *pause);
void
__wrap_vmfc_remote_sender_cancel(VmfcRemoteSender *sender);
void
__wrap_vmfc_remote_sender_disconnect(VmfcRemoteSender *sender);
void
__wrap_vmfc_remote_sender_free(VmfcRemoteSender *sender);
const gchar *
__wrap_vmfc_remote_sender_get_address(const VmfcRemoteSender *sender);
gboolean
__wrap_vmfc_remote_sender_is_cancelled(VmfcRemoteSender *sender);
void
__wrap_vmfc_remote_sender_send(VmfcRemoteSender *sender, GBytes *body, VmfcRemoteBegin begin,
			       gpointer user_data, VmfcRemoteAnswer *answer);
ssize_t
__wrap_pwritev64(int fd, const struct iovec *parts, int n_parts, off_t offset);
ssize_t
__real_pwritev64(int fd, const struct iovec *parts, int n_parts, off_t offset);
#pragma GCC visibility pop

gint64
__wrap_g_get_monotonic_time(void)
{
	pthread_mutex_lock(&world.lock);
	gint64 now = world.now;
	pthread_mutex_unlock(&world.lock);
	return now;
}

static inline void
let_go(void)
{
	pthread_mutex_lock(&world.lock);
	world.held = 0;
	pthread_cond_broadcast(&world.changed);
	pthread_mutex_unlock(&world.lock);
}

/* The time that the thread waits for comes at once. The test waits for the end of the thread. */
gboolean
__wrap_timed_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, gint64 time)
{
	if (pthread_equal(pthread_self(), world.main)) {
		let_go();
		pthread_cond_wait(condition, lock);
		return TRUE;
	}
	pthread_mutex_lock(&world.lock);
	world.now = MAX(world.now, time / 1000);
	pthread_mutex_unlock(&world.lock);
	return FALSE;
}

void
__wrap_vmfc_backoff_next(VmfcBackoff *backoff, gdouble retry_after, VmfcPause *pause)
{
	g_string_append_printf(world.failures, "%u ", ++backoff->n_failures);
	pause->own = world.pause;
	pause->asked = (gint64)(MAX(retry_after, 0) * S);
}

void
__wrap_vmfc_remote_sender_cancel(G_GNUC_UNUSED VmfcRemoteSender *sender)
{
	let_go();
}

void
__wrap_vmfc_remote_sender_disconnect(G_GNUC_UNUSED VmfcRemoteSender *sender)
{
}

void
__wrap_vmfc_remote_sender_free(G_GNUC_UNUSED VmfcRemoteSender *sender)
{
	world.is_free = TRUE;
}

const gchar *
__wrap_vmfc_remote_sender_get_address(G_GNUC_UNUSED const VmfcRemoteSender *sender)
{
	return "http://host/";
}

gboolean
__wrap_vmfc_remote_sender_is_cancelled(G_GNUC_UNUSED VmfcRemoteSender *sender)
{
	return FALSE;
}

/* Notes what was sent: long texts by their length. Returns: whether the bad letter is in it */
static inline gboolean
note_body(GBytes *body)
{
	g_autoptr(GByteArray) message = g_byte_array_new();
	gsize size;
	const guint8 *packed = g_bytes_get_data(body, &size);

	g_assert_true(vmfc_remote_unpack(packed, size, G_MAXINT, message));
	if (message->len < 100)
		g_string_append_len(world.sent, (const gchar *)message->data, message->len);
	else
		g_string_append_printf(world.sent, "%u", message->len);
	g_string_append_c(world.sent, ' ');
	world.n_bytes += size;
	return world.bad != 0 && memchr(message->data, world.bad, message->len) != NULL;
}

void
__wrap_vmfc_remote_sender_send(G_GNUC_UNUSED VmfcRemoteSender *sender, GBytes *body,
			       VmfcRemoteBegin begin, gpointer user_data, VmfcRemoteAnswer *answer)
{
	static const VmfcRemoteAnswer sent = SENT;

	pthread_mutex_lock(&world.lock);
	guint n = world.n_requests++;
	pthread_mutex_unlock(&world.lock);
	*answer = n < world.n_answers ? world.answers[n] : sent;
	if (answer->status > 0)
		begin(user_data);
	if (note_body(body) && answer->result == VMFC_REMOTE_SENT)
		*answer = (VmfcRemoteAnswer){VMFC_REMOTE_REFUSED, world.status, -1};
	if (answer->result != VMFC_REMOTE_SENT)
		answer->reason = g_strdup_printf("it answers %u", answer->status);
	pthread_mutex_lock(&world.lock);
	pthread_cond_broadcast(&world.changed);
	while (world.held == n + 1)
		pthread_cond_wait(&world.changed, &world.lock);
	pthread_mutex_unlock(&world.lock);
}

ssize_t
__wrap_pwritev64(int fd, const struct iovec *parts, int n_parts, off_t offset)
{
	if (!world.is_disk_full)
		return __real_pwritev64(fd, parts, n_parts, offset);
	errno = ENOSPC;
	return -1;
}

static inline void
note_message(G_GNUC_UNUSED const gchar *domain, G_GNUC_UNUSED GLogLevelFlags level,
	     const gchar *message, G_GNUC_UNUSED gpointer user_data)
{
	pthread_mutex_lock(&world.lock);
	g_string_append_printf(world.said, "%s\n", message);
	pthread_mutex_unlock(&world.lock);
}

/* -------------------------------------------------------------- a delivery */

typedef struct {
	Delivery *delivery;
	DeliverySetup setup;
	DeliveryResult result;
	gchar *folder; /* NULL: no spool */
} Fixture;

static inline void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	world.answers = NULL;
	world.n_answers = world.n_requests = world.held = 0;
	world.n_bytes = 0;
	world.bad = 0;
	world.status = 400;
	world.pause = 20 * S;
	world.is_disk_full = world.is_free = FALSE;
	world.main = pthread_self();
	world.now = 1000 * (gint64)S;
	world.sent = g_string_new(NULL);
	world.failures = g_string_new(NULL);
	world.said = g_string_new(NULL);
	fixture->setup = (DeliverySetup){
		.batch_time = 5 * S,
		.batch_samples = 4,
		.linger = 10 * S,
		.queue_size = 2 * MIB,
		.spool_size = 16 * MIB,
	};
}

static inline void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_true(world.is_free);
	if (fixture->folder != NULL)
		remove_folder(fixture->folder);
	g_free(fixture->folder);
	g_string_free(world.sent, TRUE);
	g_string_free(world.failures, TRUE);
	g_string_free(world.said, TRUE);
}

static inline Spool *
open_spool(Fixture *fixture)
{
	if (fixture->folder == NULL)
		fixture->folder = g_dir_make_tmp("vmfc-delivery-XXXXXX", NULL);
	return spool_open(fixture->folder, "http://host/", fixture->setup.spool_size, NULL);
}

#define ANSWER(...)                                                                                \
	static const VmfcRemoteAnswer answers[] = {__VA_ARGS__};                                   \
	world.answers = answers;                                                                   \
	world.n_answers = G_N_ELEMENTS(answers)

static inline void
append_bytes(Fixture *fixture, const guint8 *bytes, gsize size)
{
	const Amount amount = {1, 1};
	delivery_append(fixture->delivery, frame_new(vmfc_remote_pack(bytes, size), &amount));
}

/* One frame for each letter. */
static inline void
append(Fixture *fixture, const gchar *letters)
{
	for (const gchar *at = letters; *at != '\0'; at++)
		append_bytes(fixture, (const guint8 *)at, 1);
}

static inline void
wait_for_request(guint n)
{
	pthread_mutex_lock(&world.lock);
	while (world.n_requests < n)
		pthread_cond_wait(&world.changed, &world.lock);
	pthread_mutex_unlock(&world.lock);
}

/* The first request has the letter x alone, and is held: what is appended comes in the next ones.
 */
static inline void
start(Fixture *fixture, Spool *spool)
{
	world.held = 1;
	fixture->delivery = delivery_new((VmfcRemoteSender *)&world, spool, &fixture->setup, NULL);
	append(fixture, "x");
	wait_for_request(1);
}

static inline void
end(Fixture *fixture)
{
	delivery_end(fixture->delivery, &fixture->result);
	g_assert_cmpuint(fixture->result.n_bytes, <=, world.n_bytes);
}

static inline void
assert_result(const Fixture *fixture, guint sent, guint known, guint refused, guint left)
{
	const DeliveryResult *result = &fixture->result;

	g_assert_cmpuint(result->sent.n_records, ==, sent);
	g_assert_cmpuint(result->known.n_records, ==, known);
	g_assert_cmpuint(result->refused.n_records, ==, refused);
	g_assert_cmpuint(result->left.n_records, ==, left);
	g_assert_cmpuint(result->sent.n_samples, ==, sent);
	g_assert_cmpuint(result->left.n_samples, ==, left);
}

static inline guint
count_said(const gchar *text)
{
	guint n = 0;

	for (const gchar *at = strstr(world.said->str, text); at != NULL; at = strstr(at + 1, text))
		n++;
	return n;
}
