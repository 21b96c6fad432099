/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/option-table.h"

#include <string.h>

#include "../../text-file.h"
#include "base/quantity.h"
#include "vmfc/vmfc-plugin.h"

/* A field of each type. */
typedef struct {
	gchar *text;
	GStrv list;
	gboolean flag;
	gint64 number;
	gint64 small;
	gdouble real;
	gdouble share;
	gint64 duration;
	gint64 timeout;
	gdouble offset;
	gint64 size;
	gint64 page;
	gint choice;
	gchar *config;
	gchar *help;
	GString *others; /* what @parse and other groups of the config file got */
} Fields;

static gboolean
parse_other(const VmfcOptionValue *value, gpointer fields, GError **error)
{
	const Fields *all = fields;

	if (g_str_equal(value->text, "bad"))
		return vmfc_option_entry_set_error(value->entry, value->text, "good", error);
	g_string_append_printf(all->others, "%s=%s%s;", value->entry->name, value->text,
			       value->from_config ? " in config" : "");
	return TRUE;
}

static void
take_other_key(gpointer fields, const gchar *group, const gchar *key, const gchar *value)
{
	const Fields *all = fields;

	g_string_append_printf(all->others, "[%s]%s=%s;", group, key, value);
}

static const VmfcChoice choices[] = {{"", 1}, {"red", 2}, {"green", 3}, {0}};

#define FIELD(name) G_STRUCT_OFFSET(Fields, name)
static const VmfcOptionEntry entries[] = {
	{"text", 't', VMFC_ENTRY_TEXT, FIELD(text), "a", "TEXT", "A text (default: a)",
	 .aliases = {"old-text", "older-text"}},
	{"list", 'l', VMFC_ENTRY_LIST, FIELD(list), NULL, "TEXT", "Several",
	 .command_line_only = TRUE},
	{"flag", 'f', VMFC_ENTRY_FLAG, FIELD(flag), NULL, NULL, "A flag"},
	{"number", 0, VMFC_ENTRY_INT, FIELD(number), "-7", "NUMBER", "Any"},
	{"small", 0, VMFC_ENTRY_INT, FIELD(small), NULL, "NUMBER", "1 to 3", .minimum = 1,
	 .maximum = 3},
	{"real", 0, VMFC_ENTRY_FLOAT, FIELD(real), "1e3", "NUMBER", "Any"},
	{"share", 0, VMFC_ENTRY_FLOAT, FIELD(share), NULL, "SHARE", "0 to 1", .alone = "0.2",
	 .maximum = 1},
	{"duration", 0, VMFC_ENTRY_DURATION, FIELD(duration), "1h30m", "SECONDS", "Any"},
	{"timeout", 0, VMFC_ENTRY_DURATION, FIELD(timeout), NULL, "SECONDS", "At least 100 ms",
	 .minimum = 0.1, .maximum = 60},
	{"offset", 0, VMFC_ENTRY_SECONDS, FIELD(offset), "-5m", "SECONDS", "Any"},
	{"size", 0, VMFC_ENTRY_SIZE, FIELD(size), "1.5K", "BYTES", "Any"},
	{"page", 0, VMFC_ENTRY_SIZE, FIELD(page), NULL, "BYTES", "4K to 2M", .minimum = 4096,
	 .maximum = 2097152},
	{"colour", 0, VMFC_ENTRY_CHOICE, FIELD(choice), NULL, "NAME", "red or green", .alone = "",
	 .choices = choices},
	{"other", 0, VMFC_ENTRY_OTHER, 0, NULL, "TEXT", "What parse makes of it",
	 .parse = parse_other},
	{"config", 'c', VMFC_ENTRY_CONFIG, FIELD(config), NULL, "FILE",
	 "A file with more options, of which this one has so much to say that two lines of at most "
	 "100 columns do not suffice for it, whatever the terminal is, so that a third one follows",
	 .command_line_only = TRUE, .heading = "Input"},
	{"help", 'h', VMFC_ENTRY_HELP, FIELD(help), NULL, NULL, "Show this help",
	 .command_line_only = TRUE},
	{0},
};

static const VmfcOptionTable table = {
	.program = "vmfc paint",
	.required = "--list=TEXT",
	.summary = "vmfc paint paints.",
	.description = "That is all.",
	.config_group = "paint",
	.take_other_key = take_other_key,
	.entries = entries,
};

static void
fields_clear(Fields *fields)
{
	g_free(fields->text);
	g_strfreev(fields->list);
	g_free(fields->config);
	g_free(fields->help);
	g_string_free(fields->others, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fields, fields_clear)

static gboolean
parse_line(const gchar *line, Fields *fields, GError **error)
{
	g_autofree gchar *all = g_strconcat("vmfc ", line, NULL);
	g_auto(GStrv) arguments = NULL;

	*fields = (Fields){.others = g_string_new(NULL), .small = -1, .timeout = -1};
	g_assert_true(g_shell_parse_argv(all, NULL, &arguments, NULL));
	return vmfc_option_table_parse(&table, arguments, fields, error);
}

/* @config: the text of a config file */
static gboolean
parse_config(const gchar *config, const gchar *line, Fields *fields, GError **error)
{
	g_autofree gchar *path = text_file_new("vmfc-XXXXXX.conf", config);
	g_autofree gchar *all = g_strdup_printf("-c %s %s", path, line);
	gboolean parsed = parse_line(all, fields, error);

	g_unlink(path);
	return parsed;
}

static void
test_defaults(void)
{
	g_autoptr(GError) error = NULL;
	g_auto(Fields) fields;

	g_assert_true(parse_line("", &fields, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(fields.text, ==, "a");
	g_assert_null(fields.list);
	g_assert_false(fields.flag);
	g_assert_cmpint(fields.number, ==, -7);
	g_assert_cmpfloat(fields.real, ==, 1000);
	g_assert_cmpint(fields.duration, ==, 5400 * G_GINT64_CONSTANT(1000000000));
	g_assert_cmpfloat(fields.offset, ==, -300);
	g_assert_cmpint(fields.size, ==, 1536);
	/* without a default the field stays as it is */
	g_assert_cmpint(fields.small, ==, -1);
	g_assert_cmpint(fields.timeout, ==, -1);
	g_assert_cmpstr(fields.others->str, ==, "");
}

static void
test_line(void)
{
	g_autoptr(GError) error = NULL;
	g_auto(Fields) fields;

	g_assert_true(parse_line("-t b --list=x -l y --list z -f --small 3 --share --real=-0.5 "
				 "--duration 0 --timeout 100ms --offset -1.5 --size 4096 "
				 "--page 2M --colour=green --other c",
				 &fields, &error));
	g_assert_no_error(error);
	g_autofree gchar *list = g_strjoinv(",", fields.list);
	g_assert_cmpstr(fields.text, ==, "b");
	g_assert_cmpstr(list, ==, "x,y,z");
	g_assert_true(fields.flag);
	g_assert_cmpint(fields.small, ==, 3);
	g_assert_cmpfloat(fields.share, ==, 0.2);
	g_assert_cmpfloat(fields.real, ==, -0.5);
	g_assert_cmpint(fields.duration, ==, 0);
	g_assert_cmpint(fields.timeout, ==, 100000000);
	g_assert_cmpfloat(fields.offset, ==, -1.5);
	g_assert_cmpint(fields.size, ==, 4096);
	g_assert_cmpint(fields.page, ==, 2097152);
	g_assert_cmpint(fields.choice, ==, 3);
	g_assert_cmpstr(fields.others->str, ==, "other=c;");
}

/* The last one counts, whichever name it has, and what it wins over need not be right. */
static void
test_twice(void)
{
	g_autoptr(GError) error = NULL;
	g_auto(Fields) fields;

	g_assert_true(parse_line("--text b --old-text c --older-text d --small x --small 2 "
				 "--other bad --other e --colour=blue --colour",
				 &fields, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(fields.text, ==, "d");
	g_assert_cmpint(fields.small, ==, 2);
	g_assert_cmpint(fields.choice, ==, 1);
	g_assert_cmpstr(fields.others->str, ==, "other=e;");
}

static void
test_config(void)
{
	const gchar *config = "[paint]\ntext= b c \nflag=1\nsmall=2\ntimeout=1m\noffset=-2s\n"
			      "page=4K\ncolour=red\nother=d\n[perf]\nx=y\n";
	g_autoptr(GError) error = NULL;
	g_auto(Fields) fields;
	g_auto(Fields) both;

	g_assert_true(parse_config(config, "", &fields, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(fields.text, ==, "b c");
	g_assert_true(fields.flag);
	g_assert_cmpint(fields.small, ==, 2);
	g_assert_cmpint(fields.timeout, ==, 60 * G_GINT64_CONSTANT(1000000000));
	g_assert_cmpfloat(fields.offset, ==, -2);
	g_assert_cmpint(fields.page, ==, 4096);
	g_assert_cmpint(fields.choice, ==, 2);
	g_assert_cmpstr(fields.others->str, ==, "[perf]x=y;other=d in config;");

	g_assert_true(parse_config("[paint]\nsmall=x\nother=bad\n", "--small 3 --other d", &both,
				   &error));
	g_assert_no_error(error);
	g_assert_cmpint(both.small, ==, 3);
	g_assert_cmpstr(both.others->str, ==, "other=d;");
}

static void
test_help(void)
{
	g_autoptr(GError) error = NULL;
	g_auto(Fields) fields;

	/* whatever else is wrong */
	g_assert_true(parse_line("--small 9 -h", &fields, &error));
	g_assert_no_error(error);
	g_assert_true(g_str_has_prefix(fields.help, "Usage:\n  vmfc paint --list=TEXT [OPTION"));
	g_assert_nonnull(strstr(fields.help, "\n\nvmfc paint paints.\n\n"));
	g_assert_nonnull(strstr(fields.help, "\n\nOptions:\n  -t, --text=TEXT "));
	g_assert_nonnull(
		strstr(fields.help, "\n\nInput:\n  -c, --config=FILE              A file "));
	g_assert_nonnull(strstr(fields.help, "\n                                 "));
	g_assert_nonnull(strstr(fields.help, "--older-text\n"));
	g_assert_nonnull(strstr(fields.help, "\n  -f, --flag  "));
	g_assert_nonnull(strstr(fields.help, "\n\nSECONDS can have units: 100ms, 5m, 1h30m, 2d.\n"
					     "That is all.\n"));
	g_auto(GStrv) lines = g_strsplit(fields.help, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++)
		g_assert_cmpuint(strlen(lines[i]), <=, 100);
	g_assert_cmpint(fields.small, ==, -1);
}

/* Words that are no options, where a program takes any. */
static void
test_words(void)
{
	VmfcOptionTable with_words = table;
	gchar *arguments[] = {"vmfc", "one", "-f", "--", "--two", NULL};
	gchar *alone[] = {"vmfc", "-f", NULL};
	gchar *help[] = {"vmfc", "one", "-h", NULL};
	g_autoptr(GError) error = NULL;
	g_auto(Fields) fields = {.others = g_string_new(NULL)};

	with_words.words = "FILE...";
	with_words.words_field = FIELD(list);
	g_assert_true(vmfc_option_table_parse(&with_words, alone, &fields, &error));
	g_assert_null(fields.list);
	g_assert_true(vmfc_option_table_parse(&with_words, help, &fields, &error));
	g_assert_true(g_str_has_prefix(fields.help, "Usage:\n  vmfc paint FILE... --list=TEXT ["));
	g_assert_null(fields.list);
	g_assert_true(vmfc_option_table_parse(&with_words, arguments, &fields, &error));
	g_assert_no_error(error);
	g_assert_true(fields.flag);
	g_assert_cmpint(g_strv_length(fields.list), ==, 2);
	g_assert_cmpstr(fields.list[0], ==, "one");
	g_assert_cmpstr(fields.list[1], ==, "--two");
}

static const struct {
	const gchar *line;
	const gchar *sentence;
} mistakes[] = {
	{"--flg",
	 "unknown option --flg (did you mean --flag?); vmfc paint --help shows all options"},
	{"-x", "unknown option -x; vmfc paint --help shows all options"},
	{"--text", "missing argument for --text; vmfc paint --help shows all options"},
	{"red", "'red' is not an option; vmfc paint --help shows all options"},
	{"--number 1.5", "--number is '1.5', but must be a whole number"},
	{"--number 9223372036854775808",
	 "--number is '9223372036854775808', but must be a whole number"},
	{"--small 0", "--small is '0', but must be a whole number from 1 to 3"},
	{"--small 4", "--small is '4', but must be a whole number from 1 to 3"},
	{"--real 1s", "--real is '1s', but must be a number"},
	{"--share=1.1", "--share is '1.1', but must be a number from 0 to 1"},
	{"--duration 1m1h", "--duration is '1m1h', but must be " VMFC_QUANTITY_DURATION},
	{"--duration -1", "--duration is '-1', but must be 0, or from a nanosecond to 292 years"},
	{"--duration 300000d",
	 "--duration is '300000d', but must be 0, or from a nanosecond to 292 years"},
	{"--timeout 99ms", "--timeout is '99ms', but must be from 0.1 to 60 seconds"},
	{"--timeout 1m0.1s", "--timeout is '1m0.1s', but must be from 0.1 to 60 seconds"},
	{"--offset 1h30", "--offset is '1h30', but must be " VMFC_QUANTITY_DURATION},
	{"--size 1k", "--size is '1k', but must be " VMFC_QUANTITY_SIZE},
	{"--page 3.9K", "--page is '3.9K', but must be from 4096 to 2097152 bytes"},
	{"--colour=gren",
	 "--colour is 'gren' (did you mean green?), but must be one of red, green"},
	{"--other bad", "--other is 'bad', but must be good"},
	{"--config /does/not/exist",
	 "the config file /does/not/exist cannot be read: No such file or directory"},
};

static void
test_mistakes(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		g_autoptr(GError) error = NULL;
		g_auto(Fields) fields;
		g_test_message("%s", mistakes[i].line);
		g_assert_false(parse_line(mistakes[i].line, &fields, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_assert_cmpstr(error->message, ==, mistakes[i].sentence);
	}
}

static void
test_config_mistakes(void)
{
	static const struct {
		const gchar *config;
		const gchar *sentence;
	} wrong[] = {
		{"[paint]\nsmal=1\n", "*.conf: [paint] has no key 'smal'; it has: text, flag, "
				      "number, small, real, share, duration, timeout, offset, "
				      "size, page, colour, other"},
		{"[paint]\nlist=1\n", "*.conf: [paint] has no key 'list'; *"},
		{"[paint]\nold-text=1\n", "*.conf: [paint] has no key 'old-text'; *"},
		{"[paint]\nsmall=9\n",
		 "/*.conf: --small is '9', but must be a whole number from *"},
		{"[paint]\nflag=yes\n", "/*.conf: --flag is 'yes', but must be true or false"},
		{"[paint]\nother=bad\n", "/*.conf: --other is 'bad', but must be good"},
		{"text=1\n", "the config file /*.conf cannot be used: *"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		g_auto(Fields) fields;
		g_assert_false(parse_config(wrong[i].config, "", &fields, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_test_message("%s", error->message);
		g_assert_true(g_pattern_match_simple(wrong[i].sentence, error->message));
	}
}

/* Before all options are known: whether there are others, here or in the config file. */
static void
test_skim(void)
{
	static const struct {
		const gchar *config;
		const gchar *line;
		gboolean has_unknown;
	} cases[] = {
		{"", "--text b -f", FALSE},
		{"", "--text b --colour=none", FALSE},
		{"", "--text b --wide", TRUE},
		{"", "--wide=3 --text b", TRUE},
		{"", "one two", FALSE},
		{"[paint]\nflag=true\n", "", FALSE},
		{"[paint]\nwide=1\nflag=true\n", "--text b", TRUE},
		{"[paint]\nwide=1\nflag=true\ntall=1\n", "--text b", TRUE},
		{"[other]\nwide=1\n", "", FALSE},
		{"[paint\n", "", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *path = text_file_new("vmfc-XXXXXX.conf", cases[i].config);
		g_autofree gchar *line = g_strdup_printf("vmfc -c %s %s", path, cases[i].line);
		g_auto(GStrv) arguments = NULL;
		g_auto(Fields) fields = {.others = g_string_new(NULL)};
		g_assert_true(g_shell_parse_argv(line, NULL, &arguments, NULL));
		g_test_message("[%s] %s", cases[i].config, cases[i].line);
		g_assert_cmpint(vmfc_option_table_skim(&table, arguments, &fields), ==,
				cases[i].has_unknown);
		g_unlink(path);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/option-table/defaults", test_defaults);
	g_test_add_func("/option-table/line", test_line);
	g_test_add_func("/option-table/twice", test_twice);
	g_test_add_func("/option-table/config", test_config);
	g_test_add_func("/option-table/help", test_help);
	g_test_add_func("/option-table/words", test_words);
	g_test_add_func("/option-table/skim", test_skim);
	g_test_add_func("/option-table/mistakes", test_mistakes);
	g_test_add_func("/option-table/config-mistakes", test_config_mistakes);
	return g_test_run();
}
