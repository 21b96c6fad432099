/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/model-read.h"

#include <math.h>

#include "base/document.h"
#include "base/regular-file.h"
#include "model/estimator-read.h"
#include "model/member.h"
#include "model/predict.h"
#include "vmfc/vmfc-plugin.h"

/* e^100 is more than there are watts. */
#define MAX_LOG_WIDTH 100

/* ------------------------------------------------------------- features */

static const gchar *
get_form_name(guint form)
{
	return vmfc_feature_form_get_name(form);
}

static gboolean
read_columns(JsonObject *object, VmfcFeature *feature, GError **error)
{
	g_clear_pointer(&feature->columns, g_strfreev);
	g_clear_pointer(&feature->optional_columns, g_strfreev);
	return vmfc_member_read_names(object, "columns", 1, VMFC_MODEL_MAX_COLUMNS,
				      &feature->columns, error) &&
	       vmfc_member_read_names(object, "optional_columns", 0, VMFC_MODEL_MAX_COLUMNS,
				      &feature->optional_columns, error) &&
	       vmfc_member_read_optional_name(object, "sum_column", &feature->sum_column, error);
}

static gboolean
read_range(JsonObject *object, GArray *ranges, GError **error)
{
	VmfcFeatureRange range = {NAN, NAN};

	if (!vmfc_member_has(object, "minimum") && !vmfc_member_has(object, "maximum")) {
		g_array_append_val(ranges, range);
		return TRUE;
	}
	if (!vmfc_member_read_number(object, "minimum", -G_MAXDOUBLE, G_MAXDOUBLE, &range.minimum,
				     error) ||
	    !vmfc_member_read_number(object, "maximum", -G_MAXDOUBLE, G_MAXDOUBLE, &range.maximum,
				     error))
		return FALSE;
	if (range.minimum > range.maximum) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
				    "\"minimum\" is above \"maximum\"");
		return FALSE;
	}
	g_array_append_val(ranges, range);
	return TRUE;
}

/* Returns: (transfer full) (nullable) */
static VmfcFeature *
read_feature(JsonObject *object, GArray *ranges, GError **error)
{
	g_autoptr(VmfcFeature) feature = vmfc_feature_new(NULL, NULL, 0);
	guint form;

	if (!vmfc_member_read_name(object, "name", &feature->name, error) ||
	    !vmfc_member_read_optional_name(object, "unit", &feature->unit, error) ||
	    !vmfc_member_read_word(object, "form", get_form_name, VMFC_N_FEATURE_FORMS, &form,
				   error) ||
	    !read_columns(object, feature, error) ||
	    !vmfc_member_read_flag(object, "is_positive", &feature->is_positive, error) ||
	    !read_range(object, ranges, error))
		return NULL;
	feature->form = form;
	return g_steal_pointer(&feature);
}

static gboolean
read_features(JsonObject *object, GPtrArray *features, GArray *ranges, GError **error)
{
	JsonArray *array = vmfc_member_read_array(object, "features", 1, VMFC_MODEL_MAX_FEATURES,
						  error);

	for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
		JsonObject *element = vmfc_member_read_element(array, i, error);
		VmfcFeature *feature = element != NULL ? read_feature(element, ranges, error)
						       : NULL;
		if (feature == NULL) {
			g_prefix_error(error, "feature %u: ", i + 1);
			return FALSE;
		}
		g_ptr_array_add(features, feature);
	}
	return array != NULL;
}

/* ----------------------------------------------------------- sub-models */

static gboolean
read_interval(JsonObject *object, VmfcInterval *interval, GError **error)
{
	JsonObject *member = vmfc_member_read_object(object, "interval", error);
	gdouble log_width = NAN;
	gint64 n_groups;

	vmfc_interval_set_width(interval, NAN);
	if (member == NULL ||
	    !vmfc_member_read_number(member, "share", 0, 1, &interval->share, error) ||
	    !vmfc_member_read_number(member, "floor", 0, G_MAXDOUBLE, &interval->floor, error) ||
	    !vmfc_member_read_count(member, "groups", 0, G_MAXINT32, &n_groups, error))
		return FALSE;
	interval->n_groups = (guint)n_groups;
	if (vmfc_member_has(member, "log_width") &&
	    !vmfc_member_read_number(member, "log_width", 0, MAX_LOG_WIDTH, &log_width, error))
		return FALSE;
	vmfc_interval_set_width(interval, log_width);
	return TRUE;
}

/* @facts: (out) (nullable): what only reports read: an object of any content */
static gboolean
read_facts(JsonObject *object, const gchar *key, JsonObject **facts, GError **error)
{
	if (!vmfc_member_has(object, key))
		return TRUE;
	JsonObject *member = vmfc_member_read_object(object, key, error);
	if (member != NULL)
		*facts = json_object_ref(member);
	return member != NULL;
}

/* Messages, meta files and --evaluate tell the sub-models of a zone apart by their names. */
static gboolean
check_name(const VmfcZoneModel *zone, const VmfcSubModel *sub_model, GError **error)
{
	if (vmfc_zone_model_find_sub_model(zone, sub_model->name) == sub_model)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "%s is there twice", sub_model->name);
	return FALSE;
}

static gboolean
read_sub_model(JsonObject *object, VmfcZoneModel *zone, GError **error)
{
	VmfcSubModel *sub_model = vmfc_zone_model_add_sub_model(zone, NULL);
	g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(VmfcFeatureRange));

	if (!vmfc_member_read_name(object, "name", &sub_model->name, error) ||
	    !check_name(zone, sub_model, error) ||
	    !read_features(object, sub_model->features, ranges, error) ||
	    !vmfc_estimator_read(object, sub_model->features->len, &sub_model->estimator, error))
		return FALSE;
	g_array_append_vals(sub_model->estimator.ranges, ranges->data, ranges->len);
	return read_interval(object, &sub_model->interval, error) &&
	       read_facts(object, "judgement", &sub_model->judgement, error);
}

static gboolean
read_sub_models(JsonObject *object, VmfcZoneModel *zone, GError **error)
{
	JsonArray *array = vmfc_member_read_array(object, "sub_models", 1,
						  VMFC_MODEL_MAX_SUB_MODELS, error);

	for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
		JsonObject *element = vmfc_member_read_element(array, i, error);
		if (element == NULL || !read_sub_model(element, zone, error)) {
			g_prefix_error(error, "sub-model %u: ", i + 1);
			return FALSE;
		}
	}
	return array != NULL;
}

/* ---------------------------------------------------------------- zones */

static gboolean
read_pairs(JsonObject *object, VmfcZoneModel *zone, GError **error)
{
	if (!vmfc_member_has(object, "pairs"))
		return TRUE;
	JsonArray *pairs = vmfc_member_read_array(object, "pairs", 0, VMFC_MODEL_MAX_PAIRS, error);
	if (pairs != NULL)
		zone->pairs = json_array_ref(pairs);
	return pairs != NULL;
}

static gboolean
read_zone(JsonObject *object, VmfcModel *model, GError **error)
{
	g_autofree gchar *name = NULL;

	if (!vmfc_member_read_name(object, "zone", &name, error))
		return FALSE;
	if (vmfc_model_find_zone(model, name) != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "%s is there twice", name);
		return FALSE;
	}
	VmfcZoneModel *zone = vmfc_model_add_zone(model, name);
	return read_sub_models(object, zone, error) && read_pairs(object, zone, error);
}

static gboolean
read_zones(JsonObject *object, VmfcModel *model, GError **error)
{
	JsonArray *array = vmfc_member_read_array(object, "zones", 1, VMFC_MODEL_MAX_ZONES, error);

	for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
		JsonObject *element = vmfc_member_read_element(array, i, error);
		if (element == NULL || !read_zone(element, model, error)) {
			g_prefix_error(error, "zone %u: ", i + 1);
			return FALSE;
		}
	}
	return array != NULL;
}

/* ---------------------------------------------------------------- model */

static gboolean
read_machine(JsonObject *object, VmfcModel *model, GError **error)
{
	JsonObject *machine = vmfc_member_read_object(object, "machine", error);

	return machine != NULL &&
	       vmfc_member_read_optional_name(machine, "cpu_model", &model->cpu_model, error) &&
	       vmfc_member_read_optional_name(machine, "architecture", &model->architecture,
					      error) &&
	       vmfc_member_read_optional_name(machine, "hypervisor", &model->hypervisor, error) &&
	       (!vmfc_member_has(machine, "cpus") ||
		vmfc_member_read_count(machine, "cpus", 1, G_MAXINT32, &model->n_cpus, error));
}

static gboolean
check_format(JsonObject *object, GError **error)
{
	g_autofree gchar *format = NULL;

	/* it goes to the terminal: what cannot be a name is none */
	vmfc_member_read_optional_name(object, "format", &format, NULL);

	if (g_strcmp0(format, VMFC_MODEL_FORMAT) == 0)
		return TRUE;
	if (format != NULL && g_str_has_prefix(format, "vmfc-model/"))
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "its format is %s, and this vmfc reads " VMFC_MODEL_FORMAT
			    ": use the vmfc that made it, or train it again",
			    format);
	else
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
				    "it has no \"format\": \"" VMFC_MODEL_FORMAT
				    "\": name a file that vmfc train wrote");
	return FALSE;
}

static gboolean
read_model(JsonNode *root, VmfcModel *model, GError **error)
{
	if (!JSON_NODE_HOLDS_OBJECT(root)) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "it has to be an object");
		return FALSE;
	}
	JsonObject *object = json_node_get_object(root);
	return check_format(object, error) &&
	       vmfc_member_read_name(object, "version", &model->version, error) &&
	       read_machine(object, model, error) && read_zones(object, model, error) &&
	       read_facts(object, "training", &model->training, error);
}

/*
 * @text: ends with a NUL after @length
 *
 * Returns: (transfer full): %NULL with what is wrong with the text in @error
 */
VmfcModel *
vmfc_model_parse(const gchar *text, gsize length, GError **error)
{
	g_autoptr(JsonNode) root = vmfc_document_parse(text, length, VMFC_MODEL_MAX_SIZE, error);
	g_autoptr(VmfcModel) model = vmfc_model_new();

	if (root == NULL || !read_model(root, model, error))
		return NULL;
	model->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text,
						    length);
	return g_steal_pointer(&model);
}

/* Returns: (transfer full): %NULL with a sentence in @error */
VmfcModel *
vmfc_model_read(const gchar *path, GError **error)
{
	gsize length;
	g_autofree gchar *text = vmfc_regular_file_read(path, VMFC_MODEL_MAX_SIZE, &length, error);

	if (text == NULL)
		return NULL;
	VmfcModel *model = vmfc_model_parse(text, length, error);
	if (model == NULL)
		g_prefix_error(error, "%s is not a model that vmfc can use: ", path);
	return model;
}
