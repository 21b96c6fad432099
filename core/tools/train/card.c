/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/card.h"

#include <math.h>
#include <string.h>

#include "tools/train/card-judgement.h"
#include "tools/train/card-text.h"

/* ------------------------------------------------------------------ head */

static void
add_head(GString *card, const VmfcModel *model, const VmfcTrainingSet *set, const gchar *name)
{
	g_string_append_printf(card, "# %s\n\n", name);
	g_string_append_printf(card,
			       "A model of power that vmfc train %s made. It estimates what a "
			       "machine draws from what can be read inside of it. An estimate is "
			       "not a measurement.\n\n",
			       model->version);
	g_string_append(card, "| made from | rows | SHA-256 |\n|---|---:|---|\n");
	for (guint i = 0; i < set->inputs->len; i++) {
		const VmfcTrainingInput *input = set->inputs->pdata[i];
		g_autofree gchar *shown = vmfc_card_text_escape(input->name);
		g_string_append_printf(card, "| %s | %" G_GUINT64_FORMAT " | %.12s... |\n", shown,
				       input->n_rows, input->sha256);
	}
	g_string_append_c(card, '\n');
}

static void
add_machine(GString *card, const VmfcModel *model, const VmfcTrainingSet *set)
{
	g_string_append(card, "## Where it can be used\n\n");
	if (model->cpu_model != NULL || model->hypervisor != NULL) {
		g_autofree gchar *cpu = vmfc_card_text_escape(
			model->cpu_model != NULL ? model->cpu_model : "not known");
		g_autofree gchar *hypervisor = vmfc_card_text_escape(
			model->hypervisor != NULL ? model->hypervisor : "not known");
		g_string_append_printf(
			card, "- Trained on: CPU %s, architecture %s, hypervisor %s.\n", cpu,
			model->architecture != NULL ? model->architecture : "not known",
			hypervisor);
	} else {
		g_string_append(card,
				"- The training sets do not say which machine they are of, or are "
				"of different ones: use it on the machine that was recorded.\n");
	}
	g_string_append(card, set->uses_cpus
				      ? "- It counts busy CPUs, so a machine of the same kind may "
					"have another number of them, within the range below.\n"
				      : "- Not every row says how many CPUs the machine has, so "
					"the model knows only shares of it: use it on a machine "
					"of this size alone.\n");
	g_string_append(card, "- Each zone has its own model. Zones overlap: do not add them.\n\n");
}

/* ------------------------------------------------------------- sub-models */

static const gchar *
get_form_text(VmfcFeatureForm form)
{
	static const gchar *const texts[VMFC_N_FEATURE_FORMS] = {
		[VMFC_FEATURE_CPUS] = "sum of shares of CPU time × number of CPUs",
		[VMFC_FEATURE_SHARE] = "sum of shares of CPU time",
		[VMFC_FEATURE_RATE] = "growth in the window / its length",
		[VMFC_FEATURE_VALUE] = "as it is",
	};
	return texts[form];
}

static void
add_features(GString *card, const VmfcSubModel *sub_model)
{
	g_string_append(card, "| estimated from | unit | how | seen from | to |\n"
			      "|---|---|---|---:|---:|\n");
	for (guint i = 0; i < sub_model->features->len; i++) {
		const VmfcFeature *feature = sub_model->features->pdata[i];
		const VmfcFeatureRange *range = &g_array_index(sub_model->estimator.ranges,
							       VmfcFeatureRange, i);
		g_autofree gchar *shown = vmfc_card_text_escape(feature->name);
		g_string_append_printf(card, "| %s | %s | %s | %.4g | %.4g |\n", shown,
				       feature->unit != NULL ? feature->unit : "not known",
				       get_form_text(feature->form), range->minimum,
				       range->maximum);
	}
	g_string_append(card,
			"\nIn range is what lies in all of these, or outside by no more than 5 % "
			"of the range. Beyond that an estimate is flagged.\n\n");
}

static void
add_zone(GString *card, const VmfcZoneModel *zone, const VmfcZoneTrials *trials)
{
	g_autofree gchar *shown = vmfc_card_text_escape(zone->name);

	g_string_append_printf(card, "## Zone %s\n\n", shown);
	for (guint i = 0; i < zone->sub_models->len; i++) {
		const VmfcSubModel *sub_model = zone->sub_models->pdata[i];
		const VmfcTrial *trial = trials->trials->pdata[i];
		g_string_append_printf(card, "### With the plugins %s%s\n\n", sub_model->name,
				       zone->sub_models->len > 1 && i == 0 ? " (the best)" : "");
		add_features(card, sub_model);
		vmfc_card_add_judgement(card, trial);
	}
}

/* -------------------------------------------------------------- left out */

static void
add_rows(GString *card, const VmfcTrainingSet *set)
{
	g_string_append_printf(card, "- %" G_GUINT64_FORMAT " rows were read.\n", set->n_read);
	if (set->n_transition > 0)
		g_string_append_printf(card,
				       "- %" G_GUINT64_FORMAT
				       " were left out because the workload changed in them.\n",
				       set->n_transition);
	if (set->n_stale > 0)
		g_string_append_printf(card,
				       "- %" G_GUINT64_FORMAT
				       " were left out because no new power value came in them.\n",
				       set->n_stale);
	for (guint i = 0; i < set->zones->len; i++) {
		const VmfcTrainingZone *zone = set->zones->pdata[i];
		if (zone->n_missing > 0)
			g_string_append_printf(card,
					       "- %" G_GUINT64_FORMAT
					       " have no power of the zone %s, or one below 0.\n",
					       zone->n_missing, zone->name);
	}
}

static void
add_left_out(GString *card, const VmfcTrainingSet *set, const GPtrArray *zones)
{
	g_string_append(card, "## What was left out\n\n");
	add_rows(card, set);
	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneTrials *zone = zones->pdata[i];
		for (guint k = 0; k < zone->trials->len; k++) {
			const VmfcTrial *trial = zone->trials->pdata[k];
			if (trial->n_without_features > 0)
				g_string_append_printf(card,
						       "- %" G_GUINT64_FORMAT
						       " lack a feature of %s (zone %s).\n",
						       trial->n_without_features,
						       trial->feature_set->name, zone->zone->name);
		}
		for (guint k = 0; k < zone->refused->len; k++) {
			g_autofree gchar *shown = vmfc_card_text_escape(zone->refused->pdata[k]);
			g_string_append_printf(card, "- There is %s.\n", shown);
		}
	}
	g_string_append_c(card, '\n');
}

/*
 * @name: of the model's file
 * @zones: of VmfcZoneTrials, as the model was built of them
 *
 * Returns: (transfer full): what a person wants to know of the model, as Markdown
 */
gchar *
vmfc_card_build(const VmfcModel *model, const VmfcTrainingSet *set, const GPtrArray *zones,
		const gchar *name)
{
	g_autoptr(GString) card = g_string_new(NULL);
	guint n = 0;

	add_head(card, model, set, name);
	add_machine(card, model, set);
	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneTrials *trials = zones->pdata[i];
		if (trials->trials->len > 0)
			add_zone(card, model->zones->pdata[n++], trials);
	}
	add_left_out(card, set, zones);
	vmfc_card_add_advice(card, set, zones);
	return g_string_free(g_steal_pointer(&card), FALSE);
}
