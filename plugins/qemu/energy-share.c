/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "energy-share.h"

#define NS_PER_S 1e9
#define UJ_PER_J 1e6
#define SOURCE	 "/sys/class/powercap, /proc/PID"

#define TEXTS(zone, place)                                                                         \
	{                                                                                          \
		"vm_cpu_joules_" zone, "vm_cpu_watts_" zone, "vm_cpu_clock_" zone,                 \
			"rapl_" zone                                                               \
			"_joules x vm_cpu_seconds / CPU time that the host could give; " place     \
	}

static const struct {
	const gchar *joules;
	const gchar *watts;
	const gchar *clock;
	const gchar *about;
} texts[VMFC_N_ZONES] = {
	[VMFC_ZONE_PACKAGE] = TEXTS(VMFC_ZONE_NAME_PACKAGE, VMFC_ZONE_ABOUT_PACKAGE),
	[VMFC_ZONE_CORE] = TEXTS(VMFC_ZONE_NAME_CORE, VMFC_ZONE_ABOUT_CORE),
	[VMFC_ZONE_DRAM] = TEXTS(VMFC_ZONE_NAME_DRAM, VMFC_ZONE_ABOUT_DRAM),
	[VMFC_ZONE_UNCORE] = TEXTS(VMFC_ZONE_NAME_UNCORE, VMFC_ZONE_ABOUT_UNCORE),
	[VMFC_ZONE_PSYS] = TEXTS(VMFC_ZONE_NAME_PSYS, VMFC_ZONE_ABOUT_PSYS),
};

void
energy_share_add_columns(VmfcContext *context, EnergyShareZone zones[VMFC_N_ZONES])
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		g_autofree gchar *rate = g_strconcat(texts[i].joules,
						     " / time between its two readings", NULL);
		const VmfcColumn joules = {texts[i].joules, "J",   VMFC_KIND_COUNTER,
					   VMFC_TYPE_FLOAT, FALSE, SOURCE,
					   texts[i].about};
		const VmfcColumn watts = {
			texts[i].watts, "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, SOURCE, rate};
		zones[i].shown = vmfc_context_add_column(context, &joules);
		vmfc_context_add_column(context, &watts);
		for (guint j = 0; j < SHARE_N_SHOWN; j++)
			vmfc_context_describe(context, zones[i].shown + j, "lies_within",
					      vmfc_zone_get_outer(i));
	}
}

void
energy_share_add_clocks(VmfcContext *context, EnergyShareZone zones[VMFC_N_ZONES])
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const VmfcColumn clock = {
			texts[i].clock, "ns",	VMFC_KIND_COUNTER,    VMFC_TYPE_INT,
			TRUE,		SOURCE, "basis of the watts",
		};
		zones[i].clock = vmfc_context_add_column(context, &clock);
	}
}

/* @why: (nullable): %NULL when it is known */
static void
set_state(VmfcContext *context, const EnergyShareZone *zone, const RaplWhy *why)
{
	for (guint i = 0; i < SHARE_N_SHOWN; i++)
		vmfc_context_set_state(
			context, zone->shown + i, why != NULL ? why->state : VMFC_STATE_OK,
			why != NULL ? why->reason : NULL, why != NULL ? why->remedy : NULL);
}

/* Sets the state of the zones that will stay missing. */
void
energy_share_explain(VmfcContext *context, const EnergyShareZone zones[VMFC_N_ZONES],
		     const RaplMeters *meters)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		set_state(context, &zones[i], rapl_meters_explain(meters, i));
}

/*
 * Sets the reason until a window is complete again, but not of zones that will stay missing.
 *
 * @why: (nullable): %NULL when an error is the reason
 */
void
energy_share_lose(const EnergyShareZone zones[VMFC_N_ZONES], VmfcContext *context,
		  const RaplMeters *meters, const RaplWhy *why)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (rapl_meters_explain(meters, i) == NULL)
			set_state(context, &zones[i], why);
	}
}

/*
 * The VM's share of the energy since the last reading: its CPU time divided by the CPU time that
 * the host's CPUs could give.
 */
static gdouble
get_joules(const EnergyShareZone *zone, const RaplSum *sum, const EnergyShareMoment *now)
{
	gdouble energy = (gdouble)(sum->total - zone->energy) / UJ_PER_J;
	gdouble cpu = (gdouble)(now->cpu - zone->last.cpu);
	gdouble given = (gdouble)(now->given - zone->last.given);

	return energy * MIN(cpu / given, 1);
}

/*
 * @sum: energy of the zone
 * @now: read at the same tick
 * @why: (nullable): a reason other than the zone itself
 */
void
energy_share_set(EnergyShareZone *zone, VmfcContext *context, VmfcRecord *record,
		 const RaplSum *sum, const EnergyShareMoment *now, const RaplWhy *why)
{
	gboolean continues = sum->reading == RAPL_GOES_ON &&
			     zone->last.generation == now->generation &&
			     now->given > zone->last.given && now->cpu >= zone->last.cpu;
	gdouble joules, nanoseconds;

	/* stays the reason until a window is complete again */
	if (sum->why != NULL || why != NULL)
		set_state(context, zone, sum->why != NULL ? sum->why : why);
	if (sum->reading == RAPL_MISSING)
		return;
	if (continues)
		zone->total += get_joules(zone, sum, now);
	zone->energy = sum->total;
	zone->last = *now;
	vmfc_record_set_float(record, zone->shown + SHARE_JOULES, zone->total);
	vmfc_record_set_int(record, zone->clock, now->time);
	if (!continues)
		vmfc_record_restart(record, zone->shown + SHARE_JOULES);
	if (!vmfc_record_get_delta(record, zone->shown + SHARE_JOULES, &joules) ||
	    !vmfc_record_get_delta(record, zone->clock, &nanoseconds) || nanoseconds <= 0)
		return;
	set_state(context, zone, NULL);
	vmfc_record_set_float(record, zone->shown + SHARE_WATTS, joules / (nanoseconds / NS_PER_S));
}
