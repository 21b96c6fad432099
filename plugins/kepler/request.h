/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <libsoup/soup.h>

#include "text.h"
#include "vmfc/vmfc-plugin.h"

#define KEPLER_NO_TLS "https is not to be had here: install the package glib-networking"

/* Where the page is, and how long and how much of it is waited for. */
typedef struct {
	const gchar *plugin; /* whose options it comes from */
	gchar *url;
	gchar *shown_url;   /* without a password */
	gchar *token_file;  /* empty: none */
	gchar *ca_file;	    /* empty: the system's certificates */
	gint64 time_limit;  /* ns, from the request to the end of the page */
	gchar *more_time;   /* what the user can do about the time limit */
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
	KeplerText *text;
	KeplerDoneFunc done;
	gpointer user_data;
	GSource *timer;
	gchar *piece;

	GCancellable *cancellable; /* of all requests, so that other threads can cancel */

	/* of the request that is under way */
	gboolean is_under_way;
	SoupMessage *message;
	GInputStream *stream;
	gboolean timed_out;
	guint n_redirects;
	guint64 n_bytes;
} KeplerRequest;

void
kepler_request_init(KeplerRequest *request, const KeplerSource *source, KeplerText *text,
		    KeplerDoneFunc done, gpointer user_data);
void
kepler_request_clear(KeplerRequest *request);
void
kepler_request_open(KeplerRequest *request, SoupSession *session);
void
kepler_request_close(KeplerRequest *request);
void
kepler_request_send(KeplerRequest *request, GUri *uri, gint64 now);

GSource *
kepler_call_new(GMainContext *context, GSourceFunc callback, gpointer user_data);
void
kepler_call_free(GSource *call);
