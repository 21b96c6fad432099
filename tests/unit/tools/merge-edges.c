/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What merge does exactly at its limits, and with files that end in an error. */

#include <math.h>
#include <string.h>

#include "rows/row-clock.h"
#include "rows/table-reader.h"
#include "tools/merge/lag-input.h"
#include "tools/merge/power-choice.h"
#include "tools/merge/power-label.h"
#include "tools/merge/split.h"

#define EPOCH 2e9

/* In place of the reader's, see meson.build: how many calls still succeed; negative: all. */
static struct {
	gint n_good;
	gboolean is_broken;
} reader = {-1, FALSE};

#pragma GCC visibility push(default)
gboolean
__wrap_vmfc_table_reader_next(VmfcTable *table, const VmfcTableRow **row, GError **error);
gboolean
__real_vmfc_table_reader_next(VmfcTable *table, const VmfcTableRow **row, GError **error);
gboolean
__wrap_vmfc_table_reader_rewind(VmfcTable *table, GError **error);
gboolean
__real_vmfc_table_reader_rewind(VmfcTable *table, GError **error);
#pragma GCC visibility pop

static gboolean
fails(GError **error)
{
	if (reader.n_good < 0 || reader.n_good-- > 0)
		return FALSE;
	reader.n_good = 0;
	reader.is_broken = TRUE;
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_IO, "the disk is broken");
	return TRUE;
}

gboolean
__wrap_vmfc_table_reader_next(VmfcTable *table, const VmfcTableRow **row, GError **error)
{
	return !fails(error) && __real_vmfc_table_reader_next(table, row, error);
}

gboolean
__wrap_vmfc_table_reader_rewind(VmfcTable *table, GError **error)
{
	return !fails(error) && __real_vmfc_table_reader_rewind(table, error);
}

static VmfcTable *
table_of(const gchar *text)
{
	g_autoptr(GError) error = NULL;
	VmfcTable *table = vmfc_table_reader_open_source(
		vmfc_buffered_file_new_for_text(text, strlen(text), 64), &error);
	g_assert_no_error(error);
	return table;
}

/* ---------------------------------------------------------------- series */

/* A gap that is as long as the maximum is none. */
static void
test_gaps(void)
{
	for (guint i = 0; i < 2; i++) {
		VmfcPowerSeries series;
		gdouble watts;
		gdouble last = i == 0 ? 13 : 13.001;
		vmfc_power_series_init(&series, 3);
		vmfc_power_series_add_point(&series, 10, 1);
		vmfc_power_series_add_point(&series, last, 7);
		g_assert_cmpint(vmfc_power_series_average(&series, 10, 12, &watts), ==, i == 0);
		if (i == 0)
			g_assert_cmpfloat_with_epsilon(watts, 3, 1e-12);
		/* no window has no power */
		g_assert_false(vmfc_power_series_average(&series, 11, 11, &watts));
		vmfc_power_series_clear(&series);
	}
}

/* Windows that miss each other by the slack, 1 s in 100 s, meet; by more they do not. */
static void
test_slack(void)
{
	for (guint i = 0; i < 2; i++) {
		VmfcPowerSeries series;
		gdouble watts;
		vmfc_power_series_init(&series, 3);
		vmfc_power_series_add_window(&series, 100, 100, 4);
		vmfc_power_series_add_window(&series, i == 0 ? 201 : 201.5, 100, 4);
		g_assert_cmpfloat(g_array_index(series.stretches, VmfcStretch, 1).start, ==,
				  i == 0 ? 100 : 101.5);
		g_assert_true(vmfc_power_series_average(&series, 0, 200, &watts));
		g_assert_cmpfloat(watts, ==, 4);
		g_assert_cmpint(vmfc_power_series_average(&series, 100, 101.5, &watts), ==, i == 0);
		vmfc_power_series_clear(&series);
	}
}

/* A window that overlaps the one before counts from the end of that; one within it not at all. */
static void
test_overlap(void)
{
	VmfcPowerSeries series;
	gdouble watts;

	vmfc_power_series_init(&series, 3);
	vmfc_power_series_add_window(&series, 12, 2, 4);
	vmfc_power_series_add_window(&series, 13, 2, 10);
	vmfc_power_series_add_window(&series, 13, 1, 100);
	vmfc_power_series_add_window(&series, 12.5, 0.2, 100);
	g_assert_cmpuint(series.stretches->len, ==, 2);
	g_assert_true(vmfc_power_series_average(&series, 10, 13, &watts));
	g_assert_cmpfloat_with_epsilon(watts, 6, 1e-12);
	/* what ends at the time is not over before it */
	vmfc_power_series_drop(&series, 12);
	g_assert_cmpuint(series.first, ==, 0);
	vmfc_power_series_drop(&series, 12.001);
	g_assert_cmpuint(series.first, ==, 1);
	vmfc_power_series_clear(&series);
}

/* ----------------------------------------------------------------- power */

typedef struct {
	VmfcPower power;
	GArray *rows; /* of VmfcPowerRow */
	VmfcTable *table;
} Read;

/* Reads all rows of a file. @max_gap: s */
static void
read_all(Read *read, const gchar *text, gdouble max_gap)
{
	g_autoptr(GError) error = NULL;

	*read = (Read){.table = table_of(text),
		       .rows = g_array_new(FALSE, FALSE, sizeof(VmfcPowerRow))};
	g_assert_true(vmfc_row_clock_init(&read->power.clock, read->table, &error));
	g_assert_true(vmfc_power_open(&read->power, read->table, -1, max_gap, &error));
	g_assert_no_error(error);
	for (;;) {
		VmfcPowerRow row;
		g_assert_true(vmfc_power_read(&read->power, &row, &error));
		if (read->power.is_at_end)
			break;
		g_array_append_val(read->rows, row);
	}
}

static void
read_clear(Read *read)
{
	vmfc_power_clear(&read->power);
	g_free(read->power.text);
	g_array_unref(read->rows);
	vmfc_table_free(read->table);
}

static const VmfcPowerRow *
row_at(const Read *read, guint i)
{
	g_assert_cmpuint(i, <, read->rows->len);
	return &g_array_index(read->rows, VmfcPowerRow, i);
}

/* What a row may hold, what is counted of it, and that a second reading counts from 0. */
static void
test_counts(void)
{
	Read read;

	read_all(&read,
		 "timestamp,total_cpu_watts_package,total_cpu_watts_core,vm_count\n"
		 "2000000001,0,5,1\n2000000002,20000,-1,1\n2000000003,20000.1,,1\n"
		 "2000000004,7,7,0\n2000000006,7,7,1\n2000000009,abc,7,1\n2000000012.5,8,,1\n"
		 "2000000011,9,9,1\n2000000012.5,9,9,1\n2000000010,9,9,1\n,9,9,1\n"
		 "2000000016.5,9,9,1\n",
		 3);
	const VmfcPower *power = &read.power;
	g_assert_cmpuint(read.rows->len, ==, 6);
	g_assert_cmpfloat(row_at(&read, 0)->watts[0], ==, 0);
	g_assert_cmpfloat(row_at(&read, 1)->watts[0], ==, 20000);
	g_assert_true(isnan(row_at(&read, 1)->watts[1]));
	g_assert_cmpfloat(row_at(&read, 2)->time, ==, EPOCH + 6);
	g_assert_cmpfloat(power->first_time, ==, EPOCH + 1);
	g_assert_cmpfloat(power->last_time, ==, EPOCH + 16.5);
	g_assert_cmpuint(power->n_rows, ==, 12);
	g_assert_cmpuint(power->n_no_time, ==, 1);
	g_assert_cmpuint(power->n_unordered, ==, 2);
	g_assert_cmpuint(power->unordered_at, ==, 8);
	g_assert_cmpuint(power->n_same_time, ==, 1);
	g_assert_cmpuint(power->n_impossible, ==, 2);
	g_assert_cmpuint(power->n_no_vm, ==, 1);
	g_assert_cmpuint(power->n_no_value, ==, 2);
	g_assert_cmpuint(power->n_texts, >=, 1);
	g_assert_nonnull(power->text);
	/* of 3 s there is no gap */
	g_assert_cmpuint(power->n_gaps, ==, 2);
	g_assert_cmpfloat_with_epsilon(power->widest_gap, 4, 1e-6);
	g_assert_true(vmfc_power_rewind(&read.power, NULL));
	g_assert_cmpuint(power->n_rows + power->n_no_time + power->n_unordered +
				 power->n_same_time + power->n_impossible + power->n_no_vm +
				 power->n_no_value + power->n_texts + power->n_gaps +
				 power->n_still + power->n_repeated,
			 ==, 0);
	g_assert_cmpfloat(power->widest_gap, ==, 0);
	g_assert_true(isnan(power->first_time) && isnan(power->last_time) &&
		      isnan(power->last_age));
	g_assert_false(power->is_at_end);
	read_clear(&read);
}

/* A mean or an energy is of the window before its row; without the length, of the row. */
static void
test_begin(void)
{
	static const struct {
		const gchar *text;
		gdouble first;
		gdouble watts;
	} cases[] = {
		{"timestamp,total_cpu_watts_package,time_delta_seconds\n2000000001,4,0.5\n", 1, 4},
		{"timestamp,vm_cpu_joules_package,time_delta_seconds\n2000000001,4,0.5\n", 0.5, 8},
		{"timestamp,vm_cpu_watts_package,time_delta_seconds\n2000000001,4,0.5\n", 0.5, 4},
		{"timestamp,vm_cpu_watts_package,time_delta_seconds\n2000000001,4,0\n", 1, 4},
		{"vm_cpu_watts_package,timestamp,time_delta_seconds\n4,2000000001,0.5\n", 0.5, 4},
		{"time_delta_seconds,timestamp,vm_cpu_watts_package\n0.5,2000000001,4\n", 0.5, 4},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Read read;
		read_all(&read, cases[i].text, 3);
		g_test_message("case %u", i);
		g_assert_cmpfloat(read.power.first_time, ==, EPOCH + cases[i].first);
		g_assert_cmpfloat(row_at(&read, 0)->watts[0], ==, cases[i].watts);
		read_clear(&read);
	}
}

/* A second reading is as the first one: nothing of the last row is left. */
static void
test_rewind(void)
{
	VmfcPowerRow row;
	Read read;

	read_all(&read,
		 "timestamp,kepler_vm_cpu_watts_package,kepler_vm_age_seconds\n2000000001,1,5\n"
		 "2000000002,2,0\n2000000003,1,4.75\n",
		 3);
	g_assert_false(row_at(&read, 0)->is_repeated);
	g_assert_true(vmfc_power_rewind(&read.power, NULL));
	g_assert_true(vmfc_power_read(&read.power, &row, NULL));
	g_assert_false(row.is_repeated);
	g_assert_cmpfloat(row.time, ==, EPOCH + 1);
	g_assert_cmpuint(read.power.zones[0].series.stretches->len, ==, 0);
	read_clear(&read);
}

/* Files of one origin are alike, whichever of their zones they have. */
static void
test_alike(void)
{
	static const struct {
		const gchar *a;
		const gchar *b;
		gboolean is_alike;
	} cases[] = {
		{"vm_cpu_joules_package,timestamp\n1,2000000001\n",
		 "timestamp,vm_cpu_watts_core\n2000000001,1\n", TRUE},
		{"vm_cpu_joules_package,timestamp\n1,2000000001\n",
		 "total_cpu_watts_core,timestamp\n1,2000000001\n", FALSE},
		{"kepler_vm_cpu_watts_package,timestamp\n1,2000000001\n",
		 "vm_cpu_watts_psys,timestamp\n1,2000000001\n", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Read a, b;
		read_all(&a, cases[i].a, 3);
		read_all(&b, cases[i].b, 3);
		g_test_message("case %u", i);
		g_assert_cmpint(vmfc_power_is_alike(&a.power, &b.power), ==, cases[i].is_alike);
		g_assert_cmpint(vmfc_power_is_alike(&b.power, &a.power), ==, cases[i].is_alike);
		read_clear(&a);
		read_clear(&b);
	}
}

/* @source: of the options; -1 for any. Returns: whether the file has power */
static gboolean
open_power(const gchar *text, gint source, VmfcPower *power, GError **error)
{
	g_autoptr(VmfcTable) table = table_of(text);

	*power = (VmfcPower){0};
	g_assert_true(vmfc_row_clock_init(&power->clock, table, NULL));
	gboolean done = vmfc_power_open(power, table, source, 0, error);
	vmfc_power_clear(power);
	g_clear_pointer(&power->text, g_free);
	return done;
}

/* What the user is told of a file without power. */
static void
test_no_power(void)
{
	static const struct {
		const gchar *text;
		gint source;
		const gchar *sentence;
	} cases[] = {
		{"cpu_utilization,timestamp\n1,2000000001\n", -1,
		 "(text) has no column of power: it needs one of *, where ZONE is package, core, "
		 "dram, "
		 "uncore or psys; it looks like a file of features"},
		{"timestamp,x\n2000000001,1\n", -1, "*, where ZONE is * or psys"},
		{"timestamp,x\n2000000001,1\n", VMFC_POWER_MEAN,
		 "*: it needs vm_cpu_watts_ZONE, where ZONE is *"},
		{"vm_cpu_joules_package,timestamp\n1,2000000001\n", VMFC_POWER_TOTAL,
		 "*it needs total_cpu_watts_ZONE, where *; without --power-source it would be "
		 "vm_cpu_joules_ZONE"},
		{"power_method,timestamp\n1,2000000001\n", -1,
		 "*; it looks like a training set of vmfc merge"},
		{"rapl_package_joules,timestamp\n1,2000000001\n", -1,
		 "*; its rapl_package_joules are of the whole host: record with the plugins rapl "
		 "and "
		 "qemu (--plugins host,cpu)"},
		{"timestamp,cpu_cycles,rapl_package_joules,cpu_utilization\n2000000001,1,1,1\n", -1,
		 "*; it looks like a file of features"},
		{"cpu_cycles,rapl_package_joules,timestamp,cpu_utilization\n1,1,2000000001,1\n", -1,
		 "*; it looks like a file of features"},
		{"VM_cpu_watts_package,timestamp\n1,2000000001\n", -1,
		 "(text) *vm_cpu_watts_package*"},
		{"timestamp,vm_cpu_watts_core,vm_cpu_watts_package\n2000000001,0,\n2000000002,0,\n",
		 -1,
		 "(text) has 0 in every row that has power (vm_cpu_watts_package and all others), "
		 "so*"},
		{"vm_cpu_watts_psys,timestamp\n0,2000000001\n", -1, "*(vm_cpu_watts_psys and all*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		VmfcPower power;
		g_assert_false(open_power(cases[i].text, cases[i].source, &power, &error));
		g_test_message("%s", error->message);
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
	}
}

/* Which columns give the labels: the best source with power, and no zones without any. */
static void
test_choice(void)
{
	static const struct {
		const gchar *text;
		gint source;
		VmfcPowerSource chosen; /* of the package */
		gint columns[2];	/* of package and core */
		gboolean is_still;	/* the core */
		gboolean is_empty;
	} cases[] = {
		{"vm_cpu_joules_package,vm_cpu_watts_package,timestamp,time_delta_seconds\n"
		 "1,1,2000000001,1\n",
		 -1,
		 VMFC_POWER_ENERGY,
		 {0, -1},
		 FALSE,
		 FALSE},
		{"vm_cpu_joules_package,vm_cpu_watts_package,timestamp,time_delta_seconds\n"
		 ",1,2000000001,1\n",
		 -1,
		 VMFC_POWER_MEAN,
		 {1, -1},
		 FALSE,
		 FALSE},
		{"vm_cpu_joules_package,vm_cpu_watts_package,timestamp,time_delta_seconds\n"
		 "0,1,2000000001,1\n",
		 -1,
		 VMFC_POWER_MEAN,
		 {1, -1},
		 FALSE,
		 FALSE},
		{"vm_cpu_joules_package,vm_cpu_watts_package,timestamp,time_delta_seconds\n"
		 "1,1,2000000001,1\n",
		 VMFC_POWER_MEAN,
		 VMFC_POWER_MEAN,
		 {1, -1},
		 FALSE,
		 FALSE},
		{"total_cpu_watts_package,total_cpu_watts_core,timestamp\n1,0,2000000001\n",
		 -1,
		 VMFC_POWER_TOTAL,
		 {0, -1},
		 TRUE,
		 FALSE},
		{"total_cpu_watts_package,total_cpu_watts_core,timestamp\n1,,2000000001\n",
		 -1,
		 VMFC_POWER_TOTAL,
		 {0, -1},
		 FALSE,
		 TRUE},
		{"total_cpu_watts_package,total_cpu_watts_core,timestamp\n1,-5,2000000001\n",
		 -1,
		 VMFC_POWER_TOTAL,
		 {0, -1},
		 FALSE,
		 TRUE},
		{"total_cpu_watts_package,total_cpu_watts_core,timestamp\n1,0,2000000001\n"
		 "1,2,2000000002\n",
		 -1,
		 VMFC_POWER_TOTAL,
		 {0, 1},
		 FALSE,
		 FALSE},
		/* of a time without a machine nothing is known */
		{"total_cpu_watts_package,total_cpu_watts_core,timestamp,vm_count\n1,5,2000000001,"
		 "0\n"
		 "1,,2000000002,1\n",
		 -1,
		 VMFC_POWER_TOTAL,
		 {0, -1},
		 FALSE,
		 TRUE},
		/* sources are not mixed */
		{"total_cpu_watts_package,vm_cpu_watts_core,timestamp\n1,1,2000000001\n",
		 VMFC_POWER_TOTAL,
		 VMFC_POWER_TOTAL,
		 {0, -1},
		 FALSE,
		 FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		VmfcPower power;
		g_test_message("case %u", i);
		open_power(cases[i].text, cases[i].source, &power, &error);
		g_assert_no_error(error);
		for (guint j = 0; j < 2; j++)
			g_assert_cmpint(power.zones[j].column, ==, cases[i].columns[j]);
		g_assert_cmpint(power.zones[0].source, ==, cases[i].chosen);
		g_assert_cmpint(power.zones[1].is_still, ==, cases[i].is_still);
		g_assert_cmpint(power.zones[1].is_empty, ==, cases[i].is_empty);
	}
}

/* Each column of power is found, also one whose first value above 0 comes late in a long file. */
static void
test_late_power(void)
{
	for (guint i = 0; i < VMFC_N_POWER_SOURCES * VMFC_N_ZONES; i++) {
		guint zone = i % VMFC_N_ZONES;
		g_autofree gchar *name = vmfc_power_build_column(i / VMFC_N_ZONES, zone);
		g_autoptr(GString) text = g_string_new("timestamp,time_delta_seconds,");
		g_autoptr(GError) error = NULL;
		VmfcPower power;
		g_string_append_printf(text, "%s\n", name);
		for (guint row = 0; row < 4200; row++)
			g_string_append_printf(text, "%u,1,%d\n", 2000000000 + row, row == 4199);
		g_autoptr(VmfcTable) table = table_of(text->str);
		g_test_message("%s", name);
		g_assert_true(vmfc_power_is_in(table));
		g_assert_true(open_power(text->str, -1, &power, &error));
		g_assert_no_error(error);
		g_assert_cmpint(power.zones[zone].column, ==, 2);
		g_assert_cmpint(power.zones[zone].source, ==, i / VMFC_N_ZONES);
		g_assert_false(power.zones[zone].is_still);
		/* a source that the user names is the only one that counts */
		for (gint only = 0; only < VMFC_N_POWER_SOURCES; only++) {
			g_autoptr(GError) reason = NULL;
			gboolean is_it = only == (gint)(i / VMFC_N_ZONES);
			g_assert_cmpint(open_power(text->str, only, &power, &reason), ==, is_it);
			g_assert_cmpint(reason == NULL, ==, is_it);
		}
	}
	g_autoptr(VmfcTable) none = table_of("timestamp,cpu_watts,power_watts_package\n1,2,3\n");
	g_assert_false(vmfc_power_is_in(none));
}

/* The median of the steps between rows, of which those back and of no length are none. */
static void
test_step(void)
{
	static const struct {
		const gchar *times;
		gdouble step;
	} cases[] = {
		{"1", 0},     {"1,1", 0},     {"1,3", 2},
		{"1,2,5", 3}, {"1,2,5,9", 3}, {"1,2,2,1,2,3,8", 1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new("timestamp,total_cpu_watts_package\n");
		g_auto(GStrv) times = g_strsplit(cases[i].times, ",", -1);
		g_autoptr(GError) error = NULL;
		VmfcPower power;
		for (guint j = 0; times[j] != NULL; j++)
			g_string_append_printf(text, "200000000%s,1\n", times[j]);
		open_power(text->str, -1, &power, &error);
		g_assert_no_error(error);
		g_assert_cmpfloat(power.step, ==, cases[i].step);
		g_assert_cmpfloat(power.max_gap, ==, 3 * cases[i].step);
	}
}

/* A meter that shows 0 for up to 60 s may work; power and gaps begin the time anew. */
static void
test_still_points(void)
{
	g_autoptr(GString) text = g_string_new(
		"timestamp,total_cpu_watts_package,total_cpu_watts_uncore\n2000000000,5,5\n");
	Read read;

	for (guint i = 1; i <= 62; i++)
		g_string_append_printf(text, "%u,0,0\n", 2000000000 + i);
	g_string_append(text, "2000000063,1,0\n");
	for (guint i = 64; i <= 90; i++)
		g_string_append_printf(text, "%u,0,0\n", 2000000000 + i);
	/* a gap of 30 s is not known to be at 0 */
	for (guint i = 120; i <= 154; i++)
		g_string_append_printf(text, "%u,0,0\n", 2000000000 + i);
	read_all(&read, text->str, 3);
	for (guint i = 0; i < read.rows->len; i++) {
		gdouble time = row_at(&read, i)->time - EPOCH;
		gboolean is_still = time == 61 || time == 62 || time == 154;
		g_assert_cmpint(isnan(row_at(&read, i)->watts[0]), ==, is_still);
		g_assert_cmpfloat(row_at(&read, i)->watts[VMFC_ZONE_UNCORE], ==, i == 0 ? 5 : 0);
	}
	g_assert_cmpuint(read.power.n_still, ==, 3);
	read_clear(&read);
}

/* A meter of energy that stands still while the machine works is stuck sooner. */
static void
test_still_at_work(void)
{
	static const struct {
		const gchar *work;
		guint n_still; /* of six windows of 0.125 s at 0, after one with power */
	} cases[] = {{"0.1", 2}, {"0", 0}, {"", 0}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(
			"timestamp,time_delta_seconds,vm_cpu_joules_package,vm_cpu_seconds\n"
			"2000000000,0.125,1,0.1\n");
		Read read;
		for (guint j = 1; j <= 6; j++)
			g_string_append_printf(text, "%.3f,0.125,0,%s\n", EPOCH + 0.125 * j,
					       cases[i].work);
		g_string_append(text, "2000000001,0.125,1,0.1\n2000000001.125,0.125,0,0.1\n");
		read_all(&read, text->str, 3);
		g_assert_cmpuint(read.power.n_still, ==, cases[i].n_still);
		g_assert_cmpuint(read.power.n_no_value, ==, cases[i].n_still);
		read_clear(&read);
	}
}

/* A measurement is new if its age grew by less than half of the step. */
static void
test_ages(void)
{
	static const gchar text[] =
		"timestamp,kepler_vm_cpu_watts_package,kepler_vm_age_seconds\n"
		"2000000001,1,0.25\n2000000002,1,0.5\n2000000003,1,1\n2000000004,1,1.25\n"
		"2000000005,1,\n2000000006,1,0.25\n2000000007,2,1.25\n";
	static const gboolean is_repeated[] = {FALSE, FALSE, TRUE, FALSE, TRUE, TRUE, FALSE};
	Read read;

	read_all(&read, text, 3);
	for (guint i = 0; i < G_N_ELEMENTS(is_repeated); i++)
		g_assert_cmpint(row_at(&read, i)->is_repeated, ==, is_repeated[i]);
	g_assert_cmpuint(read.power.n_repeated, ==, 3);
	read_clear(&read);
}

static void
find_label(Read *read, gdouble start, gdouble end, gboolean is_busy, gdouble tolerance,
	   VmfcPowerLabel *label)
{
	const VmfcWindow window = {EPOCH + start, EPOCH + end, is_busy};
	g_assert_true(vmfc_power_label_find(label, &read->power, &window, tolerance, NULL));
}

static void
begin_labels(Read *read, const gchar *text, gdouble max_gap)
{
	read_all(read, text, max_gap);
	g_assert_true(vmfc_power_rewind(&read->power, NULL));
}

/* The nearest row, of two the earlier one, as far as the tolerance. */
static void
test_nearest(void)
{
	static const struct {
		gdouble end;
		gdouble tolerance;
		gdouble watts; /* -1: none */
		gdouble distance;
	} cases[] = {
		{0.5, 0.5, 1, 0.5},    {1.5, 0.5, 1, 0.5},    {2, 0.99, -1, 1},
		{2, 1, 1, 1},	       {2.25, 1, 3, 0.75},    {3, 0, 3, 0},
		{3.25, 0.2, -1, 0.25}, {3.25, 0.25, 3, 0.25}, {7, 6, 3, 4},
		{12.25, 1, 3, 0.25},
	};
	Read read;

	/* too far apart for lines between them */
	begin_labels(&read,
		     "timestamp,total_cpu_watts_package\n2000000001,1\n2000000003,3\n"
		     "2000000012,3\n",
		     0.5);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcPowerLabel label;
		gboolean any = cases[i].watts >= 0;
		find_label(&read, cases[i].end - 0.1, cases[i].end, FALSE, cases[i].tolerance,
			   &label);
		g_test_message("case %u", i);
		g_assert_cmpint(label.method, ==,
				any ? VMFC_POWER_LABEL_NEAREST : VMFC_POWER_LABEL_NONE);
		g_assert_cmpfloat(label.time_diff, ==, cases[i].distance);
		if (any)
			g_assert_cmpfloat(label.watts[0], ==, cases[i].watts);
		else
			g_assert_true(isnan(label.watts[0]));
		/* as the row is that it was taken from */
		g_assert_cmpint(label.is_stale, ==, any && cases[i].end > 12);
	}
	read_clear(&read);
}

/* A power of 0 is a label, but not of a busy window; of uncore it is. */
static void
test_zero_labels(void)
{
	static const gchar text[] =
		"timestamp,total_cpu_watts_package,total_cpu_watts_core,total_cpu_watts_uncore\n"
		"2000000001,0,1,0\n2000000002,0,1,0\n2000000003,0,2,0\n2000000004,1,2,1\n";
	VmfcPowerLabel label;
	Read read;

	begin_labels(&read, text, 3);
	find_label(&read, 1, 2, FALSE, 1, &label);
	g_assert_cmpfloat(label.watts[VMFC_ZONE_PACKAGE], ==, 0);
	g_assert_cmpuint(label.n_still, ==, 0);
	g_assert_true(label.has_zero && label.is_stale);
	find_label(&read, 1, 2, TRUE, 1, &label);
	g_assert_true(isnan(label.watts[VMFC_ZONE_PACKAGE]));
	g_assert_cmpfloat(label.watts[VMFC_ZONE_CORE], ==, 1);
	g_assert_cmpfloat(label.watts[VMFC_ZONE_UNCORE], ==, 0);
	g_assert_cmpuint(label.n_still, ==, 1);
	g_assert_true(label.has_zero);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_POINTS);
	find_label(&read, 3.5, 4, TRUE, 1, &label);
	g_assert_cmpuint(label.n_still, ==, 0);
	g_assert_false(label.has_zero);
	read_clear(&read);
}

/* A zone whose next value is up to --max-gap behind the others waits for it, and no longer. */
static void
test_late_zone(void)
{
	for (guint gap = 3; gap <= 5; gap++) {
		g_autoptr(GString) text = g_string_new(
			"timestamp,total_cpu_watts_package,total_cpu_watts_core\n");
		VmfcPowerLabel label;
		Read read;
		for (guint i = 0; i < 12; i++)
			g_string_append_printf(text, "%u,%u,%s\n", 2000000000 + i, i,
					       i <= 1 || i == 1 + gap ? "4" : "");
		begin_labels(&read, text->str, 4);
		find_label(&read, 0.5, 2, FALSE, 0, &label);
		g_assert_cmpint(isnan(label.watts[VMFC_ZONE_CORE]), ==, gap > 4);
		g_assert_cmpuint(read.power.n_rows, ==, gap == 3 ? 5 : 6);
		read_clear(&read);
	}
}

/* ----------------------------------------------------------------- split */

static VmfcPair *
pair_of(const gchar *text, guint index)
{
	VmfcPair *pair = g_new0(VmfcPair, 1);

	pair->index = index;
	pair->features = table_of(text);
	pair->power.table = table_of("a\n");
	g_assert_true(vmfc_row_clock_init(&pair->clock, pair->features, NULL));
	return pair;
}

static GPtrArray *
pairs_of(const gchar *text)
{
	GPtrArray *pairs = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_pair_free);
	g_ptr_array_add(pairs, pair_of(text, 0));
	return pairs;
}

/* Divides all rows of one run. */
static void
split_all(VmfcSplit *split, const GPtrArray *pairs, gdouble share, guint32 seed)
{
	const VmfcPair *pair = pairs->pdata[0];
	const VmfcTableRow *row;
	gdouble time;

	*split = (VmfcSplit){0};
	g_assert_true(vmfc_split_init(split, pairs, share, seed, NULL));
	g_assert_true(vmfc_table_reader_rewind(pair->features, NULL));
	while (vmfc_table_reader_next(pair->features, &row, NULL) && row != NULL) {
		if (vmfc_row_clock_read(&pair->clock, row, &time))
			vmfc_split_choose(split, 0, row, time);
	}
}

/* Phases with one of the two names, or both. Rows of a transition are in neither part. */
static void
test_split_names(void)
{
	static const gchar *const headers[] = {
		"timestamp,stress_workload,x,stress_transition\n",
		"timestamp,stress_phase,x,stress_transition\n",
		"timestamp,stress_phase,stress_workload,stress_transition\n",
		"timestamp,stress_workload,stress_phase,x\n",
	};
	static const gchar *const first[] = {
		"stress_workload,timestamp\na,2000000001\nb,2000000002\n",
		"stress_phase,timestamp\na,2000000001\nb,2000000002\n"};

	for (guint i = 0; i < G_N_ELEMENTS(first); i++) {
		g_autoptr(GPtrArray) pairs = pairs_of(first[i]);
		VmfcSplit split;
		split_all(&split, pairs, 0.5, 1);
		g_assert_false(split.is_by_time);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==, 1);
		vmfc_split_clear(&split);
	}

	for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autoptr(GString) text = g_string_new(headers[i]);
		VmfcSplit split;
		for (guint j = 0; j < 100; j++)
			g_string_append_printf(text, "%u,a%u,b%u,%u\n", 2000000000 + j, j / 10 % 2,
					       j / 50, j % 10 == 0);
		g_autoptr(GPtrArray) pairs = pairs_of(text->str);
		split_all(&split, pairs, 0.25, 1);
		g_assert_false(split.is_by_time);
		g_assert_cmpuint(g_hash_table_size(split.groups), ==, i < 2 ? 2 : 4);
		g_assert_cmpuint(split.n_rows[VMFC_PART_NONE], ==, i == 3 ? 0 : 10);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==,
				 i == 3	  ? (gsize)(split.n_rows[VMFC_PART_TEST] > 25 ? 30 : 20)
				 : i == 2 ? (gsize)(split.n_rows[VMFC_PART_TEST] > 22 ? 27 : 18)
					  : 45);
		vmfc_split_clear(&split);
	}
}

/* The parts of groups of 1 to 12 rows, chosen by the seed alone: the same for ever. */
static void
test_split_seeds(void)
{
	static const guint n_test[] = {23, 27, 23, 23, 24, 24};
	g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
	guint n = 0;

	for (guint group = 1; group <= 12; group++) {
		for (guint i = 0; i < group; i++)
			g_string_append_printf(text, "%u,p%u\n", 2000000000 + n++, group);
	}
	g_autoptr(GPtrArray) pairs = pairs_of(text->str);
	for (guint seed = 0; seed < G_N_ELEMENTS(n_test); seed++) {
		VmfcSplit split;
		split_all(&split, pairs, 0.3, seed);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==, n_test[seed]);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TRAIN], ==, 78 - n_test[seed]);
		vmfc_split_clear(&split);
		/* a share that no group comes near gets the smallest, and all but one at the most
		 */
		split_all(&split, pairs, 0.001, seed);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==, 1);
		vmfc_split_clear(&split);
		split_all(&split, pairs, 0.9999, seed);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TRAIN], >, 0);
		vmfc_split_clear(&split);
	}
}

/* A group that would bring the test part no nearer to its share stays out of it. */
static void
test_split_as_near(void)
{
	g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
	guint n_seen[3] = {0};

	for (guint i = 0; i < 40; i++)
		g_string_append_printf(text, "%u,p%u\n", 2000000000 + i, MIN(i / 10, 2));
	g_autoptr(GPtrArray) pairs = pairs_of(text->str);
	for (guint seed = 0; seed < 20; seed++) {
		VmfcSplit split;
		split_all(&split, pairs, 0.375, seed); /* 15 rows; groups of 10, 10 and 20 */
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST] % 10, ==, 0);
		n_seen[split.n_rows[VMFC_PART_TEST] / 10]++;
		vmfc_split_clear(&split);
	}
	g_assert_cmpuint(n_seen[0], ==, 0);
	g_assert_cmpuint(n_seen[1], >, 0);
	g_assert_cmpuint(n_seen[2], >, 0);
}

/* Names are told apart whatever their length. */
static void
test_split_long_names(void)
{
	for (guint length = 127; length <= 400; length += length < 130 ? 1 : 270) {
		g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
		g_autofree gchar *name = g_strnfill(length - 1, 'n');
		VmfcSplit split;
		for (guint i = 0; i < 6; i++)
			g_string_append_printf(text, "%u,%s%u\n", 2000000000 + i, name, i % 3);
		g_string_append(text, ",without-time\n");
		g_autoptr(GPtrArray) pairs = pairs_of(text->str);
		split_all(&split, pairs, 0.34, 1);
		g_assert_cmpuint(g_hash_table_size(split.groups), ==, 3);
		g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], ==, 2);
		g_assert_cmpuint(split.name->len, <=, length <= 128 ? length + 1 : 65);
		vmfc_split_clear(&split);
	}
}

/* More phases than there can be are a label that changes with every window: time decides then. */
static void
test_split_many_phases(void)
{
	for (guint n = 10000; n <= 10001; n++) {
		g_autoptr(GString) text = g_string_new("timestamp,stress_phase\n");
		VmfcSplit split;
		for (guint i = 0; i < n; i++)
			g_string_append_printf(text, "%u,p%u\n", 2000000000 + i, i);
		g_autoptr(GPtrArray) pairs = pairs_of(text->str);
		if (n > 10000)
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
					      "*has more than 10000 phases");
		split_all(&split, pairs, 0.25, 1);
		g_test_assert_expected_messages();
		g_assert_cmpint(split.is_by_time, ==, n > 10000);
		g_assert_cmpuint(g_hash_table_size(split.groups), ==, n > 10000 ? 20 : n);
		vmfc_split_clear(&split);
	}
}

/* One phase at one time cannot be split. */
static void
test_split_errors(void)
{
	static const struct {
		const gchar *text;
		const gchar *sentence;
	} cases[] = {
		{"timestamp\n2000000001\n2000000001\n", "*cannot be split: all its rows have one "
							"time and phase"},
		{"timestamp,stress_phase\n2000000001,a\n2000000001,a\n",
		 "*cannot be split: all its rows have one time and phase"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) pairs = pairs_of(cases[i].text);
		g_autoptr(GError) error = NULL;
		VmfcSplit split = {0};
		g_assert_false(vmfc_split_init(&split, pairs, 0.5, 1, &error));
		g_assert_nonnull(error);
		g_test_message("%s", error->message);
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
		vmfc_split_clear(&split);
	}
}

/* ------------------------------------------------------------- lag input */

/* A load that jumps, the same in each call. */
static gdouble
load_at(gdouble time)
{
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)(gint64)floor(time / 6));
	return g_rand_double_range(random, 0, 100);
}

typedef struct {
	guint n;	/* windows */
	gdouble length; /* of each, s */
	guint n_flat;	/* of them, at the begin, with a load of 50 */
	guint hole;	/* the first of 100 windows that are missing; 0: none */
	gdouble max_lag;
	gdouble lag;	/* s; of the power, which has a point each second */
	guint n_points; /* of power; 0: for the whole time */
} LagCase;

static void
estimate(const LagCase *one, VmfcLag *lag)
{
	g_autoptr(GString) features = g_string_new("timestamp,time_delta_seconds,cpu_busy\n");
	g_autoptr(GString) power = g_string_new("timestamp,total_cpu_watts_package\n");
	g_autoptr(GError) error = NULL;
	VmfcRowClock clock;
	VmfcPower meter = {0};
	guint n_points = one->n_points > 0 ? one->n_points : (guint)(one->n * one->length);
	const VmfcTableRow *row;

	for (guint i = 1; i <= one->n; i++) {
		gdouble end = i * one->length;
		gdouble load = i <= one->n_flat ? 50 : load_at(end - one->length / 2);
		if (one->hole == 0 || i < one->hole || i >= one->hole + 100)
			g_string_append_printf(features, "%.3f,%g,%g\n", EPOCH + end, one->length,
					       load);
	}
	for (guint i = 0; i <= n_points; i++)
		g_string_append_printf(power, "%.3f,%g\n", EPOCH + i,
				       1 + load_at(i - one->lag) / 50);
	g_autoptr(VmfcTable) table = table_of(features->str);
	g_autoptr(VmfcTable) meter_table = table_of(power->str);
	g_assert_true(vmfc_row_clock_init(&clock, table, &error));
	g_assert_true(vmfc_row_clock_init(&meter.clock, meter_table, &error));
	g_assert_true(vmfc_power_open(&meter, meter_table, -1, 0, &error));
	/* it reads from the first row, wherever the file is */
	for (guint i = 0; i < one->n / 2; i++)
		g_assert_true(vmfc_table_reader_next(table, &row, NULL));
	g_assert_true(vmfc_lag_input_estimate_lag(table, &clock, vmfc_lag_input_find_load(table),
						  &meter, 0, one->max_lag, lag, &error));
	g_assert_no_error(error);
	vmfc_power_clear(&meter);
}

/* Short windows become long enough, the sample stays small, and the lag is found in each. */
static void
test_lag_windows(void)
{
	static const struct {
		LagCase one;
		guint n_windows; /* those at the ends have no power */
		gdouble step;
	} cases[] = {
		/* half a step of the power is long enough: windows as they are */
		{{600, 0.5, 0, 0, 30, 3}, 595, 0.25},
		{{600, 1, 0, 0, 30, 3}, 597, 0.5},
		/* pairs of them */
		{{1200, 0.25, 0, 0, 30, 3}, 595, 0.25},
		{{1200, 0.25, 0, 0, 30, -3}, 593, 0.25},
		/* by the lag that is sought: 240 s in 240 steps */
		{{4000, 0.5, 0, 0, 240, 3}, 1997, 0.5},
		/* where 100 are missing, none are put together */
		{{1201, 0.25, 0, 502, 30, 3}, 545, 0.25},
		/* 4096 windows that say nothing are not the end */
		{{7000, 1, 4200, 0, 30, 3}, 4096, 0.5},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcLag lag;
		estimate(&cases[i].one, &lag);
		g_test_message("case %u: %s, %u windows, step %g, %g s", i, lag.reason,
			       lag.n_windows, lag.curve.step, lag.seconds);
		g_assert_true(lag.is_found);
		g_assert_cmpfloat_with_epsilon(lag.seconds, cases[i].one.lag, 0.51);
		g_assert_cmpfloat_with_epsilon(lag.curve.step, cases[i].step, 1e-6);
		g_assert_cmpuint(lag.n_windows, ==, cases[i].n_windows);
		g_assert_cmpfloat(lag.curve.first, <=, -cases[i].one.max_lag + cases[i].step);
		vmfc_lag_clear(&lag);
	}
}

/* Windows after the end of the power count: with too many of them the lag is not known. */
static void
test_lag_of_short_power(void)
{
	static const struct {
		LagCase one;
		gboolean is_found;
	} cases[] = {
		{{600, 1, 0, 0, 30, 3, 280}, TRUE},
		{{600, 1, 0, 0, 30, 3, 130}, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcLag lag;
		estimate(&cases[i].one, &lag);
		g_assert_cmpint(lag.is_found, ==, cases[i].is_found);
		vmfc_lag_clear(&lag);
	}
}

/* The first of the columns that a file has, wherever it stands. */
static void
test_load_column(void)
{
	static const struct {
		const gchar *header;
		gint column;
	} cases[] = {
		{"cpu_busy,cpu_utilization\n", 0},
		{"cpu_utilization,cpu_busy\n", 1},
		{"cpu_utilization,x\n", 0},
		{"x,cpu_utilization\n", 1},
		{"x,y\n", -1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcTable) table = table_of(cases[i].header);
		g_assert_cmpint(vmfc_lag_input_find_load(table), ==, cases[i].column);
	}
}

/* A lag that is longer than the run allows is not sought. */
static void
test_lag_of_short_run(void)
{
	static const LagCase one = {400, 0.5, 0, 0, 1000, 3};
	VmfcLag lag;

	estimate(&one, &lag);
	g_assert_true(lag.is_found);
	g_assert_cmpfloat_with_epsilon(lag.curve.first, -200 * VMFC_LAG_SHARE, 1);
	/* windows are not put together for a lag that is not sought */
	g_assert_cmpuint(lag.n_windows, >, 180);
	vmfc_lag_clear(&lag);
}

/* Rows that have no load, time or length, or are not in order, are no windows. */
static void
test_lag_without_windows(void)
{
	static const struct {
		const gchar *features;
		const gchar *reason;
	} cases[] = {
		{"timestamp,x\n2000000001,1\n",
		 "the features have no column cpu_utilization or cpu_busy"},
		{"timestamp,time_delta_seconds,cpu_busy\n2000000001,1,\n2000000002,0,5\n",
		 "no row has CPU utilization, time and window length"},
		{"timestamp,time_delta_seconds,cpu_utilization\n2000000001,1,5\n2000000001,1,5\n"
		 "2000000000,1,5\n,1,5\n2000000002,1,5\n",
		 "there are only 2 windows, but 20 are needed"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcTable) table = table_of(cases[i].features);
		g_autoptr(VmfcTable) power = table_of("timestamp,total_cpu_watts_package\n"
						      "2000000000,1\n2000000001,1\n");
		VmfcRowClock clock;
		VmfcPower meter = {0};
		VmfcLag lag;
		g_assert_true(vmfc_row_clock_init(&clock, table, NULL));
		g_assert_true(vmfc_row_clock_init(&meter.clock, power, NULL));
		g_assert_true(vmfc_power_open(&meter, power, -1, 0, NULL));
		g_assert_true(vmfc_lag_input_estimate_lag(
			table, &clock, vmfc_lag_input_find_load(table), &meter, 0, 60, &lag, NULL));
		g_assert_false(lag.is_found);
		g_assert_cmpstr(lag.reason, ==, cases[i].reason);
		g_assert_true(isnan(lag.other));
		vmfc_lag_clear(&lag);
		vmfc_power_clear(&meter);
	}
}

/*
 * A disk that breaks at any call is told, and nothing goes on without what could not be read.
 *
 * @do_all: Returns: whether all was done; not if @error is set
 */
static void
break_at_each_call(gboolean (*do_all)(gconstpointer data, GError **error), gconstpointer data)
{
	gboolean done = FALSE;

	for (gint n = 0; !done; n++) {
		g_autoptr(GError) error = NULL;
		reader.n_good = n;
		reader.is_broken = FALSE;
		done = do_all(data, &error);
		g_test_message("call %d", n);
		g_assert_cmpint(done, ==, error == NULL);
		g_assert_cmpint(done, ==, !reader.is_broken);
		if (error != NULL)
			g_assert_cmpstr(error->message, ==, "the disk is broken");
		g_assert_cmpint(n, <, 1000);
	}
	reader.n_good = -1;
}

static gboolean
do_split(gconstpointer data, GError **error)
{
	gint n_good = reader.n_good;
	VmfcSplit split = {0};

	reader.n_good = -1;
	g_autoptr(GPtrArray) pairs = pairs_of(data);
	reader.n_good = n_good;
	gboolean done = vmfc_split_init(&split, pairs, 0.5, 1, error);
	vmfc_split_clear(&split);
	return done;
}

static gboolean
do_lag(gconstpointer data, GError **error)
{
	gint n_good = reader.n_good;
	VmfcRowClock clock;
	VmfcPower meter = {0};
	VmfcLag lag = {0};

	reader.n_good = -1;
	g_autoptr(VmfcTable) features = table_of(data);
	g_autoptr(VmfcTable) power = table_of(data);
	g_assert_true(vmfc_row_clock_init(&clock, features, NULL));
	g_assert_true(vmfc_row_clock_init(&meter.clock, power, NULL));
	reader.n_good = n_good;
	gboolean done = vmfc_power_open(&meter, power, -1, 0, error) &&
			vmfc_lag_input_estimate_lag(features, &clock,
						    vmfc_lag_input_find_load(features), &meter, 0,
						    60, &lag, error);
	vmfc_lag_clear(&lag);
	vmfc_power_clear(&meter);
	return done;
}

static gboolean
do_label(gconstpointer data, GError **error)
{
	gint n_good = reader.n_good;
	const VmfcWindow window = {EPOCH + 1, EPOCH + 2, FALSE};
	VmfcPowerLabel label;
	VmfcPower power = {0};

	reader.n_good = -1;
	g_autoptr(VmfcTable) table = table_of(data);
	g_assert_true(vmfc_row_clock_init(&power.clock, table, NULL));
	reader.n_good = n_good;
	gboolean done = vmfc_power_open(&power, table, -1, 0, error) &&
			vmfc_power_label_find(&label, &power, &window, 1, error);
	vmfc_power_clear(&power);
	return done;
}

static void
test_broken_disk(void)
{
	static const gchar by_time[] = "timestamp\n2000000001\n2000000002\n2000000003\n";
	static const gchar by_phase[] =
		"timestamp,stress_phase\n2000000001,a\n2000000002,b\n2000000003,c\n";
	static const gchar by_one[] = "timestamp,stress_phase\n2000000001,a\n2000000002,a\n";
	g_autoptr(GString) both = g_string_new(
		"timestamp,cpu_busy,time_delta_seconds,total_cpu_watts_package\n");

	for (guint i = 0; i < 40; i++)
		g_string_append_printf(both, "%u,%u,1,%u\n", 2000000000 + i, i * 7 % 11,
				       i * 7 % 11);
	break_at_each_call(do_split, by_time);
	break_at_each_call(do_split, by_phase);
	break_at_each_call(do_split, by_one);
	break_at_each_call(do_lag, both->str);
	break_at_each_call(do_label, both->str);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-edges/gaps", test_gaps);
	g_test_add_func("/merge-edges/slack", test_slack);
	g_test_add_func("/merge-edges/overlap", test_overlap);
	g_test_add_func("/merge-edges/counts", test_counts);
	g_test_add_func("/merge-edges/begin", test_begin);
	g_test_add_func("/merge-edges/rewind", test_rewind);
	g_test_add_func("/merge-edges/alike", test_alike);
	g_test_add_func("/merge-edges/no-power", test_no_power);
	g_test_add_func("/merge-edges/choice", test_choice);
	g_test_add_func("/merge-edges/late-power", test_late_power);
	g_test_add_func("/merge-edges/step", test_step);
	g_test_add_func("/merge-edges/split-as-near", test_split_as_near);
	g_test_add_func("/merge-edges/lag-of-short-power", test_lag_of_short_power);
	g_test_add_func("/merge-edges/load-column", test_load_column);
	g_test_add_func("/merge-edges/still-points", test_still_points);
	g_test_add_func("/merge-edges/still-at-work", test_still_at_work);
	g_test_add_func("/merge-edges/ages", test_ages);
	g_test_add_func("/merge-edges/nearest", test_nearest);
	g_test_add_func("/merge-edges/zero-labels", test_zero_labels);
	g_test_add_func("/merge-edges/late-zone", test_late_zone);
	g_test_add_func("/merge-edges/split-names", test_split_names);
	g_test_add_func("/merge-edges/split-seeds", test_split_seeds);
	g_test_add_func("/merge-edges/split-long-names", test_split_long_names);
	g_test_add_func("/merge-edges/split-many-phases", test_split_many_phases);
	g_test_add_func("/merge-edges/split-errors", test_split_errors);
	g_test_add_func("/merge-edges/lag-windows", test_lag_windows);
	g_test_add_func("/merge-edges/lag-of-short-run", test_lag_of_short_run);
	g_test_add_func("/merge-edges/lag-without-windows", test_lag_without_windows);
	g_test_add_func("/merge-edges/broken-disk", test_broken_disk);
	return g_test_run();
}
