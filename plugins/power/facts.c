/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "power/facts.h"

#include <math.h>

#include "base/document.h"
#include "base/number-text.h"

/* A number that is not known removes the fact of the model before. */
static void
describe_number(VmfcContext *context, guint column, const gchar *key, gdouble value)
{
	gchar text[VMFC_NUMBER_SIZE];

	vmfc_number_text_format_float(value, text);
	vmfc_context_describe(context, column, key, isnan(value) ? NULL : text);
}

/* @figures: (nullable) */
static void
describe_figure(VmfcContext *context, guint column, JsonObject *figures, const gchar *key)
{
	gdouble value = NAN;

	if (figures != NULL && !vmfc_document_get_number(figures, key, &value))
		value = NAN;
	describe_number(context, column, key, value);
}

/*
 * What the meta file says of a zone, with the figures of the model's card.
 *
 * @sub_model: (nullable): %NULL where none can be used
 */
void
power_facts_describe_zone(VmfcContext *context, guint column, const VmfcSubModel *sub_model)
{
	static const gchar *const figures[] = {"mape_percent", "mae_watts", "energy_error_percent",
					       "held_percent"};
	JsonObject *judgement = sub_model != NULL ? sub_model->judgement : NULL;
	JsonObject *judged = judgement != NULL
				     ? vmfc_document_get_object(judgement, "mean_of_groups")
				     : NULL;
	gboolean has_interval = sub_model != NULL && !isnan(sub_model->interval.log_width);

	vmfc_context_describe(context, column, "sub_model",
			      sub_model != NULL ? sub_model->name : NULL);
	vmfc_context_describe(context, column, "family",
			      sub_model != NULL ? vmfc_family_get_name(sub_model->estimator.family)
						: NULL);
	for (guint i = 0; i < G_N_ELEMENTS(figures); i++)
		describe_figure(context, column, judged, figures[i]);
	describe_figure(context, column, judgement, "worst_mape_percent");
	describe_number(context, column, "interval_share",
			has_interval ? sub_model->interval.share : NAN);
	vmfc_context_describe(context, column, "better", NULL);
}

/* What the meta file says of the model. @column: that of its name */
void
power_facts_describe_model(VmfcContext *context, guint column, const VmfcModel *model)
{
	const gchar *const facts[][2] = {
		{"sha256", model->sha256},	   {"trained_by", model->version},
		{"cpu_model", model->cpu_model},   {"architecture", model->architecture},
		{"hypervisor", model->hypervisor},
	};
	g_autofree gchar *name = g_path_get_basename(vmfc_context_get_string(context, "model"));

	vmfc_context_describe(context, column, "file", name);
	for (guint i = 0; i < G_N_ELEMENTS(facts); i++)
		vmfc_context_describe(context, column, facts[i][0], facts[i][1]);
	g_autofree gchar *cpus = model->n_cpus != 0
					 ? g_strdup_printf("%" G_GINT64_FORMAT, model->n_cpus)
					 : NULL;
	vmfc_context_describe(context, column, "cpus", cpus);
}
