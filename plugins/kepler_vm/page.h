/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "kepler/text.h"
#include "base/power-zone.h"
#include "names.h"

/* What a page says of one VM and zone. */
typedef struct {
	guint64 identity; /* of the VM and the zone */
	VmfcZone zone;
	gdouble watts;	/* NaN: not shown */
	gdouble joules; /* likewise */
} VmSample;

/* What one page of a host's Kepler says of the VMs that are asked for, and of the host. */
typedef struct {
	const Names *names;
	guint64 seed;

	GArray *samples;    /* of VmSample; by identity, once the page is whole */
	GHashTable *vms;    /* that are asked for, and run: a set of guint64 */
	guint64 vm_sum;	    /* tells one such set from another */
	GString *zones;	    /* the names of the zones that these are shown with */
	GString *no_zone;   /* a sentence that names these, where one is not among them */
	GHashTable *others; /* that run and are not asked for */
	GString *other_names;
	gboolean any_vm; /* is shown, whichever, running or not */
	gboolean any_listed;
	gboolean any_whole;
	gboolean any_vm_joules; /* of any VM that runs */
	gboolean any_vm_energy; /* and they, or its watts, are above 0 */

	/* of the host */
	gboolean any_counter;
	guint64 counters;      /* tells their values from others: a look of Kepler's changes them */
	guint64 values;	       /* likewise, of all that a look changes */
	gdouble active_joules; /* sum of what only counts since Kepler began */
	gboolean any_watts;
	gboolean any_power;		  /* some of these watts are above 0 */
	gdouble zone_watts[VMFC_N_ZONES]; /* NaN: not shown */
} VmPage;

void
vm_page_init(VmPage *page, const Names *names, guint64 seed);
void
vm_page_clear(VmPage *page);
void
vm_page_begin(VmPage *page);
gboolean
vm_page_add_line(VmPage *page, VmfcScan line, GError **error);
gboolean
vm_page_end(VmPage *page, GError **error);
gchar *
vm_page_explain(const VmPage *page);
