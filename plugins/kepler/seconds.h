/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "page.h"

/* What a page tells about the time since the last page that was taken. */
typedef enum {
	KEPLER_GROWTH_FIRST,   /* nothing: it is the first */
	KEPLER_GROWTH_TOLD,    /* the growth */
	KEPLER_GROWTH_NO_LOOK, /* Kepler has not looked at the processes since */
	KEPLER_GROWTH_UNKNOWN, /* the page is the same, and cannot tell whether Kepler has looked */
	KEPLER_GROWTH_OFF,     /* Kepler did not look when it was asked: another time's growth */
	KEPLER_GROWTH_TOO_MUCH,	  /* more than the CPUs can give */
	KEPLER_GROWTH_MIXED_IDLE, /* the idle task's as well */
} KeplerGrowth;

/* What has become of the CPU seconds of all processes, from page to page. */
typedef struct {
	KeplerSeries series;
	KeplerPage page;
	gint64 sent;	    /* the page that is under way, or was the last; CLOCK_MONOTONIC, ns */
	gint64 ended;	    /* its answer was there */
	gboolean is_usable; /* it was whole, and is compared with the next one */
	gint64 usable_sent; /* the last such page before it */
	guint n_cpus;	    /* online: of the last page and of the one before, the more */
	guint last_cpus;

	/* since the page that was taken: the one from which growth counts */
	guint n_taken;
	gint64 taken_sent;
	gint64 taken_ended;
	gdouble looked_for;   /* s between the looks of both pages; NAN: not known */
	gboolean has_looked;  /* by the node's counters */
	gboolean has_changed; /* by the processes */
	gdouble pending;      /* CPU seconds, up to the page before */

	/* what the last page tells */
	gdouble total; /* CPU seconds of all processes */
	KeplerGrowth growth_is;
	gdouble growth;	    /* CPU seconds since the page that was taken, where it is told */
	gdouble span;	    /* s, in which they were used */
	gboolean is_timed;  /* Kepler's page told the span */
	gboolean is_of_use; /* it is to be taken */
	const gchar *name;  /* what the page calls the CPU seconds */
} KeplerSeconds;

void
kepler_seconds_init(KeplerSeconds *seconds, KeplerReader *reader);
void
kepler_seconds_clear(KeplerSeconds *seconds);
void
kepler_seconds_begin(KeplerSeconds *seconds, gboolean taken, gint64 now);
void
kepler_seconds_end(KeplerSeconds *seconds, gboolean good, gint64 now, guint n_cpus);
