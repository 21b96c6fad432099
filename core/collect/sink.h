/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "output/run-files.h"
#include "plugin/context.h"

/* One sink: opened, written to, and opened again when its files were moved or deleted. */

VmfcContext *
vmfc_sink_new(const VmfcRun *run, const VmfcPlugin *plugin, VmfcRunFiles *files, GError **error);
gboolean
vmfc_sink_open(VmfcContext *context, const VmfcSchema *schema, GError **error);
gboolean
vmfc_sink_close(VmfcContext *context, GError **error);
gboolean
vmfc_sink_write(VmfcContext *context, const VmfcRecord *record);
gboolean
vmfc_sink_check_files(VmfcContext *context, gboolean with_names, gboolean *is_intact);
gboolean
vmfc_sink_reopen(VmfcContext *context, const VmfcSchema *schema, GError **error);
