/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/document.h"

/* The entry of a column in a meta file. All strings except unit and kind may be %NULL. */
typedef struct {
	gchar *unit;
	gchar *kind;
	gchar *type;
	gchar *plugin;
	gchar *source;
	gchar *description;
	gchar *reason; /* why it was missing, always or in most windows */
} VmfcColumnFacts;

VmfcColumnFacts *
vmfc_column_facts_new(JsonObject *column);
void
vmfc_column_facts_free(VmfcColumnFacts *facts);
