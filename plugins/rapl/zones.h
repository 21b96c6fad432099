/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "meter.h"

/* All energy counters of the machine, sorted by zone and socket. */
typedef struct {
	RaplMeter *meters;
	guint n_meters;
	gint64 interval; /* ns, of the ticks */
	gboolean is_foreign;
	gboolean is_of_vmfc; /* the plugin powercap has made the zones */
	gboolean one_core;   /* the zone core measures a single core of each socket: excluded */
	gchar *nameless;     /* a zone whose meaning is not known; NULL: none */
	gchar *nameless_sub; /* the same, within a socket */
	RaplWhy absent[VMFC_N_ZONES]; /* why there is no sum, independent of the meters */
} RaplMeters;

/* The result of the meters of a zone: the sum over all sockets. */
typedef struct {
	RaplReading reading;
	gint64 total; /* µJ */
	gdouble most_watts;
	const RaplWhy *why; /* NULL: no fault */
} RaplSum;

#define RAPL_READ_REMEDY                                                                           \
	"Run vmfc as root, or give it CAP_DAC_READ_SEARCH: since Linux 5.10 only root may read "   \
	"energy counters (CVE-2020-8694)"
#define RAPL_ABSENT_REMEDY                                                                         \
	"Collect this on the bare-metal host: a virtual machine has no power meter. If the host "  \
	"has none either, try 'sudo modprobe intel_rapl_msr', which also serves AMD"
#define RAPL_FOREIGN_REMEDY                                                                        \
	"Unmount it; if it is intended, give the folder that contains it with --root"
#define RAPL_OF_VMFC_REMEDY                                                                        \
	"Collect the real zones: leave out --root, or unmount what is mounted over "               \
	"/sys/class/powercap"

RaplMeters *
rapl_meters_new(VmfcContext *context);
void
rapl_meters_free(RaplMeters *meters);
void
rapl_meters_read(RaplMeters *meters, gint64 time);
void
rapl_meters_sum(const RaplMeters *meters, RaplSum sums[VMFC_N_ZONES]);
guint
rapl_meters_count(const RaplMeters *meters, VmfcZone zone);
const RaplWhy *
rapl_meters_explain(const RaplMeters *meters, VmfcZone zone);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RaplMeters, rapl_meters_free)
