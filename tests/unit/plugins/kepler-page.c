/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* How a page is read, in whatever pieces it comes, and which pages are refused. */

#include "kepler-pages.h"

static void
test_forms(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	/* another order, blanks, a comma at the end; times, exemplars; and none of these is new */
	take_page(fixture,
		  NAME "{pid=\"1\",comm=\"a\"} 1.5\n" NAME "{pid=\"2\",comm=\"b\"} 2e+01\n", 21.5,
		  0);
	take_page(fixture,
		  "# HELP " NAME " text {with=\"braces\"} 7\n\n# a comment\n" NAME
		  " { comm = \"a\" , pid=\"1\", } 1.75 1700000000000\n"
		  "kepler_process_cpu_seconds_total_not{pid=\"1\"} nonsense\n"
		  "kepler_process_cpu_watts{pid=\"1\"} NaN\nkepler_x +Inf\n\t" NAME
		  "{comm=\"b\",pid=\"2\"}\t20.5 # {trace_id=\"x\"} 0.5 1.7e9\n# EOF",
		  22.25, 0.75);
	g_assert_true(fixture->seconds.page.text.has_end);
	g_assert_cmpstr(kepler_page_get_name(&fixture->seconds.page), ==, NAME);
	/* no labels at all, and no newline */
	take_page(fixture, NAME " 0.25", 0.25, 0.25);
}

/* Samples without a pid are known by all their labels. */
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
		"pid=\"\"",
		"pid=\"1a\"",
		"pid=\"-1\"",
		"pid=\"99999999999\"",
	};
	g_autoptr(GString) page = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
		g_string_append_printf(page, NAME "{%s} 1\n", labels[i]);
	take_page(fixture, page->str, G_N_ELEMENTS(labels), 0);
	g_assert_cmpuint(fixture->seconds.page.n_samples, ==, G_N_ELEMENTS(labels));
	for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autofree gchar *again = g_strdup_printf("%s" NAME "{%s} 1\n", page->str,
							  labels[i]);
		see_page(fixture, again, KEPLER_GROWTH_UNKNOWN);
		g_assert_cmpfloat(fixture->seconds.total, ==, G_N_ELEMENTS(labels));
	}
}

/* Whether a page is whole, where the transfer does not tell. */
static void
test_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar untold[] = "vmfc does not know whether the page is complete: its server "
				      "announces no length*";
	static const gchar cut[] = "the page was cut off: its last line is not '# EOF'*";
	const struct {
		const gchar *text;
		KeplerEnd end;
		const gchar *sentence; /* NULL: the page is whole */
	} cases[] = {
		{"kepler_x 1\n" NAME " 12.34", KEPLER_END_TOLD, NULL},
		{"kepler_x 1\n" NAME " 12.34", KEPLER_END_UNTOLD, untold},
		{"kepler_x 1\n" NAME " 12.34\n", KEPLER_END_UNTOLD, untold},
		{"kepler_x 1\n" NAME " 12.34\n" NAME "{", KEPLER_END_UNTOLD, untold},
		{"kepler_x 1\n# EOF\n" NAME " 12.34\n", KEPLER_END_UNTOLD, untold},
		{"kepler_x 1\n# EOF\n" NAME " 12.34\n# EO", KEPLER_END_UNTOLD, untold},
		{"kepler_x 1\n" NAME " 12.34\n# EOF", KEPLER_END_UNTOLD, NULL},
		{"kepler_x 1\n" NAME " 12.34\n# EOF\n\n", KEPLER_END_UNTOLD, NULL},
		{"kepler_x 1\n" NAME " 12.34\n", KEPLER_END_MARKED, cut},
		{"kepler_x 1\n" NAME " 12.34\n# EO", KEPLER_END_MARKED, cut},
		{"kepler_x 1\n# EOF\n" NAME " 12.34\n", KEPLER_END_MARKED, cut},
		{"kepler_x 1\n# EOF\n" NAME " 12.34", KEPLER_END_MARKED, cut},
		{"# TYPE x counter\n", KEPLER_END_MARKED, cut},
		{"kepler_x 1\n" NAME " 12.34\n# EOF", KEPLER_END_MARKED, NULL},
		{"kepler_x 1\n" NAME " 12.34\n# EOF\n", KEPLER_END_MARKED, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		kepler_page_begin(&fixture->seconds.page);
		g_assert_true(kepler_text_add(&fixture->seconds.page.text, cases[i].text,
					      strlen(cases[i].text), NULL));
		g_assert_cmpint(kepler_text_end(&fixture->seconds.page.text, cases[i].end, &error),
				==, cases[i].sentence == NULL);
		if (cases[i].sentence != NULL)
			g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
	}
}

static void
test_names(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take_page(fixture, "kepler_process_cpu_seconds{pid=\"1\"} 1.5\n", 1.5, 0);
	take_page(fixture, BPF "{pid=\"7\"} 250\n", 0.25, 0.25);
	/* a page that has two of the names tells the same time twice; the first of them counts */
	take_page(fixture, NAME "{pid=\"1\"} 2\nkepler_process_cpu_seconds{pid=\"1\"} 2.25\n", 2,
		  0.5);
}

/* A page that is not complete leaves all that was known. */
static void
test_bad_page(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take_page(fixture, NAME "{pid=\"1\"} 1\n", 1, 0);
	take_page(fixture, NAME "{pid=\"1\"} 1.5\n", 1.5, 0.5);
	for (guint i = 0; i < 3; i++) {
		fixture->now += NS_PER_S;
		g_assert_false(read_page(fixture, NAME "{pid=\"1\"} 9000\n" NAME "{\n", 5, NULL));
		g_assert_cmpfloat(fixture->seconds.total, ==, 1.5);
		g_assert_cmpfloat(fixture->seconds.growth, ==, 0.5);
		g_assert_cmpint(fixture->seconds.growth_is, ==, KEPLER_GROWTH_TOLD);
		g_assert_false(fixture->seconds.is_usable);
	}
	take_page(fixture, NAME "{pid=\"1\"} 2\n", 2, 0.5);
	/* since the page that was used last */
	g_assert_cmpfloat_with_epsilon(fixture->seconds.span, 4, 1e-9);
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

	take_page(fixture, NAME "{pid=\"1\"} 1\n", 1, 0);
	for (guint i = 0; i < G_N_ELEMENTS(no_samples); i++)
		refuse_page(fixture, no_samples[i], "a line of the page is not a valid sample");
	for (guint i = 0; i < G_N_ELEMENTS(no_seconds); i++) {
		g_autofree gchar *page = g_strdup_printf("\n" NAME "{pid=\"1\"} %s\n",
							 no_seconds[i]);
		refuse_page(fixture, page, "a line of the page has no valid number of CPU seconds");
	}
	refuse_page(
		fixture, "",
		"the server is not Kepler: its page has no metric kepler_...; give the address of "
		"Kepler's page with --kepler-url; it usually ends with /metrics");
	g_autofree gchar *endless = g_strnfill(70000, 'x');
	g_autoptr(GError) error = NULL;
	g_assert_false(read_page(fixture, endless, 1000, &error));
	g_assert_cmpstr(error->message, ==, "a line of the page is too long");
	/* after all that, growth still counts from the last good page */
	take_page(fixture, NAME "{pid=\"1\"} 1.5\n", 1.5, 0.5);
}

/* A page that has nothing of any process is refused, also after one that had. */
static void
test_no_process(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar node[] = "kepler_node_cpu_watts{zone=\"a\"} 1\n";
	static const gchar sentence[] = "Kepler's page has no " NAME ": *";

	for (guint i = 0; i < 3; i++) {
		g_autoptr(GError) error = NULL;
		g_assert_false(read_page(fixture, node, fixture->piece, &error));
		g_assert_true(g_pattern_match_simple(sentence, error->message));
		take_page(fixture, i % 2 == 0 ? NAME "{pid=\"1\"} 1\n" : NAME "{pid=\"1\"} 1.25\n",
			  i % 2 == 0 ? 1 : 1.25,
			  i == 1   ? 0.25
			  : i == 2 ? 1
				   : 0);
	}
	/* the most that is believed */
	g_assert_true(read_page(fixture, NAME "{pid=\"1\"} 1e12\n", fixture->piece, NULL));
}

static guint
count_slots(const Fixture *fixture)
{
	return fixture->seconds.series.before.n_slots + fixture->seconds.series.now.n_slots;
}

static void
read_many(Fixture *fixture, guint n)
{
	gchar line[100];

	kepler_seconds_begin(&fixture->seconds, fixture->taken, fixture->now += NS_PER_S);
	for (guint i = 0; i < n; i++) {
		gint length = g_snprintf(line, sizeof(line), NAME "{pid=\"%u\"} 0.5\n", i);
		g_assert_true(
			kepler_text_add(&fixture->seconds.page.text, line, (gsize)length, NULL));
	}
	g_assert_true(kepler_text_end(&fixture->seconds.page.text, KEPLER_END_TOLD, NULL));
	kepler_seconds_end(&fixture->seconds, TRUE, fixture->now, N_CPUS);
	fixture->taken = TRUE;
	g_assert_cmpfloat(fixture->seconds.total, ==, (n - 1) / 2.0);
}

/* However many there are, they are told apart, and cost no more than 100 bytes each. */
static void
test_memory(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint n = 1000; n < 300000; n += n / 3) {
		read_many(fixture, n);
		g_assert_cmpuint(sizeof(KeplerSample) * count_slots(fixture), <=, 100 * n);
	}
	guint most = count_slots(fixture);
	/* what is gone costs nothing any more */
	for (guint i = 0; i < 3; i++)
		read_many(fixture, 10);
	g_assert_cmpuint(count_slots(fixture), <, most / 1000);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	add("forms", test_forms);
	add("labels", test_labels);
	add("end", test_end);
	add("names", test_names);
	add("bad-page", test_bad_page);
	add("damage", test_damage);
	add("no-process", test_no_process);
	add_once("memory", test_memory);
	return g_test_run();
}
