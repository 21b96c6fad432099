/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/gaps.h"

#include <math.h>

/* More would not be visible in a picture. */
#define MAX_GAPS 500
/* A gap is longer than this share of a window; windows differ by less. */
#define MIN_SHARE 0.5
/* Without the length of windows: so many of the shortest steps. */
#define MIN_STEPS 2.5

void
vmfc_gaps_init(VmfcGaps *gaps)
{
	*gaps = (VmfcGaps){.last = NAN, .shortest = INFINITY};
	gaps->gaps = g_array_new(FALSE, FALSE, sizeof(VmfcGap));
}

void
vmfc_gaps_clear(VmfcGaps *gaps)
{
	g_clear_pointer(&gaps->gaps, g_array_unref);
}

static gdouble
get_length(const VmfcGap *gap)
{
	return gap->to - gap->from;
}

/* The place of the shortest one. */
static guint
find_shortest(const GArray *gaps)
{
	guint found = 0;

	for (guint i = 1; i < gaps->len; i++) {
		if (get_length(&g_array_index(gaps, VmfcGap, i)) <
		    get_length(&g_array_index(gaps, VmfcGap, found)))
			found = i;
	}
	return found;
}

static void
add(VmfcGaps *gaps, gdouble from, gdouble to)
{
	const VmfcGap gap = {from, to};

	gaps->n++;
	gaps->sum += to - from;
	if (gaps->gaps->len < MAX_GAPS) {
		g_array_append_val(gaps->gaps, gap);
		return;
	}
	VmfcGap *shortest = &g_array_index(gaps->gaps, VmfcGap, find_shortest(gaps->gaps));
	if (get_length(&gap) > get_length(shortest))
		*shortest = gap;
}

/* @length: of the window that ends at this time; 0 if it is unknown */
void
vmfc_gaps_add_row(VmfcGaps *gaps, gdouble time, gdouble length)
{
	gdouble step = time - gaps->last;

	gaps->longest = MAX(gaps->longest, length);
	gaps->n_back += step < 0;
	if (step > 0) {
		gaps->shortest = MIN(gaps->shortest, step);
		if (length > 0 && step - length > MIN_SHARE * length)
			add(gaps, gaps->last, time - length);
		else if (length <= 0 && step > MIN_STEPS * gaps->shortest)
			add(gaps, gaps->last, time);
	}
	gaps->last = time;
}

/* Rows that go back in time are of another run: they follow as after a gap. Returns: the short time
 */
gdouble
vmfc_short_time_add(VmfcShortTime *time, gdouble next)
{
	gdouble step = isnan(time->last) ? 0 : next - time->last;

	if (step > VMFC_SHORT_STEP || step < 0) {
		step = VMFC_SHORT_STEP;
		time->is_shortened = TRUE;
	}
	time->last = next;
	return time->sum += step;
}

static gint
compare(gconstpointer left, gconstpointer right)
{
	gdouble a = ((const VmfcGap *)left)->from;
	gdouble b = ((const VmfcGap *)right)->from;
	return (a > b) - (a < b);
}

/* By time, after the last row. */
void
vmfc_gaps_sort(VmfcGaps *gaps)
{
	g_array_sort(gaps->gaps, compare);
}

/*
 * Rows whose time goes back may fill a gap between earlier ones, or leave one that is between no
 * two rows that follow each other. Then gaps are stretches of the grid without rows.
 */
void
vmfc_gaps_find(VmfcGaps *gaps, const VmfcTimeGrid *grid)
{
	gdouble last = NAN;

	if (gaps->n_back == 0)
		return;
	g_array_set_size(gaps->gaps, 0);
	gaps->n = 0;
	gaps->sum = 0;
	for (guint i = 0; i < VMFC_TIME_GRID_SLOTS; i++) {
		const VmfcTimeSlot *slot = &grid->slots[i];
		if (slot->n_rows == 0)
			continue;
		gdouble length = gaps->longest > 0 ? gaps->longest : gaps->shortest;
		if (slot->first - last > MIN_STEPS * length)
			add(gaps, last, slot->first - gaps->longest);
		last = slot->last;
	}
}
