/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "output/run-files.h"
#include "vmfc/vmfc-plugin.h"

/*
 * The state of a file while vmfc writes it.
 *
 * VMFC_OUTPUT_MOVED: it has another name, and vmfc still writes to it
 * VMFC_OUTPUT_DELETED: it has no name: its content is lost when it is closed
 * VMFC_OUTPUT_CUT: another program has made it shorter
 */
typedef enum {
	VMFC_OUTPUT_INTACT,
	VMFC_OUTPUT_MOVED,
	VMFC_OUTPUT_DELETED,
	VMFC_OUTPUT_CUT,
} VmfcOutputFate;

VmfcOutput *
vmfc_output_create(VmfcRunFiles *set, const gchar *extension, const gchar *start, GPtrArray *open,
		   GError **error);
VmfcOutputFate
vmfc_output_look(VmfcOutput *output, gboolean with_name);
const gchar *
vmfc_output_get_path(const VmfcOutput *output);
goffset
vmfc_output_get_size(const VmfcOutput *output);
