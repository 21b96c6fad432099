/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <libsoup/soup.h>

#include "page.h"
#include "vmfc/vmfc-plugin.h"

/* Where the page is, and how long and how much of it is waited for. */
typedef struct {
	gchar *url;
	gchar *token_file;  /* empty: none */
	gchar *ca_file;	    /* empty: the system's certificates */
	gint64 time_limit;  /* ns, from the request to the end of the page */
	guint64 size_limit; /* bytes, unpacked */
} KeplerSource;

/*
 * @error: (transfer full) (nullable): why the page could not be had
 * @absent: whether that is because nobody listens at the address
 */
typedef void (*KeplerDoneFunc)(GError *error, gboolean absent, gpointer user_data);

/* Fetches a page from its source into a parser, one after the other, within one main context. */
typedef struct {
	const KeplerSource *source;
	SoupSession *session;
	KeplerPage *page;
	KeplerDoneFunc done;
	gpointer user_data;
	GSource *timer;
	gchar *piece;

	/* of the request that is under way; @cancellable is %NULL while there is none */
	GCancellable *cancellable;
	SoupMessage *message;
	GInputStream *stream;
	gboolean timed_out;
	guint n_redirects;
	guint64 n_bytes;
} KeplerRequest;

void
kepler_request_init(KeplerRequest *request, const KeplerSource *source, SoupSession *session,
		    KeplerPage *page, KeplerDoneFunc done, gpointer user_data);
void
kepler_request_clear(KeplerRequest *request);
void
kepler_request_send(KeplerRequest *request, GUri *uri, gint64 now);
gboolean
kepler_request_is_under_way(const KeplerRequest *request);
void
kepler_request_cancel(KeplerRequest *request);

GSource *
kepler_call_new(GMainContext *context, GSourceFunc callback, gpointer user_data);
void
kepler_call_free(GSource *call);
