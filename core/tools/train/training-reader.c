/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/training-reader.h"

#include <string.h>

#include "base/nearest.h"
#include "model/member.h"
#include "rows/power-column.h"
#include "tools/train/training-rows.h"
#include "vmfc/vmfc-plugin.h"

/* -------------------------------------------------------------- columns */

static gboolean
has_column(const gchar *name, gpointer data)
{
	const VmfcTrainingSet *set = data;

	for (guint i = 0; i < set->inputs->len; i++) {
		const VmfcTrainingInput *input = set->inputs->pdata[i];
		if (vmfc_table_find(input->table, name) >= 0)
			return TRUE;
	}
	return FALSE;
}

static const gchar *
get_kind(const gchar *name, gpointer data, GError **error)
{
	const VmfcTrainingSet *set = data;

	for (guint i = 0; i < set->zones->len; i++) {
		const VmfcTrainingZone *zone = set->zones->pdata[i];
		if (!g_str_equal(zone->column, name))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--features names %s, which is the label itself", name);
		return NULL;
	}
	for (guint i = 0; i < set->inputs->len; i++) {
		const VmfcTrainingInput *input = set->inputs->pdata[i];
		if (vmfc_table_find(input->table, name) >= 0)
			return vmfc_training_input_get_kind(input, name, error);
	}
	return "gauge";
}

/* One that cannot be in a model is none. */
static const gchar *
find_unit(const VmfcTrainingInput *input, const gchar *name)
{
	const gchar *unit = vmfc_table_find(input->table, name) >= 0
				    ? vmfc_training_input_get_unit(input, name)
				    : NULL;

	return unit != NULL && vmfc_member_is_name(unit) ? unit : NULL;
}

static gboolean
get_unit(const gchar *name, gpointer data, const gchar **unit, GError **error)
{
	const VmfcTrainingSet *set = data;

	*unit = NULL;
	for (guint i = 0; i < set->inputs->len; i++) {
		const VmfcTrainingInput *input = set->inputs->pdata[i];
		const gchar *found = find_unit(input, name);
		if (found == NULL)
			continue;
		if (*unit != NULL && !g_str_equal(*unit, found)) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
				    "%s: the column %s is in '%s', and in '%s' in the files before "
				    "it: train with files of one unit",
				    input->table->source->path, name, found, *unit);
			return FALSE;
		}
		*unit = found;
	}
	return TRUE;
}

static gboolean
is_chosen(gchar *const *zones, const gchar *name)
{
	return zones == NULL || g_strv_contains((const gchar *const *)zones, name);
}

static void
add_zones(VmfcTrainingSet *set, const VmfcTrainingInput *input, gchar *const *zones)
{
	for (guint i = 0; i < input->table->columns->len; i++) {
		const gchar *column = vmfc_table_get_name(input->table, i);
		if (g_str_has_prefix(column, VMFC_POWER_LABEL_PREFIX) &&
		    is_chosen(zones, column + strlen(VMFC_POWER_LABEL_PREFIX)))
			vmfc_training_set_add_zone(set, column + strlen(VMFC_POWER_LABEL_PREFIX),
						   column);
	}
}

static gboolean
set_no_label(const VmfcTrainingSet *set, const gchar *column, GError **error)
{
	const VmfcTrainingInput *input = set->inputs->pdata[0];
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, column);
	for (guint i = 0; i < input->table->columns->len; i++)
		vmfc_nearest_try(&nearest, vmfc_table_get_name(input->table, i));
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "%s has no column %s%s; vmfc merge makes training sets of what was recorded, "
		    "and --label names the column of power, in W, of other files",
		    input->table->source->path, column, hint);
	return FALSE;
}

/* The zone of a label that the user names is the one of --zones, or has the column's name. */
static gboolean
add_label(VmfcTrainingSet *set, const VmfcTrainingOptions *options, GError **error)
{
	const gchar *name = options->label;

	if (!has_column(options->label, set))
		return set_no_label(set, options->label, error);
	if (g_str_has_prefix(name, VMFC_POWER_LABEL_PREFIX) &&
	    strlen(name) > strlen(VMFC_POWER_LABEL_PREFIX))
		name += strlen(VMFC_POWER_LABEL_PREFIX);
	if (options->zones != NULL && options->zones[0] != NULL) {
		if (options->zones[1] != NULL) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "--label names one column, and --zones more than one zone: "
				    "give one zone, which that power is of");
			return FALSE;
		}
		name = options->zones[0];
	}
	vmfc_training_set_add_zone(set, name, options->label);
	return TRUE;
}

static gboolean
find_zones(VmfcTrainingSet *set, const VmfcTrainingOptions *options, GError **error)
{
	if (options->label != NULL)
		return add_label(set, options, error);
	for (guint i = 0; i < set->inputs->len; i++)
		add_zones(set, set->inputs->pdata[i], options->zones);
	for (guint i = 0; options->zones != NULL && options->zones[i] != NULL; i++) {
		g_autofree gchar *column = g_strconcat(VMFC_POWER_LABEL_PREFIX, options->zones[i],
						       NULL);
		if (!has_column(column, set))
			return set_no_label(set, column, error);
	}
	if (set->zones->len > VMFC_MODEL_MAX_ZONES) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "there are labels of %u zones, but a model can have %d: choose with "
			    "--zones",
			    set->zones->len, VMFC_MODEL_MAX_ZONES);
		return FALSE;
	}
	return set->zones->len > 0 || set_no_label(set, VMFC_POWER_LABEL_PREFIX "package", error);
}

/* -------------------------------------------------------------- reading */

static gboolean
open_inputs(VmfcTrainingSet *set, const VmfcTrainingOptions *options, GError **error)
{
	for (guint i = 0; options->paths[i] != NULL; i++) {
		VmfcTrainingInput *input = vmfc_training_input_open(options->paths[i], error);
		if (input == NULL)
			return FALSE;
		g_ptr_array_add(set->inputs, input);
	}
	if (options->group == NULL || has_column(options->group, set))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--group names %s, which is not a column of the training sets", options->group);
	return FALSE;
}

static gboolean
has_all_core_counts(const VmfcTrainingSet *set)
{
	for (guint i = 0; i < set->n_rows; i++) {
		if (!(set->core_counts[i] > 0))
			return FALSE;
	}
	return set->n_rows > 0;
}

/* Busy CPUs in place of shares: shares of a machine times its CPUs. */
static void
use_cpus(VmfcTrainingSet *set)
{
	for (guint i = 0; i < set->list->features->len; i++) {
		const VmfcFeature *feature = set->list->features->pdata[i];
		if (feature->form != VMFC_FEATURE_SHARE)
			continue;
		for (guint row = 0; row < set->n_rows; row++)
			set->features[i][row] *= set->core_counts[row];
	}
	vmfc_feature_list_use_cpus(set->list);
}

static gboolean
read_rows(VmfcTrainingSet *set, const VmfcTrainingOptions *options, GError **error)
{
	set->features = g_new0(gdouble *, set->list->features->len);
	for (guint i = 0; i < set->inputs->len; i++) {
		if (!vmfc_training_rows_read(set, set->inputs->pdata[i], options->group, error))
			return FALSE;
	}
	vmfc_training_rows_sort(set);
	return TRUE;
}

/* Returns: (transfer full): %NULL with a sentence for the user in @error */
VmfcTrainingSet *
vmfc_training_reader_read(const VmfcTrainingOptions *options, GError **error)
{
	g_autoptr(VmfcTrainingSet) set = vmfc_training_set_new();
	const VmfcFeatureColumns columns = {has_column, get_kind, get_unit, set};

	if (!open_inputs(set, options, error) || !find_zones(set, options, error))
		return NULL;
	set->list = vmfc_feature_list_new(options->features, options->excluded, &columns, error);
	if (set->list == NULL || !read_rows(set, options, error))
		return NULL;
	set->uses_cpus = has_all_core_counts(set);
	if (set->uses_cpus)
		use_cpus(set);
	return g_steal_pointer(&set);
}

/*
 * Rows to estimate, with the features of a model. Of the zones those are read that have labels;
 * where there are none, all rows are.
 *
 * @features: of VmfcFeature
 * @zones: names, ended by %NULL
 * @options: whose paths, label and group are read
 */
VmfcTrainingSet *
vmfc_training_reader_read_for(const GPtrArray *features, const gchar *const *zones,
			      const VmfcTrainingOptions *options, GError **error)
{
	g_autoptr(VmfcTrainingSet) set = vmfc_training_set_new();

	if (!open_inputs(set, options, error))
		return NULL;
	if (options->label != NULL && !has_column(options->label, set)) {
		set_no_label(set, options->label, error);
		return NULL;
	}
	for (guint i = 0; zones[i] != NULL; i++) {
		g_autofree gchar *column = options->label != NULL
						   ? g_strdup(options->label)
						   : g_strconcat(VMFC_POWER_LABEL_PREFIX, zones[i],
								 NULL);
		if (has_column(column, set))
			vmfc_training_set_add_zone(set, zones[i], column);
	}
	set->takes_all = set->zones->len == 0;
	set->list = vmfc_feature_list_new_of(features);
	return read_rows(set, options, error) ? g_steal_pointer(&set) : NULL;
}
