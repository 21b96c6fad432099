/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/document.h"

/* What a meta file says of a column. Strings may be %NULL, but for unit and kind. */
typedef struct {
	gchar *unit;
	gchar *kind;
	gchar *type;
	gchar *plugin;
	gchar *source;
	gchar *description;
	gchar *reason; /* why it was missing most, or all the time */
} VmfcColumnFacts;

VmfcColumnFacts *
vmfc_column_facts_new(JsonObject *column);
void
vmfc_column_facts_free(VmfcColumnFacts *facts);
