/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "record/column-words.h"

const gchar *
vmfc_kind_to_string(VmfcKind kind)
{
	switch (kind) {
	case VMFC_KIND_GAUGE:
		return "gauge";
	case VMFC_KIND_COUNTER:
		return "counter";
	case VMFC_KIND_LABEL:
		return "label";
	}
	return "unknown";
}

/* @text: (nullable): of a file; others than these three are gauges */
VmfcKind
vmfc_kind_from_string(const gchar *text)
{
	if (g_strcmp0(text, "counter") == 0)
		return VMFC_KIND_COUNTER;
	return g_strcmp0(text, "label") == 0 ? VMFC_KIND_LABEL : VMFC_KIND_GAUGE;
}

const gchar *
vmfc_type_to_string(VmfcType type)
{
	switch (type) {
	case VMFC_TYPE_INT:
		return "int";
	case VMFC_TYPE_FLOAT:
		return "float";
	case VMFC_TYPE_BOOL:
		return "bool";
	case VMFC_TYPE_STRING:
		return "string";
	case VMFC_TYPE_STRINGS:
		return "strings";
	}
	return "unknown";
}
