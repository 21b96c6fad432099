/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/plot.h"

void
vmfc_plot_svg_append(const VmfcPlot *plot, guint number, GString *page);
gchar *
vmfc_plot_svg_build(const VmfcPlot *plot);
