/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which plugins a run gets from its options, and which options it refuses for them. */

#include "collect/plugin-set.h"

#include <glib/gstdio.h>
#include <string.h>

#include "../../built-index.h"
#include "../../text-file.h"
#include "plugin/plugin-descriptor.h"

/* What is needed to choose plugins. */
typedef struct {
	VmfcOptions *options;
	VmfcSchema *schema;
	VmfcSourceFiles *files;
	VmfcWorkloadLabels *labels;
	VmfcRunFiles *outputs;
	VmfcRun run;
	VmfcPluginSet *set;
} Choice;

/* Returns: whether the options are accepted. Only the choice itself sets @error. */
static gboolean
choose(Choice *choice, const gchar *line, GError **error)
{
	static const gchar *const none[] = {NULL};
	g_autofree gchar *whole = g_strdup_printf("vmfc --plugin-path %s:%s %s",
						  g_getenv("VMFC_TEST_PLUGINS"),
						  g_getenv("VMFC_TEST_MODULES"), line);
	g_auto(GStrv) arguments = NULL;
	g_autoptr(GError) reason = NULL;

	g_assert_true(g_shell_parse_argv(whole, NULL, &arguments, NULL));
	*choice = (Choice){.options = vmfc_options_parse(arguments, built_index(), &reason)};
	g_assert_no_error(reason);
	choice->schema = vmfc_schema_new();
	choice->files = vmfc_source_files_new("/");
	choice->labels = vmfc_workload_labels_new();
	choice->outputs = vmfc_run_files_new(choice->options->output, none, 0);
	choice->run = (VmfcRun){
		.schema = choice->schema,
		.files = choice->files,
		.settings = choice->options->settings,
		.interval = choice->options->interval,
		.output = choice->options->output,
	};
	choice->set = vmfc_plugin_set_new(&choice->run, choice->labels, choice->outputs,
					  choice->options, error);
	return choice->set != NULL;
}

static void
choice_clear(Choice *choice)
{
	g_clear_pointer(&choice->set, vmfc_plugin_set_free);
	vmfc_run_files_free(choice->outputs);
	g_free(choice->labels);
	vmfc_schema_free(choice->schema);
	vmfc_source_files_free(choice->files);
	vmfc_options_free(choice->options);
}

static void
assert_names(const GPtrArray *contexts, const gchar *wanted)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < contexts->len; i++) {
		const VmfcContext *context = contexts->pdata[i];
		g_string_append_printf(names, "%s%s", i > 0 ? "," : "", context->plugin->name);
	}
	g_assert_cmpstr(names->str, ==, wanted);
}

/* Each sink once, in whichever of the two options it is named, and in their order. */
static void
test_chosen(void)
{
	static const struct {
		const gchar *line;
		const gchar *samplers;
		const gchar *sinks;
		gboolean has_workloads;
		gboolean writes_files;
	} cases[] = {
		{"--plugins mem", "mem", "json,csv", FALSE, TRUE},
		{"--plugins mem,cpu -f csv", "cpu,mem", "csv", FALSE, TRUE},
		{"--plugins mem,csv -f json,csv", "mem", "csv,json", FALSE, TRUE},
		{"--plugins mem -f ' csv , json'", "mem", "csv,json", FALSE, TRUE},
		{"--plugins mem -f csv,csv", "mem", "csv", FALSE, TRUE},
		{"--plugins mem,csv -f none", "mem", "csv", FALSE, TRUE},
		{"--plugins mem,prometheus -f none", "mem", "prometheus", FALSE, FALSE},
		{"--plugins mem,prometheus -f csv", "mem", "prometheus,csv", FALSE, TRUE},
		{"--plugins mem,tray -f none", "mem", "tray", FALSE, TRUE},
		{"--plugins mem -f jsonl -o -", "mem", "jsonl", FALSE, TRUE},
		{"--plugins mem,prometheus -f csv -o -", "mem", "prometheus,csv", FALSE, TRUE},
		{"--plugins mem,cpu_load", "mem", "json,csv", TRUE, TRUE},
		{"--plugins mem --stress-workload load", "mem", "json,csv", TRUE, TRUE},
		/* a setting is for an enabled plugin of any kind */
		{"--plugins mem,kepler --set kepler.url=http://a/", "mem,kepler", "json,csv", FALSE,
		 TRUE},
		{"--plugins mem,kepler --kepler-url http://a/", "mem,kepler", "json,csv", FALSE,
		 TRUE},
		{"--plugins mem,kepler_vm --kepler-url http://a/", "mem,kepler_vm", "json,csv",
		 FALSE, TRUE},
		{"--plugins mem --set prometheus.listen=127.0.0.1:0 -f csv,prometheus", "mem",
		 "csv,prometheus", FALSE, TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		Choice choice;
		g_test_message("%s", cases[i].line);
		choose(&choice, cases[i].line, &error);
		g_assert_no_error(error);
		assert_names(choice.set->samplers, cases[i].samplers);
		assert_names(choice.set->sinks, cases[i].sinks);
		g_assert_cmpint(vmfc_workload_runner_has_workloads(choice.set->workloads), ==,
				cases[i].has_workloads);
		g_assert_cmpint(vmfc_plugin_set_writes_files(choice.set, choice.options), ==,
				cases[i].writes_files);
		choice_clear(&choice);
	}
}

static void
test_refused(void)
{
	static const struct {
		const gchar *line;
		const gchar *sentence;
	} cases[] = {
		{"--plugins json", "--plugins 'json' names no sampler, so vmfc cannot collect*"},
		{"--plugins mem -f none", "--format is 'none', and --plugins names no sink, so*"},
		{"--plugins mem -f ' none '", "--format is 'none', and --plugins names no sink*"},
		{"--plugins mem -f ''", "--format is empty; known are * and *"},
		{"--plugins mem -f jsn",
		 "--format: 'jsn' is not a format (did you mean json?); known are json, *"},
		{"--plugins mem -f memm", "--format: 'memm' is not a format; known are json, *"},
		/* a sink that cannot be loaded is known, so the reason counts */
		{"--plugins mem -f no_function", "plugin */no_function.so is refused: it lacks *"},
		{"--plugins mem -f csv,cpu", "--format: 'cpu' is not a format*; known are json, *"},
		{"--plugins mem,csv,jsonl -f none -o -",
		 "--output - is a stream, which takes only one format: give *"},
		{"--plugins mem,csv -f jsonl -o -",
		 "--output - is a stream, which takes only one format: give *"},
		{"--plugins mem,json -f csv -o -",
		 "--output - is a stream, which takes only one format: give *"},
		{"--plugins mem,json -f none -o -",
		 "--output - is a stream, which takes only one format: give *"},
		{"--plugins mem,prometheus -f none -o -",
		 "--output - is a stream, which takes only one format: give *"},
		{"--plugins mem --set kepler.url=http://a/",
		 "*: kepler.url is set, but plugin kepler is not enabled; name it in --plugins"},
		{"--plugins mem --set trace.file=a",
		 "*: trace.file is set, but plugin trace is not enabled; name one of its workloads "
		 "in --stress-workload"},
		{"--plugins mem,cpu_load,trace",
		 "'* and 'trace' are both given as the workload: name all*"},
		{"--plugins mem,trace --stress-workload load",
		 "'* and 'trace' are both given as the workload: name all*"},
		{"--plugins mem,stress_ng",
		 "plugin stress_ng offers * workloads: name one of them*"},
		{"--plugins mem,nothing", "*nothing*"},
		{"--plugins mem --stress-workload nothing", "*nothing*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		Choice choice;
		g_test_message("%s", cases[i].line);
		g_assert_false(choose(&choice, cases[i].line, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_test_message("%s", error->message);
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
		choice_clear(&choice);
	}
}

/* A config file may serve several kinds of runs: what is not enabled is no mistake there. */
static void
test_config(void)
{
	static const struct {
		const gchar *config;
		const gchar *sentence; /* NULL: it is accepted */
	} cases[] = {
		{"[kepler]\nurl=http://a/\n", NULL},
		{"[nothing]\nurl=http://a/\n", "unknown plugin 'nothing'*"},
		{"[mem]\nnothing=1\n", "plugin mem has no option 'nothing'*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *path = text_file_new("vmfc-XXXXXX.conf", cases[i].config);
		g_autofree gchar *line = g_strdup_printf("--plugins mem --config %s", path);
		Choice choice;
		g_assert_cmpint(choose(&choice, line, &error), ==, cases[i].sentence == NULL);
		g_assert_true(cases[i].sentence == NULL ||
			      g_pattern_match_simple(cases[i].sentence, error->message));
		choice_clear(&choice);
		g_unlink(path);
	}
}

/* ------------------------------------------------------------- starting */

static gpointer
part_open(G_GNUC_UNUSED VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	return NULL;
}

static VmfcAnswer
part_sample(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED VmfcRecord *record,
	    G_GNUC_UNUSED GError **error)
{
	return VMFC_ANSWER_DONE;
}

static gboolean
part_start(gpointer self, GError **error)
{
	if (self != NULL && *(const gchar *)self != 'x')
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED, "it is locked");
	return FALSE;
}

static void
part_close(G_GNUC_UNUSED gpointer self)
{
}

/* Those that are open are started, each of them; the others are no longer asked. */
static void
test_start_samplers(void)
{
	static const VmfcSampler sampler = {
		.open = part_open, .start = part_start, .sample = part_sample, .close = part_close};
	static const VmfcPlugin plugin = {.name = "part", .sampler = &sampler};
	/* one letter each: -: could not be opened, x: cannot be started */
	static const gchar *const cases[][2] = {{"a--bxxc", "abc"}, {"-a", "a"}, {"xb", "b"},
						{"abc", "abc"},	    {"--", ""},	 {"a-", "a"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcRun run = {.schema = vmfc_schema_new()};
		VmfcPluginSet set = {.run = &run};
		g_autoptr(GString) started = g_string_new(NULL);
		set.samplers = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_context_free);
		for (const gchar *letter = cases[i][0]; *letter != '\0'; letter++) {
			VmfcContext *context = vmfc_context_new(&run, &plugin, NULL);
			context->instance = *letter != '-' ? (gpointer)letter : NULL;
			g_ptr_array_add(set.samplers, context);
			if (*letter == 'x')
				g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
						      "part: it is locked");
		}
		g_assert_true(vmfc_plugin_set_start_samplers(&set, NULL));
		g_test_assert_expected_messages();
		for (guint j = 0; j < set.samplers->len; j++) {
			const VmfcContext *context = set.samplers->pdata[j];
			g_assert_true(context->started);
			g_string_append_c(started, *(const gchar *)context->instance);
		}
		g_assert_cmpstr(started->str, ==, cases[i][1]);
		g_ptr_array_unref(set.samplers);
		vmfc_schema_free(run.schema);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugin-set/chosen", test_chosen);
	g_test_add_func("/plugin-set/refused", test_refused);
	g_test_add_func("/plugin-set/config", test_config);
	g_test_add_func("/plugin-set/start-samplers", test_start_samplers);
	return g_test_run();
}
