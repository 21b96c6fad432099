/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "seconds.h"

#include <unistd.h>

#define NS_PER_S 1e9
/*
 * Seconds after its beginning in which a process may be shown first: twice the time from one look
 * of Kepler's to the next by default.
 */
#define LATE_SIGHT 10.0

/*
 * Whether the last answer was of use is known only now.
 *
 * Returns: the most that a process can have used which the last page did not show, in CPU seconds:
 *   all that the CPUs can have given since Kepler looked for it
 */
static gdouble
settle_last(KeplerSeconds *self, gboolean taken, gint64 now)
{
	if (taken) {
		/* Kepler looked after the last time that it still showed what was before */
		self->last_look = self->series.any_before ? self->last_same : self->sent;
		self->last_sent = self->last_same = self->sent;
		kepler_series_take(&self->series);
	} else if (self->good && !self->changed) {
		self->last_same = self->sent;
	}
	gdouble seconds = (gdouble)(now - self->last_look) / NS_PER_S + LATE_SIGHT;
	return seconds * (gdouble)sysconf(_SC_NPROCESSORS_CONF);
}

static void
seconds_begin(gpointer user_data, gboolean taken, gint64 now)
{
	KeplerSeconds *self = user_data;

	kepler_page_begin(&self->page, settle_last(self, taken, now));
	self->sent = now;
}

static void
seconds_end(gpointer user_data, gboolean good)
{
	KeplerSeconds *self = user_data;

	self->good = good;
	self->total = self->series.total;
	self->growth = self->series.growth + self->series.first_sight;
	self->plausible = self->series.first_sight <= self->series.most_at_first_sight;
	self->name = kepler_page_get_name(&self->page);
	self->span = 0;
	self->changed = FALSE;
	if (!good || !self->series.any_before)
		return;
	self->span = (gdouble)(self->sent - self->last_sent) / NS_PER_S;
	self->changed = kepler_series_has_changed(&self->series);
}

/* @reader: (out): for the scraper */
void
kepler_seconds_init(KeplerSeconds *seconds, KeplerReader *reader)
{
	*seconds = (KeplerSeconds){0};
	kepler_page_init(&seconds->page, &seconds->series);
	*reader = (KeplerReader){&seconds->page.text, seconds_begin, seconds_end, seconds};
}

void
kepler_seconds_clear(KeplerSeconds *seconds)
{
	kepler_page_clear(&seconds->page);
	kepler_series_clear(&seconds->series);
}
