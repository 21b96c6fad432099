/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"

gint
vmfc_app_run(const VmfcOptions *options, const gchar *const *command_line, GError **error);
