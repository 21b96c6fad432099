/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/results.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define SECOND G_GINT64_CONSTANT(1000000000)
#define START  (G_GINT64_CONSTANT(1700000000) * SECOND)

typedef struct {
	gchar *folder;
	VmfcSchema *schema;
	VmfcHostInfo *machine;
	VmfcOptions options;
	VmfcRunFiles *outputs;
	VmfcResults *results;
	VmfcRow *row;
	VmfcRecord record;
} Fixture;

/* In place of the writer's, see meson.build: keeps how the files are divided. */
#pragma GCC visibility push(default)
void
__wrap_vmfc_writer_divide(VmfcWriter *writer, const VmfcDivision *division);
#pragma GCC visibility pop

static VmfcDivision division;

void
__wrap_vmfc_writer_divide(G_GNUC_UNUSED VmfcWriter *writer, const VmfcDivision *given)
{
	division = *given;
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const VmfcColumn columns[] = {
		{.name = "tick_lateness_us", .unit = "us", .type = VMFC_TYPE_INT},
		{.name = "missed_ticks", .type = VMFC_TYPE_INT},
		{.name = "value",
		 .unit = "J",
		 .type = VMFC_TYPE_INT,
		 .source = "/proc/value",
		 .description = "what it is worth"},
	};
	static const gchar *const no_extensions[] = {NULL};
	static const gchar *const command_line[] = {"vmfc", "--set", "a.url=http://me:secret@host",
						    NULL};

	fixture->folder = g_dir_make_tmp("results-XXXXXX", NULL);
	g_autofree gchar *path = g_build_filename(fixture->folder, "run", NULL);
	fixture->schema = vmfc_schema_new();
	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		g_assert_nonnull(vmfc_schema_add(fixture->schema, "test", &columns[i], NULL));
	vmfc_schema_freeze(fixture->schema);
	fixture->machine = g_new0(VmfcHostInfo, 1);
	*fixture->machine = (VmfcHostInfo){
		.hostname = g_strdup("a host"),
		.kernel = g_strdup("a kernel"),
		.architecture = g_strdup("an architecture"),
		.os = g_strdup("a system"),
		.hypervisor = g_strdup("a hypervisor"),
		.container = g_strdup("a container"),
		.cpu_model = g_strdup("a model"),
		.clock_source = g_strdup("a clock"),
		.n_cpus = 3,
	};
	fixture->options = (VmfcOptions){
		.interval = SECOND / 4,
		.duration = 30 * SECOND,
		.grace = SECOND / 5,
		.seed = 42,
		.shuffle = TRUE,
		.no_sync = TRUE,
	};
	fixture->outputs = vmfc_run_files_new(path, no_extensions, 0);
	const VmfcMeta meta = {
		.machine = fixture->machine,
		.options = &fixture->options,
		.schema = fixture->schema,
		.command_line = command_line,
		.workload = "trace=http://me:secret@host",
	};
	fixture->results = vmfc_results_new(&meta, fixture->outputs);
	fixture->row = vmfc_row_new(fixture->schema);
	fixture->record = (VmfcRecord){
		.schema = fixture->schema,
		.n_columns = G_N_ELEMENTS(columns),
		.n_readable = G_N_ELEMENTS(columns),
		.row = fixture->row,
	};
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GDir) dir = g_dir_open(fixture->folder, 0, NULL);
	const gchar *name;

	vmfc_results_free(fixture->results);
	vmfc_run_files_free(fixture->outputs);
	vmfc_row_free(fixture->row);
	vmfc_host_info_free(fixture->machine);
	vmfc_schema_free(fixture->schema);
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree gchar *path = g_build_filename(fixture->folder, name, NULL);
		g_unlink(path);
	}
	g_rmdir(fixture->folder);
	g_free(fixture->folder);
}

static void
add(Fixture *fixture, guint64 tick, gint64 lateness, gint64 missed)
{
	vmfc_row_clear(fixture->row, fixture->schema);
	fixture->row->tick = tick;
	vmfc_record_set_int(&fixture->record, 0, lateness);
	vmfc_record_set_int(&fixture->record, 1, missed);
	if (tick % 2 == 0)
		vmfc_record_set_int(&fixture->record, 2, 1);
	vmfc_results_add(fixture->results, &fixture->record);
}

/* Returns: (transfer full): a meta file in the folder of the run */
static JsonParser *
read_meta(Fixture *fixture, const gchar *name)
{
	g_autoptr(GError) error = NULL;
	g_autofree gchar *path = g_build_filename(fixture->folder, name, NULL);
	JsonParser *parser = json_parser_new();

	json_parser_load_from_file(parser, path, &error);
	g_assert_no_error(error);
	return parser;
}

static JsonObject *
root_of(JsonParser *parser)
{
	return json_node_get_object(json_parser_get_root(parser));
}

static gint64
number_of(JsonParser *parser, const gchar *key)
{
	JsonObject *result = json_object_get_object_member(root_of(parser), "result");
	g_assert_true(json_object_has_member(result, key));
	return json_object_get_int_member(result, key);
}

static gint64
present_of(JsonParser *parser, const gchar *column)
{
	JsonObject *result = json_object_get_object_member(root_of(parser), "result");
	return json_object_get_int_member(json_object_get_object_member(result, "present"), column);
}

static gdouble
start_of(JsonParser *parser)
{
	return json_object_get_double_member(root_of(parser), "start_time");
}

/* Each number under its own name; all of them differ. */
static void
test_whole(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 4, .n_dropped = 7, .n_failed = 11};

	vmfc_results_set_start(fixture->results, START);
	for (guint64 i = 1; i <= 4; i++)
		add(fixture, i, i == 4 ? 30 : 20, i == 2 ? 3 : 0);
	add(fixture, 5, 31, 0);
	vmfc_results_add_missed(fixture->results, 10);
	g_assert_cmpuint(vmfc_summary_get_n_records(vmfc_results_get_summary(fixture->results)), ==,
			 5);
	g_assert_true(vmfc_results_finish(fixture->results, &result));
	g_autoptr(JsonParser) meta = read_meta(fixture, "run.meta.json");
	g_assert_cmpint(number_of(meta, "records"), ==, 5);
	g_assert_cmpint(number_of(meta, "missed_windows"), ==, 13);
	g_assert_cmpint(number_of(meta, "dropped_records"), ==, 7);
	g_assert_cmpint(number_of(meta, "unwritten_records"), ==, 11);
	g_assert_cmpint(number_of(meta, "lateness_us_p50"), ==, 20);
	g_assert_cmpint(number_of(meta, "lateness_us_p99"), ==, 31);
	g_assert_cmpint(number_of(meta, "lateness_us_max"), ==, 31);
	g_assert_cmpint(present_of(meta, "missed_ticks"), ==, 5);
	g_assert_cmpint(present_of(meta, "value"), ==, 2);
	g_assert_cmpfloat(start_of(meta), ==, 1700000000);
}

/* One record of 200 that is late makes the maximum, but not 99 of 100. */
static void
test_lateness(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 200};

	vmfc_results_set_start(fixture->results, START);
	for (guint64 i = 1; i <= 200; i++)
		add(fixture, i, i == 7 ? 31 : i < 190 ? 10 : 20, 0);
	g_assert_true(vmfc_results_finish(fixture->results, &result));
	g_autoptr(JsonParser) meta = read_meta(fixture, "run.meta.json");
	g_assert_cmpint(number_of(meta, "lateness_us_p50"), ==, 10);
	g_assert_cmpint(number_of(meta, "lateness_us_p99"), ==, 20);
	g_assert_cmpint(number_of(meta, "lateness_us_max"), ==, 31);
}

/* What is known before the first record, and what the run was asked for. */
static void
test_start(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_results_set_start(fixture->results, START);
	/* the machine was suspended before the first record */
	vmfc_results_move_start(fixture->results, 2 * SECOND + 41000);
	g_assert_true(vmfc_results_begin(fixture->results, NULL));
	g_autoptr(JsonParser) meta = read_meta(fixture, "run.meta.json");
	JsonObject *root = root_of(meta);
	g_assert_false(json_object_has_member(root, "result"));
	g_assert_cmpfloat(start_of(meta), ==, 1700000002.000041);
	g_assert_cmpstr(json_object_get_string_member(root, "start_time_iso"), ==,
			"2023-11-14T22:13:22.000041+00:00");
	g_assert_cmpfloat(json_object_get_double_member(root, "interval"), ==, 0.25);
	g_assert_cmpfloat(json_object_get_double_member(root, "duration"), ==, 30);
	g_assert_cmpfloat(json_object_get_double_member(root, "grace"), ==, 0.2);
	g_assert_cmpint(json_object_get_int_member(root, "seed"), ==, 42);
	g_assert_true(json_object_get_boolean_member(root, "shuffle"));
	g_assert_false(json_object_get_boolean_member(root, "common_windows"));
}

static void
assert_string(JsonObject *object, const gchar *key, const gchar *expected)
{
	g_test_message("%s", key);
	g_assert_cmpstr(json_object_get_string_member(object, key), ==, expected);
}

/* Each fact under its own name; passwords are masked. */
static void
test_facts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_true(vmfc_results_begin(fixture->results, NULL));
	g_autoptr(JsonParser) meta = read_meta(fixture, "run.meta.json");
	JsonObject *machine = json_object_get_object_member(root_of(meta), "machine");
	assert_string(machine, "host", "a host");
	assert_string(machine, "kernel", "a kernel");
	assert_string(machine, "architecture", "an architecture");
	assert_string(machine, "os", "a system");
	assert_string(machine, "hypervisor", "a hypervisor");
	assert_string(machine, "container", "a container");
	assert_string(machine, "cpu_model", "a model");
	assert_string(machine, "clock_source", "a clock");
	g_assert_cmpint(json_object_get_int_member(machine, "cpus"), ==, 3);
	assert_string(root_of(meta), "generator", "vmfc");
	assert_string(root_of(meta), "workload", "trace=http://***@host");
	JsonArray *words = json_object_get_array_member(root_of(meta), "command_line");
	g_assert_cmpuint(json_array_get_length(words), ==, 3);
	g_assert_cmpstr(json_array_get_string_element(words, 0), ==, "vmfc");
	g_assert_null(strstr(json_array_get_string_element(words, 2), "secret"));
}

static JsonObject *
column_of(JsonParser *meta, guint column)
{
	JsonArray *columns = json_object_get_array_member(root_of(meta), "columns");
	g_assert_cmpuint(json_array_get_length(columns), ==, 3);
	return json_array_get_object_element(columns, column);
}

/* What a column is, and in how many windows it was missing for which reason. */
static void
test_columns(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 3};
	VmfcDeclaration *value = fixture->schema->declarations->pdata[2];

	value->state = VMFC_STATE_DENIED;
	value->reason = "http://me:secret@host refuses";
	value->remedy = "Ask at http://me:secret@host";
	g_ptr_array_add(value->facts, g_strdup("event"));
	g_ptr_array_add(value->facts, g_strdup("cycles"));
	g_ptr_array_add(value->facts, g_strdup("pmu"));
	g_ptr_array_add(value->facts, g_strdup("http://me:secret@host"));
	value->reasons[0].text = g_strdup("first");
	value->reasons[1].text = g_strdup("http://me:secret@host");
	vmfc_row_clear(fixture->row, fixture->schema);
	for (guint i = 0; i < 3; i++) {
		fixture->row->why[2] = i == 0 ? 1 : 2;
		vmfc_results_add(fixture->results, &fixture->record);
	}
	g_assert_true(vmfc_results_finish(fixture->results, &result));
	g_autoptr(JsonParser) meta = read_meta(fixture, "run.meta.json");
	JsonObject *column = column_of(meta, 2);
	assert_string(column, "name", "value");
	assert_string(column, "unit", "J");
	assert_string(column, "kind", "gauge");
	assert_string(column, "type", "int");
	assert_string(column, "plugin", "test");
	assert_string(column, "source", "/proc/value");
	assert_string(column, "description", "what it is worth");
	assert_string(column, "state", "denied");
	assert_string(column, "remedy", "Ask at http://***@host");
	assert_string(column, "event", "cycles");
	assert_string(column, "pmu", "http://***@host");
	const gchar *reason = json_object_get_string_member(column, "reason");
	g_assert_true(g_str_has_suffix(reason, "host refuses"));
	g_assert_null(strstr(reason, "secret"));
	JsonArray *missing = json_object_get_array_member(column, "missing");
	g_assert_cmpuint(json_array_get_length(missing), ==, 2);
	for (guint i = 0; i < 2; i++) {
		JsonObject *entry = json_array_get_object_element(missing, i);
		assert_string(entry, "reason", i == 0 ? "first" : "http://***@host");
		g_assert_cmpint(json_object_get_int_member(entry, "windows"), ==, i + 1);
	}
	/* one that has its values says nothing of that */
	column = column_of(meta, 0);
	assert_string(column, "state", "ok");
	g_assert_false(json_object_has_member(column, "missing"));
	g_assert_false(json_object_has_member(column, "reason"));
	g_assert_false(json_object_has_member(column, "remedy"));
	/* in the state ok, a reason is that of single windows */
	value->state = VMFC_STATE_OK;
	g_assert_true(vmfc_results_finish(fixture->results, &result));
	g_autoptr(JsonParser) again = read_meta(fixture, "run.meta.json");
	column = column_of(again, 2);
	g_assert_false(json_object_has_member(column, "reason"));
	g_assert_false(json_object_has_member(column, "remedy"));
	g_assert_true(json_object_has_member(column, "missing"));
}

/* Each part has its own numbers and its own start; what is lost counts in the part that lost it. */
static void
test_parts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult first = {.n_written = 2, .n_dropped = 1, .n_failed = 4};
	const VmfcWriterResult second = {.n_written = 3, .n_dropped = 6, .n_failed = 6};
	const VmfcWriterResult third = {.n_written = 3, .n_dropped = 6, .n_failed = 7};
	g_autoptr(GError) error = NULL;

	fixture->options.part_windows = 2;
	fixture->options.part_size = 8192;
	vmfc_results_set_start(fixture->results, START);
	vmfc_run_files_divide(fixture->outputs, 0);
	vmfc_results_divide(fixture->results, NULL);
	g_assert_cmpuint(division.n_windows, ==, 2);
	g_assert_cmpint(division.size, ==, 8192);
	add(fixture, 1, 10, 0);
	add(fixture, 2, 20, 0);
	g_assert_true(division.end_part(&first, division.user_data, &error));
	add(fixture, 4, 5, 1);
	g_assert_true(division.end_part(&second, division.user_data, &error));
	vmfc_results_add_missed(fixture->results, 2);
	g_assert_true(vmfc_results_finish(fixture->results, &third));
	g_assert_no_error(error);

	g_autoptr(JsonParser) one = read_meta(fixture, "run.0001.meta.json");
	g_assert_cmpint(number_of(one, "records"), ==, 2);
	g_assert_cmpint(number_of(one, "missed_windows"), ==, 0);
	g_assert_cmpint(number_of(one, "dropped_records"), ==, 1);
	g_assert_cmpint(number_of(one, "unwritten_records"), ==, 4);
	g_assert_cmpint(number_of(one, "lateness_us_max"), ==, 20);
	g_assert_cmpfloat(start_of(one), ==, 1700000000);
	g_autoptr(JsonParser) two = read_meta(fixture, "run.0002.meta.json");
	g_assert_cmpint(number_of(two, "records"), ==, 1);
	g_assert_cmpint(number_of(two, "missed_windows"), ==, 1);
	g_assert_cmpint(number_of(two, "dropped_records"), ==, 5);
	g_assert_cmpint(number_of(two, "unwritten_records"), ==, 2);
	g_assert_cmpint(number_of(two, "lateness_us_max"), ==, 5);
	g_assert_cmpfloat_with_epsilon(start_of(two), 1700000000.75, 1e-6);
	/* the last one has no record: it begins where the run does */
	g_autoptr(JsonParser) last = read_meta(fixture, "run.meta.json");
	g_assert_cmpint(number_of(last, "records"), ==, 0);
	g_assert_cmpint(number_of(last, "missed_windows"), ==, 2);
	g_assert_cmpint(number_of(last, "dropped_records"), ==, 0);
	g_assert_cmpint(number_of(last, "unwritten_records"), ==, 1);
	/* the summary is of the whole run */
	const VmfcSummary *summary = vmfc_results_get_summary(fixture->results);
	g_assert_cmpuint(vmfc_summary_get_n_records(summary), ==, 3);
	g_assert_cmpuint(vmfc_summary_get_n_missed(summary), ==, 3);
}

/* With --no-sync the run begins with its first record, which opens no window: so does its first
 * part.
 */
static void
test_part_without_window(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult first = {.n_written = 2};
	const VmfcWriterResult last = {.n_written = 3};
	g_autoptr(GError) error = NULL;

	fixture->options.part_windows = 1;
	vmfc_results_set_start(fixture->results, START);
	vmfc_run_files_divide(fixture->outputs, 0);
	vmfc_results_divide(fixture->results, NULL);
	add(fixture, 0, 10, 0);
	add(fixture, 1, 20, 0);
	g_assert_true(division.end_part(&first, division.user_data, &error));
	add(fixture, 2, 5, 0);
	g_assert_true(vmfc_results_finish(fixture->results, &last));
	g_autoptr(JsonParser) one = read_meta(fixture, "run.0001.meta.json");
	g_assert_cmpint(number_of(one, "records"), ==, 2);
	g_assert_cmpfloat(start_of(one), ==, 1700000000);
	g_autoptr(JsonParser) two = read_meta(fixture, "run.meta.json");
	g_assert_cmpfloat_with_epsilon(start_of(two), 1700000000.25, 1e-6);
}

/* A run that began later than planned has numbered its ticks all the same: none is counted twice.
 */
static void
test_part_after_late_start(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 1};
	g_autoptr(GError) error = NULL;

	fixture->options.part_windows = 1;
	vmfc_results_set_start(fixture->results, START);
	vmfc_results_move_start(fixture->results, 3 * fixture->options.interval);
	vmfc_run_files_divide(fixture->outputs, 0);
	vmfc_results_divide(fixture->results, NULL);
	add(fixture, 4, 10, 0);
	g_assert_true(division.end_part(&result, division.user_data, &error));
	g_assert_true(vmfc_results_finish(fixture->results, &result));
	/* a part without a record begins where the run did */
	static const gchar *const names[] = {"run.0001.meta.json", "run.meta.json"};
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(JsonParser) meta = read_meta(fixture, names[i]);
		g_assert_cmpfloat_with_epsilon(start_of(meta), 1700000000.75, 1e-6);
	}
}

static void
test_not_divided(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	division.n_windows = 77;
	vmfc_results_divide(fixture->results, NULL);
	g_assert_cmpuint(division.n_windows, ==, 77);
}

/* A meta file that cannot be replaced remains, and the user is told. */
static void
test_unwritable(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcWriterResult result = {.n_written = 1};
	g_autofree gchar *path = g_build_filename(fixture->folder, "run.meta.json", NULL);

	g_assert_cmpint(g_mkdir(path, 0777), ==, 0);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "*/run.meta.json remains as it was when the run began: *");
	g_assert_false(vmfc_results_finish(fixture->results, &result));
	g_test_assert_expected_messages();
	g_rmdir(path);
}

#define ADD(path, func) g_test_add("/results/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("whole", test_whole);
	ADD("lateness", test_lateness);
	ADD("start", test_start);
	ADD("facts", test_facts);
	ADD("columns", test_columns);
	ADD("parts", test_parts);
	ADD("parts/without-window", test_part_without_window);
	ADD("parts/after-late-start", test_part_after_late_start);
	ADD("not-divided", test_not_divided);
	ADD("unwritable", test_unwritable);
	return g_test_run();
}
