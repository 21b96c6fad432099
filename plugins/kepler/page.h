/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "looks.h"
#include "series.h"
#include "text.h"

/* The CPU seconds of processes on a page of Kepler's. */
typedef struct {
	KeplerText text;
	KeplerSeries *series;
	KeplerLooks looks;
	guint64 seed;	   /* of the identities: no page can force two equal hashes */
	guint n_samples;   /* of CPU seconds of processes */
	gint name;	   /* the name of the samples; -1: not seen yet */
	gboolean has_idle; /* the page has a separate sample of the idle task, which is not counted
			    */
	gboolean has_kernel; /* a sample may contain the time of all kernel tasks, including the
				idle task */
} KeplerPage;

void
kepler_page_init(KeplerPage *page, KeplerSeries *series);
void
kepler_page_clear(KeplerPage *page);
void
kepler_page_begin(KeplerPage *page);
const gchar *
kepler_page_get_name(const KeplerPage *page);
gboolean
kepler_page_has_mixed_idle(const KeplerPage *page);
