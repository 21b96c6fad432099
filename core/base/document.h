/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <json-glib/json-glib.h>

/*
 * JSON documents, which are held as a whole, as the meta file is: trees of json-glib. Rows of data
 * are no documents, see rows/.
 */

/* Brackets within brackets of a document that is read. */
#define VMFC_DOCUMENT_MAX_DEPTH 64
/* The largest document that may be read has at most a value in so many bytes. */
#define VMFC_DOCUMENT_VALUE_SIZE 16

/*
 * Writes a document a member a line, and numbers as the data files have them. Arrays of numbers
 * alone stand on one line. A large document can be written a part after the other: between
 * vmfc_document_begin() and vmfc_document_end() its members are added, each with its own tree.
 */
typedef struct {
	GString *text;
	guint depth;
	gboolean is_first; /* of an object or array */
} VmfcDocument;

void
vmfc_document_init(VmfcDocument *document);
void
vmfc_document_clear(VmfcDocument *document);
void
vmfc_document_begin(VmfcDocument *document, const gchar *key, gchar bracket);
void
vmfc_document_end(VmfcDocument *document, gchar bracket);
void
vmfc_document_add(VmfcDocument *document, const gchar *key, JsonNode *value);
void
vmfc_document_add_string(VmfcDocument *document, const gchar *key, const gchar *value);
void
vmfc_document_add_object(VmfcDocument *document, const gchar *key, JsonObject *value);
gchar *
vmfc_document_to_text(JsonObject *object);

JsonNode *
vmfc_document_parse(const gchar *text, gsize length, gsize most, GError **error);
JsonNode *
vmfc_document_read(const gchar *path, gsize most, GError **error);

const gchar *
vmfc_document_get_string(JsonObject *object, const gchar *key);
gboolean
vmfc_document_get_number(JsonObject *object, const gchar *key, gdouble *value);
JsonObject *
vmfc_document_get_object(JsonObject *object, const gchar *key);
JsonArray *
vmfc_document_get_array(JsonObject *object, const gchar *key);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcDocument, vmfc_document_clear)
