/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "parse.h"
#include "vmfc/vmfc-plugin.h"

/* Why a value is missing, for vmfc_context_set_state(). */
typedef struct {
	VmfcState state;
	gchar *reason;	     /* NULL: it is not missing */
	const gchar *remedy; /* (nullable) */
} RaplWhy;

/* Possible faults of a reading. */
typedef enum {
	RAPL_UNREADABLE,
	RAPL_STILL,	  /* it stands still, although its zone draws power */
	RAPL_TOO_MUCH,	  /* it grew by more than its zone can draw */
	RAPL_BACKWARDS,	  /* but not at the end of its range */
	RAPL_LONG_WINDOW, /* it could have wrapped around more than once */
	RAPL_CONTRADICTS, /* a part shows more than the whole */
	N_RAPL_FAULTS,
} RaplFault;

/* One file with the energy counter of a zone of a socket. */
typedef struct {
	gchar *folder; /* below the root, for example sys/class/powercap/intel-rapl:0:0 */
	VmfcFile *file;
	gint64 range; /* µJ; where the counter wraps around */
	gdouble most_watts;
	gint64 found;	    /* µJ, when it was opened */
	gint64 last;	    /* µJ, as it was read at a tick; -1: never */
	gint64 last_time;   /* CLOCK_MONOTONIC, ns */
	gint64 moved_time;  /* time of the last reading with a new value */
	gboolean has_moved; /* since the first tick */
	RaplWhy whys[N_RAPL_FAULTS];
	gchar *remedy; /* for a window that is too long */
} RaplView;

/* The result of one reading. */
typedef enum {
	RAPL_MISSING,	/* the counter could not be read, or its value is not an energy */
	RAPL_RESTARTED, /* it could be read, but its growth is unknown */
	RAPL_GOES_ON,
} RaplReading;

/* The energy of one zone of one socket, in as many views as the kernel has. */
typedef struct {
	RaplName name;
	gchar *folder;	/* of its first view */
	RaplWhy defect; /* with a reason: it cannot be measured in this run, and has no views */
	RaplView *views;
	guint n_views;
	guint current;	  /* the current view */
	gboolean is_open; /* a tick has read it */
	gint64 last_time; /* of the last tick */
	gint64 total;	  /* µJ since the first reading, without jumps */

	/* at this tick */
	RaplReading reading;
	const RaplWhy *why; /* NULL: no fault */
	gboolean has_switched;

	gint whole; /* the meter that contains it; -1: none is known */
	gboolean is_compared;
	gint64 part_before; /* both totals at the last comparison */
	gint64 whole_before;
	gboolean contradicts; /* it showed more than its whole */
} RaplMeter;

void
rapl_meter_add_view(RaplMeter *meter, VmfcContext *context, gchar *folder, VmfcFile *file,
		    gint64 range);
void
rapl_meter_clear(RaplMeter *meter);
const RaplWhy *
rapl_meter_explain(const RaplMeter *meter, gint64 interval);
void
rapl_meter_wait(RaplMeter *meter, VmfcContext *context, gint64 *left);
void
rapl_meter_read(RaplMeter *meter, gint64 time);
void
rapl_meter_blame(RaplMeter *meter, RaplReading reading, RaplFault fault);
gboolean
rapl_read_number(VmfcContext *context, const gchar *folder, const gchar *name, gint64 *number);
