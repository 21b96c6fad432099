/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "remote/remote-labels.h"

static void
label_clear(VmfcRemoteLabel *label)
{
	g_free((gchar *)label->name);
	g_free((gchar *)label->value);
}

GArray *
vmfc_remote_labels_new(void)
{
	GArray *labels = g_array_new(FALSE, FALSE, sizeof(VmfcRemoteLabel));

	g_array_set_clear_func(labels, (GDestroyNotify)label_clear);
	return labels;
}

void
vmfc_remote_labels_add(GArray *labels, const gchar *name, const gchar *value)
{
	const VmfcRemoteLabel label = {g_strdup(name), g_strdup(value)};

	g_array_append_val(labels, label);
}

gboolean
vmfc_remote_labels_have(const GArray *labels, const gchar *name)
{
	for (guint i = 0; i < labels->len; i++) {
		if (g_str_equal(g_array_index(labels, VmfcRemoteLabel, i).name, name))
			return TRUE;
	}
	return FALSE;
}

/* Returns: (transfer none): the first one; there are as many as the list is long */
const VmfcRemoteLabel *
vmfc_remote_labels_get(const GArray *labels)
{
	return (const VmfcRemoteLabel *)(gpointer)labels->data;
}
