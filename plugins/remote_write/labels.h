/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "remote/remote-labels.h"
#include "vmfc/vmfc-plugin.h"

/* Labels of all series: which machine it is, and those of the user. */
GArray *
labels_new(VmfcContext *context, GError **error);
