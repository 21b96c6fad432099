/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "looks.h"

#include <math.h>

/*
 * Kepler prints joules in whole millionths. Two zones of one update agree to that precision.
 * Measured with its fake meter, whose zones draw 0.0001 J per update: to 1e-12.
 */
#define TOLERANCE 1e-5

void
kepler_looks_begin(KeplerLooks *looks)
{
	looks->now = (KeplerNode){0};
}

static KeplerZone *
find_zone(KeplerNode *node, guint64 name)
{
	for (guint i = 0; i < node->n_zones; i++) {
		if (node->zones[i].name == name)
			return &node->zones[i];
	}
	return NULL;
}

static KeplerZone *
add_zone(KeplerNode *node, guint64 name)
{
	if (node->n_zones == KEPLER_MAX_ZONES)
		return NULL;
	node->zones[node->n_zones] = (KeplerZone){name, NAN, NAN};
	return &node->zones[node->n_zones++];
}

/* Returns: whether the line has valid labels and a number */
static gboolean
scan_zone(VmfcScan *line, guint64 seed, guint64 *name, gdouble *value)
{
	VmfcScan label_name, label_value;
	KeplerLabel label = KEPLER_LABEL_NONE;

	*name = seed;
	if (kepler_scan_labels(line)) {
		while ((label = kepler_scan_label(line, &label_name, &label_value)) ==
		       KEPLER_LABEL_FOUND)
			*name += kepler_hash(kepler_hash(seed, &label_name), &label_value);
	}
	return label == KEPLER_LABEL_NONE && kepler_scan_value(line, value);
}

/* @line: of any metric of Kepler's; only metrics of the node are used */
void
kepler_looks_add(KeplerLooks *looks, VmfcScan line)
{
	static const gchar node_prefix[] = "kepler_node_";
	gsize length = sizeof(node_prefix) - 1;
	guint64 name;
	gdouble value;

	if (vmfc_scan_length(&line) < length || memcmp(line.at, node_prefix, length) != 0)
		return;
	looks->now.values += kepler_hash(looks->seed, &line);
	gboolean is_joules = kepler_scan_metric(&line, "kepler_node_cpu_joules_total");
	if (!is_joules && !kepler_scan_metric(&line, "kepler_node_cpu_watts"))
		return;
	looks->now.has_joules |= is_joules;
	if (!scan_zone(&line, looks->seed, &name, &value))
		return;
	KeplerZone *zone = find_zone(&looks->now, name);
	if (zone == NULL)
		zone = add_zone(&looks->now, name);
	if (zone != NULL)
		*(is_joules ? &zone->joules : &zone->watts) = value;
}

/*
 * Kepler's watts are the joules since its previous update, divided by the time since then
 * (internal/monitor/node.go, calculateNodePower). So the joules since the previous page, divided by
 * the watts, are the time between the updates of both pages, if no other update was between them.
 * That is certain when all zones give the same time, because each has drawn a different power.
 */
static gdouble
get_span(KeplerNode *before, const KeplerNode *now)
{
	gdouble least = INFINITY, most = 0;
	guint n = 0;

	for (guint i = 0; i < now->n_zones; i++) {
		const KeplerZone *zone = &now->zones[i];
		const KeplerZone *earlier = find_zone(before, zone->name);
		gdouble grown = earlier != NULL ? zone->joules - earlier->joules : 0;
		/* a counter that was reset, or a zone without power, gives no time */
		if (!(grown > 0 && zone->watts > 0))
			continue;
		least = MIN(least, grown / zone->watts);
		most = MAX(most, grown / zone->watts);
		n++;
	}
	return n >= 2 && isfinite(most) && most - least <= TOLERANCE * most ? most : NAN;
}

/* Ends the page. */
void
kepler_looks_end(KeplerLooks *looks)
{
	looks->has_looked = looks->any_before && looks->now.values != looks->before.values;
	if (!looks->any_before)
		looks->span = NAN;
	else
		looks->span = looks->has_looked ? get_span(&looks->before, &looks->now) : 0;
	looks->before = looks->now;
	looks->any_before = TRUE;
}
