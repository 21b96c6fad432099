/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Any text as Kepler's page: it is read whole and in pieces of the length that its first byte
 * says, and both must come to the same.
 */

#include "kepler/seconds.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz.h"

#define NS_PER_S 1000000000
#define N_CPUS	 2

typedef struct {
	gboolean good;
	gdouble total;
	gdouble growth;
	guint n_samples;
} Result;

static Result
read_page(KeplerSeconds *seconds, const gchar *text, gsize length, gsize piece, gboolean taken)
{
	KeplerPage *page = &seconds->page;
	gint64 now = seconds->sent + NS_PER_S;
	Result result = {.good = TRUE};

	kepler_seconds_begin(seconds, taken, now);
	for (gsize i = 0; i < length && result.good; i += piece)
		result.good = kepler_text_add(&page->text, text + i, MIN(piece, length - i), NULL);
	result.good = result.good && kepler_text_end(&page->text, KEPLER_END_TOLD, NULL);
	kepler_seconds_end(seconds, result.good, now, N_CPUS);
	result.total = page->series->total;
	result.growth = page->series->growth;
	result.n_samples = page->n_samples;
	return result;
}

/* Reads half of the text as a page, and then all of it. */
static Result
read_pages(const gchar *text, gsize length, gsize piece)
{
	KeplerSeconds seconds;
	KeplerReader reader;

	kepler_seconds_init(&seconds, &reader);
	Result half = read_page(&seconds, text, length / 2, piece, FALSE);
	Result whole = read_page(&seconds, text, length, piece, half.good);
	if (whole.good && seconds.is_usable) {
		/* the same page once more: nothing has grown */
		g_assert_true(read_page(&seconds, text, length, piece, TRUE).growth == 0);
		g_assert_false(seconds.series.has_changed);
	}
	kepler_seconds_clear(&seconds);
	return whole;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const gchar *text = (const gchar *)data + 1;
	Result whole = read_pages(text, size - 1, size);
	Result pieces = read_pages(text, size - 1, MAX(data[0], 1));
	g_assert_true(whole.good == pieces.good && whole.n_samples == pieces.n_samples);
	if (!whole.good)
		return 0;
	/* the order in which growth is added up is another one each time */
	gdouble rounding = 1e-9 * whole.total;
	g_assert_true(isfinite(whole.total) && whole.total >= 0 && whole.growth >= 0 &&
		      whole.growth <= whole.total + rounding);
	g_assert_true(whole.total == pieces.total &&
		      fabs(whole.growth - pieces.growth) <= rounding);
	return 0;
}
