/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Estimates this VM's power from the other columns of the record, with a model of vmfc train. */

#include <glib-unix.h>
#include <math.h>
#include <signal.h>

#include "power/columns.h"
#include "power/facts.h"
#include "power/fit.h"
#include "power/model-file.h"
#include "power/reading.h"

#define PERCENT 100
/* Models before the current one that the meta file names, and the digits of each. */
#define MAX_HASHES 16
#define HASH_SIZE  64

#define NO_INTERVAL "the model has no interval"
#define NO_RANGES   "the model does not say its ranges"
#define NO_CHOICE   "no sub-model of a zone can be used here"

/* What the columns are shown for where no model says which zones it has. */
static const gchar *const usual_zones[] = {"package", "core"};

typedef struct {
	VmfcContext *context;
	VmfcHostInfo *machine;
	PowerFit *fit;	    /* of the model that works */
	guint first_of_all; /* the first of the columns of all */
	gdouble margin;
	guint core_count; /* the columns of the record; G_MAXUINT: there is none */
	guint time_delta;
	gdouble missing_seconds; /* since the start */
	PowerReason range;	 /* why it is not known whether all is in range */
	GString *hashes;	 /* of the models before, for the meta file */

	GSource *news;	       /* NULL: the run has not started */
	GSource *asked;	       /* of SIGUSR1; NULL: the run has not started */
	gboolean is_asked;     /* to read the file once more after the current reading */
	PowerReading *reading; /* NULL: none is being read */
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

static void
power_stop(gpointer data)
{
	Power *self = data;

	/* GLib keeps it: to free it restores the default action, which would end vmfc */
	g_clear_pointer(&self->asked, g_source_destroy);
	if (self->reading != NULL) {
		g_autoptr(GError) error = NULL;
		VmfcModel *unused = power_reading_finish(g_steal_pointer(&self->reading), &error);
		g_clear_pointer(&unused, vmfc_model_free);
	}
	if (self->news == NULL)
		return;
	g_source_destroy(self->news);
	g_clear_pointer(&self->news, g_source_unref);
}

static void
power_close(gpointer data)
{
	Power *self = data;

	g_clear_pointer(&self->fit, power_fit_free);
	g_clear_pointer(&self->machine, vmfc_host_info_free);
	g_string_free(self->hashes, TRUE);
	g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Power, power_close)

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
static VmfcModel *
read_model(VmfcContext *context, GError **error)
{
	const gchar *path = vmfc_context_get_string(context, "model");

	if (path[0] != '\0')
		return power_model_file_read(path, error);
	for (guint i = 0; i < G_N_ELEMENTS(usual_zones); i++)
		power_columns_add_zone(context, usual_zones[i]);
	power_columns_add_all(context);
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "it needs a model: name one that vmfc train has made with --model");
	return NULL;
}

static void
add_columns(Power *self)
{
	for (guint i = 0; i < self->fit->zones->len; i++) {
		PowerZone *zone = self->fit->zones->pdata[i];
		zone->first_column = power_columns_add_zone(self->context, zone->model->name);
	}
	self->first_of_all = power_columns_add_all(self->context);
}

static gpointer
power_open(VmfcContext *context, GError **error)
{
	g_autoptr(Power) self = g_new0(Power, 1);
	g_autofree gchar *root = vmfc_context_build_path(context, "");

	self->context = context;
	self->hashes = g_string_new(NULL);
	/* a request for another model before the first tick must not end the run */
	signal(SIGUSR1, SIG_IGN);
	if (!read_margin(self, error))
		return NULL;
	VmfcModel *model = read_model(context, error);
	if (model == NULL)
		return NULL;
	self->machine = vmfc_host_info_new(root);
	self->fit = power_fit_new(context, model, self->machine);
	add_columns(self);
	return g_steal_pointer(&self);
}

/* ---------------------------------------------------------- between ticks */

static void
read_again(Power *self)
{
	self->is_asked = FALSE;
	self->reading = power_reading_new(vmfc_context_get_string(self->context, "model"),
					  self->news);
}

/* SIGUSR1. The file may have changed since the current reading began. */
static gboolean
asked_for_model(gpointer data)
{
	Power *self = data;

	if (self->reading == NULL)
		read_again(self);
	else
		self->is_asked = TRUE;
	return G_SOURCE_CONTINUE;
}

/* The meta file names the last models of the run. */
static void
note_model_before(Power *self)
{
	if (self->hashes->len >= MAX_HASHES * (HASH_SIZE + 1) - 1)
		g_string_erase(self->hashes, 0, HASH_SIZE + 1);
	g_string_append_printf(self->hashes, "%s%s", self->hashes->len > 0 ? " " : "",
			       self->fit->model->sha256);
	vmfc_context_describe(self->context, self->first_of_all + POWER_MODEL, "sha256_before",
			      self->hashes->str);
}

static gboolean
take_over(Power *self, VmfcModel *model, GError **error)
{
	g_autoptr(PowerFit) fit = power_fit_new(self->context, model, self->machine);
	gboolean is_same = g_str_equal(model->sha256, self->fit->model->sha256);

	if (!power_fit_continue(fit, self->fit, error))
		return FALSE;
	g_message(is_same ? "the model is still %s, and its sub-models are chosen again"
			  : "the model is now %s",
		  fit->digits);
	power_fit_start(fit, self->first_of_all + POWER_MODEL);
	if (!is_same)
		note_model_before(self);
	power_fit_free(g_steal_pointer(&self->fit));
	self->fit = g_steal_pointer(&fit);
	return TRUE;
}

static void
finish_reading(Power *self)
{
	g_autoptr(GError) error = NULL;
	VmfcModel *model = power_reading_finish(g_steal_pointer(&self->reading), &error);

	if (model == NULL || !take_over(self, model, &error))
		g_warning("%s is not taken over, and vmfc continues with the model %s: %s",
			  vmfc_context_get_string(self->context, "model"), self->fit->digits,
			  error->message);
	if (self->is_asked)
		read_again(self);
}

/* What a tick has no time for, and what a thread has read. */
static gboolean
take_news(gpointer data)
{
	Power *self = data;

	g_source_set_ready_time(self->news, -1);
	for (guint i = 0; i < self->fit->zones->len; i++) {
		PowerZone *zone = self->fit->zones->pdata[i];
		g_autofree gchar *better = power_zone_say_gave_way(zone);
		if (better == NULL)
			continue;
		guint column = zone->first_column + POWER_WATTS;
		power_facts_describe_zone(self->context, column, power_zone_get_sub_model(zone));
		vmfc_context_describe(self->context, column, "better", better);
	}
	if (self->reading != NULL && power_reading_is_done(self->reading))
		finish_reading(self);
	return G_SOURCE_CONTINUE;
}

/* --------------------------------------------------------------- start */

static gboolean
dispatch(G_GNUC_UNUSED GSource *source, GSourceFunc callback, gpointer data)
{
	return callback(data);
}

static gboolean
power_start(gpointer data, G_GNUC_UNUSED GError **error)
{
	static GSourceFuncs functions = {.dispatch = dispatch};
	Power *self = data;

	self->core_count = vmfc_context_find_column(self->context, "core_count");
	self->time_delta = vmfc_context_find_column(self->context, "time_delta_seconds");
	power_fit_start(self->fit, self->first_of_all + POWER_MODEL);
	if (vmfc_context_is_check(self->context))
		return TRUE;
	self->news = g_source_new(&functions, sizeof(GSource));
	g_source_set_callback(self->news, take_news, self, NULL);
	g_source_attach(self->news, NULL);
	self->asked = g_unix_signal_source_new(SIGUSR1);
	g_source_set_callback(self->asked, asked_for_model, self, NULL);
	g_source_attach(self->asked, NULL);
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
	*window = (Window){.seconds = NAN, .is_other_machine = self->fit->other_machine != NULL};
	if (vmfc_record_has(record, self->time_delta))
		window->seconds = vmfc_record_get_float(record, self->time_delta);
}

static gboolean
fits_cpus(const Power *self, const PowerCandidate *candidate, const VmfcRecord *record)
{
	gint64 n_cpus = self->machine->n_cpus;

	if (self->core_count != G_MAXUINT && vmfc_record_has(record, self->core_count))
		n_cpus = vmfc_record_get_int(record, self->core_count);
	return vmfc_sub_model_fits_machine(candidate->sub_model, self->fit->model->n_cpus, n_cpus);
}

/* The total stays and there is no growth: 0 J would say that nothing was used. */
static void
keep_joules(const PowerZone *zone, VmfcRecord *record, Window *window)
{
	guint column = zone->first_column + POWER_JOULES;

	vmfc_record_set_float(record, column, zone->joules);
	vmfc_record_restart(record, column);
	window->is_missing = TRUE;
}

static void
leave_out(const Power *self, PowerZone *zone, VmfcRecord *record, Window *window,
	  const gchar *reason)
{
	gboolean is_of_cpus = reason == self->fit->other_cpus;

	keep_joules(zone, record, window);
	if (power_reason_set(&zone->reason, reason))
		power_columns_set_state(self->context, zone->first_column,
					is_of_cpus ? VMFC_STATE_UNSUPPORTED : VMFC_STATE_OK, reason,
					is_of_cpus ? POWER_REMEDY_MACHINE : NULL);
	window->reason = window->reason != NULL ? window->reason : reason;
}

static void
write_estimate(const Power *self, PowerZone *zone, VmfcRecord *record, const Window *window,
	       const VmfcEstimate *estimate)
{
	guint first = zone->first_column;

	zone->joules += estimate->watts * window->seconds;
	vmfc_record_set_float(record, first + POWER_WATTS, estimate->watts);
	vmfc_record_set_float(record, first + POWER_LOW, estimate->low);
	vmfc_record_set_float(record, first + POWER_HIGH, estimate->high);
	vmfc_record_set_float(record, first + POWER_JOULES, zone->joules);
	if (!power_reason_set(&zone->reason, isnan(estimate->high) ? NO_INTERVAL : NULL))
		return;
	power_columns_set_state(self->context, first, VMFC_STATE_OK, NULL, NULL);
	for (guint i = POWER_LOW; i <= POWER_HIGH; i++)
		vmfc_context_set_state(self->context, first + i, VMFC_STATE_OK, zone->reason.text,
				       NULL);
}

static void
derive_zone(const Power *self, PowerZone *zone, VmfcRecord *record, Window *window)
{
	PowerOutcome outcome;

	if (zone->chosen == NULL) {
		keep_joules(zone, record, window);
		window->is_unknown = TRUE;
		window->reason = window->reason != NULL ? window->reason : NO_CHOICE;
		return;
	}
	gboolean fits = fits_cpus(self, zone->chosen, record);
	power_zone_estimate(zone, record, self->margin, &outcome);
	if (zone->gave_way != NULL)
		g_source_set_ready_time(self->news, 0);
	window->is_other_machine |= !fits;
	window->is_unknown |= !outcome.estimate_is_set || !outcome.estimate.is_range_known;
	window->is_out |= outcome.estimate_is_set &&
			  (outcome.is_too_far || !outcome.estimate.is_in_range);
	if (power_fit_is_refused(self->fit))
		keep_joules(zone, record, window);
	else if (!fits && !self->fit->takes_other_machine)
		leave_out(self, zone, record, window, self->fit->other_cpus);
	else if (outcome.reason != NULL)
		leave_out(self, zone, record, window, outcome.reason);
	else
		write_estimate(self, zone, record, window, &outcome.estimate);
}

/* What is out is out, whatever else is not known. */
static void
write_range(Power *self, VmfcRecord *record, const Window *window)
{
	gboolean is_out = window->is_other_machine || window->is_out;
	gboolean is_known = is_out || !window->is_unknown;
	guint column = self->first_of_all + POWER_IN_RANGE;
	const gchar *reason = window->reason != NULL ? window->reason : NO_RANGES;

	if (is_known)
		vmfc_record_set_bool(record, column, !is_out);
	if (power_reason_set(&self->range, is_known ? NULL : reason))
		vmfc_context_set_state(self->context, column, VMFC_STATE_OK, self->range.text,
				       NULL);
}

/* The counters begin at 0 with the first window. */
static void
write_start(const Power *self, VmfcRecord *record)
{
	for (guint i = 0; i < self->fit->zones->len; i++) {
		const PowerZone *zone = self->fit->zones->pdata[i];
		vmfc_record_set_float(record, zone->first_column + POWER_JOULES, 0);
	}
	vmfc_record_set_float(record, self->first_of_all + POWER_MISSING_SECONDS, 0);
}

static void
power_derive(gpointer data, VmfcRecord *record)
{
	Power *self = data;
	Window window;

	open_window(self, record, &window);
	vmfc_record_set_string(record, self->first_of_all + POWER_MODEL, self->fit->digits);
	if (isnan(window.seconds)) {
		write_start(self, record);
		return;
	}
	for (guint i = 0; i < self->fit->zones->len; i++)
		derive_zone(self, self->fit->zones->pdata[i], record, &window);
	self->missing_seconds += window.is_missing ? window.seconds : 0;
	vmfc_record_set_float(record, self->first_of_all + POWER_MISSING_SECONDS,
			      self->missing_seconds);
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
	.stop = power_stop,
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
