/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/nearest.h"

#include <string.h>

/* Long words are rarely typing errors, and comparing them is slow. */
#define LONGEST 64

void
vmfc_nearest_init(VmfcNearest *nearest, const gchar *word)
{
	/* one letter in three may be wrong */
	*nearest = (VmfcNearest){.word = word, .distance = (guint)strlen(word) / 3 + 1};
}

void
vmfc_nearest_clear(VmfcNearest *nearest)
{
	g_free(nearest->name);
}

/*
 * Returns: the number of letters to insert, delete, replace or swap with the next one: the "optimal
 *   string alignment" distance (Damerau, "A technique for computer detection and correction of
 *   spelling errors", 1964). Ignores case.
 */
static guint
measure(const gchar *left, const gchar *right)
{
	guint rows[3][LONGEST + 1];
	guint n_right = (guint)strlen(right);

	for (guint j = 0; j <= n_right; j++)
		rows[0][j] = j;
	for (guint i = 1; left[i - 1] != '\0'; i++) {
		const guint *before = rows[(i + 1) % 3];
		const guint *above = rows[(i + 2) % 3];
		guint *row = rows[i % 3];
		row[0] = i;
		for (guint j = 1; j <= n_right; j++) {
			gchar l = g_ascii_tolower(left[i - 1]);
			gchar r = g_ascii_tolower(right[j - 1]);
			row[j] = MIN(MIN(above[j], row[j - 1]) + 1, above[j - 1] + (l != r));
			if (i > 1 && j > 1 && l == g_ascii_tolower(right[j - 2]) &&
			    r == g_ascii_tolower(left[i - 2]))
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
	}
	return rows[strlen(left) % 3][n_right];
}

void
vmfc_nearest_try(VmfcNearest *nearest, const gchar *name)
{
	if (strlen(name) > LONGEST || strlen(nearest->word) > LONGEST)
		return;
	guint distance = measure(nearest->word, name);
	if (distance >= nearest->distance)
		return;
	g_free(nearest->name);
	nearest->name = g_strdup(name);
	nearest->distance = distance;
}

/* Returns: (transfer full): the hint after the word in a message; empty if no name is near */
gchar *
vmfc_nearest_to_text(const VmfcNearest *nearest)
{
	return nearest->name != NULL ? g_strdup_printf(" (did you mean %s?)", nearest->name)
				     : g_strdup("");
}
