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

/* The address of the page, and limits on its time and size. */
typedef struct {
	const gchar *plugin; /* the plugin that has the options */
	gchar *url;
	gchar *shown_url;   /* without a password */
	gchar *token_file;  /* empty: none */
	gchar *ca_file;	    /* empty: the system's certificates */
	gint64 time_limit;  /* ns, from the request to the end of the page */
	gchar *more_time;   /* how the user can raise the time limit */
	guint64 size_limit; /* bytes, uncompressed */
} KeplerSource;

/* Fetches pages from a source into a parser, one after the other, on a thread that may block. */
typedef struct {
	const KeplerSource *source;
	GUri *uri;
	KeplerText *text;
	GCancellable *cancellable; /* ends the request; any thread may cancel it */
	KeplerConnection connection;
	KeplerResponse response;
	KeplerUnpacker unpacker;
	GString *message; /* the message to send */
	gchar *piece;	  /* what was received */

	/* of the current request */
	gboolean any_byte;  /* received of the answer */
	guint64 n_received; /* received bytes of the page */
	guint64 n_unpacked;
} KeplerRequest;

void
kepler_request_init(KeplerRequest *request, const KeplerSource *source, GUri *uri,
		    GTlsDatabase *authorities, KeplerText *text);
void
kepler_request_clear(KeplerRequest *request);
GError *
kepler_request_run(KeplerRequest *request, gboolean *absent);
