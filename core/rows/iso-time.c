/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/iso-time.h"

#include <string.h>

/* A longer text is not a time. */
#define MAX_LENGTH 63

/*
 * Parses 2025-09-10T14:59:58.959797, with or without fraction and zone, with GLib's ISO 8601
 * parser. It reads microseconds, like the files of vmfc and of the old tool have.
 *
 * @time: (out): seconds since the epoch; a text without a zone is taken as UTC
 *
 * Returns: whether it is a time, from 1970 on
 */
gboolean
vmfc_iso_time_parse(const gchar *text, gsize length, gdouble *time, gboolean *has_zone)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	gchar copy[MAX_LENGTH + 1];

	if (length == 0 || length > MAX_LENGTH || memchr(text, '\0', length) != NULL)
		return FALSE;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (copy[length - 1] == 'z') /* RFC 3339 allows it, GLib does not */
		copy[length - 1] = 'Z';
	g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(copy, utc);
	if (date == NULL)
		return FALSE;
	*has_zone = strpbrk(strpbrk(copy, "Tt "), "Z+-") != NULL;
	*time = (gdouble)g_date_time_to_unix(date) + g_date_time_get_microsecond(date) / 1e6;
	return *time >= 0;
}
