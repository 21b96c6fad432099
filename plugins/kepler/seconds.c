/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "seconds.h"

#include <math.h>
#include <unistd.h>

#define NS_PER_S 1e9
/* Maximum age of the first page before its request, in seconds: twice Kepler's default interval. */
#define OLDEST_LOOK 10.0
/*
 * How far the time between two updates of Kepler may differ from the time between the answers. A
 * Kepler that updates by its own clock is never synchronous with vmfc's windows.
 */
#define OUT_OF_STEP 0.05
/*
 * By how much more than the CPUs can give the processes may grow, as a share and in CPU seconds.
 * Kepler rounds the time of each process down to 10 ms twice (user and system). With hundreds of
 * active processes the errors add up. The page may also take longer on its way than the clock
 * shows.
 */
#define ROUNDED_SHARE	0.02
#define ROUNDED_SECONDS 0.05

/*
 * The next page is compared with the last comparable one, whether that gave a growth or not: a
 * process may have grown in it and have ended before the next.
 */
static void
settle_series(KeplerSeconds *self)
{
	gint64 looked = self->series.looked;

	if (!self->series.any_before)
		looked = self->sent - (gint64)(OLDEST_LOOK * NS_PER_S);
	else if (self->page.looks.has_looked || self->series.has_changed)
		/* Kepler updated after the time at which it last showed the old values */
		looked = self->usable_sent;
	self->pending += self->series.growth;
	kepler_series_take(&self->series, looked);
	self->usable_sent = self->sent;
	self->is_usable = FALSE;
}

/* The next growth counts from the last page. */
static void
take_last(KeplerSeconds *self)
{
	self->taken_sent = self->sent;
	self->taken_ended = self->ended;
	self->looked_for = 0;
	self->has_looked = FALSE;
	self->has_changed = FALSE;
	self->pending = 0;
	self->n_taken++;
}

/*
 * @taken: the last page was used in a record
 * @now: CLOCK_MONOTONIC, ns
 */
void
kepler_seconds_begin(KeplerSeconds *seconds, gboolean taken, gint64 now)
{
	if (seconds->is_usable)
		settle_series(seconds);
	if (taken)
		take_last(seconds);
	kepler_page_begin(&seconds->page);
	seconds->sent = now;
}

/* ------------------------------------------------------------ growth */

static gdouble
get_seconds(gint64 from, gint64 to)
{
	return (gdouble)(to - from) / NS_PER_S;
}

/*
 * If Kepler updates at the request, it does so between the request and the end of the answer. If it
 * updated by its own clock shortly before, the growth belongs to another time than the window.
 * Nothing is lost: the growth counts from the page that was last used, until both times agree.
 *
 * Returns: -1, 0 or 1: the time between the updates is shorter than, equal to or longer than the
 *   time between the answers
 */
static gint
compare_spans(const KeplerSeconds *self)
{
	gdouble least = get_seconds(self->taken_ended, self->sent);
	gdouble most = get_seconds(self->taken_sent, self->ended);
	gdouble off = OUT_OF_STEP * get_seconds(self->taken_sent, self->sent);

	if (isnan(self->looked_for))
		return 0;
	return self->looked_for < least - off ? -1 : self->looked_for > most + off;
}

/* CPU seconds beyond what the CPUs can give; negative: within the limit. */
static gdouble
get_excess(const KeplerSeconds *self)
{
	/* when Kepler updates at the request, both updates are within this time */
	gdouble most = get_seconds(self->taken_sent, self->ended);

	if (self->is_timed)
		most = MAX(most, self->looked_for);
	return self->growth - (gdouble)self->n_cpus * most * (1 + ROUNDED_SHARE) - ROUNDED_SECONDS;
}

/*
 * A growth that was too large at first and is accepted later came at once, which is impossible:
 * growth counts from here. If it is not accepted, Kepler's updates may be out of step: more time
 * makes it valid.
 */
static void
judge(KeplerSeconds *self)
{
	gdouble most_out_of_step = OLDEST_LOOK * (gdouble)self->n_cpus;
	gint compared = compare_spans(self);
	gdouble excess = get_excess(self);

	self->is_of_use = FALSE;
	if (kepler_page_has_mixed_idle(&self->page)) {
		self->growth_is = KEPLER_GROWTH_MIXED_IDLE;
	} else if (self->n_taken == 0) {
		self->growth_is = KEPLER_GROWTH_FIRST;
		self->is_of_use = TRUE;
	} else if (!self->has_looked && !self->has_changed) {
		self->growth_is = self->page.looks.now.has_joules ? KEPLER_GROWTH_NO_LOOK
								  : KEPLER_GROWTH_UNKNOWN;
	} else if (compared != 0) {
		self->growth_is = KEPLER_GROWTH_OFF;
		/* the very first page had the old values: no growth was written from it */
		self->is_of_use = compared > 0 && self->n_taken == 1;
	} else if (excess > 0) {
		self->growth_is = KEPLER_GROWTH_TOO_MUCH;
		self->is_of_use = excess > most_out_of_step;
	} else {
		self->growth_is = KEPLER_GROWTH_TOLD;
		self->is_of_use = TRUE;
	}
}

static void
add_look(KeplerSeconds *self)
{
	gboolean has_looked = self->page.looks.has_looked;

	self->has_looked |= has_looked;
	self->has_changed |= self->series.has_changed;
	/* when processes worked but the node's counters stand still, the counters give no time */
	self->looked_for += has_looked || !self->series.has_changed ? self->page.looks.span : NAN;
	self->is_timed = self->has_looked && !isnan(self->looked_for);
}

/*
 * @good: the page is complete
 * @now: CLOCK_MONOTONIC, ns
 * @n_cpus: number of online CPUs
 */
void
kepler_seconds_end(KeplerSeconds *seconds, gboolean good, gint64 now, guint n_cpus)
{
	KeplerSeconds *self = seconds;

	self->ended = now;
	if (!good)
		return;
	self->n_cpus = MAX(n_cpus, self->last_cpus);
	self->last_cpus = n_cpus;
	self->is_usable = !kepler_page_has_mixed_idle(&self->page);
	kepler_looks_end(&self->page.looks);
	kepler_series_end(&self->series, now, self->n_cpus);
	add_look(self);
	self->total = self->series.total;
	self->growth = self->pending + self->series.growth;
	self->span = self->is_timed ? self->looked_for : get_seconds(self->taken_sent, self->sent);
	self->name = kepler_page_get_name(&self->page);
	judge(self);
}

/* ------------------------------------------------------------ reader */

static void
reader_begin(gpointer user_data, gboolean taken, gint64 now)
{
	kepler_seconds_begin(user_data, taken, now);
}

static void
reader_end(gpointer user_data, gboolean good)
{
	kepler_seconds_end(user_data, good, g_get_monotonic_time() * 1000,
			   (guint)sysconf(_SC_NPROCESSORS_ONLN));
}

/* @reader: (out): for the scraper */
void
kepler_seconds_init(KeplerSeconds *seconds, KeplerReader *reader)
{
	*seconds = (KeplerSeconds){0};
	kepler_page_init(&seconds->page, &seconds->series);
	*reader = (KeplerReader){&seconds->page.text, reader_begin, reader_end, seconds};
}

void
kepler_seconds_clear(KeplerSeconds *seconds)
{
	kepler_page_clear(&seconds->page);
	kepler_series_clear(&seconds->series);
}
