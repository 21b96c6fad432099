/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "request.h"

/* What came of one request. */
typedef struct {
	guint64 tick;	    /* that it was sent at */
	GError *error;	    /* why there are no figures; owned */
	gboolean absent;    /* nobody listens at the address */
	gdouble total;	    /* CPU seconds of all processes */
	gdouble growth;	    /* CPU seconds since the last answer that was taken */
	gboolean plausible; /* new processes can have used what they claim */
	gdouble span;	    /* s, since that one; 0: this is the first */
	gdouble duration;   /* s, from the request to the end of the page */
	gboolean changed;   /* since that one: Kepler has looked anew */
	gint64 sent;	    /* CLOCK_MONOTONIC, ns */
	const gchar *name;  /* what the page calls the CPU seconds */
} KeplerAnswer;

/*
 * Fetches pages, one at a time, on a thread of its own: handshakes, unpacking and parsing take
 * milliseconds, for which no tick may wait.
 */
typedef struct _KeplerScraper KeplerScraper;

/* Called in the main context of the main thread. */
typedef void (*KeplerAnsweredFunc)(gpointer user_data);

KeplerScraper *
kepler_scraper_new(KeplerSource *source, KeplerAnsweredFunc answered, gpointer user_data,
		   GError **error);
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
