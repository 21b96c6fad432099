/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/options.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

static VmfcOptions *
parse_line(const gchar *line, GError **error)
{
	g_autofree gchar *with_name = g_strconcat("vmfc ", line, NULL);
	g_auto(GStrv) arguments = NULL;
	g_assert_true(g_shell_parse_argv(with_name, NULL, &arguments, NULL));
	return vmfc_options_parse(arguments, error);
}

static VmfcOptions *
parse(const gchar *line)
{
	g_autoptr(GError) error = NULL;
	VmfcOptions *options = parse_line(line, &error);
	g_assert_no_error(error);
	return options;
}

static void
test_defaults(void)
{
	g_autoptr(VmfcOptions) options = parse("");
	g_assert_cmpint(options->action, ==, VMFC_ACTION_COLLECT);
	g_assert_cmpint(options->duration, ==, 300 * SECOND);
	g_assert_cmpint(options->interval, ==, SECOND);
	g_assert_cmpint(options->fsync, ==, SECOND);
	g_assert_cmpint(options->grace, ==, SECOND / 5 * 4);
	g_assert_cmpstr(options->output, ==, "data/vm_features.json");
	g_assert_cmpstr(options->plugins, ==, "perf,proc,kepler");
	g_assert_cmpstr(options->format, ==, "json,csv");
	g_assert_cmpstr(options->zones[0], ==, "package");
	g_assert_cmpstr(options->zones[1], ==, "core");
	g_assert_null(options->zones[2]);
	g_assert_true(options->sync);
	g_assert_false(options->verbose);
}

static void
test_values(void)
{
	g_autoptr(VmfcOptions) options = parse(
		"--interval 0.016 --duration=0 -o x.jsonl --no-sync -v --grace 0.01 "
		"--set perf.cpu_cycles=a=b --target-zones 'package, dram' --root /tmp/..");
	g_assert_cmpint(options->interval, ==, 16 * 1000 * 1000);
	g_assert_cmpint(options->duration, ==, 0);
	g_assert_cmpint(options->grace, ==, 10 * 1000 * 1000);
	g_assert_cmpstr(options->format, ==, "jsonl,csv");
	g_assert_false(options->sync);
	g_assert_true(options->verbose);
	const VmfcSetting *setting = options->settings->pdata[0];
	g_assert_cmpstr(setting->plugin, ==, "perf");
	g_assert_cmpstr(setting->name, ==, "cpu_cycles");
	g_assert_cmpstr(setting->value, ==, "a=b");
	g_assert_cmpstr(options->zones[1], ==, "dram");
	g_assert_cmpstr(options->root, ==, "/");
}

/* Each mistake, and the sentence that it gets; * stands for what depends on the time. */
static const struct {
	const gchar *line;
	const gchar *sentence;
} mistakes[] = {
	{"--frequency 3", "unknown option --frequency; vmfc --help shows all options"},
	{"collect", "'collect' is no option; vmfc --help shows all options"},
	{"--verbose collect", "'collect' is no option; vmfc --help shows all options"},
	{"--interval", "missing argument for --interval; vmfc --help shows all options"},
	{"--interval abc", "--interval is 'abc', but must be a number of seconds, for example 1.0"},
	{"--interval -1", "--interval is '-1', but must be a number of seconds, for example 1.0"},
	{"--interval nan", "--interval is 'nan', but must be a number of seconds, for example 1.0"},
	{"--interval ''", "--interval is '', but must be a number of seconds, for example 1.0"},
	{"--interval 0", "--interval 0 is too short: it must be at least 0.001 seconds"},
	{"--interval 0.0009", "--interval 0.0009 is too short: it must be at least 0.001 seconds"},
	{"--duration 5x", "--duration is '5x', but must be a number of seconds, for example 300"},
	{"--duration 1e-10", "--duration 1e-10 is less than a nanosecond"},
	{"--duration 0.5", "--duration 0.5 is shorter than one window of 1.0 seconds"},
	{"--grace 1",
	 "--grace 1 is not shorter than one window of 1.0 seconds: a record is complete before the "
	 "next one begins"},
	{"--start-time 5", "--start-time 5 is not ahead; now is *"},
	{"--start-time soon",
	 "--start-time is 'soon', but must be in seconds since the epoch; now is *"},
	{"--start-time 99999999999 --no-sync",
	 "--start-time 99999999999 is too far ahead; now is *"},
	{"--set perf", "--set 'perf' is not of the form PLUGIN.OPTION=VALUE"},
	{"--set perf.=1", "--set 'perf.=1' is not of the form PLUGIN.OPTION=VALUE"},
	{"--set .x=1", "--set '.x=1' is not of the form PLUGIN.OPTION=VALUE"},
	{"--target-zones package,,core",
	 "--target-zones is 'package,,core', but must be names separated by single commas"},
	{"--output ''", "--output is '', but must name a file, for example data/vm_features.json"},
	{"--output data/",
	 "--output is 'data/', but must name a file, for example data/vm_features.json"},
	{"--output /tmp", "--output /tmp is a folder: name a file in it"},
	{"--root /does/not/exist",
	 "--root or VMFC_ROOT: there is no folder /does/not/exist/proc: give the folder *"},
	{"--plugin-path /:/does/not/exist", "--plugin-path: '/does/not/exist' is no folder"},
	{"--config /does/not/exist",
	 "the config file /does/not/exist cannot be read: No such file or directory"},
};

static void
test_mistakes(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(VmfcOptions) options = parse_line(mistakes[i].line, &error);
		g_assert_null(options);
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		if (!g_pattern_match_simple(mistakes[i].sentence, error->message))
			g_error("vmfc %s said: %s", mistakes[i].line, error->message);
	}
}

static gchar *
write_config(const gchar *text)
{
	gchar *path = NULL;
	gint fd = g_file_open_tmp("vmfc-XXXXXX.conf", &path, NULL);
	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static VmfcOptions *
parse_config(const gchar *text, const gchar *line, GError **error)
{
	g_autofree gchar *path = write_config(text);
	g_autofree gchar *all = g_strdup_printf("--config %s %s", path, line);
	VmfcOptions *options = parse_line(all, error);
	unlink(path);
	return options;
}

static void
test_config(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcOptions) options = parse_config(
		"[vmfc]\nduration=60  \ninterval=0.5\nno-sync=true\n[perf]\ncpu_cycles=x\n",
		"--duration 30 --set perf.cpu_cycles=y", &error);
	g_assert_no_error(error);
	g_assert_cmpint(options->duration, ==, 30 * SECOND);
	g_assert_cmpint(options->interval, ==, SECOND / 2);
	g_assert_false(options->sync);
	/* the command line's comes last and wins */
	g_assert_cmpuint(options->settings->len, ==, 2);
	const VmfcSetting *first = options->settings->pdata[0];
	const VmfcSetting *last = options->settings->pdata[1];
	g_assert_true(first->from_config);
	g_assert_cmpstr(first->value, ==, "x");
	g_assert_false(last->from_config);
	g_assert_cmpstr(last->value, ==, "y");
}

static void
assert_config_refused(const gchar *text, const gchar *pattern)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcOptions) options = parse_config(text, "", &error);
	g_assert_null(options);
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
	if (!g_pattern_match_simple(pattern, error->message))
		g_error("'%s' got: %s", text, error->message);
}

static void
test_config_mistakes(void)
{
	assert_config_refused("[vmfc]\nspeed=1\n",
			      "*.conf: [vmfc] has no key 'speed'; it has: duration, output, *");
	assert_config_refused("[vmfc]\nno-sync=perhaps\n",
			      "*.conf: [vmfc] no-sync must be true or false");
	assert_config_refused("[vmfc]\ninterval=fast\n", "--interval is 'fast', but must be *");
	assert_config_refused("rubbish", "the config file *.conf cannot be used: *");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_unsetenv("VMFC_ROOT");
	g_test_add_func("/options/defaults", test_defaults);
	g_test_add_func("/options/values", test_values);
	g_test_add_func("/options/mistakes", test_mistakes);
	g_test_add_func("/options/config", test_config);
	g_test_add_func("/options/config-mistakes", test_config_mistakes);
	return g_test_run();
}
