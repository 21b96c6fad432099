/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "power/facts.h"

#include <math.h>

#include "base/document.h"
#include "base/number-text.h"

static void
describe_number(VmfcContext *context, guint column, JsonObject *figures, const gchar *key)
{
	gchar text[VMFC_NUMBER_SIZE];
	gdouble value;

	if (figures == NULL || !vmfc_document_get_number(figures, key, &value))
		return;
	vmfc_number_text_format_float(value, text);
	vmfc_context_describe(context, column, key, text);
}

/* What the meta file says of a zone, with the figures of the model's card. */
void
power_facts_describe_zone(VmfcContext *context, guint column, const VmfcSubModel *sub_model)
{
	static const gchar *const figures[] = {"mape_percent", "mae_watts", "energy_error_percent",
					       "held_percent"};
	JsonObject *judged = sub_model->judgement != NULL
				     ? vmfc_document_get_object(sub_model->judgement,
								"mean_of_groups")
				     : NULL;

	vmfc_context_describe(context, column, "sub_model", sub_model->name);
	vmfc_context_describe(context, column, "family",
			      vmfc_family_get_name(sub_model->estimator.family));
	for (guint i = 0; i < G_N_ELEMENTS(figures); i++)
		describe_number(context, column, judged, figures[i]);
	if (sub_model->judgement != NULL)
		describe_number(context, column, sub_model->judgement, "worst_mape_percent");
	if (isnan(sub_model->interval.log_width))
		return;
	gchar share[VMFC_NUMBER_SIZE];
	vmfc_number_text_format_float(sub_model->interval.share, share);
	vmfc_context_describe(context, column, "interval_share", share);
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
	for (guint i = 0; i < G_N_ELEMENTS(facts); i++) {
		if (facts[i][1] != NULL)
			vmfc_context_describe(context, column, facts[i][0], facts[i][1]);
	}
	if (model->n_cpus == 0)
		return;
	g_autofree gchar *cpus = g_strdup_printf("%" G_GINT64_FORMAT, model->n_cpus);
	vmfc_context_describe(context, column, "cpus", cpus);
}
