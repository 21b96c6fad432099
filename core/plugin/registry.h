/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/plugin-index.h"
#include "vmfc/vmfc-plugin.h"

/* A file of a plugin folder: a plugin, or the reason why it is refused. */
typedef struct {
	gchar *path;
	gchar *name;		  /* of the file and of the plugin */
	gboolean is_own;	  /* from the folder of this program */
	const VmfcPlugin *plugin; /* NULL: refused or not opened yet */
	GError *refusal;
} VmfcRegistryEntry;

/* Finds, opens, refuses and lists plugins. */
typedef struct _VmfcRegistry VmfcRegistry;

VmfcRegistry *
vmfc_registry_new(const gchar *plugin_path, const VmfcPluginIndex *index);
void
vmfc_registry_free(VmfcRegistry *registry);
void
vmfc_registry_describe(VmfcRegistry *registry, VmfcPluginIndex *index, gboolean with_others);
void
vmfc_registry_open_all(VmfcRegistry *registry);
const GPtrArray *
vmfc_registry_get_entries(VmfcRegistry *registry);
gboolean
vmfc_registry_has(VmfcRegistry *registry, const gchar *name);
const VmfcPlugin *
vmfc_registry_lookup(VmfcRegistry *registry, const gchar *name, GError **error);
GPtrArray *
vmfc_registry_select(VmfcRegistry *registry, const gchar *list, GError **error);

GPtrArray *
vmfc_registry_list_workloads(VmfcRegistry *registry);

gint
vmfc_plugin_compare(gconstpointer left, gconstpointer right);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcRegistry, vmfc_registry_free)
