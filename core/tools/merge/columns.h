/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <math.h>

#include "tools/merge/column-facts.h"
#include "tools/merge/power.h"

/* Statistics of a column of the training set. */
typedef struct {
	guint64 n_present;
	guint64 n_numbers;
	guint64 n_not_zero;
	gdouble lowest;
	gdouble highest;
} VmfcColumnRange;

#define VMFC_COLUMN_RANGE_EMPTY                                                                    \
	{                                                                                          \
		.lowest = INFINITY, .highest = -INFINITY                                           \
	}

/* How the columns of one file map to those of the training set. */
typedef struct {
	gint *cells;	  /* by column of the set: the column of the file; -1 for none */
	gboolean is_same; /* the set has exactly the columns of the file */
} VmfcOrigin;

/* The columns of the training set: those of all runs, each once, in the order of their first run.
 */
typedef struct {
	GPtrArray *names;    /* of the features */
	GHashTable *by_name; /* name to column + 1 */
	gboolean has_zone[VMFC_N_ZONES];
	GArray *ranges;	     /* of VmfcColumnRange, of each */
	gsize names_length;  /* bytes of all names */
	GString *keys;	     /* JSON: `, "name": ` of each */
	GArray *key_lengths; /* of guint */
	GArray *lists;	     /* of guint8: whether its texts are lists */
	GPtrArray *facts;    /* of VmfcColumnFacts, from meta files; NULL for none */
} VmfcColumns;

void
vmfc_columns_init(VmfcColumns *columns);
void
vmfc_columns_clear(VmfcColumns *columns);
gboolean
vmfc_columns_add_run(VmfcColumns *columns, const VmfcTable *features, const VmfcPower *power,
		     GError **error);
void
vmfc_columns_describe(VmfcColumns *columns, const VmfcTable *features, JsonObject *meta);
void
vmfc_columns_find_origin(const VmfcColumns *columns, const VmfcTable *features, VmfcOrigin *origin);
void
vmfc_origin_clear(VmfcOrigin *origin);
const gchar *
vmfc_columns_get_name(const VmfcColumns *columns, guint column);
const VmfcColumnFacts *
vmfc_columns_get_facts(const VmfcColumns *columns, guint column);

void
vmfc_columns_add_row(VmfcColumns *columns, const VmfcOrigin *origin, const VmfcTableRow *row);
const VmfcColumnRange *
vmfc_columns_get_range(const VmfcColumns *columns, guint column);
gboolean
vmfc_columns_is_never_present(const VmfcColumns *columns, guint column);
gboolean
vmfc_columns_is_always_zero(const VmfcColumns *columns, guint column);

static inline void
vmfc_column_range_add(VmfcColumnRange *range, gdouble value)
{
	range->n_numbers++;
	range->n_not_zero += value != 0;
	range->lowest = MIN(range->lowest, value);
	range->highest = MAX(range->highest, value);
}
