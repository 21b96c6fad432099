/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/train-output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/regular-file.h"
#include "model/model-read.h"
#include "model/model-write.h"
#include "output/path-check.h"
#include "rows/atomic-file.h"
#include "tools/train/card.h"
#include "tools/train/predictions.h"

#define MODEL ".json"
#define CARD  ".md"

/* ---------------------------------------------------------------- paths */

static VmfcRunFiles *
open_files(const gchar *path)
{
	static const gchar *const extensions[] = {MODEL, CARD, NULL};
	return vmfc_run_files_new(path, extensions, 0);
}

/* Predictions are called as the user says, whatever that ends with. */
VmfcRunFiles *
vmfc_train_output_open_predictions(const gchar *path, const gchar **extension)
{
	static const gchar *const extensions[] = {".csv", NULL};

	*extension = g_str_has_suffix(path, ".csv") ? ".csv" : "";
	return vmfc_run_files_new(path, extensions, 0);
}

static gboolean
is_same(const gchar *path, const gchar *other)
{
	return other != NULL && vmfc_regular_file_is_same(path, other);
}

/* What is read must not be renamed because the result takes its name. */
gboolean
vmfc_train_output_check_path(const VmfcTrainArguments *arguments, const gchar *option,
			     const gchar *path, GError **error)
{
	gboolean is_input = is_same(path, arguments->test) || is_same(path, arguments->evaluated);

	for (guint i = 0; arguments->files[i] != NULL; i++)
		is_input |= is_same(path, arguments->files[i]);
	if (!is_input)
		return vmfc_path_check(path, FALSE, error);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--%s would write or rename %s, which is to be read: choose another name",
		    option, path);
	return FALSE;
}

/* Before anything is read or fitted, which can take minutes. */
gboolean
vmfc_train_output_check(const VmfcTrainArguments *arguments, GError **error)
{
	g_autoptr(VmfcRunFiles) files = open_files(arguments->output);
	g_autofree gchar *model = vmfc_run_files_build_path(files, MODEL);
	g_autofree gchar *card = vmfc_run_files_build_path(files, CARD);
	const gchar *predictions = arguments->predictions;

	if (!vmfc_train_output_check_path(arguments, "output", model, error) ||
	    !vmfc_train_output_check_path(arguments, "output", card, error))
		return FALSE;
	if (predictions == NULL)
		return TRUE;
	if (g_str_equal(predictions, model) || g_str_equal(predictions, card)) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--predictions names %s, which is the model or its card: choose another "
			"name",
			predictions);
		return FALSE;
	}
	return vmfc_train_output_check_path(arguments, "predictions", predictions, error);
}

/* -------------------------------------------------------------- writing */

VmfcAtomicFile *
vmfc_train_output_draft(VmfcRunFiles *files, const gchar *extension, const gchar *text,
			GError **error)
{
	g_autoptr(VmfcAtomicFile) draft = vmfc_atomic_file_new(files, extension, error);
	return draft != NULL && vmfc_atomic_file_add(draft, text, error) ? g_steal_pointer(&draft)
									 : NULL;
}

/* Gives the draft its name, and says it. */
gboolean
vmfc_train_output_publish(VmfcAtomicFile *draft, VmfcRunFiles *files, GError **error)
{
	if (!vmfc_atomic_file_publish(draft, files, error))
		return FALSE;
	printf("%s\n", draft->path);
	return TRUE;
}

static gboolean
write_predictions(const gchar *path, const GPtrArray *zones, GError **error)
{
	const gchar *extension;
	g_autoptr(VmfcRunFiles) files = vmfc_train_output_open_predictions(path, &extension);
	g_autoptr(VmfcAtomicFile) draft = vmfc_atomic_file_new(files, extension, error);

	return draft != NULL && vmfc_predictions_write(zones, draft, error) &&
	       vmfc_train_output_publish(draft, files, error);
}

/* The model, its card and the predictions: each appears when it is whole. */
gboolean
vmfc_train_output_write(const VmfcTrainArguments *arguments, const VmfcModel *model,
			const VmfcTrainingSet *set, const GPtrArray *zones, GError **error)
{
	g_autoptr(VmfcRunFiles) files = open_files(arguments->output);
	g_autofree gchar *text = vmfc_model_to_text(model);
	g_autofree gchar *path = vmfc_run_files_build_path(files, MODEL);
	g_autofree gchar *name = g_path_get_basename(path);
	g_autofree gchar *card_text = vmfc_card_build(model, set, zones, name);
	g_autoptr(VmfcAtomicFile) draft = vmfc_train_output_draft(files, MODEL, text, error);
	g_autoptr(VmfcAtomicFile) card = draft != NULL ? vmfc_train_output_draft(files, CARD,
										 card_text, error)
						       : NULL;

	/* what vmfc would refuse to read is not a model, for example of too many workloads */
	g_autoptr(VmfcModel) check = vmfc_model_parse(text, strlen(text), error);

	if (card == NULL || check == NULL)
		return FALSE;
	if (arguments->predictions != NULL &&
	    !write_predictions(arguments->predictions, zones, error))
		return FALSE;
	return vmfc_train_output_publish(draft, files, error) &&
	       vmfc_train_output_publish(card, files, error);
}

/* ------------------------------------------------------------- printing */

static void
print_trial(const VmfcTrial *trial)
{
	const VmfcFigureTable *table = trial->figures;
	const gchar *chosen = g_array_index(trial->candidates, VmfcCandidate, trial->chosen).name;

	printf("%s from %s, %s: ", trial->zone->name, trial->feature_set->name, chosen);
	if (table == NULL) {
		printf("not judged, because there are too few rows\n");
		return;
	}
	printf("%.1f %% off on what it has not seen, worst %.1f %% (%s); its interval contains "
	       "%.1f "
	       "%% "
	       "of rows\n",
	       table->mean.mape, table->groups[table->worst].mape,
	       (const gchar *)trial->groups->names->pdata[table->worst], table->rows.held);
	if (trial->test != NULL)
		printf("  on what was kept back: %.1f %% off, %.1f %% of rows in range\n",
		       trial->test->figures->mean.mape,
		       100.0 * trial->test->n_in_range / trial->test->n_rows);
}

void
vmfc_train_output_print(const GPtrArray *zones)
{
	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneTrials *zone = zones->pdata[i];
		for (guint k = 0; k < zone->trials->len; k++)
			print_trial(zone->trials->pdata[k]);
		for (guint k = 0; k < zone->refused->len; k++)
			printf("%s\n", (const gchar *)zone->refused->pdata[k]);
	}
}
