/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/scale.h"

#include <math.h>
#include <string.h>

#define KIB 1024.0

/* Larger ones of a unit, the largest first; each begins where its numbers are at least 1. */
typedef struct {
	const gchar *unit;
	gdouble size;
	const gchar *name;
} LargerUnit;

static const LargerUnit larger_units[] = {
	{"bytes", KIB *KIB *KIB, "GiB"},
	{"bytes", KIB *KIB, "MiB"},
	{"bytes", KIB, "KiB"},
	{"bytes/s", KIB *KIB *KIB, "GiB/s"},
	{"bytes/s", KIB *KIB, "MiB/s"},
	{"bytes/s", KIB, "KiB/s"},
	{"us", 1e6, "s"},
	{"us", 1e3, "ms"},
	{"us", 1, "µs"},
	{"W", 1e3, "kW"},
};

/* For all other units. */
static const VmfcScaleUnit powers[] = {
	{1e-12, "10¹² ", NULL},
	{1e-9, "10⁹ ", NULL},
	{1e-6, "10⁶ ", NULL},
	{1e-3, "10³ ", NULL},
};
static const VmfcScaleUnit small_powers[] = {
	{1e3, "10⁻³ ", NULL},
	{1e6, "10⁻⁶ ", NULL},
	{1e9, "10⁻⁹ ", NULL},
};
#define LARGE_FROM 1e4 /* smaller numbers are easy to read as they are */
#define SMALL_TO   1e-2

static const LargerUnit times[] = {
	{"s", 86400, "days"},
	{"s", 3600, "h"},
	{"s", 60, "min"},
	{"s", 1, "s"},
};
/* A range of time has its unit from when it is so many of it. */
#define MIN_OF_UNIT 2.0

/* @maximum: the largest size of the values */
VmfcScaleUnit
vmfc_scale_find_unit(const gchar *unit, gdouble maximum)
{
	for (guint i = 0; i < G_N_ELEMENTS(larger_units); i++) {
		if (g_str_equal(unit, larger_units[i].unit) && maximum >= larger_units[i].size)
			return (VmfcScaleUnit){1 / larger_units[i].size, "", larger_units[i].name};
	}
	for (guint i = 0; maximum >= LARGE_FROM && i < G_N_ELEMENTS(powers); i++) {
		if (maximum * powers[i].factor >= 1)
			return powers[i];
	}
	for (guint i = 0; maximum > 0 && maximum < SMALL_TO && i < G_N_ELEMENTS(small_powers);
	     i++) {
		if (maximum * small_powers[i].factor >= 1)
			return small_powers[i];
	}
	return (VmfcScaleUnit){1, "", NULL};
}

VmfcScaleUnit
vmfc_scale_find_time_unit(gdouble seconds)
{
	guint i = 0;

	while (i + 1 < G_N_ELEMENTS(times) && seconds < MIN_OF_UNIT * times[i].size)
		i++;
	return (VmfcScaleUnit){1 / times[i].size, "", times[i].name};
}

/* Returns: 1, 2 or 5 times a power of ten, which is not below @step */
static gdouble
find_round(gdouble step)
{
	gdouble power = pow(10, floor(log10(step)));
	gdouble ratio = step / power;
	const gdouble slack = 1e-9;

	return power * (ratio <= 1 + slack   ? 1
			: ratio <= 2 + slack ? 2
			: ratio <= 5 + slack ? 5
					     : 10);
}

/* @minimum: below @maximum; both finite. Returns: at most @max_ticks ticks that lie between them */
VmfcTicks
vmfc_scale_find_ticks(gdouble minimum, gdouble maximum, guint max_ticks)
{
	gdouble step = find_round((maximum - minimum) / MAX(max_ticks - 1, 1));
	gdouble first = ceil(minimum / step - 1e-9);
	gdouble last = floor(maximum / step + 1e-9);

	return (VmfcTicks){first * step, step, (guint)CLAMP(last - first + 1, 0, max_ticks)};
}

/* Returns: (transfer full): a tick's number, with the digits that the step needs */
gchar *
vmfc_scale_format(gdouble value, gdouble step)
{
	gchar number[G_ASCII_DTOSTR_BUF_SIZE];
	gchar format[8];
	gint n_decimals = (gint)CLAMP(-floor(log10(step) + 1e-9), 0, 9);

	if (fabs(value) < step / 1e6)
		return g_strdup("0");
	if (fabs(value) >= 1e7 || fabs(value) < 1e-6)
		return g_strdup(g_ascii_formatd(number, sizeof number, "%g", value));
	g_snprintf(format, sizeof format, "%%.%df", n_decimals);
	return g_strdup(g_ascii_formatd(number, sizeof number, format, value));
}
