/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/push/push.h"

#include "http/backoff.h"
#include "remote/remote-sender.h"
#include "tools/push/recording.h"

#define NS_PER_MS 1000000
#define NS_PER_US 1000
/* Samples of a request: receivers have limits on its size, and take such requests quickly. */
#define BATCH_SAMPLES 5000

typedef struct {
	const VmfcPushArguments *arguments;
	VmfcRemoteSender *sender;
	VmfcRemoteBatch *batch;
} Push;

/*
 * A receiver that has later samples of a series refuses earlier ones, unless it is told to take
 * them (prometheus.io/docs/prometheus/latest/configuration/configuration, "tsdb").
 */
static gboolean
set_refusal(const VmfcRemoteAnswer *answer, GError **error)
{
	gboolean is_old = answer->is_known ||
			  (answer->status == 400 &&
			   (g_strrstr(answer->reason, "out of bounds") != NULL ||
			    g_strrstr(answer->reason, "too old") != NULL));
	g_set_error(
		error, VMFC_ERROR, VMFC_ERROR_IO, "%s%s", answer->reason,
		is_old ? "; these samples are older than it takes, or it has others of the same "
			 "time: in Prometheus set storage.tsdb.out_of_order_time_window in "
			 "prometheus.yml to more than their age"
		       : "");
	return FALSE;
}

/*
 * Waits before the next request. The last one is sent when the patience ends.
 *
 * @deadline: CLOCK_MONOTONIC, us
 *
 * Returns: %FALSE: there is no time for another one
 */
static gboolean
pause_sending(VmfcBackoff *backoff, const VmfcRemoteAnswer *answer, gint64 deadline)
{
	gint64 left = deadline - g_get_monotonic_time();
	VmfcPause pause;

	vmfc_backoff_next(backoff, answer->retry_after, &pause);
	if (left <= 0 || pause.asked > left)
		return FALSE;
	g_info("%s: vmfc push tries again", answer->reason);
	g_usleep((gulong)MAX(MIN(pause.own, left), pause.asked));
	return TRUE;
}

/*
 * Where a connection was lost before the answer, the receiver may have the samples, and refuses
 * them when they come again. It may also refuse them for their age: the user is told.
 */
static gboolean
has_it(const VmfcRemoteAnswer *answer, gboolean is_tried)
{
	if (!is_tried || !answer->is_known)
		return FALSE;
	g_message("%s; it may have got these samples before, in a request without an answer",
		  answer->reason);
	return TRUE;
}

static gboolean
send_body(const Push *self, GBytes *body, GError **error)
{
	gint64 deadline = g_get_monotonic_time() + self->arguments->patience / NS_PER_US;
	VmfcBackoff backoff = {0};
	gboolean is_tried = FALSE;

	for (;;) {
		g_auto(VmfcRemoteAnswer) answer = {0};
		vmfc_remote_sender_send(self->sender, body, NULL, NULL, &answer);
		if (answer.result == VMFC_REMOTE_SENT || has_it(&answer, is_tried))
			return TRUE;
		if (answer.result == VMFC_REMOTE_REFUSED)
			return set_refusal(&answer, error);
		if (answer.needs_user) {
			g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_IO, answer.reason);
			return FALSE;
		}
		is_tried |= !answer.is_untaken;
		if (!pause_sending(&backoff, &answer, deadline)) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
				    "%s: start it, or raise --patience", answer.reason);
			return FALSE;
		}
	}
}

static gboolean
flush(const Push *self, GError **error)
{
	if (vmfc_remote_batch_get_n_samples(self->batch) == 0)
		return TRUE;
	g_autoptr(GBytes) body = vmfc_remote_batch_build_body(self->batch);
	vmfc_remote_batch_clear(self->batch);
	return send_body(self, body, error);
}

static void
report(const Push *self, const gchar *path, const VmfcRecordingCounts *counts)
{
	g_message("%s: %" G_GUINT64_FORMAT " records sent to %s", path, counts->n_records,
		  vmfc_remote_sender_get_address(self->sender));
	if (counts->n_no_time > 0)
		g_warning("%s: %" G_GUINT64_FORMAT " records without a time are left out", path,
			  counts->n_no_time);
	if (counts->n_unordered > 0)
		g_warning("%s: %" G_GUINT64_FORMAT " records that are not a millisecond later than "
			  "the one before are left out",
			  path, counts->n_unordered);
}

static gboolean
push_file(const Push *self, const gchar *path, GError **error)
{
	g_autoptr(VmfcRecording) recording = vmfc_recording_open(
		path, (const gchar *const *)self->arguments->labels, error);
	gboolean is_over = FALSE;

	if (recording == NULL)
		return FALSE;
	while (!is_over) {
		if (!vmfc_recording_next(recording, self->batch, &is_over, error))
			return FALSE;
		if ((is_over || vmfc_remote_batch_get_n_samples(self->batch) >= BATCH_SAMPLES) &&
		    !flush(self, error)) {
			g_prefix_error(error, "%s: ", path);
			return FALSE;
		}
	}
	report(self, path, vmfc_recording_get_counts(recording));
	return TRUE;
}

static VmfcRemoteSender *
open_sender(const VmfcPushArguments *arguments, GError **error)
{
	const VmfcRemoteTarget target = {
		.url = arguments->url,
		.url_option = "--url",
		.token_file = arguments->token_file != NULL ? arguments->token_file : "",
		.token_option = "--token-file",
		.ca_file = arguments->ca_file != NULL ? arguments->ca_file : "",
		.ca_option = "--ca-file",
		.time_limit = (guint)(arguments->timeout / NS_PER_MS),
	};

	return vmfc_remote_sender_new(&target, error);
}

gboolean
vmfc_push_run(const VmfcPushArguments *arguments, GError **error)
{
	g_autoptr(VmfcRemoteSender) sender = open_sender(arguments, error);

	if (sender == NULL)
		return FALSE;
	g_autoptr(VmfcRemoteBatch) batch = vmfc_remote_batch_new();
	const Push self = {.arguments = arguments, .sender = sender, .batch = batch};
	for (guint i = 0; arguments->files[i] != NULL; i++) {
		if (!push_file(&self, arguments->files[i], error))
			return FALSE;
	}
	return TRUE;
}
