/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "parse.h"
#include "vmfc/vmfc-plugin.h"

/* One energy counter: of one zone of one socket. */
typedef struct {
	RaplName name;
	gchar *folder;	/* below the root, for example sys/class/powercap/intel-rapl:0:0 */
	VmfcFile *file; /* NULL: cannot be read */
	gint64 range;	/* µJ; where the counter starts over */
	gint64 last;	/* µJ, as it was read; -1: never */
	gint64 last_time;
	gint64 total; /* µJ since the first reading, without the jumps */
} RaplMeter;

/* What became of one reading. */
typedef enum {
	RAPL_MISSING,	/* the counter could not be read */
	RAPL_RESTARTED, /* it was, but how much it has grown is not known */
	RAPL_GOES_ON,
} RaplReading;

/* All energy counters of the machine, sorted by zone and socket. */
typedef struct {
	RaplMeter *meters;
	guint n_meters;
	GError *denied;	   /* why a counter cannot be read; NULL: all can */
	gboolean one_core; /* the zone core measures a single core of each socket: left out */
} RaplMeters;

/* What the meters of a zone come to: the sum over all sockets. */
typedef struct {
	RaplReading reading;
	gint64 total; /* µJ */
} RaplSum;

#define RAPL_READ_REMEDY                                                                           \
	"Run vmfc as root, or give it CAP_DAC_READ_SEARCH: since Linux 5.10 only root may read "   \
	"energy counters (CVE-2020-8694)"
#define RAPL_ABSENT_REMEDY                                                                         \
	"Collect this on the bare-metal host: a virtual machine has no power meter; where the "    \
	"host has none, try 'sudo modprobe intel_rapl_msr', which serves AMD too"

RaplMeters *
rapl_meters_new(VmfcContext *context);
void
rapl_meters_free(RaplMeters *meters);
RaplReading
rapl_meter_read(RaplMeter *meter, gint64 now);
gint64
rapl_meter_get_longest(const RaplMeter *meter);
void
rapl_meters_read(RaplMeters *meters, gint64 now, RaplReading *readings);
void
rapl_meters_sum(const RaplMeters *meters, const RaplReading *readings, RaplSum sums[N_POWER_ZONES]);
guint
rapl_meters_count(const RaplMeters *meters, PowerZone zone);
gboolean
rapl_meters_explain(const RaplMeters *meters, PowerZone zone, VmfcState *state,
		    const gchar **reason, const gchar **remedy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RaplMeters, rapl_meters_free)
