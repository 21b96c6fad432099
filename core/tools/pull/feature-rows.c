/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/feature-rows.h"

#include <math.h>
#include <string.h>

#include "rows/cell-write.h"
#include "rows/iso-time.h"
#include "rows/table.h"
#include "tools/pull/csv-text.h"
#include "tools/pull/cursor.h"

#define RECORDS "vmfc_records_total"
/* By how much windows may fail to meet: the share of a window's length, and s. */
#define SLACK_SHARE 0.1
#define MIN_SLACK   2e-3

/* Columns whose texts are labels of an info. */
enum { HOSTNAME, WORKLOAD, PHASE, MODEL, RUN, N_TEXTS };
static const struct {
	const gchar *metric;
	const gchar *label;
	const gchar *column; /* NULL: none */
} texts[N_TEXTS] = {
	[HOSTNAME] = {"vmfc_run_info", "hostname", "vm_hostname"},
	[WORKLOAD] = {"vmfc_run_info", "workload", "stress_workload"},
	[PHASE] = {"vmfc_run_info", "phase", "stress_phase"},
	[MODEL] = {"vmfc_model_info", "model", "estimate_model"},
	[RUN] = {"vmfc_run_info", "run", NULL},
};

typedef struct {
	VmfcPullColumn *column;
	gint text;	     /* index of texts; -1: a number */
	gboolean is_iso;     /* the time as a text */
	gdouble value;	     /* of the metric; NaN: missing */
	gboolean is_doubled; /* it has several values, which differ */
	gdouble total;	     /* of a counter in the row before; NaN: unknown */
} Cell;

struct _VmfcPullFeatures {
	const VmfcMachine *machine;
	const VmfcPullNames *names;
	GPtrArray *columns; /* of VmfcPullColumn, owned */
	GArray *cells;
	GHashTable *by_name; /* name of a column to its cell + 1 */
	guint time_cell;
	gint length_cell; /* -1: none */
	gint interval_cell;
	const gchar *texts[N_TEXTS]; /* of the row; NULL: missing */
	gboolean has_two_runs;	     /* the row */
	gdouble records;	     /* of the row; NaN: unknown */
	VmfcPullCounts counts;

	/* of the row before */
	gchar *run;
	gchar *run_before; /* another one */
	gdouble last_time;
	gdouble last_records;
};

/* -------------------------------------------------------------- columns */

static void
add_column(VmfcPullFeatures *self, VmfcPullColumn *column)
{
	gboolean is_new = !g_hash_table_contains(self->by_name, column->name);

	if (!is_new || self->columns->len == VMFC_MAX_COLUMNS) {
		self->counts.n_left_out += is_new;
		vmfc_pull_column_free(column);
		return;
	}
	g_ptr_array_add(self->columns, column);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
	g_hash_table_insert(self->by_name, column->name, GUINT_TO_POINTER(self->columns->len));
}

static void
add_text_column(VmfcPullFeatures *self, const gchar *name)
{
	VmfcPullColumn *column = g_new0(VmfcPullColumn, 1);

	*column = (VmfcPullColumn){
		g_strdup(name), g_strdup(""), VMFC_KIND_LABEL, VMFC_TYPE_STRING, 1, 1};
	add_column(self, column);
}

static gint
compare_columns(gconstpointer a, gconstpointer b, gpointer names)
{
	const VmfcPullColumn *left = *(VmfcPullColumn *const *)a;
	const VmfcPullColumn *right = *(VmfcPullColumn *const *)b;
	guint left_rank = vmfc_pull_names_get_rank(names, left->name);
	guint right_rank = vmfc_pull_names_get_rank(names, right->name);

	if (left_rank != right_rank)
		return left_rank < right_rank ? -1 : 1;
	return strcmp(left->name, right->name);
}

static gint
find_cell(const VmfcPullFeatures *self, const gchar *name)
{
	return GPOINTER_TO_INT(g_hash_table_lookup(self->by_name, name)) - 1;
}

static void
create_cells(VmfcPullFeatures *self)
{
	g_ptr_array_sort_with_data(self->columns, compare_columns, (gpointer)self->names);
	for (guint i = 0; i < self->columns->len; i++) {
		VmfcPullColumn *column = self->columns->pdata[i];
		Cell cell = {column, -1,    g_str_equal(column->name, "timestamp_iso"),
			     NAN,    FALSE, NAN};
		for (gint text = 0; text < N_TEXTS; text++) {
			if (g_strcmp0(column->name, texts[text].column) == 0)
				cell.text = text;
		}
		g_array_append_val(self->cells, cell);
		/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
		g_hash_table_insert(self->by_name, column->name, GUINT_TO_POINTER(i + 1));
	}
	self->time_cell = (guint)find_cell(self, "timestamp");
	self->length_cell = find_cell(self, "time_delta_seconds");
	self->interval_cell = find_cell(self, "collection_interval");
}

/* Returns: (transfer full) (nullable): %NULL: it is of none */
static VmfcPullColumn *
find_column(const VmfcPullFeatures *self, const VmfcSeries *series)
{
	const gchar *metric = vmfc_series_get_label(series, "__name__");

	if (g_str_equal(metric, RECORDS))
		return NULL;
	return vmfc_pull_names_find(self->names, metric,
				    vmfc_machine_get_label(self->machine, series, "zone"));
}

static void
add_columns_of(VmfcPullFeatures *self, const VmfcSeries *series)
{
	const gchar *metric = vmfc_series_get_label(series, "__name__");

	for (guint i = 0; i < N_TEXTS; i++) {
		const gchar *label = vmfc_machine_get_label(self->machine, series, texts[i].label);
		gboolean has_label = label[0] != '\0';
		if (g_str_equal(metric, texts[i].metric) && texts[i].column != NULL && has_label)
			add_text_column(self, texts[i].column);
	}
	VmfcPullColumn *column = find_column(self, series);
	if (column != NULL)
		add_column(self, column);
}

/* @series: a list of the machine's series, which decides about the columns */
VmfcPullFeatures *
vmfc_pull_features_new(const VmfcMachine *machine, const VmfcPullNames *names,
		       const GPtrArray *series)
{
	VmfcPullFeatures *features = g_new0(VmfcPullFeatures, 1);

	features->machine = machine;
	features->names = names;
	features->columns = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_pull_column_free);
	features->cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	features->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	features->last_time = NAN;
	features->last_records = NAN;
	features->counts.interval = NAN;
	add_column(features, vmfc_pull_names_find(names, "vmfc_timestamp_seconds", ""));
	add_text_column(features, "timestamp_iso");
	for (guint i = 0; i < series->len; i++) {
		if (vmfc_machine_has(machine, series->pdata[i]))
			add_columns_of(features, series->pdata[i]);
	}
	create_cells(features);
	return features;
}

void
vmfc_pull_features_free(VmfcPullFeatures *features)
{
	g_ptr_array_unref(features->columns);
	g_array_unref(features->cells);
	g_hash_table_unref(features->by_name);
	g_free(features->run);
	g_free(features->run_before);
	g_free(features);
}

const GPtrArray *
vmfc_pull_features_get_columns(const VmfcPullFeatures *features)
{
	return features->columns;
}

const VmfcPullCounts *
vmfc_pull_features_get_counts(const VmfcPullFeatures *features)
{
	return &features->counts;
}

/* Returns: (transfer full): the first line of the file */
gchar *
vmfc_pull_features_build_header(const VmfcPullFeatures *features)
{
	return vmfc_csv_text_build_header(features->columns);
}

/* ------------------------------------------------------------- counters */

static gdouble
get_value(const VmfcPullFeatures *self, gint cell)
{
	return cell >= 0 ? g_array_index(self->cells, Cell, cell).value : NAN;
}

/* Returns: when the row's run began, which is its label run, in s; NaN: unknown */
static gdouble
get_run_begin(const VmfcPullFeatures *self)
{
	gdouble begin;
	gboolean has_zone;
	const gchar *run = self->texts[RUN];

	if (run == NULL || !vmfc_iso_time_parse(run, strlen(run), &begin, &has_zone) || !has_zone)
		return NAN;
	return begin;
}

/* Two vmfc send with the same labels: a run has not ended when another one begins. */
static gboolean
is_ambiguous(const VmfcPullFeatures *self)
{
	const gchar *run = self->texts[RUN];

	return self->has_two_runs || (run != NULL && g_strcmp0(run, self->run_before) == 0);
}

/*
 * The first window of a run begins within an interval of the run's begin. A second one begins later
 * than that, and ends two intervals after the run's begin at the earliest.
 */
static gboolean
is_first_of_run(const VmfcPullFeatures *self, gdouble time, gdouble length)
{
	if (self->records == 1)
		return TRUE;
	if (!isnan(self->records))
		return FALSE;
	gdouble interval = get_value(self, self->interval_cell);
	gdouble age = time - get_run_begin(self);
	interval = isnan(interval) ? length : interval;
	return age - length > -1 && (age - length < interval || age < 2 * interval);
}

/* Whether this row's record is the next one after the row before. */
static gboolean
follows(const VmfcPullFeatures *self, gdouble time, gdouble length)
{
	if (!isnan(self->records) && !isnan(self->last_records))
		return self->records == self->last_records + 1;
	gdouble slack = MAX(SLACK_SHARE * length, MIN_SLACK);
	return fabs(time - length - self->last_time) <= slack;
}

static void
forget_totals(VmfcPullFeatures *self, gdouble total)
{
	for (guint i = 0; i < self->cells->len; i++)
		g_array_index(self->cells, Cell, i).total = total;
}

/* The totals of a run begin at 0. Where a record is missing, growth is not of one window. */
static void
prepare_totals(VmfcPullFeatures *self, gdouble time, gdouble length)
{
	if (self->texts[RUN] != NULL && g_strcmp0(self->run, self->texts[RUN]) != 0) {
		forget_totals(self, is_first_of_run(self, time, length) ? 0 : NAN);
		g_free(self->run_before);
		self->run_before = self->run;
		self->run = g_strdup(self->texts[RUN]);
	} else if (!follows(self, time, length)) {
		self->counts.n_gaps += isnan(self->last_time) ? 0 : 1;
		forget_totals(self, NAN);
	}
}

/*
 * A counter that is missing in a record did not grow in it for vmfc. What grew in one whose value
 * is unknown is not of the next.
 *
 * Returns: in the column's unit; NaN: missing
 */
static gdouble
read_cell(Cell *cell)
{
	const VmfcPullColumn *column = cell->column;
	gdouble value = cell->value * column->divisor / column->multiplier;

	if (cell->is_doubled)
		cell->total = NAN;
	if (column->kind != VMFC_KIND_COUNTER || isnan(value))
		return value;
	gdouble growth = value - cell->total;
	cell->total = value;
	return growth >= 0 ? growth : NAN;
}

/* ----------------------------------------------------------------- rows */

static void
append_row(VmfcPullFeatures *self, gdouble time, GString *rows)
{
	for (guint i = 0; i < self->cells->len; i++) {
		Cell *cell = &g_array_index(self->cells, Cell, i);
		if (i > 0)
			g_string_append_c(rows, ',');
		if (cell->is_iso)
			vmfc_csv_text_append_iso(rows, time);
		else if (cell->text >= 0 && self->texts[cell->text] != NULL)
			vmfc_cell_append_csv(rows, self->texts[cell->text]);
		else if (cell->text < 0)
			vmfc_csv_text_append_value(rows, cell->column, read_cell(cell));
	}
	g_string_append_c(rows, '\n');
}

static void
note_interval(VmfcPullFeatures *self, gdouble length)
{
	VmfcPullCounts *counts = &self->counts;

	counts->interval = get_value(self, self->interval_cell);
	if (isnan(counts->interval))
		counts->interval = length;
}

/* Returns: whether there is a record. @is_wanted: else it is only the one before another */
static gboolean
end_row(VmfcPullFeatures *self, gboolean is_wanted, GString *rows)
{
	gdouble time = get_value(self, (gint)self->time_cell);
	gdouble length = get_value(self, self->length_cell);
	gsize before = rows->len;

	if (is_ambiguous(self)) {
		self->counts.n_ambiguous += is_wanted;
		return FALSE;
	}
	if (isnan(time) || time < 0 || time > VMFC_MAX_TIME) {
		self->counts.n_no_time += is_wanted;
		return FALSE;
	}
	if (time == self->last_time) {
		self->counts.n_repeated += is_wanted;
		return FALSE;
	}
	prepare_totals(self, time, length);
	append_row(self, time, rows);
	note_interval(self, length);
	self->last_time = time;
	self->last_records = self->records;
	if (!is_wanted) {
		g_string_truncate(rows, before);
		return FALSE;
	}
	self->counts.n_rows++;
	return TRUE;
}

/* -------------------------------------------------------------- samples */

/* What the values of a series become, if not those of a cell. */
enum { NO_CELL = -1, RECORD_COUNT = -2 };

static GArray *
create_cursors(const VmfcPullFeatures *self, const GPtrArray *series)
{
	GArray *cursors = g_array_new(FALSE, FALSE, sizeof(VmfcCursor));

	for (guint i = 0; i < series->len; i++) {
		const VmfcSeries *one = series->pdata[i];
		if (!vmfc_machine_has(self->machine, one))
			continue;
		VmfcCursor cursor = {one, 0, NO_CELL, NULL};
		VmfcPullColumn *column = find_column(self, one);
		if (g_str_equal(vmfc_series_get_label(one, "__name__"), RECORDS))
			cursor.index = RECORD_COUNT;
		else if (column != NULL)
			cursor.index = find_cell(self, column->name);
		g_clear_pointer(&column, vmfc_pull_column_free);
		g_array_append_val(cursors, cursor);
	}
	return cursors;
}

/* Two texts of one instant contradict each other, so the text is missing. */
static void
take_texts(VmfcPullFeatures *self, const VmfcSeries *series, gboolean *is_doubled)
{
	const gchar *metric = vmfc_series_get_label(series, "__name__");

	for (guint i = 0; i < N_TEXTS; i++) {
		const gchar *label = vmfc_machine_get_label(self->machine, series, texts[i].label);
		if (!g_str_equal(metric, texts[i].metric) || label[0] == '\0')
			continue;
		if (self->texts[i] != NULL && !g_str_equal(self->texts[i], label))
			is_doubled[i] = TRUE;
		self->texts[i] = label;
	}
}

static void
begin_row(VmfcPullFeatures *self)
{
	for (guint i = 0; i < self->cells->len; i++) {
		g_array_index(self->cells, Cell, i).value = NAN;
		g_array_index(self->cells, Cell, i).is_doubled = FALSE;
	}
	for (guint i = 0; i < N_TEXTS; i++)
		self->texts[i] = NULL;
	self->records = NAN;
}

/* Two values of one time contradict each other, also if two metrics give them. */
static void
take_number(Cell *cell, gdouble value)
{
	cell->is_doubled = cell->is_doubled || isnan(value) ||
			   (!isnan(cell->value) && cell->value != value);
	cell->value = cell->is_doubled ? NAN : value;
}

static void
take_samples(VmfcPullFeatures *self, GArray *cursors, gint64 time)
{
	gboolean is_doubled[N_TEXTS] = {FALSE};

	begin_row(self);
	for (guint i = 0; i < cursors->len; i++) {
		VmfcCursor *cursor = &g_array_index(cursors, VmfcCursor, i);
		const VmfcSample *sample = vmfc_cursor_take(cursor, time);
		if (sample == NULL)
			continue;
		if (cursor->index == RECORD_COUNT)
			self->records = sample->value;
		else if (cursor->index >= 0)
			take_number(&g_array_index(self->cells, Cell, cursor->index),
				    sample->value);
		else
			take_texts(self, cursor->series, is_doubled);
	}
	self->has_two_runs = is_doubled[RUN];
	for (guint i = 0; i < N_TEXTS; i++) {
		if (is_doubled[i])
			self->texts[i] = NULL;
	}
}

/*
 * Appends the records of a piece of time to @rows.
 *
 * @series: what the server gave for it
 * @from: ms: records up to this are only those before others
 *
 * Returns: the number of rows
 */
guint
vmfc_pull_features_add(VmfcPullFeatures *features, const GPtrArray *series, gint64 from,
		       GString *rows)
{
	g_autoptr(GArray) cursors = create_cursors(features, series);
	guint n_rows = 0;
	gint64 time;

	while ((time = vmfc_cursors_find_next_time(cursors)) != G_MAXINT64) {
		take_samples(features, cursors, time);
		n_rows += end_row(features, time > from, rows);
	}
	return n_rows;
}
