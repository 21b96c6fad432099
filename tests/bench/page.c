/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * How fast a page of Kepler's is parsed and accounted series by series, beside a floor that only
 * finds the lines and picks the numbers at their ends. Both in turn, over the same page, as often
 * as is asked for; CPU time of this thread.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../huge-page.h"
#include "kepler/seconds.h"
#include "timing.h"

/* as the network brings it */
#define PIECE_SIZE (64 * 1024)
#define MEGABYTE   1e6

/* Returns: CPU seconds */
static gdouble
run_page(KeplerSeconds *seconds, const GString *text)
{
	g_autoptr(GError) error = NULL;
	gint64 start = timing_get_cpu();

	kepler_seconds_begin(seconds, seconds->sent > 0, start);
	for (gsize i = 0; i < text->len; i += PIECE_SIZE) {
		if (!kepler_text_add(&seconds->page.text, text->str + i,
				     MIN(PIECE_SIZE, text->len - i), &error))
			errx(1, "%s", error->message);
	}
	if (!kepler_text_end(&seconds->page.text, KEPLER_END_TOLD, &error))
		errx(1, "%s", error->message);
	kepler_seconds_end(seconds, TRUE, start, 2);
	return timing_get_us_since(start) * 1e-6;
}

/* Returns: CPU seconds; their sum goes into @sum so that nothing is left out */
static gdouble
run_floor(const GString *text, gdouble *sum)
{
	gint64 start = timing_get_cpu();
	const gchar *at = text->str;
	const gchar *end = text->str + text->len;

	*sum = 0;
	while (at < end) {
		const gchar *newline = memchr(at, '\n', (gsize)(end - at));
		const gchar *number = newline;
		guint64 digits = 0;
		while (number[-1] != ' ')
			number--;
		for (; number < newline; number++) {
			if (*number != '.')
				digits = digits * 10 + (guint64)(*number - '0');
		}
		*sum += (gdouble)digits / 100;
		at = newline + 1;
	}
	return timing_get_us_since(start) * 1e-6;
}

int
main(int argc, char *argv[])
{
	gint n_rounds = argc > 1 ? atoi(argv[1]) : 9;
	g_autofree gdouble *ratios = g_new(gdouble, MAX(n_rounds, 1));
	KeplerSeconds seconds;
	KeplerReader reader;
	GString *text = huge_page_new();
	gdouble best = G_MAXDOUBLE;
	gdouble best_floor = G_MAXDOUBLE;
	gdouble sum;

	if (n_rounds < 1)
		errx(2, "the number of rounds must be at least 1");
	kepler_seconds_init(&seconds, &reader);
	run_page(&seconds, text); /* the first one meets no series that it knows */
	for (gint i = 0; i < n_rounds; i++) {
		gdouble ours = run_page(&seconds, text);
		gdouble floor = run_floor(text, &sum);
		best = MIN(best, ours);
		best_floor = MIN(best_floor, floor);
		ratios[i] = ours / floor;
	}
	gdouble megabytes = (gdouble)text->len / MEGABYTE;
	guint slots = seconds.series.before.n_slots;
	printf("{\"megabytes\": %.1f, \"series\": %u, \"megabytes_per_second\": %.0f, "
	       "\"floor_megabytes_per_second\": %.0f, \"bytes_per_series\": %.1f, \"ratios\": [",
	       megabytes, seconds.series.before.n_used, megabytes / best, megabytes / best_floor,
	       /* both tables are as large while a page is read */
	       2.0 * slots * sizeof(KeplerSample) / seconds.series.before.n_used);
	for (gint i = 0; i < n_rounds; i++)
		printf("%s%.2f", i > 0 ? ", " : "", ratios[i]);
	printf("]}\n");
	kepler_seconds_clear(&seconds);
	g_string_free(text, TRUE);
	return 0;
}
