/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rapl/zones.h"
#include "process.h"

/* The columns of a zone, in order. */
enum {
	SHARE_JOULES,
	SHARE_WATTS,
	SHARE_N_SHOWN,
};

/* One reading of the values by which energy is shared out. */
typedef struct {
	gint64 time;	    /* CLOCK_MONOTONIC, ns */
	gint64 cpu;	    /* ns, the VM's CPU time */
	gint64 given;	    /* ns, CPU time that all CPUs of the host could have given so far */
	guint64 generation; /* values of different generations cannot be compared */
} EnergyShareMoment;

/* The VM's share of one zone's energy. */
typedef struct {
	guint shown; /* the first of its columns */
	guint clock; /* the hidden one */
	gint64 energy;
	EnergyShareMoment last; /* when energy was read; a generation of 0: never */
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
energy_share_lose(const EnergyShareZone zones[VMFC_N_ZONES], VmfcContext *context,
		  const RaplMeters *meters, const RaplWhy *why);
void
energy_share_set(EnergyShareZone *zone, VmfcContext *context, VmfcRecord *record,
		 const RaplSum *sum, const EnergyShareMoment *now, const RaplWhy *why);
