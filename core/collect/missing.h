/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/context.h"

/*
 * Why columns are missing, window by window. The reasons are counted for the meta file, and the
 * user gets one warning for each. They are stored in the declarations of the columns.
 */
void
vmfc_missing_prepare(VmfcContext *context);
void
vmfc_missing_mark_reported(VmfcContext *context, const gchar *reason);
void
vmfc_missing_note(VmfcContext *context, VmfcRow *row);
void
vmfc_missing_warn(const gchar *plugin, const gchar *columns, const gchar *reason,
		  const gchar *remedy);
