/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "connection.h"
#include "response.h"
#include "text.h"
#include "unpack.h"
#include "vmfc/vmfc-plugin.h"

/* A path and a query stay as they are written. */
#define KEPLER_URI_FLAGS                                                                           \
	(G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY |         \
	 G_URI_FLAGS_ENCODED_FRAGMENT | G_URI_FLAGS_SCHEME_NORMALIZE)

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

/* Fetches pages from a source into a parser, one after the other, on a thread that waits for them.
 */
typedef struct {
	const KeplerSource *source;
	GUri *uri;
	KeplerText *text;
	GCancellable *cancellable; /* ends the request; any thread may cancel it */
	KeplerConnection connection;
	KeplerResponse response;
	KeplerUnpacker unpacker;
	GString *message; /* that is sent */
	gchar *piece;	  /* that was received */

	/* of the request that is under way */
	gboolean any_byte;  /* of an answer has come */
	guint64 n_received; /* bytes of the page, as they came */
	guint64 n_unpacked;
} KeplerRequest;

void
kepler_request_init(KeplerRequest *request, const KeplerSource *source, GUri *uri,
		    GTlsDatabase *authorities, KeplerText *text);
void
kepler_request_clear(KeplerRequest *request);
GError *
kepler_request_run(KeplerRequest *request, gboolean *absent);
