/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/csv-text.h"

#include <math.h>

#include "base/number-text.h"
#include "rows/cell-write.h"

#define MAX_EXACT 9007199254740992.0 /* 2^53: whole numbers up to it are exact */

/* @columns: of VmfcPullColumn. Returns: (transfer full): the first line of the file */
gchar *
vmfc_csv_text_build_header(const GPtrArray *columns)
{
	g_autoptr(GString) header = g_string_new(NULL);

	for (guint i = 0; i < columns->len; i++) {
		const VmfcPullColumn *column = columns->pdata[i];
		if (i > 0)
			g_string_append_c(header, ',');
		vmfc_cell_append_csv(header, column->name);
	}
	g_string_append(header, "\n");
	return g_string_free(g_steal_pointer(&header), FALSE);
}

/* @value: NaN: missing, which is an empty cell */
void
vmfc_csv_text_append_number(GString *text, gdouble value)
{
	gchar number[VMFC_NUMBER_SIZE];

	if (isfinite(value))
		g_string_append_len(text, number,
				    (gssize)vmfc_number_text_format_float(value, number));
}

/* The same in the form of the column's type. */
void
vmfc_csv_text_append_value(GString *text, const VmfcPullColumn *column, gdouble value)
{
	gchar number[VMFC_NUMBER_SIZE];

	if (!isfinite(value))
		return;
	if (column->type == VMFC_TYPE_BOOL)
		g_string_append(text, value != 0 ? "true" : "false");
	else if (column->type == VMFC_TYPE_INT && fabs(value) <= MAX_EXACT)
		g_string_append_len(text, number,
				    (gssize)vmfc_number_text_format_int(llround(value), number));
	else
		vmfc_csv_text_append_number(text, value);
}

/* @time: s since the epoch */
void
vmfc_csv_text_append_iso(GString *text, gdouble time)
{
	g_autoptr(GDateTime) epoch = g_date_time_new_from_unix_utc(0);
	g_autoptr(GDateTime) date = g_date_time_add(epoch, llround(time * G_USEC_PER_SEC));
	g_autofree gchar *iso = g_date_time_format(date, "%Y-%m-%dT%H:%M:%S.%f+00:00");

	g_string_append(text, iso);
}
