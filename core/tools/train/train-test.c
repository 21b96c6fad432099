/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/train-test.h"

#include <math.h>
#include <sys/stat.h>

#include "tools/train/judgement.h"
#include "tools/train/training-reader.h"
#include "vmfc/vmfc-plugin.h"

/* Rows that the model was made from would flatter it. */
static gboolean
check_is_kept_back(const VmfcTrainArguments *arguments, GError **error)
{
	struct stat test, training;

	if (stat(arguments->test, &test) < 0)
		return TRUE; /* reading it says why */
	for (guint i = 0; arguments->files[i] != NULL; i++) {
		if (stat(arguments->files[i], &training) < 0 || training.st_dev != test.st_dev ||
		    training.st_ino != test.st_ino)
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--test: %s is a training set as well: leave it out of one of both",
			    arguments->test);
		return FALSE;
	}
	return TRUE;
}

/* Returns: (transfer full): what --test names, with the features and zones of the training sets */
VmfcTrainingSet *
vmfc_train_test_read(const VmfcTrainingSet *set, const VmfcTrainArguments *arguments,
		     GError **error)
{
	gchar *paths[] = {arguments->test, NULL};
	const VmfcTrainingOptions options = {
		.paths = paths, .label = arguments->label, .group = arguments->group};
	const gchar *names[VMFC_MODEL_MAX_ZONES + 1] = {NULL};

	for (guint i = 0; i < set->zones->len; i++) {
		const VmfcTrainingZone *zone = set->zones->pdata[i];
		names[i] = zone->name;
	}
	if (!check_is_kept_back(arguments, error))
		return NULL;
	g_autoptr(VmfcTrainingSet) kept_back = vmfc_training_reader_read_for(
		set->list->features, names, &options, error);
	if (kept_back == NULL || kept_back->zones->len == set->zones->len)
		return g_steal_pointer(&kept_back);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--test: %s has not the power of all zones that the training sets have: choose "
		    "with --zones",
		    arguments->test);
	return NULL;
}

static gboolean
test_trial(const VmfcModel *model, const VmfcZoneModel *zone, guint number, VmfcTrial *trial,
	   const VmfcTrainingSet *kept_back, GError **error)
{
	VmfcSubModel *sub_model = zone->sub_models->pdata[number];
	const VmfcEvaluationLimits no_limits = {.margin = INFINITY, .other_machine = TRUE};
	g_autoptr(VmfcEvaluation) test = vmfc_evaluation_new(model, zone, sub_model, kept_back,
							     &no_limits);
	const VmfcTrainingInput *input = kept_back->inputs->pdata[0];

	if (test->n_rows == 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "--test: %s has no row with power of the zone %s and all features of "
			    "%s",
			    input->table->source->path, zone->name, sub_model->name);
		return FALSE;
	}
	vmfc_evaluation_judge(test, kept_back);
	trial->test = g_steal_pointer(&test);
	trial->test_input = input;
	json_object_set_object_member(sub_model->judgement, "test",
				      vmfc_judgement_build_test(trial));
	return TRUE;
}

/*
 * Adds to the judgement of each sub-model what it came to on rows that had no part in it.
 *
 * @zones: of VmfcZoneTrials, as the model was built of them
 * @kept_back: stays until the trials are freed
 */
gboolean
vmfc_train_test_run(const VmfcModel *model, const GPtrArray *zones,
		    const VmfcTrainingSet *kept_back, GError **error)
{
	guint n = 0;

	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneTrials *trials = zones->pdata[i];
		if (trials->trials->len == 0)
			continue;
		const VmfcZoneModel *zone = model->zones->pdata[n++];
		for (guint k = 0; k < trials->trials->len; k++) {
			if (!test_trial(model, zone, k, trials->trials->pdata[k], kept_back, error))
				return FALSE;
		}
	}
	return TRUE;
}
