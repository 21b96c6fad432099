/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/option-values.h"

#include "base/nearest.h"
#include "base/number-text.h"
#include "base/quantity.h"
#include "plugin/setting.h"

static const VmfcOption *
find_option(const VmfcPlugin *plugin, const gchar *name)
{
	for (const VmfcOption *option = plugin->options; option != NULL && option->name != NULL;
	     option++) {
		if (g_str_equal(option->name, name))
			return option;
	}
	return NULL;
}

static gchar *
list_options(const VmfcPlugin *plugin)
{
	g_autoptr(GString) list = g_string_new(NULL);
	for (const VmfcOption *option = plugin->options; option != NULL && option->name != NULL;
	     option++)
		g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", option->name);
	return g_strdup(list->len > 0 ? list->str : "none");
}

static gchar *
find_nearest_option(const VmfcPlugin *plugin, const gchar *name)
{
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (const VmfcOption *option = plugin->options; option != NULL && option->name != NULL;
	     option++)
		vmfc_nearest_try(&nearest, option->name);
	return vmfc_nearest_to_text(&nearest);
}

gboolean
vmfc_option_values_parse_bool(const gchar *text, gboolean *value)
{
	*value = g_str_equal(text, "true") || g_str_equal(text, "yes") || g_str_equal(text, "1");
	return *value || g_str_equal(text, "false") || g_str_equal(text, "no") ||
	       g_str_equal(text, "0");
}

static const gchar *
check_value(VmfcOptionType type, const gchar *value)
{
	gint64 as_int;
	gdouble as_float;
	gboolean as_bool;

	switch (type) {
	case VMFC_OPTION_STRING:
		return NULL;
	case VMFC_OPTION_INT:
		return vmfc_number_text_parse_int(value, &as_int) ? NULL : "a whole number";
	case VMFC_OPTION_FLOAT:
		return vmfc_number_text_parse_float(value, &as_float) ? NULL : "a number";
	case VMFC_OPTION_DURATION:
		return vmfc_quantity_parse_duration(value, &as_int) ? NULL : VMFC_QUANTITY_DURATION;
	case VMFC_OPTION_BOOL:
		return vmfc_option_values_parse_bool(value, &as_bool) ? NULL : "true or false";
	}
	return "of a known type";
}

static gboolean
set_value(GHashTable *values, const VmfcPlugin *plugin, const gchar *name, const gchar *value,
	  GError **error)
{
	const VmfcOption *option = find_option(plugin, name);
	if (option == NULL) {
		g_autofree gchar *known = list_options(plugin);
		g_autofree gchar *hint = find_nearest_option(plugin, name);
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "plugin %s has no option '%s'%s; it has: %s", plugin->name, name, hint,
			    known);
		return FALSE;
	}
	const gchar *wanted = check_value(option->type, value);
	if (wanted != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option %s.%s is '%s', but must be %s", plugin->name, name, value,
			    wanted);
		return FALSE;
	}
	g_hash_table_insert(values, g_strdup(name), g_strdup(value));
	return TRUE;
}

/*
 * The options of a plugin in this run: the defaults, and the settings of the user, which win.
 *
 * @settings: (nullable) (element-type VmfcSetting): of all plugins; later ones win
 *
 * Returns: (transfer full): option names to checked texts; %NULL with @error set
 */
GHashTable *
vmfc_option_values_new(const VmfcPlugin *plugin, const GPtrArray *settings, GError **error)
{
	g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
							     g_free);

	for (const VmfcOption *option = plugin->options; option != NULL && option->name != NULL;
	     option++)
		g_hash_table_insert(values, g_strdup(option->name), g_strdup(option->value));
	for (guint i = 0; settings != NULL && i < settings->len; i++) {
		const VmfcSetting *setting = settings->pdata[i];
		if (g_str_equal(setting->plugin, plugin->name) &&
		    !set_value(values, plugin, setting->name, setting->value, error))
			return NULL;
	}
	return g_steal_pointer(&values);
}
