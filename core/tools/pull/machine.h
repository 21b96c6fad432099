/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/pull/answer.h"

/* A virtual machine, as the labels of its series tell it. */
typedef struct {
	GHashTable *labels; /* those of all of its series, without their own */
	gchar *key;	    /* the labels as a selector without braces */
	gchar *name;	    /* for files; another one for each machine */
} VmfcMachine;

GPtrArray *
vmfc_machine_list_new(const GPtrArray *series);
const gchar *
vmfc_machine_get_label(const VmfcMachine *machine, const VmfcSeries *series, const gchar *name);
gboolean
vmfc_machine_has(const VmfcMachine *machine, const VmfcSeries *series);
gchar *
vmfc_machine_build_selector(const VmfcMachine *machine, const gchar *name_pattern);
void
vmfc_machine_append_quoted(GString *text, const gchar *value);
