/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "series.h"

/* A page that is read piece by piece: Prometheus' text exposition format, or OpenMetrics. */
typedef struct {
	KeplerSeries *series;
	guint64 seed;	    /* of the identities: nobody outside can make two alike */
	GString *cut;	    /* the line that the last piece did not hold whole */
	guint64 n_lines;    /* so far */
	guint n_samples;    /* of CPU seconds of processes */
	gboolean is_kepler; /* a metric of Kepler's was seen, whichever */
	gboolean has_end;   /* OpenMetrics' "# EOF" was seen */
	gint name;	    /* which name the samples have; -1: none seen yet */
} KeplerPage;

/* What tells that a page has come to its end, and was not cut off. */
typedef enum {
	KEPLER_END_TOLD,    /* the transfer knows its length: the last line may lack its newline */
	KEPLER_END_OF_LINE, /* nothing but a last line that is whole */
	KEPLER_END_MARKED,  /* OpenMetrics: the line "# EOF" */
} KeplerEnd;

void
kepler_page_init(KeplerPage *page, KeplerSeries *series);
void
kepler_page_clear(KeplerPage *page);
void
kepler_page_begin(KeplerPage *page, gdouble most_at_first_sight);
gboolean
kepler_page_add(KeplerPage *page, const gchar *text, gsize length, GError **error);
gboolean
kepler_page_end(KeplerPage *page, KeplerEnd end, GError **error);
const gchar *
kepler_page_get_name(const KeplerPage *page);
