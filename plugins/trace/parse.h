/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Where a CSV file has what. */
typedef struct {
	const gchar *time_column; /* name in the header, or number from 1 */
	const gchar *load_column; /* likewise */
	gdouble full;		  /* the load that is called 100 % */
} TraceForm;

/* One row of it. */
typedef struct {
	gdouble time; /* seconds, rising */
	gdouble load; /* percent; that of the row before where the row has none */
} TracePoint;

GArray *
trace_parse(gchar *text, gsize length, const TraceForm *form, guint *n_unusable, GError **error);
