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

/* Adds labels from a list NAME=VALUE,... */
static gboolean
add_list(GArray *labels, const gchar *list, GError **error)
{
	g_auto(GStrv) pairs = g_strsplit(list, ",", -1);

	for (guint i = 0; pairs[i] != NULL; i++) {
		g_strstrip(pairs[i]);
		if (pairs[i][0] != '\0' &&
		    !vmfc_remote_labels_parse(labels, pairs[i], "option remote_write.labels",
					      error))
			return FALSE;
	}
	return TRUE;
}

/*
 * Whether a text is a UUID that can tell machines apart. Firmware without one writes the same digit
 * everywhere.
 */
static gboolean
is_machine_id(const gchar *text)
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
add_machine_id(GArray *labels, VmfcContext *context)
{
	g_autofree gchar *path = vmfc_context_build_path(context, UUID_PATH);
	g_autofree gchar *text = vmfc_regular_file_read(path, UUID_SIZE, NULL, NULL);

	if (text == NULL)
		return;
	g_autofree gchar *lower = g_ascii_strdown(g_strstrip(text), -1);
	if (is_machine_id(lower))
		vmfc_remote_labels_add(labels, "vm_id", lower);
}

/*
 * The user's labels come first: they hold where vmfc has one with the same name.
 *
 * Returns: (transfer full): a list of labels; %NULL with @error set
 */
GArray *
labels_new(VmfcContext *context, GError **error)
{
	g_autoptr(GArray) labels = vmfc_remote_labels_new();

	if (!add_list(labels, vmfc_context_get_string(context, "labels"), error))
		return NULL;
	if (!vmfc_remote_labels_have(labels, "job"))
		vmfc_remote_labels_add(labels, "job", "vmfc");
	if (!vmfc_remote_labels_have(labels, "instance"))
		vmfc_remote_labels_add(labels, "instance", g_get_host_name());
	if (!vmfc_remote_labels_have(labels, "vm_id"))
		add_machine_id(labels, context);
	return g_steal_pointer(&labels);
}
