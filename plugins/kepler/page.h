/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "series.h"
#include "text.h"

/* The CPU seconds of processes that a page of Kepler's holds. */
typedef struct {
	KeplerText text;
	KeplerSeries *series;
	guint64 seed;	 /* of the identities: nobody outside can make two alike */
	guint n_samples; /* of CPU seconds of processes */
	gint name;	 /* which name the samples have; -1: none seen yet */
} KeplerPage;

void
kepler_page_init(KeplerPage *page, KeplerSeries *series);
void
kepler_page_clear(KeplerPage *page);
void
kepler_page_begin(KeplerPage *page, gdouble most_at_first_sight);
const gchar *
kepler_page_get_name(const KeplerPage *page);
