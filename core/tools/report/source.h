/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/section.h"

typedef enum {
	VMFC_SOURCE_RUN,
	VMFC_SOURCE_TRAINING_SET,
	VMFC_SOURCE_PREDICTIONS,
	VMFC_SOURCE_MODEL,
} VmfcSourceKind;

/* A file that was read. */
typedef struct {
	VmfcSourceKind kind;
	gchar *path;
	gpointer data; /* by its kind */
} VmfcSource;

VmfcSource *
vmfc_source_read(const gchar *path, GPtrArray *names, GError **error);
VmfcSection *
vmfc_source_build_section(const VmfcSource *source, guint n_columns, guint max_rows);
void
vmfc_source_free(VmfcSource *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSource, vmfc_source_free)
