/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/context.h"

/*
 * Why columns are missing, window by window: noted in the record, for the meta file, and said once
 * to the user. The reasons are in the columns' declarations.
 */
void
vmfc_missing_prepare(VmfcContext *context);
void
vmfc_missing_mark_said(VmfcContext *context, const gchar *reason);
void
vmfc_missing_note(VmfcContext *context, VmfcRow *row);
