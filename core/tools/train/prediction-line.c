/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/prediction-line.h"

#include <math.h>
#include <string.h>

#include "base/number-text.h"
#include "rows/cell-write.h"

static void
add_text(GString *line, const gchar *text)
{
	const VmfcTableCell cell = {
		.text = text, .length = (guint32)strlen(text), .kind = VMFC_CELL_TEXT};
	g_autofree gchar *written = g_malloc(VMFC_CELL_ROOM(cell.length));

	*vmfc_cell_write_csv(&cell, written) = '\0';
	g_string_append(line, written);
	g_string_append_c(line, ',');
}

/* @end: what comes after it */
static void
add_number(GString *line, gdouble value, const gchar *end)
{
	gchar text[VMFC_NUMBER_SIZE];

	if (isfinite(value)) {
		vmfc_number_text_format_float(value, text);
		g_string_append(line, text);
	}
	g_string_append(line, end);
}

/* @features: of VmfcFeature. Returns: the number of the one that counts busy CPUs; -1: there is
 * none */
gint
vmfc_prediction_find_busy(const GPtrArray *features)
{
	for (guint i = 0; i < features->len; i++) {
		const VmfcFeature *feature = features->pdata[i];
		if (feature->form == VMFC_FEATURE_CPUS && g_strcmp0(feature->name, "busy") == 0)
			return (gint)i;
	}
	return -1;
}

/* @line: (inout): replaced */
void
vmfc_prediction_line_build(const VmfcPrediction *prediction, GString *line)
{
	g_string_truncate(line, 0);
	add_number(line, prediction->time, ",");
	add_text(line, prediction->run);
	add_text(line, prediction->group);
	add_text(line, prediction->zone);
	add_number(line, prediction->measured, ",");
	add_number(line, prediction->estimated, ",");
	add_number(line, prediction->low, ",");
	add_number(line, prediction->high, ",");
	add_number(line, prediction->busy, "\r\n");
}
