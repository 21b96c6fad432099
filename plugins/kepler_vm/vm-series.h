/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "page.h"

/* Why a figure of a zone is not known. */
typedef enum {
	VM_SERIES_KNOWN,
	VM_SERIES_NO_LOOK_BEFORE, /* as there is no page to compare with yet */
	VM_SERIES_NO_SPAN,	  /* it is not known when the look before came */
	VM_SERIES_NO_ZONE,	  /* Kepler does not show it */
	VM_SERIES_PART_OF_ZONE,	  /* it shows it of some of the VMs */
	VM_SERIES_FIRST_LOOK,	  /* Kepler has looked once, and has no time to divide by */
	VM_SERIES_DEAD_ZONE,	  /* the host draws 0 W there */
	VM_SERIES_REPEATED,	  /* Kepler has not looked since the last answer */
	VM_SERIES_STALE,	  /* nor for long */
	VM_SERIES_OTHER_VMS,	  /* than in its last look */
	VM_SERIES_BACKWARDS,
	VM_SERIES_TOO_MUCH, /* for any host */
	N_MACHINES_REASONS,
} VmSeriesReason;

/* A sum over all VMs that are asked for. */
typedef struct {
	gdouble value; /* NaN: not known */
	VmSeriesReason reason;
} VmSeriesFigure;

typedef struct {
	VmSeriesFigure watts[VMFC_N_ZONES];
	VmSeriesFigure growth[VMFC_N_ZONES]; /* J, since Kepler's look before */
	guint n_vms;
	gdouble span; /* s, between the two looks; 0: not known */
	gdouble age;  /* s, since the last look was seen; negative: none was seen to come */
} VmSeriesFigures;

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

	VmSeriesFigures figures; /* of the last page that was whole */
} VmSeries;

gboolean
vm_series_init(VmSeries *machines, const gchar *names, const gchar *pattern, KeplerReader *reader,
	       GError **error);
void
vm_series_clear(VmSeries *machines);
