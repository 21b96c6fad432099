/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/document.h"
#include "rows/row-clock.h"

/* The meta file that vmfc writes beside a file of records. */
typedef struct {
	gchar *path;
	gchar *reason; /* why it is not used; NULL if it is used */
} VmfcInputMeta;

void
vmfc_input_meta_init(VmfcInputMeta *meta, const gchar *input);
void
vmfc_input_meta_clear(VmfcInputMeta *meta);
JsonNode *
vmfc_input_meta_read(VmfcInputMeta *meta, const VmfcTable *table, const VmfcRowClock *clock);
JsonNode *
vmfc_input_meta_read_again(const VmfcInputMeta *meta);
