/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "remote/remote-labels.h"

#include "metrics/metrics.h"
#include "vmfc/vmfc-plugin.h"

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

static gboolean
check_name(const GArray *labels, const gchar *name, const gchar *option, GError **error)
{
	if (vmfc_metrics_own_label(name)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "%s has the label %s, but series of vmfc have one of that name "
			    "themselves: choose another name, for example vm_%s",
			    option, name, name);
		return FALSE;
	}
	if (vmfc_remote_labels_have(labels, name)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "%s has the label %s twice: give it once", option, name);
		return FALSE;
	}
	return TRUE;
}

/*
 * Adds a label that the user gives to all series.
 *
 * @text: NAME=VALUE
 * @option: where it comes from, for the error
 */
gboolean
vmfc_remote_labels_parse(GArray *labels, const gchar *text, const gchar *option, GError **error)
{
	g_auto(GStrv) pair = g_strsplit(text, "=", 2);

	for (guint i = 0; pair[i] != NULL; i++)
		g_strstrip(pair[i]);
	if (pair[0] == NULL || pair[1] == NULL || !vmfc_remote_label_is_valid(pair[0]) ||
	    !g_utf8_validate(text, -1, NULL)) {
		g_autofree gchar *shown = g_utf8_make_valid(text, -1);
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "%s has '%s', but a label must be NAME=VALUE; a NAME has letters, "
			    "digits and _, and begins with no digit and not with __",
			    option, shown);
		return FALSE;
	}
	if (!check_name(labels, pair[0], option, error))
		return FALSE;
	vmfc_remote_labels_add(labels, pair[0], pair[1]);
	return TRUE;
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
