/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/plot.h"

gdouble
vmfc_plot_legend_get_height(const VmfcPlot *plot, gboolean has_lane_names);
void
vmfc_plot_legend_append(const VmfcPlot *plot, gboolean has_lane_names, const gchar *id, gdouble top,
			GString *svg);
gchar
vmfc_plot_legend_get_letter(guint lane);
