/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "remote/remote-answer.h"

/* A receiver, and how messages call the options that describe it. */
typedef struct {
	const gchar *url;
	const gchar *url_option;   /* for example "--url" */
	const gchar *token_file;   /* empty: none */
	const gchar *token_option; /* for example "--token-file" */
	const gchar *ca_file;	   /* empty: the system's authorities */
	const gchar *ca_option;
	guint time_limit; /* ms, from the request to the end of the answer */
} VmfcRemoteTarget;

/*
 * Sends requests of Prometheus remote write, one after the other, on a thread that may block.
 */
typedef struct _VmfcRemoteSender VmfcRemoteSender;

typedef void (*VmfcRemoteBegin)(gpointer user_data);

VmfcRemoteSender *
vmfc_remote_sender_new(const VmfcRemoteTarget *target, GError **error);
void
vmfc_remote_sender_free(VmfcRemoteSender *sender);
const gchar *
vmfc_remote_sender_get_address(const VmfcRemoteSender *sender);
const gchar *
vmfc_remote_sender_get_identity(const VmfcRemoteSender *sender);
void
vmfc_remote_sender_send(VmfcRemoteSender *sender, GBytes *body, VmfcRemoteBegin begin,
			gpointer user_data, VmfcRemoteAnswer *answer);
void
vmfc_remote_sender_disconnect(VmfcRemoteSender *sender);
void
vmfc_remote_sender_cancel(VmfcRemoteSender *sender);
gboolean
vmfc_remote_sender_is_cancelled(VmfcRemoteSender *sender);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcRemoteSender, vmfc_remote_sender_free)
