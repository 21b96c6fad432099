/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/plot.h"

#define VMFC_CLOUD_WIDTH  512
#define VMFC_CLOUD_HEIGHT 256

/* One bit each. */
#define VMFC_CLOUD_MAX_GROUPS 32
/*
 * Points of several groups, in memory that does not depend on their number: a grid of cells, each
 * with one bit for each group. The ranges are known only at the end, so the grid grows: when a
 * point is outside, two cells become one.
 */
typedef struct {
	guint64 n;
	gdouble x_origin;
	gdouble y_origin;
	gdouble x_step; /* of a cell; 0: no point yet */
	gdouble y_step;
	guint32 *cells;				/* row by row */
	gdouble minimum[VMFC_CLOUD_MAX_GROUPS]; /* exact, of each group's y */
	gdouble maximum[VMFC_CLOUD_MAX_GROUPS];
} VmfcCloud;

void
vmfc_cloud_init(VmfcCloud *cloud);
void
vmfc_cloud_clear(VmfcCloud *cloud);
void
vmfc_cloud_add(VmfcCloud *cloud, gdouble x, gdouble y, guint group);
void
vmfc_cloud_show(const VmfcCloud *cloud, VmfcPlot *plot, const GPtrArray *names, guint max_points);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcCloud, vmfc_cloud_clear)
