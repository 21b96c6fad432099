/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <math.h>

#include "../rows/table-of.h"
#include "tools/train/training-rows.h"

/* Reads files with the zone package, and zones that the set has already. @names: of the features */
static inline void
read_features(VmfcTrainingSet *set, const gchar *names, const gchar *const *texts, guint n,
	      gboolean takes_all)
{
	g_autoptr(GPtrArray) features = g_ptr_array_new_with_free_func(
		(GDestroyNotify)vmfc_feature_free);
	g_auto(GStrv) columns = g_strsplit(names, ",", -1);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; columns[i] != NULL; i++) {
		VmfcFeature *feature = vmfc_feature_new(columns[i], NULL, VMFC_FEATURE_VALUE);
		g_strfreev(feature->columns);
		feature->columns = g_strsplit(columns[i], " ", 0);
		g_ptr_array_add(features, feature);
	}
	set->list = vmfc_feature_list_new_of(features);
	set->features = g_new0(gdouble *, features->len);
	set->takes_all = takes_all;
	vmfc_training_set_add_zone(set, "package", "power_watts_package");
	for (guint i = 0; i < n; i++) {
		VmfcTrainingInput *input = g_new0(VmfcTrainingInput, 1);
		input->table = table_of(texts[i]);
		input->name = g_strdup_printf("f%u", i);
		input->newest = NAN;
		input->has_clock = vmfc_row_clock_init(&input->clock, input->table, NULL);
		g_ptr_array_add(set->inputs, input);
	}
	for (guint i = 0; i < n; i++) {
		g_assert_true(vmfc_training_rows_read(set, set->inputs->pdata[i], NULL, &error));
		g_assert_no_error(error);
	}
}

/* Reads files of one feature `x` and one zone. */
static inline void
read_files(VmfcTrainingSet *set, const gchar *const *texts, guint n, gboolean takes_all)
{
	read_features(set, "x", texts, n, takes_all);
}

static inline gdouble
get_label(const VmfcTrainingSet *set, guint row)
{
	const VmfcTrainingZone *zone = set->zones->pdata[0];
	return zone->labels[row];
}
