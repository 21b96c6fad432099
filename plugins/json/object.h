/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

typedef struct {
	guint16 key_length;
	guint16 type; /* VmfcType */
} JsonColumn;

/* Writes records as JSON objects. All memory is allocated once, except for longer strings. */
typedef struct {
	GString *keys;	 /* of all columns: `"name": ` with its separator, concatenated */
	GArray *columns; /* of JsonColumn */
	GString *text;
} JsonObject;

void
json_object_init(JsonObject *object, const VmfcSchema *schema);
void
json_object_clear(JsonObject *object);
void
json_object_append(JsonObject *object, const VmfcRecord *record);
