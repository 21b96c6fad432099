/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/option-entry.h"

/* A key of a group of the config file that is not the program's own. */
typedef void (*VmfcOtherKeyFunc)(gpointer fields, const gchar *group, const gchar *key,
				 const gchar *value);

/* The options of one program: its command line, its --help and its group of the config file. */
typedef struct {
	const gchar *program;  /* how the user calls it */
	const gchar *required; /* (nullable) options that the first line of --help names */
	const gchar *summary;
	const gchar *description;	 /* (nullable) what --help says after the options */
	const gchar *config_group;	 /* (nullable) where it reads a config file */
	VmfcOtherKeyFunc take_other_key; /* where it reads a config file */
	const VmfcOptionEntry *entries;	 /* the last one has no name */
} VmfcOptionTable;

gboolean
vmfc_option_table_skim(const VmfcOptionTable *table, GStrv arguments, gpointer fields);
gboolean
vmfc_option_table_parse(const VmfcOptionTable *table, GStrv arguments, gpointer fields,
			GError **error);
