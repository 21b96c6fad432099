/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "powercap/feeder.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "common/timed-wait.h"
#include "powercap/counter.h"
#include "vmfc/vmfc-plugin.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

/* One zone, as the thread shows it. */
typedef struct {
	PowercapCounter counter;
	gboolean is_shown;
} Zone;

struct _PowercapFeeder {
	PowercapTree *tree;
	gint64 length; /* ns, in which the energy of a window is shown; 0: at once */
	gint64 step;   /* ns between two steps */
	pthread_t thread;

	/* of the thread */
	Zone zones[VMFC_N_ZONES];
	gint64 since;  /* ns: when the last record came */
	gchar *origin; /* of the energy, as the tree says it */

	/* guards all below; a pthread mutex, because the thread sanitizer does not see GMutex */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	PowercapWindow windows[VMFC_N_ZONES]; /* what the thread has not taken yet */
	gchar *next_origin;
	gboolean has_record;
	gboolean is_ending;
	GError *error; /* of the thread, for the next record */
};

static gint64
get_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (gint64)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ------------------------------------------------------- on the thread */

/* The next record asks the writer to say it. */
static void
report(PowercapFeeder *feeder, GError *error)
{
	pthread_mutex_lock(&feeder->lock);
	if (feeder->error == NULL)
		feeder->error = error;
	else
		g_error_free(error);
	pthread_mutex_unlock(&feeder->lock);
}

static void
hide(PowercapFeeder *feeder, VmfcZone which)
{
	g_autoptr(GError) error = NULL;
	Zone *zone = &feeder->zones[which];

	powercap_counter_finish(&zone->counter);
	if (!zone->is_shown)
		return;
	zone->is_shown = !powercap_tree_hide(feeder->tree, which, &error);
	if (error != NULL)
		report(feeder, g_steal_pointer(&error));
}

/* A zone that cannot be written would stand still, so it is hidden. */
static void
show(PowercapFeeder *feeder, VmfcZone which, gint64 now)
{
	g_autoptr(GError) error = NULL;
	Zone *zone = &feeder->zones[which];

	zone->is_shown = TRUE;
	if (powercap_tree_show(feeder->tree, which, powercap_counter_get(&zone->counter, now),
			       &error))
		return;
	report(feeder, g_steal_pointer(&error));
	hide(feeder, which);
}

static gboolean
keep_totals(PowercapFeeder *feeder)
{
	g_autoptr(GError) error = NULL;
	guint64 totals[VMFC_N_ZONES];

	for (guint i = 0; i < VMFC_N_ZONES; i++)
		totals[i] = feeder->zones[i].counter.total;
	if (powercap_tree_keep_totals(feeder->tree, totals, &error))
		return TRUE;
	report(feeder, g_steal_pointer(&error));
	return FALSE;
}

/* @is_new: the origin has changed */
static gboolean
describe(PowercapFeeder *feeder, VmfcZone which, gdouble watts, gboolean is_new)
{
	g_autoptr(GError) error = NULL;

	if ((!is_new && feeder->zones[which].is_shown) ||
	    powercap_tree_describe(feeder->tree, which, feeder->origin, &error)) {
		if (powercap_tree_set_watts(feeder->tree, which, watts, &error))
			return TRUE;
	}
	report(feeder, g_steal_pointer(&error));
	return FALSE;
}

/* @origin: (transfer full). Returns: ns, the time at which it was taken */
static gint64
take_record(PowercapFeeder *feeder, const PowercapWindow windows[VMFC_N_ZONES], gchar *origin)
{
	gboolean is_new = g_strcmp0(origin, feeder->origin) != 0;
	gint64 now = get_time();
	gboolean has[VMFC_N_ZONES];

	g_free(feeder->origin);
	feeder->origin = origin;
	feeder->since = now;
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		PowercapCounter *counter = &feeder->zones[i].counter;
		gboolean is_added = powercap_counter_add(counter, windows[i].joules, now,
							 feeder->length);
		has[i] = is_added && windows[i].has_energy;
	}
	gboolean kept = keep_totals(feeder);
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (kept && has[i] && describe(feeder, i, windows[i].watts, is_new))
			show(feeder, i, now);
		else
			hide(feeder, i);
	}
	return now;
}

/* Returns: ns, the time of the step */
static gint64
make_step(PowercapFeeder *feeder)
{
	gint64 now = get_time();

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (feeder->zones[i].is_shown)
			show(feeder, i, now);
	}
	return now;
}

/* Returns: ns, CLOCK_MONOTONIC, of the step after @last; -1: the counters show all */
static gint64
find_next_step(const PowercapFeeder *feeder, gint64 last)
{
	gint64 end = feeder->since + feeder->length;

	if (last >= end)
		return -1;
	gint64 n_steps = (last - feeder->since) / feeder->step + 1;
	return MIN(feeder->since + n_steps * feeder->step, end);
}

/* Waits for a record, the end, or @time if it is not negative. */
static void
wait_until(PowercapFeeder *feeder, gint64 time)
{
	while (!feeder->has_record && !feeder->is_ending) {
		if (time < 0)
			pthread_cond_wait(&feeder->changed, &feeder->lock);
		else if (!timed_wait_until(&feeder->changed, &feeder->lock, time))
			return;
	}
}

static gpointer
feeder_main(gpointer user_data)
{
	PowercapFeeder *feeder = user_data;
	PowercapWindow windows[VMFC_N_ZONES];
	gint64 next = -1;

	pthread_mutex_lock(&feeder->lock);
	for (;;) {
		wait_until(feeder, next);
		gboolean has_record = feeder->has_record;
		gchar *origin = g_steal_pointer(&feeder->next_origin);
		if (!has_record && feeder->is_ending)
			break;
		memcpy(windows, feeder->windows, sizeof(windows));
		memset(feeder->windows, 0, sizeof(feeder->windows));
		feeder->has_record = FALSE;
		pthread_mutex_unlock(&feeder->lock);
		gint64 last = has_record ? take_record(feeder, windows, origin) : make_step(feeder);
		next = find_next_step(feeder, last);
		pthread_mutex_lock(&feeder->lock);
	}
	pthread_mutex_unlock(&feeder->lock);
	return NULL;
}

/* ----------------------------------------------- on the writer's thread */

/*
 * @tree: not owned
 * @interval: ns, of the records
 * @step: ns between two steps of the counters; 0: they change with each record alone
 */
PowercapFeeder *
powercap_feeder_new(PowercapTree *tree, gint64 interval, gint64 step, GError **error)
{
	PowercapFeeder *feeder = g_new0(PowercapFeeder, 1);

	feeder->tree = tree;
	feeder->step = step;
	feeder->length = step > 0 && step < interval ? interval : 0;
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		powercap_counter_init(&feeder->zones[i].counter, powercap_tree_get_total(tree, i));
	pthread_mutex_init(&feeder->lock, NULL);
	timed_wait_init(&feeder->changed);
	gint failure = pthread_create(&feeder->thread, NULL, feeder_main, feeder);
	if (failure == 0)
		return feeder;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "powercap cannot start its thread: %s",
		    g_strerror(failure));
	pthread_cond_destroy(&feeder->changed);
	pthread_mutex_destroy(&feeder->lock);
	g_free(feeder);
	return NULL;
}

/*
 * Hands over a record. What the thread could not do since the last one is the error.
 *
 * @origin: what the file `vmfc` of each zone contains
 */
gboolean
powercap_feeder_add(PowercapFeeder *feeder, const PowercapWindow windows[VMFC_N_ZONES],
		    const gchar *origin, GError **error)
{
	gchar *copy = g_strdup(origin);

	pthread_mutex_lock(&feeder->lock);
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		feeder->windows[i].has_energy = windows[i].has_energy;
		feeder->windows[i].joules += windows[i].has_energy ? windows[i].joules : 0;
		feeder->windows[i].watts = windows[i].watts;
	}
	gchar *old = feeder->next_origin;
	feeder->next_origin = copy;
	feeder->has_record = TRUE;
	GError *failure = g_steal_pointer(&feeder->error);
	pthread_cond_signal(&feeder->changed);
	pthread_mutex_unlock(&feeder->lock);
	g_free(old);
	if (failure == NULL)
		return TRUE;
	g_propagate_error(error, failure);
	return FALSE;
}

/* Ends the thread. Returns: %FALSE if it could not do something */
gboolean
powercap_feeder_free(PowercapFeeder *feeder, GError **error)
{
	pthread_mutex_lock(&feeder->lock);
	feeder->is_ending = TRUE;
	pthread_cond_signal(&feeder->changed);
	pthread_mutex_unlock(&feeder->lock);
	pthread_join(feeder->thread, NULL);
	pthread_cond_destroy(&feeder->changed);
	pthread_mutex_destroy(&feeder->lock);
	GError *failure = feeder->error;
	g_free(feeder->origin);
	g_free(feeder->next_origin);
	g_free(feeder);
	if (failure == NULL)
		return TRUE;
	g_propagate_error(error, failure);
	return FALSE;
}
