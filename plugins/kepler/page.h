/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "looks.h"
#include "series.h"
#include "text.h"

/* The CPU seconds of processes that a page of Kepler's holds. */
typedef struct {
	KeplerText text;
	KeplerSeries *series;
	KeplerLooks looks;
	guint64 seed;	   /* of the identities: no page can make two alike */
	guint n_samples;   /* of CPU seconds of processes */
	gint name;	   /* which name the samples have; -1: none seen yet */
	gboolean has_idle; /* the idle task has a sample of its own, which does not count */
	gboolean
		has_kernel; /* a sample may have the time of all kernel tasks, the idle one's too */
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
