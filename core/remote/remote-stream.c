/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "remote/remote-stream.h"

#include <math.h>

#include "remote/remote-labels.h"

/* One series of the metrics. */
typedef struct {
	const gchar *name; /* of its samples */
	const VmfcMetricSeries *source;
	gboolean has_texts;	  /* labels that records change */
	gchar *texts;		  /* of @series, one per line; NULL: none */
	VmfcRemoteSeries *series; /* NULL: it had no value yet */
	gboolean is_present;	  /* in the last record */
} Line;

struct _VmfcRemoteStream {
	GPtrArray *names;
	GArray *external; /* a list of labels */
	GArray *lines;	  /* of Line */
	GString *texts;	  /* scratch */
};

static void
line_clear(Line *line)
{
	g_free(line->texts);
	g_clear_pointer(&line->series, vmfc_remote_series_unref);
}

static gboolean
has_texts(const VmfcMetricSeries *series)
{
	for (guint i = 0; i < series->labels->len; i++) {
		if (g_array_index(series->labels, VmfcMetricLabel, i).value == NULL)
			return TRUE;
	}
	return FALSE;
}

static void
add_family(VmfcRemoteStream *self, const VmfcMetricFamily *family)
{
	gchar *name = vmfc_metric_family_build_sample_name(family);

	g_ptr_array_add(self->names, name);
	for (guint i = 0; i < family->series->len; i++) {
		const VmfcMetricSeries *series = family->series->pdata[i];
		const Line line = {.name = name, .source = series, .has_texts = has_texts(series)};
		g_array_append_val(self->lines, line);
	}
}

/*
 * @metrics: must outlive the stream
 * @external: labels of all series that do not have one of that name themselves; copied
 */
VmfcRemoteStream *
vmfc_remote_stream_new(const VmfcMetrics *metrics, const VmfcRemoteLabel *external,
		       guint n_external)
{
	VmfcRemoteStream *stream = g_new0(VmfcRemoteStream, 1);

	stream->names = g_ptr_array_new_with_free_func(g_free);
	stream->external = vmfc_remote_labels_new();
	stream->lines = g_array_new(FALSE, FALSE, sizeof(Line));
	g_array_set_clear_func(stream->lines, (GDestroyNotify)line_clear);
	stream->texts = g_string_new(NULL);
	for (guint i = 0; i < n_external; i++)
		vmfc_remote_labels_add(stream->external, external[i].name, external[i].value);
	for (guint i = 0; i < metrics->families->len; i++)
		add_family(stream, metrics->families->pdata[i]);
	return stream;
}

void
vmfc_remote_stream_free(VmfcRemoteStream *stream)
{
	g_array_unref(stream->lines);
	g_array_unref(stream->external);
	g_ptr_array_unref(stream->names);
	g_string_free(stream->texts, TRUE);
	g_free(stream);
}

static const gchar *
get_label(const VmfcMetricLabel *label, const VmfcMetricValues *values)
{
	return label->value != NULL ? label->value
				    : vmfc_metric_values_get_text(values, label->text);
}

static VmfcRemoteSeries *
build_series(const VmfcRemoteStream *self, const Line *line, const VmfcMetricValues *values)
{
	g_autoptr(GArray) labels = g_array_new(FALSE, FALSE, sizeof(VmfcRemoteLabel));
	const VmfcRemoteLabel name = {VMFC_REMOTE_NAME, line->name};

	g_array_append_val(labels, name);
	for (guint i = 0; i < line->source->labels->len; i++) {
		const VmfcMetricLabel *own = &g_array_index(line->source->labels, VmfcMetricLabel,
							    i);
		const VmfcRemoteLabel label = {own->name, get_label(own, values)};
		g_array_append_val(labels, label);
	}
	g_array_append_vals(labels, self->external->data, self->external->len);
	return vmfc_remote_series_new(vmfc_remote_labels_get(labels), labels->len);
}

/* Returns: whether the labels are others than those of the line's series */
static gboolean
read_texts(VmfcRemoteStream *self, const Line *line, const VmfcMetricValues *values)
{
	g_string_truncate(self->texts, 0);
	for (guint i = 0; i < line->source->labels->len; i++) {
		const VmfcMetricLabel *label = &g_array_index(line->source->labels, VmfcMetricLabel,
							      i);
		g_string_append(self->texts, get_label(label, values));
		g_string_append_c(self->texts, '\n');
	}
	return g_strcmp0(line->texts, self->texts->str) != 0;
}

static void
end_line(Line *line, gint64 milliseconds, VmfcRemoteBatch *batch)
{
	if (line->is_present)
		vmfc_remote_batch_add_stale(batch, line->series, milliseconds);
	line->is_present = FALSE;
}

/* Labels that change make another series. */
static void
choose_series(VmfcRemoteStream *self, Line *line, const VmfcMetricValues *values,
	      gint64 milliseconds, VmfcRemoteBatch *batch)
{
	if (line->series != NULL && (!line->has_texts || !read_texts(self, line, values)))
		return;
	end_line(line, milliseconds, batch);
	g_clear_pointer(&line->series, vmfc_remote_series_unref);
	line->series = build_series(self, line, values);
	if (!line->has_texts)
		return;
	read_texts(self, line, values);
	g_free(line->texts);
	line->texts = g_strdup(self->texts->str);
}

/*
 * Adds the samples of one record.
 *
 * @milliseconds: since 1970; must grow from record to record
 */
void
vmfc_remote_stream_add(VmfcRemoteStream *stream, const VmfcMetricValues *values,
		       gint64 milliseconds, VmfcRemoteBatch *batch)
{
	for (guint i = 0; i < stream->lines->len; i++) {
		Line *line = &g_array_index(stream->lines, Line, i);
		VmfcMetricValue value;
		if (!vmfc_metric_series_get(line->source, values, &value)) {
			end_line(line, milliseconds, batch);
			continue;
		}
		choose_series(stream, line, values, milliseconds, batch);
		vmfc_remote_batch_add(batch, line->series, milliseconds,
				      value.is_int ? (gdouble)value.i : value.d);
		line->is_present = TRUE;
	}
}

/* Adds stale markers for all series: the run has ended. */
void
vmfc_remote_stream_end(VmfcRemoteStream *stream, gint64 milliseconds, VmfcRemoteBatch *batch)
{
	for (guint i = 0; i < stream->lines->len; i++)
		end_line(&g_array_index(stream->lines, Line, i), milliseconds, batch);
}

/* The time of a record as receivers have it: they know nothing finer. */
gint64
vmfc_remote_milliseconds(gdouble seconds)
{
	return (gint64)floor(seconds * 1000 + 0.5);
}
