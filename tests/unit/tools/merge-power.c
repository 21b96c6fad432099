/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What merge reads as power, exactly at its limits, and which columns it chooses. */

#include <math.h>

#include "tables.h"
#include "tools/merge/power-choice.h"

#define EPOCH 2e9

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
		{"timestamp,vm_cpu_joules_package,time_delta_seconds,collection_interval\n"
		 "2000000001,4,,0.5\n",
		 0.5, 8},
		{"timestamp,vm_cpu_watts_package,time_delta_seconds,collection_interval\n"
		 "2000000001,4,0,0.5\n",
		 1, 4},
		{"timestamp,vm_cpu_joules_package,collection_interval,time_delta_seconds\n"
		 "2000000001,4,2,0.5\n",
		 0.5, 8},
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

/* A column whose first value is late, and a text before it, are found, whichever column it is. */
static void
test_late_value(void)
{
	for (guint i = 0; i < 2; i++) {
		g_autoptr(GString) text = g_string_new(i == 0 ? "vm_cpu_watts_package,timestamp\n"
							      : "timestamp,vm_cpu_watts_package\n");
		Read read;
		g_string_append(text, i == 0 ? "abc,1999999999\n" : "1999999999,abc\n");
		/* of the first rows alone the step is told */
		for (guint j = 0; j < 9000; j++)
			g_string_append_printf(text, i == 0 ? ",%u\n" : "%u,\n",
					       2000000000 + j + (j > 4000 ? j - 4000 : 0));
		g_string_append(text, i == 0 ? "7,2000020000\n" : "2000020000,7\n");
		read_all(&read, text->str, 3);
		g_assert_cmpint(read.power.zones[0].column, ==, i);
		g_assert_cmpfloat(row_at(&read, 0)->watts[0], ==, 7);
		g_assert_cmpfloat(read.power.step, ==, 1);
		g_assert_nonnull(read.power.text);
		g_assert_nonnull(strstr(read.power.text, "abc"));
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
		{"kepler_vm_cpu_watts_package,timestamp\n1,2000000001\n",
		 "timestamp,kepler_vm_cpu_watts_core\n2000000001,1\n", TRUE},
		{"total_cpu_watts_psys,timestamp\n1,2000000001\n",
		 "timestamp,total_cpu_watts_psys\n2000000001,1\n", TRUE},
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
		{"1", 0},	{"1,1", 0},	      {"1,3", 2},	{"1,2,5", 3},
		{"1,2,5,9", 3}, {"1,2,2,1,2,3,8", 1}, {"1,1,2,2,2", 1}, {"1,8,2,3,4", 1},
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

/* A meter that shows 0 for up to 60 s may work; power and gaps begin the time again. */
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

/* The same of averages without a length: their steps are what is known to be at 0. */
static void
test_still_means(void)
{
	for (guint i = 0; i < 2; i++) {
		g_autoptr(GString) text = g_string_new(
			"timestamp,vm_cpu_watts_package\n2000000000,5\n");
		Read read;
		for (guint j = 1; j <= 70; j++)
			g_string_append_printf(text, "%u,%s\n", 2000000000 + j,
					       i == 0 ? "0" : "0.1");
		read_all(&read, text->str, 3);
		g_assert_cmpuint(read.power.n_still, ==, i == 0 ? 10 : 0);
		read_clear(&read);
	}
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

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-power/counts", test_counts);
	g_test_add_func("/merge-power/begin", test_begin);
	g_test_add_func("/merge-power/late-value", test_late_value);
	g_test_add_func("/merge-power/rewind", test_rewind);
	g_test_add_func("/merge-power/alike", test_alike);
	g_test_add_func("/merge-power/no-power", test_no_power);
	g_test_add_func("/merge-power/choice", test_choice);
	g_test_add_func("/merge-power/late-power", test_late_power);
	g_test_add_func("/merge-power/step", test_step);
	g_test_add_func("/merge-power/still-points", test_still_points);
	g_test_add_func("/merge-power/still-means", test_still_means);
	g_test_add_func("/merge-power/still-at-work", test_still_at_work);
	return g_test_run();
}
