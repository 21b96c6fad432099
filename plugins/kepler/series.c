/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "series.h"

#define FEWEST_SLOTS 64

static void
table_resize(KeplerTable *table, guint n_slots);

/* At most four of five slots are used, or probing would take long. */
static guint
most_used(guint n_slots)
{
	return n_slots / 5 * 4;
}

/* Identities are well mixed: their lower bits will do. */
static KeplerSample *
table_find(const KeplerTable *table, guint64 identity)
{
	guint mask = table->n_slots - 1;
	guint i = (guint)identity & mask;

	while (table->slots[i].identity != identity && table->slots[i].identity != 0)
		i = (i + 1) & mask;
	return &table->slots[i];
}

static void
table_put(KeplerTable *table, KeplerSample *slot, guint64 identity, gdouble value)
{
	*slot = (KeplerSample){identity, value};
	if (++table->n_used > most_used(table->n_slots))
		table_resize(table, 2 * table->n_slots);
}

static void
table_resize(KeplerTable *table, guint n_slots)
{
	KeplerTable larger = {g_new0(KeplerSample, n_slots), n_slots, 0};

	for (guint i = 0; i < table->n_slots; i++) {
		const KeplerSample *sample = &table->slots[i];
		if (sample->identity == 0)
			continue;
		*table_find(&larger, sample->identity) = *sample;
		larger.n_used++;
	}
	g_free(table->slots);
	*table = larger;
}

/* Empties the table and makes it as large as @n_samples need, so that memory is given back. */
static void
table_reset(KeplerTable *table, guint n_samples)
{
	guint n_slots = FEWEST_SLOTS;

	while (n_samples > most_used(n_slots))
		n_slots *= 2;
	g_free(table->slots);
	*table = (KeplerTable){g_new0(KeplerSample, n_slots), n_slots, 0};
}

void
kepler_series_clear(KeplerSeries *series)
{
	g_clear_pointer(&series->before.slots, g_free);
	g_clear_pointer(&series->now.slots, g_free);
}

/*
 * A new page begins; one that was begun before and not taken is forgotten.
 *
 * @most_at_first_sight: CPU seconds that all CPUs together can have given since the page before
 */
void
kepler_series_begin(KeplerSeries *series, gdouble most_at_first_sight)
{
	if (series->before.slots == NULL)
		table_reset(&series->before, 0);
	table_reset(&series->now, series->before.n_used);
	series->most_at_first_sight = most_at_first_sight;
	series->total = 0;
	series->growth = 0;
	series->first_sight = 0;
}

/*
 * One sample of the page. A process that is seen for the first time, or one whose count has
 * started over because another process has its number now, is taken to have begun since the last
 * page: all that it has used is growth. One that claims more than it can have used since was there
 * before and only not shown; it counts from now on.
 *
 * @value: CPU seconds, not negative
 *
 * Returns: %FALSE when the page has had a sample of this series already
 */
gboolean
kepler_series_add(KeplerSeries *series, guint64 identity, gdouble value)
{
	guint64 key = identity != 0 ? identity : 1;
	KeplerSample *slot = table_find(&series->now, key);

	if (slot->identity != 0)
		return FALSE;
	table_put(&series->now, slot, key, value);
	series->total += value;
	const KeplerSample *before = table_find(&series->before, key);
	if (before->identity != 0 && value >= before->value)
		series->growth += value - before->value;
	else if (value <= series->most_at_first_sight)
		series->first_sight += value;
	return TRUE;
}

/* The page is whole and was of use: the next one's growth counts from it. */
void
kepler_series_take(KeplerSeries *series)
{
	KeplerTable taken = series->now;
	series->now = series->before;
	series->before = taken;
	series->any_before = TRUE;
	table_reset(&series->now, 0);
}

/* Whether the page differs from the last one that was taken: Kepler has looked anew. */
gboolean
kepler_series_has_changed(const KeplerSeries *series)
{
	if (series->now.n_used != series->before.n_used)
		return TRUE;
	for (guint i = 0; i < series->now.n_slots; i++) {
		const KeplerSample *sample = &series->now.slots[i];
		if (sample->identity != 0 &&
		    table_find(&series->before, sample->identity)->value != sample->value)
			return TRUE;
	}
	return FALSE;
}
