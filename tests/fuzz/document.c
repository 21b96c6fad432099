/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as a JSON document: it is refused with a reason, or writes and reads back the same. */

#include "base/document.h"
#include "vmfc/vmfc-plugin.h"

#include "fuzz.h"

#define MOST ((gsize)16 << 20)

static gchar *
write_document(JsonNode *root)
{
	g_autoptr(JsonObject) object = json_object_new();

	json_object_set_member(object, "root", json_node_ref(root));
	return vmfc_document_to_text(object);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree gchar *text = g_malloc(size + 1);
	g_autoptr(GError) error = NULL;

	memcpy(text, data, size);
	text[size] = '\0';
	g_autoptr(JsonNode) root = vmfc_document_parse(text, size, MOST, &error);
	if (root == NULL) {
		gboolean has_many = g_error_matches(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
		g_assert_true(has_many || g_error_matches(error, VMFC_ERROR, VMFC_ERROR_FORMAT));
		return 0;
	}
	g_assert_no_error(error);
	g_autofree gchar *written = write_document(root);
	g_autoptr(JsonNode) again = vmfc_document_parse(written, strlen(written), MOST, &error);
	if (again == NULL) {
		/* it lies one bracket deeper than the text did */
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		g_assert_nonnull(strstr(error->message, "nested brackets"));
		return 0;
	}
	JsonNode *read = json_object_get_member(json_node_get_object(again), "root");
	g_assert_true(json_node_equal(root, read));
	g_autofree gchar *twice = write_document(read);
	g_assert_cmpstr(written, ==, twice);
	return 0;
}
