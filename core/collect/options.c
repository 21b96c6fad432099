/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/options.h"

#include <math.h>
#include <string.h>

#include "base/command-line.h"
#include "base/number-text.h"
#include "base/quantity.h"
#include "output/stream.h"
#include "collect/typed.h"

#define NS_PER_S	  1e9
#define SHORTEST_INTERVAL (1000 * 1000)
#define LONGEST_SECONDS	  1e9
#define CONFIG_GROUP	  "vmfc"
#define SMALLEST_PART	  4096
#define MAX_PARTS	  1000000

void
vmfc_options_free(VmfcOptions *options)
{
	g_clear_pointer(&options->index, vmfc_plugin_index_free);
	g_free(options->output);
	g_free(options->meta);
	g_free(options->plugins);
	g_free(options->format);
	g_free(options->plugin_path);
	g_free(options->root);
	g_free(options->workload);
	g_strfreev(options->zones);
	g_clear_pointer(&options->settings, g_ptr_array_unref);
	g_free(options->help);
	g_free(options);
}

/* Whether the files of the run are divided into parts. */
gboolean
vmfc_options_are_divided(const VmfcOptions *options)
{
	return options->part_windows > 0 || options->part_size > 0;
}

static gboolean
parse_seconds(guint option, const gchar *text, gint64 *nanoseconds, GError **error)
{
	const gchar *example = vmfc_typed_get_default(option);
	gdouble seconds;

	if (!vmfc_number_text_parse_float(text, &seconds) || seconds < 0 ||
	    seconds > LONGEST_SECONDS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--%s is '%s', but must be a number of seconds, for example %s",
			    vmfc_typed_get_name(option), text, example != NULL ? example : "0.5");
		return FALSE;
	}
	*nanoseconds = llround(seconds * NS_PER_S);
	if (*nanoseconds > 0 || seconds == 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "--%s %s is less than a nanosecond",
		    vmfc_typed_get_name(option), text);
	return FALSE;
}

static gboolean
parse_start_time(VmfcOptions *options, const gchar *text, GError **error)
{
	gdouble now = (gdouble)g_get_real_time() / G_USEC_PER_SEC;
	gdouble seconds;

	if (text == NULL)
		return TRUE;
	if (!vmfc_number_text_parse_float(text, &seconds)) {
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
	    !parse_seconds(FSYNC, typed[FSYNC], &options->fsync, error) ||
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

static gboolean
parse_seed(VmfcOptions *options, const gchar *text, GError **error)
{
	if (text != NULL)
		return vmfc_command_line_parse_seed(text, &options->seed, error);
	options->seed = g_random_int();
	return TRUE;
}

/* A folder that is not there is a slip of the pen: everything would be missing in silence. */
static gboolean
check_folders(const gchar *root, const gchar *plugin_path, GError **error)
{
	g_auto(GStrv) folders = g_strsplit(plugin_path != NULL ? plugin_path : "", ":", -1);

	g_autofree gchar *proc = g_build_filename(root, "proc", NULL);
	if (!g_file_test(proc, G_FILE_TEST_IS_DIR)) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--root or VMFC_ROOT: there is no folder %s: give the folder below which "
			"proc and sys are to be read, / for this machine's own",
			proc);
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

/* A stream has room for one kind of records. */
static gboolean
check_stream(const gchar *output, const gchar *format, GError **error)
{
	if (g_strcmp0(format, "jsonl") == 0 || g_strcmp0(format, "csv") == 0)
		return TRUE;
	g_set_error(
		error, VMFC_ERROR, VMFC_ERROR_USAGE,
		"--output %s is a stream, which takes one format: give --format jsonl or --format "
		"csv",
		output);
	return FALSE;
}

/* One file of its own, at a place that no records get. */
static gboolean
check_meta(const gchar *meta, const gchar *output, GError **error)
{
	static const gchar *const extensions[] = {".json", ".jsonl", ".csv"};
	gboolean is_records = g_str_equal(meta, output);
	gsize length = strlen(output);

	for (guint i = 0; i < G_N_ELEMENTS(extensions); i++) {
		if (g_str_has_suffix(output, extensions[i]))
			length = strlen(output) - strlen(extensions[i]);
	}
	for (guint i = 0; i < G_N_ELEMENTS(extensions); i++)
		is_records |= strncmp(meta, output, length) == 0 &&
			      g_str_equal(meta + length, extensions[i]);
	if (meta[0] != '\0' && !g_str_has_suffix(meta, "/") && !is_records &&
	    !vmfc_stream_is_path(meta) && !g_file_test(meta, G_FILE_TEST_IS_DIR))
		return TRUE;
	g_set_error(
		error, VMFC_ERROR, VMFC_ERROR_USAGE,
		"--meta is '%s', but must name an ordinary file that no records are written to, "
		"for example data/run.meta.json",
		meta);
	return FALSE;
}

static gboolean
parse_output(VmfcOptions *options, VmfcTyped *typed, GError **error)
{
	const gchar *output = typed->texts[OUTPUT];

	if (output[0] == '\0' || g_str_has_suffix(output, "/")) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output is '%s', but must name a file, for example %s", output,
			    vmfc_typed_get_default(OUTPUT));
		return FALSE;
	}
	if (g_file_test(output, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--output %s is a folder: name a file in it", output);
		return FALSE;
	}
	options->is_stream = vmfc_stream_is_path(output);
	options->meta = g_steal_pointer(&typed->texts[META]);
	if (options->meta != NULL && !check_meta(options->meta, output, error))
		return FALSE;
	if (options->is_stream)
		return check_stream(output, typed->texts[FORMAT], error);
	if (typed->texts[FORMAT] == NULL)
		typed->texts[FORMAT] = g_strdup(g_str_has_suffix(output, ".jsonl") ? "jsonl,csv"
										   : "json,csv");
	return TRUE;
}

static gboolean
parse_rotation(VmfcOptions *options, gchar *const *texts, GError **error)
{
	const gchar *amount = texts[ROTATE];
	gint64 duration = 0;
	gint64 kept = 0;

	if (texts[ROTATE_KEEP] != NULL &&
	    (amount == NULL || !vmfc_number_text_parse_int(texts[ROTATE_KEEP], &kept) || kept < 1 ||
	     kept > MAX_PARTS)) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--rotate-keep is '%s', but must be how many full files to keep, 1 to %d, "
			"together with --rotate",
			texts[ROTATE_KEEP], MAX_PARTS);
		return FALSE;
	}
	options->parts_kept = (guint)kept;
	if (amount == NULL)
		return TRUE;
	gboolean is_size = vmfc_quantity_parse_size(amount, &options->part_size) &&
			   strpbrk(amount, "KMG") != NULL;
	gboolean is_time = vmfc_quantity_parse_duration(amount, &duration);
	if (is_size ? options->part_size < SMALLEST_PART
		    : !is_time || duration < options->interval) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--rotate is '%s', but must be a time of at least one window, for example "
			"1h, or a size of at least 4K, for example 100M",
			amount);
		return FALSE;
	}
	if (is_size)
		return TRUE;
	options->part_size = 0;
	options->part_windows = (guint64)(duration / options->interval);
	return TRUE;
}

static gboolean
understand(VmfcOptions *options, VmfcTyped *typed, GError **error)
{
	if (!parse_times(options, typed->texts, error) ||
	    !parse_zones(options, typed->texts[TARGET_ZONES], error) ||
	    !parse_seed(options, typed->texts[SEED], error))
		return FALSE;
	if (!parse_output(options, typed, error) || !parse_rotation(options, typed->texts, error))
		return FALSE;
	if (typed->texts[ROOT] == NULL) {
		const gchar *environment = g_getenv("VMFC_ROOT");
		gboolean given = environment != NULL && environment[0] != '\0';
		typed->texts[ROOT] = g_strdup(given ? environment : "/");
	}
	if (typed->action != VMFC_ACTION_HELP && typed->action != VMFC_ACTION_VERSION &&
	    !check_folders(typed->texts[ROOT], typed->texts[PLUGIN_PATH], error))
		return FALSE;
	options->output = g_steal_pointer(&typed->texts[OUTPUT]);
	options->plugins = g_steal_pointer(&typed->texts[PLUGINS]);
	options->format = g_steal_pointer(&typed->texts[FORMAT]);
	options->plugin_path = g_steal_pointer(&typed->texts[PLUGIN_PATH]);
	options->root = g_canonicalize_filename(typed->texts[ROOT], NULL);
	options->workload = g_steal_pointer(&typed->texts[STRESS_WORKLOAD]);
	options->shuffle = typed->flags[SHUFFLE];
	options->sync = !typed->flags[NO_SYNC];
	options->realtime = typed->flags[REALTIME];
	options->verbose = typed->flags[VERBOSE];
	if (options->start_time != 0 && !options->sync) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--start-time and --no-sync exclude each other: without common windows "
			    "the first record comes at once");
		return FALSE;
	}
	if (options->is_stream && vmfc_options_are_divided(options)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--rotate begins new files, but --output %s is a stream",
			    options->output);
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
	g_autoptr(VmfcTyped) typed = vmfc_typed_new(arguments, error);

	if (typed == NULL)
		return NULL; /* NOLINT(clang-analyzer-unix.Malloc): g_autoptr frees it */
	options->index = vmfc_plugin_index_new();
	options->action = typed->action;
	options->settings = g_steal_pointer(&typed->settings);
	options->help = g_steal_pointer(&typed->help);
	return understand(options, typed, error) ? g_steal_pointer(&options) : NULL;
}
