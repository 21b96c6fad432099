/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* Writes records as JSON objects. All memory is allocated once, except for longer strings. */
typedef struct {
	const VmfcSchema *schema;
	GPtrArray *keys; /* of gchar *: `"name": ` with what comes before it */
	GString *text;
} JsonObject;

void
json_object_init(JsonObject *object, const VmfcSchema *schema);
void
json_object_clear(JsonObject *object);
void
json_object_append(JsonObject *object, const VmfcRecord *record);
