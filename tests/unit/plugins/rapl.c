/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rapl/zones.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/context.h"
#include "remove-folder.h"

#define SECOND G_GINT64_CONSTANT(1000000000)
#define JOULE  G_GINT64_CONSTANT(1000000)
#define RANGE  G_GINT64_CONSTANT(262143328850)

/* A machine with zones that a test makes, in a folder of its own. */
typedef struct {
	gchar *root;
	VmfcRun run;
	VmfcContext *context;
	RaplMeters *meters;
	gint64 now;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const VmfcPlugin plugin = {.name = "rapl"};

	fixture->root = g_dir_make_tmp("vmfc-rapl-XXXXXX", NULL);
	fixture->run = (VmfcRun){.files = vmfc_source_files_new(fixture->root), .interval = SECOND};
	fixture->context = vmfc_context_new(&fixture->run, &plugin, NULL);
	fixture->now = 100 * SECOND;
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_clear_pointer(&fixture->meters, rapl_meters_free);
	vmfc_context_free(fixture->context);
	vmfc_source_files_free(fixture->run.files);
	remove_folder(fixture->root);
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
	vmfc_source_files_next_tick(fixture->run.files);
	rapl_meter_read(meter, fixture->now);
	g_assert_cmpint(meter->reading, ==, wanted);
	return meter->total - before;
}

static gboolean
why_is(const Fixture *fixture, RaplFault fault)
{
	const RaplMeter *meter = &fixture->meters->meters[0];

	return meter->why == &meter->views[meter->current].whys[fault];
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
	/* over the end of its range, once */
	g_assert_cmpint(read_next(fixture, SECOND, RANGE - 10 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_cmpint(read_next(fixture, SECOND, 40 * JOULE, RAPL_GOES_ON), ==, 50 * JOULE);
	/* a reset is no wrap: 262 kJ in a second are none */
	g_assert_cmpint(read_next(fixture, SECOND, 3 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_cmpint(read_next(fixture, SECOND, 5 * JOULE, RAPL_GOES_ON), ==, 2 * JOULE);
	/* more than 2000 W are not possible, 2000 are, and a reading may come 10 ms late */
	g_assert_cmpint(read_next(fixture, SECOND, 2026 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_true(why_is(fixture, RAPL_TOO_MUCH));
	g_assert_cmpint(read_next(fixture, SECOND, 4026 * JOULE, RAPL_GOES_ON), ==, 2000 * JOULE);
	g_assert_cmpint(read_next(fixture, SECOND, 4 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_true(why_is(fixture, RAPL_BACKWARDS));
	/* what was beyond the range does not start over at it */
	g_assert_cmpint(read_next(fixture, SECOND, RANGE + JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_cmpint(read_next(fixture, SECOND, RANGE + 9 * JOULE, RAPL_GOES_ON), ==, 8 * JOULE);
	g_assert_cmpint(read_next(fixture, SECOND, 12 * JOULE, RAPL_RESTARTED), ==, 0);
	g_assert_true(why_is(fixture, RAPL_BACKWARDS));
}

/* In a window in which the counter can have started over twice nothing is known. */
static void
test_long_window(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_one(fixture, "package-0", RANGE);
	g_assert_cmpstr(fixture->meters->meters[0].views[0].remedy, ==,
			"Use an --interval below 131");
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
	g_assert_cmpstr(fixture->meters->meters[0].views[0].remedy, ==,
			"Use an --interval below 26");
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
		vmfc_source_files_next_tick(fixture->run.files);
		rapl_meter_read(meter, fixture->now);
		g_assert_cmpint(meter->reading, ==, RAPL_MISSING);
		g_assert_true(why_is(fixture, RAPL_UNREADABLE));
	}
	/* what it has used since then is not lost: it counts since the last reading */
	g_assert_cmpint(read_next(fixture, 7 * SECOND, 70 * JOULE, RAPL_GOES_ON), ==, 70 * JOULE);
}

static void
assert_meter(const Fixture *fixture, guint i, VmfcZone zone, const gchar *socket,
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
	RaplSum sums[VMFC_N_ZONES];

	add_zone(fixture, "intel-rapl:0", "package-10", RANGE);
	add_zone(fixture, "intel-rapl:0:0", "dram", RANGE);
	add_zone(fixture, "intel-rapl:1", "package-2", RANGE);
	add_zone(fixture, "intel-rapl:1:0", "dram", RANGE);
	add_zone(fixture, "intel-rapl:2", "psys", RANGE);
	add_zone(fixture, "intel-rapl-mmio:0", "package-2", RANGE);
	/* what is not known is left out, and what only the other view names */
	add_zone(fixture, "intel-rapl:3", "battery", RANGE);
	add_zone(fixture, "intel-rapl-mmio:1", "package-3", RANGE);
	add_zone(fixture, "intel-rapl", "package-5", RANGE);
	add_zone(fixture, "dtpm:0", "package-6", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	g_assert_cmpuint(fixture->meters->n_meters, ==, 5);
	assert_meter(fixture, 0, VMFC_ZONE_PACKAGE, "2", "intel-rapl:1");
	assert_meter(fixture, 1, VMFC_ZONE_PACKAGE, "10", "intel-rapl:0");
	assert_meter(fixture, 2, VMFC_ZONE_DRAM, "2", "intel-rapl:1:0");
	assert_meter(fixture, 3, VMFC_ZONE_DRAM, "10", "intel-rapl:0:0");
	assert_meter(fixture, 4, VMFC_ZONE_PSYS, "0", "intel-rapl:2");
	rapl_meters_read(fixture->meters, fixture->now);
	write_energy(fixture, "intel-rapl:0", 3 * JOULE);
	write_energy(fixture, "intel-rapl:1", 4 * JOULE);
	write_energy(fixture, "intel-rapl:2", 9 * JOULE);
	write_file(fixture, "sys/class/powercap/intel-rapl:1:0", "energy_uj", "");
	vmfc_source_files_next_tick(fixture->run.files);
	rapl_meters_read(fixture->meters, fixture->now + SECOND);
	rapl_meters_sum(fixture->meters, sums);
	g_assert_cmpint(sums[VMFC_ZONE_PACKAGE].reading, ==, RAPL_GOES_ON);
	g_assert_cmpint(sums[VMFC_ZONE_PACKAGE].total, ==, 7 * JOULE);
	g_assert_cmpint(sums[VMFC_ZONE_DRAM].reading, ==, RAPL_MISSING);
	g_assert_cmpint(sums[VMFC_ZONE_CORE].reading, ==, RAPL_MISSING);
	g_assert_cmpint(sums[VMFC_ZONE_PSYS].reading, ==, RAPL_GOES_ON);
}

/* The other view of a socket serves where there is no better one. */
static void
test_mmio(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	add_zone(fixture, "intel-rapl-mmio:0", "package-0", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	g_assert_cmpuint(fixture->meters->n_meters, ==, 1);
	assert_meter(fixture, 0, VMFC_ZONE_PACKAGE, "0", "intel-rapl-mmio:0");
}

/* The next reading of all. */
static void
read_all(Fixture *fixture, gint64 span, RaplSum sums[VMFC_N_ZONES])
{
	fixture->now += span;
	vmfc_source_files_next_tick(fixture->run.files);
	rapl_meters_read(fixture->meters, fixture->now);
	rapl_meters_sum(fixture->meters, sums);
}

static void
assert_sum(const RaplSum *sum, RaplReading reading, const gchar *reason)
{
	g_assert_cmpint(sum->reading, ==, reading);
	if (reason == NULL)
		g_assert_null(sum->why);
	else
		g_assert_nonnull(strstr(sum->why->reason, reason));
}

/* A counter may stand as long as it is not due, and no longer. */
static void
test_still(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gint64 ms = SECOND / 1000;

	open_one(fixture, "package-0", RANGE);
	read_next(fixture, 0, 0, RAPL_RESTARTED);
	g_assert_cmpint(read_next(fixture, ms, 0, RAPL_GOES_ON), ==, 0);
	read_next(fixture, 400 * ms, 0, RAPL_MISSING);
	g_assert_true(why_is(fixture, RAPL_STILL));
	g_assert_cmpint(read_next(fixture, ms, 1000, RAPL_GOES_ON), ==, 1000);
	for (guint i = 0; i < 399; i++)
		g_assert_cmpint(read_next(fixture, ms, 1000, RAPL_GOES_ON), ==, 0);
	read_next(fixture, ms, 1000, RAPL_MISSING);
	read_next(fixture, SECOND, 1000, RAPL_MISSING);
	/* nothing of what it has used is lost, and it is no jump */
	g_assert_cmpint(read_next(fixture, SECOND, 2001 * JOULE, RAPL_GOES_ON), ==,
			2001 * JOULE - 1000);
	/* in windows of half a second one that has died is never taken for one that lives */
	read_next(fixture, SECOND / 2, 2001 * JOULE, RAPL_MISSING);
	/* brought up to date each 100 ms, it grows by 30 J at once */
	read_next(fixture, SECOND, 2002 * JOULE, RAPL_GOES_ON);
	for (guint i = 0; i < 99; i++)
		read_next(fixture, ms, 2002 * JOULE, RAPL_GOES_ON);
	g_assert_cmpint(read_next(fixture, ms, 2032 * JOULE, RAPL_GOES_ON), ==, 30 * JOULE);
}

/* A graphics unit that is off is no fault, unless the socket stands still. */
static void
test_uncore(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	RaplSum sums[VMFC_N_ZONES];

	add_zone(fixture, "intel-rapl:0", "package-0", RANGE);
	add_zone(fixture, "intel-rapl:0:0", "uncore", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	read_all(fixture, 0, sums);
	write_energy(fixture, "intel-rapl:0", JOULE);
	read_all(fixture, SECOND, sums);
	assert_sum(&sums[VMFC_ZONE_UNCORE], RAPL_GOES_ON, NULL);
	read_all(fixture, SECOND, sums);
	assert_sum(&sums[VMFC_ZONE_UNCORE], RAPL_MISSING, "intel-rapl:0/energy_uj stands still");
}

/* The next reading of the graphics unit alone. Returns: what is wrong with it; NULL: nothing */
static const RaplWhy *
read_uncore(Fixture *fixture, gint64 energy)
{
	RaplMeter *meter = &fixture->meters->meters[1];

	fixture->now += SECOND;
	write_energy(fixture, "intel-rapl:0:0", energy);
	vmfc_source_files_next_tick(fixture->run.files);
	rapl_meter_read(meter, fixture->now);
	return meter->why;
}

/* However long it is off, it shows 0 J in each window, and what it uses when it is on again. */
static void
test_uncore_off(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	add_zone(fixture, "intel-rapl:0", "package-0", RANGE);
	add_zone(fixture, "intel-rapl:0:0", "uncore", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	const RaplMeter *meter = &fixture->meters->meters[1];
	for (guint i = 0; i < 600; i++) {
		g_assert_null(read_uncore(fixture, 500 * JOULE));
		g_assert_cmpint(meter->reading, ==, i == 0 ? RAPL_RESTARTED : RAPL_GOES_ON);
	}
	g_assert_null(read_uncore(fixture, 530 * JOULE));
	g_assert_cmpint(meter->total, ==, 30 * JOULE);
	/* what 2000 W take a minute for does not come in a second */
	for (guint i = 0; i < 120; i++)
		g_assert_null(read_uncore(fixture, 530 * JOULE));
	const RaplWhy *why = read_uncore(fixture, 120530 * JOULE);
	g_assert_true(why == &meter->views[0].whys[RAPL_TOO_MUCH]);
	g_assert_cmpint(meter->total, ==, 30 * JOULE);
}

/* A second view of the same socket takes the place of one that is dead or gone. */
static void
test_views(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	RaplSum sums[VMFC_N_ZONES];
	const RaplSum *sum = &sums[VMFC_ZONE_PACKAGE];

	add_zone(fixture, "intel-rapl:0", "package-0", RANGE);
	add_zone(fixture, "intel-rapl-mmio:0", "package-0", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	read_all(fixture, 0, sums);
	write_energy(fixture, "intel-rapl-mmio:0", 5 * JOULE);
	read_all(fixture, SECOND, sums);
	assert_sum(sum, RAPL_GOES_ON, NULL);
	g_assert_cmpint(sum->total, ==, 5 * JOULE);
	g_assert_true(fixture->meters->meters[0].has_switched);
	/* that one goes: the first lives now */
	write_file(fixture, "sys/class/powercap/intel-rapl-mmio:0", "energy_uj", "");
	write_energy(fixture, "intel-rapl:0", 7 * JOULE);
	read_all(fixture, SECOND, sums);
	assert_sum(sum, RAPL_GOES_ON, NULL);
	g_assert_cmpint(sum->total, ==, 12 * JOULE);
	/* it goes, and the other one comes, which was not read at the tick before */
	write_energy(fixture, "intel-rapl:0", 9 * JOULE);
	write_energy(fixture, "intel-rapl-mmio:0", 9 * JOULE);
	read_all(fixture, SECOND, sums);
	write_file(fixture, "sys/class/powercap/intel-rapl:0", "energy_uj", "");
	write_energy(fixture, "intel-rapl-mmio:0", 11 * JOULE);
	read_all(fixture, SECOND, sums);
	assert_sum(sum, RAPL_RESTARTED, "intel-rapl:0/energy_uj has disappeared");
	write_energy(fixture, "intel-rapl-mmio:0", 13 * JOULE);
	read_all(fixture, SECOND, sums);
	assert_sum(sum, RAPL_GOES_ON, NULL);
	g_assert_cmpint(sum->total, ==, 16 * JOULE);
	g_assert_false(fixture->meters->meters[0].has_switched);
}

/* A part that cannot be measured makes the sum missing, with the reason of the part. */
static void
test_parts(Fixture *fixture, gconstpointer data)
{
	const gchar *const *zone = data; /* folder, name, range, reason, zone */
	VmfcZone sum = (VmfcZone)atoi(zone[4]);
	RaplSum sums[VMFC_N_ZONES];

	add_zone(fixture, "intel-rapl:0", "package-0", RANGE);
	add_zone(fixture, "intel-rapl:0:0", "core", RANGE);
	add_zone(fixture, zone[0], zone[1], atoll(zone[2]));
	if (zone[1][0] == '\0') {
		g_autofree gchar *folder = g_build_filename("sys/class/powercap", zone[0], NULL);
		write_file(fixture, folder, "name", "");
	}
	fixture->meters = rapl_meters_new(fixture->context);
	g_assert_nonnull(strstr(rapl_meters_explain(fixture->meters, sum)->reason, zone[3]));
	for (gint i = 0; i < 3; i++) {
		write_energy(fixture, "intel-rapl:0", i * JOULE);
		write_energy(fixture, "intel-rapl:0:0", i * JOULE);
		write_energy(fixture, zone[0], i * JOULE);
		read_all(fixture, SECOND, sums);
		assert_sum(&sums[sum], RAPL_MISSING, zone[3]);
	}
}

static const gchar *const no_range[] = {"intel-rapl:1", "package-1", "0",
					"intel-rapl:1/max_energy_range_uj does not contain", "0"};
static const gchar *const no_socket[] = {"intel-rapl:9:0", "core", "262143328850",
					 "intel-rapl:9:0 belongs to no known socket", "1"};
static const gchar *const no_name[] = {"intel-rapl:1", "", "262143328850",
				       "intel-rapl:1/name cannot be read", "0"};
static const gchar *const no_name_sub[] = {"intel-rapl:0:1", "", "262143328850",
					   "intel-rapl:0:1/name cannot be read", "2"};
static const gchar *const twin[] = {"intel-rapl:1", "package-0", "262143328850",
				    "have the same name", "0"};

/* Cores in a wrong unit, and a board that does not wire up psys. */
static void
test_contradictions(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	RaplSum sums[VMFC_N_ZONES];
	gint64 package = 10 * JOULE, core = 0, psys = 0;

	add_zone(fixture, "intel-rapl:0", "package-0", RANGE);
	add_zone(fixture, "intel-rapl:0:0", "core", RANGE);
	add_zone(fixture, "intel-rapl:1", "psys", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	for (guint i = 0; i < 40; i++) {
		/* a burst that the package shows at the next reading is none */
		gint64 late = i < 20 && i % 2 == 0 ? 3 * JOULE : 0;
		write_energy(fixture, "intel-rapl:0", package - late);
		write_energy(fixture, "intel-rapl:0:0", core);
		write_energy(fixture, "intel-rapl:1", psys);
		read_all(fixture, SECOND, sums);
		gboolean is_bad = i >= 24 && i < 28;
		if (i > 0 && i < 20)
			assert_sum(&sums[VMFC_ZONE_PACKAGE], RAPL_GOES_ON, NULL);
		if (is_bad)
			assert_sum(&sums[VMFC_ZONE_CORE], RAPL_RESTARTED, "contradicts");
		if (is_bad)
			assert_sum(&sums[VMFC_ZONE_PACKAGE], RAPL_RESTARTED, "contradicts");
		if (i > 34) {
			assert_sum(&sums[VMFC_ZONE_CORE], RAPL_GOES_ON, NULL);
			assert_sum(&sums[VMFC_ZONE_PACKAGE], RAPL_GOES_ON, NULL);
			assert_sum(&sums[VMFC_ZONE_PSYS], RAPL_RESTARTED, "contradicts");
		}
		package += 10 * JOULE;
		core += (i >= 20 && i < 27 ? 20 : 8) * JOULE;
		psys += i < 27 ? 15 * JOULE : JOULE;
	}
}

/* What the processor is made for tells more than what any could draw. */
static void
test_design_power(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *text; /* NULL: no file */
		gdouble most;
	} cases[] = {{NULL, 2000},	  {"0\n", 2000},	 {"none\n", 2000},
		     {"15000000\n", 500}, {"125000000\n", 1250}, {"350000000\n", 2000}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (cases[i].text != NULL)
			write_file(fixture, "sys/class/powercap/intel-rapl:0",
				   "constraint_0_max_power_uw", cases[i].text);
		open_one(fixture, "package-0", RANGE);
		g_assert_cmpfloat(fixture->meters->meters[0].views[0].most_watts, ==,
				  cases[i].most);
		g_clear_pointer(&fixture->meters, rapl_meters_free);
	}
}

static void
assert_reason(const Fixture *fixture, VmfcZone zone, VmfcState state, const gchar *text)
{
	const RaplWhy *why = rapl_meters_explain(fixture->meters, zone);

	g_assert_cmpint(why->state, ==, state);
	g_assert_nonnull(strstr(why->reason, text));
}

static void
test_explain(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->meters = rapl_meters_new(fixture->context);
	assert_reason(fixture, VMFC_ZONE_PACKAGE, VMFC_STATE_UNSUPPORTED, "no RAPL zones");
	rapl_meters_free(fixture->meters);
	write_file(fixture, "proc", "cpuinfo", "vendor_id\t: AuthenticAMD\n");
	add_zone(fixture, "intel-rapl:0", "package-0", RANGE);
	add_zone(fixture, "intel-rapl:0:0", "core", RANGE);
	fixture->meters = rapl_meters_new(fixture->context);
	g_assert_null(rapl_meters_explain(fixture->meters, VMFC_ZONE_PACKAGE));
	assert_reason(fixture, VMFC_ZONE_CORE, VMFC_STATE_IMPLAUSIBLE, "on AMD");
	assert_reason(fixture, VMFC_ZONE_DRAM, VMFC_STATE_UNSUPPORTED, "no such zone");
}

/* A window must end before the counter can have wrapped around. */
static void
test_longest_window(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_one(fixture, "package-0", 2000 * JOULE); /* a second of 2000 W */
	const RaplMeter *meter = &fixture->meters->meters[0];
	g_assert_null(rapl_meter_explain(meter, SECOND - 1));
	g_assert_true(rapl_meter_explain(meter, SECOND) == &meter->views[0].whys[RAPL_LONG_WINDOW]);
}

static void
test_names(void)
{
	static const struct {
		const gchar *text;
		gint zone; /* -1: none */
		const gchar *socket;
	} cases[] = {
		{"package-0\n", VMFC_ZONE_PACKAGE, "0"},
		{"package-12\n", VMFC_ZONE_PACKAGE, "12"},
		{"package-1-die-3\n", VMFC_ZONE_PACKAGE, "1_die_3"},
		{"core\n", VMFC_ZONE_CORE, ""},
		{"uncore\n", VMFC_ZONE_UNCORE, ""},
		{"dram\n", VMFC_ZONE_DRAM, ""},
		{"psys\n", VMFC_ZONE_PSYS, ""},
		{"psys-1\n", VMFC_ZONE_PSYS, "1"},
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
	ADD("still", test_still);
	ADD("uncore", test_uncore);
	ADD("uncore-off", test_uncore_off);
	ADD("views", test_views);
	ADD("contradictions", test_contradictions);
	ADD("design-power", test_design_power);
	ADD("explain", test_explain);
	ADD("longest-window", test_longest_window);
#define ADD_PART(part)                                                                             \
	g_test_add("/rapl/parts/" #part, Fixture, part, set_up, test_parts, tear_down)
	ADD_PART(no_range);
	ADD_PART(no_socket);
	ADD_PART(no_name);
	ADD_PART(no_name_sub);
	ADD_PART(twin);
	return g_test_run();
}
