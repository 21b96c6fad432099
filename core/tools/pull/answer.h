/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/document.h"

typedef struct {
	gint64 time;   /* ms since the epoch */
	gdouble value; /* NaN: the server has several, which differ */
} VmfcSample;

/* One time series of an answer. */
typedef struct {
	GHashTable *labels; /* of names and values, with __name__ */
	GArray *samples; /* of VmfcSample, in order of time, one for each; none for a list of series
			  */
} VmfcSeries;

gchar *
vmfc_answer_show(const gchar *text);
JsonNode *
vmfc_answer_get_data(JsonNode *root, GError **error);
GPtrArray *
vmfc_answer_parse_list(JsonNode *root, GError **error);
GPtrArray *
vmfc_answer_parse_samples(JsonNode *root, gint64 from, gint64 to, GError **error);

const gchar *
vmfc_series_get_label(const VmfcSeries *series, const gchar *name);
