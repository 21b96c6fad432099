/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "step.h"
#include "vmfc/vmfc-plugin.h"

void
stress_machine_share_measure(StressMachineShare *size, VmfcContext *context, const gchar *folder,
			     const gchar *stressors);
