/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <json-glib/json-glib.h>

#include "rows/row-clock.h"
#include "tools/report/section.h"

/* What the meta file beside a file of rows says. */
typedef struct {
	gchar *path;
	JsonNode *root;	     /* (nullable): there is no meta file that belongs to the rows */
	GHashTable *columns; /* name to JsonObject, in root */
	gchar *reason;	     /* why the meta file is not used; NULL: it is used, or there is none */
} VmfcRunFacts;

/* Of one column; "" where it is not known. */
typedef struct {
	const gchar *unit;
	const gchar *kind;
	const gchar *state;
	const gchar *reason;
} VmfcColumnFact;

gchar *
vmfc_run_facts_build_path(const gchar *path);
void
vmfc_run_facts_init(VmfcRunFacts *facts, const gchar *path);
void
vmfc_run_facts_clear(VmfcRunFacts *facts);
void
vmfc_run_facts_take(VmfcRunFacts *facts, JsonNode *root);
JsonObject *
vmfc_run_facts_get_root(const VmfcRunFacts *facts);
VmfcColumnFact
vmfc_run_facts_find_column(const VmfcRunFacts *facts, const gchar *name);
void
vmfc_run_facts_describe(const VmfcRunFacts *facts, VmfcSection *section);
void
vmfc_run_facts_refuse(VmfcRunFacts *facts, const gchar *reason);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcRunFacts, vmfc_run_facts_clear)
