/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/document.h"
#include "http/authorities.h"

/* Asks a server with Prometheus' HTTP interface, one request after the other. */
typedef struct _VmfcPullClient VmfcPullClient;

/* What becomes of a request. */
typedef enum {
	VMFC_PULL_ANSWERED,
	VMFC_PULL_TOO_MUCH, /* the answer would be too large: ask for less */
	VMFC_PULL_FAILED,
} VmfcPullResult;

typedef struct {
	const gchar *url;
	const gchar *token_file; /* NULL: none */
	const gchar *ca_file;	 /* NULL: the system's certificates */
	gint64 timeout;		 /* ns */
} VmfcPullServer;

VmfcPullClient *
vmfc_pull_client_new(const VmfcPullServer *server, GError **error);
void
vmfc_pull_client_free(VmfcPullClient *client);
const gchar *
vmfc_pull_client_get_url(const VmfcPullClient *client);
VmfcPullResult
vmfc_pull_client_ask(VmfcPullClient *client, const gchar *path, const gchar *query, gsize max_size,
		     JsonNode **answer, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPullClient, vmfc_pull_client_free)
