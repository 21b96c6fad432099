/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* An option of a plugin as the user gave it, not checked yet. */
typedef struct {
	gchar *plugin;
	gchar *name;
	gchar *value;
	gboolean is_alias;    /* it may set options of other plugins, too */
	gboolean enables;     /* its plugin is enabled, although --plugins does not name it */
	const gchar *given;   /* "--set", or the option that stands for it */
	gboolean from_config; /* may be for a plugin that is not enabled in this run */
} VmfcSetting;

GPtrArray *
vmfc_setting_list_new(void);
VmfcSetting *
vmfc_setting_list_add(GPtrArray *list, const gchar *plugin, const gchar *name, const gchar *value,
		      const gchar *given, gboolean from_config);
gboolean
vmfc_setting_list_parse(GPtrArray *list, const gchar *text, GError **error);
