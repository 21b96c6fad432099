/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* What a column of a training set is for. */
typedef enum {
	VMFC_ROLE_FEATURE,  /* an input of a model */
	VMFC_ROLE_LABEL,    /* power, and how it was found */
	VMFC_ROLE_TIME,	    /* when the row was recorded, and how exactly */
	VMFC_ROLE_WORKLOAD, /* what ran, and where */
	VMFC_ROLE_NONE,	    /* power or an estimate of it, which must not be an input of a model */
} VmfcRole;

const gchar *
vmfc_role_to_string(VmfcRole role);
VmfcRole
vmfc_role_find(const gchar *name, const gchar *unit, const gchar *kind, gboolean is_text);

/* Columns of vmfc and of the tool before it, whose unit, kind and type follow from the name. */
typedef struct {
	const gchar *name;
	const gchar *unit;
	const gchar *kind;
	VmfcType type;
} VmfcKnownColumn;

const VmfcKnownColumn *
vmfc_known_column_find(const gchar *name);
const VmfcKnownColumn *
vmfc_known_column_get(guint index);
