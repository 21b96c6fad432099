/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* An option of vmfc's command line that stands for one of a plugin. */
typedef struct {
	gchar *name; /* without its dashes */
	gchar *option;
	gchar *argument;
	gchar *help;
	gboolean enables; /* it enables its plugin */
} VmfcIndexAlias;

/* What vmfc knows about a plugin before it loads it. */
typedef struct {
	gchar *name;
	gchar *kind;	       /* sampler, workload or sink */
	gchar *group;	       /* NULL: none */
	gchar *extension;      /* of a sink's files, with its dot; NULL: none */
	gboolean only_appends; /* a sink that can write to a stream */
	GPtrArray *aliases;    /* of VmfcIndexAlias */
} VmfcIndexEntry;

/*
 * What vmfc knows about plugins. The build makes the index of the plugins of this program, and
 * installs it beside them. So vmfc selects a group and parses the command line without loading
 * plugins, some of which need many libraries. If the index cannot be used, and for the plugins of
 * others, vmfc loads the plugins and reads their descriptors.
 */
typedef struct {
	GPtrArray *entries; /* of VmfcIndexEntry, in the order of the build's list */
	gchar *failure;	    /* why it could not be used, a sentence; NULL: it could */
} VmfcPluginIndex;

VmfcPluginIndex *
vmfc_plugin_index_new(void);
VmfcPluginIndex *
vmfc_plugin_index_parse(const gchar *text, gsize length, GError **error);
VmfcPluginIndex *
vmfc_plugin_index_read(const gchar *path, GError **error);
void
vmfc_plugin_index_add(VmfcPluginIndex *index, const VmfcPlugin *plugin);
void
vmfc_plugin_index_free(VmfcPluginIndex *index);
const VmfcIndexEntry *
vmfc_plugin_index_find(const VmfcPluginIndex *index, const gchar *name);
gchar *
vmfc_plugin_index_list_formats(const VmfcPluginIndex *index, const gchar *last_separator);
GStrv
vmfc_plugin_index_list_extensions(const VmfcPluginIndex *index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPluginIndex, vmfc_plugin_index_free)
