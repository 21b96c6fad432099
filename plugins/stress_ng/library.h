/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "profile.h"
#include "vmfc/vmfc-plugin.h"

/* The available profiles: vmfc's and the user's. */
void
stress_library_list(VmfcContext *context);
StressProfile *
stress_library_open(VmfcContext *context, GError **error);
