/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/cell.h"
#include "tools/report/section.h"

/* More names than these share the last one. */
#define VMFC_NAMES_MAX 24

/*
 * The different texts of a column, such as the workloads of a run, in the order of their first
 * rows. Several files may share the names, so that one name has one number in all of them; a name
 * that is only of another file has no rows.
 */
typedef struct {
	GPtrArray *names;
	guint64 counts[VMFC_NAMES_MAX];
	guint last; /* the name of the previous row */
} VmfcNames;

void
vmfc_names_init(VmfcNames *names, GPtrArray *shared);
void
vmfc_names_clear(VmfcNames *names);
guint
vmfc_names_add(VmfcNames *names, const VmfcTableCell *cell);
void
vmfc_names_add_to_section(const VmfcNames *names, VmfcSection *section);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcNames, vmfc_names_clear)
