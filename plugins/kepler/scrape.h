/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "request.h"

/* The result of one request. The reader has the content of the page. */
typedef struct {
	guint64 tick;	  /* when it was sent */
	GError *error;	  /* why there is no page; owned */
	gboolean absent;  /* no server listens at the address */
	gdouble duration; /* s, from the request to the end of the page */
	gint64 sent;	  /* CLOCK_MONOTONIC, ns */
} KeplerAnswer;

/*
 * Fetches pages, one at a time, on a separate thread. Handshakes, decompression and parsing take
 * milliseconds, and no tick may wait for those.
 */
typedef struct _KeplerScraper KeplerScraper;

/* Called in the main context of the main thread. */
typedef void (*KeplerAnsweredFunc)(gpointer user_data);

KeplerScraper *
kepler_scraper_new(KeplerSource *source, const KeplerReader *reader, KeplerAnsweredFunc answered,
		   gpointer user_data, GError **error);
void
kepler_scraper_free(KeplerScraper *self);
gboolean
kepler_scraper_start(KeplerScraper *self, GError **error);
gboolean
kepler_scraper_ask(KeplerScraper *self, guint64 tick);
void
kepler_scraper_give_up(KeplerScraper *self);
void
kepler_scraper_steal_answer(KeplerScraper *self, KeplerAnswer *answer);
void
kepler_scraper_take(KeplerScraper *self);

void
kepler_source_free(KeplerSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeplerSource, kepler_source_free)
