/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/iso-time.h"

#include <string.h>

/* What is finer than a nanosecond is not looked at. */
#define MAX_FRACTION 1000000000

/* @n: how many digits. Returns: -1 where they are none */
static gint
take_number(const gchar **at, const gchar *end, gint n)
{
	gint value = 0;

	if (end - *at < n)
		return -1;
	for (gint i = 0; i < n; i++, (*at)++) {
		if (!g_ascii_isdigit(**at))
			return -1;
		value = value * 10 + (**at - '0');
	}
	return value;
}

static gboolean
take_character(const gchar **at, const gchar *end, const gchar *choice)
{
	if (*at == end || strchr(choice, **at) == NULL || **at == '\0')
		return FALSE;
	(*at)++;
	return TRUE;
}

/* Days from 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms", days_from_civil). */
static gint64
count_days(gint year, gint month, gint day)
{
	year -= month <= 2;
	gint era = year / 400;
	gint of_era = year - era * 400;
	gint of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return (gint64)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Z, +hh:mm, +hhmm or +hh at the end. Returns: whether nothing else is there */
static gboolean
take_zone(const gchar *at, const gchar *end, gdouble *time, gboolean *has_zone)
{
	*has_zone = at < end;
	if (at == end || (end - at == 1 && (*at == 'Z' || *at == 'z')))
		return TRUE;
	gint sign = *at == '-' ? -1 : 1;
	if (!take_character(&at, end, "+-"))
		return FALSE;
	gint hours = take_number(&at, end, 2);
	take_character(&at, end, ":");
	gint minutes = at == end ? 0 : take_number(&at, end, 2);
	*time -= sign * (hours * 3600 + minutes * 60);
	return hours >= 0 && minutes >= 0 && at == end;
}

/*
 * 2025-09-10T14:59:58.959797, with or without fraction and zone.
 *
 * @time: (out): seconds since the epoch, as if in UTC where the text has no zone
 */
gboolean
vmfc_iso_time_parse(const gchar *text, gsize length, gdouble *time, gboolean *has_zone)
{
	const gchar *at = text;
	const gchar *end = text + length;
	gdouble seconds;

	gint year = take_number(&at, end, 4);
	if (year < 1970 || !take_character(&at, end, "-"))
		return FALSE;
	gint month = take_number(&at, end, 2);
	if (month < 1 || month > 12 || !take_character(&at, end, "-"))
		return FALSE;
	gint day = take_number(&at, end, 2);
	if (day < 1 || day > 31 || !take_character(&at, end, "T "))
		return FALSE;
	gint hour = take_number(&at, end, 2);
	if (hour < 0 || hour > 23 || !take_character(&at, end, ":"))
		return FALSE;
	gint minute = take_number(&at, end, 2);
	if (minute < 0 || minute > 59 || !take_character(&at, end, ":"))
		return FALSE;
	gint whole = take_number(&at, end, 2);
	if (whole < 0 || whole > 60)
		return FALSE;
	seconds = whole;
	if (take_character(&at, end, ".,")) {
		gint64 digits = 0;
		gint64 unit = 1;
		for (; at < end && g_ascii_isdigit(*at); at++) {
			if (unit >= MAX_FRACTION)
				continue;
			digits = digits * 10 + (*at - '0');
			unit *= 10;
		}
		seconds += (gdouble)digits / (gdouble)unit;
	}
	*time = (gdouble)(count_days(year, month, day) * 86400 + hour * 3600 + minute * 60) +
		seconds;
	return take_zone(at, end, time, has_zone);
}
