/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "page.h"

/* What a page says about the time since the last page that was used. */
typedef enum {
	KEPLER_GROWTH_FIRST,   /* nothing: it is the first page */
	KEPLER_GROWTH_TOLD,    /* the growth */
	KEPLER_GROWTH_NO_LOOK, /* Kepler has not read the processes since then */
	KEPLER_GROWTH_UNKNOWN, /* the page is unchanged and does not say whether Kepler has updated
				*/
	KEPLER_GROWTH_OFF, /* Kepler updated at another time than the request: the growth of another
			      window */
	KEPLER_GROWTH_TOO_MUCH,	  /* more than the CPUs can give */
	KEPLER_GROWTH_MIXED_IDLE, /* it includes the idle task */
} KeplerGrowth;

/* The CPU seconds of all processes, from page to page. */
typedef struct {
	KeplerSeries series;
	KeplerPage page;
	gint64 sent;	    /* of the current or last page; CLOCK_MONOTONIC, ns */
	gint64 ended;	    /* end of its answer */
	gboolean is_usable; /* it was complete, and the next one is compared with it */
	gint64 usable_sent; /* the last such page before it */
	guint n_cpus;	    /* online: the maximum of the last page and the previous one */
	guint last_cpus;

	/* since the page that was used last, from which growth counts */
	guint n_taken;
	gint64 taken_sent;
	gint64 taken_ended;
	gdouble looked_for;   /* s between the updates of both pages; NAN: unknown */
	gboolean has_looked;  /* by the node's counters */
	gboolean has_changed; /* by the processes */
	gdouble pending;      /* CPU seconds, up to the previous page */

	/* the result of the last page */
	gdouble total; /* CPU seconds of all processes */
	KeplerGrowth growth_is;
	gdouble growth;	    /* CPU seconds since the page that was used last, when known */
	gdouble span;	    /* s, the time of that growth */
	gboolean is_timed;  /* Kepler's page gave the span */
	gboolean is_of_use; /* to be used */
	const gchar *name;  /* the name of the CPU seconds on the page */
} KeplerSeconds;

void
kepler_seconds_init(KeplerSeconds *seconds, KeplerReader *reader);
void
kepler_seconds_clear(KeplerSeconds *seconds);
void
kepler_seconds_begin(KeplerSeconds *seconds, gboolean taken, gint64 now);
void
kepler_seconds_end(KeplerSeconds *seconds, gboolean good, gint64 now, guint n_cpus);
