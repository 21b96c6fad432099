/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/arguments.h"
#include "tools/merge/columns.h"
#include "rows/input-meta.h"
#include "tools/merge/lag.h"
#include "tools/merge/merge-stats.h"

/* One run: the features of the machine, and its power. */
typedef struct {
	gchar *run; /* its name, as the column `run` has it */
	guint index;
	VmfcTable *features;
	VmfcRowClock clock;
	gint load_column; /* with the load of the machine; -1 for none */
	VmfcPower power;
	VmfcInputMeta features_meta;
	VmfcInputMeta power_meta;
	guint zone; /* for the threshold and the lag */
	VmfcLag lag;
	VmfcOrigin origin;
	VmfcMergeStats quality;
	VmfcSpillFile *spill; /* for data that is not needed now; NULL for a single run */
} VmfcPair;

VmfcPair *
vmfc_pair_open(const VmfcMergeArguments *options, guint index, GError **error);
void
vmfc_pair_free(VmfcPair *pair);
gboolean
vmfc_pair_put_aside(VmfcPair *pair, GError **error);
gboolean
vmfc_pair_take_back(VmfcPair *pair, GError **error);
gboolean
vmfc_pair_find_lag(VmfcPair *pair, const VmfcMergeArguments *options, GError **error);
gboolean
vmfc_pair_check(const VmfcPair *pair, const VmfcMergeArguments *options, GError **error);
void
vmfc_pair_warn_texts(const VmfcPair *pair, const VmfcTableRow *row);
void
vmfc_pair_report_lag(const VmfcPair *pair);
gchar *
vmfc_pair_build_power_column(const VmfcPair *pair);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPair, vmfc_pair_free)
