/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/option-table.h"
#include "plugin/plugin-index.h"

/* The place in a table where the aliases that plugins declare are inserted. */
#define VMFC_PLUGIN_OPTIONS                                                                        \
	{                                                                                          \
		.name = ""                                                                         \
	}

GArray *
vmfc_plugin_options_insert(const VmfcOptionEntry *entries, const VmfcPluginIndex *index,
			   VmfcEntryParse parse);
void
vmfc_plugin_options_store(const VmfcPluginIndex *index, const VmfcOptionValue *value,
			  GPtrArray *settings);
gchar *
vmfc_plugin_options_enable(const GPtrArray *settings, const gchar *plugins);
