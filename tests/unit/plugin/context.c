/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A plugin's instance: its options, its life, and what a failure makes of its columns. */

#include "plugin/context.h"

#include <string.h>

#include "plugin/setting.h"

#define SUCCEEDS (-1)

/* A sampler that fails as the test tells it to, and counts its calls. */
static struct {
	gint code; /* of the error; SUCCEEDS: there is none */
	gboolean fails_at_start;
	gboolean has_columns;
	gboolean is_silent; /* fails without an error */
	gboolean breaks_contract;
	GString *course;
} puppet;

static gboolean
fail(gboolean at_start, GError **error)
{
	if (puppet.fails_at_start != at_start || (puppet.code == SUCCEEDS && !puppet.is_silent))
		return FALSE;
	if (!puppet.is_silent)
		g_set_error(error, VMFC_ERROR, puppet.code, "the strings are cut");
	return TRUE;
}

static gpointer
puppet_open(VmfcContext *context, GError **error)
{
	static const VmfcColumn column = {.name = "value", .type = VMFC_TYPE_INT};

	g_string_append(puppet.course, "open ");
	for (guint i = 0; puppet.has_columns && i < (puppet.breaks_contract ? 3 : 1); i++)
		vmfc_context_add_column(context, &column);
	return fail(FALSE, error) ? NULL : &puppet;
}

static gboolean
puppet_start(G_GNUC_UNUSED gpointer self, GError **error)
{
	g_string_append(puppet.course, "start ");
	return !fail(TRUE, error);
}

static VmfcAnswer
puppet_sample(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED VmfcRecord *record,
	      G_GNUC_UNUSED GError **error)
{
	return VMFC_ANSWER_DONE;
}

static void
puppet_stop(G_GNUC_UNUSED gpointer self)
{
	g_string_append(puppet.course, "stop ");
}

static void
puppet_close(G_GNUC_UNUSED gpointer self)
{
	g_string_append(puppet.course, "close ");
}

static const VmfcOption options[] = {
	{"text", VMFC_OPTION_STRING, "a", "any"},
	{"count", VMFC_OPTION_INT, "3", "how many"},
	{"share", VMFC_OPTION_FLOAT, "0.5", "how much"},
	{"wait", VMFC_OPTION_DURATION, "1.5", "how long"},
	{"flag", VMFC_OPTION_BOOL, "no", "whether"},
	{NULL},
};
static const VmfcSampler sampler = {
	puppet_open, puppet_start, puppet_sample, puppet_stop, puppet_close,
};
static const VmfcPlugin plugin = {.name = "puppet", .options = options, .sampler = &sampler};

typedef struct {
	VmfcSchema *schema;
	GPtrArray *settings;
	VmfcRun run;
	VmfcContext *context;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	puppet = (typeof(puppet)){
		.code = SUCCEEDS, .course = g_string_new(NULL), .has_columns = TRUE};
	fixture->schema = vmfc_schema_new();
	fixture->settings = vmfc_setting_list_new();
	fixture->run = (VmfcRun){
		.schema = fixture->schema,
		.settings = fixture->settings,
		.interval = 100,
		.grace = 80,
		.seed = 7,
		.output = "a/run.json",
	};
	fixture->context = vmfc_context_new(&fixture->run, &plugin, NULL);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_test_assert_expected_messages();
	vmfc_context_free(fixture->context);
	g_ptr_array_unref(fixture->settings);
	vmfc_schema_free(fixture->schema);
	g_string_free(puppet.course, TRUE);
}

static void
assert_course(const gchar *expected)
{
	g_assert_cmpstr(puppet.course->str, ==, expected);
	g_string_truncate(puppet.course, 0);
}

/* ----------------------------------------------------------------- life */

/* What is started is stopped once, and what is open is closed once. */
static void
test_life(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	puppet.has_columns = FALSE;
	g_assert_true(vmfc_context_open(fixture->context, NULL));
	vmfc_context_close(fixture->context);
	assert_course("open close ");
	g_assert_true(vmfc_context_open(fixture->context, NULL));
	g_assert_true(vmfc_context_start(fixture->context, NULL));
	vmfc_context_stop(fixture->context);
	vmfc_context_stop(fixture->context);
	assert_course("open start stop ");
	g_assert_true(vmfc_context_start(fixture->context, NULL));
	vmfc_context_close(fixture->context);
	vmfc_context_close(fixture->context);
	assert_course("start stop close ");
}

/*
 * Where a machine does not support or not allow a sampler, its columns say so, and the run goes on.
 * What the user or the plugin has done wrong ends it.
 */
static void
test_failures(Fixture *fixture, gconstpointer at_start)
{
	static const struct {
		gint code;
		gboolean is_tolerated;
		VmfcState state;
	} cases[] = {
		{VMFC_ERROR_DENIED, TRUE, VMFC_STATE_DENIED},
		{VMFC_ERROR_UNSUPPORTED, TRUE, VMFC_STATE_UNSUPPORTED},
		{VMFC_ERROR_IO, TRUE, VMFC_STATE_UNSUPPORTED},
		{VMFC_ERROR_FORMAT, TRUE, VMFC_STATE_UNSUPPORTED},
		{VMFC_ERROR_USAGE, FALSE, VMFC_STATE_OK},
		{VMFC_ERROR_PLUGIN, FALSE, VMFC_STATE_OK},
	};

	puppet.fails_at_start = at_start != NULL;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcSchema) schema = vmfc_schema_new();
		const VmfcRun run = {.schema = schema};
		g_autoptr(VmfcContext) context = vmfc_context_new(&run, &plugin, NULL);
		g_autoptr(GError) error = NULL;
		const gchar *reason;
		puppet.code = cases[i].code;
		g_test_message("case %u", i);
		gboolean done = vmfc_context_open_sampler(context, &error);
		g_assert_true(at_start == NULL || done);
		if (at_start != NULL)
			done = vmfc_context_start_sampler(context, &error);
		g_assert_cmpint(done, ==, cases[i].is_tolerated);
		g_assert_cmpint(vmfc_context_get_state(context, 0, &reason), ==, cases[i].state);
		if (done) {
			g_assert_no_error(error);
			g_assert_cmpstr(reason, ==, "the strings are cut");
			g_assert_null(context->instance);
			/* what is not open is not started */
			g_assert_true(vmfc_context_start_sampler(context, &error));
			assert_course(at_start != NULL ? "open start close " : "open ");
		} else {
			g_assert_error(error, VMFC_ERROR, cases[i].code);
			g_assert_cmpstr(error->message, ==, "puppet: the strings are cut");
			g_assert_null(reason);
			g_string_truncate(puppet.course, 0);
		}
	}
	g_assert_nonnull(fixture->context);
}

/* Without columns nothing shows that a sampler is missing, so a warning does. */
static void
test_no_columns(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	puppet.has_columns = FALSE;
	puppet.code = VMFC_ERROR_DENIED;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "puppet: the strings are cut");
	g_assert_true(vmfc_context_open_sampler(fixture->context, NULL));
}

static void
test_no_reason(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	puppet.is_silent = TRUE;
	g_assert_false(vmfc_context_open_sampler(fixture->context, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN);
	g_assert_cmpstr(error->message, ==, "puppet: plugin puppet failed without a reason");
}

/* A breach of the contract counts more than what open says, and the first one most. */
static void
test_contract(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	puppet.breaks_contract = TRUE;
	g_assert_false(vmfc_context_open_sampler(fixture->context, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN);
	g_assert_cmpstr(error->message, ==,
			"puppet: plugin puppet declares the column value twice");
	/* it is closed all the same */
	assert_course("open close ");
	g_assert_null(fixture->context->instance);
	g_clear_error(&error);
	puppet.code = VMFC_ERROR_DENIED;
	g_assert_false(vmfc_context_open_sampler(fixture->context, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN);
}

/* -------------------------------------------------------------- options */

static void
set(Fixture *fixture, const gchar *name, const gchar *value)
{
	vmfc_setting_list_add(fixture->settings, "puppet", name, value, "--set", FALSE);
}

/* Creates the context again, now with settings. */
static gboolean
renew(Fixture *fixture, GError **error)
{
	vmfc_context_free(fixture->context);
	fixture->context = vmfc_context_new(&fixture->run, &plugin, error);
	if (fixture->context != NULL)
		return TRUE;
	g_ptr_array_set_size(fixture->settings, 0);
	fixture->context = vmfc_context_new(&fixture->run, &plugin, NULL);
	return FALSE;
}

static void
test_options(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const flags[][2] = {
		{"true", "yes"}, {"yes", "yes"}, {"1", "yes"}, {"false", ""}, {"no", ""}, {"0", ""},
	};

	g_assert_cmpstr(vmfc_context_get_string(fixture->context, "text"), ==, "a");
	g_assert_cmpint(vmfc_context_get_int(fixture->context, "count"), ==, 3);
	g_assert_cmpfloat(vmfc_context_get_float(fixture->context, "share"), ==, 0.5);
	g_assert_cmpint(vmfc_context_get_duration(fixture->context, "wait"), ==, 1500000000);
	g_assert_false(vmfc_context_get_bool(fixture->context, "flag"));
	/* the last setting of a name wins; those of other plugins are not looked at */
	set(fixture, "count", "4");
	set(fixture, "text", "b");
	set(fixture, "count", "-5");
	set(fixture, "wait", "2m");
	vmfc_setting_list_add(fixture->settings, "other", "count", "x", "--set", FALSE);
	g_assert_true(renew(fixture, NULL));
	g_assert_cmpstr(vmfc_context_get_string(fixture->context, "text"), ==, "b");
	g_assert_cmpint(vmfc_context_get_int(fixture->context, "count"), ==, -5);
	g_assert_cmpint(vmfc_context_get_duration(fixture->context, "wait"), ==, 120000000000);
	for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
		set(fixture, "flag", flags[i][0]);
		g_assert_true(renew(fixture, NULL));
		g_assert_cmpint(vmfc_context_get_bool(fixture->context, "flag"), ==,
				flags[i][1][0] != '\0');
	}
	g_test_expect_message(
		"vmfc", G_LOG_LEVEL_WARNING,
		"plugin puppet reads the option 'nothing', which it does not declare");
	g_assert_cmpint(vmfc_context_get_int(fixture->context, "nothing"), ==, 0);
}

static void
test_wrong_options(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const cases[][3] = {
		{"count", "1.5", "option puppet.count is '1.5', but must be a whole number"},
		{"count", "", "option puppet.count is '', but must be a whole number"},
		{"share", "much", "option puppet.share is 'much', but must be a number"},
		{"wait", "-1", "option puppet.wait is '-1', but must be "},
		{"wait", "1x", "option puppet.wait is '1x', but must be "},
		{"flag", "on", "option puppet.flag is 'on', but must be true or false"},
		{"flag", "True", "option puppet.flag is 'True', but must be true or false"},
		{"cuont", "1",
		 "plugin puppet has no option 'cuont' (did you mean count?); it has: text, count, "
		 "share, wait, flag"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		set(fixture, cases[i][0], cases[i][1]);
		g_assert_false(renew(fixture, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_test_message("%s", error->message);
		g_assert_true(g_str_has_prefix(error->message, cases[i][2]));
	}
}

/* --set PLUGIN.OPTION=VALUE: the first dot and the first = after it count. */
static void
test_settings(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const wrong[] = {"", "a", "a.b", "a=b.c", ".b=c", "a.=c", "a=b"};
	static const gchar *const cases[][4] = {
		{"a.b=c", "a", "b", "c"},
		{"a.b=", "a", "b", ""},
		{"a.b.c=d=e.f", "a", "b.c", "d=e.f"},
		{"a=b.c=d", "a=b", "c", "d"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_true(vmfc_setting_list_parse(fixture->settings, cases[i][0], NULL));
		const VmfcSetting *setting = fixture->settings->pdata[i];
		g_assert_cmpstr(setting->plugin, ==, cases[i][1]);
		g_assert_cmpstr(setting->name, ==, cases[i][2]);
		g_assert_cmpstr(setting->value, ==, cases[i][3]);
	}
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
		g_assert_false(vmfc_setting_list_parse(fixture->settings, wrong[i], NULL));
	g_ptr_array_set_size(fixture->settings, 0);
}

/* What a plugin may ask of the run, each under its own name. */
static void
test_facts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcContext *context = fixture->context;

	g_assert_cmpint(vmfc_context_get_interval(context), ==, 100);
	g_assert_cmpint(vmfc_context_get_grace(context), ==, 80);
	g_assert_cmpuint(vmfc_context_get_seed(context), ==, 7);
	g_assert_cmpstr(vmfc_context_get_output_path(context), ==, "a/run.json");
	g_assert_false(vmfc_context_is_check(context));
	fixture->run.is_check = TRUE;
	g_assert_true(vmfc_context_is_check(context));
	/* one that lists no workloads is its only one */
	g_assert_cmpstr(vmfc_context_get_workload(context), ==, "puppet");
	g_assert_null(vmfc_context_get_argument(context));
	vmfc_context_set_workload(context, "dance", "fast");
	g_assert_cmpstr(vmfc_context_get_workload(context), ==, "dance");
	g_assert_cmpstr(vmfc_context_get_argument(context), ==, "fast");
}

/* How often a column has a new value: at each tick, unless its plugin says otherwise. */
static void
test_period(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_true(vmfc_context_open(fixture->context, NULL));
	g_assert_cmpuint(vmfc_context_get_period(fixture->context, 0), ==, 1);
	vmfc_context_set_period(fixture->context, 5);
	g_assert_cmpuint(vmfc_context_get_period(fixture->context, 0), ==, 5);
}

#define ADD(path, data, func) g_test_add("/context/" path, Fixture, data, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("life", NULL, test_life);
	ADD("failures/open", NULL, test_failures);
	ADD("failures/start", "start", test_failures);
	ADD("failures/no-columns", NULL, test_no_columns);
	ADD("failures/no-reason", NULL, test_no_reason);
	ADD("contract", NULL, test_contract);
	ADD("options", NULL, test_options);
	ADD("options/wrong", NULL, test_wrong_options);
	ADD("options/settings", NULL, test_settings);
	ADD("facts", NULL, test_facts);
	ADD("period", NULL, test_period);
	return g_test_run();
}
