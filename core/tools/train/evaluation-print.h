/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/evaluation.h"

void
vmfc_evaluation_print(const VmfcEvaluation *evaluation);
