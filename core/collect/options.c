/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/options.h"

#include <math.h>
#include <string.h>

#include "base/number-text.h"
#include "base/option-table.h"
#include "base/quantity.h"
#include "collect/output-check.h"
#include "collect/plugin-options.h"
#include "output/stream.h"
#include "vmfc/vmfc-plugin.h"

#define NS_PER_S	  1e9
#define SHORTEST_INTERVAL 0.001
#define LONGEST_SECONDS	  1e9
#define SMALLEST_PART	  4096
#define MAX_PARTS	  1000000
#define DEFAULT_OUTPUT	  "data/vm_features.json"
/* the only names of plugins that the core knows */
#define DEFAULT_PLUGINS "perf,proc,kepler"
#define DEFAULT_FORMAT	"json,csv"
#define JSONL_FORMAT	"jsonl,csv" /* if --output ends with JSONL */
#define JSONL		".jsonl"

/* ---------------------------------------------- values with their own parsers */

static gboolean
parse_start_time(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	VmfcOptions *options = fields;
	gdouble now = (gdouble)g_get_real_time() / G_USEC_PER_SEC;
	gdouble seconds;

	if (!vmfc_number_text_parse_float(value->text, &seconds)) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--start-time is '%s', but must be in seconds since the epoch; now is %.0f",
			value->text, now);
		return FALSE;
	}
	if (seconds < now || seconds > now + LONGEST_SECONDS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--start-time %s is %s; now is %.0f", value->text,
			    seconds < now ? "in the past" : "too far in the future", now);
		return FALSE;
	}
	options->start_time = llround(seconds * NS_PER_S);
	return TRUE;
}

static gboolean
parse_zones(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	VmfcOptions *options = fields;

	options->zones = g_strsplit(value->text, ",", -1);
	for (guint i = 0; options->zones[i] != NULL; i++) {
		if (g_strstrip(options->zones[i])[0] == '\0' ||
		    !g_utf8_validate(options->zones[i], -1, NULL))
			return vmfc_option_entry_set_error(value->entry, value->text,
							   "names separated by single commas",
							   error);
	}
	return TRUE;
}

/* ------------------------------------------------------- options of plugins */

/* Each plugin has its own group in the config file. */
static void
take_plugin_key(gpointer fields, const gchar *group, const gchar *key, const gchar *value)
{
	VmfcOptions *options = fields;
	vmfc_setting_list_add(options->settings, group, key, value, "the config file", TRUE);
}

/* An option that plugins declare as an alias of one of their options. */
static gboolean
parse_alias(const VmfcOptionValue *value, gpointer fields, G_GNUC_UNUSED GError **error)
{
	VmfcOptions *options = fields;
	vmfc_plugin_options_store(options->index, value, options->settings);
	return TRUE;
}

/* Adds the plugins of which an option was given. */
static void
enable_plugins(VmfcOptions *options)
{
	g_autofree gchar *named = g_steal_pointer(&options->plugins);
	options->plugins = vmfc_plugin_options_enable(options->settings, named);
}

/* Adds --set after all other settings, because later settings win. */
static gboolean
parse_settings(VmfcOptions *options, GError **error)
{
	for (guint i = 0; options->set != NULL && options->set[i] != NULL; i++) {
		if (!vmfc_setting_list_parse(options->settings, options->set[i], error))
			return FALSE;
	}
	return TRUE;
}

/* ------------------------------------------------------------------ the table */

#define FIELD(name) G_STRUCT_OFFSET(VmfcOptions, name)
#define NO_FIELD    0

static const VmfcChoice list_plugins[] = {
	{"", VMFC_ACTION_LIST_PLUGINS}, {"names", VMFC_ACTION_NAME_PLUGINS}, {0}};
static const VmfcChoice list_features[] = {
	{"", VMFC_ACTION_LIST_FEATURES}, {"metrics", VMFC_ACTION_LIST_METRICS}, {0}};
static const VmfcChoice list_workloads[] = {
	{"", VMFC_ACTION_LIST_WORKLOADS}, {"names", VMFC_ACTION_NAME_WORKLOADS}, {0}};
static const VmfcChoice check[] = {
	{"", VMFC_ACTION_CHECK}, {"strict", VMFC_ACTION_CHECK_STRICTLY}, {0}};
static const VmfcChoice version[] = {{"", VMFC_ACTION_VERSION}, {0}};

/* In the order and the groups of --help, as in the man page. */
static const VmfcOptionEntry entries[] = {
	{"duration", 'd', VMFC_ENTRY_DURATION, FIELD(duration), "300", "SECONDS",
	 "How long to collect; 0: until stopped (default: 300)", .maximum = LONGEST_SECONDS,
	 .heading = "Collection"},
	{"interval", 'i', VMFC_ENTRY_DURATION, FIELD(interval), "1.0", "SECONDS",
	 "Length of a window, at least 0.001 (default: 1.0)", .minimum = SHORTEST_INTERVAL,
	 .maximum = LONGEST_SECONDS},
	{"plugins", 'p', VMFC_ENTRY_TEXT, FIELD(plugins), DEFAULT_PLUGINS, "LIST",
	 "Plugins and groups, separated by commas (default: " DEFAULT_PLUGINS ")"},
	{"set", 's', VMFC_ENTRY_LIST, FIELD(set), NULL, "PLUGIN.OPTION=VALUE",
	 "Set an option of a plugin; may be given several times", .command_line_only = TRUE},
	{"start-time", 0, VMFC_ENTRY_OTHER, NO_FIELD, NULL, "EPOCH",
	 "Open the first window at this time, in seconds since the epoch",
	 .parse = parse_start_time},
	{"grace", 0, VMFC_ENTRY_DURATION, FIELD(grace), NULL, "SECONDS",
	 "How long a tick waits for late answers (default: 0.8 of the interval)",
	 .maximum = LONGEST_SECONDS},
	{"stress-workload", 'w', VMFC_ENTRY_TEXT, FIELD(workload), NULL, "LIST",
	 "Workloads to run while recording: NAME[=ARGUMENT][:SECONDS], separated by commas "
	 "(default: "
	 "none)"},
	{"shuffle", 0, VMFC_ENTRY_FLAG, FIELD(shuffle), NULL, NULL,
	 "Run the workloads in a random order, a new one in each iteration"},
	{"seed", 0, VMFC_ENTRY_INT, FIELD(seed), NULL, "NUMBER",
	 "Seed of random orders and loads (default: random)", .maximum = G_MAXUINT32},
	{"target-zones", 0, VMFC_ENTRY_OTHER, NO_FIELD, "package,core", "LIST",
	 "Value of the column target_zones (default: package,core)", .parse = parse_zones},
	{"no-sync", 0, VMFC_ENTRY_FLAG, FIELD(no_sync), NULL, NULL,
	 "No grid and no common windows: each sampler has its own windows"},
	{"realtime", 0, VMFC_ENTRY_FLAG, FIELD(realtime), NULL, NULL,
	 "Reserve CPU time for the ticks, if vmfc has the right to"},
	{"output", 'o', VMFC_ENTRY_TEXT, FIELD(output), DEFAULT_OUTPUT, "PATH",
	 "Output file; the files of other formats are beside it; -: standard output "
	 "(default: " DEFAULT_OUTPUT ")",
	 .heading = "Output"},
	{"meta", 0, VMFC_ENTRY_TEXT, FIELD(meta), NULL, "FILE",
	 "Path of the meta file (default: beside the output file)"},
	{"rotate", 0, VMFC_ENTRY_TEXT, FIELD(rotate), NULL, "AMOUNT",
	 "Start new files after a time or a size, for example 1h or 100M"},
	{"rotate-keep", 0, VMFC_ENTRY_INT, FIELD(parts_kept), NULL, "NUMBER",
	 "Maximum number of full files; vmfc removes the oldest (default: no maximum)",
	 .minimum = 1, .maximum = MAX_PARTS},
	/* its help names the formats */
	{"format", 'f', VMFC_ENTRY_TEXT, FIELD(format), NULL, "LIST", NULL},
	{"fsync", 0, VMFC_ENTRY_DURATION, FIELD(fsync), "1.0", "SECONDS",
	 "How often to sync the files to the disk; 0: only at the end (default: 1.0)",
	 .maximum = LONGEST_SECONDS},
	{"config", 'c', VMFC_ENTRY_CONFIG, FIELD(config), NULL, "FILE",
	 "Read options from FILE; the command line wins", .command_line_only = TRUE,
	 .heading = "Input"},
	{"plugin-path", 0, VMFC_ENTRY_TEXT, FIELD(plugin_path), NULL, "FOLDERS",
	 "Folders with more plugins, separated by colons"},
	{"root", 0, VMFC_ENTRY_TEXT, FIELD(root), NULL, "FOLDER",
	 "Read FOLDER/proc and FOLDER/sys (default: VMFC_ROOT, or /)"},
	VMFC_PLUGIN_OPTIONS,
	{"list-plugins", 0, VMFC_ENTRY_CHOICE, FIELD(action), NULL, "names",
	 "List the plugins, and whether they work here; or only their names", .alone = "",
	 .choices = list_plugins, .command_line_only = TRUE, .heading = "Information"},
	{"list-features", 0, VMFC_ENTRY_CHOICE, FIELD(action), NULL, "metrics",
	 "List all columns with unit, kind and meaning; or the metrics that they become",
	 .alone = "", .choices = list_features, .command_line_only = TRUE},
	{"list-workloads", 0, VMFC_ENTRY_CHOICE, FIELD(action), NULL, "names",
	 "List the workloads, and whether they can run here; or only their names", .alone = "",
	 .choices = list_workloads, .command_line_only = TRUE},
	{"check", 0, VMFC_ENTRY_CHOICE, FIELD(action), NULL, "strict",
	 "Show what works here, what does not, and what to do about it; with strict, exit with 1 "
	 "if anything of --plugins does not work",
	 .alone = "", .choices = check, .command_line_only = TRUE},
	{"version", 0, VMFC_ENTRY_CHOICE, FIELD(action), NULL, NULL,
	 "Print the version, and what is built in", .alone = "", .choices = version,
	 .command_line_only = TRUE},
	{"verbose", 'v', VMFC_ENTRY_FLAG, FIELD(verbose), NULL, NULL, "More messages"},
	{"help", 'h', VMFC_ENTRY_HELP, FIELD(help), NULL, NULL, "Show this help",
	 .command_line_only = TRUE},
	{0},
};

/* ---------------------------------------------- checks of the combination */

static gdouble
to_seconds(gint64 nanoseconds)
{
	return (gdouble)nanoseconds / NS_PER_S;
}

static gboolean
check_times(VmfcOptions *options, GError **error)
{
	gdouble window = to_seconds(options->interval);

	if (options->duration != 0 && options->duration < options->interval) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--duration %g is shorter than one window of %g seconds",
			    to_seconds(options->duration), window);
		return FALSE;
	}
	if (options->grace < 0)
		options->grace = options->interval / 5 * 4;
	if (options->grace >= options->interval) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--grace %g is not shorter than one window of %g seconds: a record is "
			    "complete before the next one begins",
			    to_seconds(options->grace), window);
		return FALSE;
	}
	if (options->start_time != 0 && options->no_sync) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--start-time and --no-sync exclude each other: without common windows "
			    "the first record comes at once");
		return FALSE;
	}
	return TRUE;
}

/* Rejects a folder that does not exist. Without this all values would be missing. */
static gboolean
check_folders(const gchar *root, const gchar *plugin_path, GError **error)
{
	g_auto(GStrv) folders = g_strsplit(plugin_path != NULL ? plugin_path : "", ":", -1);

	g_autofree gchar *proc = g_build_filename(root, "proc", NULL);
	if (!g_file_test(proc, G_FILE_TEST_IS_DIR)) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--root or VMFC_ROOT: the folder %s does not exist: give the folder that "
			"contains proc and sys, or / for those of this machine",
			proc);
		return FALSE;
	}
	for (guint i = 0; folders[i] != NULL; i++) {
		if (folders[i][0] == '\0' || g_file_test(folders[i], G_FILE_TEST_IS_DIR))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--plugin-path: '%s' is not a folder", folders[i]);
		return FALSE;
	}
	return TRUE;
}

static gboolean
check_output(VmfcOptions *options, GError **error)
{
	const gchar *output = options->output;

	if (output[0] == '\0' || g_str_has_suffix(output, "/")) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output is '%s', but must name a file, for example " DEFAULT_OUTPUT,
			    output);
		return FALSE;
	}
	if (g_file_test(output, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output %s is a folder: name a file in it", output);
		return FALSE;
	}
	options->is_stream = vmfc_stream_is_path(output);
	if (!vmfc_output_check_meta(options->meta, output, options->index, error))
		return FALSE;
	if (options->is_stream)
		return vmfc_output_check_format(options->format, output, options->index, error);
	if (options->format == NULL)
		options->format = g_strdup(g_str_has_suffix(output, JSONL) ? JSONL_FORMAT
									   : DEFAULT_FORMAT);
	return TRUE;
}

/* The unit says whether the amount is a time or a size. */
static gboolean
parse_rotation(VmfcOptions *options, GError **error)
{
	const gchar *amount = options->rotate;
	gint64 duration = 0;

	if (strpbrk(amount, "KMG") != NULL) {
		if (vmfc_quantity_parse_size(amount, &options->part_size) &&
		    options->part_size >= SMALLEST_PART)
			return TRUE;
	} else if (vmfc_quantity_parse_duration(amount, &duration) &&
		   duration >= options->interval) {
		options->part_windows = duration / options->interval;
		return TRUE;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--rotate is '%s', but must be a time of at least one window, for example 1h, "
		    "or a size of at least 4K, for example 100M",
		    amount);
	return FALSE;
}

static gboolean
check_rotation(VmfcOptions *options, GError **error)
{
	if (options->rotate != NULL && !parse_rotation(options, error))
		return FALSE;
	if (options->rotate == NULL && options->parts_kept != 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--rotate-keep is '%" G_GINT64_FORMAT
			    "', but needs --rotate: give both",
			    options->parts_kept);
		return FALSE;
	}
	if (options->rotate != NULL && options->is_stream) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--rotate begins new files, but --output %s is a stream",
			    options->output);
		return FALSE;
	}
	return TRUE;
}

static gboolean
check_root(VmfcOptions *options, GError **error)
{
	const gchar *environment = g_getenv("VMFC_ROOT");
	gboolean is_given = environment != NULL && environment[0] != '\0';

	if (options->root == NULL)
		options->root = g_strdup(is_given ? environment : "/");
	if (options->action != VMFC_ACTION_VERSION &&
	    !check_folders(options->root, options->plugin_path, error))
		return FALSE;
	g_autofree gchar *given = g_steal_pointer(&options->root);
	options->root = g_canonicalize_filename(given, NULL);
	return TRUE;
}

/* ------------------------------------------------------------ all options */

static VmfcOptions *
options_new(VmfcPluginIndex *index)
{
	VmfcOptions *options = g_new0(VmfcOptions, 1);

	options->grace = -1;
	options->seed = g_random_int();
	options->index = index;
	options->settings = vmfc_setting_list_new();
	return options;
}

/* Returns: (transfer full): vmfc's own options, and the aliases of plugins that are in the index */
static GArray *
list_entries(const VmfcPluginIndex *index)
{
	GArray *all = vmfc_plugin_options_insert(entries, index, parse_alias);
	g_autofree gchar *formats = vmfc_plugin_index_list_formats(index, ", ");
	g_autofree gchar *help = g_strdup_printf("Formats: %s; " VMFC_NO_FORMAT
						 ": no file, only the sinks of --plugins "
						 "(default: " DEFAULT_FORMAT ")",
						 formats);

	for (guint i = 0; i < all->len; i++) {
		VmfcOptionEntry *entry = &g_array_index(all, VmfcOptionEntry, i);
		if (entry->help == NULL)
			entry->help = g_intern_string(help);
	}
	return all;
}

static VmfcOptionTable
make_table(const GArray *all)
{
	return (VmfcOptionTable){
		.program = "vmfc",
		.summary = "Collects the features of this virtual machine for models of its power.",
		.config_group = "vmfc",
		.take_other_key = take_plugin_key,
		.entries = (const VmfcOptionEntry *)all->data,
	};
}

static VmfcOptions *
parse(GStrv arguments, VmfcPluginIndex *index, GError **error)
{
	g_autoptr(GArray) all = list_entries(index);
	const VmfcOptionTable table = make_table(all);
	g_autoptr(VmfcOptions) options = options_new(index);

	if (!vmfc_option_table_parse(&table, arguments, options, error))
		return NULL;
	if (options->help != NULL) {
		options->action = VMFC_ACTION_HELP;
		return g_steal_pointer(&options);
	}
	enable_plugins(options);
	if (!check_times(options, error) || !check_output(options, error) ||
	    !check_rotation(options, error) || !check_root(options, error) ||
	    !parse_settings(options, error))
		return NULL;
	return g_steal_pointer(&options);
}

/*
 * @plugin_path: (out) (transfer full) (nullable): the value of --plugin-path
 *
 * Returns: whether there are options that are neither vmfc's own nor of a plugin in the index
 */
static gboolean
has_unknown(GStrv arguments, VmfcPluginIndex *index, gchar **plugin_path)
{
	g_autoptr(GArray) all = list_entries(index);
	const VmfcOptionTable table = make_table(all);
	g_autoptr(VmfcOptions) options = options_new(index);
	gboolean found = vmfc_option_table_skim(&table, arguments, options);

	*plugin_path = g_steal_pointer(&options->plugin_path);
	return found;
}

/*
 * @arguments: argv of main(), with the program's name
 * @index: not owned; plugins that must be loaded to parse the command line are added
 *
 * Returns: (transfer full): %NULL with a message for the user in @error
 */
VmfcOptions *
vmfc_options_parse(GStrv arguments, VmfcPluginIndex *index, GError **error)
{
	g_autofree gchar *plugin_path = NULL;
	g_autoptr(VmfcRegistry) registry = NULL;
	gboolean is_unknown = has_unknown(arguments, index, &plugin_path);

	/* a plugin that is not in the index may declare it; without an index any plugin may */
	if (is_unknown || index->failure != NULL) {
		registry = vmfc_registry_new(plugin_path, index);
		vmfc_registry_describe(registry, index, is_unknown);
	}
	VmfcOptions *options = parse(arguments, index, error);
	if (options == NULL)
		return NULL;
	if (registry == NULL && options->action != VMFC_ACTION_HELP &&
	    options->action != VMFC_ACTION_VERSION)
		registry = vmfc_registry_new(options->plugin_path, index);
	options->registry = g_steal_pointer(&registry);
	return options;
}

/* Whether the files of the run are divided into parts. */
gboolean
vmfc_options_are_divided(const VmfcOptions *options)
{
	return options->part_windows > 0 || options->part_size > 0;
}

void
vmfc_options_free(VmfcOptions *options)
{
	g_clear_pointer(&options->registry, vmfc_registry_free);
	g_free(options->output);
	g_free(options->meta);
	g_free(options->rotate);
	g_free(options->plugins);
	g_free(options->format);
	g_free(options->plugin_path);
	g_free(options->root);
	g_free(options->workload);
	g_strfreev(options->zones);
	g_free(options->config);
	g_strfreev(options->set);
	g_clear_pointer(&options->settings, g_ptr_array_unref);
	g_free(options->help);
	g_free(options);
}
