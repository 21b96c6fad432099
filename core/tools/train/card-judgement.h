/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/train-model.h"

void
vmfc_card_add_judgement(GString *card, const VmfcTrial *trial);
void
vmfc_card_add_advice(GString *card, const VmfcTrainingSet *set, const GPtrArray *zones);
