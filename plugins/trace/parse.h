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

/* One line of it. */
typedef struct {
	gdouble time; /* seconds, rising */
	gdouble load; /* percent; that of the line before where the line has none */
} TracePoint;

GArray *
trace_parse(const gchar *text, const TraceForm *form, guint *n_unusable, GError **error);
