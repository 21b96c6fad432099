/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <json-glib/json-glib.h>

/*
 * JSON documents, such as the meta file: json-glib trees that are kept in memory as a whole. For
 * rows of data see rows/.
 */

/* Maximum nesting of brackets in a document that vmfc reads. */
#define VMFC_DOCUMENT_MAX_DEPTH 64
/* A document may have at most one value per so many bytes of its maximum size. */
#define VMFC_DOCUMENT_VALUE_SIZE 16

/*
 * Writes a document with one member per line, and numbers as in the data files. An array of only
 * numbers is on one line. A large document can be written in parts: add its members, each with its
 * own tree, between vmfc_document_begin() and vmfc_document_end().
 */
typedef struct {
	GString *text;
	guint depth;
	gboolean is_first; /* the next value is the first one of its object or array */
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
vmfc_document_parse(const gchar *text, gsize length, gsize max_size, GError **error);
JsonNode *
vmfc_document_read(const gchar *path, gsize max_size, GError **error);

const gchar *
vmfc_document_get_string(JsonObject *object, const gchar *key);
gboolean
vmfc_document_get_number(JsonObject *object, const gchar *key, gdouble *value);
JsonObject *
vmfc_document_get_object(JsonObject *object, const gchar *key);
JsonArray *
vmfc_document_get_array(JsonObject *object, const gchar *key);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcDocument, vmfc_document_clear)
