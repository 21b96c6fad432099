/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/power-rows.h"

#include <math.h>
#include <string.h>

#include "base/power-zone.h"
#include "rows/power-column.h"
#include "tools/pull/csv-text.h"
#include "tools/pull/cursor.h"
#include "tools/pull/machine.h"

#define METRIC "kepler_vm_cpu_joules_total"
/*
 * Kepler's counters stand still between two of its updates, whose interval is 5 s by default, and
 * for a machine that is idle. A window ends when a counter has moved, or at a multiple of this, in
 * ms: the same windows come out, wherever a pull that was interrupted continues.
 */
#define MAX_STILL 60000
/* A longer window says too little, ms; the pull reads back by more before a piece. */
#define MAX_WINDOW 300000
#define MS_PER_S   1e3
/* Exporters that tell the energy of one machine in one piece of time */
#define MAX_SOURCES 1000

/* One exporter's counters of the machine. */
typedef struct {
	gchar *key;
	gint64 seen;			   /* ms, of the last sample; -1: none */
	gint64 begin;			   /* ms, of the window that is open; -1: none */
	gdouble totals[VMFC_N_ZONES];	   /* at its begin; NaN: unknown */
	gdouble current[VMFC_N_ZONES];	   /* of the instant; NaN: missing */
	gboolean is_present;		   /* has a sample of the instant */
	gboolean is_doubled[VMFC_N_ZONES]; /* the instant has two values, which is none */
} Source;

struct _VmfcPullPower {
	gboolean has_zone[VMFC_N_ZONES];
	GPtrArray *columns; /* of VmfcPullColumn */
	GPtrArray *sources; /* of Source */
	gint64 last;	    /* ms, of all samples so far */
	VmfcPullPowerCounts counts;
};

static void
source_free(Source *source)
{
	g_free(source->key);
	g_free(source);
}

/* -------------------------------------------------------------- columns */

static void
add_column(VmfcPullPower *self, const gchar *name, const gchar *unit, VmfcKind kind, VmfcType type)
{
	VmfcPullColumn *column = g_new0(VmfcPullColumn, 1);

	*column = (VmfcPullColumn){g_strdup(name), g_strdup(unit), kind, type, 1, 1};
	g_ptr_array_add(self->columns, column);
}

/* Prometheus gives Kepler's label a prefix if the host has one with the same name. */
static gint
find_zone(const VmfcSeries *series)
{
	const gchar *exported = vmfc_series_get_label(series, "exported_zone");

	return vmfc_zone_find(exported[0] != '\0' ? exported
						  : vmfc_series_get_label(series, "zone"));
}

/* @series: a list of the machine's series, which decides about the columns */
VmfcPullPower *
vmfc_pull_power_new(const GPtrArray *series)
{
	VmfcPullPower *power = g_new0(VmfcPullPower, 1);

	power->columns = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_pull_column_free);
	power->sources = g_ptr_array_new_with_free_func((GDestroyNotify)source_free);
	power->counts.interval = NAN;
	for (guint i = 0; i < series->len; i++) {
		gint zone = find_zone(series->pdata[i]);
		if (zone >= 0)
			power->has_zone[zone] = TRUE;
	}
	add_column(power, "timestamp", "s", VMFC_KIND_LABEL, VMFC_TYPE_FLOAT);
	add_column(power, "timestamp_iso", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING);
	for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
		g_autofree gchar *name = vmfc_power_build_column(VMFC_POWER_ENERGY, zone);
		if (power->has_zone[zone])
			add_column(power, name, "J", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT);
	}
	add_column(power, "time_delta_seconds", "s", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT);
	return power;
}

void
vmfc_pull_power_free(VmfcPullPower *power)
{
	g_ptr_array_unref(power->columns);
	g_ptr_array_unref(power->sources);
	g_free(power);
}

const GPtrArray *
vmfc_pull_power_get_columns(const VmfcPullPower *power)
{
	return power->columns;
}

const VmfcPullPowerCounts *
vmfc_pull_power_get_counts(const VmfcPullPower *power)
{
	return &power->counts;
}

/* Returns: (transfer full): the first line of the file */
gchar *
vmfc_pull_power_build_header(const VmfcPullPower *power)
{
	return vmfc_csv_text_build_header(power->columns);
}

/* Returns: (transfer full): the counters of a machine; a UUID may be in capital letters */
gchar *
vmfc_pull_power_build_selector(const gchar *vm_id)
{
	g_autoptr(GString) text = g_string_new(METRIC "{vm_id=");

	if (g_uuid_string_is_valid(vm_id))
		g_string_append_printf(text, "~\"(?i)%s\"", vm_id);
	else
		vmfc_machine_append_quoted(text, vm_id);
	g_string_append_c(text, '}');
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* -------------------------------------------------------------- windows */

static gboolean
is_ambiguous(const VmfcPullPower *self, const Source *source)
{
	for (guint i = 0; i < self->sources->len; i++) {
		const Source *other = self->sources->pdata[i];
		if (other != source && other->seen >= source->begin)
			return TRUE;
	}
	return FALSE;
}

static void
open_window(Source *source, gint64 time)
{
	source->begin = time;
	memcpy(source->totals, source->current, sizeof(source->totals));
}

static gboolean
has_moved(const Source *source)
{
	for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
		gdouble growth = source->current[zone] - source->totals[zone];
		if (!isnan(growth) && growth != 0)
			return TRUE;
	}
	return FALSE;
}

static gdouble
get_growth(VmfcPullPower *self, const Source *source, guint zone)
{
	gdouble growth = source->current[zone] - source->totals[zone];

	if (growth >= 0)
		return growth;
	self->counts.n_backwards += !isnan(growth);
	return NAN;
}

static void
append_window(VmfcPullPower *self, const Source *source, gint64 time, GString *rows)
{
	gdouble length = (gdouble)(time - source->begin) / MS_PER_S;

	vmfc_csv_text_append_number(rows, (gdouble)time / MS_PER_S);
	g_string_append_c(rows, ',');
	vmfc_csv_text_append_iso(rows, (gdouble)time / MS_PER_S);
	for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
		if (!self->has_zone[zone])
			continue;
		g_string_append_c(rows, ',');
		vmfc_csv_text_append_number(rows, get_growth(self, source, zone));
	}
	g_string_append_c(rows, ',');
	vmfc_csv_text_append_number(rows, length);
	g_string_append_c(rows, '\n');
	self->counts.interval = length;
}

/* Returns: whether there is a row */
static gboolean
end_instant(VmfcPullPower *self, Source *source, gint64 time, gboolean is_wanted, GString *rows)
{
	gint64 length = time - source->begin;
	gsize before = rows->len;
	gboolean is_row = FALSE;

	if (source->begin < 0 || length > MAX_WINDOW) {
		open_window(source, time);
		return FALSE;
	}
	if (!has_moved(source) && time / MAX_STILL == source->begin / MAX_STILL)
		return FALSE;
	if (is_ambiguous(self, source)) {
		self->counts.n_ambiguous += is_wanted;
	} else {
		append_window(self, source, time, rows);
		is_row = is_wanted;
	}
	if (!is_row)
		g_string_truncate(rows, before);
	open_window(source, time);
	return is_row;
}

/* -------------------------------------------------------------- samples */

/*
 * Forgets the exporters that are in no window any more: each restart of Kepler in a cluster can be
 * a new one.
 */
static void
forget_sources(VmfcPullPower *self)
{
	for (guint i = self->sources->len; i > 0; i--) {
		const Source *source = self->sources->pdata[i - 1];
		if (source->seen < self->last - MAX_WINDOW)
			g_ptr_array_remove_index(self->sources, i - 1);
	}
}

/* Labels that change while the machine and the exporter stay the same do not begin a new source. */
static gchar *
build_key(const VmfcSeries *series)
{
	static const gchar *const others[] = {"zone",	 "exported_zone", "state",
					      "vm_name", "hypervisor",	  NULL};
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(series->labels),
					     (GCompareFunc)strcmp);
	g_autoptr(GString) key = g_string_new(NULL);

	for (GList *name = names; name != NULL; name = name->next) {
		if (g_strv_contains(others, name->data))
			continue;
		g_string_append_printf(key, "%s=", (const gchar *)name->data);
		vmfc_machine_append_quoted(key, vmfc_series_get_label(series, name->data));
	}
	return g_string_free(g_steal_pointer(&key), FALSE);
}

/* Returns: (transfer none) (nullable): %NULL: there are too many */
static Source *
find_source(VmfcPullPower *self, const VmfcSeries *series)
{
	g_autofree gchar *key = build_key(series);

	for (guint i = 0; i < self->sources->len; i++) {
		Source *source = self->sources->pdata[i];
		if (g_str_equal(source->key, key))
			return source;
	}
	if (self->sources->len == MAX_SOURCES)
		return NULL;
	Source *source = g_new0(Source, 1);
	source->key = g_steal_pointer(&key);
	source->seen = -1;
	source->begin = -1;
	g_ptr_array_add(self->sources, source);
	return source;
}

/*
 * Kepler shows a machine that has ended for a while: it is no second one.
 *
 * Returns: (transfer full) (nullable): %NULL: there are too many exporters
 */
static GArray *
create_cursors(VmfcPullPower *self, const GPtrArray *series)
{
	g_autoptr(GArray) cursors = g_array_new(FALSE, FALSE, sizeof(VmfcCursor));

	for (guint i = 0; i < series->len; i++) {
		const VmfcSeries *one = series->pdata[i];
		gint zone = find_zone(one);
		if (zone < 0 || !self->has_zone[zone] || one->samples->len == 0 ||
		    g_str_equal(vmfc_series_get_label(one, "state"), "terminated"))
			continue;
		const VmfcCursor cursor = {one, 0, zone, find_source(self, one)};
		if (cursor.owner == NULL)
			return NULL;
		g_array_append_val(cursors, cursor);
	}
	return g_steal_pointer(&cursors);
}

/* Two values of one zone contradict each other, so it is missing. */
static void
take_sample(Source *source, guint zone, gdouble value)
{
	for (guint i = 0; !source->is_present && i < VMFC_N_ZONES; i++) {
		source->current[i] = NAN;
		source->is_doubled[i] = FALSE;
	}
	source->is_present = TRUE;
	source->is_doubled[zone] = source->is_doubled[zone] || !isnan(source->current[zone]);
	source->current[zone] = source->is_doubled[zone] ? NAN : value;
}

static void
take_samples(VmfcPullPower *self, GArray *cursors, gint64 time)
{
	for (guint i = 0; i < self->sources->len; i++)
		((Source *)self->sources->pdata[i])->is_present = FALSE;
	for (guint i = 0; i < cursors->len; i++) {
		VmfcCursor *cursor = &g_array_index(cursors, VmfcCursor, i);
		const VmfcSample *sample = vmfc_cursor_take(cursor, time);
		Source *source = cursor->owner;
		if (sample == NULL)
			continue;
		take_sample(source, (guint)cursor->index, sample->value);
		source->seen = time;
	}
}

/*
 * Appends the windows of a piece of time to @rows.
 *
 * @from: ms: windows that end before this are only those before others
 *
 * Returns: the number of rows
 */
guint
vmfc_pull_power_add(VmfcPullPower *power, const GPtrArray *series, gint64 from, GString *rows)
{
	forget_sources(power);
	g_autoptr(GArray) cursors = create_cursors(power, series);
	guint n_rows = 0;
	gint64 time;

	if (cursors == NULL) {
		power->counts.n_crowded++;
		g_ptr_array_set_size(power->sources, 0);
		return 0;
	}
	while ((time = vmfc_cursors_find_next_time(cursors)) != G_MAXINT64) {
		take_samples(power, cursors, time);
		power->last = time;
		for (guint i = 0; i < power->sources->len; i++) {
			Source *source = power->sources->pdata[i];
			if (source->is_present)
				n_rows += end_instant(power, source, time, time > from, rows);
		}
	}
	return n_rows;
}
