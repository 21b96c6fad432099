/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "options.h"

#include <math.h>
#include <string.h>

#include "number.h"
#include "ticker.h"

#define NS_PER_S	  1e9
#define SHORTEST_INTERVAL (1000 * 1000)
#define LONGEST_SECONDS	  1e9
#define CONFIG_GROUP	  "vmfc"

enum {
	DURATION,
	OUTPUT,
	INTERVAL,
	PLUGINS,
	FORMAT,
	START_TIME,
	GRACE,
	TARGET_ZONES,
	PLUGIN_PATH,
	ROOT,
	N_TEXTS,
};

enum {
	NO_SYNC,
	VERBOSE,
	N_FLAGS,
};

enum {
	LIST_PLUGINS,
	LIST_FEATURES,
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
		    "Output file; the other formats go beside it (default: data/vm_features.json)"},
	[INTERVAL] = {"interval", 'i', "1.0", "SECONDS",
		      "Length of a window, from 0.001 (default: 1.0)"},
	[PLUGINS] = {"plugins", 'p', "perf,proc", "LIST",
		     "Plugins and groups of plugins, separated by commas (default: perf,proc)"},
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
};

static const struct {
	const gchar *name;
	gchar letter;
	const gchar *help;
} flags[N_FLAGS] = {
	[NO_SYNC] = {"no-sync", 0, "No grid and no common windows: each sampler on its own"},
	[VERBOSE] = {"verbose", 'v', "Tell more"},
};

static const struct {
	const gchar *name;
	VmfcAction action;
	const gchar *help;
} actions[N_ACTIONS] = {
	[LIST_PLUGINS] = {"list-plugins", VMFC_ACTION_LIST_PLUGINS,
			  "List the plugins, and whether they work here"},
	[LIST_FEATURES] = {"list-features", VMFC_ACTION_LIST_FEATURES,
			   "List every column with unit, kind and meaning"},
	[CHECK] = {"check", VMFC_ACTION_CHECK,
		   "Tell what works here, what does not, and what to do about it"},
	[VERSION] = {"version", VMFC_ACTION_VERSION, "Print the version"},
};

/* What was typed, before it is understood. */
typedef struct {
	gchar *texts[N_TEXTS];
	gboolean flags[N_FLAGS];
	gboolean actions[N_ACTIONS];
	gboolean help;
	gchar *config;
	GStrv set;
} Typed;

static void
typed_clear(Typed *typed)
{
	for (guint i = 0; i < N_TEXTS; i++)
		g_free(typed->texts[i]);
	g_free(typed->config);
	g_strfreev(typed->set);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Typed, typed_clear)

static void
setting_free(VmfcSetting *setting)
{
	g_free(setting->plugin);
	g_free(setting->name);
	g_free(setting->value);
	g_free(setting);
}

static void
add_setting(VmfcOptions *options, const gchar *plugin, const gchar *name, const gchar *value,
	    gboolean from_config)
{
	VmfcSetting *setting = g_new0(VmfcSetting, 1);
	setting->plugin = g_strdup(plugin);
	setting->name = g_strdup(name);
	setting->value = g_strdup(value);
	setting->from_config = from_config;
	g_ptr_array_add(options->settings, setting);
}

void
vmfc_options_free(VmfcOptions *options)
{
	g_free(options->output);
	g_free(options->plugins);
	g_free(options->format);
	g_free(options->plugin_path);
	g_free(options->root);
	g_strfreev(options->zones);
	g_ptr_array_unref(options->settings);
	g_free(options->help);
	g_free(options);
}

/* ------------------------------------------------------- command line */

static gboolean
parse_command_line(GStrv arguments, Typed *typed, gchar **help, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
	g_auto(GStrv) rest = g_strdupv(arguments);
	g_autoptr(GError) reason = NULL;

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
				  &typed->set,
				  "Set an option of a plugin; may be given several times",
				  "PLUGIN.OPTION=VALUE"};
	g_array_append_val(entries, set);
	const GOptionEntry config = {"config",
				     'c',
				     0,
				     G_OPTION_ARG_FILENAME,
				     &typed->config,
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
			actions[i].name, 0,   0, G_OPTION_ARG_NONE, &typed->actions[i],
			actions[i].help, NULL};
		g_array_append_val(entries, entry);
	}
	/* GLib's own --help would leave the process by itself */
	const GOptionEntry help_entry = {"help",	   'h', 0, G_OPTION_ARG_NONE, &typed->help,
					 "Show this help", NULL};
	g_array_append_val(entries, help_entry);

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(
		context, "Collects the features of this virtual machine for models of its power.");
	g_option_context_add_main_entries(context, (const GOptionEntry *)entries->data, NULL);
	*help = g_option_context_get_help(context, TRUE, NULL);
	if (!g_option_context_parse_strv(context, &rest, &reason)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "%s; vmfc --help shows all options", reason->message);
		return FALSE;
	}
	if (rest != NULL && rest[0] != NULL && rest[1] != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "'%s' is no option; vmfc --help shows all options", rest[1]);
		return FALSE;
	}
	return TRUE;
}

static gboolean
parse_settings(VmfcOptions *options, GStrv set, GError **error)
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
		add_setting(options, plugin, name, equals + 1, FALSE);
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
apply_key(GKeyFile *file, const gchar *path, const gchar *key, Typed *typed, GError **error)
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
apply_config(VmfcOptions *options, Typed *typed, GError **error)
{
	const gchar *path = typed->config;
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) reason = NULL;

	if (path == NULL)
		return TRUE;
	if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &reason)) {
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
			add_setting(options, groups[i], keys[j], value, TRUE);
		}
	}
	return TRUE;
}

/* ------------------------------------------------------ understanding */

static gboolean
parse_seconds(guint option, const gchar *text, gint64 *nanoseconds, GError **error)
{
	gdouble seconds;

	if (!vmfc_number_parse_float(text, &seconds) || seconds < 0 || seconds > LONGEST_SECONDS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--%s is '%s', but must be a number of seconds, for example %s",
			    texts[option].name, text,
			    texts[option].value != NULL ? texts[option].value : "0.5");
		return FALSE;
	}
	*nanoseconds = llround(seconds * NS_PER_S);
	return TRUE;
}

static gboolean
parse_start_time(VmfcOptions *options, const gchar *text, GError **error)
{
	gdouble now = (gdouble)g_get_real_time() / G_USEC_PER_SEC;
	gdouble seconds;

	if (text == NULL)
		return TRUE;
	if (!vmfc_number_parse_float(text, &seconds)) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--start-time is '%s', but must be in seconds since the epoch; now is %.0f",
			text, now);
		return FALSE;
	}
	if (seconds < now || seconds > now + LONGEST_SECONDS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--start-time %s is %s; now is %.0f", text,
			    seconds < now ? "not ahead" : "too far ahead", now);
		return FALSE;
	}
	options->start_time = llround(seconds * NS_PER_S);
	return TRUE;
}

static gboolean
parse_times(VmfcOptions *options, gchar *const *typed, GError **error)
{
	if (!parse_seconds(DURATION, typed[DURATION], &options->duration, error) ||
	    !parse_seconds(INTERVAL, typed[INTERVAL], &options->interval, error) ||
	    !parse_start_time(options, typed[START_TIME], error))
		return FALSE;
	if (options->interval < SHORTEST_INTERVAL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--interval %s is too short: it must be at least 0.001 seconds",
			    typed[INTERVAL]);
		return FALSE;
	}
	if (options->duration != 0 && options->duration < options->interval) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--duration %s is shorter than one window of %s seconds",
			    typed[DURATION], typed[INTERVAL]);
		return FALSE;
	}
	options->grace = options->interval / 5 * 4;
	if (typed[GRACE] == NULL)
		return TRUE;
	if (!parse_seconds(GRACE, typed[GRACE], &options->grace, error))
		return FALSE;
	if (options->grace >= options->interval) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--grace %s is not shorter than one window of %s seconds: a record is "
			    "complete before the next one begins",
			    typed[GRACE], typed[INTERVAL]);
		return FALSE;
	}
	return TRUE;
}

static gboolean
parse_zones(VmfcOptions *options, const gchar *text, GError **error)
{
	options->zones = g_strsplit(text, ",", -1);
	for (guint i = 0; options->zones[i] != NULL; i++) {
		if (g_strstrip(options->zones[i])[0] != '\0' &&
		    g_utf8_validate(options->zones[i], -1, NULL))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--target-zones is '%s', but must be names separated by single commas",
			    text);
		return FALSE;
	}
	return TRUE;
}

/* A folder that is not there is a slip of the pen: everything would be missing in silence. */
static gboolean
check_folders(const gchar *root, const gchar *plugin_path, GError **error)
{
	g_auto(GStrv) folders = g_strsplit(plugin_path != NULL ? plugin_path : "", ":", -1);

	if (!g_file_test(root, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "--root '%s' is no folder", root);
		return FALSE;
	}
	for (guint i = 0; folders[i] != NULL; i++) {
		if (folders[i][0] == '\0' || g_file_test(folders[i], G_FILE_TEST_IS_DIR))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "--plugin-path: '%s' is no folder",
			    folders[i]);
		return FALSE;
	}
	return TRUE;
}

static gboolean
understand(VmfcOptions *options, Typed *typed, GError **error)
{
	for (guint i = 0; i < N_TEXTS; i++) {
		if (typed->texts[i] == NULL)
			typed->texts[i] = g_strdup(texts[i].value);
	}
	if (!parse_times(options, typed->texts, error) ||
	    !parse_zones(options, typed->texts[TARGET_ZONES], error))
		return FALSE;
	if (typed->texts[OUTPUT][0] == '\0' || g_str_has_suffix(typed->texts[OUTPUT], "/")) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output is '%s', but must name a file, for example %s",
			    typed->texts[OUTPUT], texts[OUTPUT].value);
		return FALSE;
	}
	if (g_file_test(typed->texts[OUTPUT], G_FILE_TEST_IS_DIR)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output %s is a folder: name a file in it", typed->texts[OUTPUT]);
		return FALSE;
	}
	if (typed->texts[FORMAT] == NULL)
		typed->texts[FORMAT] = g_strdup(g_str_has_suffix(typed->texts[OUTPUT], ".jsonl")
							? "jsonl,csv"
							: "json,csv");
	if (typed->texts[ROOT] == NULL) {
		const gchar *environment = g_getenv("VMFC_ROOT");
		typed->texts[ROOT] = g_strdup(environment != NULL ? environment : "/");
	}
	if (!check_folders(typed->texts[ROOT], typed->texts[PLUGIN_PATH], error))
		return FALSE;
	options->output = g_steal_pointer(&typed->texts[OUTPUT]);
	options->plugins = g_steal_pointer(&typed->texts[PLUGINS]);
	options->format = g_steal_pointer(&typed->texts[FORMAT]);
	options->plugin_path = g_steal_pointer(&typed->texts[PLUGIN_PATH]);
	options->root = g_canonicalize_filename(typed->texts[ROOT], NULL);
	options->sync = !typed->flags[NO_SYNC];
	options->verbose = typed->flags[VERBOSE];
	if (options->start_time != 0 && !options->sync) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--start-time and --no-sync exclude each other: without common windows "
			    "the first record comes at once");
		return FALSE;
	}
	return TRUE;
}

/*
 * @arguments: as main() got them, the program's name first
 *
 * Returns: (transfer full): %NULL with a sentence for the user in @error
 */
VmfcOptions *
vmfc_options_parse(GStrv arguments, GError **error)
{
	g_autoptr(VmfcOptions) options = g_new0(VmfcOptions, 1);
	g_auto(Typed) typed = {0};

	options->settings = g_ptr_array_new_with_free_func((GDestroyNotify)setting_free);
	if (!parse_command_line(arguments, &typed, &options->help, error) ||
	    !apply_config(options, &typed, error) || !parse_settings(options, typed.set, error) ||
	    !understand(options, &typed, error))
		return NULL;
	for (guint i = 0; i < N_ACTIONS; i++) {
		if (typed.actions[i])
			options->action = actions[i].action;
	}
	if (typed.help)
		options->action = VMFC_ACTION_HELP;
	return g_steal_pointer(&options);
}
