/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Whose time a page tells: of processes that come, go, and share a pid, and of the idle task. */

#include "kepler-pages.h"

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

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	add("come-and-go", test_come_and_go);
	add("identity", test_identity);
	add("containers", test_containers);
	add("one-pid-twice", test_one_pid_twice);
	add("ended", test_ended);
	add("pid-reuse", test_pid_reuse);
	add("away", test_away);
	add("idle-task", test_idle_task);
	add_once("many-away", test_many_away);
	return g_test_run();
}
