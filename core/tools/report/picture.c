/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/picture.h"

#include <string.h>

#define MAX_COLUMNS 10

/* One plot: columns, and their names in the legend. */
typedef struct {
	const gchar *name;
	const gchar *title;
	const gchar *label;
	const gchar *unit; /* of a counter: without "/s" */
	struct {
		const gchar *column;
		const gchar *name;
	} lines[MAX_COLUMNS];
} Plan;

static const Plan plans[] = {
	{"cpu",
	 "CPU use",
	 "share of all CPU time",
	 "%",
	 {{"cpu_utilization", "utilization"},
	  {"cpu_user_time", "user"},
	  {"cpu_system_time", "system"},
	  {"cpu_iowait", "iowait"},
	  {"cpu_steal", "steal"},
	  {"stress_target_load", "requested load"},
	  {"cpu_nice_time", "nice"},
	  {"cpu_irq", "irq"},
	  {"cpu_softirq", "softirq"}}},
	{"memory", "Memory use", "share of memory", "%", {{"memory_usage_percent", "used"}}},
	{"memory-available",
	 "Available memory",
	 "memory",
	 "GiB",
	 {{"memory_available_gb", "available"}}},
	{"disk",
	 "Disk transfers",
	 "data",
	 "MiB",
	 {{"disk_io_read_mb", "read"}, {"disk_io_write_mb", "written"}}},
	{"network",
	 "Network transfers",
	 "data",
	 "bytes",
	 {{"network_bytes_recv", "received"}, {"network_bytes_sent", "sent"}}},
	{"cycles",
	 "Cycles and instructions",
	 "events",
	 "events",
	 {{"cpu_cycles", "cycles"},
	  {"instructions", "instructions"},
	  {"ref_cycles", "reference cycles"}}},
	{"cache",
	 "Cache",
	 "events",
	 "events",
	 {{"cache_references", "references"}, {"cache_misses", "misses"}}},
	{"branches",
	 "Branches",
	 "events",
	 "events",
	 {{"branches", "branches"}, {"branch_misses", "misses"}}},
	{"ipc",
	 "Instructions per cycle",
	 "instructions by cycle",
	 "ratio",
	 {{"instructions_per_cycle", "instructions per cycle"}}},
	{"ratios",
	 "Shares of events",
	 "share",
	 "ratio",
	 {{"cache_miss_ratio", "cache misses"},
	  {"branch_miss_ratio", "branch misses"},
	  {"cpu_efficiency", "user and system time"},
	  {"pmc_running_ratio", "time that events were counted"}}},
	{"faults",
	 "Page faults and context switches",
	 "events",
	 "events",
	 {{"page_faults", "page faults"}, {"context_switches", "context switches"}}},
	{"load",
	 "Load average",
	 "processes",
	 "count",
	 {{"load_average_1min", "1 min"},
	  {"load_average_5min", "5 min"},
	  {"load_average_15min", "15 min"}}},
	{"processes", "Processes", "processes", "count", {{"process_count", "processes"}}},
	{"running",
	 "Running and blocked processes",
	 "processes",
	 "count",
	 {{"procs_running", "running"}, {"procs_blocked", "blocked"}}},
	{"kepler",
	 "CPU time of processes, from Kepler",
	 "CPU time",
	 "s/s",
	 {{"node_process_cpu_seconds_rate", "all processes"}}},
	{"kepler-scrape",
	 "Duration of Kepler's answers",
	 "duration",
	 "s",
	 {{"kepler_scrape_seconds", "answer"}}},
	{"sampling",
	 "Duration of readings",
	 "duration",
	 "us",
	 {{"sample_duration_us", "from the first to the last"}}},
};

static void
clear_line(gpointer data)
{
	g_free(((VmfcPictureLine *)data)->name);
}

static void
free_picture(gpointer data)
{
	VmfcPicture *picture = data;

	g_free(picture->name);
	g_free(picture->title);
	g_free(picture->label);
	g_free(picture->unit);
	g_array_unref(picture->lines);
	g_free(picture);
}

static VmfcPicture *
new_picture(const gchar *name, const gchar *title, const gchar *label, const gchar *unit)
{
	VmfcPicture *picture = g_new0(VmfcPicture, 1);

	picture->name = g_strdup(name);
	picture->title = g_strdup(title);
	picture->label = g_strdup(label);
	picture->unit = g_strdup(unit);
	picture->lines = g_array_new(FALSE, FALSE, sizeof(VmfcPictureLine));
	g_array_set_clear_func(picture->lines, clear_line);
	return picture;
}

static gboolean
is_kind(const VmfcRunFacts *facts, const gchar *column, const gchar *kind)
{
	return g_str_equal(vmfc_run_facts_find_column(facts, column).kind, kind);
}

static void
add_plan(GPtrArray *pictures, const Plan *plan, const VmfcTable *table, const VmfcRunFacts *facts,
	 gboolean has_length)
{
	g_autofree gchar *rate = g_strconcat(plan->unit, "/s", NULL);
	VmfcPicture *picture = new_picture(plan->name, plan->title, plan->label, plan->unit);

	for (guint i = 0; i < MAX_COLUMNS && plan->lines[i].column != NULL; i++) {
		gint column = vmfc_table_find(table, plan->lines[i].column);
		if (column < 0)
			continue;
		const VmfcPictureLine line = {
			.name = g_strdup(plan->lines[i].name),
			.column = column,
			.low = -1,
			.high = -1,
			.is_label = is_kind(facts, plan->lines[i].column, "label"),
			.is_rate = has_length && is_kind(facts, plan->lines[i].column, "counter")};
		g_array_append_val(picture->lines, line);
		if (line.is_rate && !g_str_equal(picture->unit, rate)) {
			g_free(picture->unit);
			picture->unit = g_strdup(rate);
		}
	}
	if (picture->lines->len > 0)
		g_ptr_array_add(pictures, picture);
	else
		free_picture(picture);
}

/* ---------------------------------------------------------- power, by its unit */

/* One plot for each source: they measure differently, and have several zones each. */
static const struct {
	const gchar *prefix; /* of its columns */
	const gchar *name;
	const gchar *title;
} sources[] = {
	{"estimated_watts_", "power-estimated", "Estimated power"},
	{"vm_cpu_watts_", "power-vm", "Power of the VM"},
	{"kepler_vm_", "power-kepler", "Power of the VM by Kepler"},
	{"total_cpu_watts_", "power-total", "Total power"},
	{"rapl_", "power-rapl", "Power of the machine by RAPL"},
	{"", "power", "Power"}, /* all others */
};

static guint
find_source(const gchar *column)
{
	guint i = 0;

	while (!g_str_has_prefix(column, sources[i].prefix))
		i++;
	return i;
}

static gboolean
is_end_of_interval(const VmfcTable *table, const gchar *name)
{
	static const gchar *const ends[] = {"_low", "_high"};

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		if (!g_str_has_suffix(name, ends[i]))
			continue;
		g_autofree gchar *base = g_strndup(name, strlen(name) - strlen(ends[i]));
		if (vmfc_table_find(table, base) >= 0)
			return TRUE;
	}
	return FALSE;
}

static gint
find_end(const VmfcTable *table, const gchar *name, const gchar *end)
{
	g_autofree gchar *column = g_strconcat(name, end, NULL);
	return vmfc_table_find(table, column);
}

static gboolean
is_power(const VmfcRunFacts *facts, const gchar *name)
{
	return g_str_equal(vmfc_run_facts_find_column(facts, name).unit, "W") ||
	       g_str_has_suffix(name, "_watts") || strstr(name, "_watts_") != NULL;
}

static void
add_power(GPtrArray *pictures, guint source, const VmfcTable *table, const VmfcRunFacts *facts)
{
	VmfcPicture *picture = new_picture(sources[source].name, sources[source].title, "power",
					   "W");

	picture->is_estimated = source == 0;
	for (guint i = 0; i < table->columns->len; i++) {
		const gchar *column = vmfc_table_get_name(table, i);
		if (find_source(column) != source || !is_power(facts, column) ||
		    is_end_of_interval(table, column))
			continue;
		const VmfcPictureLine line = {.name = g_strdup(column),
					      .column = (gint)i,
					      .low = find_end(table, column, "_low"),
					      .high = find_end(table, column, "_high")};
		if (picture->lines->len < VMFC_PICTURE_MAX_COLUMNS) {
			g_array_append_val(picture->lines, line);
		} else {
			g_free(line.name);
			picture->n_not_read++;
		}
	}
	if (picture->lines->len > 0)
		g_ptr_array_add(pictures, picture);
	else
		free_picture(picture);
}

/*
 * Finds the plots that the columns of a file make.
 *
 * @has_length: whether the file has the length of its windows
 *
 * Returns: (transfer full): of VmfcPicture
 */
GPtrArray *
vmfc_picture_plan(const VmfcTable *table, const VmfcRunFacts *facts, gboolean has_length)
{
	GPtrArray *pictures = g_ptr_array_new_with_free_func(free_picture);

	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		add_power(pictures, i, table, facts);
	for (guint i = 0; i < G_N_ELEMENTS(plans); i++)
		add_plan(pictures, &plans[i], table, facts, has_length);
	return pictures;
}
