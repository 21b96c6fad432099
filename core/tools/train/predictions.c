/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/predictions.h"

#include <math.h>

#include "tools/train/prediction-line.h"

static void
build_line(GString *line, const VmfcTrial *trial, guint judged)
{
	guint row = trial->all_rows[trial->judged_rows[judged]];
	const VmfcNested *nested = trial->nested;
	gint busy = vmfc_prediction_find_busy(trial->set->list->features);

	const VmfcPrediction prediction = {
		.time = trial->set->times[row],
		.run = trial->set->run_names->pdata[trial->set->runs[row]],
		.group = trial->groups->names->pdata[trial->judged->groups[judged]],
		.zone = trial->zone->name,
		.measured = trial->judged->labels[judged],
		.estimated = nested->estimates[judged],
		.low = nested->low[judged],
		.high = nested->high[judged],
		.busy = busy >= 0 ? trial->set->features[busy][row] : NAN,
	};

	vmfc_prediction_line_build(&prediction, line);
}

/* Of the best sub-model of each zone, the rows that it was judged by. */
gboolean
vmfc_predictions_write(const GPtrArray *zones, VmfcAtomicFile *draft, GError **error)
{
	g_autoptr(GString) line = g_string_new(NULL);

	if (!vmfc_atomic_file_add(draft, VMFC_PREDICTION_HEADER, error))
		return FALSE;
	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneTrials *zone = zones->pdata[i];
		const VmfcTrial *trial = zone->trials->len > 0 ? zone->trials->pdata[0] : NULL;
		for (guint k = 0;
		     trial != NULL && trial->nested != NULL && k < trial->judged->n_rows; k++) {
			build_line(line, trial, k);
			if (!vmfc_atomic_file_add(draft, line->str, error))
				return FALSE;
		}
	}
	return TRUE;
}
