/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "parse.h"
#include "vmfc/vmfc-plugin.h"

/* Why something is missing, as vmfc_context_set_state() takes it. */
typedef struct {
	VmfcState state;
	gchar *reason;	     /* NULL: it is not missing */
	const gchar *remedy; /* (nullable) */
} RaplWhy;

/* What can be wrong with a reading. */
typedef enum {
	RAPL_UNREADABLE,
	RAPL_STILL,	  /* it does not move, although what it measures draws power */
	RAPL_TOO_MUCH,	  /* it grew by more than can be drawn */
	RAPL_BACKWARDS,	  /* and not because it started over at the end of its range */
	RAPL_LONG_WINDOW, /* it could have started over more than once */
	RAPL_CONTRADICTS, /* a part has more than the whole */
	N_RAPL_FAULTS,
} RaplFault;

/* One file that shows the energy counter of a zone of a socket. */
typedef struct {
	gchar *folder; /* below the root, for example sys/class/powercap/intel-rapl:0:0 */
	VmfcFile *file;
	gint64 range; /* µJ; where the counter starts over */
	gdouble most_watts;
	gint64 found;	    /* µJ, when it was opened */
	gint64 last;	    /* µJ, as it was read at a tick; -1: never */
	gint64 last_time;   /* CLOCK_MONOTONIC, ns */
	gint64 moved_time;  /* of the last reading that was another one than before */
	gboolean has_moved; /* since the first tick */
	RaplWhy whys[N_RAPL_FAULTS];
	gchar *remedy; /* of a window that is too long */
} RaplView;

/* What became of one reading. */
typedef enum {
	RAPL_MISSING,	/* the counter could not be read, or what it shows is no energy */
	RAPL_RESTARTED, /* it was, but how much it has grown is not known */
	RAPL_GOES_ON,
} RaplReading;

/* The energy of one zone of one socket, by as many views as the kernel gives of it. */
typedef struct {
	RaplName name;
	gchar *folder;	/* where it was found first */
	RaplWhy defect; /* with a reason: it cannot be measured in this run, and has no views */
	RaplView *views;
	guint n_views;
	guint current;	  /* the view that is used */
	gboolean is_open; /* it has been read at a tick */
	gint64 last_time; /* of the last tick */
	gint64 total;	  /* µJ since the first reading, without the jumps */

	/* of this tick */
	RaplReading reading;
	const RaplWhy *why; /* NULL: nothing is wrong */
	gboolean has_switched;

	gint whole; /* the meter that it is a part of; -1: none that is known */
	gboolean is_compared;
	gint64 part_before; /* both totals when they were compared last */
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
