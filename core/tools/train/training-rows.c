/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/training-rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "model/feature.h"
#include "rows/cell-write.h"
#include "vmfc/vmfc-plugin.h"

/* Rows for which there is room at first. */
#define FIRST_ROOM 4096
/* Rows are counted and ordered with 32 bits. */
#define MAX_ROWS ((guint)1 << 30)
/* More hosts or methods are not listed. */
#define MAX_NOTED 64
#define NO_TEXT	  "none"

/* A column whose texts are mostly those of the row before. */
typedef struct {
	gint column;  /* -1: the file has none */
	GString *raw; /* as it stood in the row before */
	const gchar *text;
} TextColumn;

/* How the rows of one file are read. */
typedef struct {
	VmfcTrainingSet *set;
	VmfcTrainingInput *input;
	guint number;		   /* of the input in the set */
	VmfcFeatureInputs **forms; /* of each feature; NULL: the file has not its columns */
	gint **columns;		   /* of each feature, of what it is made of */
	gdouble *values;	   /* scratch for one feature */
	gint *labels;		   /* columns, by zone */
	gint core_count;
	gint time_delta;
	gint transition;
	gint stale;
	TextColumn workload;
	TextColumn phase;
	TextColumn run;
	TextColumn method;
	TextColumn host;
	TextColumn model;
	GHashTable *runs;      /* of this file, by name: number + 1 */
	GHashTable *run_names; /* of all files; owned by the set */
	gchar *bad_label;      /* an example of a text where a label should be */
	guint64 n_labels;
	guint64 n_bad_labels;
} Reader;

/* ----------------------------------------------------------------- room */

static void
resize(VmfcTrainingSet *set, guint capacity)
{
	for (guint i = 0; i < set->list->features->len; i++)
		set->features[i] = g_renew(gdouble, set->features[i], capacity);
	for (guint i = 0; i < set->zones->len; i++) {
		VmfcTrainingZone *zone = set->zones->pdata[i];
		zone->labels = g_renew(gdouble, zone->labels, capacity);
	}
	set->times = g_renew(gdouble, set->times, capacity);
	set->seconds = g_renew(gdouble, set->seconds, capacity);
	set->core_counts = g_renew(gdouble, set->core_counts, capacity);
	set->workloads = g_renew(const gchar *, set->workloads, capacity);
	set->phases = g_renew(const gchar *, set->phases, capacity);
	set->runs = g_renew(guint, set->runs, capacity);
	set->capacity = capacity;
}

/* By an eighth, so that little of it stays empty. */
static void
make_room(VmfcTrainingSet *set)
{
	if (set->n_rows == set->capacity)
		resize(set, MAX(FIRST_ROOM, set->capacity + set->capacity / 8));
}

/* ---------------------------------------------------------------- cells */

static void
text_column_init(TextColumn *column, const VmfcTable *table, const gchar *name)
{
	column->column = vmfc_table_find(table, name);
	column->raw = g_string_new(NULL);
	column->text = column->column >= 0 ? NO_TEXT : "";
}

/* Returns: the same pointer for the same text */
static const gchar *
read_text(VmfcTrainingSet *set, TextColumn *column, const VmfcTableRow *row, const gchar *missing)
{
	if (column->column < 0)
		return column->text;
	const VmfcTableCell *cell = &row->cells[column->column];
	if (column->raw->len == cell->length && cell->length > 0 &&
	    memcmp(column->raw->str, cell->text, cell->length) == 0)
		return column->text;
	g_string_truncate(column->raw, 0);
	g_string_append_len(column->raw, cell->text, cell->length);
	g_autofree gchar *text = vmfc_cell_get_text(cell);
	column->text = g_string_chunk_insert_const(set->texts, text[0] != '\0' ? text : missing);
	return column->text;
}

static gdouble
read_number(const VmfcTableRow *row, gint column)
{
	return column >= 0 ? vmfc_cell_get_number(&row->cells[column]) : NAN;
}

static gboolean
is_true(const VmfcTableRow *row, gint column)
{
	return column >= 0 && vmfc_cell_is_true(&row->cells[column]);
}

/* --------------------------------------------------------------- reader */

static gboolean
has_column(const gchar *name, gpointer data)
{
	return vmfc_table_find(data, name) >= 0;
}

/* @feature: its number in the list */
static void
look_up_feature(Reader *reader, guint feature)
{
	g_autoptr(GPtrArray) one = g_ptr_array_new();

	g_ptr_array_add(one, reader->set->list->features->pdata[feature]);
	reader->forms[feature] = vmfc_feature_inputs_new(one, has_column, reader->input->table,
							 NULL);
	if (reader->forms[feature] == NULL)
		return;
	const GPtrArray *names = reader->forms[feature]->columns;
	reader->columns[feature] = g_new(gint, names->len);
	for (guint i = 0; i < names->len; i++)
		reader->columns[feature][i] = vmfc_table_find(reader->input->table,
							      names->pdata[i]);
}

static void
reader_init(Reader *reader, VmfcTrainingSet *set, VmfcTrainingInput *input, const gchar *group)
{
	const VmfcTable *table = input->table;
	guint n_features = set->list->features->len;

	*reader = (Reader){.set = set, .input = input};
	g_ptr_array_find(set->inputs, input, &reader->number);
	reader->forms = g_new0(VmfcFeatureInputs *, n_features);
	reader->columns = g_new0(gint *, n_features);
	reader->values = g_new0(gdouble, VMFC_MODEL_MAX_COLUMNS * 2 + 2);
	reader->labels = g_new0(gint, set->zones->len);
	for (guint i = 0; i < n_features; i++)
		look_up_feature(reader, i);
	for (guint i = 0; i < set->zones->len; i++) {
		const VmfcTrainingZone *zone = set->zones->pdata[i];
		reader->labels[i] = vmfc_table_find(table, zone->column);
	}
	reader->core_count = vmfc_table_find(table, "core_count");
	reader->time_delta = vmfc_table_find(table, "time_delta_seconds");
	reader->transition = vmfc_table_find(table, "stress_transition");
	reader->stale = vmfc_table_find(table, "power_stale");
	text_column_init(&reader->workload, table, group != NULL ? group : "stress_workload");
	text_column_init(&reader->phase, table, "stress_phase");
	text_column_init(&reader->run, table, "run");
	text_column_init(&reader->method, table, "power_method");
	text_column_init(&reader->host, table, "vm_hostname");
	text_column_init(&reader->model, table, "estimate_model");
	reader->runs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	reader->run_names = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < set->run_names->len; i++)
		g_hash_table_add(reader->run_names, set->run_names->pdata[i]);
	set->has_workloads |= reader->workload.column >= 0;
}

static void
reader_clear(Reader *reader)
{
	for (guint i = 0; i < reader->set->list->features->len; i++) {
		g_clear_pointer(&reader->forms[i], vmfc_feature_inputs_free);
		g_free(reader->columns[i]);
	}
	g_free(reader->forms);
	g_free(reader->columns);
	g_free(reader->values);
	g_free(reader->labels);
	g_string_free(reader->workload.raw, TRUE);
	g_string_free(reader->phase.raw, TRUE);
	g_string_free(reader->run.raw, TRUE);
	g_string_free(reader->method.raw, TRUE);
	g_string_free(reader->host.raw, TRUE);
	g_string_free(reader->model.raw, TRUE);
	g_hash_table_unref(reader->runs);
	g_hash_table_unref(reader->run_names);
	g_free(reader->bad_label);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

/* ----------------------------------------------------------------- rows */

static gdouble
read_feature(const Reader *reader, guint feature, const VmfcTableRow *row)
{
	const VmfcFeatureInputs *form = reader->forms[feature];
	gdouble value;

	if (form == NULL)
		return NAN;
	for (guint i = 0; i < form->columns->len; i++)
		reader->values[i] = read_number(row, reader->columns[feature][i]);
	vmfc_feature_inputs_form(form, reader->values, &value);
	return value;
}

static void
note_bad_label(Reader *reader, const VmfcTableRow *row, gint column)
{
	const VmfcTableCell *cell = &row->cells[column];

	if (cell->kind == VMFC_CELL_MISSING || cell->length == 0)
		return;
	reader->n_bad_labels++;
	if (reader->bad_label == NULL)
		reader->bad_label = vmfc_cell_get_text(cell);
}

/* Returns: whether any zone has one */
static gboolean
read_labels(Reader *reader, const VmfcTableRow *row)
{
	VmfcTrainingSet *set = reader->set;
	gboolean any = FALSE;

	for (guint i = 0; i < set->zones->len; i++) {
		VmfcTrainingZone *zone = set->zones->pdata[i];
		gdouble watts = read_number(row, reader->labels[i]);
		if (isnan(watts) && reader->labels[i] >= 0)
			note_bad_label(reader, row, reader->labels[i]);
		gboolean is_good = watts >= 0 && watts <= FLT_MAX;
		zone->labels[set->n_rows] = is_good ? watts : NAN;
		zone->n_missing += !is_good;
		reader->n_labels += is_good;
		any |= is_good;
	}
	return any;
}

/* Two files can have runs with the same name: the second NAME is NAME_2. */
static guint
find_run(Reader *reader, const VmfcTableRow *row)
{
	const gchar *text = read_text(reader->set, &reader->run, row, reader->input->name);
	const gchar *given = text[0] != '\0' ? text : reader->input->name;
	guint known = GPOINTER_TO_UINT(g_hash_table_lookup(reader->runs, given));
	GPtrArray *names = reader->set->run_names;

	if (known > 0)
		return known - 1;
	g_autofree gchar *name = g_strdup(given);
	for (guint i = 2; g_hash_table_contains(reader->run_names, name); i++) {
		g_free(name);
		name = g_strdup_printf("%s_%u", given, i);
	}
	g_hash_table_add(reader->run_names, name);
	g_ptr_array_add(names, g_steal_pointer(&name));
	g_array_append_val(reader->set->run_inputs, reader->number);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
	g_hash_table_insert(reader->runs, g_strdup(given), GUINT_TO_POINTER(names->len));
	return names->len - 1;
}

static void
count_text(GHashTable *counts, const gchar *text)
{
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, text));

	/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
	g_hash_table_insert(counts, (gpointer)text, GUINT_TO_POINTER(n + 1));
}

/* What the model says of where its labels are from, and which other model estimated these rows. */
static void
note_origin(Reader *reader, const VmfcTableRow *row)
{
	VmfcTrainingSet *set = reader->set;
	const gchar *method = read_text(set, &reader->method, row, "");
	const gchar *host = read_text(set, &reader->host, row, "");
	const gchar *model = read_text(set, &reader->model, row, "");

	if (method[0] != '\0' && (g_hash_table_size(set->methods) < MAX_NOTED ||
				  g_hash_table_contains(set->methods, method)))
		count_text(set->methods, method);
	if (host[0] != '\0' && g_hash_table_size(set->hosts) < MAX_NOTED)
		g_hash_table_add(set->hosts, (gpointer)host);
	if (model[0] != '\0')
		count_text(set->models, model);
}

static void
read_row(Reader *reader, const VmfcTableRow *row)
{
	VmfcTrainingSet *set = reader->set;
	gdouble time = NAN;

	if (!reader->input->has_clock || !vmfc_row_clock_read(&reader->input->clock, row, &time))
		time = NAN;
	else if (!(time <= reader->input->newest))
		reader->input->newest = time;
	set->n_read++;
	reader->input->n_rows++;
	if (!set->takes_all && is_true(row, reader->transition)) {
		set->n_transition++;
		return;
	}
	if (!set->takes_all && is_true(row, reader->stale)) {
		set->n_stale++;
		return;
	}
	make_room(set);
	if (!read_labels(reader, row) && !set->takes_all)
		return;
	guint at = set->n_rows++;
	for (guint i = 0; i < set->list->features->len; i++)
		set->features[i][at] = read_feature(reader, i, row);
	set->times[at] = time;
	set->seconds[at] = read_number(row, reader->time_delta);
	set->core_counts[at] = read_number(row, reader->core_count);
	set->workloads[at] = read_text(set, &reader->workload, row, NO_TEXT);
	set->phases[at] = read_text(set, &reader->phase, row, "");
	set->runs[at] = find_run(reader, row);
	note_origin(reader, row);
}

static gboolean
check_labels(const Reader *reader, GError **error)
{
	if (reader->n_labels > 0 || reader->n_bad_labels == 0)
		return TRUE;
	const VmfcTrainingZone *zone = reader->set->zones->pdata[0];
	g_autofree gchar *shown = vmfc_table_show_name(reader->bad_label);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "%s: the column %s has no numbers, but texts like %s: name the column of "
		    "power, in W, with --label",
		    reader->input->table->source->path, zone->column, shown);
	return FALSE;
}

/*
 * Adds the rows of the input to the set, one after the other.
 *
 * @group: (nullable): the column whose text is the workload; %NULL: the usual one
 */
gboolean
vmfc_training_rows_read(VmfcTrainingSet *set, VmfcTrainingInput *input, const gchar *group,
			GError **error)
{
	g_auto(Reader) reader;
	const VmfcTableRow *row;

	reader_init(&reader, set, input, group);
	for (;;) {
		if (!vmfc_table_reader_next(input->table, &row, error))
			return FALSE;
		if (row == NULL)
			return check_labels(&reader, error);
		read_row(&reader, row);
		if (set->n_rows < MAX_ROWS)
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "there are more than %u rows, which is as many as can be trained from: "
			    "give fewer files",
			    MAX_ROWS);
		return FALSE;
	}
}

/* -------------------------------------------------------------- sorting */

/* Rows without a time come first. */
static gdouble
get_order(const VmfcTrainingSet *set, guint row)
{
	return isnan(set->times[row]) ? -INFINITY : set->times[row];
}

static gint
compare_rows(gconstpointer one, gconstpointer other, gpointer data)
{
	const VmfcTrainingSet *set = data;
	guint a = *(const guint *)one;
	guint b = *(const guint *)other;

	if (set->runs[a] != set->runs[b])
		return set->runs[a] < set->runs[b] ? -1 : 1;
	if (get_order(set, a) != get_order(set, b))
		return get_order(set, a) < get_order(set, b) ? -1 : 1;
	return a < b ? -1 : a > b;
}

static gboolean
is_sorted(const VmfcTrainingSet *set)
{
	for (guint i = 1; i < set->n_rows; i++) {
		guint before = i - 1;
		if (compare_rows(&before, &i, (gpointer)set) > 0)
			return FALSE;
	}
	return TRUE;
}

static void
permute(gpointer values, gsize size, const guint *order, guint n)
{
	g_autofree guint8 *copy = g_memdup2(values, size * n);
	guint8 *to = values;

	for (guint i = 0; i < n; i++, to += size)
		memcpy(to, copy + size * order[i], size);
}

/* Into the order of files, of the runs in each, and of time. */
void
vmfc_training_rows_sort(VmfcTrainingSet *set)
{
	guint n = set->n_rows;

	if (is_sorted(set))
		return;
	g_autofree guint *order = g_new(guint, n);
	for (guint i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(guint), compare_rows, set);
	for (guint i = 0; i < set->list->features->len; i++)
		permute(set->features[i], sizeof(gdouble), order, n);
	for (guint i = 0; i < set->zones->len; i++) {
		VmfcTrainingZone *zone = set->zones->pdata[i];
		permute(zone->labels, sizeof(gdouble), order, n);
	}
	permute(set->times, sizeof(gdouble), order, n);
	permute(set->seconds, sizeof(gdouble), order, n);
	permute(set->core_counts, sizeof(gdouble), order, n);
	permute(set->workloads, sizeof(gchar *), order, n);
	permute(set->phases, sizeof(gchar *), order, n);
	permute(set->runs, sizeof(guint), order, n);
}
