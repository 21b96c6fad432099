/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/column-role.h"

#include <string.h>

#include "base/power-zone.h"
#include "rows/power-column.h"

/* As the schemas of vmfc's plugins declare them; tests/tools compares. */
static const VmfcKnownColumn known[] = {
	{"timestamp", "s", "label"},
	{"timestamp_iso", "", "label"},
	{"vm_hostname", "", "label"},
	{"target_zones", "", "label"},
	{"stress_workload", "", "label"},
	{"stress_phase", "", "label"},
	{"stress_target_load", "percent", "label"},
	{"stress_iteration", "1", "label"},
	{"stress_transition", "", "label"},
	{"cpu_cycles", "1", "counter"},
	{"instructions", "1", "counter"},
	{"cache_references", "1", "counter"},
	{"cache_misses", "1", "counter"},
	{"branches", "1", "counter"},
	{"branch_misses", "1", "counter"},
	{"page_faults", "1", "counter"},
	{"context_switches", "1", "counter"},
	{"instructions_per_cycle", "1", "gauge"},
	{"cache_miss_ratio", "1", "gauge"},
	{"branch_miss_ratio", "1", "gauge"},
	{"pmc_running_ratio", "1", "gauge"},
	{"ref_cycles", "1", "counter"},
	{"cpu_utilization", "percent", "gauge"},
	{"cpu_user_time", "percent", "gauge"},
	{"cpu_system_time", "percent", "gauge"},
	{"cpu_nice_time", "percent", "gauge"},
	{"cpu_iowait", "percent", "gauge"},
	{"cpu_irq", "percent", "gauge"},
	{"cpu_softirq", "percent", "gauge"},
	{"cpu_steal", "percent", "gauge"},
	{"cpu_idle", "percent", "gauge"},
	{"cpu_efficiency", "1", "gauge"},
	{"cpu_busy", "percent", "gauge"},
	{"core_count", "1", "gauge"},
	{"memory_usage_percent", "percent", "gauge"},
	{"memory_available_gb", "GiB", "gauge"},
	{"disk_io_read_mb", "MiB", "counter"},
	{"disk_io_write_mb", "MiB", "counter"},
	{"network_bytes_sent", "bytes", "counter"},
	{"network_bytes_recv", "bytes", "counter"},
	{"process_count", "1", "gauge"},
	{"load_average_1min", "1", "gauge"},
	{"load_average_5min", "1", "gauge"},
	{"load_average_15min", "1", "gauge"},
	{"procs_running", "1", "gauge"},
	{"procs_blocked", "1", "gauge"},
	{"processes_created", "1", "counter"},
	{"collection_interval", "s", "label"},
	{"time_delta_seconds", "s", "gauge"},
	{"tick_lateness_us", "us", "gauge"},
	{"sample_duration_us", "us", "gauge"},
	{"missed_ticks", "1", "gauge"},
	{"timestamp_absolute", "s", "label"},
	{"sys_cpu_user_seconds", "s", "counter"},
	{"sys_cpu_system_seconds", "s", "counter"},
	{"sys_cpu_total_seconds", "s", "counter"},
	{"sys_context_switches", "1", "counter"},
	{"sys_processes_created", "1", "counter"},
	{"sys_procs_running", "1", "gauge"},
	{"sys_procs_blocked", "1", "gauge"},
	{"node_process_cpu_seconds_total", "s", "gauge"},
	{"node_process_cpu_seconds_delta", "s", "gauge"},
	{"node_process_cpu_seconds_rate", "s/s", "gauge"},
	{"kepler_scrape_seconds", "s", "gauge"},
};

/* Columns that have the role of time in every file. */
static const gchar *const times[] = {
	"timestamp",	       "timestamp_absolute", "timestamp_iso",
	"collection_interval", "time_delta_seconds", "tick_lateness_us",
	"sample_duration_us",  "missed_ticks",	     "kepler_scrape_seconds",
};

static const gchar *const role_names[] = {
	[VMFC_ROLE_FEATURE] = "feature",   [VMFC_ROLE_LABEL] = "label", [VMFC_ROLE_TIME] = "time",
	[VMFC_ROLE_WORKLOAD] = "workload", [VMFC_ROLE_NONE] = NULL,
};

/* Returns: (nullable) */
const gchar *
vmfc_role_to_string(VmfcRole role)
{
	return role_names[role];
}

/* Returns: (nullable) */
const VmfcKnownColumn *
vmfc_known_column_find(const gchar *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if (g_str_equal(name, known[i].name))
			return &known[i];
	}
	return NULL;
}

/* Returns: (nullable): all of them, in the order of the files, until there is none */
const VmfcKnownColumn *
vmfc_known_column_get(guint index)
{
	return index < G_N_ELEMENTS(known) ? &known[index] : NULL;
}

static gboolean
is_time(const gchar *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		if (g_str_equal(name, times[i]))
			return TRUE;
	}
	return FALSE;
}

/* Power, energy, or an estimate of them by the plugin `power`. */
static gboolean
is_power(const gchar *name, const gchar *unit)
{
	for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
			g_autofree gchar *column = vmfc_power_build_column(source, zone);
			if (g_str_equal(name, column))
				return TRUE;
		}
	}
	return g_strcmp0(unit, "W") == 0 || g_strcmp0(unit, "J") == 0 ||
	       g_str_has_prefix(name, "estimate_") || g_str_has_prefix(name, "estimated_");
}

/*
 * Finds the role of a column of features.
 *
 * @unit: (nullable): %NULL if it is unknown
 * @is_text: whether it has values, none of which is a number
 */
VmfcRole
vmfc_role_find(const gchar *name, const gchar *unit, const gchar *kind, gboolean is_text)
{
	if (is_time(name))
		return VMFC_ROLE_TIME;
	if (is_power(name, unit))
		return VMFC_ROLE_NONE;
	return is_text || g_str_equal(kind, "label") ? VMFC_ROLE_WORKLOAD : VMFC_ROLE_FEATURE;
}
