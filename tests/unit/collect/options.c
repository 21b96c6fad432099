/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/options.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "../../built-index.h"
#include "../../text-file.h"
#include "base/quantity.h"
#include "vmfc/vmfc-plugin.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

static VmfcOptions *
parse_line(const gchar *line, GError **error)
{
	g_autofree gchar *with_name = g_strconcat("vmfc ", line, NULL);
	g_auto(GStrv) arguments = NULL;
	g_assert_true(g_shell_parse_argv(with_name, NULL, &arguments, NULL));
	return vmfc_options_parse(arguments, built_index(), error);
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
	g_assert_false(options->no_sync);
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
	g_assert_true(options->no_sync);
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
	{"collect", "'collect' is not an option; vmfc --help shows all options"},
	{"--verbose collect", "'collect' is not an option; vmfc --help shows all options"},
	{"--interval", "missing argument for --interval; vmfc --help shows all options"},
	{"--intervall 1", "unknown option --intervall (did you mean --interval?); vmfc --help *"},
	{"--interval abc", "--interval is 'abc', but must be " VMFC_QUANTITY_DURATION},
	{"--interval nan", "--interval is 'nan', but must be " VMFC_QUANTITY_DURATION},
	{"--interval ''", "--interval is '', but must be " VMFC_QUANTITY_DURATION},
	{"--interval 1e3m", "--interval is '1e3m', but must be " VMFC_QUANTITY_DURATION},
	{"--interval '5 m'", "--interval is '5 m', but must be " VMFC_QUANTITY_DURATION},
	{"--interval -1", "--interval is '-1', but must be from 0.001 to 1000000000 seconds"},
	{"--interval 0", "--interval is '0', but must be from 0.001 to 1000000000 seconds"},
	{"--interval 999us", "--interval is '999us', but must be from 0.001 to 1000000000 seconds"},
	{"--duration 5x", "--duration is '5x', but must be " VMFC_QUANTITY_DURATION},
	{"--duration 1m1h", "--duration is '1m1h', but must be " VMFC_QUANTITY_DURATION},
	{"--duration -1s", "--duration is '-1s', but must be from 0 to 1000000000 seconds"},
	{"--duration 11575d", "--duration is '11575d', but must be from 0 to 1000000000 seconds"},
	{"--duration 1e-10",
	 "--duration is '1e-10', but must be 0, or from a nanosecond to 292 years"},
	{"--duration 500ms", "--duration 0.5 is shorter than one window of 1 seconds"},
	{"--fsync soon", "--fsync is 'soon', but must be " VMFC_QUANTITY_DURATION},
	{"--grace 1",
	 "--grace 1 is not shorter than one window of 1 seconds: a record is complete before the "
	 "next one begins"},
	{"--rotate 90M1", "--rotate is '90M1', but must be a time of at least one window, *"},
	{"--rotate 500ms", "--rotate is '500ms', but must be a time of at least one window, *"},
	{"--rotate-keep 0 --rotate 1h",
	 "--rotate-keep is '0', but must be a whole number from 1 to 1000000"},
	{"--rotate-keep 3", "--rotate-keep is '3', but needs --rotate: *"},
	{"--rotate 1h -o - -f csv", "--rotate begins new files, but --output - is a stream"},
	{"--seed 4294967296",
	 "--seed is '4294967296', but must be a whole number from 0 to 4294967295"},
	{"--check=strickt", "--check is 'strickt' (did you mean strict?), but must be 'strict'"},
	{"--start-time 5", "--start-time 5 is in the past; now is *"},
	{"--start-time soon",
	 "--start-time is 'soon', but must be in seconds since the epoch; now is *"},
	{"--start-time 5m",
	 "--start-time is '5m', but must be in seconds since the epoch; now is *"},
	{"--start-time 99999999999 --no-sync",
	 "--start-time 99999999999 is too far in the future; now is *"},
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
	 "--root or VMFC_ROOT: the folder /does/not/exist/proc does not exist: give the folder *"},
	{"--plugin-path /:/does/not/exist", "--plugin-path: '/does/not/exist' is not a folder"},
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

static VmfcOptions *
parse_config(const gchar *text, const gchar *line, GError **error)
{
	g_autofree gchar *path = text_file_new("vmfc-XXXXXX.conf", text);
	g_autofree gchar *all = g_strdup_printf("--config %s %s", path, line);
	VmfcOptions *options = parse_line(all, error);
	unlink(path);
	return options;
}

/* ------------------------------------------------------------- every option */

typedef enum { TEXT, INT, FLAG, NAMES } Kind;

/* By default, as the config file says, and as the command line says where both do. */
static const struct {
	const gchar *option;
	Kind kind;
	gsize field;
	const gchar *by_default;
	const gchar *in_config;
	const gchar *from_config;
	const gchar *on_line; /* NULL: the option alone */
	const gchar *from_line;
	const gchar *others; /* that it needs */
} options_there_are[] = {
#define FIELD(name) G_STRUCT_OFFSET(VmfcOptions, name)
	{"duration", INT, FIELD(duration), "300000000000", "2m", "120000000000", "90",
	 "90000000000", ""},
	{"output", TEXT, FIELD(output), "data/vm_features.json", "a.csv", "a.csv", "b.csv", "b.csv",
	 ""},
	{"meta", TEXT, FIELD(meta), NULL, "a.meta", "a.meta", "b.meta", "b.meta", ""},
	{"rotate", INT, FIELD(part_windows), "0", "1h30m", "5400", "90", "90", ""},
	{"rotate", INT, FIELD(part_size), "0", "100M", "104857600", "4.5K", "4608", ""},
	{"rotate-keep", INT, FIELD(parts_kept), "0", "3", "3", "4", "4", "--rotate 1h"},
	{"interval", INT, FIELD(interval), "1000000000", "0.5", "500000000", "16ms", "16000000",
	 ""},
	{"fsync", INT, FIELD(fsync), "1000000000", "0", "0", "1m", "60000000000", ""},
	{"plugins", TEXT, FIELD(plugins), "perf,proc,kepler", "cpu", "cpu", "mem", "mem", ""},
	{"format", TEXT, FIELD(format), "json,csv", "csv", "csv", "jsonl", "jsonl", ""},
	{"format", TEXT, FIELD(format), "jsonl,csv", "csv", "csv", "json", "json", "-o a.jsonl"},
	{"start-time", INT, FIELD(start_time), "0", "2500000000", "2500000000000000000",
	 "2500000001", "2500000001000000000", ""},
	{"grace", INT, FIELD(grace), "800000000", "500ms", "500000000", "0", "0", ""},
	{"target-zones", NAMES, FIELD(zones), "package;core", "dram", "dram", "package, uncore",
	 "package;uncore", ""},
	{"plugin-path", TEXT, FIELD(plugin_path), NULL, "/", "/", "/tmp:/", "/tmp:/", ""},
	{"stress-workload", TEXT, FIELD(workload), NULL, "load:5m", "load:5m", "idle", "idle", ""},
	{"seed", INT, FIELD(seed), NULL, "0", "0", "4294967295", "4294967295", ""},
	{"shuffle", FLAG, FIELD(shuffle), "0", "true", "1", NULL, "1", ""},
	{"no-sync", FLAG, FIELD(no_sync), "0", "true", "1", NULL, "1", ""},
	{"realtime", FLAG, FIELD(realtime), "0", "1", "1", NULL, "1", ""},
	{"verbose", FLAG, FIELD(verbose), "0", "false", "0", NULL, "1", ""},
	{"set", NAMES, FIELD(set), NULL, NULL, NULL, "perf.x=1", "perf.x=1", ""},
#undef FIELD
};

static gchar *
get_field(const VmfcOptions *options, guint i)
{
	gconstpointer field = G_STRUCT_MEMBER_P(options, options_there_are[i].field);

	switch (options_there_are[i].kind) {
	case TEXT:
		return g_strdup(*(gchar *const *)field);
	case INT:
		return g_strdup_printf("%" G_GINT64_FORMAT, *(const gint64 *)field);
	case FLAG:
		return g_strdup_printf("%d", *(const gboolean *)field);
	case NAMES:
		return *(const GStrv *)field != NULL ? g_strjoinv(";", *(const GStrv *)field)
						     : NULL;
	}
	g_assert_not_reached();
}

static void
assert_field(guint i, const gchar *config, const gchar *line, const gchar *expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcOptions) options = parse_config(config, line, &error);

	g_test_message("[%s] %s", config, line);
	g_assert_no_error(error);
	g_autofree gchar *value = get_field(options, i);
	g_assert_cmpstr(value, ==, expected);
}

static void
test_every_option(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(options_there_are); i++) {
		const gchar *name = options_there_are[i].option;
		const gchar *others = options_there_are[i].others;
		const gchar *value = options_there_are[i].on_line;
		g_autofree gchar *config = g_strdup_printf("[vmfc]\n%s=%s \n", name,
							   options_there_are[i].in_config);
		g_autofree gchar *quoted = g_shell_quote(value != NULL ? value : "");
		g_autofree gchar *line = g_strdup_printf("%s --%s %s", others, name,
							 value != NULL ? quoted : "");
		const gchar *given = options_there_are[i].in_config != NULL ? config : "";
		if (!g_str_equal(name, "seed")) /* which is random */
			assert_field(i, "", others, options_there_are[i].by_default);
		assert_field(i, given, others,
			     options_there_are[i].in_config != NULL
				     ? options_there_are[i].from_config
				     : options_there_are[i].by_default);
		assert_field(i, given, line, options_there_are[i].from_line);
		assert_field(i, "", line, options_there_are[i].from_line);
	}
}

/* Every key that a config file can have is in the table above, or has a separate test. */
static void
test_no_option_left_out(void)
{
	static const gchar *const others[] = {"root", "kepler-url", "vm-names", "vm-pattern",
					      "model"};
	g_autoptr(GError) error = NULL;

	g_assert_null(parse_config("[vmfc]\nspeed=1\n", "", &error));
	g_auto(GStrv) keys = g_strsplit(strstr(error->message, "it has: ") + strlen("it has: "),
					", ", -1);
	g_assert_cmpuint(g_strv_length(keys), >, 20);
	for (guint i = 0; keys[i] != NULL; i++) {
		gboolean found = FALSE;
		for (guint j = 0; j < G_N_ELEMENTS(options_there_are); j++)
			found |= g_str_equal(keys[i], options_there_are[j].option);
		for (guint j = 0; j < G_N_ELEMENTS(others); j++)
			found |= g_str_equal(keys[i], others[j]);
		if (!found)
			g_error("option %s has no test", keys[i]);
	}
}

static void
test_root(void)
{
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-XXXXXX", NULL);
	g_autofree gchar *proc = g_build_filename(folder, "proc", NULL);
	g_autofree gchar *config = g_strdup_printf("[vmfc]\nroot=%s\n", folder);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_mkdir(proc, 0700), ==, 0);
	g_autoptr(VmfcOptions) from_config = parse_config(config, "", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(from_config->root, ==, folder);
	g_autoptr(VmfcOptions) from_line = parse_config(config, "--root /", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(from_line->root, ==, "/");
	g_setenv("VMFC_ROOT", folder, TRUE);
	g_autoptr(VmfcOptions) from_environment = parse("");
	g_assert_cmpstr(from_environment->root, ==, folder);
	g_autoptr(VmfcOptions) given = parse("--root /");
	g_assert_cmpstr(given->root, ==, "/");
	g_unsetenv("VMFC_ROOT");
	g_rmdir(proc);
	g_rmdir(folder);
}

/* The last one counts. */
static void
test_actions(void)
{
	static const struct {
		const gchar *line;
		VmfcAction action;
	} actions[] = {
		{"", VMFC_ACTION_COLLECT},
		{"--list-plugins", VMFC_ACTION_LIST_PLUGINS},
		{"--list-plugins=names", VMFC_ACTION_NAME_PLUGINS},
		{"--list-features", VMFC_ACTION_LIST_FEATURES},
		{"--list-features=metrics", VMFC_ACTION_LIST_METRICS},
		{"--list-workloads", VMFC_ACTION_LIST_WORKLOADS},
		{"--list-workloads=names", VMFC_ACTION_NAME_WORKLOADS},
		{"--check", VMFC_ACTION_CHECK},
		{"--check=strict", VMFC_ACTION_CHECK_STRICTLY},
		{"--version", VMFC_ACTION_VERSION},
		{"--version --check", VMFC_ACTION_CHECK},
		{"--check --version", VMFC_ACTION_VERSION},
		{"--help", VMFC_ACTION_HELP},
		{"-h --version --duration soon", VMFC_ACTION_HELP},
	};

	for (guint i = 0; i < G_N_ELEMENTS(actions); i++) {
		g_autoptr(VmfcOptions) options = parse(actions[i].line);
		g_assert_cmpint(options->action, ==, actions[i].action);
		g_assert_true((options->help != NULL) == (options->action == VMFC_ACTION_HELP));
	}
	g_autoptr(VmfcOptions) options = parse("--help");
	g_assert_true(g_str_has_prefix(options->help, "Usage:\n  vmfc [OPTION"));
}

/* One option stands for those of several plugins. */
static void
test_aliases(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcOptions) options = parse_config("[kepler]\nurl=a\n[vmfc]\nvm-names=b\n",
						      "--set kepler.url=d --kepler-url c", &error);
	static const struct {
		const gchar *plugin;
		const gchar *name;
		const gchar *value;
		const gchar *given;
		gboolean from_config;
	} expected[] = {
		{"kepler", "url", "a", "the config file", TRUE},
		{"kepler", "url", "c", "--kepler-url", FALSE},
		{"kepler_vm", "url", "c", "--kepler-url", FALSE},
		{"kepler_vm", "vm_names", "b", "--vm-names", TRUE},
		{"kepler", "url", "d", "--set", FALSE},
	};

	g_assert_no_error(error);
	g_assert_cmpuint(options->settings->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
		const VmfcSetting *setting = options->settings->pdata[i];
		g_assert_cmpstr(setting->plugin, ==, expected[i].plugin);
		g_assert_cmpstr(setting->name, ==, expected[i].name);
		g_assert_cmpstr(setting->value, ==, expected[i].value);
		g_assert_cmpstr(setting->given, ==, expected[i].given);
		g_assert_cmpint(setting->from_config, ==, expected[i].from_config);
	}
}

/* An option that enables its plugin, wherever it stands; a setting of the plugin does not.
 */
static void
test_enabling_alias(void)
{
	static const struct {
		const gchar *config;
		const gchar *line;
		const gchar *plugins;
	} rows[] = {
		{"", "--model x", "perf,proc,kepler,power"},
		{"", "--model x --plugins cpu", "cpu,power"},
		{"", "--plugins 'power, cpu' --model x", "power, cpu"},
		{"[vmfc]\nmodel=x\nplugins=cpu\n", "", "cpu,power"},
		{"[power]\nmodel=x\n", "--plugins cpu", "cpu"},
		{"", "--plugins cpu --set power.model=x", "cpu"},
		{"", "--plugins cpu --kepler-url x", "cpu"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(VmfcOptions) options = parse_config(rows[i].config, rows[i].line, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(options->plugins, ==, rows[i].plugins);
	}
}

/* ------------------------------------------------------------- the config file */

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
	g_assert_true(options->no_sync);
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
			      "*.conf: [vmfc] has no key 'speed'; it has: duration, interval, *");
	assert_config_refused("[vmfc]\nno-sync=perhaps\n",
			      "*.conf: --no-sync is 'perhaps', but must be true or false");
	assert_config_refused("[vmfc]\ninterval=fast\n",
			      "*.conf: --interval is 'fast', but must be *");
	assert_config_refused("[vmfc]\nset=perf.x=1\n", "*.conf: [vmfc] has no key 'set'; *");
	assert_config_refused("[vmfc]\ncheck=strict\n", "*.conf: [vmfc] has no key 'check'; *");
	assert_config_refused("[vmfc]\ninterval=5 m\n", "*.conf: --interval is '5 m', but *");
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
	g_test_add_func("/options/every-option", test_every_option);
	g_test_add_func("/options/no-option-left-out", test_no_option_left_out);
	g_test_add_func("/options/root", test_root);
	g_test_add_func("/options/actions", test_actions);
	g_test_add_func("/options/aliases", test_aliases);
	g_test_add_func("/options/enabling-alias", test_enabling_alias);
	g_test_add_func("/options/config", test_config);
	g_test_add_func("/options/config-mistakes", test_config_mistakes);
	return g_test_run();
}
