/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a column is for, by its name and unit. */

#include "rows/column-role.h"

#include <string.h>

#include "base/power-zone.h"
#include "rows/power-column.h"

/* A model must not have power, or an estimate of it, as an input. */
static void
test_roles(void)
{
	static const struct {
		const gchar *name;
		const gchar *unit;
		const gchar *kind;
		gboolean is_text;
		VmfcRole role;
	} cases[] = {
		{"cpu_cycles", "1", "counter", FALSE, VMFC_ROLE_FEATURE},
		{"anything", NULL, "gauge", FALSE, VMFC_ROLE_FEATURE},
		{"anything", NULL, "gauge", TRUE, VMFC_ROLE_WORKLOAD},
		{"stress_workload", "", "label", FALSE, VMFC_ROLE_WORKLOAD},
		{"timestamp", "s", "label", FALSE, VMFC_ROLE_TIME},
		{"timestamp_absolute", "s", "label", FALSE, VMFC_ROLE_TIME},
		{"timestamp_iso", "", "label", TRUE, VMFC_ROLE_TIME},
		{"collection_interval", "s", "label", FALSE, VMFC_ROLE_TIME},
		{"time_delta_seconds", "s", "gauge", FALSE, VMFC_ROLE_TIME},
		{"tick_lateness_us", "us", "gauge", FALSE, VMFC_ROLE_TIME},
		{"sample_duration_us", "us", "gauge", FALSE, VMFC_ROLE_TIME},
		{"missed_ticks", "1", "gauge", FALSE, VMFC_ROLE_TIME},
		{"kepler_scrape_seconds", "s", "gauge", FALSE, VMFC_ROLE_TIME},
		{"anything", "W", "gauge", FALSE, VMFC_ROLE_NONE},
		{"anything", "J", "counter", FALSE, VMFC_ROLE_NONE},
		{"vm_cpu_joules_package", NULL, "gauge", FALSE, VMFC_ROLE_NONE},
		{"vm_cpu_watts_core", NULL, "gauge", FALSE, VMFC_ROLE_NONE},
		{"kepler_vm_cpu_watts_dram", NULL, "gauge", FALSE, VMFC_ROLE_NONE},
		{"total_cpu_watts_psys", NULL, "gauge", FALSE, VMFC_ROLE_NONE},
		{"total_cpu_watts_other", NULL, "gauge", FALSE, VMFC_ROLE_FEATURE},
		{"estimated_watts_package", NULL, "gauge", FALSE, VMFC_ROLE_NONE},
		{"estimate_age", NULL, "gauge", FALSE, VMFC_ROLE_NONE},
		{"estimates", NULL, "gauge", FALSE, VMFC_ROLE_FEATURE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].name);
		g_assert_cmpint(vmfc_role_find(cases[i].name, cases[i].unit, cases[i].kind,
					       cases[i].is_text),
				==, cases[i].role);
	}
	g_assert_cmpstr(vmfc_role_to_string(VMFC_ROLE_FEATURE), ==, "feature");
	g_assert_cmpstr(vmfc_role_to_string(VMFC_ROLE_LABEL), ==, "label");
	g_assert_cmpstr(vmfc_role_to_string(VMFC_ROLE_TIME), ==, "time");
	g_assert_cmpstr(vmfc_role_to_string(VMFC_ROLE_WORKLOAD), ==, "workload");
	g_assert_null(vmfc_role_to_string(VMFC_ROLE_NONE));
}

/* Each source by its name, and whether its values are of instants or of windows. */
static void
test_sources(void)
{
	static const struct {
		const gchar *name;
		const gchar *column;
		gboolean is_points;
		gboolean is_watts;
	} sources[VMFC_N_POWER_SOURCES] = {
		[VMFC_POWER_ENERGY] = {"joules", "vm_cpu_joules_dram", FALSE, FALSE},
		[VMFC_POWER_MEAN] = {"watts", "vm_cpu_watts_dram", FALSE, TRUE},
		[VMFC_POWER_KEPLER] = {"kepler", "kepler_vm_cpu_watts_dram", TRUE, TRUE},
		[VMFC_POWER_TOTAL] = {"total", "total_cpu_watts_dram", TRUE, TRUE},
	};

	for (guint i = 0; i < VMFC_N_POWER_SOURCES; i++) {
		g_autofree gchar *column = vmfc_power_build_column(i, VMFC_ZONE_DRAM);
		g_assert_cmpstr(vmfc_power_get_source_name(i), ==, sources[i].name);
		g_assert_cmpstr(column, ==, sources[i].column);
		g_assert_cmpint(vmfc_power_is_points(i), ==, sources[i].is_points);
		g_assert_cmpint(vmfc_power_is_watts(column), ==, sources[i].is_watts);
		for (guint j = 0; j < VMFC_N_POWER_SOURCES; j++)
			g_assert_cmpint(vmfc_power_is_of_one_origin(i, j), ==,
					i == j || (i <= VMFC_POWER_MEAN && j <= VMFC_POWER_MEAN));
	}
}

static void
test_watts(void)
{
	static const gchar *const watts[] = {"estimated_watts_core", "power_watts_package",
					     "rapl_package_watts"};
	static const gchar *const others[] = {"rapl_package_joules", "package_watts", "watts",
					      "estimated_joules_core", "vm_cpu_watt"};

	for (guint i = 0; i < G_N_ELEMENTS(watts); i++)
		g_assert_true(vmfc_power_is_watts(watts[i]));
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_false(vmfc_power_is_watts(others[i]));
}

/* The units of columns without a meta file; none of them twice. */
static void
test_known(void)
{
	static const gchar *const units[][3] = {
		{"memory_available_gb", "GiB", "gauge"},
		{"disk_io_read_mb", "MiB", "counter"},
		{"disk_io_write_mb", "MiB", "counter"},
		{"network_bytes_sent", "bytes", "counter"},
		{"cpu_utilization", "percent", "gauge"},
		{"tick_lateness_us", "us", "gauge"},
		{"core_count", "1", "gauge"},
		{"sys_cpu_total_seconds", "s", "counter"},
	};
	const VmfcKnownColumn *known;

	for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
		known = vmfc_known_column_find(units[i][0]);
		g_assert_nonnull(known);
		g_assert_cmpstr(known->unit, ==, units[i][1]);
		g_assert_cmpstr(known->kind, ==, units[i][2]);
	}
	for (guint i = 0; (known = vmfc_known_column_get(i)) != NULL; i++)
		g_assert_true(vmfc_known_column_find(known->name) == known);
	g_assert_null(vmfc_known_column_find("nothing"));
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/column-role/roles", test_roles);
	g_test_add_func("/column-role/sources", test_sources);
	g_test_add_func("/column-role/watts", test_watts);
	g_test_add_func("/column-role/known", test_known);
	return g_test_run();
}
