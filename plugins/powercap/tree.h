/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/power-zone.h"

#include <sys/types.h>

/*
 * A folder with the counters of zones in the layout of sysfs, and the totals beside it, which last
 * from run to run. One vmfc alone writes to it.
 */
typedef struct _PowercapTree PowercapTree;

PowercapTree *
powercap_tree_open(const gchar *path, mode_t mode, GError **error);
gboolean
powercap_tree_close(PowercapTree *tree, GError **error);
guint64
powercap_tree_get_total(const PowercapTree *tree, VmfcZone zone);
gboolean
powercap_tree_keep_totals(PowercapTree *tree, const guint64 totals[VMFC_N_ZONES], GError **error);
gboolean
powercap_tree_describe(PowercapTree *tree, VmfcZone zone, const gchar *text, GError **error);
gboolean
powercap_tree_show(PowercapTree *tree, VmfcZone zone, guint64 energy, GError **error);
gboolean
powercap_tree_set_watts(PowercapTree *tree, VmfcZone zone, gdouble watts, GError **error);
gboolean
powercap_tree_hide(PowercapTree *tree, VmfcZone zone, GError **error);
