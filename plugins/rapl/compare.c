/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Some zones contain others: the energy of a part must also be in the energy of its whole. */

#include "compare.h"

/*
 * Both counters are read within a fraction of a ms, but each is updated separately, at most 10 ms
 * apart. In this time a socket may use 5 J. The units of energy differ by powers of two: a counter
 * in the wrong unit shows at least twice the energy.
 */
#define SLACK  G_GINT64_CONSTANT(5000000) /* µJ */
#define MARGIN 1.25
/* Enough for the slack to be small. */
#define ENOUGH (8 * SLACK)

static gint
find_whole(const RaplMeter *meters, guint n_meters, const RaplName *name)
{
	gint found = -1;

	for (guint i = 0; i < n_meters; i++) {
		const RaplName *other = &meters[i].name;
		gboolean is_whole = name->zone == VMFC_ZONE_PACKAGE
					    ? other->zone == VMFC_ZONE_PSYS
					    : other->zone == VMFC_ZONE_PACKAGE &&
						      g_str_equal(other->socket, name->socket);
		if (is_whole && found >= 0)
			return -1;
		if (is_whole)
			found = (gint)i;
	}
	return found;
}

/* Whether psys includes the memory depends on the machine. */
void
rapl_find_wholes(RaplMeter *meters, guint n_meters)
{
	for (guint i = 0; i < n_meters; i++) {
		VmfcZone zone = meters[i].name.zone;
		gboolean is_part = zone == VMFC_ZONE_CORE || zone == VMFC_ZONE_UNCORE ||
				   zone == VMFC_ZONE_PACKAGE;
		meters[i].whole = is_part ? find_whole(meters, n_meters, &meters[i].name) : -1;
	}
}

/* Adds up energy until there is enough for a comparison, and then begins again. */
static void
compare(RaplMeter *part, const RaplMeter *whole)
{
	gint64 inner = part->total - part->part_before;
	gint64 outer = whole->total - part->whole_before;

	if (part->reading == RAPL_MISSING || whole->reading == RAPL_MISSING) {
		/* the next energy is of another time than that of the other counter */
		part->is_compared = FALSE;
		return;
	}
	if (part->is_compared && part->reading == RAPL_GOES_ON && whole->reading == RAPL_GOES_ON) {
		gboolean is_more = (gdouble)inner > (gdouble)outer * MARGIN + SLACK;
		if (!is_more && outer < ENOUGH)
			return;
		part->contradicts = is_more;
	}
	part->is_compared = TRUE;
	part->part_before = part->total;
	part->whole_before = whole->total;
}

static void
blame(RaplMeter *meter)
{
	if (meter->reading == RAPL_GOES_ON)
		rapl_meter_blame(meter, RAPL_RESTARTED, RAPL_CONTRADICTS);
}

/* A graphics unit may stand still, but not if the whole socket stands still. */
static void
still_as_whole(RaplMeter *part, const RaplMeter *whole)
{
	if (part->name.zone != VMFC_ZONE_UNCORE || whole->reading != RAPL_MISSING ||
	    whole->n_views == 0 || whole->why != &whole->views[whole->current].whys[RAPL_STILL])
		return;
	part->reading = RAPL_MISSING;
	part->why = whole->why;
}

/* Called when all meters were read at a tick. */
void
rapl_compare(RaplMeter *meters, guint n_meters)
{
	for (guint i = 0; i < n_meters; i++) {
		if (meters[i].whole >= 0)
			compare(&meters[i], &meters[meters[i].whole]);
	}
	for (guint i = 0; i < n_meters; i++) {
		RaplMeter *part = &meters[i];
		if (part->whole < 0)
			continue;
		if (part->contradicts) {
			/* a board without a wired psys is common; the socket is right then */
			if (part->name.zone != VMFC_ZONE_PACKAGE)
				blame(part);
			blame(&meters[part->whole]);
		}
		still_as_whole(part, &meters[part->whole]);
	}
}
