/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/train-model.h"

gchar *
vmfc_card_build(const VmfcModel *model, const VmfcTrainingSet *set, const GPtrArray *zones,
		const gchar *name);
