/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "step.h"
#include "vmfc/vmfc-plugin.h"

void
stress_size_measure(StressSize *size, VmfcContext *context, const gchar *folder,
		    const gchar *stressors);
