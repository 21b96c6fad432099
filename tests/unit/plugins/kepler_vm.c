/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "kepler_vm/vm-series.h"

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
	VmSeries machines;
	KeplerReader reader;
	gint64 now;
	gboolean taken;
} Fixture;

static void
open_machines(Fixture *fixture, const gchar *names, const gchar *pattern)
{
	*fixture = (Fixture){.now = SECOND};
	g_assert_true(vm_series_init(&fixture->machines, names, pattern, &fixture->reader, NULL));
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

static const VmSeriesFigures *
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
	const VmSeriesFigures *figures;

	open_machines(&fixture, "", "");
	figures = take_page(&fixture, LOOK("1") WATTS("package", "a", "1.5") WATTS("core", "a", "1")
					      WATTS("package", "b", "2") WATTS("core", "b", "0"));
	g_assert_cmpuint(figures->n_vms, ==, 2);
	g_assert_cmpfloat(figures->watts[VMFC_ZONE_PACKAGE].value, ==, 3.5);
	g_assert_cmpfloat(figures->watts[VMFC_ZONE_CORE].value, ==, 1);
	g_assert_true(isnan(figures->watts[VMFC_ZONE_DRAM].value));
	g_assert_cmpint(figures->growth[VMFC_ZONE_PACKAGE].reason, !=, VM_SERIES_KNOWN);
	g_assert_cmpfloat(figures->age, <, 0);
	/* a zone that is told of one of them only has no sum */
	figures = take_page(&fixture, LOOK("2") WATTS("package", "a", "1.5")
					      WATTS("package", "b", "2") WATTS("core", "b", "0"));
	g_assert_cmpfloat(figures->watts[VMFC_ZONE_PACKAGE].value, ==, 3.5);
	g_assert_true(isnan(figures->watts[VMFC_ZONE_CORE].value));
	vm_series_clear(&fixture.machines);
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
		const VmSeriesFigures *figures = take_page(&fixture, page);
		if (cases[i].watts > 0) {
			g_assert_cmpfloat(figures->watts[VMFC_ZONE_PACKAGE].value, ==,
					  cases[i].watts);
		} else {
			g_autofree gchar *why = vm_page_explain(fixture.machines.page);
			g_assert_cmpuint(figures->n_vms, ==, 0);
			g_assert_true(isnan(figures->watts[VMFC_ZONE_PACKAGE].value));
			g_assert_nonnull(strstr(why, "web-1, web-2, db, q\"x"));
		}
		vm_series_clear(&fixture.machines);
	}
}

/* Quotes hold commas; a list that is one VM's name as a whole is that, unless it is also a list. */
static void
test_commas(void)
{
#define BOTH WATTS("package", "web,debug=on", "1") WATTS("package", "db,x\\\"y", "2")
	static const struct {
		const gchar *names;
		const gchar *page;
		gdouble watts;
	} cases[] = {
		{"web,debug=on", BOTH, 1},
		{" U-WEB,debug=on ", BOTH, 1},
		{"\"web,debug=on\"", BOTH, 1},
		{"\"web,debug=on\" , \"db,x\"\"y\"", BOTH, 3},
		{"web,debug=on,none", BOTH, 0},
		{"web", BOTH, 0},
		{"web,none", BOTH WATTS("package", "web", "8"), 8},
		{"\"web\",debug=on", BOTH WATTS("package", "web", "8"), 8},
	};
	static const gchar *const wrong[] = {"\"web", "web,\"db,x", "\"web\"db", "\"web\"\""};
	Fixture fixture;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		open_machines(&fixture, cases[i].names, "");
		const VmSeriesFigures *figures = take_page(&fixture, cases[i].page);
		g_assert_cmpuint(figures->n_vms > 0, ==, cases[i].watts > 0);
		if (figures->n_vms > 0)
			g_assert_cmpfloat(figures->watts[VMFC_ZONE_PACKAGE].value, ==,
					  cases[i].watts);
		vm_series_clear(&fixture.machines);
	}
	open_machines(&fixture, "none", "");
	take_page(&fixture, BOTH);
	g_autofree gchar *why = vm_page_explain(fixture.machines.page);
	g_assert_true(g_str_has_suffix(why, "it shows \"web,debug=on\", \"db,x\"\"y\""));
	vm_series_clear(&fixture.machines);
	open_machines(&fixture, "web,debug=on", "");
	g_assert_false(read_page(&fixture, BOTH WATTS("package", "web", "8"), &error));
	g_assert_nonnull(strstr(error->message, "put names that contain commas in double quotes"));
	vm_series_clear(&fixture.machines);
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) reason = NULL;
		g_assert_false(
			vm_series_init(&fixture.machines, wrong[i], "", &fixture.reader, &reason));
		g_assert_error(reason, VMFC_ERROR, VMFC_ERROR_USAGE);
		vm_series_clear(&fixture.machines);
	}
#undef BOTH
}

/* VMs are there whatever the zones are called that Kepler shows them with. */
static void
test_other_zones(void)
{
	Fixture fixture;
	const VmSeriesFigures *figures;

	open_machines(&fixture, "", "");
	figures = take_page(&fixture, WATTS("cpu_power_socket_0", "a", "10")
					      WATTS("cpu_power_socket_0", "b", "NaN")
						      JOULES("cpu_power_socket_1", "b", "5"));
	g_assert_cmpuint(figures->n_vms, ==, 2);
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		g_assert_true(isnan(figures->watts[i].value));
		g_assert_cmpint(figures->watts[i].reason, ==, VM_SERIES_NO_ZONE);
		g_assert_cmpint(figures->growth[i].reason, ==, VM_SERIES_NO_ZONE);
	}
	g_assert_cmpstr(fixture.machines.page->no_zone->str, ==,
			"Kepler does not show this zone for the VMs; it shows cpu_power_socket_0, "
			"cpu_power_socket_1");
	/* one that vmfc has a column for, of one of them */
	figures = take_page(&fixture,
			    WATTS("sensor\\n\xe2\x80\xae", "a", "10") WATTS("package", "b", "1"));
	g_assert_cmpuint(figures->n_vms, ==, 2);
	g_assert_cmpint(figures->watts[VMFC_ZONE_PACKAGE].reason, ==, VM_SERIES_PART_OF_ZONE);
	g_assert_true(g_str_is_ascii(fixture.machines.page->no_zone->str));
	vm_series_clear(&fixture.machines);
	open_machines(&fixture, "none", "");
	figures = take_page(&fixture, WATTS("sensor", "a", "10") JOULES("sensor", "a", "10"));
	g_assert_cmpuint(figures->n_vms, ==, 0);
	g_autofree gchar *why = vm_page_explain(fixture.machines.page);
	g_assert_true(g_str_has_suffix(why, "it shows a"));
	vm_series_clear(&fixture.machines);
}

/* The label that tells a VM is its vm_id, whatever it is called. */
static void
test_identity(void)
{
#define NAMED(name, value)                                                                         \
	"kepler_vm_cpu_joules_total{vm_id=\"u\",vm_name=\"" name                                   \
	"\",state=\"running\",zone=\"package\"} " value "\n"
	Fixture fixture;
	const VmSeriesFigures *figures;

	open_machines(&fixture, "", "");
	take_page(&fixture, LOOK("1") NAMED("old", "100"));
	figures = take_page(&fixture, LOOK("2") NAMED("new", "107"));
	g_assert_cmpuint(figures->n_vms, ==, 1);
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 7);
	/* one VM twice is two numbers for one thing */
	g_assert_false(read_page(&fixture, LOOK("3") NAMED("new", "1") NAMED("old", "2"), NULL));
	vm_series_clear(&fixture.machines);
#undef NAMED
}

#define HOST(zone, watts) "kepler_node_cpu_watts{path=\"p\",zone=\"" zone "\"} " watts "\n"

/* 0 W of an idle VM is a value; that of Kepler's first look, or of a dead meter, is none. */
static void
test_nothing_drawn(void)
{
	static const struct {
		const gchar *page;
		VmSeriesReason reason;
	} cases[] = {
		{HOST("package", "80") WATTS("package", "a", "0") JOULES("package", "a", "9"),
		 VM_SERIES_KNOWN},
		{HOST("package", "80") WATTS("package", "a", "0") JOULES("package", "a", "0"),
		 VM_SERIES_KNOWN},
		{HOST("package", "0") HOST("core", "0") WATTS("package", "a", "0")
			 JOULES("package", "a", "0"),
		 VM_SERIES_FIRST_LOOK},
		{HOST("package", "0") HOST("core", "5") WATTS("package", "a", "0"),
		 VM_SERIES_DEAD_ZONE},
		{HOST("package", "5") HOST("package", "0") WATTS("package", "a", "0"),
		 VM_SERIES_KNOWN},
		{HOST("cpu_power", "5") WATTS("package", "a", "0"), VM_SERIES_KNOWN},
		/* without the host: where no VM has used anything */
		{WATTS("package", "a", "0") JOULES("package", "a", "0"), VM_SERIES_FIRST_LOOK},
		{WATTS("package", "a", "0") JOULES("package", "a", "1"), VM_SERIES_KNOWN},
		{WATTS("package", "a", "0") JOULES("package", "a", "0") JOULES("core", "b", "1"),
		 VM_SERIES_KNOWN},
		{WATTS("package", "a", "0"), VM_SERIES_KNOWN},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Fixture fixture;
		open_machines(&fixture, "a", "");
		const VmSeriesFigures *figures = take_page(&fixture, cases[i].page);
		g_assert_cmpint(figures->watts[VMFC_ZONE_PACKAGE].reason, ==, cases[i].reason);
		g_assert_cmpint(isnan(figures->watts[VMFC_ZONE_PACKAGE].value), ==,
				cases[i].reason != VM_SERIES_KNOWN);
		vm_series_clear(&fixture.machines);
	}
}

/* Kepler's counters of the host tell its looks; what VMs show in between is of the last one. */
static void
test_looks(void)
{
	Fixture fixture;
	const VmSeriesFigures *figures;

	open_machines(&fixture, "", "");
	take_page(&fixture, LOOK("1") HOST("package", "8") JOULES("package", "a", "100"));
	figures = take_page(&fixture, LOOK("1") HOST("package", "9") JOULES("package", "a", "101"));
	g_assert_cmpint(figures->growth[VMFC_ZONE_PACKAGE].reason, ==, VM_SERIES_REPEATED);
	figures = take_page(&fixture, LOOK("2") HOST("package", "9") JOULES("package", "a", "101"));
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 1);
	vm_series_clear(&fixture.machines);
}

/* A page that stays the same for three times as long as Kepler takes for a look is of the past. */
static void
test_stale(void)
{
	static const gint64 rests[] = {0, 4 * SECOND, 20 * SECOND};

	for (guint i = 0; i < G_N_ELEMENTS(rests); i++) {
		Fixture fixture;
		const VmSeriesFigures *figures;
		gint64 most = 3 * MAX(rests[i], 5 * SECOND);
		open_machines(&fixture, "", "");
		if (rests[i] > 0) {
			take_page(&fixture, LOOK("1") WATTS("package", "a", "3"));
			take_page(&fixture, LOOK("2") WATTS("package", "a", "3"));
			fixture.now += rests[i] - SECOND;
			take_page(&fixture, LOOK("2") WATTS("package", "a", "3"));
		}
		take_page(&fixture,
			  LOOK("3") WATTS("package", "a", "4") JOULES("package", "a", "9"));
		fixture.now += most - SECOND;
		figures = take_page(&fixture, LOOK("3") WATTS("package", "a", "4")
						      JOULES("package", "a", "9"));
		g_assert_cmpfloat(figures->watts[VMFC_ZONE_PACKAGE].value, ==, 4);
		figures = take_page(&fixture, LOOK("3") WATTS("package", "a", "4")
						      JOULES("package", "a", "9"));
		g_assert_cmpint(figures->watts[VMFC_ZONE_PACKAGE].reason, ==, VM_SERIES_STALE);
		g_assert_cmpint(figures->growth[VMFC_ZONE_PACKAGE].reason, ==, VM_SERIES_STALE);
		g_assert_cmpint(figures->watts[VMFC_ZONE_CORE].reason, ==, VM_SERIES_NO_ZONE);
		figures = take_page(&fixture, LOOK("4") WATTS("package", "a", "4")
						      JOULES("package", "a", "9"));
		g_assert_cmpfloat(figures->watts[VMFC_ZONE_PACKAGE].value, ==, 4);
		vm_series_clear(&fixture.machines);
	}
}

/* More than a host can draw since the look before, as long ago as that can be. */
static void
test_too_much(void)
{
	static const struct {
		const gchar *joules;
		VmSeriesReason reason;
	} cases[] = {
		/* Kepler's first page can be of 15 s before; later ones came when they were seen */
		{"320000", VM_SERIES_KNOWN},	   {"640001", VM_SERIES_TOO_MUCH},
		{"660000", VM_SERIES_KNOWN},	   {"700001", VM_SERIES_TOO_MUCH},
		{"262844000", VM_SERIES_TOO_MUCH},
	};
	Fixture fixture;
	const VmSeriesFigures *figures;

	open_machines(&fixture, "", "");
	take_page(&fixture, LOOK("1") JOULES("package", "a", "0.5") WATTS("package", "a", "20001"));
	g_assert_cmpint(fixture.machines.figures.watts[VMFC_ZONE_PACKAGE].reason, ==,
			VM_SERIES_TOO_MUCH);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *page = g_strdup_printf(
			"kepler_node_cpu_joules_total{zone=\"package\"} %u\n"
			"kepler_vm_cpu_joules_total{vm_id=\"u-a\",vm_name=\"a\",zone=\"package\"} "
			"%s\n",
			i + 2, cases[i].joules);
		figures = take_page(&fixture, page);
		g_assert_cmpint(figures->growth[VMFC_ZONE_PACKAGE].reason, ==, cases[i].reason);
	}
	vm_series_clear(&fixture.machines);
}

/* Kepler started over, though the VM's joules are above what they were. */
static void
test_started_over(void)
{
#define ACTIVE(value) "kepler_node_cpu_active_joules_total{zone=\"package\",path=\"p\"} " value "\n"
	Fixture fixture;
	const VmSeriesFigures *figures;

	open_machines(&fixture, "", "");
	take_page(&fixture, ACTIVE("50") JOULES("package", "a", "1"));
	figures = take_page(&fixture, ACTIVE("60") JOULES("package", "a", "3"));
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 2);
	figures = take_page(&fixture, ACTIVE("9") JOULES("package", "a", "4"));
	g_assert_cmpint(figures->growth[VMFC_ZONE_PACKAGE].reason, ==, VM_SERIES_BACKWARDS);
	figures = take_page(&fixture, ACTIVE("10") JOULES("package", "a", "4"));
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 0);
	vm_series_clear(&fixture.machines);
#undef ACTIVE
}

/* Joules are told once for each look of Kepler's, and so is their power, from the third look on. */
static void
test_growth(void)
{
	Fixture fixture;
	const VmSeriesFigures *figures;

	open_machines(&fixture, "a", "");
	take_page(&fixture, LOOK("1") JOULES("package", "a", "100"));
	figures = take_page(&fixture, LOOK("1") JOULES("package", "a", "100"));
	g_assert_cmpint(figures->growth[VMFC_ZONE_PACKAGE].reason, !=, VM_SERIES_KNOWN);
	figures = take_page(&fixture, LOOK("2") JOULES("package", "a", "110"));
	g_assert_cmpint(figures->growth[VMFC_ZONE_PACKAGE].reason, ==, VM_SERIES_KNOWN);
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 10);
	g_assert_true(isnan(figures->growth[VMFC_ZONE_CORE].value));
	g_assert_cmpfloat(figures->span, ==, 0);
	g_assert_cmpfloat(figures->age, ==, 0);
	figures = take_page(&fixture, LOOK("2") JOULES("package", "a", "110"));
	g_assert_cmpint(figures->growth[VMFC_ZONE_PACKAGE].reason, !=, VM_SERIES_KNOWN);
	g_assert_cmpfloat(figures->age, ==, 1);
	figures = take_page(&fixture, LOOK("2") JOULES("package", "a", "110"));
	g_assert_cmpfloat(figures->age, ==, 2);
	figures = take_page(&fixture, LOOK("3") JOULES("package", "a", "116"));
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 6);
	g_assert_cmpfloat(figures->span, ==, 3);
	/* one that is idle has used nothing: Kepler has looked */
	figures = take_page(&fixture, LOOK("4") JOULES("package", "a", "116"));
	g_assert_cmpint(figures->growth[VMFC_ZONE_PACKAGE].reason, ==, VM_SERIES_KNOWN);
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 0);
	/* another VM, which is not wanted, changes nothing */
	figures = take_page(&fixture,
			    LOOK("5") JOULES("package", "a", "117") JOULES("package", "b", "1"));
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 1);
	/* Kepler starts to count again */
	figures = take_page(&fixture, LOOK("1") JOULES("package", "a", "3"));
	g_assert_true(isnan(figures->growth[VMFC_ZONE_PACKAGE].value));
	figures = take_page(&fixture, LOOK("2") JOULES("package", "a", "0"));
	g_assert_true(isnan(figures->growth[VMFC_ZONE_PACKAGE].value));
	figures = take_page(&fixture, LOOK("3") JOULES("package", "a", "5"));
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 5);
	vm_series_clear(&fixture.machines);
}

static void
test_coming_and_going(void)
{
	Fixture fixture;
	const VmSeriesFigures *figures;

	open_machines(&fixture, "", "");
	take_page(&fixture, LOOK("1") JOULES("package", "a", "100"));
	figures = take_page(&fixture,
			    LOOK("2") JOULES("package", "a", "110") JOULES("package", "b", "500"));
	g_assert_cmpuint(figures->n_vms, ==, 2);
	g_assert_true(isnan(figures->growth[VMFC_ZONE_PACKAGE].value));
	figures = take_page(&fixture,
			    LOOK("3") JOULES("package", "b", "501") JOULES("package", "a", "112"));
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 3);
	/* one has ended, and is shown on */
	figures = take_page(
		&fixture,
		LOOK("4") JOULES("package", "a",
				 "113") "kepler_vm_cpu_joules_total{vm_id=\"u-b\",vm_name=\"b\","
					"state=\"terminated\",zone=\"package\"} 502\n");
	g_assert_cmpuint(figures->n_vms, ==, 1);
	g_assert_true(isnan(figures->growth[VMFC_ZONE_PACKAGE].value));
	figures = take_page(&fixture, LOOK("5") JOULES("package", "a", "115"));
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 2);
	vm_series_clear(&fixture.machines);
}

/* An answer that came to nothing is not what growth counts from. */
static void
test_not_taken(void)
{
	Fixture fixture;
	const VmSeriesFigures *figures;

	open_machines(&fixture, "", "");
	take_page(&fixture, LOOK("1") JOULES("package", "a", "100"));
	take_page(&fixture, LOOK("2") JOULES("package", "a", "110"));
	fixture.taken = FALSE;
	g_assert_false(read_page(&fixture, LOOK("3") JOULES("package", "a", "1x"), NULL));
	figures = take_page(&fixture, LOOK("4") JOULES("package", "a", "115"));
	g_assert_cmpfloat(figures->growth[VMFC_ZONE_PACKAGE].value, ==, 15);
	vm_series_clear(&fixture.machines);
}

static void
test_refused(void)
{
	static const struct {
		const gchar *page;
		const gchar *sentence;
	} cases[] = {
		{WATTS("package", "a", "NaN"), "a line of the page has no valid number of watts"},
		{WATTS("package", "a", "-1"), "a line of the page has no valid number of watts"},
		{JOULES("package", "a", "+Inf"), "a line of the page has no valid number of "
						 "joules"},
		{LOOK("1") WATTS("package", "a", "1") WATTS("package", "a", "1"),
		 "a line of the page repeats an earlier one"},
		{"kepler_vm_cpu_watts 1\n", "a line of the page is not a valid sample of a VM"},
		{"kepler_vm_cpu_watts{zone=\"package} 1\n",
		 "a line of the page is not a valid sample of a VM"},
		{WATTS("package", "a", "1 2 3"), "a line of the page is not a valid sample of a "
						 "VM"},
		{"kepler_vm_cpu_watts_more{} x\n" LOOK("1"), "Kepler's page has no*'vm' is not*"},
		{"node_load 1\n", "the server is not Kepler*"},
		{"", "the server is not Kepler*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Fixture fixture;
		g_autoptr(GError) error = NULL;
		open_machines(&fixture, "", "");
		g_assert_false(read_page(&fixture, cases[i].page, &error));
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
		vm_series_clear(&fixture.machines);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kepler_vm/sums", test_sums);
	g_test_add_func("/kepler_vm/wanted", test_wanted);
	g_test_add_func("/kepler_vm/commas", test_commas);
	g_test_add_func("/kepler_vm/other-zones", test_other_zones);
	g_test_add_func("/kepler_vm/identity", test_identity);
	g_test_add_func("/kepler_vm/nothing-drawn", test_nothing_drawn);
	g_test_add_func("/kepler_vm/looks", test_looks);
	g_test_add_func("/kepler_vm/stale", test_stale);
	g_test_add_func("/kepler_vm/too-much", test_too_much);
	g_test_add_func("/kepler_vm/started-over", test_started_over);
	g_test_add_func("/kepler_vm/growth", test_growth);
	g_test_add_func("/kepler_vm/coming-and-going", test_coming_and_going);
	g_test_add_func("/kepler_vm/not-taken", test_not_taken);
	g_test_add_func("/kepler_vm/refused", test_refused);
	return g_test_run();
}
