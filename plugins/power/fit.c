/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "power/fit.h"

#include "model/machine.h"
#include "power/columns.h"
#include "power/facts.h"

static void
compare_machine(PowerFit *fit, const VmfcHostInfo *machine)
{
	const VmfcModelMachine here = {machine->cpu_model, machine->architecture,
				       machine->hypervisor};
	g_autofree gchar *difference = vmfc_model_compare_machine(fit->model, &here);
	g_autofree gchar *cpus = g_strdup_printf(
		"the model holds for a machine with %" G_GINT64_FORMAT
		" CPUs alone, and this one has another number",
		fit->model->n_cpus);

	fit->n_cpus = machine->n_cpus;
	fit->other_machine = g_intern_string(difference);
	fit->other_cpus = g_intern_string(cpus);
}

/* @model: (transfer full) */
PowerFit *
power_fit_new(VmfcContext *context, VmfcModel *model, const VmfcHostInfo *machine)
{
	PowerFit *fit = g_new0(PowerFit, 1);

	fit->context = context;
	fit->model = model;
	fit->takes_other_machine = vmfc_context_get_bool(context, "other_machine");
	g_strlcpy(fit->digits, model->sha256, sizeof(fit->digits));
	fit->zones = g_ptr_array_new_with_free_func((GDestroyNotify)power_zone_free);
	for (guint i = 0; i < model->zones->len; i++)
		g_ptr_array_add(fit->zones, power_zone_new(model->zones->pdata[i]));
	compare_machine(fit, machine);
	return fit;
}

void
power_fit_free(PowerFit *fit)
{
	g_ptr_array_unref(fit->zones);
	vmfc_model_free(fit->model);
	g_free(fit);
}

/* ------------------------------------------------------ after another model */

static const PowerZone *
find_zone(const PowerFit *fit, const gchar *name)
{
	for (guint i = 0; i < fit->zones->len; i++) {
		const PowerZone *zone = fit->zones->pdata[i];
		if (g_str_equal(zone->model->name, name))
			return zone;
	}
	return NULL;
}

static gchar *
list_zones(const PowerFit *fit)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < fit->zones->len; i++) {
		const PowerZone *zone = fit->zones->pdata[i];
		g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", zone->model->name);
	}
	return g_strdup(names->str);
}

/* Takes over columns and totals. Returns: %FALSE where the zones are others */
gboolean
power_fit_continue(PowerFit *fit, const PowerFit *before, GError **error)
{
	gboolean is_same = fit->zones->len == before->zones->len;

	for (guint i = 0; is_same && i < fit->zones->len; i++) {
		PowerZone *zone = fit->zones->pdata[i];
		const PowerZone *old = find_zone(before, zone->model->name);
		is_same = old != NULL;
		if (is_same) {
			zone->first_column = old->first_column;
			zone->joules = old->joules;
		}
	}
	if (is_same)
		return TRUE;
	g_autofree gchar *names = list_zones(fit);
	g_autofree gchar *names_before = list_zones(before);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "its zones are %s, and this run has columns for %s: start vmfc again with it",
		    names, names_before);
	return FALSE;
}

/* --------------------------------------------------------------- start */

/* A zone that no sub-model fits is missing until another model is taken over. */
static void
say_none(const PowerFit *fit, const PowerZone *zone)
{
	g_autofree gchar *reason = g_strdup_printf(
		"no sub-model of the model can be used here; %s",
		(const gchar *)zone->lacking->pdata[zone->lacking->len - 1]);

	power_columns_set_state(fit->context, zone->first_column, VMFC_STATE_UNSUPPORTED, reason,
				"Name the plugins of one of its sub-models in --plugins");
}

/*
 * The chosen one is the first that can be used, so those before it all lack something, in the same
 * order.
 *
 * Returns: (transfer full) (nullable): what the sub-models lack that come before the chosen one
 */
static gchar *
list_better(const PowerZone *zone, const VmfcSubModel *sub_model)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < zone->lacking->len; i++) {
		if (zone->model->sub_models->pdata[i] == sub_model)
			break;
		g_string_append_printf(text, "%s%s", i > 0 ? "; " : "",
				       (const gchar *)zone->lacking->pdata[i]);
	}
	return text->len > 0 ? g_strdup(text->str) : NULL;
}

static void
say_chosen(const PowerFit *fit, const PowerZone *zone, const VmfcSubModel *sub_model)
{
	g_autofree gchar *better = list_better(zone, sub_model);

	power_columns_set_state(fit->context, zone->first_column, VMFC_STATE_OK, NULL, NULL);
	vmfc_context_describe(fit->context, zone->first_column + POWER_WATTS, "better", better);
	if (!vmfc_context_is_check(fit->context))
		g_message("%s is estimated from %s (%s)%s%s", zone->model->name, sub_model->name,
			  vmfc_family_get_name(sub_model->estimator.family),
			  better != NULL ? "; it cannot be from " : "",
			  better != NULL ? better : "");
}

static void
say_missing(const PowerFit *fit, const PowerZone *zone, const gchar *reason)
{
	power_columns_set_state(fit->context, zone->first_column, VMFC_STATE_UNSUPPORTED, reason,
				POWER_REMEDY_MACHINE);
}

static void
start_zone(const PowerFit *fit, PowerZone *zone)
{
	power_zone_look(zone, fit->context);
	const VmfcSubModel *sub_model = power_zone_get_sub_model(zone);
	power_facts_describe_zone(fit->context, zone->first_column + POWER_WATTS, sub_model);
	if (sub_model == NULL)
		say_none(fit, zone);
	else if (power_fit_is_refused(fit))
		say_missing(fit, zone, fit->other_machine);
	else if (!fit->takes_other_machine &&
		 !vmfc_sub_model_fits_machine(sub_model, fit->model->n_cpus, fit->n_cpus))
		say_missing(fit, zone, fit->other_cpus);
	else
		say_chosen(fit, zone, sub_model);
}

/* Whether this machine is another one, and the user has not said to estimate all the same. */
gboolean
power_fit_is_refused(const PowerFit *fit)
{
	return fit->other_machine != NULL && !fit->takes_other_machine;
}

static void
say_machine(const PowerFit *fit)
{
	if (!vmfc_model_knows_machine(fit->model))
		g_message("the model does not say which machine it was trained on: the ranges of "
			  "its features alone say whether it fits this one");
	else if (fit->other_machine != NULL && !power_fit_is_refused(fit))
		g_warning("%s; estimate_in_range is false", fit->other_machine);
}

/*
 * Chooses the sub-models, and says so. Called from `start` on, between two ticks.
 *
 * @model_column: that of the model's name
 */
void
power_fit_start(PowerFit *fit, guint model_column)
{
	for (guint i = 0; i < fit->zones->len; i++)
		start_zone(fit, fit->zones->pdata[i]);
	power_facts_describe_model(fit->context, model_column, fit->model);
	vmfc_context_describe(fit->context, model_column, "machine",
			      vmfc_model_knows_machine(fit->model) ? fit->other_machine
								   : "the model does not name it");
	if (!vmfc_context_is_check(fit->context))
		say_machine(fit);
}
