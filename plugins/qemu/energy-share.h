/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rapl/zones.h"
#include "process.h"

/* What is shown of a zone, in this order. */
enum {
	SHARE_JOULES,
	SHARE_WATTS,
	SHARE_N_SHOWN,
};

/* What one reading of all that energy is shared out by gave. */
typedef struct {
	gint64 time;	    /* CLOCK_MONOTONIC, ns */
	gint64 cpu;	    /* ns, the VM's CPU time */
	gint64 given;	    /* ns, CPU time that all CPUs of the host could have given so far */
	guint64 generation; /* another one: neither can be compared with before */
} EnergyShareMoment;

/* The VM's share of one zone's energy. */
typedef struct {
	guint shown; /* the first of its columns */
	guint clock; /* the hidden one */
	gint64 energy;
	EnergyShareMoment last; /* when energy was read; a season of 0: never */
	gdouble total;		/* J, the VM's, since the first reading */
} EnergyShareZone;

void
energy_share_add_columns(VmfcContext *context, EnergyShareZone zones[VMFC_N_ZONES]);
void
energy_share_add_clocks(VmfcContext *context, EnergyShareZone zones[VMFC_N_ZONES]);
void
energy_share_explain(VmfcContext *context, const EnergyShareZone zones[VMFC_N_ZONES],
		     const RaplMeters *meters);
void
energy_share_set(EnergyShareZone *zone, VmfcContext *context, VmfcRecord *record,
		 const RaplSum *sum, const EnergyShareMoment *now, const RaplWhy *why);
