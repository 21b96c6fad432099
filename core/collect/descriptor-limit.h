/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_descriptors_check_start(GError **error);
gboolean
vmfc_descriptors_check_run(guint n_sinks, gboolean has_workloads, GError **error);
