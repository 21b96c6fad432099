/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/input-meta.h"

#include <math.h>

#include "output/run-files.h"

/* Maximum size of a meta file. With 60 columns it has 30 KiB. */
#define MAX_SIZE ((gsize)1 << 20)
/* The start and the first row are stamped at different times, so they may differ, in s. */
#define SLACK 1.0
/* Windows after the last record that still count as the same run. */
#define EXTRA_WINDOWS 2

/* @input: the path of the records */
void
vmfc_input_meta_init(VmfcInputMeta *meta, const gchar *input)
{
	static const gchar *const extensions[] = {".json", ".jsonl", ".csv", NULL};
	g_autoptr(VmfcRunFiles) files = vmfc_run_files_new(input, extensions, 0);
	*meta = (VmfcInputMeta){.path = g_strdup(vmfc_run_files_get_meta(files))};
}

void
vmfc_input_meta_clear(VmfcInputMeta *meta)
{
	g_clear_pointer(&meta->path, g_free);
	g_clear_pointer(&meta->reason, g_free);
}

static gboolean
is_kind(const gchar *kind)
{
	return g_strcmp0(kind, "gauge") == 0 || g_strcmp0(kind, "counter") == 0 ||
	       g_strcmp0(kind, "label") == 0;
}

static gboolean
set_other_form(GError **error)
{
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "it is not a meta file of vmfc");
	return FALSE;
}

/* Whether it describes exactly the columns of the file. */
static gboolean
check_columns(JsonObject *root, const VmfcTable *table, GError **error)
{
	JsonArray *columns = vmfc_document_get_array(root, "columns");
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; columns != NULL && i < json_array_get_length(columns); i++) {
		JsonNode *node = json_array_get_element(columns, i);
		JsonObject *column = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
								  : NULL;
		const gchar *name = column != NULL ? vmfc_document_get_string(column, "name")
						   : NULL;
		if (name == NULL || vmfc_document_get_string(column, "unit") == NULL ||
		    !is_kind(vmfc_document_get_string(column, "kind")))
			return set_other_form(error);
		g_hash_table_add(names, (gpointer)name);
		if (vmfc_table_find(table, name) >= 0)
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "it is of another run: it describes the column %s, which %s does not "
			    "have",
			    name, table->source->path);
		return FALSE;
	}
	if (columns == NULL)
		return set_other_form(error);
	for (guint i = 0; i < table->columns->len; i++) {
		const gchar *name = vmfc_table_get_name(table, i);
		if (g_hash_table_contains(names, name))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "it is of another run: it does not describe the column %s of %s", name,
			    table->source->path);
		return FALSE;
	}
	return TRUE;
}

/* Returns: the latest time of the last record, s since the epoch; infinity if it is unknown */
static gdouble
find_end(JsonObject *root, gdouble start, gdouble interval)
{
	static const gchar *const counts[] = {"records", "missed_windows", "dropped_records",
					      "unwritten_records"};
	JsonObject *result = vmfc_document_get_object(root, "result");
	gdouble n_windows = EXTRA_WINDOWS;

	for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
		gdouble count;
		if (result == NULL || !vmfc_document_get_number(result, counts[i], &count))
			return INFINITY;
		n_windows += count;
	}
	return start + n_windows * interval + SLACK;
}

/* Whether the file's first row is from the time of the run. */
static gboolean
check_time(JsonObject *root, const VmfcTable *table, gdouble first, GError **error)
{
	gdouble start;
	gdouble interval;

	if (!vmfc_document_get_number(root, "start_time", &start) ||
	    !vmfc_document_get_number(root, "interval", &interval))
		return set_other_form(error);
	if (isnan(first) || (first >= start - SLACK && first <= find_end(root, start, interval)))
		return TRUE;
	g_autofree gchar *run_text = vmfc_row_clock_format(start);
	g_autofree gchar *row_text = vmfc_row_clock_format(first);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "it is of another run, which began at %s, but the first row of %s is of %s",
		    run_text, table->source->path, row_text);
	return FALSE;
}

static gboolean
check(JsonNode *root, const VmfcTable *table, gdouble first, GError **error)
{
	if (!JSON_NODE_HOLDS_OBJECT(root))
		return set_other_form(error);
	JsonObject *object = json_node_get_object(root);
	if (g_strcmp0(vmfc_document_get_string(object, "generator"), "vmfc") != 0)
		return set_other_form(error);
	return check_columns(object, table, error) && check_time(object, table, first, error);
}

/*
 * Reads the meta file. Warns if it exists but cannot be used.
 *
 * Returns: (transfer full) (nullable): %NULL with a reason in @meta
 */
JsonNode *
vmfc_input_meta_read(VmfcInputMeta *meta, const VmfcTable *table, const VmfcRowClock *clock)
{
	g_autoptr(GError) error = NULL;

	if (!g_file_test(meta->path, G_FILE_TEST_EXISTS)) {
		meta->reason = g_strdup("it does not exist");
		return NULL;
	}
	g_autoptr(JsonNode) root = vmfc_document_read(meta->path, MAX_SIZE, &error);
	if (root != NULL && check(root, table, clock->first, &error))
		return g_steal_pointer(&root);
	meta->reason = g_strdup(error->message);
	g_warning(
		"%s is not used, so units and kinds follow from the names of the columns of %s: %s",
		meta->path, table->source->path, meta->reason);
	return NULL;
}

/*
 * Reads it again later, so that those of many runs need no memory.
 *
 * Returns: (transfer full) (nullable): %NULL if it is not used, or no longer exists
 */
JsonNode *
vmfc_input_meta_read_again(const VmfcInputMeta *meta)
{
	g_autoptr(JsonNode) root = NULL;

	if (meta->reason == NULL)
		root = vmfc_document_read(meta->path, MAX_SIZE, NULL);
	return root != NULL && JSON_NODE_HOLDS_OBJECT(root) ? g_steal_pointer(&root) : NULL;
}
