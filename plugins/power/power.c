/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Estimates this VM's power from the other columns of the record, with a model of vmfc train. */

#include <math.h>
#include <string.h>

#include "power/facts.h"
#include "power/machine.h"
#include "power/model-file.h"
#include "power/zone.h"

#define PERCENT 100

/* Of each zone, in the order of the record. */
enum {
	WATTS,
	LOW,
	HIGH,
	JOULES,
	N_OF_ZONE,
};

static const VmfcColumn of_zone[N_OF_ZONE] = {
	[WATTS] = {"estimated_watts_%s", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, "model",
		   "estimated, not measured: mean power of this VM in the window"},
	[LOW] = {"estimated_watts_%s_low", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, "model",
		 "low end of the estimate's interval"},
	[HIGH] = {"estimated_watts_%s_high", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, "model",
		  "high end of the estimate's interval"},
	[JOULES] = {"estimated_joules_%s", "J", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE, "model",
		    "estimated, not measured: watts times window, added up"},
};

/* Of the estimates together, after those of the zones. */
enum {
	MISSING_SECONDS,
	IN_RANGE,
	MODEL,
	N_OF_ALL,
};

static const VmfcColumn of_all[N_OF_ALL] = {
	[MISSING_SECONDS] = {"estimate_missing_seconds", "s", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT,
			     FALSE, "model",
			     "length of the windows in which a zone has no estimate"},
	[IN_RANGE] = {"estimate_in_range", "", VMFC_KIND_GAUGE, VMFC_TYPE_BOOL, FALSE, "model",
		      "whether machine and features lie within what the model was trained on"},
	[MODEL] = {"estimate_model", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE, "model",
		   "the first 12 digits of the SHA-256 of the model's file"},
};

/* What the columns are shown for where no model says which zones it has. */
static const gchar *const usual_zones[] = {"package", "core"};

#define N_DIGITS 12

typedef struct {
	VmfcContext *context;
	VmfcModel *model;
	GPtrArray *zones;   /* of PowerZone */
	guint first_of_all; /* the first of the columns of all */
	gdouble margin;
	gboolean takes_other_machine;
	const gchar *other_machine; /* (nullable): how this one differs; interned */
	const gchar *other_cpus;    /* the reason where only the number of CPUs differs */
	gint64 n_cpus;		    /* of this machine; 0: not known */
	guint core_count;	    /* the columns of the record; G_MAXUINT: there is none */
	guint time_delta;
	gchar digits[N_DIGITS + 1];
	gdouble missing_seconds; /* since the start */
} Power;

/* What is found out in one window. */
typedef struct {
	gdouble seconds; /* NaN: the first tick, which only opens the first window */
	gboolean is_other_machine;
	gboolean is_out;     /* of what the model was trained on */
	gboolean is_unknown; /* whether it is */
	gboolean is_missing; /* an estimate */
	const gchar *reason; /* the first one for which it is */
} Window;

#define REMEDY_MACHINE                                                                             \
	"Train a model on a machine like this one, or take its estimates all the same with --set " \
	"power.other_machine=true"

static void
power_close(gpointer data)
{
	Power *self = data;

	g_ptr_array_unref(self->zones);
	vmfc_model_free(self->model);
	g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Power, power_close)

/* ------------------------------------------------------------- columns */

/* Returns: the index of the first one */
static guint
add_zone_columns(VmfcContext *context, const gchar *zone)
{
	guint first = G_MAXUINT;

	for (guint i = 0; i < N_OF_ZONE; i++) {
		VmfcColumn column = of_zone[i];
		g_auto(GStrv) parts = g_strsplit(column.name, "%s", 2);
		g_autofree gchar *name = g_strconcat(parts[0], zone, parts[1], NULL);
		column.name = name;
		guint index = vmfc_context_add_column(context, &column);
		first = i == 0 ? index : first;
	}
	return first;
}

static guint
add_all_columns(VmfcContext *context)
{
	guint first = vmfc_context_add_column(context, &of_all[0]);

	for (guint i = 1; i < N_OF_ALL; i++)
		vmfc_context_add_column(context, &of_all[i]);
	return first;
}

static void
set_zone_state(const Power *self, const PowerZone *zone, VmfcState state, const gchar *reason,
	       const gchar *remedy)
{
	for (guint i = 0; i < N_OF_ZONE; i++)
		vmfc_context_set_state(self->context, zone->first_column + i, state, reason,
				       remedy);
}

/* ---------------------------------------------------------------- open */

static gboolean
read_margin(Power *self, GError **error)
{
	self->margin = vmfc_context_get_float(self->context, "margin") / PERCENT;
	if (self->margin >= 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "power.margin is '%s', but must be a percentage from 0",
		    vmfc_context_get_string(self->context, "margin"));
	return FALSE;
}

/* --list-features shows the columns without a model as well. */
static gboolean
read_model(Power *self, GError **error)
{
	const gchar *path = vmfc_context_get_string(self->context, "model");

	if (path[0] != '\0') {
		self->model = power_model_file_read(path, error);
		return self->model != NULL;
	}
	for (guint i = 0; i < G_N_ELEMENTS(usual_zones); i++)
		add_zone_columns(self->context, usual_zones[i]);
	add_all_columns(self->context);
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "it needs a model: name one that vmfc train has made with --model");
	return FALSE;
}

static void
compare_machine(Power *self)
{
	g_autofree gchar *root = vmfc_context_build_path(self->context, "");
	g_autoptr(VmfcHostInfo) machine = vmfc_host_info_new(root);
	g_autofree gchar *difference = power_machine_compare(self->model, machine);

	self->n_cpus = machine->n_cpus;
	self->other_machine = g_intern_string(difference);
	g_autofree gchar *cpus = g_strdup_printf(
		"the model holds for a machine with %" G_GINT64_FORMAT
		" CPUs alone, and this one has another number",
		self->model->n_cpus);
	self->other_cpus = g_intern_string(cpus);
}

static void
add_columns(Power *self)
{
	const GPtrArray *models = self->model->zones;

	for (guint i = 0; i < models->len; i++) {
		PowerZone *zone = power_zone_new(models->pdata[i]);
		zone->first_column = add_zone_columns(self->context, zone->model->name);
		g_ptr_array_add(self->zones, zone);
	}
	self->first_of_all = add_all_columns(self->context);
}

static gpointer
power_open(VmfcContext *context, GError **error)
{
	Power *self = g_new0(Power, 1);
	g_autoptr(GPtrArray) zones = g_ptr_array_new_with_free_func(
		(GDestroyNotify)power_zone_free);

	self->context = context;
	self->takes_other_machine = vmfc_context_get_bool(context, "other_machine");
	if (!read_margin(self, error) || !read_model(self, error)) {
		g_free(self);
		return NULL;
	}
	self->zones = g_steal_pointer(&zones);
	g_strlcpy(self->digits, self->model->sha256, sizeof(self->digits));
	compare_machine(self);
	add_columns(self);
	return self;
}

/* --------------------------------------------------------------- start */

/* A zone that no sub-model fits is missing for the whole run. */
static void
say_none(const Power *self, const PowerZone *zone)
{
	g_autofree gchar *reason = g_strdup_printf(
		"no sub-model of the model can be used here; %s",
		(const gchar *)zone->lacking->pdata[zone->lacking->len - 1]);

	set_zone_state(self, zone, VMFC_STATE_UNSUPPORTED, reason,
		       "Name the plugins of one of its sub-models in --plugins");
}

/* Returns: (transfer full): the sub-models that come before the chosen one, and what they lack */
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
	return g_strdup(text->str);
}

static void
say_chosen(const Power *self, const PowerZone *zone, const VmfcSubModel *sub_model)
{
	g_autofree gchar *better = list_better(zone, sub_model);

	if (better[0] != '\0')
		vmfc_context_describe(self->context, zone->first_column + WATTS, "better", better);
	if (!vmfc_context_is_check(self->context))
		g_message("%s is estimated from %s (%s)%s%s", zone->model->name, sub_model->name,
			  vmfc_family_get_name(sub_model->estimator.family),
			  better[0] != '\0' ? "; it cannot be from " : "", better);
}

/* Whether this machine is another one, and the user has not said to estimate all the same. */
static gboolean
is_refused(const Power *self)
{
	return self->other_machine != NULL && !self->takes_other_machine;
}

static void
start_zone(const Power *self, PowerZone *zone)
{
	power_zone_look(zone, self->context);
	const VmfcSubModel *sub_model = power_zone_get_sub_model(zone);
	if (sub_model == NULL) {
		say_none(self, zone);
		return;
	}
	power_facts_describe_zone(self->context, zone->first_column + WATTS, sub_model);
	if (is_refused(self))
		set_zone_state(self, zone, VMFC_STATE_UNSUPPORTED, self->other_machine,
			       REMEDY_MACHINE);
	else
		say_chosen(self, zone, sub_model);
}

static gboolean
power_start(gpointer data, G_GNUC_UNUSED GError **error)
{
	Power *self = data;

	self->core_count = vmfc_context_find_column(self->context, "core_count");
	self->time_delta = vmfc_context_find_column(self->context, "time_delta_seconds");
	for (guint i = 0; i < self->zones->len; i++)
		start_zone(self, self->zones->pdata[i]);
	power_facts_describe_model(self->context, self->first_of_all + MODEL, self->model);
	if (vmfc_context_is_check(self->context))
		return TRUE;
	if (!power_machine_is_known(self->model))
		g_message("the model does not say which machine it was trained on: the ranges of "
			  "its features alone say whether it fits this one");
	else if (self->other_machine != NULL && !is_refused(self))
		g_warning("%s; estimate_in_range is false", self->other_machine);
	return TRUE;
}

/* -------------------------------------------------------------- derive */

static VmfcAnswer
power_sample(G_GNUC_UNUSED gpointer data, G_GNUC_UNUSED VmfcRecord *record,
	     G_GNUC_UNUSED GError **error)
{
	return VMFC_ANSWER_DONE;
}

static void
open_window(const Power *self, const VmfcRecord *record, Window *window)
{
	*window = (Window){.seconds = NAN, .is_other_machine = self->other_machine != NULL};
	if (vmfc_record_has(record, self->time_delta))
		window->seconds = vmfc_record_get_float(record, self->time_delta);
}

static gboolean
fits_cpus(const Power *self, const VmfcSubModel *sub_model, const VmfcRecord *record)
{
	gint64 n_cpus = self->n_cpus;

	if (self->core_count != G_MAXUINT && vmfc_record_has(record, self->core_count))
		n_cpus = vmfc_record_get_int(record, self->core_count);
	return vmfc_sub_model_fits_machine(sub_model, self->model->n_cpus, n_cpus);
}

/* The total stays and there is no growth: 0 J would say that nothing was used. */
static void
leave_out(const Power *self, const PowerZone *zone, VmfcRecord *record, Window *window,
	  const gchar *reason)
{
	gboolean is_of_cpus = reason == self->other_cpus;
	guint column = zone->first_column + JOULES;

	vmfc_record_set_float(record, column, zone->joules);
	vmfc_record_restart(record, column);
	set_zone_state(self, zone, is_of_cpus ? VMFC_STATE_UNSUPPORTED : VMFC_STATE_OK, reason,
		       is_of_cpus ? REMEDY_MACHINE : NULL);
	window->is_missing = TRUE;
	window->reason = window->reason != NULL ? window->reason : reason;
}

static void
write_estimate(const Power *self, PowerZone *zone, VmfcRecord *record, const Window *window,
	       const VmfcEstimate *estimate)
{
	guint first = zone->first_column;
	const gchar *no_interval = isnan(estimate->high) ? "the model has no interval" : NULL;

	zone->joules += estimate->watts * window->seconds;
	vmfc_record_set_float(record, first + WATTS, estimate->watts);
	vmfc_record_set_float(record, first + LOW, estimate->low);
	vmfc_record_set_float(record, first + HIGH, estimate->high);
	vmfc_record_set_float(record, first + JOULES, zone->joules);
	set_zone_state(self, zone, VMFC_STATE_OK, NULL, NULL);
	vmfc_context_set_state(self->context, first + LOW, VMFC_STATE_OK, no_interval, NULL);
	vmfc_context_set_state(self->context, first + HIGH, VMFC_STATE_OK, no_interval, NULL);
}

static void
derive_zone(const Power *self, PowerZone *zone, VmfcRecord *record, Window *window)
{
	const VmfcSubModel *sub_model = power_zone_get_sub_model(zone);
	PowerOutcome outcome;

	if (sub_model == NULL) {
		window->is_missing = window->is_unknown = TRUE;
		return;
	}
	gboolean fits = fits_cpus(self, sub_model, record);
	power_zone_estimate(zone, record, self->margin, &outcome);
	if (power_zone_get_sub_model(zone) != sub_model)
		power_facts_describe_zone(self->context, zone->first_column + WATTS,
					  power_zone_get_sub_model(zone));
	window->is_other_machine |= !fits;
	window->is_unknown |= !outcome.has_features || !outcome.estimate.is_range_known;
	window->is_out |= outcome.has_features && outcome.estimate.is_range_known &&
			  !outcome.estimate.is_in_range;
	if (is_refused(self))
		window->is_missing = TRUE;
	else if (!fits && !self->takes_other_machine)
		leave_out(self, zone, record, window, self->other_cpus);
	else if (outcome.reason != NULL)
		leave_out(self, zone, record, window, outcome.reason);
	else
		write_estimate(self, zone, record, window, &outcome.estimate);
}

/* What is out is out, whatever else is not known. */
static void
write_range(const Power *self, VmfcRecord *record, const Window *window)
{
	gboolean is_out = window->is_other_machine || window->is_out;
	guint column = self->first_of_all + IN_RANGE;
	const gchar *reason = window->reason != NULL ? window->reason
						     : "the model does not say its ranges";

	if (is_out || !window->is_unknown)
		vmfc_record_set_bool(record, column, !is_out);
	vmfc_context_set_state(self->context, column, VMFC_STATE_OK,
			       is_out || !window->is_unknown ? NULL : reason, NULL);
}

/* The counters begin at 0 with the first window. */
static void
write_start(const Power *self, VmfcRecord *record)
{
	for (guint i = 0; i < self->zones->len; i++) {
		const PowerZone *zone = self->zones->pdata[i];
		if (power_zone_get_sub_model(zone) != NULL)
			vmfc_record_set_float(record, zone->first_column + JOULES, 0);
	}
	vmfc_record_set_float(record, self->first_of_all + MISSING_SECONDS, 0);
}

static void
power_derive(gpointer data, VmfcRecord *record)
{
	Power *self = data;
	Window window;

	open_window(self, record, &window);
	vmfc_record_set_string(record, self->first_of_all + MODEL, self->digits);
	if (isnan(window.seconds)) {
		write_start(self, record);
		return;
	}
	for (guint i = 0; i < self->zones->len; i++)
		derive_zone(self, self->zones->pdata[i], record, &window);
	self->missing_seconds += window.is_missing ? window.seconds : 0;
	vmfc_record_set_float(record, self->first_of_all + MISSING_SECONDS, self->missing_seconds);
	write_range(self, record, &window);
}

/* ---------------------------------------------------------- descriptor */

static const VmfcOption options[] = {
	{"model", VMFC_OPTION_STRING, "", "the file of a model, which vmfc train has made"},
	{"other_machine", VMFC_OPTION_BOOL, "false",
	 "estimate also on a machine that differs from the one that the model was trained on"},
	{"margin", VMFC_OPTION_FLOAT, "20",
	 "how far a feature may lie beyond the range that the model was trained on, in percent of "
	 "it, until there is no estimate"},
	{NULL},
};

static const VmfcAlias aliases[] = {
	{"model", "model", "FILE", "Estimate power with a model that vmfc train made", TRUE},
	{NULL},
};

static const VmfcSampler sampler = {
	.open = power_open,
	.start = power_start,
	.sample = power_sample,
	.close = power_close,
	.derive = power_derive,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "power",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "power estimated inside the VM, with a model",
	.rank = 90,
	.options = options,
	.sampler = &sampler,
	.aliases = aliases,
};
