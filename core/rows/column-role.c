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
	{"timestamp", "s", "label", VMFC_TYPE_FLOAT},
	{"timestamp_iso", "", "label", VMFC_TYPE_STRING},
	{"vm_hostname", "", "label", VMFC_TYPE_STRING},
	{"target_zones", "", "label", VMFC_TYPE_STRINGS},
	{"stress_workload", "", "label", VMFC_TYPE_STRING},
	{"stress_phase", "", "label", VMFC_TYPE_STRING},
	{"stress_target_load", "percent", "label", VMFC_TYPE_FLOAT},
	{"stress_iteration", "1", "label", VMFC_TYPE_INT},
	{"stress_transition", "", "label", VMFC_TYPE_BOOL},
	{"cpu_cycles", "1", "counter", VMFC_TYPE_INT},
	{"instructions", "1", "counter", VMFC_TYPE_INT},
	{"cache_references", "1", "counter", VMFC_TYPE_INT},
	{"cache_misses", "1", "counter", VMFC_TYPE_INT},
	{"branches", "1", "counter", VMFC_TYPE_INT},
	{"branch_misses", "1", "counter", VMFC_TYPE_INT},
	{"page_faults", "1", "counter", VMFC_TYPE_INT},
	{"context_switches", "1", "counter", VMFC_TYPE_INT},
	{"instructions_per_cycle", "1", "gauge", VMFC_TYPE_FLOAT},
	{"cache_miss_ratio", "1", "gauge", VMFC_TYPE_FLOAT},
	{"branch_miss_ratio", "1", "gauge", VMFC_TYPE_FLOAT},
	{"pmc_running_ratio", "1", "gauge", VMFC_TYPE_FLOAT},
	{"ref_cycles", "1", "counter", VMFC_TYPE_INT},
	{"cpu_utilization", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_user_time", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_system_time", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_nice_time", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_iowait", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_irq", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_softirq", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_steal", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_idle", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_efficiency", "1", "gauge", VMFC_TYPE_FLOAT},
	{"cpu_busy", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"core_count", "1", "gauge", VMFC_TYPE_INT},
	{"memory_usage_percent", "percent", "gauge", VMFC_TYPE_FLOAT},
	{"memory_available_gb", "GiB", "gauge", VMFC_TYPE_FLOAT},
	{"disk_io_read_mb", "MiB", "counter", VMFC_TYPE_FLOAT},
	{"disk_io_write_mb", "MiB", "counter", VMFC_TYPE_FLOAT},
	{"network_bytes_sent", "bytes", "counter", VMFC_TYPE_INT},
	{"network_bytes_recv", "bytes", "counter", VMFC_TYPE_INT},
	{"process_count", "1", "gauge", VMFC_TYPE_INT},
	{"load_average_1min", "1", "gauge", VMFC_TYPE_FLOAT},
	{"load_average_5min", "1", "gauge", VMFC_TYPE_FLOAT},
	{"load_average_15min", "1", "gauge", VMFC_TYPE_FLOAT},
	{"procs_running", "1", "gauge", VMFC_TYPE_INT},
	{"procs_blocked", "1", "gauge", VMFC_TYPE_INT},
	{"processes_created", "1", "counter", VMFC_TYPE_INT},
	{"collection_interval", "s", "label", VMFC_TYPE_FLOAT},
	{"time_delta_seconds", "s", "gauge", VMFC_TYPE_FLOAT},
	{"tick_lateness_us", "us", "gauge", VMFC_TYPE_INT},
	{"sample_duration_us", "us", "gauge", VMFC_TYPE_INT},
	{"missed_ticks", "1", "gauge", VMFC_TYPE_INT},
	{"timestamp_absolute", "s", "label", VMFC_TYPE_FLOAT},
	{"sys_cpu_user_seconds", "s", "counter", VMFC_TYPE_FLOAT},
	{"sys_cpu_system_seconds", "s", "counter", VMFC_TYPE_FLOAT},
	{"sys_cpu_total_seconds", "s", "counter", VMFC_TYPE_FLOAT},
	{"sys_context_switches", "1", "counter", VMFC_TYPE_INT},
	{"sys_processes_created", "1", "counter", VMFC_TYPE_INT},
	{"sys_procs_running", "1", "gauge", VMFC_TYPE_INT},
	{"sys_procs_blocked", "1", "gauge", VMFC_TYPE_INT},
	{"node_process_cpu_seconds_total", "s", "gauge", VMFC_TYPE_FLOAT},
	{"node_process_cpu_seconds_delta", "s", "gauge", VMFC_TYPE_FLOAT},
	{"node_process_cpu_seconds_rate", "s/s", "gauge", VMFC_TYPE_FLOAT},
	{"kepler_scrape_seconds", "s", "gauge", VMFC_TYPE_FLOAT},
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
