/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/member.h"

#include <math.h>
#include <string.h>

#include "model/model.h"
#include "vmfc/vmfc-plugin.h"

static gboolean
set_invalid(const gchar *key, const gchar *what, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "\"%s\" has to be %s", key, what);
	return FALSE;
}

/* Returns: the type of a value that is no object, array or null; else G_TYPE_INVALID */
static GType
get_type(JsonNode *node)
{
	return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node)
							   : G_TYPE_INVALID;
}

/* Whether it is there, and not null. */
gboolean
vmfc_member_has(JsonObject *object, const gchar *key)
{
	JsonNode *node = json_object_get_member(object, key);
	return node != NULL && !JSON_NODE_HOLDS_NULL(node);
}

gboolean
vmfc_member_read_number(JsonObject *object, const gchar *key, gdouble minimum, gdouble maximum,
			gdouble *value, GError **error)
{
	JsonNode *node = json_object_get_member(object, key);
	GType type = get_type(node);
	g_autofree gchar *what = NULL;

	if (type == G_TYPE_DOUBLE || type == G_TYPE_INT64) {
		*value = json_node_get_double(node);
		if (isfinite(*value) && *value >= minimum && *value <= maximum)
			return TRUE;
	}
	what = minimum == -G_MAXDOUBLE
		       ? g_strdup("a number")
		       : g_strdup_printf("a number from %g to %g", minimum, maximum);
	return set_invalid(key, what, error);
}

gboolean
vmfc_member_read_count(JsonObject *object, const gchar *key, gint64 minimum, gint64 maximum,
		       gint64 *value, GError **error)
{
	JsonNode *node = json_object_get_member(object, key);
	g_autofree gchar *what = NULL;

	if (get_type(node) == G_TYPE_INT64) {
		*value = json_node_get_int(node);
		if (*value >= minimum && *value <= maximum)
			return TRUE;
	}
	what = g_strdup_printf("an integer from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, minimum,
			       maximum);
	return set_invalid(key, what, error);
}

gboolean
vmfc_member_read_flag(JsonObject *object, const gchar *key, gboolean *value, GError **error)
{
	JsonNode *node = json_object_get_member(object, key);

	if (get_type(node) != G_TYPE_BOOLEAN)
		return set_invalid(key, "true or false", error);
	*value = json_node_get_boolean(node);
	return TRUE;
}

/* Names go to terminals and into files of other formats. */
static gboolean
is_printable(const gchar *text)
{
	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		if (g_unichar_iscntrl(g_utf8_get_char(text)))
			return FALSE;
	}
	return TRUE;
}

/* Whether the text may be a name or unit in a model. */
gboolean
vmfc_member_is_name(const gchar *text)
{
	gsize length = strlen(text);

	return length > 0 && length <= VMFC_MODEL_MAX_NAME && is_printable(text);
}

/* Returns: (nullable): the text, if it can be a name */
static const gchar *
get_name(JsonNode *node)
{
	if (get_type(node) != G_TYPE_STRING)
		return NULL;
	const gchar *text = json_node_get_string(node);
	return vmfc_member_is_name(text) ? text : NULL;
}

gboolean
vmfc_member_read_name(JsonObject *object, const gchar *key, gchar **name, GError **error)
{
	*name = g_strdup(get_name(json_object_get_member(object, key)));
	return *name != NULL ||
	       set_invalid(key,
			   "a text of 1 to " G_STRINGIFY(
				   VMFC_MODEL_MAX_NAME) " bytes "
							"without control characters",
			   error);
}

/* @name: (out) (nullable): %NULL where it is null, or missing */
gboolean
vmfc_member_read_optional_name(JsonObject *object, const gchar *key, gchar **name, GError **error)
{
	*name = NULL;
	return !vmfc_member_has(object, key) || vmfc_member_read_name(object, key, name, error);
}

gboolean
vmfc_member_read_names(JsonObject *object, const gchar *key, guint minimum, guint maximum,
		       GStrv *names, GError **error)
{
	JsonArray *array = vmfc_member_read_array(object, key, minimum, maximum, error);

	if (array == NULL)
		return FALSE;
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	for (guint i = 0; i < json_array_get_length(array); i++) {
		const gchar *name = get_name(json_array_get_element(array, i));
		if (name == NULL)
			return set_invalid(key, "an array of names", error);
		g_strv_builder_add(builder, name);
	}
	*names = g_strv_builder_end(builder);
	return TRUE;
}

/* @value: (out): one of a few, by the name that it has in the file */
gboolean
vmfc_member_read_word(JsonObject *object, const gchar *key, VmfcGetName get_word, guint n_words,
		      guint *value, GError **error)
{
	JsonNode *node = json_object_get_member(object, key);
	g_autoptr(GString) known = g_string_new("one of");

	for (*value = 0; *value < n_words; (*value)++) {
		if (get_type(node) == G_TYPE_STRING &&
		    g_str_equal(json_node_get_string(node), get_word(*value)))
			return TRUE;
		g_string_append_printf(known, "%s %s", *value > 0 ? "," : "", get_word(*value));
	}
	return set_invalid(key, known->str, error);
}

/* Returns: (transfer none) (nullable) */
JsonArray *
vmfc_member_read_array(JsonObject *object, const gchar *key, guint minimum, guint maximum,
		       GError **error)
{
	JsonNode *node = json_object_get_member(object, key);
	JsonArray *array = NULL;
	g_autofree gchar *what = NULL;

	if (node != NULL && JSON_NODE_HOLDS_ARRAY(node))
		array = json_node_get_array(node);
	if (array != NULL && json_array_get_length(array) >= minimum &&
	    json_array_get_length(array) <= maximum)
		return array;
	what = minimum == maximum
		       ? g_strdup_printf("an array of %u elements", minimum)
		       : g_strdup_printf("an array of %u to %u elements", minimum, maximum);
	set_invalid(key, what, error);
	return NULL;
}

/* Returns: (transfer none) (nullable) */
JsonObject *
vmfc_member_read_object(JsonObject *object, const gchar *key, GError **error)
{
	JsonNode *node = json_object_get_member(object, key);

	if (node != NULL && JSON_NODE_HOLDS_OBJECT(node))
		return json_node_get_object(node);
	set_invalid(key, "an object", error);
	return NULL;
}

/* Returns: (transfer none) (nullable): the element, which is an object */
JsonObject *
vmfc_member_read_element(JsonArray *array, guint i, GError **error)
{
	JsonNode *node = json_array_get_element(array, i);

	if (JSON_NODE_HOLDS_OBJECT(node))
		return json_node_get_object(node);
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "it has to be an object");
	return NULL;
}
