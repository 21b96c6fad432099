/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "vm-series.h"

#include <math.h>

#define NS_PER_S G_GINT64_CONSTANT(1000000000)
/*
 * W, of all packages of a host together and the whole machine: ten times the limit of a package in
 * the sampler rapl. No host in the list of SPECpower draws half of it.
 */
#define MAX_WATTS 20000.0
/*
 * How long a page may stay the same before its watts are out of date: three times as long as the
 * previous one, or as monitor.interval by default.
 */
#define MAX_LOOKS    3
#define DEFAULT_LOOK (5 * NS_PER_S)

/* -------------------------------------------------------------- updates */

static gint64
max_repeat(const VmSeries *self)
{
	return MAX_LOOKS * MAX(self->last_rest, DEFAULT_LOOK);
}

/*
 * Kepler's counters of the host show its updates: a machine always draws power. For a page without
 * these counters any difference counts as an update.
 */
static gboolean
is_same_look(const VmPage *page, const VmPage *before)
{
	if (page->any_counter && before->any_counter)
		return page->counters == before->counters;
	return page->values == before->values;
}

/*
 * Whether Kepler has updated only once. It then shows 0 W for the host and for each VM, because it
 * has no time to divide by (monitor/node.go and monitor/vm.go, "No power in first read"). If it
 * does not show the host, no VM has used any energy.
 */
static gboolean
is_first_look(const VmPage *page)
{
	if (page->any_watts)
		return !page->any_power;
	return page->any_vm_joules && !page->any_vm_energy;
}

/* The next growth counts from the last page, if that is a new update. */
static void
finish_last(VmSeries *self, gboolean taken)
{
	if (!taken || (self->any_before && !self->differs))
		return;
	VmPage *before = self->before;
	self->before = self->page;
	self->page = before;
	self->looked_after = self->any_before ? self->last_shown : self->sent - max_repeat(self);
	self->last_rest = self->any_before ? self->last_shown - self->looked : 0;
	self->looked = self->last_shown = self->sent;
	self->seen_to_come = self->any_before;
	self->any_before = TRUE;
}

/* -------------------------------------------------------------- figures */

static VmSeriesFigure
unknown(VmSeriesReason reason)
{
	return (VmSeriesFigure){NAN, reason};
}

/* Whether Kepler shows a zone for no VM, for some or for all of them. */
static VmSeriesReason
check_parts(guint n_parts, guint n_vms)
{
	return n_parts == 0	 ? VM_SERIES_NO_ZONE
	       : n_parts < n_vms ? VM_SERIES_PART_OF_ZONE
				 : VM_SERIES_KNOWN;
}

/* The whole host draws nothing, apart from an idle graphics unit: its meter stands still. */
static gboolean
is_dead(const VmPage *page, VmfcZone zone)
{
	return zone != VMFC_ZONE_UNCORE && page->zone_watts[zone] == 0;
}

/* Why a zone's values are out of date or invalid, whatever they are. */
static VmSeriesReason
check_look(const VmSeries *self, VmfcZone zone)
{
	if (self->any_before && !self->differs && self->sent - self->looked > max_repeat(self))
		return VM_SERIES_STALE;
	if (is_first_look(self->page))
		return VM_SERIES_FIRST_LOOK;
	return is_dead(self->page, zone) ? VM_SERIES_DEAD_ZONE : VM_SERIES_KNOWN;
}

/* A sum without one of its parts is missing. */
static VmSeriesFigure
sum_watts(const VmSeries *self, VmfcZone zone)
{
	VmSeriesFigure figure = {0};
	guint n_parts = 0;

	for (guint i = 0; i < self->page->samples->len; i++) {
		const VmSample *sample = &g_array_index(self->page->samples, VmSample, i);
		if (sample->zone != zone || isnan(sample->watts))
			continue;
		figure.value += sample->watts;
		n_parts++;
	}
	figure.reason = check_parts(n_parts, self->figures.n_vms);
	if (figure.reason == VM_SERIES_KNOWN)
		figure.reason = check_look(self, zone);
	if (figure.reason == VM_SERIES_KNOWN && figure.value > MAX_WATTS)
		figure.reason = VM_SERIES_TOO_MUCH;
	return figure.reason == VM_SERIES_KNOWN ? figure : unknown(figure.reason);
}

/* Returns: NaN when the previous page does not show it */
static gdouble
find_joules(const VmPage *before, guint64 identity)
{
	guint from = 0;
	guint to = before->samples->len;

	while (from < to) {
		guint middle = from + (to - from) / 2;
		const VmSample *sample = &g_array_index(before->samples, VmSample, middle);
		if (sample->identity == identity)
			return sample->joules;
		if (sample->identity < identity)
			from = middle + 1;
		else
			to = middle;
	}
	return NAN;
}

/* Why the growth since the previous update is unknown, as far as that is certain. */
static VmSeriesReason
check_growth(const VmSeries *self, VmfcZone zone)
{
	VmSeriesReason reason = check_look(self, zone);

	if (reason != VM_SERIES_KNOWN)
		return reason;
	if (!self->any_before)
		return VM_SERIES_NO_LOOK_BEFORE;
	if (!self->differs)
		return VM_SERIES_REPEATED;
	if (self->page->vm_sum != self->before->vm_sum)
		return VM_SERIES_OTHER_VMS;
	return self->page->active_joules < self->before->active_joules ? VM_SERIES_BACKWARDS
								       : VM_SERIES_KNOWN;
}

/*
 * Adds up the joules of the VMs since the previous update. If a VM was added or removed, or a
 * counter was reset, the growth of the sum is unknown.
 */
static VmSeriesFigure
sum_growth(const VmSeries *self, VmfcZone zone)
{
	gdouble seconds = (gdouble)(self->sent - self->looked_after) / (gdouble)NS_PER_S;
	VmSeriesFigure figure = {0};
	gboolean is_backwards = FALSE;
	guint n_parts = 0;

	for (guint i = 0; i < self->page->samples->len; i++) {
		const VmSample *sample = &g_array_index(self->page->samples, VmSample, i);
		if (sample->zone != zone || isnan(sample->joules))
			continue;
		gdouble more = sample->joules - find_joules(self->before, sample->identity);
		is_backwards |= more < 0;
		figure.value += more;
		n_parts++;
	}
	figure.reason = check_parts(n_parts, self->figures.n_vms);
	if (figure.reason == VM_SERIES_KNOWN)
		figure.reason = check_growth(self, zone);
	if (figure.reason == VM_SERIES_KNOWN && is_backwards)
		figure.reason = VM_SERIES_BACKWARDS;
	if (figure.reason == VM_SERIES_KNOWN && isnan(figure.value))
		figure.reason = VM_SERIES_NO_LOOK_BEFORE;
	if (figure.reason == VM_SERIES_KNOWN && figure.value > MAX_WATTS * seconds)
		figure.reason = VM_SERIES_TOO_MUCH;
	return figure.reason == VM_SERIES_KNOWN ? figure : unknown(figure.reason);
}

/* --------------------------------------------------------------- reader */

static void
vm_series_begin(gpointer user_data, gboolean taken, gint64 now)
{
	VmSeries *self = user_data;

	finish_last(self, taken);
	kepler_text_begin(&self->text);
	vm_page_begin(self->page);
	self->sent = now;
}

static gboolean
add_line(VmfcScan line, gpointer user_data, GError **error)
{
	return vm_page_add_line(((VmSeries *)user_data)->page, line, error);
}

static gboolean
check_whole(gpointer user_data, GError **error)
{
	return vm_page_end(((VmSeries *)user_data)->page, error);
}

static void
vm_series_end(gpointer user_data, gboolean good)
{
	VmSeries *self = user_data;
	VmSeriesFigures *figures = &self->figures;

	if (!good)
		return;
	self->differs = self->any_before && !is_same_look(self->page, self->before);
	figures->n_vms = g_hash_table_size(self->page->vms);
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		figures->watts[i] = sum_watts(self, i);
		figures->growth[i] = sum_growth(self, i);
	}
	gdouble since = (gdouble)(self->sent - self->looked) / (gdouble)NS_PER_S;
	/* the first page has no known update time: its span would be too short */
	figures->span = self->differs && self->seen_to_come ? since : 0;
	figures->age = self->differs ? 0 : self->seen_to_come ? since : -1;
	if (!self->differs)
		self->last_shown = self->sent;
}

/*
 * @names: see names_init(), as @pattern
 * @reader: (out): for the scraper
 */
gboolean
vm_series_init(VmSeries *machines, const gchar *names, const gchar *pattern, KeplerReader *reader,
	       GError **error)
{
	guint64 seed = ((guint64)g_random_int() << 32) | g_random_int();

	*machines = (VmSeries){0};
	kepler_text_init(&machines->text, add_line, check_whole, machines);
	for (guint i = 0; i < G_N_ELEMENTS(machines->pages); i++)
		vm_page_init(&machines->pages[i], &machines->names, seed);
	machines->page = &machines->pages[0];
	machines->before = &machines->pages[1];
	*reader = (KeplerReader){&machines->text, vm_series_begin, vm_series_end, machines};
	return names_init(&machines->names, names, pattern, error);
}

void
vm_series_clear(VmSeries *machines)
{
	kepler_text_clear(&machines->text);
	names_clear(&machines->names);
	for (guint i = 0; i < G_N_ELEMENTS(machines->pages); i++)
		vm_page_clear(&machines->pages[i]);
}
