/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

typedef enum {
	VMFC_REPORT_HTML,
	VMFC_REPORT_SVG,
	VMFC_REPORT_TEXT,
	VMFC_N_REPORT_FORMATS,
} VmfcReportFormat;

/* The options of `vmfc report`, checked. */
typedef struct {
	GStrv files;
	gchar *output; /* NULL: standard output */
	gint format;   /* VmfcReportFormat */
	gchar *plot;   /* NULL: all of them */
	gboolean open;
	gboolean verbose;
	gchar *help; /* NULL: not requested */
} VmfcReportArguments;

VmfcReportArguments *
vmfc_report_arguments_parse(GStrv arguments, GError **error);
const gchar *
vmfc_report_arguments_get_extension(const VmfcReportArguments *arguments);
void
vmfc_report_arguments_free(VmfcReportArguments *arguments);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcReportArguments, vmfc_report_arguments_free)
