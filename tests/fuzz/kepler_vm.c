/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Any text as the page of a host's Kepler: it is read whole and in pieces of the length that its
 * first byte says, and both must come to the same.
 */

#include "kepler_vm/machines.h"

#include <math.h>

#include "fuzz.h"

static gboolean
read_page(Machines *machines, const KeplerReader *reader, const gchar *text, gsize length,
	  gsize piece, gboolean taken)
{
	gboolean good = TRUE;

	reader->begin(machines, taken, (gint64)piece);
	for (gsize i = 0; i < length && good; i += piece)
		good = kepler_text_add(reader->text, text + i, MIN(piece, length - i), NULL);
	good = good && kepler_text_end(reader->text, KEPLER_END_TOLD, NULL);
	reader->end(machines, good);
	return good;
}

static gboolean
is_same(gdouble a, gdouble b)
{
	/* the order of a sum is that of random identities, but they are the same ones */
	return (isnan(a) && isnan(b)) || a == b;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	KeplerReader reader;
	Machines machines;

	if (size < 2)
		return 0;
	const gchar *text = (const gchar *)data + 1;
	machines_init(&machines, data[0] % 2 == 0 ? "" : "vm-1,4dea22b3",
		      data[0] % 3 == 0	 ? "w*"
		      : data[0] % 5 == 0 ? "*b?1*a"
					 : "",
		      &reader);
	gboolean whole = read_page(&machines, &reader, text, size - 1, size, FALSE);
	MachinesFigures figures = machines.figures;
	g_assert_cmpint(whole, ==,
			read_page(&machines, &reader, text, size - 1, MAX(data[0], 1), FALSE));
	g_free(machines_explain(&machines));
	for (guint i = 0; whole && i < N_POWER_ZONES; i++) {
		g_assert_true(isnan(figures.watts[i]) || figures.watts[i] >= 0);
		g_assert_true(is_same(figures.watts[i], machines.figures.watts[i]));
		g_assert_true(isnan(figures.growth[i]));
	}
	/* the same page once more: nothing has changed, nothing has grown */
	if (whole) {
		g_assert_true(read_page(&machines, &reader, text, size - 1, size, TRUE));
		g_assert_false(machines.figures.has_changed);
		for (guint i = 0; i < N_POWER_ZONES; i++)
			g_assert_false(machines.figures.growth[i] > 0);
	}
	machines_clear(&machines);
	return 0;
}
