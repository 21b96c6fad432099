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
} VmfcIndexAlias;

/* What is known of a plugin before it is loaded. */
typedef struct {
	gchar *name;
	gchar *kind;	       /* sampler, workload or sink */
	gchar *group;	       /* NULL: none */
	gchar *extension;      /* of a sink's files, with its dot; NULL: none */
	gboolean only_appends; /* a sink that can write to a stream */
	GPtrArray *aliases;    /* of VmfcIndexAlias */
} VmfcIndexEntry;

/*
 * What is known of plugins. Of those that belong to this program the build makes it and installs it
 * beside them: to select a group, or to understand the command line, they need not be loaded, one
 * of which needs many libraries. Where it cannot be used, and of the plugins of others, it is what
 * they declare once they are loaded.
 */
typedef struct {
	GPtrArray *entries; /* of VmfcIndexEntry, in the order of the build's list */
	gchar *failure;	    /* a sentence: why it could not be used; NULL */
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
