/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <json-glib/json-glib.h>

/*
 * Members of an object of a document that others may have written: each is there, of the right type
 * and within its bounds, or the reader returns %FALSE or %NULL with the member and what it has to
 * be in @error.
 */

/* How an enum is called in the file. */
typedef const gchar *(*VmfcGetName)(guint value);

gboolean
vmfc_member_is_name(const gchar *text);
gboolean
vmfc_member_has(JsonObject *object, const gchar *key);
gboolean
vmfc_member_read_number(JsonObject *object, const gchar *key, gdouble minimum, gdouble maximum,
			gdouble *value, GError **error);
gboolean
vmfc_member_read_count(JsonObject *object, const gchar *key, gint64 minimum, gint64 maximum,
		       gint64 *value, GError **error);
gboolean
vmfc_member_read_flag(JsonObject *object, const gchar *key, gboolean *value, GError **error);
gboolean
vmfc_member_read_name(JsonObject *object, const gchar *key, gchar **name, GError **error);
gboolean
vmfc_member_read_optional_name(JsonObject *object, const gchar *key, gchar **name, GError **error);
gboolean
vmfc_member_read_names(JsonObject *object, const gchar *key, guint minimum, guint maximum,
		       GStrv *names, GError **error);
gboolean
vmfc_member_read_word(JsonObject *object, const gchar *key, VmfcGetName get_word, guint n_words,
		      guint *value, GError **error);
JsonArray *
vmfc_member_read_array(JsonObject *object, const gchar *key, guint minimum, guint maximum,
		       GError **error);
JsonObject *
vmfc_member_read_object(JsonObject *object, const gchar *key, GError **error);
JsonObject *
vmfc_member_read_element(JsonArray *array, guint i, GError **error);
