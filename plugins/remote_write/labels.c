/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "labels.h"

#include <string.h>

#include "base/regular-file.h"

#define UUID_PATH "sys/class/dmi/id/product_uuid"
/* A UUID and a line feed, with room for more. */
#define UUID_SIZE 128

static void
add(Labels *labels, const gchar *name, const gchar *value)
{
	const VmfcRemoteLabel label = {g_strdup(name), g_strdup(value)};

	g_ptr_array_add(labels->texts, (gchar *)label.name);
	g_ptr_array_add(labels->texts, (gchar *)label.value);
	g_array_append_val(labels->labels, label);
}

static gboolean
has(const Labels *labels, const gchar *name)
{
	for (guint i = 0; i < labels->labels->len; i++) {
		if (g_str_equal(g_array_index(labels->labels, VmfcRemoteLabel, i).name, name))
			return TRUE;
	}
	return FALSE;
}

static gboolean
add_pair(Labels *labels, const gchar *text, GError **error)
{
	g_auto(GStrv) pair = g_strsplit(text, "=", 2);

	for (guint i = 0; pair[i] != NULL; i++)
		g_strstrip(pair[i]);
	if (pair[0] == NULL || pair[1] == NULL || !vmfc_remote_label_is_valid(pair[0])) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option remote_write.labels has '%s', but must be NAME=VALUE,...; a "
			    "NAME has letters, digits and _, and begins with no digit and not "
			    "with __",
			    text);
		return FALSE;
	}
	if (has(labels, pair[0])) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option remote_write.labels has the label %s twice", pair[0]);
		return FALSE;
	}
	add(labels, pair[0], pair[1]);
	return TRUE;
}

/* Adds labels from a list NAME=VALUE,... */
gboolean
labels_add_list(Labels *labels, const gchar *list, GError **error)
{
	g_auto(GStrv) pairs = g_strsplit(list, ",", -1);

	for (guint i = 0; pairs[i] != NULL; i++) {
		g_strstrip(pairs[i]);
		if (pairs[i][0] != '\0' && !add_pair(labels, pairs[i], error))
			return FALSE;
	}
	return TRUE;
}

/*
 * Whether a text is a UUID that can tell machines apart. Firmware without one writes the same digit
 * everywhere.
 */
gboolean
labels_is_machine_id(const gchar *text)
{
	gboolean is_varied = FALSE;

	if (!g_uuid_string_is_valid(text))
		return FALSE;
	for (const gchar *at = text; *at != '\0'; at++)
		is_varied |= *at != '-' && *at != text[0];
	return is_varied;
}

/* Usually only root may read the file; without it the series have no such label. */
static void
add_machine_id(Labels *labels, VmfcContext *context)
{
	g_autofree gchar *path = vmfc_context_build_path(context, UUID_PATH);
	g_autofree gchar *text = vmfc_regular_file_read(path, UUID_SIZE, NULL, NULL);

	if (text == NULL)
		return;
	g_autofree gchar *lower = g_ascii_strdown(g_strstrip(text), -1);
	if (labels_is_machine_id(lower))
		add(labels, "vm_id", lower);
}

/* The user's labels come first: they hold where vmfc has one with the same name. */
gboolean
labels_init(Labels *labels, VmfcContext *context, GError **error)
{
	*labels = (Labels){
		.texts = g_ptr_array_new_with_free_func(g_free),
		.labels = g_array_new(FALSE, FALSE, sizeof(VmfcRemoteLabel)),
	};
	if (!labels_add_list(labels, vmfc_context_get_string(context, "labels"), error))
		return FALSE;
	if (!has(labels, "job"))
		add(labels, "job", "vmfc");
	if (!has(labels, "instance"))
		add(labels, "instance", g_get_host_name());
	if (!has(labels, "vm_id"))
		add_machine_id(labels, context);
	return TRUE;
}

void
labels_clear(Labels *labels)
{
	g_clear_pointer(&labels->labels, g_array_unref);
	g_clear_pointer(&labels->texts, g_ptr_array_unref);
}
