/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "record/record.h"

#include <math.h>
#include <string.h>

enum { GAUGE, COUNTER, LABEL, FLAG, FLOAT_COUNTER, LIST, HIDDEN, N_COLUMNS };

static const VmfcColumn columns[N_COLUMNS] = {
	[GAUGE] = {.name = "gauge", .type = VMFC_TYPE_FLOAT},
	[COUNTER] = {.name = "counter", .kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_INT},
	[LABEL] = {.name = "label", .kind = VMFC_KIND_LABEL, .type = VMFC_TYPE_STRING},
	[FLAG] = {.name = "flag", .type = VMFC_TYPE_BOOL},
	[FLOAT_COUNTER] = {.name = "float_counter",
			   .kind = VMFC_KIND_COUNTER,
			   .type = VMFC_TYPE_FLOAT},
	[LIST] = {.name = "list", .kind = VMFC_KIND_LABEL, .type = VMFC_TYPE_STRINGS},
	[HIDDEN] = {.name = "hidden",
		    .kind = VMFC_KIND_COUNTER,
		    .type = VMFC_TYPE_INT,
		    .hidden = TRUE},
};

typedef struct {
	VmfcSchema *schema;
	VmfcRow *row;
	VmfcBaseline *baseline;
	VmfcRecord record;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->schema = vmfc_schema_new();
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_schema_add(fixture->schema, "test", &columns[i], &error);
	g_assert_no_error(error);
	vmfc_schema_freeze(fixture->schema);
	fixture->row = vmfc_row_new(fixture->schema);
	fixture->baseline = vmfc_baseline_new(fixture->schema);
	fixture->record = (VmfcRecord){
		.schema = fixture->schema,
		.n_columns = N_COLUMNS,
		.n_readable = N_COLUMNS,
		.row = fixture->row,
		.baseline = fixture->baseline,
	};
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_baseline_free(fixture->baseline);
	vmfc_row_free(fixture->row);
	vmfc_schema_free(fixture->schema);
}

static void
next_window(Fixture *fixture, gboolean keep_missing)
{
	vmfc_baseline_advance(fixture->baseline, fixture->row, fixture->schema, keep_missing);
	vmfc_row_clear(fixture->row, fixture->schema);
}

static void
assert_warns(const gchar *pattern)
{
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, pattern);
}

static void
test_missing_by_default(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gchar text[VMFC_NUMBER_SIZE];
	for (guint i = 0; i < N_COLUMNS; i++)
		g_assert_false(vmfc_record_has(&fixture->record, i));
	g_assert_cmpuint(vmfc_record_format(&fixture->record, GAUGE, text), ==, 0);
}

static void
test_values(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const list[] = {"a", "b", NULL};
	gchar text[VMFC_NUMBER_SIZE];

	vmfc_record_set_float(&fixture->record, GAUGE, 2.5);
	vmfc_record_set_string(&fixture->record, LABEL, "hello");
	vmfc_record_set_bool(&fixture->record, FLAG, TRUE);
	vmfc_record_set_strings(&fixture->record, LIST, list);
	g_assert_cmpfloat(vmfc_record_get_float(&fixture->record, GAUGE), ==, 2.5);
	g_assert_cmpstr(vmfc_record_get_string(&fixture->record, LABEL), ==, "hello");
	g_assert_true(vmfc_record_get_bool(&fixture->record, FLAG));
	g_assert_true(vmfc_record_get_strings(&fixture->record, LIST) == list);
	g_assert_cmpuint(vmfc_record_format(&fixture->record, FLAG, text), ==, 4);
	g_assert_cmpstr(text, ==, "true");
	vmfc_record_set_float(&fixture->record, GAUGE, NAN);
	g_assert_false(vmfc_record_has(&fixture->record, GAUGE));
	vmfc_record_set_float(&fixture->record, GAUGE, INFINITY);
	g_assert_false(vmfc_record_has(&fixture->record, GAUGE));
	/* nothing of one record is seen in the next */
	next_window(fixture, FALSE);
	for (guint i = 0; i < N_COLUMNS; i++)
		g_assert_false(vmfc_record_has(&fixture->record, i));
}

static void
test_strings_that_do_not_fit(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gchar text[VMFC_STRING_SIZE + 1];

	memset(text, 'x', sizeof(text));
	text[VMFC_STRING_SIZE] = '\0';
	vmfc_record_set_string(&fixture->record, LABEL, text);
	g_assert_false(vmfc_record_has(&fixture->record, LABEL));
	text[VMFC_STRING_SIZE - 1] = '\0';
	vmfc_record_set_string(&fixture->record, LABEL, text);
	g_assert_cmpstr(vmfc_record_get_string(&fixture->record, LABEL), ==, text);
	vmfc_record_set_string(&fixture->record, LABEL, "\xff\xfe");
	g_assert_false(vmfc_record_has(&fixture->record, LABEL));
}

static void
test_counter(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gdouble value;

	vmfc_record_set_int(&fixture->record, COUNTER, 1000);
	vmfc_record_set_float(&fixture->record, FLOAT_COUNTER, 0.5);
	g_assert_false(vmfc_record_has(&fixture->record, COUNTER));
	g_assert_true(vmfc_record_get_total(&fixture->record, COUNTER, &value));
	g_assert_cmpfloat(value, ==, 1000);
	next_window(fixture, FALSE);

	vmfc_record_set_int(&fixture->record, COUNTER, 1007);
	vmfc_record_set_float(&fixture->record, FLOAT_COUNTER, 0.75);
	g_assert_cmpint(vmfc_record_get_int(&fixture->record, COUNTER), ==, 7);
	g_assert_cmpfloat(vmfc_record_get_float(&fixture->record, FLOAT_COUNTER), ==, 0.25);
	next_window(fixture, FALSE);

	/* backwards: one value missing, then recovery */
	vmfc_record_set_int(&fixture->record, COUNTER, 3);
	vmfc_record_set_float(&fixture->record, FLOAT_COUNTER, 0.1);
	g_assert_false(vmfc_record_get_delta(&fixture->record, COUNTER, &value));
	g_assert_false(vmfc_record_has(&fixture->record, FLOAT_COUNTER));
	next_window(fixture, FALSE);
	vmfc_record_set_int(&fixture->record, COUNTER, 5);
	g_assert_cmpint(vmfc_record_get_int(&fixture->record, COUNTER), ==, 2);
}

/* A counter that stands still has grown by nothing, which is a value. */
static void
test_no_growth(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gchar text[VMFC_NUMBER_SIZE];
	gdouble value;

	vmfc_record_set_int(&fixture->record, COUNTER, 1000);
	vmfc_record_set_float(&fixture->record, FLOAT_COUNTER, 2.5);
	next_window(fixture, FALSE);
	vmfc_record_set_int(&fixture->record, COUNTER, 1000);
	vmfc_record_set_float(&fixture->record, FLOAT_COUNTER, 2.5);
	g_assert_cmpint(vmfc_record_get_int(&fixture->record, COUNTER), ==, 0);
	g_assert_cmpfloat(vmfc_record_get_float(&fixture->record, FLOAT_COUNTER), ==, 0);
	next_window(fixture, FALSE);
	/* what is written of a counter is its growth */
	vmfc_record_set_int(&fixture->record, COUNTER, 1042);
	vmfc_record_set_float(&fixture->record, FLOAT_COUNTER, 3);
	g_assert_cmpuint(vmfc_record_format(&fixture->record, COUNTER, text), ==, 2);
	g_assert_cmpstr(text, ==, "42");
	g_assert_cmpuint(vmfc_record_format(&fixture->record, FLOAT_COUNTER, text), ==, 3);
	g_assert_cmpstr(text, ==, "0.5");
	g_assert_true(vmfc_record_get_delta(&fixture->record, COUNTER, &value));
	g_assert_cmpfloat(value, ==, 42);
	g_assert_true(vmfc_record_get_delta(&fixture->record, FLOAT_COUNTER, &value));
	g_assert_cmpfloat(value, ==, 0.5);
	g_assert_true(vmfc_record_get_total(&fixture->record, FLOAT_COUNTER, &value));
	g_assert_cmpfloat(value, ==, 3);
	g_assert_true(vmfc_record_get_start(&fixture->record, COUNTER, &value));
	g_assert_cmpfloat(value, ==, 1000);
	g_assert_true(vmfc_record_get_start(&fixture->record, FLOAT_COUNTER, &value));
	g_assert_cmpfloat(value, ==, 2.5);
	/* a value that is none takes back the one before it */
	vmfc_record_set_float(&fixture->record, FLOAT_COUNTER, NAN);
	g_assert_false(vmfc_record_has(&fixture->record, FLOAT_COUNTER));
	g_assert_false(vmfc_record_get_total(&fixture->record, FLOAT_COUNTER, &value));
}

static void
test_restart(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_record_set_int(&fixture->record, COUNTER, 10);
	next_window(fixture, FALSE);
	vmfc_record_set_int(&fixture->record, COUNTER, 500);
	vmfc_record_restart(&fixture->record, COUNTER);
	g_assert_false(vmfc_record_has(&fixture->record, COUNTER));
	next_window(fixture, FALSE);
	vmfc_record_set_int(&fixture->record, COUNTER, 501);
	g_assert_cmpint(vmfc_record_get_int(&fixture->record, COUNTER), ==, 1);
}

/* A reading that failed costs two common windows, but only makes a window of its own longer. */
static void
test_gap(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_record_set_int(&fixture->record, COUNTER, 10);
	next_window(fixture, FALSE);
	next_window(fixture, FALSE);
	vmfc_record_set_int(&fixture->record, COUNTER, 30);
	g_assert_false(vmfc_record_has(&fixture->record, COUNTER));
	next_window(fixture, TRUE);
	g_assert_true(vmfc_record_is_of_window(&fixture->record, COUNTER));
	next_window(fixture, TRUE);
	vmfc_record_set_int(&fixture->record, COUNTER, 50);
	g_assert_cmpint(vmfc_record_get_int(&fixture->record, COUNTER), ==, 20);
	g_assert_false(vmfc_record_is_of_window(&fixture->record, COUNTER));
	next_window(fixture, TRUE);
	g_assert_true(vmfc_record_is_of_window(&fixture->record, COUNTER));
}

/* Of a late answer all cells go into another record, and no other cells. */
static void
test_late_cells(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const list[] = {"a", "b", NULL};
	guint map[] = {GAUGE, COUNTER, LABEL, FLAG, FLOAT_COUNTER, LIST};
	VmfcRecord *record = &fixture->record;
	VmfcRow *late = vmfc_row_new(fixture->schema);
	VmfcRecord view = *record;

	vmfc_record_set_int(record, COUNTER, 3);
	vmfc_record_set_float(record, FLOAT_COUNTER, 5);
	next_window(fixture, FALSE);
	view.row = late;
	view.map = map;
	view.n_columns = view.n_readable = G_N_ELEMENTS(map);
	vmfc_record_set_float(&view, GAUGE, 2.5);
	vmfc_record_set_int(&view, COUNTER, 7);
	vmfc_record_set_string(&view, LABEL, "hello");
	vmfc_record_set_bool(&view, FLAG, TRUE);
	vmfc_record_set_float(&view, FLOAT_COUNTER, 5.5);
	vmfc_record_set_strings(&view, LIST, list);
	vmfc_record_set_int(record, HIDDEN, 1);
	vmfc_row_copy_cells(fixture->row, late, &view);
	g_assert_cmpfloat(vmfc_record_get_float(record, GAUGE), ==, 2.5);
	g_assert_cmpint(vmfc_record_get_int(record, COUNTER), ==, 4);
	g_assert_cmpstr(vmfc_record_get_string(record, LABEL), ==, "hello");
	g_assert_true(vmfc_record_get_bool(record, FLAG));
	g_assert_cmpfloat(vmfc_record_get_float(record, FLOAT_COUNTER), ==, 0.5);
	g_assert_true(vmfc_record_get_strings(record, LIST) == list);
	/* the next answer begins with nothing, and nothing of nothing is copied */
	vmfc_row_clear_cells(late, &view);
	for (guint i = 0; i < G_N_ELEMENTS(map); i++)
		g_assert_false(vmfc_record_has(&view, i));
	vmfc_row_copy_cells(fixture->row, late, &view);
	for (guint i = 0; i < G_N_ELEMENTS(map); i++)
		g_assert_true(vmfc_record_has(record, i));
	vmfc_row_clear_cells(fixture->row, &view);
	vmfc_row_copy_cells(fixture->row, late, &view);
	for (guint i = 0; i < G_N_ELEMENTS(map); i++)
		g_assert_false(vmfc_record_has(record, i));
	gdouble total;
	/* a total without a growth is copied without one */
	vmfc_record_set_int(&view, COUNTER, 1);
	g_assert_false(vmfc_record_has(&view, COUNTER));
	vmfc_row_copy_cells(fixture->row, late, &view);
	g_assert_false(vmfc_record_has(record, COUNTER));
	g_assert_true(vmfc_record_get_total(record, COUNTER, &total));
	g_assert_cmpfloat(total, ==, 1);
	g_assert_true(vmfc_record_get_total(record, HIDDEN, &total));
	vmfc_row_free(late);
}

/* More columns than bits in a word: each has its own, in each of the functions. */
static void
test_many_columns(void)
{
	enum { MANY = 200, N_OF_VIEW = 130 };
	const VmfcColumn counter = {.kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_INT};
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	guint map[N_OF_VIEW];

	for (guint i = 0; i < MANY; i++) {
		g_autofree gchar *name = g_strdup_printf("c%u", i);
		VmfcColumn column = counter;
		column.name = name;
		g_assert_nonnull(vmfc_schema_add(schema, "test", &column, NULL));
	}
	vmfc_schema_freeze(schema);
	VmfcBaseline *baseline = vmfc_baseline_new(schema);
	VmfcRow *row = vmfc_row_new(schema);
	VmfcRow *late = vmfc_row_new(schema);
	VmfcRecord record = {.schema = schema,
			     .n_columns = MANY,
			     .n_readable = MANY,
			     .row = row,
			     .baseline = baseline};
	VmfcRecord view = record;
	for (guint window = 0; window < 3; window++) {
		/* every third one is not read in the second window */
		for (guint i = 0; i < MANY; i++) {
			if (window != 1 || i % 3 != 0)
				vmfc_record_set_int(&record, i, 1000 * window + i);
		}
		for (guint i = 0; i < MANY; i++) {
			gboolean is_known = window > 0 && i % 3 != 0;
			g_assert_cmpint(vmfc_record_has(&record, i), ==, is_known);
			if (is_known)
				g_assert_cmpint(vmfc_record_get_int(&record, i), ==, 1000);
		}
		vmfc_baseline_advance(baseline, row, schema, FALSE);
		vmfc_row_clear(row, schema);
		for (guint i = 0; i < MANY; i++)
			g_assert_false(vmfc_record_has(&record, i));
	}
	for (guint i = 0; i < N_OF_VIEW; i++)
		map[i] = MANY - 1 - i;
	view.map = map;
	view.n_columns = view.n_readable = N_OF_VIEW;
	view.row = late;
	for (guint i = 0; i < N_OF_VIEW; i++)
		vmfc_record_set_int(&view, i, 5000 + i);
	vmfc_row_copy_cells(row, late, &view);
	for (guint i = 0; i < MANY; i++)
		g_assert_cmpint(vmfc_record_has(&record, i), ==, i >= MANY - N_OF_VIEW);
	vmfc_row_clear_cells(row, &view);
	for (guint i = 0; i < MANY; i++)
		g_assert_false(vmfc_record_has(&record, i));
	vmfc_row_free(late);
	vmfc_row_free(row);
	vmfc_baseline_free(baseline);
}

static void
test_overflow(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_record_set_int(&fixture->record, COUNTER, G_MININT64);
	next_window(fixture, FALSE);
	vmfc_record_set_int(&fixture->record, COUNTER, G_MAXINT64);
	g_assert_false(vmfc_record_has(&fixture->record, COUNTER));
}

static void
test_breaches(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	assert_warns("plugin ? writes column 7, but has only 7: vmfc ignores it, and does not log "
		     "further errors of this plugin");
	vmfc_record_set_int(&fixture->record, N_COLUMNS, 1);
	vmfc_record_set_int(&fixture->record, N_COLUMNS + 1, 1); /* said once */
	fixture->record.misuse_is_logged = FALSE;
	assert_warns("*writes int into its float column gauge: vmfc ignores it*");
	vmfc_record_set_int(&fixture->record, GAUGE, 1);
	g_assert_false(vmfc_record_has(&fixture->record, GAUGE));
	fixture->record.row = NULL;
	fixture->record.misuse_is_logged = FALSE;
	assert_warns("*writes into a record that it no longer owns: vmfc ignores it*");
	vmfc_record_set_float(&fixture->record, GAUGE, 1);
	g_test_assert_expected_messages();
}

static void
test_hidden_is_last(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_cmpuint(vmfc_schema_get_n_columns(fixture->schema), ==, N_COLUMNS - 1);
	g_assert_cmpuint(vmfc_schema_find(fixture->schema, "hidden")->index, ==, N_COLUMNS - 1);
}

static void
assert_refused(VmfcSchema *schema, VmfcColumn column, const gchar *sentence)
{
	g_autoptr(GError) error = NULL;
	g_assert_null(vmfc_schema_add(schema, "other", &column, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN);
	g_assert_cmpstr(error->message, ==, sentence);
}

static void
test_schema_refuses(void)
{
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	const VmfcColumn gauge = {.name = "gauge", .type = VMFC_TYPE_FLOAT};

	g_assert_nonnull(vmfc_schema_add(schema, "test", &gauge, NULL));
	assert_refused(schema, gauge,
		       "plugin other declares the column gauge, which belongs to test: remove one "
		       "of the two from --plugins");
	assert_refused(schema, (VmfcColumn){.name = "Has Space"},
		       "plugin other declares a column named 'Has Space': names begin with a lower "
		       "case letter and contain only lower case letters, digits and _");
	static const gchar *const bad[] = {"1abc", "_abc", "Abc", "aBc", "a-c", "a.c", "a c", ""};
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		const VmfcColumn column = {.name = bad[i]};
		g_assert_null(vmfc_schema_add(schema, "other", &column, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN);
	}
	static const VmfcColumn good[] = {{.name = "a"}, {.name = "a1_"}, {.name = "z_9"}};
	for (guint i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_nonnull(vmfc_schema_add(schema, "other", &good[i], NULL));
	assert_refused(schema, (VmfcColumn){.name = NULL},
		       "plugin other declares a column named '(null)': names begin with a lower "
		       "case letter and contain only lower case letters, digits and _");
	assert_refused(schema, (VmfcColumn){.name = "a"},
		       "plugin other declares the column a twice");
	assert_refused(
		schema,
		(VmfcColumn){.name = "c", .kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_STRING},
		"plugin other declares the counter c as string: a counter is an int or a "
		"float");
	static const VmfcColumn unfit[] = {
		{.name = "d", .kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_BOOL},
		{.name = "d", .kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_STRINGS},
		{.name = "d", .kind = (VmfcKind)(VMFC_KIND_LABEL + 1)},
		{.name = "d", .kind = (VmfcKind)-1},
		{.name = "d", .type = (VmfcType)(VMFC_TYPE_STRINGS + 1)},
	};
	for (guint i = 0; i < G_N_ELEMENTS(unfit); i++)
		g_assert_null(vmfc_schema_add(schema, "other", &unfit[i], NULL));
	vmfc_schema_freeze(schema);
	assert_refused(schema, (VmfcColumn){.name = "late"},
		       "plugin other declares a column after open: a plugin may declare columns "
		       "only in open");
}

#define ADD(path, func) g_test_add("/record/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("missing-by-default", test_missing_by_default);
	ADD("values", test_values);
	ADD("strings-that-do-not-fit", test_strings_that_do_not_fit);
	ADD("counter", test_counter);
	ADD("no-growth", test_no_growth);
	ADD("restart", test_restart);
	ADD("gap", test_gap);
	ADD("late-cells", test_late_cells);
	ADD("overflow", test_overflow);
	ADD("breaches", test_breaches);
	ADD("hidden-is-last", test_hidden_is_last);
	g_test_add_func("/record/many-columns", test_many_columns);
	g_test_add_func("/schema/refuses", test_schema_refuses);
	return g_test_run();
}
