/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rapl/zones.h"

#include <glib/gstdio.h>
#include <string.h>

#include "context.h"

#define SECOND G_GINT64_CONSTANT(1000000000)
#define JOULE  G_GINT64_CONSTANT(1000000)
#define RANGE  G_GINT64_CONSTANT(262143328850)

/* A machine with zones that a test makes, in a folder of its own. */
typedef struct {
	gchar *root;
	VmfcCore core;
	VmfcContext *context;
	RaplMeters *meters;
	gint64 now;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const VmfcPlugin plugin = {.name = "rapl"};

	fixture->root = g_dir_make_tmp("vmfc-rapl-XXXXXX", NULL);
	fixture->core = (VmfcCore){.files = vmfc_files_new(fixture->root), .interval = SECOND};
	fixture->context = vmfc_context_new(&fixture->core, &plugin);
	fixture->now = 100 * SECOND;
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *command[] = {"rm", "-r", fixture->root, NULL};

	g_clear_pointer(&fixture->meters, rapl_meters_free);
	vmfc_context_free(fixture->context);
	vmfc_files_free(fixture->core.files);
	g_assert_true(g_spawn_sync(NULL, (gchar **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
				   NULL, NULL, NULL, NULL));
	g_free(fixture->root);
}

static void
write_file(const Fixture *fixture, const gchar *folder, const gchar *name, const gchar *text)
{
	g_autofree gchar *path = g_build_filename(fixture->root, folder, NULL);
	g_autofree gchar *file = g_build_filename(path, name, NULL);

	g_mkdir_with_parents(path, 0755);
	/* the file stays the same one: it is open */
	FILE *stream = fopen(file, "w");
	g_assert_nonnull(stream);
	fputs(text, stream);
	fclose(stream);
}

static void
write_energy(const Fixture *fixture, const gchar *zone, gint64 energy)
{
	g_autofree gchar *folder = g_build_filename("sys/class/powercap", zone, NULL);
	g_autofree gchar *text = g_strdup_printf("%" G_GINT64_FORMAT "\n", energy);

	write_file(fixture, folder, "energy_uj", text);
}

static void
add_zone(const Fixture *fixture, const gchar *zone, const gchar *name, gint64 range)
{
	g_autofree gchar *folder = g_build_filename("sys/class/powercap", zone, NULL);
	g_autofree gchar *line = g_strdup_printf("%s\n", name);
	g_autofree gchar *text = g_strdup_printf("%" G_GINT64_FORMAT "\n", range);

	write_file(fixture, folder, "name", line);
	write_file(fixture, folder, "max_energy_range_uj", text);
	write_energy(fixture, zone, 0);
}

/* The next reading of the first meter. Returns: what has been added to its total */
static gint64
read_next(Fixture *fixture, gint64 span, gint64 energy, RaplReading wanted)
{
	RaplMeter *meter = &fixture->meters->meters[0];
	gint64 before = meter->total;

	fixture->now += span;
	write_energy(fixture, "intel-rapl:0", energy);
	vmfc_files_next_tick(fixture->core.files);
	g_assert_cmpint(rapl_meter_read(meter, fixture->now), ==, wanted);
	return meter->total - before;
}

static void
open_one(Fixture *fixture, const gchar *name, gint64 range)
{
	add_zone(fixture, "intel-rapl:0", name, range);
	fixture->meters = rapl_meters_new(fixture->context);
	g_assert_cmpuint(fixture->meters->n_meters, ==, 1);
}

static void
test_growth(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_one(fixture, "package-0", RANGE);
	g_assert_cmpint(read_next(fixture, 0, 500 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_cmpint(read_next(fixture, SECOND, 560 * JOULE, RAPL_GOES_ON), ==, 60 * JOULE);
	g_assert_cmpint(read_next(fixture, SECOND, 560 * JOULE, RAPL_GOES_ON), ==, 0);
	/* over the end of its range, once */
	g_assert_cmpint(read_next(fixture, SECOND, RANGE - 10 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_cmpint(read_next(fixture, SECOND, 40 * JOULE, RAPL_GOES_ON), ==, 50 * JOULE);
	/* a reset is no wrap: 262 kJ in a second are none */
	g_assert_cmpint(read_next(fixture, SECOND, 3 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_cmpint(read_next(fixture, SECOND, 5 * JOULE, RAPL_GOES_ON), ==, 2 * JOULE);
	/* 2000 W are drawn by nothing, and by something */
	g_assert_cmpint(read_next(fixture, SECOND, 2006 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_cmpint(read_next(fixture, SECOND, 4006 * JOULE, RAPL_GOES_ON), ==, 2000 * JOULE);
	/* beyond the range */
	g_assert_cmpint(read_next(fixture, SECOND, RANGE + JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_cmpint(read_next(fixture, SECOND, 2 * JOULE, RAPL_GOES_ON), ==, JOULE);
}

/* In a window in which the counter can have started over twice nothing is known. */
static void
test_long_window(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_one(fixture, "package-0", RANGE);
	g_assert_cmpint(rapl_meter_get_longest(&fixture->meters->meters[0]) / SECOND, ==, 131);
	read_next(fixture, 0, 0, RAPL_RESTARTED);
	g_assert_cmpint(read_next(fixture, 131 * SECOND, 5 * JOULE, RAPL_GOES_ON), ==, 5 * JOULE);
	g_assert_cmpint(read_next(fixture, 132 * SECOND, 6 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_cmpint(read_next(fixture, SECOND, 7 * JOULE, RAPL_GOES_ON), ==, JOULE);
}

/* A whole machine may draw more than a socket. */
static void
test_psys(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_one(fixture, "psys", RANGE);
	g_assert_cmpint(rapl_meter_get_longest(&fixture->meters->meters[0]) / SECOND, ==, 26);
	read_next(fixture, 0, 0, RAPL_RESTARTED);
	g_assert_cmpint(read_next(fixture, SECOND, 9000 * JOULE, RAPL_GOES_ON), ==, 9000 * JOULE);
}

static void
test_unreadable(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const texts[] = {"", "12", "12 13\n", "-5\n", "0x10\n", "12\n13\n"};
	RaplMeter *meter;

	open_one(fixture, "package-0", RANGE);
	meter = &fixture->meters->meters[0];
	read_next(fixture, 0, 0, RAPL_RESTARTED);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		write_file(fixture, "sys/class/powercap/intel-rapl:0", "energy_uj", texts[i]);
		vmfc_files_next_tick(fixture->core.files);
		g_assert_cmpint(rapl_meter_read(meter, fixture->now), ==, RAPL_MISSING);
	}
	/* what it has used meanwhile is not lost: it counts since the last reading */
	g_assert_cmpint(read_next(fixture, 7 * SECOND, 70 * JOULE, RAPL_GOES_ON), ==, 70 * JOULE);
}

static void
assert_meter(const Fixture *fixture, guint i, PowerZone zone, const gchar *socket,
	     const gchar *folder)
{
	const RaplMeter *meter = &fixture->meters->meters[i];

	g_assert_cmpint(meter->name.zone, ==, zone);
	g_assert_cmpstr(meter->name.socket, ==, socket);
	g_assert_cmpstr(meter->folder + strlen("sys/class/powercap/"), ==, folder);
}

static void
test_sockets(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	RaplReading readings[16];
	RaplSum sums[N_POWER_ZONES];

	add_zone(fixture, "intel-rapl:0", "package-10", RANGE);
	add_zone(fixture, "intel-rapl:0:0", "dram", RANGE);
	add_zone(fixture, "intel-rapl:1", "package-2", RANGE);
	add_zone(fixture, "intel-rapl:1:0", "dram", RANGE);
	add_zone(fixture, "intel-rapl:2", "psys", RANGE);
	add_zone(fixture, "intel-rapl-mmio:0", "package-2", RANGE);
	/* what nobody knows, belongs to nothing or has no range is left out */
	add_zone(fixture, "intel-rapl:3", "battery", RANGE);
	add_zone(fixture, "intel-rapl:9:0", "core", RANGE);
	add_zone(fixture, "intel-rapl:1:1", "uncore", 0);
	add_zone(fixture, "intel-rapl", "package-5", RANGE);
	add_zone(fixture, "dtpm:0", "package-6", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	g_assert_cmpuint(fixture->meters->n_meters, ==, 5);
	assert_meter(fixture, 0, POWER_ZONE_PACKAGE, "2", "intel-rapl:1");
	assert_meter(fixture, 1, POWER_ZONE_PACKAGE, "10", "intel-rapl:0");
	assert_meter(fixture, 2, POWER_ZONE_DRAM, "2", "intel-rapl:1:0");
	assert_meter(fixture, 3, POWER_ZONE_DRAM, "10", "intel-rapl:0:0");
	assert_meter(fixture, 4, POWER_ZONE_PSYS, "0", "intel-rapl:2");
	rapl_meters_read(fixture->meters, fixture->now, readings);
	write_energy(fixture, "intel-rapl:0", 3 * JOULE);
	write_energy(fixture, "intel-rapl:1", 4 * JOULE);
	write_file(fixture, "sys/class/powercap/intel-rapl:1:0", "energy_uj", "");
	vmfc_files_next_tick(fixture->core.files);
	rapl_meters_read(fixture->meters, fixture->now + SECOND, readings);
	rapl_meters_sum(fixture->meters, readings, sums);
	g_assert_cmpint(sums[POWER_ZONE_PACKAGE].reading, ==, RAPL_GOES_ON);
	g_assert_cmpint(sums[POWER_ZONE_PACKAGE].total, ==, 7 * JOULE);
	g_assert_cmpint(sums[POWER_ZONE_DRAM].reading, ==, RAPL_MISSING);
	g_assert_cmpint(sums[POWER_ZONE_CORE].reading, ==, RAPL_MISSING);
	g_assert_cmpint(sums[POWER_ZONE_PSYS].reading, ==, RAPL_GOES_ON);
}

/* The other view of a socket serves where there is no better one. */
static void
test_mmio(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	add_zone(fixture, "intel-rapl-mmio:0", "package-0", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	g_assert_cmpuint(fixture->meters->n_meters, ==, 1);
	assert_meter(fixture, 0, POWER_ZONE_PACKAGE, "0", "intel-rapl-mmio:0");
}

static void
test_explain(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *reason, *remedy;
	VmfcState state;

	fixture->meters = rapl_meters_new(fixture->context);
	g_assert_true(
		rapl_meters_explain(fixture->meters, POWER_ZONE_PACKAGE, &state, &reason, &remedy));
	g_assert_cmpint(state, ==, VMFC_STATE_UNSUPPORTED);
	g_assert_nonnull(strstr(remedy, "bare-metal host"));
	rapl_meters_free(fixture->meters);
	write_file(fixture, "proc", "cpuinfo", "vendor_id\t: AuthenticAMD\n");
	add_zone(fixture, "intel-rapl:0", "package-0", RANGE);
	add_zone(fixture, "intel-rapl:0:0", "core", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	g_assert_false(
		rapl_meters_explain(fixture->meters, POWER_ZONE_PACKAGE, &state, &reason, &remedy));
	g_assert_true(
		rapl_meters_explain(fixture->meters, POWER_ZONE_CORE, &state, &reason, &remedy));
	g_assert_cmpint(state, ==, VMFC_STATE_IMPLAUSIBLE);
	g_assert_true(
		rapl_meters_explain(fixture->meters, POWER_ZONE_DRAM, &state, &reason, &remedy));
	g_assert_cmpint(state, ==, VMFC_STATE_UNSUPPORTED);
}

static void
test_names(void)
{
	static const struct {
		const gchar *text;
		gint zone; /* -1: none */
		const gchar *socket;
	} cases[] = {
		{"package-0\n", POWER_ZONE_PACKAGE, "0"},
		{"package-12\n", POWER_ZONE_PACKAGE, "12"},
		{"package-1-die-3\n", POWER_ZONE_PACKAGE, "1_die_3"},
		{"core\n", POWER_ZONE_CORE, ""},
		{"uncore\n", POWER_ZONE_UNCORE, ""},
		{"dram\n", POWER_ZONE_DRAM, ""},
		{"psys\n", POWER_ZONE_PSYS, ""},
		{"psys-1\n", POWER_ZONE_PSYS, "1"},
		{"package-0", -1, NULL},
		{"package-\n", -1, NULL},
		{"package-x\n", -1, NULL},
		{"package-0 \n", -1, NULL},
		{"package-00000000000000000000000000\n", -1, NULL},
		{"corex\n", -1, NULL},
		{"\n", -1, NULL},
		{"", -1, NULL},
		{"core\ncore\n", -1, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		RaplName name;
		gboolean known = rapl_parse_name(cases[i].text, strlen(cases[i].text), &name);
		g_assert_cmpint(known ? (gint)name.zone : -1, ==, cases[i].zone);
		if (known)
			g_assert_cmpstr(name.socket, ==, cases[i].socket);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rapl/names", test_names);
#define ADD(name, func) g_test_add("/rapl/" name, Fixture, NULL, set_up, func, tear_down)
	ADD("growth", test_growth);
	ADD("long-window", test_long_window);
	ADD("psys", test_psys);
	ADD("unreadable", test_unreadable);
	ADD("sockets", test_sockets);
	ADD("mmio", test_mmio);
	ADD("explain", test_explain);
	return g_test_run();
}
