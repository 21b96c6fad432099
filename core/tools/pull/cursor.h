/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/pull/answer.h"

/* A series of an answer, and how far it was read. */
typedef struct {
	const VmfcSeries *series;
	guint next;
	gint index;	/* of what its values become */
	gpointer owner; /* of that */
} VmfcCursor;

gint64
vmfc_cursors_find_next_time(const GArray *cursors);
const VmfcSample *
vmfc_cursor_take(VmfcCursor *cursor, gint64 time);
