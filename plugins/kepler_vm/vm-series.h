/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "page.h"

/* Why a figure of a zone is missing. */
typedef enum {
	VM_SERIES_KNOWN,
	VM_SERIES_NO_LOOK_BEFORE, /* there is no earlier page */
	VM_SERIES_NO_SPAN,	  /* the time of the previous update is not known */
	VM_SERIES_NO_ZONE,	  /* Kepler does not show it */
	VM_SERIES_PART_OF_ZONE,	  /* Kepler shows it for some of the VMs */
	VM_SERIES_FIRST_LOOK,	  /* Kepler has updated once, and has no time to divide by */
	VM_SERIES_DEAD_ZONE,	  /* the host draws 0 W in the zone */
	VM_SERIES_REPEATED,	  /* Kepler has not updated since the last answer */
	VM_SERIES_STALE,	  /* Kepler has not updated for long */
	VM_SERIES_OTHER_VMS,	  /* other VMs than in its previous update */
	VM_SERIES_BACKWARDS,
	VM_SERIES_TOO_MUCH, /* more than any host can draw */
	N_MACHINES_REASONS,
} VmSeriesReason;

/* A sum over all selected VMs. */
typedef struct {
	gdouble value; /* NaN: not known */
	VmSeriesReason reason;
} VmSeriesFigure;

typedef struct {
	VmSeriesFigure watts[VMFC_N_ZONES];
	VmSeriesFigure growth[VMFC_N_ZONES]; /* J, since Kepler's previous update */
	guint n_vms;
	gdouble span; /* s, between the two updates; 0: unknown */
	gdouble age;  /* s, since the last observed update; negative: none was observed */
} VmSeriesFigures;

/* The values of the VMs on a host's Kepler, from update to update. */
typedef struct {
	KeplerText text;
	Names names;
	VmPage pages[2];
	VmPage *page;	/* current or last */
	VmPage *before; /* of the update from which growth counts */
	gboolean any_before;
	gboolean differs; /* the last page is of another update than that one */
	gint64 sent;	  /* the last page; CLOCK_MONOTONIC, ns */

	/* of the update from which growth counts */
	gint64 looked;	       /* time of the request for its first page */
	gint64 looked_after;   /* its minimum time */
	gint64 last_shown;     /* when it was last seen */
	gboolean seen_to_come; /* another update was seen before it */
	gint64 last_rest;      /* ns, how long the previous update was shown */

	VmSeriesFigures figures; /* of the last complete page */
} VmSeries;

gboolean
vm_series_init(VmSeries *machines, const gchar *names, const gchar *pattern, KeplerReader *reader,
	       GError **error);
void
vm_series_clear(VmSeries *machines);
