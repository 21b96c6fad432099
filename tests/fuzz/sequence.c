/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as --stress-workload: at every time one part of the sequence holds. */

#include "workload/sequence.h"

#include "fuzz.h"
#include "vmfc/vmfc-plugin.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const gint64 times[] = {0, 1, SECOND, 3600 * SECOND, 1000000 * SECOND};
	g_autofree gchar *text = g_strndup((const gchar *)data, size);
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcSequence) sequence = vmfc_sequence_new(text, 300 * SECOND, SECOND, &error);

	if (sequence == NULL) {
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		return 0;
	}
	g_assert_no_error(error);
	if (size % 2 == 1)
		vmfc_sequence_shuffle(sequence, (guint32)size);
	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		VmfcPosition position;
		vmfc_sequence_find(sequence, times[i], &position);
		g_assert_cmpuint(position.part, <, sequence->parts->len);
		g_assert_cmpint(position.iteration, >=, 0);
		g_assert_cmpint(position.begin, <=, times[i]);
		g_assert_cmpint(position.end, >, times[i]);
	}
	return 0;
}
