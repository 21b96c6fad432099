/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/model-report.h"

#include <math.h>

#include "base/document.h"
#include "base/regular-file.h"
#include "tools/report/model-plots.h"
#include "tools/report/zones.h"

#define MAX_CARD ((gsize)64 << 10)
#define N_SHA	 12 /* digits that name a model, as in the column estimate_model */

/* @path: of a model. Returns: (transfer full): where its card is, if it has one */
gchar *
vmfc_model_report_build_card_path(const gchar *path)
{
	g_autofree gchar *base = g_str_has_suffix(path, ".json")
					 ? g_strndup(path, strlen(path) - strlen(".json"))
					 : g_strdup(path);

	return g_strconcat(base, ".md", NULL);
}

/* The card that vmfc train has written beside the model. */
static void
read_card(VmfcSection *section, const gchar *path)
{
	g_autofree gchar *card = vmfc_model_report_build_card_path(path);
	g_autoptr(GError) error = NULL;

	if (!g_file_test(card, G_FILE_TEST_EXISTS)) {
		vmfc_section_add_note(section, "There is no card %s of this model.", card);
		return;
	}
	section->card = vmfc_regular_file_read(card, MAX_CARD, NULL, &error);
	if (section->card == NULL)
		vmfc_section_add_note(section, "The card is not shown: %s.", error->message);
}

static void
add_rows(VmfcSection *section, JsonObject *training)
{
	JsonObject *rows = vmfc_document_get_object(training, "rows");
	gdouble n;

	if (rows == NULL || !vmfc_document_get_number(rows, "read", &n))
		return;
	g_autofree gchar *text = g_strdup_printf("%.0f", n);
	vmfc_section_add_fact(section, "Rows of the training sets", text);
}

static void
add_inputs(VmfcSection *section, JsonObject *training, guint max_rows)
{
	static const gchar *const headers[] = {"training set", "rows", "SHA-256", NULL};
	JsonArray *inputs = vmfc_document_get_array(training, "inputs");
	guint n = inputs != NULL ? json_array_get_length(inputs) : 0;

	if (n == 0)
		return;
	VmfcSheet *sheet = vmfc_section_add_sheet(section, "Training sets", headers);
	for (guint i = 0; i < MIN(n, max_rows); i++) {
		JsonNode *node = json_array_get_element(inputs, i);
		gdouble rows = NAN;
		if (!JSON_NODE_HOLDS_OBJECT(node))
			continue;
		JsonObject *input = json_node_get_object(node);
		vmfc_document_get_number(input, "rows", &rows);
		vmfc_sheet_add_text(sheet, vmfc_document_get_string(input, "file"));
		vmfc_sheet_add_number(sheet, rows);
		vmfc_sheet_add_text(sheet, vmfc_document_get_string(input, "sha256"));
	}
}

static void
add_facts(VmfcSection *section, const VmfcModel *model, guint max_rows)
{
	g_autofree gchar *cpus = model->n_cpus > 0
					 ? g_strdup_printf("%" G_GINT64_FORMAT, model->n_cpus)
					 : NULL;
	g_autofree gchar *name = model->sha256 != NULL ? g_strndup(model->sha256, N_SHA) : NULL;

	vmfc_section_add_fact(section, "Name in records", name);
	vmfc_section_add_fact(section, "Made by version", model->version);
	vmfc_section_add_fact(section, "CPU model", model->cpu_model);
	vmfc_section_add_fact(section, "CPUs", cpus);
	vmfc_section_add_fact(section, "Architecture", model->architecture);
	vmfc_section_add_fact(section, "Hypervisor", model->hypervisor);
	if (model->training == NULL)
		return;
	add_rows(section, model->training);
	add_inputs(section, model->training, max_rows);
}

static gdouble
get_figure(const VmfcSubModel *sub_model, const gchar *object_key, const gchar *key)
{
	JsonObject *judgement = sub_model->judgement;
	JsonObject *object = judgement != NULL && object_key != NULL
				     ? vmfc_document_get_object(judgement, object_key)
				     : judgement;
	gdouble value = NAN;

	if (object != NULL)
		vmfc_document_get_number(object, key, &value);
	return value;
}

static void
add_sub_models(VmfcSection *section, const VmfcModel *model)
{
	static const gchar *const headers[] = {"zone",
					       "features from",
					       "family",
					       "mean error of groups, %",
					       "worst group, %",
					       "rows within the interval, %",
					       "share that it is to contain, %",
					       NULL};
	VmfcSheet *sheet = vmfc_section_add_sheet(section, "Sub-models", headers);

	for (guint i = 0; i < model->zones->len; i++) {
		const VmfcZoneModel *zone = model->zones->pdata[i];
		for (guint k = 0; k < zone->sub_models->len; k++) {
			const VmfcSubModel *one = zone->sub_models->pdata[k];
			vmfc_sheet_add_text(sheet, zone->name);
			vmfc_sheet_add_text(sheet, one->name);
			vmfc_sheet_add_text(sheet, vmfc_family_get_name(one->estimator.family));
			vmfc_sheet_add_number(sheet,
					      get_figure(one, "mean_of_groups", "mape_percent"));
			vmfc_sheet_add_number(sheet, get_figure(one, NULL, "worst_mape_percent"));
			vmfc_sheet_add_number(sheet, get_figure(one, "all_rows", "held_percent"));
			vmfc_sheet_add_number(sheet, 100 * one->interval.share);
		}
	}
}

static void
add_ranges(VmfcSection *section, const VmfcModel *model)
{
	static const gchar *const headers[] = {"zone", "features from", "feature", "form",
					       "unit", "minimum",	"maximum", NULL};
	VmfcSheet *sheet = vmfc_section_add_sheet(section, "Ranges of features", headers);

	for (guint i = 0; i < model->zones->len; i++) {
		const VmfcZoneModel *zone = model->zones->pdata[i];
		for (guint k = 0; k < zone->sub_models->len; k++) {
			const VmfcSubModel *one = zone->sub_models->pdata[k];
			for (guint f = 0; f < one->features->len; f++) {
				const VmfcFeature *feature = one->features->pdata[f];
				const VmfcFeatureRange *range = &g_array_index(
					one->estimator.ranges, VmfcFeatureRange, f);
				vmfc_sheet_add_text(sheet, zone->name);
				vmfc_sheet_add_text(sheet, one->name);
				vmfc_sheet_add_text(sheet, feature->name);
				vmfc_sheet_add_text(sheet,
						    vmfc_feature_form_get_name(feature->form));
				vmfc_sheet_add_text(sheet, feature->unit);
				vmfc_sheet_add_number(sheet, range->minimum);
				vmfc_sheet_add_number(sheet, range->maximum);
			}
		}
	}
}

static void
add_groups(VmfcSection *section, const VmfcZoneModel *zone, guint max_rows)
{
	static const gchar *const headers[] = {
		"group",   "rows",	"MAPE, %", "mean absolute error, W",
		"bias, W", "energy, %", "held, %", "half of the interval, %",
		NULL};
	static const gchar *const keys[] = {"rows",
					    "mape_percent",
					    "mae_watts",
					    "bias_watts",
					    "energy_error_percent",
					    "held_percent",
					    "half_width_percent"};
	const VmfcSubModel *best = zone->sub_models->len > 0 ? zone->sub_models->pdata[0] : NULL;
	JsonArray *groups = best != NULL && best->judgement != NULL
				    ? vmfc_document_get_array(best->judgement, "groups")
				    : NULL;
	g_autofree gchar *title = g_strdup_printf("Errors by group that was left out: %s",
						  zone->name);

	if (groups == NULL)
		return;
	VmfcSheet *sheet = vmfc_section_add_sheet(section, title, headers);
	guint n = json_array_get_length(groups);
	for (guint i = 0; i < MIN(n, max_rows); i++) {
		JsonNode *node = json_array_get_element(groups, i);
		if (!JSON_NODE_HOLDS_OBJECT(node))
			continue;
		JsonObject *group = json_node_get_object(node);
		vmfc_sheet_add_text(sheet, vmfc_document_get_string(group, "group"));
		for (guint k = 0; k < G_N_ELEMENTS(keys); k++) {
			gdouble value = NAN;
			vmfc_document_get_number(group, keys[k], &value);
			vmfc_sheet_add_number(sheet, value);
		}
	}
	sheet->n_left_out = n - MIN(n, max_rows);
}

/*
 * @path: of the model
 * @max_rows: of a table
 *
 * Returns: (transfer full)
 */
VmfcSection *
vmfc_model_report_build(const VmfcModel *model, const gchar *path, guint max_rows)
{
	VmfcSection *section = vmfc_section_new("Model", path);

	add_facts(section, model, max_rows);
	for (guint i = 0; i < MIN(model->zones->len, VMFC_ZONES_MAX); i++)
		vmfc_model_plots_add(section, model->zones->pdata[i]);
	if (model->zones->len > VMFC_ZONES_MAX)
		vmfc_section_add_note(section, "Plots show the first %d zones of %u.",
				      VMFC_ZONES_MAX, model->zones->len);
	add_sub_models(section, model);
	for (guint i = 0; i < model->zones->len; i++)
		add_groups(section, model->zones->pdata[i], max_rows);
	add_ranges(section, model);
	read_card(section, path);
	return section;
}
