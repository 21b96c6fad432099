/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "series.h"

#include <math.h>
#include <stdlib.h>

#include "table.h"

#define NS_PER_S 1e9
/* A process that is absent for longer counts from its return. */
#define MAX_AWAY_TIME (60 * (gint64)NS_PER_S)
/* Ended processes also fill this memory; 0.8 MB with the table's reserve. */
#define MAX_AWAY 16384
/*
 * CPU seconds by which one process may exceed what the CPUs can give. Kepler rounds user and system
 * time down to 10 ms each, and a page may take 10 ms longer on its way than the clock shows.
 */
#define TICKS 0.1

void
kepler_series_init(KeplerSeries *series)
{
	*series = (KeplerSeries){.seed = ((guint64)g_random_int() << 32) | g_random_int()};
	kepler_table_reset(&series->before, 0);
	kepler_table_reset(&series->now, 0);
	kepler_table_reset(&series->away, 0);
}

void
kepler_series_clear(KeplerSeries *series)
{
	g_clear_pointer(&series->before.slots, g_free);
	g_clear_pointer(&series->now.slots, g_free);
	g_clear_pointer(&series->away.slots, g_free);
	g_clear_pointer(&series->away_looked, g_free);
}

/* Begins a new page; discards one that was begun before and not used. */
void
kepler_series_begin(KeplerSeries *series)
{
	kepler_table_reset(&series->now, series->before.n_used);
	series->total = 0;
	series->growth = 0;
	series->has_changed = FALSE;
}

/*
 * Adds one sample of the page. Kepler shows the running processes and, until its next update after
 * a request, the ended ones. So a page can contain one pid twice, when a new process has the pid of
 * an ended one. All labels of both series but the total can be equal
 * (internal/exporter/prometheus/collector/power_collector.go, collectProcessMetrics). Different
 * totals are different processes; the same total is one process, shown twice.
 *
 * @value: CPU seconds, not negative
 *
 * Returns: %FALSE when the page has more samples of this pid than possible
 */
gboolean
kepler_series_add(KeplerSeries *series, KeplerIdentity identity, gdouble value)
{
	KeplerGroup group;

	kepler_table_find(&series->now, series->seed, identity, &group);
	for (guint i = 0; i < group.n; i++) {
		if (group.samples[i]->identity == identity && group.samples[i]->value == value)
			return TRUE;
	}
	if (group.n == KEPLER_MAX_OF_ONE)
		return FALSE;
	kepler_table_put(&series->now, series->seed, identity, value);
	series->total += value;
	return TRUE;
}

/* ------------------------------------------------------------ growth */

typedef struct {
	KeplerSeries *series;
	gint64 now;
	gdouble n_cpus;
} Matching;

/* The maximum that one process can have used since Kepler updated at @looked, or later. */
static gdouble
max_growth(const Matching *matching, gint64 looked)
{
	return (gdouble)(matching->now - looked) / NS_PER_S * matching->n_cpus + TICKS;
}

/*
 * Finds the earlier sample that @sample continues: the largest one that is not above it and from
 * which it can have grown in the time.
 *
 * @looked: (nullable): for each slot of @table; %NULL: the time of the previous page applies to all
 * @any_container: also with another container than the sample's
 */
static KeplerSample *
find_earlier(const Matching *matching, const KeplerTable *table, const gint64 *looked,
	     const KeplerSample *sample, gboolean any_container)
{
	KeplerSample *best = NULL;
	KeplerGroup group;

	kepler_table_find(table, matching->series->seed, sample->identity, &group);
	for (guint i = 0; i < group.n; i++) {
		KeplerSample *earlier = group.samples[i];
		gint64 since = looked != NULL ? looked[earlier - table->slots]
					      : matching->series->looked;
		if ((any_container || earlier->identity == sample->identity) &&
		    !signbit(earlier->value) && earlier->value <= sample->value &&
		    sample->value - earlier->value <= max_growth(matching, since) &&
		    (best == NULL || earlier->value > best->value))
			best = earlier;
	}
	return best;
}

/*
 * A sample that continues no earlier one is a process that began since the previous page. All its
 * time is growth. If it has more than it can have used since then, it existed before and was not
 * shown: it counts from now on.
 */
static void
add_new(const Matching *matching, KeplerSample *sample)
{
	if (sample->value <= max_growth(matching, matching->series->looked))
		matching->series->growth += sample->value;
}

/*
 * Matches those samples of a process number that continue one of @table, and removes them from the
 * group.
 */
static void
match(const Matching *matching, KeplerGroup *group, const KeplerTable *table, const gint64 *looked,
      gboolean any_container)
{
	guint n_left = 0;

	for (guint i = 0; i < group->n; i++) {
		KeplerSample *sample = group->samples[i];
		KeplerSample *earlier = find_earlier(matching, table, looked, sample,
						     any_container);
		if (earlier == NULL) {
			group->samples[n_left++] = sample;
			continue;
		}
		matching->series->growth += sample->value - earlier->value;
		earlier->value = -earlier->value;
	}
	group->n = n_left;
}

static int
compare_samples(gconstpointer a, gconstpointer b)
{
	gdouble x = (*(KeplerSample *const *)a)->value;
	gdouble y = (*(KeplerSample *const *)b)->value;

	return x > y ? -1 : x < y;
}

/*
 * Matches all samples of one process number. A process that moves into a container changes that
 * label and remains the same process. So when no sample has the same container, another one is
 * accepted.
 */
static void
match_group(const Matching *matching, KeplerGroup *group)
{
	KeplerSeries *series = matching->series;

	if (group->n > 1)
		qsort(group->samples, group->n, sizeof(group->samples[0]), compare_samples);
	for (guint any = FALSE; any <= TRUE; any++)
		match(matching, group, &series->before, NULL, any != FALSE);
	for (guint any = FALSE; any <= TRUE; any++)
		match(matching, group, &series->away, series->away_looked, any != FALSE);
	for (guint i = 0; i < group->n; i++)
		add_new(matching, group->samples[i]);
}

static void
forget_matches(KeplerTable *table)
{
	for (guint i = 0; i < table->n_slots; i++)
		table->slots[i].value = fabs(table->slots[i].value);
}

/* Whether the page has exactly the samples of the previous one. */
static gboolean
is_same(const KeplerSeries *series)
{
	KeplerGroup group;

	if (series->now.n_used != series->before.n_used)
		return FALSE;
	for (guint i = 0; i < series->now.n_slots; i++) {
		const KeplerSample *sample = &series->now.slots[i];
		gboolean found = sample->identity == 0;
		if (!found)
			kepler_table_find(&series->before, series->seed, sample->identity, &group);
		for (guint j = 0; !found && j < group.n; j++)
			found = group.samples[j]->identity == sample->identity &&
				group.samples[j]->value == sample->value;
		if (!found)
			return FALSE;
	}
	return TRUE;
}

/*
 * Ends the page: adds up what its processes have used since the previous page.
 *
 * @now: Kepler did not update later; CLOCK_MONOTONIC, ns
 * @n_cpus: CPU seconds that all CPUs together can give in a second
 */
void
kepler_series_end(KeplerSeries *series, gint64 now, gdouble n_cpus)
{
	Matching matching = {series, now, n_cpus};
	KeplerGroup group;

	forget_matches(&series->before);
	forget_matches(&series->away);
	series->has_changed = !series->any_before || !is_same(series);
	for (guint i = 0; series->any_before && i < series->now.n_slots; i++) {
		KeplerSample *sample = &series->now.slots[i];
		if (sample->identity == 0)
			continue;
		kepler_table_find(&series->now, series->seed, sample->identity, &group);
		if (group.samples[0] == sample)
			match_group(&matching, &group);
	}
}

/* ------------------------------------------------------------ the next page */

/* Of two processes that had the pid the later one can return. */
static void
keep_absent(KeplerSeries *series, KeplerTable *away, gint64 *away_looked,
	    const KeplerSample *sample, gint64 looked)
{
	KeplerGroup group;

	if (sample->identity == 0 || signbit(sample->value) || away->n_used >= MAX_AWAY)
		return;
	KeplerSample *slot = kepler_table_find(away, series->seed, sample->identity, &group);
	if (group.n == KEPLER_MAX_OF_ONE)
		return;
	for (guint i = 0; i < group.n; i++) {
		if (group.samples[i]->identity == sample->identity)
			return;
	}
	*slot = *sample;
	away_looked[slot - away->slots] = looked;
	away->n_used++;
}

/* Keeps the processes that this page does not show; those of the previous page first. */
static void
keep_ended(KeplerSeries *series, gint64 looked)
{
	KeplerTable away = {0};

	kepler_table_reset(&away, MIN(series->before.n_used + series->away.n_used, MAX_AWAY));
	gint64 *away_looked = g_new0(gint64, away.n_slots);
	for (guint i = 0; i < series->before.n_slots; i++)
		keep_absent(series, &away, away_looked, &series->before.slots[i], series->looked);
	for (guint i = 0; series->away_looked != NULL && i < series->away.n_slots; i++) {
		if (looked - series->away_looked[i] < MAX_AWAY_TIME)
			keep_absent(series, &away, away_looked, &series->away.slots[i],
				    series->away_looked[i]);
	}
	g_free(series->away.slots);
	g_free(series->away_looked);
	series->away = away;
	series->away_looked = away_looked;
}

/*
 * The page of kepler_series_end() was used: the next growth counts from it.
 *
 * @looked: the minimum time of its values; CLOCK_MONOTONIC, ns
 */
void
kepler_series_take(KeplerSeries *series, gint64 looked)
{
	keep_ended(series, looked);
	KeplerTable taken = series->now;
	series->now = series->before;
	series->before = taken;
	series->looked = looked;
	series->any_before = TRUE;
	kepler_table_reset(&series->now, 0);
}
