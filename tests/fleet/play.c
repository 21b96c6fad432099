/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "play.h"

#include <math.h>

#include "record/schema.h"

/* What a column is and what its values are. */
typedef struct {
	const gchar *name;
	const gchar *unit;
	VmfcKind kind;
	VmfcType type;
	gdouble low; /* of a gauge, and of what a counter grows by in a window */
	gdouble high;
	gdouble step; /* values are multiples of it; 0: anything between */
} Column;

#define LABEL(name)                                                                                \
	{                                                                                          \
		name, "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, 0, 0, 0                               \
	}
#define GAUGE(name, unit, low, high, step)                                                         \
	{                                                                                          \
		name, unit, VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, low, high, step                      \
	}
#define NUMBER(name, unit, low, high)                                                              \
	{                                                                                          \
		name, unit, VMFC_KIND_GAUGE, VMFC_TYPE_INT, low, high, 1                           \
	}
#define COUNT(name, low, high)                                                                     \
	{                                                                                          \
		name, "1", VMFC_KIND_COUNTER, VMFC_TYPE_INT, low, high, 1                          \
	}
#define SUM(name, unit, low, high, step)                                                           \
	{                                                                                          \
		name, unit, VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, low, high, step                    \
	}
/* of all time of two CPUs, which the kernel counts in ticks of 10 ms */
#define SHARE(name, high) GAUGE(name, "percent", 0, high, 0.5)
#define POWER(zone, low, high)                                                                     \
	GAUGE("estimated_watts_" zone, "W", low, high, 0),                                         \
		GAUGE("estimated_watts_" zone "_low", "W", (low)*0.9, (high)*0.9, 0),              \
		GAUGE("estimated_watts_" zone "_high", "W", (low)*1.1, (high)*1.1, 0),             \
		SUM("estimated_joules_" zone, "J", low, high, 0)

/* Names, units and kinds are those of vmfc --list-features. */
static const Column columns[] = {
	GAUGE("timestamp", "s", 0, 0, 0),
	LABEL("vm_hostname"),
	LABEL("stress_workload"),
	LABEL("stress_phase"),
	NUMBER("stress_iteration", "1", 0, 0),
	{"stress_transition", "", VMFC_KIND_LABEL, VMFC_TYPE_BOOL, 0, 0, 1},
	COUNT("cpu_cycles", 1e8, 6e9),
	COUNT("instructions", 1e8, 9e9),
	COUNT("cache_references", 1e6, 1e8),
	COUNT("cache_misses", 1e5, 1e7),
	COUNT("branches", 1e7, 1e9),
	COUNT("branch_misses", 1e5, 1e7),
	COUNT("page_faults", 0, 20000),
	COUNT("context_switches", 500, 20000),
	GAUGE("instructions_per_cycle", "1", 0.5, 2.5, 0),
	GAUGE("cache_miss_ratio", "1", 0.01, 0.3, 0),
	GAUGE("branch_miss_ratio", "1", 0.001, 0.02, 0),
	GAUGE("pmc_running_ratio", "1", 1, 1, 0),
	SHARE("cpu_utilization", 100),
	SHARE("cpu_user_time", 60),
	SHARE("cpu_system_time", 20),
	SHARE("cpu_nice_time", 0),
	SHARE("cpu_iowait", 5),
	SHARE("cpu_irq", 0),
	SHARE("cpu_softirq", 2),
	SHARE("cpu_steal", 2),
	SHARE("cpu_idle", 100),
	GAUGE("cpu_efficiency", "1", 0, 0.8, 0.005),
	SHARE("cpu_busy", 85),
	NUMBER("core_count", "1", 2, 2),
	GAUGE("memory_usage_percent", "percent", 20, 60, 0.0001),
	GAUGE("memory_available_gb", "GiB", 2, 6, 0.00390625),
	SUM("disk_io_read_mb", "MiB", 0, 5, 0.00390625),
	SUM("disk_io_write_mb", "MiB", 0, 5, 0.00390625),
	{"network_bytes_sent", "bytes", VMFC_KIND_COUNTER, VMFC_TYPE_INT, 0, 100000, 1},
	{"network_bytes_recv", "bytes", VMFC_KIND_COUNTER, VMFC_TYPE_INT, 0, 100000, 1},
	NUMBER("process_count", "1", 90, 130),
	GAUGE("load_average_1min", "1", 0, 4, 0.01),
	GAUGE("load_average_5min", "1", 0, 3, 0.01),
	GAUGE("load_average_15min", "1", 0, 2, 0.01),
	NUMBER("procs_running", "1", 1, 6),
	NUMBER("procs_blocked", "1", 0, 2),
	COUNT("processes_created", 0, 50),
	POWER("package", 8, 60),
	POWER("core", 4, 50),
	SUM("estimate_missing_seconds", "s", 0, 0, 0),
	{"estimate_in_range", "", VMFC_KIND_GAUGE, VMFC_TYPE_BOOL, 0, 1, 1},
	LABEL("estimate_model"),
	GAUGE("collection_interval", "s", 1, 1, 0),
	GAUGE("time_delta_seconds", "s", 0.999, 1.001, 0.000000001),
	NUMBER("tick_lateness_us", "us", 50, 3000),
	NUMBER("sample_duration_us", "us", 150, 600),
	NUMBER("missed_ticks", "1", 0, 0),
};

/* One window in 50 has no estimate, because a feature is missing, and the next has one again. */
#define MISSING_SHARE 0.02

VmfcSchema *
play_build_schema(void)
{
	VmfcSchema *schema = vmfc_schema_new();

	for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
		const Column *from = &columns[i];
		const VmfcColumn column = {from->name, from->unit, from->kind, from->type,
					   FALSE,      "played",   "played"};
		vmfc_schema_add(schema, "play", &column, NULL);
	}
	vmfc_schema_freeze(schema);
	return schema;
}

void
play_state_init(PlayState *state, guint32 seed)
{
	state->random = g_rand_new_with_seed(seed);
	state->totals = g_new0(gdouble, G_N_ELEMENTS(columns));
	state->n_records = 0;
}

void
play_state_clear(PlayState *state)
{
	g_rand_free(state->random);
	g_free(state->totals);
}

/* Counters begin at 0, as those of a new run. */
void
play_state_restart(PlayState *state)
{
	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		state->totals[i] = 0;
	state->n_records = 0;
}

/* A gauge goes some way from its last value, as those of a machine do. */
static gdouble
draw(PlayState *self, guint i)
{
	const Column *column = &columns[i];
	gdouble drawn = g_rand_double_range(self->random, column->low,
					    nextafter(column->high, INFINITY));

	if (column->kind == VMFC_KIND_GAUGE && self->totals[i] != 0)
		drawn = 0.7 * self->totals[i] + 0.3 * drawn;
	if (column->step > 0)
		drawn = floor(drawn / column->step + 0.5) * column->step;
	self->totals[i] = column->kind == VMFC_KIND_COUNTER ? self->totals[i] + drawn : drawn;
	return self->totals[i];
}

static gboolean
is_named(guint i, const gchar *name)
{
	return g_str_equal(columns[i].name, name);
}

static VmfcMetricValue
draw_value(PlayState *self, guint i, gdouble timestamp, guint n_missed)
{
	const Column *column = &columns[i];
	VmfcMetricValue value = {.present = TRUE, .is_int = column->type != VMFC_TYPE_FLOAT};

	/* the joules too are missing then, as those of the plugin power are */
	if (g_str_has_prefix(column->name, "estimate") && !self->is_estimated &&
	    !is_named(i, "estimate_missing_seconds")) {
		value.present = FALSE;
		return value;
	}
	gdouble number = draw(self, i);
	if (is_named(i, "timestamp"))
		number = timestamp;
	else if (is_named(i, "missed_ticks"))
		number = n_missed;
	else if (is_named(i, "estimate_missing_seconds") && !self->is_estimated)
		number = self->totals[i] += 1;
	if (value.is_int)
		value.i = (gint64)number;
	else
		value.d = number;
	return value;
}

static const gchar *
get_text(guint i, gdouble timestamp)
{
	static const gchar *const phases[] = {"low", "middle", "high", "idle"};

	if (is_named(i, "stress_phase")) /* a new one each minute */
		return phases[(guint64)timestamp / 60 % G_N_ELEMENTS(phases)];
	return is_named(i, "vm_hostname")      ? "vm"
	       : is_named(i, "estimate_model") ? "0123456789ab"
					       : "cpu_cycling";
}

/* Draws what the VM tells in its next window. */
void
play_state_draw(PlayState *state, const VmfcMetrics *metrics, gdouble timestamp, guint n_missed,
		VmfcMetricValues *values)
{
	state->is_estimated = g_rand_double(state->random) >= MISSING_SHARE;
	state->n_records++;
	for (guint i = 0; i < metrics->sources->len; i++) {
		guint column = g_array_index(metrics->sources, VmfcMetricSource, i).column;
		values->numbers[i] = column == VMFC_NO_COLUMN
					     ? (VmfcMetricValue){TRUE, TRUE, .i = state->n_records}
					     : draw_value(state, column, timestamp, n_missed);
	}
	for (guint i = 0; i < metrics->texts->len; i++) {
		guint column = g_array_index(metrics->texts, guint, i);
		g_strlcpy(vmfc_metric_values_get_text(values, i), get_text(column, timestamp),
			  VMFC_STRING_SIZE);
	}
}
