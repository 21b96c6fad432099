/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/plot.h"

/* What a line of a plot has besides its blocks: name, minimum and maximum. */
#define VMFC_PLOT_TEXT_MARGIN 30

void
vmfc_plot_text_append(const VmfcPlot *plot, guint width, GString *text);
