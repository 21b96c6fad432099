/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/plugin-index.h"

/* The answer to --version. */
gchar *
vmfc_version_describe(const VmfcPluginIndex *index);
