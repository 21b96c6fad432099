/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "kepler/page.h"

#include <string.h>

#include "vmfc/vmfc-plugin.h"

/* What two CPUs can give in a second. */
#define MOST 2.0
#define NAME "kepler_process_cpu_seconds_total"

typedef struct {
	KeplerSeries series;
	KeplerPage page;
} Fixture;

static void
fixture_set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kepler_page_init(&fixture->page, &fixture->series);
}

static void
fixture_tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kepler_page_clear(&fixture->page);
	kepler_series_clear(&fixture->series);
}

static gboolean
read_page(Fixture *fixture, const gchar *text, gsize piece, GError **error)
{
	gsize length = strlen(text);

	kepler_page_begin(&fixture->page, MOST);
	for (gsize i = 0; i < length; i += piece) {
		if (!kepler_text_add(&fixture->page.text, text + i, MIN(piece, length - i), error))
			return FALSE;
	}
	return kepler_text_end(&fixture->page.text, KEPLER_END_TOLD, error);
}

/* Reads a page that is good, cut at all places. */
static void
take_page(Fixture *fixture, const gchar *text, gdouble total, gdouble growth)
{
	g_autoptr(GError) error = NULL;

	for (gsize piece = strlen(text); piece > 0; piece /= 2) {
		g_assert_true(read_page(fixture, text, piece, &error));
		g_assert_no_error(error);
		g_assert_cmpfloat_with_epsilon(fixture->series.total, total, 1e-9);
		g_assert_cmpfloat_with_epsilon(fixture->series.growth + fixture->series.first_sight,
					       growth, 1e-9);
	}
	kepler_series_take(&fixture->series);
}

static void
refuse_page(Fixture *fixture, const gchar *text, const gchar *sentence)
{
	for (gsize piece = MAX(strlen(text), 1); piece > 0; piece /= 2) {
		g_autoptr(GError) error = NULL;
		g_assert_false(read_page(fixture, text, piece, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		g_assert_cmpstr(error->message, ==, sentence);
	}
}

static void
test_forms(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	/* another order, blanks, a comma at the end; times, exemplars; and none of these is new */
	take_page(fixture,
		  NAME "{pid=\"1\",comm=\"a\"} 1.5\n" NAME "{pid=\"2\",comm=\"b\"} 2e+01\n", 21.5,
		  1.5);
	take_page(fixture,
		  "# HELP " NAME " text {with=\"braces\"} 7\n\n# a comment\n" NAME
		  " { comm = \"a\" , pid=\"1\", } 1.75 1700000000000\n"
		  "kepler_process_cpu_seconds_total_not{pid=\"1\"} nonsense\n"
		  "kepler_process_cpu_watts{pid=\"1\"} NaN\nkepler_x +Inf\n\t" NAME
		  "{comm=\"b\",pid=\"2\"}\t20.5 # {trace_id=\"x\"} 0.5 1.7e9\n# EOF",
		  22.25, 0.75);
	g_assert_true(fixture->page.text.has_end);
	g_assert_cmpstr(kepler_page_get_name(&fixture->page), ==, NAME);
	/* no labels at all, and no newline */
	take_page(fixture, NAME " 0.25", 0.25, 0.25);
}

static void
test_labels(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	/* each of these is a series of its own */
	const gchar *labels[] = {
		"a=\"1\"",
		"a=\"\\\"\"",
		"a=\"\\\\\"",
		"a=\"\\\\\\\"\"",
		"a=\"\\n\"",
		"a=\"}\"",
		"a=\",b=\"",
		"a=\"\"",
		"a=\"1\",b=\"\"",
		"b=\"1\"",
		"a=\"\",b=\"1\"",
		"a=\"x\",b=\"y\"",
		"a=\"y\",b=\"x\"",
		"ab=\"\"",
		"a=\"b\"",
		"a=\"123456789\"",
		"a=\"12345678\",b=\"9\"",
		"a=\"\xc3\xa4\"",
		"a=\"#\"",
		"a=\" \"",
	};
	g_autoptr(GString) page = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
		g_string_append_printf(page, NAME "{%s} 1\n", labels[i]);
	take_page(fixture, page->str, G_N_ELEMENTS(labels), G_N_ELEMENTS(labels));
	g_assert_cmpuint(fixture->page.n_samples, ==, G_N_ELEMENTS(labels));
	for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autofree gchar *again = g_strdup_printf("%s" NAME "{%s} 1\n", page->str,
							  labels[i]);
		g_autofree gchar *sentence = g_strdup_printf(
			"line %d of the page repeats an earlier one",
			(gint)G_N_ELEMENTS(labels) + 1);
		refuse_page(fixture, again, sentence);
	}
}

/* Whether a page is whole, where the transfer does not tell. */
static void
test_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const struct {
		const gchar *text;
		KeplerEnd end;
		gboolean whole;
	} cases[] = {
		{"kepler_x 1\n" NAME " 12.34", KEPLER_END_TOLD, TRUE},
		{"kepler_x 1\n" NAME " 12.34", KEPLER_END_OF_LINE, FALSE},
		{"kepler_x 1\n" NAME " 12.34\n", KEPLER_END_OF_LINE, TRUE},
		{"kepler_x 1\n" NAME " 12.34\n" NAME "{", KEPLER_END_OF_LINE, FALSE},
		{"kepler_x 1\n" NAME " 12.34\n", KEPLER_END_MARKED, FALSE},
		{"kepler_x 1\n" NAME " 12.34\n# EO", KEPLER_END_MARKED, FALSE},
		{"kepler_x 1\n" NAME " 12.34\n# EOF", KEPLER_END_MARKED, TRUE},
		{"kepler_x 1\n" NAME " 12.34\n# EOF\n", KEPLER_END_MARKED, TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		kepler_page_begin(&fixture->page, MOST);
		g_assert_true(kepler_text_add(&fixture->page.text, cases[i].text,
					      strlen(cases[i].text), NULL));
		g_assert_cmpint(kepler_text_end(&fixture->page.text, cases[i].end, &error), ==,
				cases[i].whole);
		if (!cases[i].whole)
			g_assert_cmpstr(error->message, ==, "the page was cut off");
	}
}

static void
test_names(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take_page(fixture, "kepler_process_cpu_seconds{pid=\"1\"} 1.5\n", 1.5, 1.5);
	take_page(fixture, "kepler_process_bpf_cpu_time_ms_total{pid=\"7\"} 250\n", 0.25, 0.25);
	/* a page that has two of the names tells the same time twice */
	take_page(fixture, NAME "{pid=\"1\"} 2\nkepler_process_cpu_seconds{pid=\"1\"} 2\n", 2, 2);
}

static void
test_come_and_go(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take_page(fixture, NAME "{p=\"1\"} 100\n" NAME "{p=\"2\"} 50\n", 150, 0);
	/* 2 ends, 3 is new, 4 was there for long and was not shown */
	take_page(fixture, NAME "{p=\"1\"} 101\n" NAME "{p=\"3\"} 0.5\n" NAME "{p=\"4\"} 9000\n",
		  9101.5, 1.5);
	g_assert_cmpfloat(fixture->series.first_sight, ==, 0.5);
	/* another process has the number 1 now; 4 counts from its first sight */
	take_page(fixture, NAME "{p=\"1\"} 0.25\n" NAME "{p=\"3\"} 0.5\n" NAME "{p=\"4\"} 9001\n",
		  9001.75, 1.25);
	/* a page that was not taken changes nothing */
	g_assert_true(read_page(fixture, NAME "{p=\"1\"} 77\n", 9, NULL));
	take_page(fixture, NAME "{p=\"3\"} 0.75\n" NAME "{p=\"4\"} 9001\n", 9001.75, 0.25);
	g_assert_true(read_page(fixture, NAME "{p=\"4\"} 9001\n" NAME "{p=\"3\"} 0.75\n", 9, NULL));
	g_assert_false(kepler_series_has_changed(&fixture->series));
	g_assert_true(read_page(fixture, NAME "{p=\"4\"} 9001\n" NAME "{p=\"3\"} 0.76\n", 9, NULL));
	g_assert_true(kepler_series_has_changed(&fixture->series));
	g_assert_true(read_page(fixture, NAME "{p=\"4\"} 9001\n" NAME "{p=\"5\"} 0.75\n", 9, NULL));
	g_assert_true(kepler_series_has_changed(&fixture->series));
}

static void
test_damage(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *no_samples[] = {
		NAME "{pid=\"1\"}\n",
		NAME "{pid=\"1\" 1\n",
		NAME "{pid=\"1} 1\n",
		NAME "{pid=1} 1\n",
		NAME "{pid} 1\n",
		NAME "{=\"1\"} 1\n",
		NAME "{pid=\"1\"x=\"2\"} 1\n",
		NAME "{pid=\"1\"} 1x\n",
		NAME "{pid=\"1\"} x\n",
		NAME "{pid=\"1\"} 1 2 3\n",
		NAME "{pid=\"1\"} 1 x\n",
		NAME "\n",
		NAME "{pid=\"1\\\"} 1\n",
		NAME "{pid=\"1\"} 1,5\n",
		NAME "{\n",
	};
	const gchar *no_seconds[] = {"NaN", "+Inf", "-1", "1e999", "inf", "1e13"};

	take_page(fixture, NAME "{pid=\"1\"} 1\n", 1, 1);
	for (guint i = 0; i < G_N_ELEMENTS(no_samples); i++)
		refuse_page(fixture, no_samples[i], "line 1 of the page is no sample");
	for (guint i = 0; i < G_N_ELEMENTS(no_seconds); i++) {
		g_autofree gchar *page = g_strdup_printf("\n" NAME "{pid=\"1\"} %s\n",
							 no_seconds[i]);
		refuse_page(fixture, page, "line 2 of the page has no number of CPU seconds");
	}
	refuse_page(
		fixture, "",
		"what answers is not Kepler: its page has no metric kepler_...; give the address "
		"of its page with --kepler-url, mostly it ends with /metrics");
	g_autofree gchar *endless = g_strnfill(70000, 'x');
	g_autoptr(GError) error = NULL;
	g_assert_false(read_page(fixture, endless, 1000, &error));
	g_assert_cmpstr(error->message, ==, "line 1 of the page has no end");
	/* after all that, growth still counts from the last good page */
	take_page(fixture, NAME "{pid=\"1\"} 1.5\n", 1.5, 0.5);
}

static guint
count_slots(const Fixture *fixture)
{
	return fixture->series.before.n_slots + fixture->series.now.n_slots;
}

static void
read_many(Fixture *fixture, guint n)
{
	gchar line[100];

	kepler_page_begin(&fixture->page, MOST);
	for (guint i = 0; i < n; i++) {
		gint length = g_snprintf(line, sizeof(line), NAME "{pid=\"%u\"} 0.5\n", i);
		g_assert_true(kepler_text_add(&fixture->page.text, line, (gsize)length, NULL));
	}
	g_assert_true(kepler_text_end(&fixture->page.text, KEPLER_END_TOLD, NULL));
	g_assert_cmpfloat(fixture->series.total, ==, n / 2.0);
}

/* However many there are, they are told apart, and cost no more than 100 bytes each. */
static void
test_memory(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint n = 1000; n < 300000; n += n / 3) {
		read_many(fixture, n);
		g_assert_cmpuint(sizeof(KeplerSample) * count_slots(fixture), <=, 100 * n);
		kepler_series_take(&fixture->series);
	}
	guint most = count_slots(fixture);
	/* what is gone costs nothing any more */
	for (guint i = 0; i < 2; i++) {
		read_many(fixture, 10);
		kepler_series_take(&fixture->series);
	}
	g_assert_cmpuint(count_slots(fixture), <, most / 1000);
}

#define ADD(name, func)                                                                            \
	g_test_add("/kepler/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("forms", test_forms);
	ADD("labels", test_labels);
	ADD("end", test_end);
	ADD("names", test_names);
	ADD("come-and-go", test_come_and_go);
	ADD("damage", test_damage);
	ADD("memory", test_memory);
	return g_test_run();
}
