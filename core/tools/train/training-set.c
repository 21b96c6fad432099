/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/training-set.h"

static void
zone_free(gpointer data)
{
	VmfcTrainingZone *zone = data;

	g_free(zone->name);
	g_free(zone->column);
	g_free(zone->labels);
	g_free(zone);
}

/* Returns: (transfer full): empty */
VmfcTrainingSet *
vmfc_training_set_new(void)
{
	VmfcTrainingSet *set = g_new0(VmfcTrainingSet, 1);

	set->inputs = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_training_input_free);
	set->zones = g_ptr_array_new_with_free_func(zone_free);
	set->run_names = g_ptr_array_new_with_free_func(g_free);
	set->run_inputs = g_array_new(FALSE, FALSE, sizeof(guint));
	set->texts = g_string_chunk_new(4096);
	/* their texts are in the chunk */
	set->methods = g_hash_table_new(g_str_hash, g_str_equal);
	set->hosts = g_hash_table_new(g_str_hash, g_str_equal);
	set->models = g_hash_table_new(g_str_hash, g_str_equal);
	return set;
}

void
vmfc_training_set_free(VmfcTrainingSet *set)
{
	for (guint i = 0; set->features != NULL && i < set->list->features->len; i++)
		g_free(set->features[i]);
	g_free(set->features);
	g_clear_pointer(&set->list, vmfc_feature_list_free);
	g_ptr_array_unref(set->inputs);
	g_ptr_array_unref(set->zones);
	g_ptr_array_unref(set->run_names);
	g_array_unref(set->run_inputs);
	g_hash_table_unref(set->methods);
	g_hash_table_unref(set->hosts);
	g_hash_table_unref(set->models);
	g_string_chunk_free(set->texts);
	g_free(set->times);
	g_free(set->seconds);
	g_free(set->core_counts);
	g_free(set->workloads);
	g_free(set->phases);
	g_free(set->runs);
	g_free(set);
}

/* Once for each name. @column: of its labels */
void
vmfc_training_set_add_zone(VmfcTrainingSet *set, const gchar *name, const gchar *column)
{
	for (guint i = 0; i < set->zones->len; i++) {
		const VmfcTrainingZone *zone = set->zones->pdata[i];
		if (g_str_equal(zone->name, name))
			return;
	}
	VmfcTrainingZone *zone = g_new0(VmfcTrainingZone, 1);
	zone->name = g_strdup(name);
	zone->column = g_strdup(column);
	g_ptr_array_add(set->zones, zone);
}
