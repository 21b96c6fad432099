/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/answer.h"

#include <math.h>

#include "base/number-text.h"
#include "rows/iso-time.h"
#include "vmfc/vmfc-plugin.h"

#define MAX_LABELS 64 /* Prometheus has no limit of its own; VictoriaMetrics allows 30 */
#define MAX_NAME   1024
#define MAX_VALUE  4096
#define MAX_SHOWN  200
#define MS_PER_S   1000.0

/* Returns: (transfer full): what a server says, safe for a terminal and not long */
gchar *
vmfc_answer_show(const gchar *text)
{
	g_autofree gchar *valid = g_utf8_make_valid(text, -1);
	g_autofree gchar *cut = g_utf8_substring(valid, 0,
						 MIN(g_utf8_strlen(valid, -1), MAX_SHOWN));
	return g_strescape(cut, NULL);
}

static void
series_free(VmfcSeries *series)
{
	g_hash_table_unref(series->labels);
	g_array_unref(series->samples);
	g_free(series);
}

static VmfcSeries *
series_new(void)
{
	VmfcSeries *series = g_new0(VmfcSeries, 1);

	series->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	series->samples = g_array_new(FALSE, FALSE, sizeof(VmfcSample));
	return series;
}

/* Returns: "" for a label that the series does not have, which is the same to Prometheus */
const gchar *
vmfc_series_get_label(const VmfcSeries *series, const gchar *name)
{
	const gchar *value = g_hash_table_lookup(series->labels, name);
	return value != NULL ? value : "";
}

static gboolean
set_form(GError **error, const gchar *what)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "its answer is not that of Prometheus' interface (%s): see whether --url is "
		    "right",
		    what);
	return FALSE;
}

/*
 * A part of the server can be down: VictoriaMetrics says isPartial then, others give warnings
 * (docs.victoriametrics.com/cluster-victoriametrics, "Cluster availability";
 * prometheus.io/docs/prometheus/latest/querying/api, "Format overview").
 */
static gboolean
check_whole(JsonObject *answer, GError **error)
{
	JsonNode *partial = json_object_get_member(answer, "isPartial");
	JsonArray *warnings = vmfc_document_get_array(answer, "warnings");
	gboolean is_partial = partial != NULL && JSON_NODE_HOLDS_VALUE(partial) &&
			      json_node_get_boolean(partial);

	if (!is_partial && (warnings == NULL || json_array_get_length(warnings) == 0))
		return TRUE;
	JsonNode *first = is_partial ? NULL : json_array_get_element(warnings, 0);
	const gchar *reason = first != NULL && JSON_NODE_HOLDS_VALUE(first)
				      ? json_node_get_string(first)
				      : NULL;
	g_autofree gchar *shown = vmfc_answer_show(reason != NULL ? reason
								  : "a part of it is down");
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "its answer is incomplete (%s): start vmfc pull again when the whole server "
		    "is available",
		    shown);
	return FALSE;
}

/* Returns: (transfer none): the member `data` of an answer; %NULL with @error set */
JsonNode *
vmfc_answer_get_data(JsonNode *root, GError **error)
{
	JsonObject *object = JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
	const gchar *status = object != NULL ? vmfc_document_get_string(object, "status") : NULL;

	if (g_strcmp0(status, "error") == 0) {
		const gchar *reason = vmfc_document_get_string(object, "error");
		g_autofree gchar *shown = vmfc_answer_show(reason != NULL ? reason : "no reason");
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "it refuses the query: %s", shown);
		return NULL;
	}
	JsonNode *data = g_strcmp0(status, "success") == 0 ? json_object_get_member(object, "data")
							   : NULL;
	if (data == NULL)
		set_form(error, "it has no status and data");
	return data != NULL && check_whole(object, error) ? data : NULL;
}

/* -------------------------------------------------------------- labels */

static gboolean
is_name(const gchar *name)
{
	gboolean good = g_ascii_isalpha(name[0]) || name[0] == '_' || name[0] == ':';
	gsize length = 0;

	while (good && name[length] != '\0') {
		good = g_ascii_isalnum(name[length]) || name[length] == '_' || name[length] == ':';
		length++;
	}
	return good && length <= MAX_NAME;
}

static gboolean
parse_labels(VmfcSeries *series, JsonObject *object, GError **error)
{
	g_autoptr(GList) names = json_object_get_members(object);

	if (json_object_get_size(object) > MAX_LABELS)
		return set_form(error, "a series has too many labels");
	for (GList *name = names; name != NULL; name = name->next) {
		const gchar *value = vmfc_document_get_string(object, name->data);
		if (!is_name(name->data))
			return set_form(error, "a label has an invalid name");
		if (value == NULL || g_utf8_strlen(value, -1) > MAX_VALUE)
			return set_form(error, "the value of a label is not a text, or too long");
		if (value[0] != '\0')
			g_hash_table_insert(series->labels, g_strdup(name->data), g_strdup(value));
	}
	return TRUE;
}

static GPtrArray *
list_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)series_free);
}

/* Returns: (transfer full): the answer of /api/v1/series; %NULL with @error set */
GPtrArray *
vmfc_answer_parse_list(JsonNode *root, GError **error)
{
	g_autoptr(GPtrArray) list = list_new();
	JsonNode *data = vmfc_answer_get_data(root, error);

	if (data == NULL)
		return NULL;
	JsonArray *array = JSON_NODE_HOLDS_ARRAY(data) ? json_node_get_array(data) : NULL;
	if (array == NULL) {
		set_form(error, "its data is no list");
		return NULL;
	}
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		VmfcSeries *series = series_new();
		g_ptr_array_add(list, series);
		if (!JSON_NODE_HOLDS_OBJECT(node)) {
			set_form(error, "a series is no object");
			return NULL;
		}
		if (!parse_labels(series, json_node_get_object(node), error))
			return NULL;
	}
	return g_steal_pointer(&list);
}

/* ------------------------------------------------------------- samples */

static gboolean
parse_value(JsonNode *node, gdouble *value)
{
	const gchar *text = JSON_NODE_HOLDS_VALUE(node) &&
					    json_node_get_value_type(node) == G_TYPE_STRING
				    ? json_node_get_string(node)
				    : NULL;
	static const gchar *const others[] = {"NaN", "+Inf", "-Inf", "Inf"};

	if (text == NULL)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		if (g_str_equal(text, others[i])) {
			*value = NAN; /* neither can be a value of a record */
			return TRUE;
		}
	}
	return vmfc_number_text_parse_float(text, value);
}

static gboolean
parse_time(JsonNode *node, gint64 *time)
{
	GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;

	if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
		return FALSE;
	gdouble seconds = json_node_get_double(node);
	if (!(seconds >= 0 && seconds <= VMFC_MAX_TIME))
		return FALSE;
	*time = (gint64)(seconds * MS_PER_S + 0.5);
	return TRUE;
}

/*
 * A sender that got no answer sends again, and VictoriaMetrics keeps both: a sample that is there
 * twice counts once. Two values of one time contradict each other, so both are missing.
 */
static void
add_sample(VmfcSeries *series, const VmfcSample *sample)
{
	GArray *samples = series->samples;
	VmfcSample *last = samples->len > 0 ? &g_array_index(samples, VmfcSample, samples->len - 1)
					    : NULL;

	if (isnan(sample->value))
		return;
	if (last == NULL || last->time != sample->time)
		g_array_append_val(samples, *sample);
	else if (last->value != sample->value)
		last->value = NAN;
}

static gboolean
parse_sample(VmfcSeries *series, JsonNode *node, gint64 *last, GError **error)
{
	JsonArray *pair = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	VmfcSample sample;

	if (pair == NULL || json_array_get_length(pair) != 2 ||
	    !parse_time(json_array_get_element(pair, 0), &sample.time) ||
	    !parse_value(json_array_get_element(pair, 1), &sample.value))
		return set_form(error, "a sample is not a time and a value");
	if (sample.time < *last)
		return set_form(error, "samples are not in the order of time");
	*last = sample.time;
	add_sample(series, &sample);
	return TRUE;
}

static gboolean
parse_series(VmfcSeries *series, JsonNode *node, GError **error)
{
	JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	JsonObject *metric = object != NULL ? vmfc_document_get_object(object, "metric") : NULL;
	JsonArray *values = object != NULL ? vmfc_document_get_array(object, "values") : NULL;
	gint64 last = -1;

	if (metric == NULL || values == NULL)
		return set_form(error, "a series has no labels and values");
	if (!parse_labels(series, metric, error))
		return FALSE;
	for (guint i = 0; i < json_array_get_length(values); i++) {
		if (!parse_sample(series, json_array_get_element(values, i), &last, error))
			return FALSE;
	}
	return TRUE;
}

/* Prometheus gives samples of both ends of a range, and later versions not of its begin. */
static gboolean
trim(VmfcSeries *series, gint64 from, gint64 to, GError **error)
{
	GArray *samples = series->samples;

	if (samples->len > 0 && g_array_index(samples, VmfcSample, 0).time == from)
		g_array_remove_index(samples, 0);
	if (samples->len == 0)
		return TRUE;
	if (g_array_index(samples, VmfcSample, 0).time > from &&
	    g_array_index(samples, VmfcSample, samples->len - 1).time <= to)
		return TRUE;
	return set_form(error, "samples are of another time than the query asks for");
}

/*
 * @from: ms; samples are later than this
 * @to: ms; and not later than this
 *
 * Returns: (transfer full): the answer of /api/v1/query for a range; %NULL with @error set
 */
GPtrArray *
vmfc_answer_parse_samples(JsonNode *root, gint64 from, gint64 to, GError **error)
{
	g_autoptr(GPtrArray) list = list_new();
	JsonNode *data = vmfc_answer_get_data(root, error);

	if (data == NULL)
		return NULL;
	JsonObject *object = JSON_NODE_HOLDS_OBJECT(data) ? json_node_get_object(data) : NULL;
	JsonArray *result = object != NULL ? vmfc_document_get_array(object, "result") : NULL;
	if (result == NULL ||
	    g_strcmp0(vmfc_document_get_string(object, "resultType"), "matrix") != 0) {
		set_form(error, "it has no series with samples");
		return NULL;
	}
	for (guint i = 0; i < json_array_get_length(result); i++) {
		VmfcSeries *series = series_new();
		g_ptr_array_add(list, series);
		if (!parse_series(series, json_array_get_element(result, i), error) ||
		    !trim(series, from, to, error))
			return NULL;
	}
	return g_steal_pointer(&list);
}
