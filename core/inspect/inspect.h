/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"

/* The actions that collect nothing: --list-plugins, --list-features, --list-workloads, --check. */
gint
vmfc_inspect_run(const VmfcOptions *options, GError **error);
