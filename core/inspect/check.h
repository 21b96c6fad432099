/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"
#include "plugin/registry.h"

/* The answer to --check. */
gchar *
vmfc_check_report(VmfcRegistry *registry, const VmfcOptions *options, gboolean *is_good,
		  GError **error);
