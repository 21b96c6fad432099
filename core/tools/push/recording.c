/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/push/recording.h"

#include <math.h>
#include <string.h>

#include "record/column-words.h"
#include "record/schema.h"
#include "remote/remote-labels.h"
#include "rows/cell-write.h"
#include "rows/column-role.h"
#include "rows/input-meta.h"
#include "rows/table-reader.h"

#define TIME_COLUMN "timestamp"

struct _VmfcRecording {
	VmfcTable *table;
	VmfcRowClock clock;
	VmfcSchema *schema; /* of the columns that become metrics; the first one is the time */
	GArray *columns;    /* of guint: column of the schema to that of the table */
	GArray *labels;	    /* of all series */
	VmfcMetrics *metrics;
	VmfcMetricValues values;
	VmfcRemoteStream *stream;
	gint64 last; /* ms, of the record before; -1: none */
	VmfcRecordingCounts counts;
};

/* --------------------------------------------------------------- labels */

/* The user's labels hold; job and instance are those of the sink remote_write. */
static void
add_labels(VmfcRecording *self, const gchar *const *labels, const gchar *host)
{
	for (guint i = 0; labels != NULL && labels[i] != NULL; i++)
		vmfc_remote_labels_parse(self->labels, labels[i], "--label", NULL);
	if (!vmfc_remote_labels_have(self->labels, "job"))
		vmfc_remote_labels_add(self->labels, "job", "vmfc");
	if (!vmfc_remote_labels_have(self->labels, "instance") && host != NULL)
		vmfc_remote_labels_add(self->labels, "instance", host);
}

/* -------------------------------------------------------------- columns */

/* The texts that are labels of an info; others have no place in metrics. */
static gboolean
is_text(const gchar *name)
{
	static const gchar *const texts[] = {"vm_hostname", "stress_workload", "stress_phase",
					     "estimate_model", NULL};
	return g_strv_contains(texts, name);
}

static gboolean
add_column(VmfcRecording *self, guint index, const gchar *unit, const gchar *kind, GError **error)
{
	const gchar *name = vmfc_table_get_name(self->table, index);
	gboolean is_time = g_str_equal(name, TIME_COLUMN);
	const VmfcColumn column = {
		.name = name,
		.unit = unit != NULL ? unit : "",
		.kind = vmfc_kind_from_string(kind),
		.type = is_text(name) ? VMFC_TYPE_STRING : VMFC_TYPE_FLOAT,
		.source = "file",
		.description = name,
	};

	if (is_time || g_str_equal(name, "timestamp_iso") || g_str_equal(name, "target_zones"))
		return TRUE; /* the time comes from the clock */
	if (vmfc_schema_add(self->schema, "push", &column, error) == NULL)
		return FALSE;
	g_array_append_val(self->columns, index);
	return TRUE;
}

/* Units and kinds as the meta file has them, else as vmfc knows the names. */
static gboolean
add_columns(VmfcRecording *self, JsonNode *meta, GError **error)
{
	JsonArray *array = meta != NULL
				   ? vmfc_document_get_array(json_node_get_object(meta), "columns")
				   : NULL;
	g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
		JsonObject *column = json_array_get_object_element(array, i);
		g_hash_table_insert(by_name, (gpointer)vmfc_document_get_string(column, "name"),
				    column);
	}
	for (guint i = 0; i < self->table->columns->len; i++) {
		const gchar *name = vmfc_table_get_name(self->table, i);
		JsonObject *column = g_hash_table_lookup(by_name, name);
		const VmfcKnownColumn *known = vmfc_known_column_find(name);
		gboolean good;
		if (column != NULL)
			good = add_column(self, i, vmfc_document_get_string(column, "unit"),
					  vmfc_document_get_string(column, "kind"), error);
		else
			good = add_column(self, i, known != NULL ? known->unit : "",
					  known != NULL ? known->kind : "gauge", error);
		if (!good)
			return FALSE;
	}
	return TRUE;
}

static gboolean
read_columns(VmfcRecording *self, GError **error)
{
	const VmfcColumn time = {
		.name = TIME_COLUMN,
		.unit = "s",
		.kind = VMFC_KIND_LABEL,
		.type = VMFC_TYPE_FLOAT,
		.source = "file",
		.description = "when the window of the record ended",
	};
	VmfcInputMeta meta;
	guint none = G_MAXUINT;

	vmfc_input_meta_init(&meta, self->table->source->path);
	g_autoptr(JsonNode) root = vmfc_input_meta_read(&meta, self->table, &self->clock);
	gboolean good = vmfc_schema_add(self->schema, "push", &time, error) != NULL;
	g_array_append_val(self->columns, none);
	good = good && add_columns(self, root, error);
	vmfc_input_meta_clear(&meta);
	vmfc_schema_freeze(self->schema);
	return good;
}

/* ----------------------------------------------------------------- open */

static void
create_stream(VmfcRecording *self, gdouble start)
{
	g_autoptr(GDateTime) epoch = g_date_time_new_from_unix_utc(0);
	g_autoptr(GDateTime) begin = g_date_time_add(epoch, llround(start * 1e6));
	g_autofree gchar *run = g_date_time_format_iso8601(begin);
	const VmfcMetricsSetup setup = {
		.version = VMFC_VERSION, .run = run, .node_name = g_get_host_name()};
	const VmfcRemoteLabel *labels = vmfc_remote_labels_get(self->labels);

	self->metrics = vmfc_metrics_new(self->schema, &setup);
	vmfc_metric_values_init(&self->values, self->metrics->sources->len,
				self->metrics->texts->len);
	self->stream = vmfc_remote_stream_new(self->metrics, labels, self->labels->len);
}

static gchar *
read_host(const VmfcRecording *self, const VmfcTableRow *row)
{
	gint column = vmfc_table_find(self->table, "vm_hostname");

	return column >= 0 ? vmfc_cell_get_text(&row->cells[column]) : NULL;
}

/* The first row that has a time says when the run began, and on which host. */
static gboolean
read_begin(VmfcRecording *self, const gchar *const *labels, GError **error)
{
	const VmfcTableRow *row;
	gdouble time = NAN;

	do {
		if (!vmfc_table_reader_next(self->table, &row, error))
			return FALSE;
	} while (row != NULL && !vmfc_row_clock_read(&self->clock, row, &time));
	g_autofree gchar *host = row != NULL ? read_host(self, row) : NULL;
	add_labels(self, labels, host);
	create_stream(self, isnan(time) ? 0 : time - vmfc_row_clock_read_length(&self->clock, row));
	return vmfc_table_reader_rewind(self->table, error);
}

static gboolean
check_zone(const VmfcRecording *self, GError **error)
{
	if (!self->clock.needs_zone)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "%s has times without a time zone: add a column timestamp_absolute with "
		    "seconds since 1970",
		    self->table->source->path);
	return FALSE;
}

/*
 * @labels: (nullable): NAME=VALUE, checked
 *
 * Returns: (transfer full): %NULL with a sentence in @error
 */
VmfcRecording *
vmfc_recording_open(const gchar *path, const gchar *const *labels, GError **error)
{
	g_autoptr(VmfcRecording) recording = g_new0(VmfcRecording, 1);

	recording->schema = vmfc_schema_new();
	recording->columns = g_array_new(FALSE, FALSE, sizeof(guint));
	recording->labels = vmfc_remote_labels_new();
	recording->last = -1;
	recording->table = vmfc_table_reader_open(path, error);
	if (recording->table == NULL ||
	    !vmfc_row_clock_init(&recording->clock, recording->table, error) ||
	    !check_zone(recording, error) || !read_columns(recording, error) ||
	    !read_begin(recording, labels, error))
		return NULL;
	return g_steal_pointer(&recording);
}

void
vmfc_recording_free(VmfcRecording *recording)
{
	g_clear_pointer(&recording->stream, vmfc_remote_stream_free);
	g_clear_pointer(&recording->metrics, vmfc_metrics_free);
	vmfc_metric_values_clear(&recording->values);
	vmfc_schema_free(recording->schema);
	g_array_unref(recording->columns);
	g_array_unref(recording->labels);
	g_clear_pointer(&recording->table, vmfc_table_free);
	g_free(recording);
}

const VmfcRecordingCounts *
vmfc_recording_get_counts(const VmfcRecording *recording)
{
	return &recording->counts;
}

/* -------------------------------------------------------------- records */

static gdouble
read_number(const VmfcTableCell *cell)
{
	if (cell->kind == VMFC_CELL_TRUTH)
		return vmfc_cell_is_true(cell) ? 1 : 0;
	gdouble value = vmfc_cell_get_number(cell);
	if (!isnan(value) || cell->kind != VMFC_CELL_PLAIN)
		return value;
	g_autofree gchar *text = vmfc_cell_get_text(cell);
	if (g_strcmp0(text, "true") == 0)
		return 1;
	return g_strcmp0(text, "false") == 0 ? 0 : NAN;
}

static void
read_source(VmfcRecording *self, guint index, const VmfcTableRow *row, gdouble time)
{
	VmfcMetricSource *source = &g_array_index(self->metrics->sources, VmfcMetricSource, index);

	if (source->column == VMFC_NO_COLUMN) {
		source->total.i++;
		self->values.numbers[index] = source->total;
		return;
	}
	guint column = g_array_index(self->columns, guint, source->column);
	gdouble value = column == G_MAXUINT ? time : read_number(&row->cells[column]);

	self->values.numbers[index] = (VmfcMetricValue){!isnan(value), FALSE, .d = value};
	if (!source->is_counter || isnan(value))
		return;
	source->total.d += value;
	self->values.numbers[index].d = source->total.d;
}

static void
read_row(VmfcRecording *self, const VmfcTableRow *row, gdouble time)
{
	for (guint i = 0; i < self->metrics->sources->len; i++)
		read_source(self, i, row, time);
	for (guint i = 0; i < self->metrics->texts->len; i++) {
		guint own = g_array_index(self->metrics->texts, guint, i);
		guint column = g_array_index(self->columns, guint, own);
		g_autofree gchar *text = vmfc_cell_get_text(&row->cells[column]);
		g_strlcpy(vmfc_metric_values_get_text(&self->values, i), text != NULL ? text : "",
			  VMFC_STRING_SIZE);
	}
}

static void
add_row(VmfcRecording *self, const VmfcTableRow *row, VmfcRemoteBatch *batch)
{
	gdouble time;

	if (!vmfc_row_clock_read(&self->clock, row, &time)) {
		self->counts.n_no_time++;
		return;
	}
	gint64 milliseconds = vmfc_remote_milliseconds(time);
	if (milliseconds <= self->last) {
		self->counts.n_unordered++;
		return;
	}
	read_row(self, row, time);
	vmfc_remote_stream_add(self->stream, &self->values, milliseconds, batch);
	self->counts.n_records++;
	self->last = milliseconds;
}

/* Adds the samples of the next row. @is_over: (out): there is none, and the series have ended */
gboolean
vmfc_recording_next(VmfcRecording *recording, VmfcRemoteBatch *batch, gboolean *is_over,
		    GError **error)
{
	const VmfcTableRow *row;

	if (!vmfc_table_reader_next(recording->table, &row, error))
		return FALSE;
	*is_over = row == NULL;
	if (row != NULL)
		add_row(recording, row, batch);
	else if (recording->last >= 0)
		vmfc_remote_stream_end(recording->stream, recording->last + 1, batch);
	return TRUE;
}
