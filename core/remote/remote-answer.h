/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Bytes of an answer's text that are read. */
#define VMFC_REMOTE_ANSWER_SIZE 1024

typedef enum {
	VMFC_REMOTE_SENT,
	VMFC_REMOTE_RETRY,   /* not now: no connection, a timeout, an overloaded receiver */
	VMFC_REMOTE_REFUSED, /* the same request would be refused again */
} VmfcRemoteResult;

/* What became of a request. */
typedef struct {
	VmfcRemoteResult result;
	guint status;	     /* of HTTP; 0: there was no answer */
	gdouble retry_after; /* s; negative: the receiver does not say */
	gboolean is_untaken; /* to try again: the receiver surely has nothing of it */
	gboolean needs_user; /* to try again: only after the user has changed something */
	gboolean is_known;   /* the receiver has these samples already, or newer ones */
	gchar *reason;	     /* a sentence that begins with the address; NULL: it was sent */
} VmfcRemoteAnswer;

void
vmfc_remote_answer_read(VmfcRemoteAnswer *answer, guint status, const gchar *retry_after,
			const gchar *text, gsize length);
void
vmfc_remote_answer_clear(VmfcRemoteAnswer *answer);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcRemoteAnswer, vmfc_remote_answer_clear)
