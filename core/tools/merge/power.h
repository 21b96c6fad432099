/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/power-zone.h"
#include "rows/power-column.h"
#include "rows/row-clock.h"
#include "tools/merge/power-series.h"

typedef struct {
	gint column;	   /* -1: the zone is not used */
	gboolean is_empty; /* the file has a column, but without values */
	gboolean is_still; /* the file has a column, but all values are 0 */
	VmfcPowerSource source;
	VmfcPowerSeries series;
	gdouble last;		   /* the last value that was not missing */
	gdouble zero_time;	   /* s, for how long it has been 0 */
	gdouble zero_time_at_work; /* the part of it in which the machine used CPU time */
} VmfcPowerZone;

/* A row of the file. */
typedef struct {
	gdouble time;
	gdouble watts[VMFC_N_ZONES]; /* NaN where missing */
	gboolean is_repeated;	     /* of points: all values repeat those of the previous row */
} VmfcPowerRow;

typedef struct {
	VmfcTable *table;
	VmfcRowClock clock;
	/* never added up, because they overlap */
	VmfcPowerZone zones[VMFC_N_ZONES];
	gint vm_count_column;
	gint work_column; /* the machine's CPU time, as its host sees it */
	gint age_column;  /* how old Kepler's values are */
	gdouble last_age; /* s; NaN if it is unknown */
	gdouble shift;	  /* s, which is subtracted from its times */
	gdouble step;	  /* s, the median between rows */
	gdouble max_gap;  /* s */
	GArray *rows;	  /* of VmfcPowerRow: those around the current window */
	guint first_row;
	gboolean is_at_end;

	gdouble first_time; /* when power begins; NaN before the first row */
	gdouble last_time;
	guint64 n_rows;
	guint64 n_no_time;
	guint64 n_unordered; /* earlier than the previous row */
	guint64 n_same_time;
	guint64 n_no_value;   /* without power in any zone */
	guint64 n_no_vm;      /* of those: the old tool found no virtual machine and wrote 0 */
	guint64 n_impossible; /* values out of range */
	guint64 n_still;      /* values of 0 for longer than possible */
	guint64 n_texts;      /* values that are not numbers */
	gchar *text;	      /* what is wrong with the first of these; NULL for none */
	guint64 n_repeated;
	guint64 n_gaps;
	gdouble widest_gap;
	guint64 unordered_at;
} VmfcPower;

gboolean
vmfc_power_is_alike(const VmfcPower *a, const VmfcPower *b);

void
vmfc_power_clear(VmfcPower *power);
void
vmfc_power_note_text(VmfcPower *power, const VmfcTableRow *row, gint column);
gboolean
vmfc_power_rewind(VmfcPower *power, GError **error);
gboolean
vmfc_power_read(VmfcPower *power, VmfcPowerRow *row, GError **error);

gdouble
vmfc_power_read_number(const VmfcTableRow *row, gint column);
gdouble
vmfc_power_read_length(const VmfcPower *power, const VmfcTableRow *row);
gdouble
vmfc_power_read_watts(const VmfcTableRow *row, gint column, VmfcPowerSource source, gdouble length);
gboolean
vmfc_power_is_possible(gdouble watts);
