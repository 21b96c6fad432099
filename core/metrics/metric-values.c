/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "metrics/metric-values.h"

#include <string.h>

/* All values are missing. */
void
vmfc_metric_values_init(VmfcMetricValues *values, guint n_numbers, guint n_texts)
{
	values->n_numbers = n_numbers;
	values->n_texts = n_texts;
	values->numbers = g_new0(VmfcMetricValue, n_numbers);
	values->texts = g_malloc0_n(n_texts, VMFC_STRING_SIZE);
}

void
vmfc_metric_values_clear(VmfcMetricValues *values)
{
	g_clear_pointer(&values->numbers, g_free);
	g_clear_pointer(&values->texts, g_free);
}

/* Both belong to the same metrics. Allocates nothing. */
void
vmfc_metric_values_copy(VmfcMetricValues *to, const VmfcMetricValues *from)
{
	if (from->n_numbers > 0)
		memcpy(to->numbers, from->numbers, from->n_numbers * sizeof(VmfcMetricValue));
	if (from->n_texts > 0)
		memcpy(to->texts, from->texts, (gsize)from->n_texts * VMFC_STRING_SIZE);
}

gchar *
vmfc_metric_values_get_text(const VmfcMetricValues *values, guint index)
{
	return values->texts + (gsize)index * VMFC_STRING_SIZE;
}
