/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "kepler/seconds.h"

#include <math.h>
#include <string.h>

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

static void
fixture_set_up(Fixture *fixture, gconstpointer data)
{
	KeplerReader reader;

	kepler_seconds_init(&fixture->seconds, &reader);
	fixture->piece = GPOINTER_TO_SIZE(data);
	fixture->now = 100 * (gint64)NS_PER_S;
	fixture->n_cpus = N_CPUS;
}

static void
fixture_tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kepler_seconds_clear(&fixture->seconds);
}

static gboolean
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
static void
read_good(Fixture *fixture, const gchar *text)
{
	g_autoptr(GError) error = NULL;

	fixture->now += NS_PER_S;
	g_assert_true(read_page(fixture, text, fixture->piece, &error));
	g_assert_no_error(error);
}

/* A page that tells no growth. */
static void
see_page(Fixture *fixture, const gchar *text, KeplerGrowth growth_is)
{
	read_good(fixture, text);
	g_assert_cmpint(fixture->seconds.growth_is, ==, growth_is);
	fixture->taken = fixture->seconds.is_of_use;
}

/* A page that tells the growth, or is the first. */
static void
take_page(Fixture *fixture, const gchar *text, gdouble total, gdouble growth)
{
	gboolean is_first = !fixture->taken && !fixture->seconds.series.any_before;

	see_page(fixture, text, is_first ? KEPLER_GROWTH_FIRST : KEPLER_GROWTH_TOLD);
	g_assert_true(fixture->taken);
	g_assert_cmpfloat_with_epsilon(fixture->seconds.total, total, 1e-9);
	g_assert_cmpfloat_with_epsilon(fixture->seconds.growth, growth, 1e-9);
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

/* ------------------------------------------------------------ whose growth */

static void
test_come_and_go(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take_page(fixture, NAME "{pid=\"1\"} 100\n" NAME "{pid=\"2\"} 50\n", 150, 0);
	/* 2 ends, 3 is new, 4 was there for long and was not shown */
	take_page(fixture,
		  NAME "{pid=\"1\"} 101\n" NAME "{pid=\"3\"} 0.5\n" NAME "{pid=\"4\"} 9000\n",
		  9101.5, 1.5);
	/* another process has the number 1 now; 4 counts from its first sight */
	take_page(fixture,
		  NAME "{pid=\"1\"} 0.25\n" NAME "{pid=\"3\"} 0.5\n" NAME "{pid=\"4\"} 9001\n",
		  9001.75, 1.25);
	/* a page that is bad changes nothing */
	g_assert_false(read_page(fixture, NAME "{pid=\"1\"} 77\nkepler_process_cpu_seconds_total\n",
				 9, NULL));
	take_page(fixture, NAME "{pid=\"3\"} 0.75\n" NAME "{pid=\"4\"} 9001\n", 9001.75, 0.25);
	/* the same in another order */
	see_page(fixture, NAME "{pid=\"4\"} 9001\n" NAME "{pid=\"3\"} 0.75\n",
		 KEPLER_GROWTH_UNKNOWN);
	take_page(fixture, NAME "{pid=\"4\"} 9001\n" NAME "{pid=\"3\"} 0.76\n", 9001.76, 0.01);
	/* 3 has ended, and 5 is new with the same figure */
	take_page(fixture, NAME "{pid=\"4\"} 9001\n" NAME "{pid=\"5\"} 0.76\n", 9001.76, 0.76);
}

/* A process is known by its pid, whatever else its labels say. */
static void
test_identity(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *labels[] = {
		"comm=\"kworker/0:1-events\",exe=\"\",container_id=\"\"",
		"comm=\"kworker/0:1-mm_percpu_wq\",exe=\"\",container_id=\"\"",
		/* an upgrade, a zombie, exec(2), a restart of Kepler in another release */
		"comm=\"app\",exe=\"/usr/bin/app (deleted)\",container_id=\"\"",
		"comm=\"app\",exe=\"\",container_id=\"\"",
		"comm=\"other\",exe=\"/usr/bin/other\",container_id=\"\",type=\"regular\"",
		"exe=\"x\",vm_id=\"y\",type=\"vm\",container_id=\"\",node_name=\"renamed\"",
		/* a container takes the process in, and another one */
		"comm=\"app\",container_id=\"0123456789abcdef\"",
		"comm=\"app\",container_id=\"fedcba9876543210\"",
		"comm=\"app\"",
	};

	for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autofree gchar *page = g_strdup_printf(NAME "{pid=\"11\",%s} %g\n" NAME
							      "{%s,pid=\"12\"} 1\n",
							 labels[i], 6 + 0.25 * i, labels[i]);
		take_page(fixture, page, 7 + 0.25 * i, i > 0 ? 0.25 : 0);
	}
}

/* Two containers can have a process of one pid each, as a page shows them. */
static void
test_containers(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *form = NAME "{pid=\"5\",container_id=\"a\"} %g\n" NAME
				 "{pid=\"5\",container_id=\"b\"} %g\n";
	const struct {
		gdouble a, b, growth;
	} pages[] = {{1, 1, 0}, {1.5, 1, 0.5}, {1.5, 1.25, 0.25}, {2.5, 2.75, 2.5}};

	for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
		/* the last page comes a second later, so that its growth can be */
		fixture->now += i == 3 ? NS_PER_S : 0;
		g_autofree gchar *page = g_strdup_printf(form, pages[i].a, pages[i].b);
		take_page(fixture, page, pages[i].a + pages[i].b, pages[i].growth);
	}
	/* one of them ends, then the other is moved */
	take_page(fixture, NAME "{pid=\"5\",container_id=\"a\"} 3\n", 3, 0.5);
	take_page(fixture, NAME "{pid=\"5\",container_id=\"c\"} 3.5\n", 3.5, 0.5);
}

/* Kepler shows a process that ended beside the one that has its pid now. */
static void
test_one_pid_twice(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take_page(fixture, NAME "{pid=\"5\",comm=\"a\"} 7\n", 7, 0);
	take_page(fixture, NAME "{pid=\"5\",comm=\"b\"} 0.25\n" NAME "{pid=\"5\",comm=\"a\"} 7.5\n",
		  7.75, 0.75);
	take_page(fixture, NAME "{pid=\"5\",comm=\"b\"} 0.5\n" NAME "{pid=\"5\",comm=\"a\"} 7.5\n",
		  8, 0.25);
	take_page(fixture, NAME "{pid=\"5\",comm=\"b\"} 0.75\n", 0.75, 0.25);
	/* both go on, each from the nearest total below it */
	take_page(fixture, NAME "{pid=\"5\",comm=\"b\"} 1\n" NAME "{pid=\"5\",comm=\"c\"} 0.5\n",
		  1.5, 0.75);
	take_page(fixture,
		  NAME "{pid=\"5\",comm=\"b\"} 1.25\n" NAME "{pid=\"5\",comm=\"c\"} 0.75\n", 2,
		  0.5);
	take_page(fixture, NAME "{pid=\"5\",comm=\"c\"} 0.75\n", 0.75, 0);
	/* the same process twice: it counts once */
	take_page(fixture,
		  NAME "{pid=\"5\",zone=\"core\"} 1\n" NAME "{pid=\"5\",zone=\"dram\"} 1\n", 1,
		  0.25);
	take_page(fixture,
		  NAME "{pid=\"5\",state=\"running\"} 1.5\n" NAME
		       "{pid=\"5\",state=\"terminated\"} 1.5\n",
		  1.5, 0.5);
	g_autoptr(GString) page = g_string_new(NULL);
	for (guint i = 0; i < 9; i++)
		g_string_append_printf(page, NAME "{pid=\"5\"} %u\n", i);
	refuse_page(fixture, page->str,
		    "a line of the page repeats a process more often than Kepler does");
}

/* A page is another one if a process of it has ended, although no total has grown. */
static void
test_ended(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take_page(fixture, NAME "{pid=\"5\"} 7\n" NAME "{pid=\"6\"} 8\n", 15, 0);
	take_page(fixture, NAME "{pid=\"5\"} 7\n", 7, 0);
	see_page(fixture, NAME "{pid=\"5\"} 7\n", KEPLER_GROWTH_UNKNOWN);
}

/* A pid that another process has: its total goes back, or jumps by more than the CPUs can give. */
static void
test_pid_reuse(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *form = NAME "{pid=\"5\"} %g\n" NAME "{pid=\"6\"} %g\n";
	const struct {
		gdouble five, six, growth;
	} pages[] = {
		{10, 1, 0},	   {10.5, 1, 0.5},   {11, 1, 0.5},
		{0.25, 1.25, 0.5}, {500, 1.5, 0.25}, {500.5, 1.5, 0.5},
	};

	for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autofree gchar *page = g_strdup_printf(form, pages[i].five, pages[i].six);
		take_page(fixture, page, pages[i].five + pages[i].six, pages[i].growth);
	}
}

static void
test_away(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *with = NAME "{pid=\"1\"} %g\n" NAME "{pid=\"5\",comm=\"x\"} %g\n";
	const gchar *without = NAME "{pid=\"1\"} %g\n";
	gdouble one = 1;

	for (guint n_away = 1; n_away < 58; n_away += 8) {
		g_autofree gchar *there = g_strdup_printf(with, one, 100.0);
		see_page(fixture, there, n_away == 1 ? KEPLER_GROWTH_FIRST : KEPLER_GROWTH_TOLD);
		for (guint i = 0; i < n_away; i++) {
			g_autofree gchar *page = g_strdup_printf(without, one += 0.125);
			take_page(fixture, page, one, 0.125);
		}
		/* not its whole past, but all that it has used since it was seen */
		g_autofree gchar *back = g_strdup_printf(with, one += 0.125, 101.5);
		take_page(fixture, back, one + 101.5, 1.625);
		/* and another one with its pid, until the next round */
		one += 0.125;
		g_autofree gchar *other = g_strdup_printf(with, one, 0.5);
		take_page(fixture, other, one + 0.5, 0.625);
		one += 0.125;
	}
}

/* Memory for processes that are away has a limit; those of the last page are not pushed out of it.
 */
static void
test_many_away(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GString) page = g_string_new(NULL);

	for (guint round = 0; round < 5; round++) {
		g_string_truncate(page, 0);
		for (guint i = 1; i <= 10000; i++)
			g_string_append_printf(page, NAME "{pid=\"%u\"} 50\n", round * 10000 + i);
		fixture->now += NS_PER_S;
		g_assert_true(read_page(fixture, page->str, page->len, NULL));
		g_assert_cmpfloat(fixture->seconds.growth, ==, 0);
		fixture->taken = TRUE;
		g_assert_cmpuint(fixture->seconds.series.away.n_slots, <=, 32768);
	}
	take_page(fixture, NAME "{pid=\"30001\"} 51\n" NAME "{pid=\"40000\"} 51\n", 102, 2);
	/* a minute later they are forgotten */
	fixture->now += 61 * (gint64)NS_PER_S;
	take_page(fixture, NAME "{pid=\"30001\"} 51.5\n", 51.5, 0.5);
	take_page(fixture, NAME "{pid=\"30001\"} 52\n", 52, 0.5);
	g_assert_cmpuint(fixture->seconds.series.away.n_used, >, 0);
	take_page(fixture, NAME "{pid=\"30001\"} 52.5\n", 52.5, 0.5);
	g_assert_cmpuint(fixture->seconds.series.away.n_used, ==, 0);
}

/* ------------------------------------------------------------ the idle task */

static void
test_idle_task(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take_page(fixture, BPF "{pid=\"0\",command=\"swapper/0\"} 25000\n" BPF "{pid=\"9\"} 500\n",
		  0.5, 0);
	take_page(fixture, BPF "{pid=\"0\",command=\"swapper/0\"} 26900\n" BPF "{pid=\"9\"} 510\n",
		  0.51, 0.01);
	take_page(fixture,
		  BPF "{pid=\"0\",command=\"swapper/0\"} 28900\n" BPF "{pid=\"9\"} 520\n" BPF
		      "{pid=\"1\",command=\"init\"} 30\n",
		  0.55, 0.04);
	/* all kernel tasks together, under whatever name */
	see_page(fixture,
		 BPF "{pid=\"1\",command=\"kernel_processes\"} 30000\n" BPF "{pid=\"9\"} 530\n",
		 KEPLER_GROWTH_MIXED_IDLE);
	g_assert_false(fixture->taken);
	see_page(fixture, BPF "{pid=\"1\",command=\"systemd\"} 30000\n" BPF "{pid=\"9\"} 530\n",
		 KEPLER_GROWTH_MIXED_IDLE);
	see_page(fixture, NAME "{pid=\"1\",command=\"kernel_processes\"} 30\n",
		 KEPLER_GROWTH_MIXED_IDLE);
	/* /proc, which later releases read, has no idle task */
	take_page(fixture, NAME "{pid=\"1\",comm=\"init\"} 0.03\n" NAME "{pid=\"0\"} 77\n", 0.03,
		  0);
	/* what an earlier page had is forgotten */
	take_page(fixture, NAME "{pid=\"1\",comm=\"init\"} 0.04\n", 0.04, 0.01);
}

/* ------------------------------------------------------------ too much, and when */

/* An answer that is good and came too late for its record: the next record has its growth too. */
static void
test_late(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	see_page(fixture, NAME "{pid=\"1\"} 1\n", KEPLER_GROWTH_FIRST);
	fixture->taken = FALSE;
	take_page(fixture, NAME "{pid=\"1\"} 2\n", 2, 1);
	see_page(fixture, NAME "{pid=\"1\"} 2.5\n" NAME "{pid=\"2\"} 0.25\n", KEPLER_GROWTH_TOLD);
	fixture->taken = FALSE;
	/* also that of a process which has ended by then */
	take_page(fixture, NAME "{pid=\"1\"} 3\n", 3, 1.25);
	g_assert_cmpfloat_with_epsilon(fixture->seconds.span, 2, 1e-9);
}

static void
test_too_much(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *form = NAME "{pid=\"1\"} %g\n" NAME "{pid=\"2\"} %g\n";
	g_autoptr(GString) page = g_string_new(NULL);

	take_page(fixture, NAME "{pid=\"1\"} 1\n" NAME "{pid=\"2\"} 1\n", 2, 0);
	/* all that two CPUs can give, and what is rounded */
	take_page(fixture, NAME "{pid=\"1\"} 2.02\n" NAME "{pid=\"2\"} 2.02\n", 4.04, 2.04);
	g_string_printf(page, form, 3.5, 3.5);
	see_page(fixture, page->str, KEPLER_GROWTH_TOO_MUCH);
	/* nothing is lost: a second later both are as much as can be */
	take_page(fixture, NAME "{pid=\"1\"} 4\n" NAME "{pid=\"2\"} 4\n", 8, 3.96);
	/* twenty processes that jump at once: no time makes that true */
	g_string_truncate(page, 0);
	for (guint i = 1; i <= 20; i++)
		g_string_append_printf(page, NAME "{pid=\"%u\"} 4\n", i);
	see_page(fixture, page->str, KEPLER_GROWTH_TOO_MUCH);
	g_assert_true(fixture->taken);
	g_string_append(page, NAME "{pid=\"21\"} 0.5\n");
	take_page(fixture, page->str, 80.5, 0.5);
}

/* Kepler's node: what it shows of two looks, each with the power since the one before. */
typedef struct {
	gdouble at; /* s */
	gdouble joules[2];
	gdouble watts[2];
} Node;

static void
node_look(Node *node, gdouble at, gdouble package_joules, gdouble core_joules)
{
	gdouble joules[] = {package_joules, core_joules};

	for (guint i = 0; i < 2; i++) {
		node->joules[i] += joules[i];
		node->watts[i] = joules[i] / (at - node->at);
	}
	node->at = at;
}

/* One process that uses a CPU all the time. */
static gchar *
node_print(const Node *node)
{
	return g_strdup_printf(
		"kepler_node_cpu_joules_total{zone=\"package\",path=\"a\"} %.6f\n"
		"kepler_node_cpu_joules_total{zone=\"core\",path=\"b\"} %.6f\n"
		"kepler_node_cpu_watts{path=\"a\",zone=\"package\"} %.17g\n"
		"kepler_node_cpu_watts{path=\"b\",zone=\"core\"} %.17g\n" NAME "{pid=\"7\"} %.2f\n",
		node->joules[0], node->joules[1], node->watts[0], node->watts[1], 100 + node->at);
}

/* An idle machine: Kepler's own counters tell that it has looked. */
static void
test_idle(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *form = "kepler_node_cpu_joules_total{zone=\"package\"} %g\n" NAME
			    "{pid=\"1\"} 5\n";
	g_autofree gchar *first = g_strdup_printf(form, 1000.0);
	g_autofree gchar *second = g_strdup_printf(form, 1017.3);

	take_page(fixture, first, 5, 0);
	see_page(fixture, first, KEPLER_GROWTH_NO_LOOK);
	g_assert_false(fixture->taken);
	take_page(fixture, second, 5, 0);
	g_assert_cmpfloat_with_epsilon(fixture->seconds.span, 2, 1e-9);
	/* without them nothing tells it */
	take_page(fixture, NAME "{pid=\"1\"} 5.5\n", 5.5, 0.5);
	see_page(fixture, NAME "{pid=\"1\"} 5.5\n", KEPLER_GROWTH_UNKNOWN);
	/* where they stand still while processes work, the processes tell it */
	take_page(fixture,
		  "kepler_node_cpu_joules_total{zone=\"package\"} 1000\n" NAME "{pid=\"1\"} 6\n", 6,
		  0.5);
	take_page(fixture,
		  "kepler_node_cpu_joules_total{zone=\"package\"} 1000\n" NAME "{pid=\"1\"} 6.5\n",
		  6.5, 0.5);
}

/*
 * Kepler as it is by default: it looks every 5 s, and when it is asked and has not looked for 0.5
 * s. Its timer comes 0.25 s before a request.
 */
static void
test_out_of_step(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const struct {
		gdouble look; /* s */
		KeplerGrowth growth_is;
		gdouble growth;
	} answers[] = {
		{0.75, KEPLER_GROWTH_FIRST, 0},
		/* the first page was an old one: that is seen now, and no growth is lost */
		{2, KEPLER_GROWTH_OFF, 0},
		{3, KEPLER_GROWTH_TOLD, 1},
		{4, KEPLER_GROWTH_TOLD, 1},
		{5, KEPLER_GROWTH_TOLD, 1},
		{5.75, KEPLER_GROWTH_OFF, 0},
		{7, KEPLER_GROWTH_TOLD, 2},
		{8, KEPLER_GROWTH_TOLD, 1},
		/* a little out of step */
		{9.03, KEPLER_GROWTH_TOLD, 1.03},
		{10, KEPLER_GROWTH_TOLD, 0.97},
		/* and always by as much */
		{10.75, KEPLER_GROWTH_OFF, 0},
		{11.75, KEPLER_GROWTH_OFF, 0},
		{12.75, KEPLER_GROWTH_OFF, 0},
		{13.75, KEPLER_GROWTH_OFF, 0},
		{14.755, KEPLER_GROWTH_TOLD, 4.755},
		{15.755, KEPLER_GROWTH_TOLD, 1},
	};
	Node node = {-1, {0}, {0}};

	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		node_look(&node, answers[i].look, 10 + i % 3, 5 + i % 2);
		g_autofree gchar *page = node_print(&node);
		see_page(fixture, page, answers[i].growth_is);
		if (answers[i].growth_is != KEPLER_GROWTH_TOLD)
			continue;
		g_assert_true(fixture->seconds.is_timed);
		/* the page has hundredths of CPU seconds */
		g_assert_cmpfloat_with_epsilon(fixture->seconds.growth, answers[i].growth, 0.011);
		g_assert_cmpfloat_with_epsilon(fixture->seconds.growth / fixture->seconds.span, 1,
					       0.011);
	}
}

/* Two looks between two answers: their times are not told, and then the answers' hold. */
static void
test_two_looks(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Node node = {0, {0}, {0}};

	for (guint i = 1; i < 5; i++) {
		node_look(&node, i - 0.6, 10, 5);
		node_look(&node, i, 7 + i, 4);
		g_autofree gchar *page = node_print(&node);
		take_page(fixture, page, 100 + i, i > 1 ? 1 : 0);
		g_assert_false(fixture->seconds.is_timed);
		if (i > 1)
			g_assert_cmpfloat_with_epsilon(fixture->seconds.span, 1, 1e-9);
	}
}

/* The fake meter starts over every few thousand looks; the other zone alone tells nothing. */
static void
test_zone_starts_over(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Node node = {0, {0}, {0}};

	for (guint i = 1; i < 5; i++) {
		node_look(&node, i, 10, 5);
		if (i == 3)
			node.joules[0] = 0;
		g_autofree gchar *page = node_print(&node);
		take_page(fixture, page, 100 + i, i > 1 ? 1 : 0);
		g_assert_true(fixture->seconds.is_timed == (i == 2 || i == 4));
	}
}

/* Processes whose total is @total. */
static void
see_total(Fixture *fixture, gdouble total, guint n_cpus, KeplerGrowth growth_is, gboolean is_of_use)
{
	g_autoptr(GString) page = g_string_new(NULL);

	for (guint i = 1; i <= 50; i++)
		g_string_append_printf(page, NAME "{pid=\"%u\"} %.17g\n", i, total / 50);
	fixture->n_cpus = n_cpus;
	see_page(fixture, page->str, growth_is);
	g_assert_cmpint(fixture->seconds.is_of_use, ==, is_of_use);
}

/*
 * Two CPUs give 2.01 s between the request before and the end of this answer; what Kepler rounds
 * comes on top. What 10 s of both could not give will not become right with time.
 */
static void
test_most_growth(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gdouble most = 2.01 * 1.02 + 0.05;

	see_total(fixture, 100, 2, KEPLER_GROWTH_FIRST, TRUE);
	see_total(fixture, 100 + most - 1e-4, 2, KEPLER_GROWTH_TOLD, TRUE);
	see_total(fixture, 100 + 2 * most, 2, KEPLER_GROWTH_TOO_MUCH, FALSE);
	see_total(fixture, 100 + 2 * most + 1.9, 2, KEPLER_GROWTH_TOLD, TRUE);
	see_total(fixture, 100 + 3 * most + 1.9 + 19.99, 2, KEPLER_GROWTH_TOO_MUCH, FALSE);
	see_total(fixture, 100 + 3 * most + 1.9 + 2.04 + 20.01, 2, KEPLER_GROWTH_TOO_MUCH, TRUE);
	/* of CPUs that come or go the larger number counts */
	see_total(fixture, 130.3 + 3.9, 4, KEPLER_GROWTH_TOLD, TRUE);
	see_total(fixture, 130.3 + 3.9 + 3.9, 2, KEPLER_GROWTH_TOLD, TRUE);
	see_total(fixture, 130.3 + 3.9 + 3.9 + 2.2, 2, KEPLER_GROWTH_TOO_MUCH, FALSE);
	see_total(fixture, 130.3 + 3.9 + 3.9 + 4.1, 2, KEPLER_GROWTH_TOLD, TRUE);
}

/*
 * Answers of 5 ms, a second apart: the updates were 0.995 to 1.005 s apart if Kepler updated when
 * it was asked. 5 % more or less is accepted.
 */
static void
test_step_limits(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gdouble span;
		KeplerGrowth growth_is;
		gboolean is_of_use;
	} cases[] = {
		{0.946, KEPLER_GROWTH_TOLD, TRUE},
		{0.944, KEPLER_GROWTH_OFF, FALSE},
		{1.054, KEPLER_GROWTH_TOLD, TRUE},
		{1.056, KEPLER_GROWTH_OFF, FALSE},
	};

	for (guint i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		KeplerReader reader;
		guint n_taken = 1 + i % 2;
		Node node = {-1, {0}, {0}};
		kepler_seconds_clear(&fixture->seconds);
		kepler_seconds_init(&fixture->seconds, &reader);
		fixture->taken = FALSE;
		for (guint j = 0; j <= n_taken; j++) {
			gdouble span = j < n_taken ? 1 : cases[i / 2].span;
			node_look(&node, node.at + span, 10 + j, 5);
			g_autofree gchar *page = node_print(&node);
			see_page(fixture, page,
				 j == 0	       ? KEPLER_GROWTH_FIRST
				 : j < n_taken ? KEPLER_GROWTH_TOLD
					       : cases[i / 2].growth_is);
		}
		g_assert_cmpfloat_with_epsilon(fixture->seconds.span, cases[i / 2].span, 1e-4);
		/* of the very first page nothing was written: a longer time makes it of no value */
		g_assert_cmpint(fixture->seconds.is_of_use, ==,
				cases[i / 2].is_of_use ||
					(n_taken == 1 && cases[i / 2].span > 1.055));
	}
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

static void
add(const gchar *name, void (*func)(Fixture *, gconstpointer))
{
	const gsize pieces[] = {1, 2, 3, 7, 50, 1000, G_MAXUINT32};

	for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autofree gchar *path = g_strdup_printf("/kepler/%s/%" G_GSIZE_FORMAT, name,
							 pieces[i]);
		g_test_add(path, Fixture, GSIZE_TO_POINTER(pieces[i]), fixture_set_up, func,
			   fixture_tear_down);
	}
}

/* A test with many processes, for which it is no matter how their pages come. */
static void
add_once(const gchar *name, void (*func)(Fixture *, gconstpointer))
{
	g_autofree gchar *path = g_strconcat("/kepler/", name, NULL);

	g_test_add(path, Fixture, GSIZE_TO_POINTER(1000), fixture_set_up, func, fixture_tear_down);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	add("forms", test_forms);
	add("labels", test_labels);
	add("end", test_end);
	add("names", test_names);
	add("come-and-go", test_come_and_go);
	add("identity", test_identity);
	add("containers", test_containers);
	add("one-pid-twice", test_one_pid_twice);
	add("ended", test_ended);
	add("pid-reuse", test_pid_reuse);
	add("away", test_away);
	add("idle-task", test_idle_task);
	add("late", test_late);
	add("too-much", test_too_much);
	add("idle", test_idle);
	add("out-of-step", test_out_of_step);
	add("two-looks", test_two_looks);
	add("zone-starts-over", test_zone_starts_over);
	add("most-growth", test_most_growth);
	add("step-limits", test_step_limits);
	add("bad-page", test_bad_page);
	add("damage", test_damage);
	add("no-process", test_no_process);
	add_once("many-away", test_many_away);
	add_once("memory", test_memory);
	return g_test_run();
}
