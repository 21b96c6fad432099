/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "series.h"

/* Maximum samples of one process number on a page: Kepler shows at most two, see series.c. */
#define KEPLER_MAX_OF_ONE 8

/* The samples of one process number, in a table. */
typedef struct {
	KeplerSample *samples[KEPLER_MAX_OF_ONE];
	guint n;
} KeplerGroup;

gboolean
kepler_table_is_full(guint n_samples, guint n_slots);
void
kepler_table_reset(KeplerTable *table, guint n_samples);
KeplerSample *
kepler_table_find(const KeplerTable *table, guint64 seed, KeplerIdentity identity,
		  KeplerGroup *group);
void
kepler_table_put(KeplerTable *table, guint64 seed, KeplerIdentity identity, gdouble value);
