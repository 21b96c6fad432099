/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_descriptor_limit_check_start(GError **error);
gboolean
vmfc_descriptor_limit_check_run(guint n_sinks, gboolean has_workloads, GError **error);
