/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

#define VMFC_SCALE_MAX_TICKS 8

/* A unit in which numbers are easy to read: a value of the axis is its value times the factor. */
typedef struct {
	gdouble factor;
	const gchar *prefix; /* before the unit */
	const gchar *unit;   /* (nullable): in the place of the unit */
} VmfcScaleUnit;

/* Round numbers from first to last. */
typedef struct {
	gdouble first;
	gdouble step;
	guint n;
} VmfcTicks;

VmfcScaleUnit
vmfc_scale_find_unit(const gchar *unit, gdouble maximum);
VmfcScaleUnit
vmfc_scale_find_time_unit(gdouble seconds);
VmfcTicks
vmfc_scale_find_ticks(gdouble minimum, gdouble maximum, guint max_ticks);
gchar *
vmfc_scale_format(gdouble value, gdouble step);
