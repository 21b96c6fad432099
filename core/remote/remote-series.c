/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "remote/remote-series.h"

#include <string.h>

#include "remote/remote-series-private.h"

static gint
compare_names(gconstpointer left, gconstpointer right)
{
	const Vmfc__Remote__Label *const *a = left;
	const Vmfc__Remote__Label *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

static gboolean
has_label(const VmfcRemoteSeries *self, const gchar *name)
{
	for (guint i = 0; i < self->n_labels; i++) {
		if (g_str_equal(self->labels[i].name, name))
			return TRUE;
	}
	return FALSE;
}

/*
 * @labels: copied. One without a value is the same as none; the first of those with the same name
 *   holds.
 */
VmfcRemoteSeries *
vmfc_remote_series_new(const VmfcRemoteLabel *labels, guint n_labels)
{
	VmfcRemoteSeries *self = g_new0(VmfcRemoteSeries, 1);

	self->references = 1;
	self->labels = g_new0(Vmfc__Remote__Label, n_labels);
	self->pointers = g_new0(Vmfc__Remote__Label *, n_labels);
	for (guint i = 0; i < n_labels; i++) {
		if (labels[i].value[0] == '\0' || has_label(self, labels[i].name))
			continue;
		Vmfc__Remote__Label *label = &self->labels[self->n_labels];
		vmfc__remote__label__init(label);
		label->name = g_strdup(labels[i].name);
		label->value = g_strdup(labels[i].value);
		self->pointers[self->n_labels++] = label;
	}
	qsort(self->pointers, self->n_labels, sizeof(self->pointers[0]), compare_names);
	return self;
}

VmfcRemoteSeries *
vmfc_remote_series_ref(VmfcRemoteSeries *series)
{
	g_atomic_int_inc(&series->references);
	return series;
}

void
vmfc_remote_series_unref(VmfcRemoteSeries *series)
{
	if (!g_atomic_int_dec_and_test(&series->references))
		return;
	for (guint i = 0; i < series->n_labels; i++) {
		g_free(series->labels[i].name);
		g_free(series->labels[i].value);
	}
	g_free(series->labels);
	g_free(series->pointers);
	g_free(series);
}

/* Whether receivers take a label of that name from users; names that begin with __ are theirs. */
gboolean
vmfc_remote_label_is_valid(const gchar *name)
{
	if (name[0] == '\0' || g_ascii_isdigit(name[0]) || g_str_has_prefix(name, "__"))
		return FALSE;
	for (const gchar *at = name; *at != '\0'; at++) {
		if (!g_ascii_isalnum(*at) && *at != '_')
			return FALSE;
	}
	return TRUE;
}
