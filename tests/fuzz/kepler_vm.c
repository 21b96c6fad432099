/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Any text as the page of a host's Kepler: it is read whole and in pieces of the length that its
 * first byte says, and both must come to the same.
 */

#include "kepler_vm/vm-series.h"

#include <math.h>

#include "fuzz.h"

static gboolean
read_page(VmSeries *machines, const KeplerReader *reader, const gchar *text, gsize length,
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

/* Any text as --vm-names: each name that it holds is found, alone and in a list. */
static void
fuzz_names(const gchar *bytes, gsize length)
{
	g_autofree gchar *list = g_strndup(bytes, length);
	g_autoptr(GString) shown = g_string_new(NULL);
	Names names, again;

	if (names_init(&names, list, "", NULL)) {
		for (guint i = 0; i < names.names->len; i++) {
			const gchar *name = names.names->pdata[i];
			g_assert_cmpint(names_match(&names, "", name), !=, NAMES_NONE);
			names_append_shown(shown, name);
		}
		/* what is shown of printable names is a list of them */
		g_assert_true(names_init(&again, shown->str, "", NULL));
		g_assert_cmpuint(again.names->len, ==, names.names->len);
		names_clear(&again);
	}
	names_clear(&names);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	KeplerReader reader;
	VmSeries machines;

	if (size < 2)
		return 0;
	const gchar *text = (const gchar *)data + 1;
	if (!vm_series_init(&machines, data[0] % 2 == 0 ? "" : "vm-1,4dea22b3",
			    data[0] % 3 == 0   ? "w*"
			    : data[0] % 5 == 0 ? "*b?1*a"
					       : "",
			    &reader, NULL))
		return 1;
	gboolean whole = read_page(&machines, &reader, text, size - 1, size, FALSE);
	VmSeriesFigures figures = machines.figures;
	g_assert_cmpint(whole, ==,
			read_page(&machines, &reader, text, size - 1, MAX(data[0], 1), FALSE));
	g_free(vm_page_explain(machines.page));
	for (guint i = 0; whole && i < VMFC_N_ZONES; i++) {
		g_assert_true(isnan(figures.watts[i].value) || figures.watts[i].value >= 0);
		g_assert_true(is_same(figures.watts[i].value, machines.figures.watts[i].value));
		g_assert_true(isnan(figures.growth[i].value));
	}
	/* the same page once more: nothing has changed, nothing has grown */
	if (whole) {
		g_assert_true(read_page(&machines, &reader, text, size - 1, size, TRUE));
		g_assert_false(machines.differs);
		for (guint i = 0; i < VMFC_N_ZONES; i++)
			g_assert_false(machines.figures.growth[i].value > 0);
	}
	vm_series_clear(&machines);
	fuzz_names(text, size - 1);
	return 0;
}
