/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "kepler/text.h"
#include "base/power-zone.h"
#include "names.h"

/* The values of one VM and zone on a page. */
typedef struct {
	guint64 identity; /* of the VM and the zone */
	VmfcZone zone;
	gdouble watts;	/* NaN: not shown */
	gdouble joules; /* NaN: not shown */
} VmSample;

/* The values of the selected VMs and of the host on one page of Kepler. */
typedef struct {
	const Names *names;
	guint64 seed;

	GArray *samples;    /* of VmSample; sorted by identity when the page is complete */
	GHashTable *vms;    /* the selected, running VMs: a set of guint64 */
	guint64 vm_sum;	    /* identifies that set */
	GString *zones;	    /* the names of the zones with which they are shown */
	GString *no_zone;   /* a message with these names, when a zone is not among them */
	GHashTable *others; /* that run and are not selected */
	GString *other_names;
	gboolean any_vm; /* any VM is shown, running or not */
	gboolean any_listed;
	gboolean any_whole;
	gboolean any_vm_joules; /* of any running VM */
	gboolean any_vm_energy; /* and its joules or watts are above 0 */

	/* of the host */
	gboolean any_counter;
	guint64 counters;      /* identifies the values: an update of Kepler changes it */
	guint64 values;	       /* the same for all values that an update changes */
	gdouble active_joules; /* sum of the counters that start with Kepler */
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
