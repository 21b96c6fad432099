/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/document.h"

#include <math.h>
#include <string.h>

#include "base/json-string.h"
#include "base/json-tokens.h"
#include "base/number-text.h"
#include "base/regular-file.h"

/* ------------------------------------------------------------- writing */

void
vmfc_document_init(VmfcDocument *document)
{
	*document = (VmfcDocument){.text = g_string_new(NULL), .is_first = TRUE};
}

void
vmfc_document_clear(VmfcDocument *document)
{
	if (document->text != NULL)
		g_string_free(document->text, TRUE);
	document->text = NULL;
}

/* @value: bytes that are not UTF-8 are replaced */
static void
append_string(GString *text, const gchar *value)
{
	g_autofree gchar *valid = g_utf8_make_valid(value, -1);
	vmfc_json_string_append(text, valid);
}

static void
begin_line(VmfcDocument *document)
{
	g_string_append_c(document->text, '\n');
	for (guint i = 0; i < document->depth; i++)
		g_string_append(document->text, "  ");
}

static void
begin_value(VmfcDocument *document, const gchar *key)
{
	if (!document->is_first)
		g_string_append_c(document->text, ',');
	document->is_first = FALSE;
	if (document->depth > 0)
		begin_line(document);
	if (key != NULL) {
		append_string(document->text, key);
		g_string_append(document->text, ": ");
	}
}

/* @key: (nullable): %NULL in an array and for the root */
void
vmfc_document_begin(VmfcDocument *document, const gchar *key, gchar bracket)
{
	begin_value(document, key);
	g_string_append_c(document->text, bracket);
	document->depth++;
	document->is_first = TRUE;
}

void
vmfc_document_end(VmfcDocument *document, gchar bracket)
{
	document->depth--;
	if (!document->is_first)
		begin_line(document);
	g_string_append_c(document->text, bracket);
	document->is_first = FALSE;
	if (document->depth == 0)
		g_string_append_c(document->text, '\n');
}

static gboolean
is_number(JsonNode *node)
{
	GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
	return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
}

/* JSON has no NaN and no infinity: both are written as null. */
static void
append_float(GString *text, gdouble value)
{
	gchar number[VMFC_NUMBER_SIZE];

	if (isfinite(value))
		vmfc_number_text_format_float(value, number);
	g_string_append(text, isfinite(value) ? number : "null");
}

static void
append_scalar(GString *text, JsonNode *node)
{
	GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;

	if (type == G_TYPE_STRING)
		append_string(text, json_node_get_string(node));
	else if (type == G_TYPE_BOOLEAN)
		g_string_append(text, json_node_get_boolean(node) ? "true" : "false");
	else if (type == G_TYPE_DOUBLE)
		append_float(text, json_node_get_double(node));
	else if (type == G_TYPE_INT64)
		g_string_append_printf(text, "%" G_GINT64_FORMAT, json_node_get_int(node));
	else
		g_string_append(text, "null");
}

static void
add_node(VmfcDocument *document, const gchar *key, JsonNode *node);

static void
add_members(VmfcDocument *document, const gchar *key, JsonObject *object)
{
	JsonObjectIter iter;
	const gchar *member;
	JsonNode *value;

	vmfc_document_begin(document, key, '{');
	json_object_iter_init_ordered(&iter, object);
	while (json_object_iter_next_ordered(&iter, &member, &value))
		add_node(document, member, value);
	vmfc_document_end(document, '}');
}

static void
add_numbers(VmfcDocument *document, const gchar *key, JsonArray *array)
{
	begin_value(document, key);
	g_string_append_c(document->text, '[');
	for (guint i = 0; i < json_array_get_length(array); i++) {
		g_string_append(document->text, i > 0 ? ", " : "");
		append_scalar(document->text, json_array_get_element(array, i));
	}
	g_string_append_c(document->text, ']');
}

static void
add_elements(VmfcDocument *document, const gchar *key, JsonArray *array)
{
	guint length = json_array_get_length(array);
	guint n_numbers = 0;

	while (n_numbers < length && is_number(json_array_get_element(array, n_numbers)))
		n_numbers++;
	if (length > 0 && n_numbers == length) {
		add_numbers(document, key, array);
		return;
	}
	vmfc_document_begin(document, key, '[');
	for (guint i = 0; i < length; i++)
		add_node(document, NULL, json_array_get_element(array, i));
	vmfc_document_end(document, ']');
}

/* Recursive. VMFC_DOCUMENT_MAX_DEPTH limits the depth of trees that were read. */
static void
add_node(VmfcDocument *document, const gchar *key, JsonNode *node)
{
	if (JSON_NODE_HOLDS_OBJECT(node)) {
		add_members(document, key, json_node_get_object(node));
	} else if (JSON_NODE_HOLDS_ARRAY(node)) {
		add_elements(document, key, json_node_get_array(node));
	} else {
		begin_value(document, key);
		append_scalar(document->text, node);
	}
}

/*
 * @key: (nullable): %NULL in an array
 * @value: (transfer full): freed at once, so that a document needs only the memory of its largest
 *   part
 */
void
vmfc_document_add(VmfcDocument *document, const gchar *key, JsonNode *value)
{
	add_node(document, key, value);
	json_node_unref(value);
}

void
vmfc_document_add_string(VmfcDocument *document, const gchar *key, const gchar *value)
{
	begin_value(document, key);
	append_string(document->text, value);
}

/* @value: (transfer full) */
void
vmfc_document_add_object(VmfcDocument *document, const gchar *key, JsonObject *value)
{
	add_members(document, key, value);
	json_object_unref(value);
}

/* Returns: (transfer full): the whole text */
gchar *
vmfc_document_to_text(JsonObject *object)
{
	VmfcDocument document;

	vmfc_document_init(&document);
	add_members(&document, NULL, object);
	return g_string_free(document.text, FALSE);
}

/* ------------------------------------------------------------- reading */

/* JsonParser silently keeps the last of two members with one name: count them while it parses. */
static void
count_member(G_GNUC_UNUSED JsonParser *parser, G_GNUC_UNUSED JsonObject *object,
	     G_GNUC_UNUSED const gchar *name, gpointer n_duplicates)
{
	(*(guint *)n_duplicates)++;
}

static void
count_object(G_GNUC_UNUSED JsonParser *parser, JsonObject *object, gpointer n_duplicates)
{
	*(guint *)n_duplicates -= json_object_get_size(object);
}

static JsonNode *
parse_checked(const gchar *text, gsize length, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	g_autoptr(GError) failure = NULL;
	guint n_duplicates = 0;

	g_signal_connect(parser, "object-member", G_CALLBACK(count_member), &n_duplicates);
	g_signal_connect(parser, "object-end", G_CALLBACK(count_object), &n_duplicates);
	if (!json_parser_load_from_data(parser, text, (gssize)length, &failure)) {
		/* "<data>:LINE:COLUMN: Parse error: ..." */
		const gchar *place = strchr(failure->message, ':');
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "at %s",
			    place != NULL ? place + 1 : failure->message);
		return NULL;
	}
	if (json_parser_get_root(parser) == NULL) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "it is empty");
		return NULL;
	}
	if (n_duplicates > 0) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
				    "an object has two members with one name");
		return NULL;
	}
	return json_parser_steal_root(parser);
}

/*
 * @text: has a NUL after @length bytes
 * @max_size: in bytes. The tree may have @max_size / VMFC_DOCUMENT_VALUE_SIZE values, which take up
 *   to about 20 times @max_size of memory
 *
 * Returns: (transfer full): %NULL with the reason in @error: %VMFC_ERROR_UNSUPPORTED for too many
 *   values, else %VMFC_ERROR_FORMAT
 */
JsonNode *
vmfc_document_parse(const gchar *text, gsize length, gsize max_size, GError **error)
{
	if (length > max_size) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "it is larger than %g MiB",
			    (gdouble)max_size / (1 << 20));
		return NULL;
	}
	if (!g_utf8_validate(text, (gssize)length, NULL)) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "it is not UTF-8");
		return NULL;
	}
	if (!vmfc_json_tokens_check(text, length, VMFC_DOCUMENT_MAX_DEPTH,
				    max_size / VMFC_DOCUMENT_VALUE_SIZE, error))
		return NULL;
	return parse_checked(text, length, error);
}

/*
 * @max_size: maximum size of the file, see vmfc_document_parse()
 *
 * Returns: (transfer full): %NULL with a sentence in @error
 */
JsonNode *
vmfc_document_read(const gchar *path, gsize max_size, GError **error)
{
	gsize length;
	g_autofree gchar *text = vmfc_regular_file_read(path, max_size, &length, error);

	if (text == NULL)
		return NULL;
	JsonNode *root = vmfc_document_parse(text, length, max_size, error);
	if (root == NULL)
		g_prefix_error(error, "%s is not valid JSON: ", path);
	return root;
}

/* Returns: (nullable): the value of a member; %NULL if it is missing or has another type */
static JsonNode *
get_value(JsonObject *object, const gchar *key)
{
	JsonNode *node = json_object_get_member(object, key);
	return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

/* Returns: (nullable) */
const gchar *
vmfc_document_get_string(JsonObject *object, const gchar *key)
{
	JsonNode *node = get_value(object, key);
	return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
		       ? json_node_get_string(node)
		       : NULL;
}

/* Returns: whether the member is a number; an integer is one, too */
gboolean
vmfc_document_get_number(JsonObject *object, const gchar *key, gdouble *value)
{
	JsonNode *node = get_value(object, key);

	if (node == NULL || !is_number(node))
		return FALSE;
	*value = json_node_get_double(node);
	return TRUE;
}

/* Returns: (nullable) */
JsonObject *
vmfc_document_get_object(JsonObject *object, const gchar *key)
{
	JsonNode *node = json_object_get_member(object, key);
	return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* Returns: (nullable) */
JsonArray *
vmfc_document_get_array(JsonObject *object, const gchar *key)
{
	JsonNode *node = json_object_get_member(object, key);
	return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}
