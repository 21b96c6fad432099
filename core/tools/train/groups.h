/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* More are put together in as many folds. */
#define VMFC_GROUPS_MAX_FOLDS 10
/* Where two of them are left out at once, one must be left to train from. */
#define VMFC_GROUPS_MIN 3

/* What stays together when a model is judged. */
typedef enum {
	VMFC_GROUPS_WORKLOADS,
	VMFC_GROUPS_PHASES, /* of workloads */
	VMFC_GROUPS_BLOCKS, /* of time */
	VMFC_GROUPS_NONE,   /* there are too few rows for blocks */
} VmfcGroupsKind;

typedef struct {
	VmfcGroupsKind kind;
	GPtrArray *names; /* in the order of their bytes; of blocks in that of time */
	guint *of_row;
	guint *counts; /* rows of each */
	guint *folds;  /* of each */
	guint n_folds;
	guint gap; /* rows beside those that are left out and not trained on either; 0: none */
} VmfcGroups;

VmfcGroups *
vmfc_groups_new(const gchar *const *workloads, const gchar *const *phases, guint n_rows);
VmfcGroups *
vmfc_groups_new_of_names(const gchar *const *names, guint n_rows);
void
vmfc_groups_free(VmfcGroups *groups);
guint *
vmfc_groups_build_folds(const guint *counts, guint n_groups, guint *n_folds);
guint *
vmfc_groups_choose_rows(const VmfcGroups *groups, guint n_rows, guint most, guint *n_chosen);
guint
vmfc_groups_get_gap(guint n_rows, guint n_blocks);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcGroups, vmfc_groups_free)
