/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/cursor.h"

static const VmfcSample *
peek(const VmfcCursor *cursor)
{
	return cursor->next < cursor->series->samples->len
		       ? &g_array_index(cursor->series->samples, VmfcSample, cursor->next)
		       : NULL;
}

/* @cursors: of VmfcCursor. Returns: the earliest time of what is left; G_MAXINT64: nothing is */
gint64
vmfc_cursors_find_next_time(const GArray *cursors)
{
	gint64 time = G_MAXINT64;

	for (guint i = 0; i < cursors->len; i++) {
		const VmfcSample *sample = peek(&g_array_index(cursors, VmfcCursor, i));
		if (sample != NULL)
			time = MIN(time, sample->time);
	}
	return time;
}

/* Returns: (transfer none) (nullable): the next sample if it is of this time */
const VmfcSample *
vmfc_cursor_take(VmfcCursor *cursor, gint64 time)
{
	const VmfcSample *sample = peek(cursor);

	if (sample == NULL || sample->time != time)
		return NULL;
	cursor->next++;
	return sample;
}
