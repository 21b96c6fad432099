/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/power-zone.h"

/*
 * The file that keeps the totals of all zones, in µJ, while vmfc does not run:
 *
 *   vmfc-powercap/1
 *   package             12345678
 *
 * and so on, a line per zone. The length is fixed: it is one write within one page, which the
 * kernel finishes also when the process is killed.
 */
#define POWERCAP_TOTALS_SIZE 166

void
powercap_totals_format(const guint64 totals[VMFC_N_ZONES], gchar text[POWERCAP_TOTALS_SIZE + 1]);
gboolean
powercap_totals_parse(const gchar *text, gsize length, guint64 totals[VMFC_N_ZONES]);
