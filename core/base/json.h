/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * Writes JSON text as RFC 8259 has it, a member to a line. Only what vmfc needs of it: a library
 * would bring an object system along, with a third of all memory that vmfc takes.
 */
typedef struct {
	GString *text;
	guint depth;
	gboolean is_first; /* of an object or array */
} VmfcJson;

void
vmfc_json_init(VmfcJson *json);
gchar *
vmfc_json_finish(VmfcJson *json);

/* @key: (nullable): %NULL in an array */
void
vmfc_json_begin(VmfcJson *json, const gchar *key, gchar bracket);
void
vmfc_json_end(VmfcJson *json, gchar bracket);
void
vmfc_json_add_string(VmfcJson *json, const gchar *key, const gchar *value);
void
vmfc_json_add_int(VmfcJson *json, const gchar *key, gint64 value);
void
vmfc_json_add_float(VmfcJson *json, const gchar *key, gdouble value);
void
vmfc_json_add_bool(VmfcJson *json, const gchar *key, gboolean value);
void
vmfc_json_add_null(VmfcJson *json, const gchar *key);
