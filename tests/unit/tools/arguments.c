/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/arguments.h"

#include "base/quantity.h"
#include "vmfc/vmfc-plugin.h"

#define FILES "--features f.json --power p.json --output t.csv "

static VmfcMergeArguments *
parse(const gchar *line, GError **error)
{
	g_autofree gchar *all = g_strconcat("vmfc ", line, NULL);
	g_auto(GStrv) arguments = NULL;

	g_assert_true(g_shell_parse_argv(all, NULL, &arguments, NULL));
	return vmfc_merge_arguments_parse(arguments, error);
}

static void
test_defaults(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcMergeArguments) arguments = parse(FILES, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(arguments->features[0], ==, "f.json");
	g_assert_null(arguments->features[1]);
	g_assert_cmpstr(vmfc_merge_arguments_get_power(arguments, 7), ==, "p.json");
	g_assert_cmpstr(arguments->output, ==, "t.csv");
	g_assert_cmpstr(arguments->format, ==, "json,csv");
	g_assert_cmpfloat(arguments->tolerance, ==, 0.2);
	g_assert_cmpfloat(arguments->offset, ==, 0);
	g_assert_cmpfloat(arguments->max_lag, ==, 60);
	g_assert_cmpfloat(arguments->max_gap, ==, 0);
	g_assert_cmpfloat(arguments->min_power, ==, 0);
	g_assert_cmpint(arguments->zone, ==, -1);
	g_assert_cmpint(arguments->source, ==, -1);
	g_assert_cmpfloat(arguments->test_share, ==, 0);
	g_assert_cmpint(arguments->seed, ==, 0);
	g_assert_false(arguments->estimate_offset);
	g_assert_false(arguments->verbose);
	g_assert_null(arguments->help);
}

static void
test_values(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcMergeArguments) arguments = parse(
		"--vm-features a --features b --power-data c --bm-power d -o t.jsonl "
		"--min-power-threshold 1.5 --power-zone dram --power-source kepler "
		"--split --seed 4294967295 --estimate-offset -v",
		&error);

	g_assert_no_error(error);
	g_assert_cmpstr(arguments->features[0], ==, "a");
	g_assert_cmpstr(arguments->features[1], ==, "b");
	g_assert_cmpstr(vmfc_merge_arguments_get_power(arguments, 1), ==, "d");
	g_assert_cmpstr(arguments->format, ==, "jsonl,csv");
	g_assert_cmpfloat(arguments->min_power, ==, 1.5);
	g_assert_cmpstr(vmfc_zone_get_name(arguments->zone), ==, "dram");
	g_assert_cmpstr(vmfc_power_get_source_name(arguments->source), ==, "kepler");
	g_assert_cmpfloat(arguments->test_share, ==, 0.2);
	g_assert_cmpint(arguments->seed, ==, G_MAXUINT32);
	g_assert_true(arguments->estimate_offset);
	g_assert_true(arguments->verbose);
}

/* Each time with units and as a number of seconds. */
static void
test_times(void)
{
	static const struct {
		const gchar *line;
		gsize field;
		gdouble seconds;
	} times[] = {
#define FIELD(name) G_STRUCT_OFFSET(VmfcMergeArguments, name)
		{"--tolerance 0.3", FIELD(tolerance), 0.3},
		{"--tolerance 300ms", FIELD(tolerance), 0.3},
		{"--time-tolerance 1m1s", FIELD(tolerance), 61},
		{"--max-gap 90", FIELD(max_gap), 90},
		{"--max-gap 1h30m", FIELD(max_gap), 5400},
		{"--max-lag 5m", FIELD(max_lag), 300},
		{"--max-lag 0", FIELD(max_lag), 0},
		{"--offset 2d", FIELD(offset), 172800},
		{"--offset -1.5", FIELD(offset), -1.5},
		{"--offset -100ms", FIELD(offset), -0.1},
		{"--offset=-1h30m", FIELD(offset), -5400},
		{"--offset 1e10", FIELD(offset), 1e10},
#undef FIELD
	};

	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *line = g_strconcat(FILES, times[i].line, NULL);
		g_autoptr(VmfcMergeArguments) arguments = parse(line, &error);
		g_test_message("%s", times[i].line);
		g_assert_no_error(error);
		g_assert_cmpfloat(G_STRUCT_MEMBER(gdouble, arguments, times[i].field), ==,
				  times[i].seconds);
	}
}

static void
test_mistakes(void)
{
	static const struct {
		const gchar *line;
		const gchar *sentence;
	} mistakes[] = {
		{"--max-gap 5x", "--max-gap is '5x', but must be " VMFC_QUANTITY_DURATION},
		{"--max-gap ''", "--max-gap is '', but must be " VMFC_QUANTITY_DURATION},
		{"--max-lag 1m1h", "--max-lag is '1m1h', but must be " VMFC_QUANTITY_DURATION},
		{"--max-lag -1s", "--max-lag is '-1s', but must be from 0 to 10000000000 seconds"},
		{"--tolerance -1",
		 "--tolerance is '-1', but must be from 0 to 10000000000 seconds"},
		{"--offset -5", NULL},
		{"--offset --5s", "--offset is '--5s', but must be " VMFC_QUANTITY_DURATION},
		{"--offset -1e11",
		 "--offset is '-1e11', but must be from -10000000000 to 10000000000 seconds"},
		{"--min-power-threshold 5m",
		 "--min-power-threshold is '5m', but must be a number from 0 to 10000000000"},
		{"--seed -1", "--seed is '-1', but must be a whole number from 0 to 4294967295"},
		{"--split=1", "--split is '1', but must be the share of the rows for testing, "
			      "above 0 and below 1, for example 0.2"},
		{"--split=0", "--split is '0', but must be the share *, above 0 and below 1, *"},
		{"--split=0.2x", "--split is '0.2x', but must be the share *"},
		{"--power-source joules --power-source wattss",
		 "--power-source is 'wattss' (did you mean watts?), but must be one of *"},
		{"--power-zone core --power-zone cores", "--power-zone is 'cores' (did you mean *"},
		{"--output ''", "--output is missing, for example: *"},
		{"--output -", "--output is '-', but must not be a folder, stream or device, *"},
		{"--output none/", "--output is 'none/', but must not be a folder, *"},
		{"--output /", "--output is '/', but must not be a folder, *"},
		{"--output /dev/null", "--output is '/dev/null', but must not be a folder, *"},
		{"--features ''", "--features is missing, *"},
		{"--power ''", "--power is missing, *"},
		{"--format csv,", "--format is '', but must be one of csv, json, jsonl"},
		{"--power-zone packge", "--power-zone is 'packge' (did you mean package?), but *"},
		{"--format xml", "--format is 'xml', but must be one of csv, json, jsonl"},
		{"--help --max-gap 5x", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *line = g_strconcat(FILES, mistakes[i].line, NULL);
		g_autoptr(VmfcMergeArguments) arguments = parse(line, &error);
		g_test_message("%s", mistakes[i].line);
		if (mistakes[i].sentence == NULL) {
			g_assert_no_error(error);
			continue;
		}
		g_assert_null(arguments);
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		if (!g_pattern_match_simple(mistakes[i].sentence, error->message))
			g_error("%s got: %s", mistakes[i].line, error->message);
	}
}

/* Any of the formats, each once, with or without blanks. */
static void
test_formats(void)
{
	static const struct {
		const gchar *line;
		gboolean forms[VMFC_N_FORMS];
	} cases[] = {
		{"--format csv", {[VMFC_FORM_CSV] = TRUE}},
		{"--format json", {[VMFC_FORM_JSON] = TRUE}},
		{"--format 'jsonl, csv'", {[VMFC_FORM_JSONL] = TRUE, [VMFC_FORM_CSV] = TRUE}},
		{"--format ' json ,json,jsonl '",
		 {[VMFC_FORM_JSON] = TRUE, [VMFC_FORM_JSONL] = TRUE}},
		{"--output t.jsonl.csv", {[VMFC_FORM_JSON] = TRUE, [VMFC_FORM_CSV] = TRUE}},
		{"--output t.jsonl", {[VMFC_FORM_JSONL] = TRUE, [VMFC_FORM_CSV] = TRUE}},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *line = g_strconcat(FILES, cases[i].line, NULL);
		g_autoptr(VmfcMergeArguments) arguments = parse(line, &error);
		g_test_message("%s", cases[i].line);
		g_assert_no_error(error);
		for (guint form = 0; form < VMFC_N_FORMS; form++)
			g_assert_cmpint(arguments->forms[form], ==, cases[i].forms[form]);
	}
}

/* 4096 runs can be merged at once, with one power or with as many. */
static void
test_many_runs(void)
{
	g_autoptr(GString) features = g_string_new("--output t.csv");
	g_autoptr(GString) power = g_string_new(NULL);

	for (guint i = 1; i <= 4097; i++) {
		g_string_append_printf(features, " --features f%u", i);
		g_string_append_printf(power, " --power p%u", i);
		if (i < 4096)
			continue;
		const gchar *const powers[] = {" --power p", power->str};
		for (guint j = 0; j < G_N_ELEMENTS(powers); j++) {
			g_autofree gchar *line = g_strconcat(features->str, powers[j], NULL);
			g_autoptr(GError) error = NULL;
			g_autoptr(VmfcMergeArguments) arguments = parse(line, &error);
			g_assert_cmpint(arguments != NULL, ==, i == 4096);
			g_assert_cmpint(error == NULL, ==, i == 4096);
			if (arguments != NULL)
				g_assert_cmpstr(vmfc_merge_arguments_get_power(arguments, 4095), ==,
						j == 0 ? "p" : "p4096");
			else
				g_assert_cmpstr(error->message, ==,
						"--features names 4097 files, but the maximum is "
						"4096: merge them in parts");
		}
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/arguments/defaults", test_defaults);
	g_test_add_func("/arguments/values", test_values);
	g_test_add_func("/arguments/times", test_times);
	g_test_add_func("/arguments/formats", test_formats);
	g_test_add_func("/arguments/many-runs", test_many_runs);
	g_test_add_func("/arguments/mistakes", test_mistakes);
	return g_test_run();
}
