/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "../kepler/text.h"
#include "../power-zone.h"

/* What a page says of one VM and zone. */
typedef struct {
	guint64 identity; /* of the VM and the zone */
	guint64 vm;
	PowerZone zone;
	gdouble watts;	/* NaN: not told */
	gdouble joules; /* likewise */
} MachinesSample;

/* The sums over all VMs that are wanted; NaN: not known. */
typedef struct {
	gdouble watts[N_POWER_ZONES];
	gdouble growth[N_POWER_ZONES]; /* J, since the last page that differed */
	guint n_vms;
	gboolean has_changed; /* since that page: Kepler has looked anew */
	gdouble span;	      /* s, between the two changes; 0: not known */
	gdouble age;	      /* s, since the page changed; negative: it was not seen to */
} MachinesFigures;

/* What has become of the VMs that a Kepler on their host shows, from page to page. */
typedef struct {
	KeplerText text;
	gchar **names;	       /* empty: all; names and UUIDs */
	GPatternSpec *pattern; /* NULL: all */
	gboolean anybody;      /* neither names nor a pattern were given */
	guint64 seed;
	guint64 signature;    /* of all that Kepler finds out anew when it looks */
	GArray *now;	      /* of MachinesSample */
	GString *others;      /* who was there and is not wanted */
	gboolean has_metrics; /* some VM is shown */
	gint64 sent;

	/* of the page that was taken, and differed from the one before */
	GArray *before;
	gboolean any_before;
	guint64 signature_before;
	gint64 changed; /* when it was asked for; CLOCK_MONOTONIC, ns */
	gboolean seen_to_change;

	MachinesFigures figures; /* of the last page that was whole */
	gboolean differs;	 /* it does from that one */
} Machines;

void
machines_init(Machines *machines, const gchar *names, const gchar *pattern, KeplerReader *reader);
void
machines_clear(Machines *machines);
gchar *
machines_explain(const Machines *machines);
