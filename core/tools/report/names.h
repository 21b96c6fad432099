/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/cell.h"

/* More names than these share the last one. */
#define VMFC_NAMES_MAX 24

/* The different texts of a column, such as the workloads of a run, in the order of their first
 * rows. */
typedef struct {
	GPtrArray *names;
	guint64 counts[VMFC_NAMES_MAX];
	guint last; /* the name of the previous row */
	gboolean is_full;
} VmfcNames;

void
vmfc_names_init(VmfcNames *names);
void
vmfc_names_clear(VmfcNames *names);
guint
vmfc_names_add(VmfcNames *names, const VmfcTableCell *cell);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcNames, vmfc_names_clear)
