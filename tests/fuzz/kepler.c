/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Any text as Kepler's page: it is read whole and in pieces of the length that its first byte
 * says, and both must come to the same.
 */

#include "kepler/page.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz.h"

typedef struct {
	gboolean good;
	gdouble total;
	gdouble growth;
	guint n_samples;
	guint64 n_lines;
} Result;

static Result
read_page(KeplerPage *page, const gchar *text, gsize length, gsize piece)
{
	Result result = {.good = TRUE};

	kepler_page_begin(page, 1);
	for (gsize i = 0; i < length && result.good; i += piece)
		result.good = kepler_text_add(&page->text, text + i, MIN(piece, length - i), NULL);
	result.good = result.good && kepler_text_end(&page->text, KEPLER_END_TOLD, NULL);
	result.total = page->series->total;
	result.growth = page->series->growth + page->series->first_sight;
	result.n_samples = page->n_samples;
	result.n_lines = page->text.n_lines;
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	KeplerSeries series = {0};
	KeplerPage page;

	if (size < 2)
		return 0;
	kepler_page_init(&page, &series);
	const gchar *text = (const gchar *)data + 1;
	Result whole = read_page(&page, text, size - 1, size);
	Result pieces = read_page(&page, text, size - 1, MAX(data[0], 1));
	g_assert_true(whole.good == pieces.good && whole.n_samples == pieces.n_samples);
	g_assert_true(!whole.good || (isfinite(whole.total) && whole.total >= 0 &&
				      whole.growth >= 0 && whole.growth <= whole.total));
	if (whole.good) {
		g_assert_true(whole.total == pieces.total && whole.growth == pieces.growth &&
			      whole.n_lines == pieces.n_lines);
		/* the same page once more: nothing has grown */
		kepler_series_take(&series);
		g_assert_true(read_page(&page, text, size - 1, size).growth == 0);
		g_assert_false(kepler_series_has_changed(&series));
	}
	kepler_page_clear(&page);
	kepler_series_clear(&series);
	return 0;
}
