/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/trial.h"

gboolean
vmfc_last_fits_run(VmfcTrial *trial, const VmfcTrialOptions *options, GError **error);
