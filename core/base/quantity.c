/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/quantity.h"

#include <math.h>
#include <string.h>

#include "base/number-text.h"

#define NS_PER_S 1e9

typedef struct {
	const gchar *name;
	gdouble factor;
} Unit;

/* A longer name comes before one that it begins with. */
static const Unit times[] = {
	{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9},
};
static const Unit sizes[] = {{"K", 0x1p10}, {"M", 0x1p20}, {"G", 0x1p30}};

/* Parses an unsigned number at the start of @text and advances @text. */
static gboolean
parse_number(const gchar **text, gdouble *value)
{
	gsize length = strspn(*text, "0123456789.");
	g_autofree gchar *number = g_strndup(*text, length);

	*text += length;
	return vmfc_number_text_parse_float(number, value);
}

/* Parses a unit. Returns: (nullable): %NULL if there is none */
static const Unit *
parse_unit(const gchar **text, const Unit *units, guint n_units)
{
	for (guint i = 0; i < n_units; i++) {
		if (!g_str_has_prefix(*text, units[i].name))
			continue;
		*text += strlen(units[i].name);
		return &units[i];
	}
	return NULL;
}

/* Returns: whether @value fits; a value above 0 must not become 0 */
static gboolean
round_to_int(gdouble value, gint64 *rounded)
{
	if (!(value >= 0 && value < 0x1p63))
		return FALSE;
	*rounded = llround(value);
	return *rounded > 0 || value == 0;
}

/* Parses `1h30m`: numbers with units, the larger ones first. */
static gboolean
parse_parts(const gchar *text, gdouble *nanoseconds)
{
	gdouble above = INFINITY;
	gdouble value;

	*nanoseconds = 0;
	do {
		if (!parse_number(&text, &value))
			return FALSE;
		const Unit *unit = parse_unit(&text, times, G_N_ELEMENTS(times));
		if (unit == NULL || unit->factor >= above)
			return FALSE;
		above = unit->factor;
		*nanoseconds += value * unit->factor;
	} while (*text != '\0');
	return isfinite(*nanoseconds);
}

/*
 * `90`, `1.5` and `1e3` are seconds; `100ms`, `5m`, `2d` and each part of `1h30m` have a unit. A
 * minus sign applies to the whole.
 *
 * Returns: whether it is a duration
 */
gboolean
vmfc_quantity_parse_seconds(const gchar *text, gdouble *seconds)
{
	gboolean is_negative = text[0] == '-';
	gdouble nanoseconds;

	if (vmfc_number_text_parse_float(text, seconds))
		return TRUE;
	if (!parse_parts(text + is_negative, &nanoseconds))
		return FALSE;
	*seconds = (is_negative ? -nanoseconds : nanoseconds) / NS_PER_S;
	return TRUE;
}

/*
 * Like vmfc_quantity_parse_seconds(), but in whole ns: not negative, at most 292 years.
 *
 * Returns: whether it is such a duration
 */
gboolean
vmfc_quantity_parse_duration(const gchar *text, gint64 *nanoseconds)
{
	gdouble seconds;

	return vmfc_quantity_parse_seconds(text, &seconds) &&
	       round_to_int(seconds * NS_PER_S, nanoseconds);
}

/*
 * `4096` are bytes; `K`, `M` and `G` stand for 2^10, 2^20 and 2^30 of them.
 *
 * Returns: whether it is a size
 */
gboolean
vmfc_quantity_parse_size(const gchar *text, gint64 *bytes)
{
	gdouble value;

	if (!parse_number(&text, &value))
		return FALSE;
	const Unit *unit = parse_unit(&text, sizes, G_N_ELEMENTS(sizes));
	return *text == '\0' && round_to_int(value * (unit != NULL ? unit->factor : 1), bytes);
}
