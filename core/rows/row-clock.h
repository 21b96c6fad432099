/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/table.h"

/* Which column has the time of a row. */
typedef enum {
	VMFC_ROW_CLOCK_ABSOLUTE, /* timestamp_absolute, seconds since the epoch */
	VMFC_ROW_CLOCK_EPOCH,	 /* timestamp, likewise */
	VMFC_ROW_CLOCK_ISO,	 /* timestamp_iso */
	VMFC_N_ROW_CLOCKS,
} VmfcRowClockKind;

/* Which column has the length of the window that ends at this time, best first. */
typedef enum {
	VMFC_ROW_LENGTH_MEASURED,  /* time_delta_seconds */
	VMFC_ROW_LENGTH_ASKED_FOR, /* collection_interval */
	VMFC_N_ROW_LENGTHS,
} VmfcRowLength;

typedef struct {
	VmfcRowClockKind kind;
	guint column;
	gint iso_column; /* -1 for none */
	gdouble zone;	 /* UTC offset in seconds of times without a zone */
	gboolean needs_zone;
	gdouble first;				 /* time of the first row that has a time */
	gint length_columns[VMFC_N_ROW_LENGTHS]; /* -1 for none */
} VmfcRowClock;

const gchar *
vmfc_row_clock_get_name(VmfcRowClockKind kind);
gboolean
vmfc_row_clock_init(VmfcRowClock *clock, VmfcTable *table, GError **error);
gboolean
vmfc_row_clock_read(const VmfcRowClock *clock, const VmfcTableRow *row, gdouble *time);
gdouble
vmfc_row_clock_read_length(const VmfcRowClock *clock, const VmfcTableRow *row);
gboolean
vmfc_row_clock_find_zone(const VmfcRowClock *clock, VmfcTable *table, gdouble *zone, gdouble *last,
			 GError **error);
gboolean
vmfc_row_clock_find_machine_zone(const VmfcRowClock *clock, VmfcTable *table, gdouble *zone,
				 gdouble *last, GError **error);
gboolean
vmfc_row_clock_check_local(const VmfcRowClock *clock, VmfcTable *table, gboolean is_of_machine,
			   GError **error);
gchar *
vmfc_row_clock_format(gdouble time);
