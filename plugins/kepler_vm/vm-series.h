/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "page.h"

/* Why a figure of a zone is not known. */
typedef enum {
	MACHINES_KNOWN,
	MACHINES_NO_LOOK_BEFORE, /* as there is no page to compare with yet */
	MACHINES_NO_SPAN,	 /* it is not known when the look before came */
	MACHINES_NO_ZONE,	 /* Kepler does not show it */
	MACHINES_PART_OF_ZONE,	 /* it shows it of some of the VMs */
	MACHINES_FIRST_LOOK,	 /* Kepler has looked once, and has no time to divide by */
	MACHINES_DEAD_ZONE,	 /* the host draws 0 W there */
	MACHINES_REPEATED,	 /* Kepler has not looked since the last answer */
	MACHINES_STALE,		 /* nor for long */
	MACHINES_OTHER_VMS,	 /* than in its last look */
	MACHINES_BACKWARDS,
	MACHINES_TOO_MUCH, /* for any host */
	N_MACHINES_REASONS,
} MachinesReason;

/* A sum over all VMs that are asked for. */
typedef struct {
	gdouble value; /* NaN: not known */
	MachinesReason reason;
} MachinesFigure;

typedef struct {
	MachinesFigure watts[N_POWER_ZONES];
	MachinesFigure growth[N_POWER_ZONES]; /* J, since Kepler's look before */
	guint n_vms;
	gdouble span; /* s, between the two looks; 0: not known */
	gdouble age;  /* s, since the last look was seen; negative: none was seen to come */
} MachinesFigures;

/* What becomes of the VMs that a Kepler on their host shows, from look to look. */
typedef struct {
	KeplerText text;
	Names names;
	VmPage pages[2];
	VmPage *page;	/* under way, or the last */
	VmPage *before; /* of the look that growth counts from */
	gboolean any_before;
	gboolean differs; /* the last page is of another look than that one */
	gint64 sent;	  /* the last page; CLOCK_MONOTONIC, ns */

	/* of the look that growth counts from */
	gint64 looked;	       /* when its first page was asked for */
	gint64 looked_after;   /* it is not older than this */
	gint64 last_shown;     /* when it was seen last */
	gboolean seen_to_come; /* there was another look before it */
	gint64 last_rest;      /* ns, for which the look before it was seen to stay */

	MachinesFigures figures; /* of the last page that was whole */
} Machines;

gboolean
machines_init(Machines *machines, const gchar *names, const gchar *pattern, KeplerReader *reader,
	      GError **error);
void
machines_clear(Machines *machines);
