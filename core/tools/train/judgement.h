/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/document.h"
#include "tools/train/trial.h"

JsonObject *
vmfc_judgement_build(const VmfcTrial *trial);
JsonObject *
vmfc_judgement_build_test(const VmfcTrial *trial);
