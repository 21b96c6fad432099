/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/column.h"

#include <string.h>

#include "base/power-zone.h"
#include "metrics/metric-name.h"
#include "record/column-words.h"
#include "rows/column-role.h"

#define PREFIX "vmfc_"
#define TOTAL  "_total"

/* Columns with a zone in their names, and one more, whose names as metrics do not tell them. */
static const VmfcKnownColumn zoned[] = {
	{"vm_cpu_joules_%s", "J", "counter", VMFC_TYPE_FLOAT},
	{"vm_cpu_watts_%s", "W", "gauge", VMFC_TYPE_FLOAT},
	{"kepler_vm_cpu_watts_%s", "W", "gauge", VMFC_TYPE_FLOAT},
	{"kepler_vm_cpu_joules_%s", "J", "gauge", VMFC_TYPE_FLOAT},
	{"kepler_vm_cpu_delta_watts_%s", "W", "gauge", VMFC_TYPE_FLOAT},
};
static const VmfcKnownColumn vm_count = {"kepler_vm_count", "1", "gauge", VMFC_TYPE_INT};

/* Metrics of estimated power: their label is the zone. */
static const struct {
	const gchar *metric;
	const gchar *start; /* of the column */
	const gchar *end;
	gboolean has_zone; /* in its name; the others have one value for all zones */
	const gchar *unit;
	VmfcKind kind;
	VmfcType type;
} estimates[] = {
	{"vmfc_power_watts", "estimated_watts_", "", TRUE, "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
	{"vmfc_power_low_watts", "estimated_watts_", "_low", TRUE, "W", VMFC_KIND_GAUGE,
	 VMFC_TYPE_FLOAT},
	{"vmfc_power_high_watts", "estimated_watts_", "_high", TRUE, "W", VMFC_KIND_GAUGE,
	 VMFC_TYPE_FLOAT},
	{"vmfc_energy_joules_total", "estimated_joules_", "", TRUE, "J", VMFC_KIND_COUNTER,
	 VMFC_TYPE_FLOAT},
	{"vmfc_power_missing_seconds_total", "estimate_missing_seconds", "", FALSE, "s",
	 VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT},
	{"vmfc_power_in_range", "estimate_in_range", "", FALSE, "", VMFC_KIND_GAUGE,
	 VMFC_TYPE_BOOL},
};

struct _VmfcPullNames {
	GHashTable *columns; /* name of a metric to VmfcPullColumn */
	GHashTable *ranks;   /* name of a column to its place in files of vmfc, from 1 */
	GHashTable *taken;   /* names of columns that only their own metrics may have */
};

static VmfcPullColumn *
column_new(const gchar *name, const gchar *unit, VmfcKind kind, VmfcType type)
{
	VmfcPullColumn *column = g_new0(VmfcPullColumn, 1);

	column->name = g_strdup(name);
	column->unit = g_strdup(unit);
	column->kind = kind;
	column->type = type;
	column->multiplier = 1;
	column->divisor = 1;
	return column;
}

void
vmfc_pull_column_free(VmfcPullColumn *column)
{
	g_free(column->name);
	g_free(column->unit);
	g_free(column);
}

static VmfcPullColumn *
column_copy(const VmfcPullColumn *column)
{
	VmfcPullColumn *copy = column_new(column->name, column->unit, column->kind, column->type);

	copy->multiplier = column->multiplier;
	copy->divisor = column->divisor;
	return copy;
}

/* --------------------------------------------------------- known names */

static void
add(VmfcPullNames *names, const gchar *name, const VmfcKnownColumn *known)
{
	g_hash_table_add(names->taken, g_strdup(name));
	if (known->type == VMFC_TYPE_STRING || known->type == VMFC_TYPE_STRINGS)
		return; /* a label, and no metric */
	const VmfcColumn declared = {
		.name = name, .unit = known->unit, .kind = vmfc_kind_from_string(known->kind)};
	g_auto(VmfcMetricName) metric = {0};
	VmfcPullColumn *column = column_new(name, known->unit, vmfc_kind_from_string(known->kind),
					    known->type);

	vmfc_metric_name_init(&metric, &declared);
	column->multiplier = metric.multiplier;
	column->divisor = metric.divisor;
	g_hash_table_insert(names->columns,
			    g_strconcat(metric.family, metric.is_counter ? TOTAL : "", NULL),
			    column);
}

static void
add_zones(VmfcPullNames *names, const VmfcKnownColumn *known)
{
	for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
		g_autoptr(GString) name = g_string_new(known->name);
		g_string_replace(name, "%s", vmfc_zone_get_name(zone), 1);
		add(names, name->str, known);
	}
}

VmfcPullNames *
vmfc_pull_names_new(void)
{
	VmfcPullNames *names = g_new0(VmfcPullNames, 1);
	const VmfcKnownColumn *known;

	names->columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       (GDestroyNotify)vmfc_pull_column_free);
	names->ranks = g_hash_table_new(g_str_hash, g_str_equal);
	names->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; (known = vmfc_known_column_get(i)) != NULL; i++) {
		/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
		g_hash_table_insert(names->ranks, (gpointer)known->name, GUINT_TO_POINTER(i + 1));
		add(names, known->name, known);
	}
	for (guint i = 0; i < G_N_ELEMENTS(zoned); i++)
		add_zones(names, &zoned[i]);
	add(names, vm_count.name, &vm_count);
	return names;
}

void
vmfc_pull_names_free(VmfcPullNames *names)
{
	g_hash_table_unref(names->columns);
	g_hash_table_unref(names->ranks);
	g_hash_table_unref(names->taken);
	g_free(names);
}

/* Returns: the place of a column in files of vmfc; after all of them for others */
guint
vmfc_pull_names_get_rank(const VmfcPullNames *names, const gchar *column)
{
	guint rank = GPOINTER_TO_UINT(g_hash_table_lookup(names->ranks, column));
	return rank > 0 ? rank : G_MAXUINT;
}

/* --------------------------------------------------------- other names */

static gboolean
is_estimate(const gchar *metric)
{
	for (guint i = 0; i < G_N_ELEMENTS(estimates); i++) {
		if (g_str_equal(metric, estimates[i].metric))
			return TRUE;
	}
	return FALSE;
}

static VmfcPullColumn *
find_estimate(const gchar *metric, const gchar *zone)
{
	for (guint i = 0; i < G_N_ELEMENTS(estimates); i++) {
		if (!g_str_equal(metric, estimates[i].metric) || vmfc_zone_find(zone) < 0)
			continue;
		g_autofree gchar *name = g_strconcat(estimates[i].start,
						     estimates[i].has_zone ? zone : "",
						     estimates[i].end, NULL);
		return column_new(name, estimates[i].unit, estimates[i].kind, estimates[i].type);
	}
	return NULL;
}

/*
 * A metric of a plugin that vmfc does not have: the column keeps its base unit. As a metric the
 * column has the same name again.
 *
 * Returns: (nullable): %NULL: the name is that of a column of vmfc, whose values come from
 *   another metric
 */
static VmfcPullColumn *
make_up(const VmfcPullNames *names, const gchar *metric)
{
	static const struct {
		const gchar *end;
		const gchar *unit;
	} units[] = {{"_bytes", "bytes"},
		     {"_seconds", "s"},
		     {"_watts", "W"},
		     {"_joules", "J"},
		     {"_hertz", "Hz"}};
	g_autofree gchar *name = g_strdup(metric + strlen(PREFIX));
	gboolean is_counter = g_str_has_suffix(name, TOTAL);
	const gchar *unit = "1";

	if (is_counter)
		name[strlen(name) - strlen(TOTAL)] = '\0';
	if (g_hash_table_contains(names->taken, name))
		return NULL;
	for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
		if (g_str_has_suffix(name, units[i].end))
			unit = units[i].unit;
	}
	return column_new(name, unit, is_counter ? VMFC_KIND_COUNTER : VMFC_KIND_GAUGE,
			  VMFC_TYPE_FLOAT);
}

/*
 * Names of vmfc have these letters. Others make columns of other metrics, and servers can have any
 * text (prometheus.io/docs/concepts/data_model, "Metric names and labels").
 */
static gboolean
is_name(const gchar *metric)
{
	static const gchar letters[] =
		"_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return g_str_has_prefix(metric, PREFIX) && metric[strlen(PREFIX)] != '\0' &&
	       metric[strspn(metric, letters)] == '\0' && !g_str_has_suffix(metric, "_info");
}

/*
 * @zone: the label of estimated power; "": none
 *
 * Returns: (transfer full) (nullable): the column of a series; %NULL if it is of none
 */
VmfcPullColumn *
vmfc_pull_names_find(const VmfcPullNames *names, const gchar *metric, const gchar *zone)
{
	if (!is_name(metric))
		return NULL;
	if (is_estimate(metric))
		return find_estimate(metric, zone);
	const VmfcPullColumn *known = g_hash_table_lookup(names->columns, metric);
	return known != NULL ? column_copy(known) : make_up(names, metric);
}
