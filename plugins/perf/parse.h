/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/scan.h"

gboolean
perf_parse_cpu_list(const gchar *text, gsize length, GArray *cpus);
gboolean
perf_parse_counter(const gchar *text, gsize length, const gchar *key, gint64 *value);
