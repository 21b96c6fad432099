/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/arguments.h"
#include "tools/train/trial.h"

/* What was tried for one zone. */
typedef struct {
	const VmfcTrainingZone *zone;
	GPtrArray *trials;  /* of VmfcTrial: the best first */
	GPtrArray *refused; /* of gchar *: why there is no model from other features */
} VmfcZoneTrials;

VmfcModel *
vmfc_train_model_build(const VmfcTrainArguments *arguments, const VmfcTrainingSet *set,
		       GPtrArray *zones);
