/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* The layout of a CSV file. */
typedef struct {
	const gchar *time_column; /* name in the header, or number from 1 */
	const gchar *load_column; /* name in the header, or number from 1 */
	gdouble full;		  /* the value that means 100 % */
} TraceForm;

/* One row of it. */
typedef struct {
	gdouble time; /* seconds, rising */
	gdouble load; /* percent; that of the previous row if the row has none */
} TracePoint;

GArray *
trace_parse(gchar *text, gsize length, const TraceForm *form, guint *n_unusable, GError **error);
