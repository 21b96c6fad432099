/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "table.h"

#include "common/scan.h"

#define MIN_SLOTS 64

/* The part of the identity that all samples of one process number share. */
static guint64
get_group(KeplerIdentity identity)
{
	return (identity & KEPLER_IDENTITY_OTHER) != 0 ? identity : identity >> 32;
}

/* At most four of five slots are used; with more, probing would take long. */
gboolean
kepler_table_is_full(guint n_samples, guint n_slots)
{
	return n_samples > n_slots / 5 * 4;
}

/*
 * Finds the samples of the process number of @identity.
 *
 * @group: (out) (nullable): these samples, at most %KEPLER_MAX_OF_ONE
 *
 * Returns: the free slot after them
 */
KeplerSample *
kepler_table_find(const KeplerTable *table, guint64 seed, KeplerIdentity identity,
		  KeplerGroup *group)
{
	guint mask = table->n_slots - 1;
	guint64 number = get_group(identity);
	guint i = (guint)vmfc_scan_mix(number ^ seed) & mask;

	if (group != NULL)
		group->n = 0;
	for (; table->slots[i].identity != 0; i = (i + 1) & mask) {
		if (group != NULL && get_group(table->slots[i].identity) == number &&
		    group->n < KEPLER_MAX_OF_ONE)
			group->samples[group->n++] = &table->slots[i];
	}
	return &table->slots[i];
}

static void
resize(KeplerTable *table, guint64 seed, guint n_slots)
{
	KeplerTable larger = {g_new0(KeplerSample, n_slots), n_slots, table->n_used};

	for (guint i = 0; i < table->n_slots; i++) {
		const KeplerSample *sample = &table->slots[i];
		if (sample->identity != 0)
			*kepler_table_find(&larger, seed, sample->identity, NULL) = *sample;
	}
	g_free(table->slots);
	*table = larger;
}

void
kepler_table_put(KeplerTable *table, guint64 seed, KeplerIdentity identity, gdouble value)
{
	*kepler_table_find(table, seed, identity, NULL) = (KeplerSample){identity, value};
	if (kepler_table_is_full(++table->n_used, table->n_slots))
		resize(table, seed, 2 * table->n_slots);
}

/* Empties the table and fits its size to @n_samples, so that unused memory is freed. */
void
kepler_table_reset(KeplerTable *table, guint n_samples)
{
	guint n_slots = MIN_SLOTS;

	while (kepler_table_is_full(n_samples, n_slots))
		n_slots *= 2;
	g_free(table->slots);
	*table = (KeplerTable){g_new0(KeplerSample, n_slots), n_slots, 0};
}
