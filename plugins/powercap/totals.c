/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "powercap/totals.h"

#include <stdio.h>
#include <string.h>

#define HEADER "vmfc-powercap/1\n"
/* name, a blank, the number, a line feed */
#define NAME_SIZE   8
#define NUMBER_SIZE 20
#define LINE_SIZE   (NAME_SIZE + 1 + NUMBER_SIZE + 1)

G_STATIC_ASSERT(sizeof(HEADER) - 1 + VMFC_N_ZONES * LINE_SIZE == POWERCAP_TOTALS_SIZE);

void
powercap_totals_format(const guint64 totals[VMFC_N_ZONES], gchar text[POWERCAP_TOTALS_SIZE + 1])
{
	gchar *line = text + sizeof(HEADER) - 1;

	memcpy(text, HEADER, sizeof(HEADER));
	for (guint i = 0; i < VMFC_N_ZONES; i++, line += LINE_SIZE)
		snprintf(line, LINE_SIZE + 1, "%-*s %*" G_GUINT64_FORMAT "\n", NAME_SIZE,
			 vmfc_zone_get_name(i), NUMBER_SIZE, totals[i]);
}

/* Reads a number of fixed width with blanks in front. */
static gboolean
parse_number(const gchar *text, guint64 *number)
{
	gchar digits[NUMBER_SIZE + 1];

	memcpy(digits, text, NUMBER_SIZE);
	digits[NUMBER_SIZE] = '\0';
	/* no other white space than these blanks, and no sign */
	const gchar *first = digits + strspn(digits, " ");
	return g_ascii_isdigit(first[0]) &&
	       g_ascii_string_to_unsigned(first, 10, 0, G_MAXUINT64, number, NULL);
}

/*
 * Reads what powercap_totals_format() has written. An empty file is one that was created and not
 * written: nothing was shown before that.
 */
gboolean
powercap_totals_parse(const gchar *text, gsize length, guint64 totals[VMFC_N_ZONES])
{
	const gchar *line = text + sizeof(HEADER) - 1;

	memset(totals, 0, VMFC_N_ZONES * sizeof(totals[0]));
	if (length == 0)
		return TRUE;
	if (length != POWERCAP_TOTALS_SIZE || memcmp(text, HEADER, sizeof(HEADER) - 1) != 0)
		return FALSE;
	for (guint i = 0; i < VMFC_N_ZONES; i++, line += LINE_SIZE) {
		gchar name[NAME_SIZE + 2];
		snprintf(name, sizeof(name), "%-*s ", NAME_SIZE, vmfc_zone_get_name(i));
		if (memcmp(line, name, NAME_SIZE + 1) != 0 || line[LINE_SIZE - 1] != '\n' ||
		    !parse_number(line + NAME_SIZE + 1, &totals[i]))
			return FALSE;
	}
	return TRUE;
}
