/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/typed.h"

#include <string.h>

#include "base/command-line.h"
#include "base/regular-file.h"
#include "vmfc/vmfc-plugin.h"

#define CONFIG_GROUP   "vmfc"
#define LARGEST_CONFIG (1024 * 1024)

enum {
	LIST_PLUGINS,
	LIST_FEATURES,
	LIST_WORKLOADS,
	CHECK,
	VERSION,
	N_ACTIONS,
};

static const struct {
	const gchar *name;
	gchar letter;
	const gchar *value; /* the default */
	const gchar *argument;
	const gchar *help;
} texts[N_TEXTS] = {
	[DURATION] = {"duration", 'd', "300", "SECONDS",
		      "How long to collect; 0 until stopped (default: 300)"},
	[OUTPUT] = {"output", 'o', "data/vm_features.json", "PATH",
		    "Output file; the other formats go beside it; - for standard output (default: "
		    "data/vm_features.json)"},
	[META] = {"meta", 0, NULL, "FILE",
		  "Where to write the meta file (default: beside the output file)"},
	[ROTATE] = {"rotate", 0, NULL, "AMOUNT",
		    "Begin new files after so much time or so many bytes, for example 1h or 100M"},
	[ROTATE_KEEP] = {"rotate-keep", 0, NULL, "NUMBER",
			 "Remove the oldest of more than so many full files (default: none)"},
	[INTERVAL] = {"interval", 'i', "1.0", "SECONDS",
		      "Length of a window, from 0.001 (default: 1.0)"},
	[PLUGINS] = {"plugins", 'p', "perf,proc,kepler", "LIST",
		     "Plugins and groups, separated by commas (default: perf,proc,kepler)"},
	[FSYNC] = {"fsync", 0, "1.0", "SECONDS",
		   "How often the files are brought onto the disk; 0 at the end (default: 1.0)"},
	[FORMAT] = {"format", 'f', NULL, "LIST", "Of json, jsonl, csv (default: json,csv)"},
	[START_TIME] = {"start-time", 0, NULL, "EPOCH",
			"Open the first window at this time, seconds since the epoch"},
	[GRACE] = {"grace", 0, NULL, "SECONDS",
		   "How long a tick waits for late answers (default: 0.8 of the interval)"},
	[TARGET_ZONES] = {"target-zones", 0, "package,core", "LIST",
			  "The label target_zones (default: package,core)"},
	[PLUGIN_PATH] = {"plugin-path", 0, NULL, "FOLDERS",
			 "Folders with further plugins, separated by colons"},
	[ROOT] = {"root", 0, NULL, "FOLDER",
		  "Read FOLDER/proc and FOLDER/sys (default: VMFC_ROOT, or /)"},
	[KEPLER_URL] = {"kepler-url", 0, NULL, "URL",
			"Kepler's metrics (default: http://localhost:28282/metrics)"},
	[VM_NAMES] = {"vm-names", 0, NULL, "LIST",
		      "VMs whose power the host's Kepler is asked for: names or UUIDs"},
	[VM_PATTERN] = {"vm-pattern", 0, NULL, "PATTERN",
			"Likewise all VMs with such names, for example 'web-*'"},
	[STRESS_WORKLOAD] = {"stress-workload", 'w', NULL, "LIST",
			     "What works meanwhile: NAME[:SECONDS], several separated by commas "
			     "(default: none)"},
	[SEED] = {"seed", 0, NULL, "NUMBER", "What random order and loads start from"},
};

static const struct {
	const gchar *name;
	gchar letter;
	const gchar *help;
} flags[N_FLAGS] = {
	[SHUFFLE] = {"shuffle", 0, "Put the workloads into a random order, each time anew"},
	[NO_SYNC] = {"no-sync", 0, "No grid and no common windows: each sampler on its own"},
	[REALTIME] = {"realtime", 0, "Reserve CPU time for the ticks, where vmfc may"},
	[VERBOSE] = {"verbose", 'v', "Tell more"},
};

static const struct {
	const gchar *name;
	const gchar *value; /* that it may have; NULL: none */
	VmfcAction action;
	VmfcAction with_value;
	const gchar *help;
} actions[N_ACTIONS] = {
	[LIST_PLUGINS] = {"list-plugins", "names", VMFC_ACTION_LIST_PLUGINS,
			  VMFC_ACTION_NAME_PLUGINS,
			  "List the plugins, and whether they work here; or their names only"},
	[LIST_FEATURES] = {"list-features", NULL, VMFC_ACTION_LIST_FEATURES, 0,
			   "List every column with unit, kind and meaning"},
	[LIST_WORKLOADS] =
		{"list-workloads", "names", VMFC_ACTION_LIST_WORKLOADS, VMFC_ACTION_NAME_WORKLOADS,
		 "List the workloads, and whether they can run here; or their names only"},
	[CHECK] = {"check", "strict", VMFC_ACTION_CHECK, VMFC_ACTION_CHECK_STRICTLY,
		   "Say what works here, what does not, and what to do about it; with strict, end "
		   "with 1 where something of --plugins does not work"},
	[VERSION] = {"version", NULL, VMFC_ACTION_VERSION, 0, "Print the version"},
};

/* Options that stand for one of a plugin; where two plugins have it, each takes it that takes part.
 */
static const struct {
	guint text;
	const gchar *given;
	const gchar *plugin;
	const gchar *name;
} aliases[] = {
	{KEPLER_URL, "--kepler-url", "kepler", "url"},
	{KEPLER_URL, "--kepler-url", "kepler_vm", "url"},
	{VM_NAMES, "--vm-names", "kepler_vm", "vm_names"},
	{VM_PATTERN, "--vm-pattern", "kepler_vm", "vm_pattern"},
};

/* What only the command line can say. */
typedef struct {
	VmfcAction action;
	gboolean help;
	gchar *config;
	GStrv set;
} Others;

static void
others_clear(Others *others)
{
	g_free(others->config);
	g_strfreev(others->set);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Others, others_clear)

static void
setting_free(VmfcSetting *setting)
{
	g_free(setting->plugin);
	g_free(setting->name);
	g_free(setting->value);
	g_free(setting);
}

static VmfcSetting *
add_setting(VmfcTyped *typed, const gchar *plugin, const gchar *name, const gchar *value,
	    const gchar *given, gboolean from_config)
{
	VmfcSetting *setting = g_new0(VmfcSetting, 1);
	setting->plugin = g_strdup(plugin);
	setting->name = g_strdup(name);
	setting->value = g_strdup(value);
	setting->given = given;
	setting->from_config = from_config;
	g_ptr_array_add(typed->settings, setting);
	return setting;
}

void
vmfc_typed_free(VmfcTyped *typed)
{
	for (guint i = 0; i < N_TEXTS; i++)
		g_free(typed->texts[i]);
	g_clear_pointer(&typed->settings, g_ptr_array_unref);
	g_free(typed->help);
	g_free(typed);
}

const gchar *
vmfc_typed_get_name(guint text)
{
	return texts[text].name;
}

/* Returns: (nullable): the default of an option; %NULL where there is none */
const gchar *
vmfc_typed_get_default(guint text)
{
	return texts[text].value;
}

/* ------------------------------------------------------- command line */

/* @name: of the option, with its dashes */
static gboolean
choose_action(const gchar *name, const gchar *value, gpointer data, GError **error)
{
	Others *others = data;

	for (guint i = 0; i < N_ACTIONS; i++) {
		if (!g_str_equal(name + strlen("--"), actions[i].name))
			continue;
		others->action = value != NULL ? actions[i].with_value : actions[i].action;
		if (value == NULL || g_str_equal(value, actions[i].value))
			return TRUE;
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "%s has '%s' after it, but can have =%s only", name, value,
			    actions[i].value);
	}
	return FALSE;
}

static gboolean
parse_command_line(GStrv arguments, VmfcTyped *typed, Others *others, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

	for (guint i = 0; i < N_TEXTS; i++) {
		const GOptionEntry entry = {texts[i].name,	   texts[i].letter,  0,
					    G_OPTION_ARG_FILENAME, &typed->texts[i], texts[i].help,
					    texts[i].argument};
		g_array_append_val(entries, entry);
	}
	const GOptionEntry set = {"set",
				  's',
				  0,
				  G_OPTION_ARG_FILENAME_ARRAY,
				  &others->set,
				  "Set an option of a plugin; may be given several times",
				  "PLUGIN.OPTION=VALUE"};
	g_array_append_val(entries, set);
	const GOptionEntry config = {"config",
				     'c',
				     0,
				     G_OPTION_ARG_FILENAME,
				     &others->config,
				     "Read options from FILE; the command line wins",
				     "FILE"};
	g_array_append_val(entries, config);
	for (guint i = 0; i < N_FLAGS; i++) {
		const GOptionEntry entry = {
			flags[i].name,	  flags[i].letter, 0,	G_OPTION_ARG_NONE,
			&typed->flags[i], flags[i].help,   NULL};
		g_array_append_val(entries, entry);
	}
	for (guint i = 0; i < N_ACTIONS; i++) {
		const GOptionEntry entry = {
			.long_name = actions[i].name,
			.flags = actions[i].value != NULL ? G_OPTION_FLAG_OPTIONAL_ARG
							  : G_OPTION_FLAG_NO_ARG,
			.arg = G_OPTION_ARG_CALLBACK,
			.arg_data = choose_action,
			.description = actions[i].help,
			.arg_description = actions[i].value,
		};
		g_array_append_val(entries, entry);
	}
	/* GLib's own --help would leave the process by itself */
	const GOptionEntry help_entry = {"help",	   'h', 0, G_OPTION_ARG_NONE, &others->help,
					 "Show this help", NULL};
	g_array_append_val(entries, help_entry);

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(
		context, "Collects the features of this virtual machine for models of its power.");
	GOptionGroup *group = g_option_group_new("main", "", "", others, NULL);
	g_option_group_add_entries(group, (const GOptionEntry *)entries->data);
	g_option_context_set_main_group(context, group);
	typed->help = g_option_context_get_help(context, TRUE, NULL);
	return vmfc_command_line_parse(context, arguments, "vmfc", error);
}

static gboolean
parse_settings(VmfcTyped *typed, GStrv set, GError **error)
{
	for (guint i = 0; set != NULL && set[i] != NULL; i++) {
		const gchar *dot = strchr(set[i], '.');
		const gchar *equals = dot != NULL ? strchr(dot, '=') : NULL;
		if (equals == NULL || dot == set[i] || equals == dot + 1) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "--set '%s' is not of the form PLUGIN.OPTION=VALUE", set[i]);
			return FALSE;
		}
		g_autofree gchar *plugin = g_strndup(set[i], (gsize)(dot - set[i]));
		g_autofree gchar *name = g_strndup(dot + 1, (gsize)(equals - dot - 1));
		add_setting(typed, plugin, name, equals + 1, "--set", FALSE);
	}
	return TRUE;
}

/* -------------------------------------------------------- config file */

static gboolean
set_bad_key(const gchar *path, const gchar *key, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (guint i = 0; i < N_TEXTS; i++)
		g_string_append_printf(known, "%s, ", texts[i].name);
	for (guint i = 0; i < N_FLAGS; i++)
		g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", flags[i].name);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "%s: [%s] has no key '%s'; it has: %s",
		    path, CONFIG_GROUP, key, known->str);
	return FALSE;
}

/* Blanks at the end of a line are nobody's wish. */
static gchar *
get_value(GKeyFile *file, const gchar *group, const gchar *key)
{
	gchar *value = g_key_file_get_value(file, group, key, NULL);
	return value != NULL ? g_strchomp(value) : NULL;
}

/* One key of the group [vmfc]; what was typed wins. */
static gboolean
apply_key(GKeyFile *file, const gchar *path, const gchar *key, VmfcTyped *typed, GError **error)
{
	g_autoptr(GError) reason = NULL;

	for (guint i = 0; i < N_TEXTS; i++) {
		if (!g_str_equal(key, texts[i].name))
			continue;
		if (typed->texts[i] == NULL)
			typed->texts[i] = get_value(file, CONFIG_GROUP, key);
		return TRUE;
	}
	for (guint i = 0; i < N_FLAGS; i++) {
		if (!g_str_equal(key, flags[i].name))
			continue;
		gboolean value = g_key_file_get_boolean(file, CONFIG_GROUP, key, &reason);
		if (reason != NULL) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "%s: [%s] %s must be true or false", path, CONFIG_GROUP, key);
			return FALSE;
		}
		typed->flags[i] |= value;
		return TRUE;
	}
	return set_bad_key(path, key, error);
}

static gboolean
apply_config(VmfcTyped *typed, const gchar *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) reason = NULL;
	gsize length;

	if (path == NULL)
		return TRUE;
	g_autofree gchar *text = vmfc_regular_file_read(path, LARGEST_CONFIG, &length, &reason);
	if (text == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "the config file %s",
			    reason->message);
		return FALSE;
	}
	if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, &reason)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "the config file %s cannot be used: %s", path, reason->message);
		return FALSE;
	}
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
	for (guint i = 0; groups[i] != NULL; i++) {
		g_auto(GStrv) keys = g_key_file_get_keys(file, groups[i], NULL, NULL);
		for (guint j = 0; keys != NULL && keys[j] != NULL; j++) {
			if (g_str_equal(groups[i], CONFIG_GROUP)) {
				if (!apply_key(file, path, keys[j], typed, error))
					return FALSE;
				continue;
			}
			g_autofree gchar *value = g_key_file_get_value(file, groups[i], keys[j],
								       NULL);
			add_setting(typed, groups[i], keys[j], value, "the config file", TRUE);
		}
	}
	return TRUE;
}

/* @arguments: as main() got them, the program's name first */
VmfcTyped *
vmfc_typed_new(GStrv arguments, GError **error)
{
	g_autoptr(VmfcTyped) typed = g_new0(VmfcTyped, 1);
	g_auto(Others) others = {0};

	typed->settings = g_ptr_array_new_with_free_func((GDestroyNotify)setting_free);
	if (!parse_command_line(arguments, typed, &others, error))
		return NULL;
	gboolean from_config[N_TEXTS];
	for (guint i = 0; i < N_TEXTS; i++)
		from_config[i] = typed->texts[i] == NULL;
	if (!apply_config(typed, others.config, error))
		return NULL;
	/* the command line's settings come after those of the config file and win */
	for (guint i = 0; i < G_N_ELEMENTS(aliases); i++) {
		guint text = aliases[i].text;
		if (typed->texts[text] != NULL)
			add_setting(typed, aliases[i].plugin, aliases[i].name, typed->texts[text],
				    aliases[i].given, from_config[text])
				->is_alias = TRUE;
	}
	if (!parse_settings(typed, others.set, error))
		return NULL;
	for (guint i = 0; i < N_TEXTS; i++) {
		if (typed->texts[i] == NULL)
			typed->texts[i] = g_strdup(texts[i].value);
	}
	typed->action = others.action;
	if (others.help)
		typed->action = VMFC_ACTION_HELP;
	return g_steal_pointer(&typed);
}
