/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/plugin-index.h"

/* Checks --output, --format and --meta together, as far as the sinks are in the index. */

/* As --format: no file; the sinks are those that --plugins names. */
#define VMFC_NO_FORMAT "none"

gboolean
vmfc_output_check_is_none(const gchar *format);
gboolean
vmfc_output_check_format(const gchar *format, const gchar *output, const VmfcPluginIndex *index,
			 GError **error);
gboolean
vmfc_output_check_meta(const gchar *meta, const gchar *output, const VmfcPluginIndex *index,
		       GError **error);
void
vmfc_output_check_set_stream_error(const gchar *output, const VmfcPluginIndex *index,
				   GError **error);
