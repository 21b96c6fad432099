/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/pull/column.h"

/* What the meta file of a pulled file says besides its columns. */
typedef struct {
	const gchar *url;
	const gchar *labels; /* of the machine */
	gint64 start;	     /* ms */
	gint64 end;
	gdouble interval; /* s; NaN: unknown */
	guint64 n_rows;
	const GPtrArray *columns; /* of VmfcPullColumn */
	const gchar *source;	  /* of the columns */
} VmfcPullMeta;

gchar *
vmfc_pull_meta_build(const VmfcPullMeta *meta);
