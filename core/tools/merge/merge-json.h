/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/document.h"
#include "rows/atomic-file.h"
#include "tools/merge/join.h"

/* Parts that the report and the meta file of the training set have in common. */

void
vmfc_merge_json_set_count(JsonObject *object, const gchar *key, guint64 value);
void
vmfc_merge_json_set_time(JsonObject *object, const gchar *key, gdouble time);
JsonObject *
vmfc_merge_json_build_zone(const VmfcPowerZone *zone, guint index);
JsonObject *
vmfc_merge_json_build_rows(const VmfcMergeStats *quality);
JsonObject *
vmfc_merge_json_build_offset(const VmfcPair *pair, gboolean is_estimated);
JsonObject *
vmfc_merge_json_build_split(const VmfcJoin *join);
JsonArray *
vmfc_merge_json_build_missing_columns(const VmfcColumns *columns, const VmfcPair *pair);
gboolean
vmfc_merge_json_flush(VmfcDocument *document, VmfcAtomicFile *draft, GError **error);
