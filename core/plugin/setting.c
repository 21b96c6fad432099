/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/setting.h"

#include <string.h>

#include "vmfc/vmfc-plugin.h"

static void
setting_free(VmfcSetting *setting)
{
	g_free(setting->plugin);
	g_free(setting->name);
	g_free(setting->value);
	g_free(setting);
}

/* Returns: (transfer full) (element-type VmfcSetting): later ones win */
GPtrArray *
vmfc_setting_list_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)setting_free);
}

/* @given: how the user gave it; not copied */
VmfcSetting *
vmfc_setting_list_add(GPtrArray *list, const gchar *plugin, const gchar *name, const gchar *value,
		      const gchar *given, gboolean from_config)
{
	VmfcSetting *setting = g_new0(VmfcSetting, 1);

	setting->plugin = g_strdup(plugin);
	setting->name = g_strdup(name);
	setting->value = g_strdup(value);
	setting->given = given;
	setting->from_config = from_config;
	g_ptr_array_add(list, setting);
	return setting;
}

/* @text: the value of a --set */
gboolean
vmfc_setting_list_parse(GPtrArray *list, const gchar *text, GError **error)
{
	const gchar *dot = strchr(text, '.');
	const gchar *equals = dot != NULL ? strchr(dot, '=') : NULL;

	if (equals == NULL || dot == text || equals == dot + 1) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--set '%s' is not of the form PLUGIN.OPTION=VALUE", text);
		return FALSE;
	}
	g_autofree gchar *plugin = g_strndup(text, (gsize)(dot - text));
	g_autofree gchar *name = g_strndup(dot + 1, (gsize)(equals - dot - 1));
	vmfc_setting_list_add(list, plugin, name, equals + 1, "--set", FALSE);
	return TRUE;
}
