/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/option-entry.h"

/* Gets a key of another group of the config file than the program's. */
typedef void (*VmfcOtherKeyFunc)(gpointer fields, const gchar *group, const gchar *key,
				 const gchar *value);

/* The options of one program: its command line, its --help and its group in the config file. */
typedef struct {
	const gchar *program;  /* as the user calls it */
	const gchar *required; /* (nullable) options in the usage line of --help */
	const gchar *summary;
	const gchar *description;	 /* (nullable) text of --help after the options */
	const gchar *config_group;	 /* (nullable) if it reads a config file */
	VmfcOtherKeyFunc take_other_key; /* if it reads a config file */
	const VmfcOptionEntry *entries;	 /* the last one has no name */
	const gchar *
		words; /* (nullable) what --help calls words that are no options, if it takes any */
	gsize words_field; /* of a GStrv: these words */
} VmfcOptionTable;

gboolean
vmfc_option_table_skim(const VmfcOptionTable *table, GStrv arguments, gpointer fields);
gboolean
vmfc_option_table_parse(const VmfcOptionTable *table, GStrv arguments, gpointer fields,
			GError **error);
