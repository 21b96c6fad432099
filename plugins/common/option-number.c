/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/option-number.h"

#include <string.h>

#include "base/number-text.h"

/* @text: digits and a point, nothing else. Returns: whether it is a number from @least to @most */
gboolean
vmfc_option_number_parse_number(const gchar *text, gdouble least, gdouble most, gdouble *value)
{
	return strspn(text, "0123456789.") == strlen(text) &&
	       vmfc_number_text_parse_float(text, value) && *value >= least && *value <= most;
}

/* @text: such a number followed by `%` */
gboolean
vmfc_option_number_parse_percent(const gchar *text, gdouble least, gdouble most, gdouble *percent)
{
	if (!g_str_has_suffix(text, "%"))
		return FALSE;
	g_autofree gchar *number = g_strndup(text, strlen(text) - 1);
	return vmfc_option_number_parse_number(number, least, most, percent);
}
