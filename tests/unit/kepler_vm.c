/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "kepler_vm/machines.h"

#include <math.h>

#include "vmfc/vmfc-plugin.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

#define WATTS(zone, name, value)                                                                   \
	"kepler_vm_cpu_watts{vm_id=\"u-" name "\",vm_name=\"" name                                 \
	"\",hypervisor=\"kvm\",state=\"running\",zone=\"" zone "\"} " value "\n"
#define JOULES(zone, name, value)                                                                  \
	"kepler_vm_cpu_joules_total{zone=\"" zone "\",state=\"running\",hypervisor=\"kvm\","       \
	"vm_name=\"" name "\",vm_id=\"u-" name "\"} " value "\n"
#define LOOK(value) "kepler_node_cpu_joules_total{zone=\"package\"} " value "\n"

typedef struct {
	Machines machines;
	KeplerReader reader;
	gint64 now;
	gboolean taken;
} Fixture;

static void
open_machines(Fixture *fixture, const gchar *names, const gchar *pattern)
{
	*fixture = (Fixture){.now = SECOND};
	machines_init(&fixture->machines, names, pattern, &fixture->reader);
}

/* The next page, a second later, cut into pieces. Returns: whether it is good */
static gboolean
read_page(Fixture *fixture, const gchar *text, GError **error)
{
	const KeplerReader *reader = &fixture->reader;
	gsize length = strlen(text);
	gboolean good = TRUE;

	fixture->now += SECOND;
	reader->begin(reader->user_data, fixture->taken, fixture->now);
	for (gsize i = 0; i < length && good; i += 7)
		good = kepler_text_add(reader->text, text + i, MIN(7, length - i), error);
	good = good && kepler_text_end(reader->text, KEPLER_END_TOLD, error);
	reader->end(reader->user_data, good);
	fixture->taken = good;
	return good;
}

static const MachinesFigures *
take_page(Fixture *fixture, const gchar *text)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(read_page(fixture, text, &error));
	g_assert_no_error(error);
	return &fixture->machines.figures;
}

static void
test_sums(void)
{
	Fixture fixture;
	const MachinesFigures *figures;

	open_machines(&fixture, "", "");
	figures = take_page(&fixture, LOOK("1") WATTS("package", "a", "1.5") WATTS("core", "a", "1")
					      WATTS("package", "b", "2") WATTS("core", "b", "0"));
	g_assert_cmpuint(figures->n_vms, ==, 2);
	g_assert_cmpfloat(figures->watts[POWER_ZONE_PACKAGE], ==, 3.5);
	g_assert_cmpfloat(figures->watts[POWER_ZONE_CORE], ==, 1);
	g_assert_true(isnan(figures->watts[POWER_ZONE_DRAM]));
	g_assert_false(figures->has_changed);
	g_assert_cmpfloat(figures->age, <, 0);
	/* a zone that is told of one of them only has no sum */
	figures = take_page(&fixture, LOOK("2") WATTS("package", "a", "1.5")
					      WATTS("package", "b", "2") WATTS("core", "b", "0"));
	g_assert_cmpfloat(figures->watts[POWER_ZONE_PACKAGE], ==, 3.5);
	g_assert_true(isnan(figures->watts[POWER_ZONE_CORE]));
	machines_clear(&fixture.machines);
}

static void
test_wanted(void)
{
	static const gchar page[] = WATTS("package", "web-1", "1") WATTS("package", "web-2", "2")
		WATTS("package", "db", "4") WATTS("package", "q\\\"x", "8");
	static const struct {
		const gchar *names;
		const gchar *pattern;
		gdouble watts;
	} cases[] = {
		{"", "", 15},	    {"db", "", 4},	  {"u-web-2", "", 2}, {"U-WEB-2", "", 2},
		{"DB", "", 0},	    {"", "web-*", 3},	  {"", "web-?", 3},   {"", "eb*", 0},
		{"db", "web-1", 5}, {"db, web-1", "", 5}, {",db,", "", 4},    {"q\"x", "", 8},
		{"none", "", 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Fixture fixture;
		open_machines(&fixture, cases[i].names, cases[i].pattern);
		const MachinesFigures *figures = take_page(&fixture, page);
		if (cases[i].watts > 0) {
			g_assert_cmpfloat(figures->watts[POWER_ZONE_PACKAGE], ==, cases[i].watts);
		} else {
			g_autofree gchar *why = machines_explain(&fixture.machines);
			g_assert_cmpuint(figures->n_vms, ==, 0);
			g_assert_true(isnan(figures->watts[POWER_ZONE_PACKAGE]));
			g_assert_nonnull(strstr(why, "web-1, web-2, db, q\"x"));
		}
		machines_clear(&fixture.machines);
	}
}

/* Joules are told once for each look of Kepler's, and so is their power, from the third look on. */
static void
test_growth(void)
{
	Fixture fixture;
	const MachinesFigures *figures;

	open_machines(&fixture, "a", "");
	take_page(&fixture, LOOK("1") JOULES("package", "a", "100"));
	figures = take_page(&fixture, LOOK("1") JOULES("package", "a", "100"));
	g_assert_false(figures->has_changed);
	figures = take_page(&fixture, LOOK("2") JOULES("package", "a", "110"));
	g_assert_true(figures->has_changed);
	g_assert_cmpfloat(figures->growth[POWER_ZONE_PACKAGE], ==, 10);
	g_assert_true(isnan(figures->growth[POWER_ZONE_CORE]));
	g_assert_cmpfloat(figures->span, ==, 0);
	g_assert_cmpfloat(figures->age, ==, 0);
	figures = take_page(&fixture, LOOK("2") JOULES("package", "a", "110"));
	g_assert_false(figures->has_changed);
	g_assert_cmpfloat(figures->age, ==, 1);
	figures = take_page(&fixture, LOOK("2") JOULES("package", "a", "110"));
	g_assert_cmpfloat(figures->age, ==, 2);
	figures = take_page(&fixture, LOOK("3") JOULES("package", "a", "116"));
	g_assert_cmpfloat(figures->growth[POWER_ZONE_PACKAGE], ==, 6);
	g_assert_cmpfloat(figures->span, ==, 3);
	/* one that is idle has used nothing: Kepler has looked */
	figures = take_page(&fixture, LOOK("4") JOULES("package", "a", "116"));
	g_assert_true(figures->has_changed);
	g_assert_cmpfloat(figures->growth[POWER_ZONE_PACKAGE], ==, 0);
	/* another VM, which is not wanted, changes nothing */
	figures = take_page(&fixture,
			    LOOK("5") JOULES("package", "a", "117") JOULES("package", "b", "1"));
	g_assert_cmpfloat(figures->growth[POWER_ZONE_PACKAGE], ==, 1);
	/* Kepler counts anew */
	figures = take_page(&fixture, LOOK("1") JOULES("package", "a", "3"));
	g_assert_true(isnan(figures->growth[POWER_ZONE_PACKAGE]));
	figures = take_page(&fixture, LOOK("2") JOULES("package", "a", "0"));
	g_assert_true(isnan(figures->growth[POWER_ZONE_PACKAGE]));
	figures = take_page(&fixture, LOOK("3") JOULES("package", "a", "5"));
	g_assert_cmpfloat(figures->growth[POWER_ZONE_PACKAGE], ==, 5);
	machines_clear(&fixture.machines);
}

static void
test_coming_and_going(void)
{
	Fixture fixture;
	const MachinesFigures *figures;

	open_machines(&fixture, "", "");
	take_page(&fixture, LOOK("1") JOULES("package", "a", "100"));
	figures = take_page(&fixture,
			    LOOK("2") JOULES("package", "a", "110") JOULES("package", "b", "500"));
	g_assert_cmpuint(figures->n_vms, ==, 2);
	g_assert_true(isnan(figures->growth[POWER_ZONE_PACKAGE]));
	figures = take_page(&fixture,
			    LOOK("3") JOULES("package", "b", "501") JOULES("package", "a", "112"));
	g_assert_cmpfloat(figures->growth[POWER_ZONE_PACKAGE], ==, 3);
	/* one has ended, and is shown on */
	figures = take_page(
		&fixture,
		LOOK("4") JOULES("package", "a",
				 "113") "kepler_vm_cpu_joules_total{vm_id=\"u-b\",vm_name=\"b\","
					"state=\"terminated\",zone=\"package\"} 502\n");
	g_assert_cmpuint(figures->n_vms, ==, 1);
	g_assert_true(isnan(figures->growth[POWER_ZONE_PACKAGE]));
	figures = take_page(&fixture, LOOK("5") JOULES("package", "a", "115"));
	g_assert_cmpfloat(figures->growth[POWER_ZONE_PACKAGE], ==, 2);
	machines_clear(&fixture.machines);
}

/* An answer that came to nothing is not what growth counts from. */
static void
test_not_taken(void)
{
	Fixture fixture;
	const MachinesFigures *figures;

	open_machines(&fixture, "", "");
	take_page(&fixture, LOOK("1") JOULES("package", "a", "100"));
	take_page(&fixture, LOOK("2") JOULES("package", "a", "110"));
	fixture.taken = FALSE;
	g_assert_false(read_page(&fixture, LOOK("3") JOULES("package", "a", "1x"), NULL));
	figures = take_page(&fixture, LOOK("4") JOULES("package", "a", "115"));
	g_assert_cmpfloat(figures->growth[POWER_ZONE_PACKAGE], ==, 15);
	machines_clear(&fixture.machines);
}

static void
test_refused(void)
{
	static const struct {
		const gchar *page;
		const gchar *sentence;
	} cases[] = {
		{WATTS("package", "a", "NaN"), "line 1 of the page has no number of watts"},
		{WATTS("package", "a", "-1"), "line 1 of the page has no number of watts"},
		{JOULES("package", "a", "+Inf"), "line 1 of the page has no number of joules"},
		{LOOK("1") WATTS("package", "a", "1") WATTS("package", "a", "1"),
		 "line 3 of the page repeats an earlier one"},
		{"kepler_vm_cpu_watts 1\n", "line 1 of the page is no sample of a VM"},
		{"kepler_vm_cpu_watts{zone=\"package} 1\n",
		 "line 1 of the page is no sample of a VM"},
		{WATTS("package", "a", "1 2 3"), "line 1 of the page is no sample of a VM"},
		{"kepler_vm_cpu_watts_more{} x\n" LOOK("1"), "Kepler's page has no*'vm' is not*"},
		{"node_load 1\n", "what answers is not Kepler*"},
		{"", "what answers is not Kepler*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Fixture fixture;
		g_autoptr(GError) error = NULL;
		open_machines(&fixture, "", "");
		g_assert_false(read_page(&fixture, cases[i].page, &error));
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
		machines_clear(&fixture.machines);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kepler_vm/sums", test_sums);
	g_test_add_func("/kepler_vm/wanted", test_wanted);
	g_test_add_func("/kepler_vm/growth", test_growth);
	g_test_add_func("/kepler_vm/coming-and-going", test_coming_and_going);
	g_test_add_func("/kepler_vm/not-taken", test_not_taken);
	g_test_add_func("/kepler_vm/refused", test_refused);
	return g_test_run();
}
