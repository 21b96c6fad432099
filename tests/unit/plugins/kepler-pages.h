/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Pages of Kepler that a test gives to KeplerSeconds one after the other, whole or in pieces, and
 * what is to come of each.
 */

#pragma once

#include <string.h>

#include "kepler/seconds.h"
#include "vmfc/vmfc-plugin.h"

#define NS_PER_S  1000000000
#define NS_PER_MS 1000000
#define N_CPUS	  2
#define NAME	  "kepler_process_cpu_seconds_total"
#define BPF	  "kepler_process_bpf_cpu_time_ms_total"

typedef struct {
	KeplerSeconds seconds;
	gsize piece; /* bytes; pages are cut into such */
	gint64 now;  /* of the next request, in ns */
	gboolean taken;
	guint n_cpus;
} Fixture;

static inline void
set_up(Fixture *fixture, gconstpointer data)
{
	KeplerReader reader;

	kepler_seconds_init(&fixture->seconds, &reader);
	fixture->piece = GPOINTER_TO_SIZE(data);
	fixture->now = 100 * (gint64)NS_PER_S;
	fixture->n_cpus = N_CPUS;
}

static inline void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kepler_seconds_clear(&fixture->seconds);
}

static inline gboolean
read_page(Fixture *fixture, const gchar *text, gsize piece, GError **error)
{
	KeplerSeconds *seconds = &fixture->seconds;
	gsize length = strlen(text);
	gboolean good = TRUE;

	kepler_seconds_begin(seconds, fixture->taken, fixture->now);
	fixture->taken = FALSE;
	for (gsize i = 0; i < length && good; i += piece)
		good = kepler_text_add(&seconds->page.text, text + i, MIN(piece, length - i),
				       error);
	good = good && kepler_text_end(&seconds->page.text, KEPLER_END_TOLD, error);
	kepler_seconds_end(seconds, good, fixture->now + 5 * NS_PER_MS, fixture->n_cpus);
	return good;
}

/* Reads a page that is good, a second after the one before. */
static inline void
read_good(Fixture *fixture, const gchar *text)
{
	g_autoptr(GError) error = NULL;

	fixture->now += NS_PER_S;
	g_assert_true(read_page(fixture, text, fixture->piece, &error));
	g_assert_no_error(error);
}

/* A page that tells no growth. */
static inline void
see_page(Fixture *fixture, const gchar *text, KeplerGrowth growth_is)
{
	read_good(fixture, text);
	g_assert_cmpint(fixture->seconds.growth_is, ==, growth_is);
	fixture->taken = fixture->seconds.is_of_use;
}

/* A page that tells the growth, or is the first. */
static inline void
take_page(Fixture *fixture, const gchar *text, gdouble total, gdouble growth)
{
	gboolean is_first = !fixture->taken && !fixture->seconds.series.any_before;

	see_page(fixture, text, is_first ? KEPLER_GROWTH_FIRST : KEPLER_GROWTH_TOLD);
	g_assert_true(fixture->taken);
	g_assert_cmpfloat_with_epsilon(fixture->seconds.total, total, 1e-9);
	g_assert_cmpfloat_with_epsilon(fixture->seconds.growth, growth, 1e-9);
}

/* A page that is refused, however it comes. */
static inline void
refuse_page(Fixture *fixture, const gchar *text, const gchar *sentence)
{
	for (gsize piece = MAX(strlen(text), 1); piece > 0; piece /= 2) {
		g_autoptr(GError) error = NULL;
		g_assert_false(read_page(fixture, text, piece, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		g_assert_cmpstr(error->message, ==, sentence);
	}
}

/* A test whose pages come in pieces of one size or another. */
static inline void
add(const gchar *name, void (*func)(Fixture *, gconstpointer))
{
	const gsize pieces[] = {1, 2, 3, 7, 50, 1000, G_MAXUINT32};

	for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autofree gchar *path = g_strdup_printf("/kepler/%s/%" G_GSIZE_FORMAT, name,
							 pieces[i]);
		g_test_add(path, Fixture, GSIZE_TO_POINTER(pieces[i]), set_up, func, tear_down);
	}
}

/* A test with many processes, for which it is no matter how their pages come. */
static inline void
add_once(const gchar *name, void (*func)(Fixture *, gconstpointer))
{
	g_autofree gchar *path = g_strconcat("/kepler/", name, NULL);

	g_test_add(path, Fixture, GSIZE_TO_POINTER(1000), set_up, func, tear_down);
}
