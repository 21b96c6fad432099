/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/train.h"

#include <malloc.h>

#include "tools/train/fit-progress.h"
#include "tools/train/train-output.h"
#include "tools/train/train-test.h"
#include "tools/train/training-reader.h"
#include "tools/train/trial-run.h"
#include "vmfc/vmfc-plugin.h"

/* Bytes. */
#define LARGE (128 * 1024)

static void
zone_trials_free(gpointer data)
{
	VmfcZoneTrials *zone = data;

	g_ptr_array_unref(zone->trials);
	g_ptr_array_unref(zone->refused);
	g_free(zone);
}

/* --------------------------------------------------------------- trials */

/* The one that is less wrong comes first; those that were not judged stay in their order. */
static void
insert_trial(GPtrArray *trials, VmfcTrial *trial)
{
	guint at = 0;

	while (at < trials->len) {
		const VmfcTrial *other = trials->pdata[at];
		if (trial->choice_error < other->choice_error)
			break;
		at++;
	}
	g_ptr_array_insert(trials, (gint)at, trial);
}

/* Returns: %FALSE where something else failed than that this model cannot be made */
static gboolean
try_features(VmfcZoneTrials *zone, const VmfcTrainingSet *set, const VmfcFeatureSet *features,
	     const VmfcTrialOptions *options, GError **error)
{
	g_autoptr(VmfcTrial) trial = vmfc_trial_new(set, zone->zone, features);
	g_autoptr(GError) reason = NULL;
	g_autofree gchar *what = g_strdup_printf("%s from %s", zone->zone->name, features->name);

	if (!vmfc_trial_check(trial, &reason)) {
		if (!g_error_matches(reason, VMFC_ERROR, VMFC_ERROR_FORMAT)) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return FALSE;
		}
		g_ptr_array_add(zone->refused, g_strdup(reason->message));
		return TRUE;
	}
	vmfc_fit_progress_begin(options->runner.data, what);
	if (!vmfc_trial_run(trial, options, error))
		return FALSE;
	insert_trial(zone->trials, g_steal_pointer(&trial));
	return TRUE;
}

static VmfcZoneTrials *
try_zone(const VmfcTrainingSet *set, const VmfcTrainingZone *zone, const GPtrArray *sets,
	 const VmfcTrialOptions *options, GError **error)
{
	VmfcZoneTrials *trials = g_new0(VmfcZoneTrials, 1);

	trials->zone = zone;
	trials->trials = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_trial_free);
	trials->refused = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < sets->len; i++) {
		if (try_features(trials, set, sets->pdata[i], options, error))
			continue;
		zone_trials_free(trials);
		return NULL;
	}
	return trials;
}

static GPtrArray *
try_all(const VmfcTrainingSet *set, const GPtrArray *sets, const VmfcTrialOptions *options,
	GError **error)
{
	g_autoptr(GPtrArray) zones = g_ptr_array_new_with_free_func(zone_trials_free);

	for (guint i = 0; i < set->zones->len; i++) {
		VmfcZoneTrials *zone = try_zone(set, set->zones->pdata[i], sets, options, error);
		if (zone == NULL)
			return NULL;
		g_ptr_array_add(zones, zone);
	}
	return g_steal_pointer(&zones);
}

/* One model at least must have come of it. */
static gboolean
check_any(const VmfcTrainingSet *set, const GPtrArray *zones, GError **error)
{
	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneTrials *tried = zones->pdata[i];
		if (tried->trials->len > 0)
			return TRUE;
	}
	/* there is a zone at least, and features at least for one sub-model */
	const VmfcZoneTrials *zone = zones->pdata[zones->len - 1];
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "%s (of %" G_GUINT64_FORMAT " rows that were read, %" G_GUINT64_FORMAT
		    " are in transition, %" G_GUINT64_FORMAT
		    " have stale power, and %" G_GUINT64_FORMAT " have no power, or less than 0)",
		    (const gchar *)zone->refused->pdata[zone->refused->len - 1], set->n_read,
		    set->n_transition, set->n_stale, zone->zone->n_missing);
	return FALSE;
}

/* ---------------------------------------------------------------- whole */

/* What a user may not expect of the figures. */
static void
tell_groups(const GPtrArray *zones)
{
	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneTrials *zone = zones->pdata[i];
		const VmfcTrial *trial = zone->trials->len > 0 ? zone->trials->pdata[0] : NULL;
		if (trial == NULL || trial->groups->kind == VMFC_GROUPS_WORKLOADS)
			continue;
		g_warning(
			"there are fewer than %d workloads, so the model of the zone %s is %s: "
			"record more workloads, or name what tells them apart with --group",
			VMFC_GROUPS_MIN, zone->zone->name,
			trial->groups->kind == VMFC_GROUPS_PHASES
				? "judged by phases it has not seen"
			: trial->groups->kind == VMFC_GROUPS_BLOCKS
				? "judged by blocks of time, which says nothing of other workloads"
				: "not judged");
		return;
	}
}

/* What is large goes back to the system when it is freed (mallopt(3), M_MMAP_THRESHOLD). */
static void
give_memory_back(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

static gboolean
train(const VmfcTrainArguments *arguments, const VmfcTrialOptions *options, GError **error)
{
	const VmfcTrainingOptions what = {arguments->files,    arguments->label,
					  arguments->group,    arguments->zones,
					  arguments->features, arguments->excluded};
	g_autoptr(VmfcTrainingSet) set = vmfc_training_reader_read(&what, error);
	g_autoptr(VmfcTrainingSet) kept_back = NULL;

	if (set == NULL)
		return FALSE;
	if (arguments->test != NULL) {
		kept_back = vmfc_train_test_read(set, arguments, error);
		if (kept_back == NULL)
			return FALSE;
	}
	g_autoptr(GPtrArray) sets = vmfc_feature_list_build_sets(set->list);
	g_autoptr(GPtrArray) zones = try_all(set, sets, options, error);
	vmfc_fit_progress_clear(options->runner.data);
	if (zones == NULL || !check_any(set, zones, error))
		return FALSE;
	g_autoptr(VmfcModel) model = vmfc_train_model_build(arguments, set, zones);
	if (kept_back != NULL && !vmfc_train_test_run(model, zones, kept_back, error))
		return FALSE;
	tell_groups(zones);
	if (!vmfc_train_output_write(arguments, model, set, zones, error))
		return FALSE;
	vmfc_train_output_print(zones);
	return TRUE;
}

/* Returns: %FALSE with a sentence for the user in @error; then no file has appeared */
gboolean
vmfc_train_run(const VmfcTrainArguments *arguments, GError **error)
{
	g_auto(VmfcFitProgressLine) progress = {0};
	VmfcTrialOptions options = {
		.families = arguments->families,
		.interval_share = arguments->interval_share,
		.max_rows = (guint)arguments->max_rows,
		.seed = (guint64)arguments->seed,
		.runner = {.progress = vmfc_fit_progress_show, .data = &progress},
	};

	options.runner.n_threads = arguments->threads > 0 ? (guint)arguments->threads
							  : g_get_num_processors();
	give_memory_back();
	vmfc_fit_progress_init(&progress);
	vmfc_fit_progress_begin(&progress, "reading");
	return vmfc_train_output_check(arguments, error) && train(arguments, &options, error);
}
