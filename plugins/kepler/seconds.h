/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "page.h"

/* What has become of the CPU seconds of all processes, from page to page. */
typedef struct {
	KeplerSeries series;
	KeplerPage page;
	gint64 sent;	  /* the page that is under way, or was the last */
	gint64 last_sent; /* the last page that was taken */
	gint64 last_same; /* the last page that showed the same as that one */
	gint64 last_look; /* what that one shows is not older than this */
	gboolean good;	  /* the last page was whole */

	/* what that page tells */
	gdouble total;	    /* CPU seconds of all processes */
	gdouble growth;	    /* CPU seconds since the last answer that was taken */
	gboolean plausible; /* new processes can have used what they claim */
	gdouble span;	    /* s, since that one; 0: this is the first */
	gboolean changed;   /* since that one: Kepler has looked anew */
	const gchar *name;  /* what the page calls the CPU seconds */
} KeplerSeconds;

void
kepler_seconds_init(KeplerSeconds *seconds, KeplerReader *reader);
void
kepler_seconds_clear(KeplerSeconds *seconds);
