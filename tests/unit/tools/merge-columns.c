/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The columns of a training set from several runs. */

#include <json-glib/json-glib.h>

#include "rows/table-reader.h"
#include "tables.h"
#include "tools/merge/columns.h"

/* Power without any zone. */
static VmfcPower
no_power(void)
{
	VmfcPower power = {0};

	for (guint i = 0; i < VMFC_N_ZONES; i++)
		power.zones[i].column = -1;
	return power;
}

/* @from, @to: numbers of columns. Returns: (transfer full): a table with these columns */
static VmfcTable *
table_with(guint from, guint to, const gchar *format)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = from; i < to; i++) {
		g_autofree gchar *number = g_strdup_printf("%u", i);
		g_auto(GStrv) parts = g_strsplit(format, "#", 2);
		g_string_append_printf(text, "%s%s%s%s", i > from ? "," : "", parts[0], number,
				       parts[1]);
	}
	g_string_append_c(text, '\n');
	return table_of(text->str);
}

/* As many columns as there may be, and one more; columns that both runs have count once. */
static void
test_limit_of_columns(void)
{
	const VmfcPower power = no_power();
	g_autoptr(VmfcTable) first = table_with(0, 3000, "c#");

	for (guint n = VMFC_MAX_COLUMNS; n <= VMFC_MAX_COLUMNS + 1; n++) {
		g_autoptr(VmfcTable) second = table_with(2000, n, "c#");
		g_autoptr(GError) error = NULL;
		VmfcColumns columns;
		vmfc_columns_init(&columns);
		g_assert_true(vmfc_columns_add_run(&columns, first, &power, &error));
		gboolean is_good = vmfc_columns_add_run(&columns, second, &power, &error);
		g_assert_cmpint(is_good, ==, n == VMFC_MAX_COLUMNS);
		g_assert_cmpint(is_good, ==, error == NULL);
		if (error != NULL)
			g_assert_nonnull(strstr(error->message, "more than 4096 different"));
		vmfc_columns_clear(&columns);
	}
}

/* As many bytes of names as there may be, and one more. */
static void
test_limit_of_names(void)
{
	const VmfcPower power = no_power();
	g_autofree gchar *long_name = g_strnfill(1000, 'n');
	g_autofree gchar *format = g_strconcat("#", long_name, NULL);
	g_autoptr(VmfcTable) first = table_with(100, 300, format);
	/* 200 names of 1003 bytes before, 58 of them now, and one with the rest */
	gsize rest = VMFC_MAX_NAMES_SIZE - 258 * 1003;

	for (gsize more = 0; more <= 1; more++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree gchar *name = g_strnfill(rest + more, 'x');
		g_autoptr(GError) error = NULL;
		VmfcColumns columns;
		for (guint i = 300; i < 358; i++)
			g_string_append_printf(text, "%u%s,", i, long_name);
		g_string_append_printf(text, "%s\n", name);
		g_autoptr(VmfcTable) second = table_of(text->str);
		vmfc_columns_init(&columns);
		g_assert_true(vmfc_columns_add_run(&columns, first, &power, &error));
		gboolean is_good = vmfc_columns_add_run(&columns, second, &power, &error);
		g_assert_cmpint(is_good, ==, more == 0);
		g_assert_cmpint(is_good, ==, error == NULL);
		if (error != NULL)
			g_assert_nonnull(strstr(error->message, "take more than 256 KiB"));
		vmfc_columns_clear(&columns);
	}
}

/* Where each column of a run is in the set; only the same columns in the same order are the same.
 */
static void
test_origin(void)
{
	static const struct {
		const gchar *header;
		gint cells[4]; /* of the columns a, b, c and run of the features */
		gboolean is_same;
	} cases[] = {
		{"a,b,c,run\n", {0, 1, 2, 3}, TRUE},  {"b,a,c,run\n", {1, 0, 2, 3}, FALSE},
		{"a,b,run,c\n", {0, 1, 3, 2}, FALSE}, {"a,b,c\n", {0, 1, 2, -1}, FALSE},
		{"a,b\n", {0, 1, -1, -1}, FALSE},     {"run\n", {-1, -1, -1, 0}, FALSE},
	};
	const VmfcPower power = no_power();
	VmfcColumns columns;

	vmfc_columns_init(&columns);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcTable) table = table_of(cases[i].header);
		if (strstr(cases[i].header, "run") != NULL)
			g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE,
					      "*a column run, which is renamed to features_run*");
		g_assert_true(vmfc_columns_add_run(&columns, table, &power, NULL));
		g_test_assert_expected_messages();
	}
	g_assert_cmpuint(columns.names->len, ==, 4);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcTable) table = table_of(cases[i].header);
		VmfcOrigin origin;
		vmfc_columns_find_origin(&columns, table, &origin);
		g_test_message("case %u", i);
		g_assert_cmpint(origin.is_same, ==, cases[i].is_same);
		for (guint j = 0; j < 4; j++)
			g_assert_cmpint(origin.cells[j], ==, cases[i].cells[j]);
		vmfc_origin_clear(&origin);
	}
	vmfc_columns_clear(&columns);
}

/* What a running machine cannot have 0 of is not present if it always is 0; all else is. */
static void
test_never_present(void)
{
	static const struct {
		const gchar *name;
		gboolean is_counter;
	} cases[] = {
		{"cpu_cycles", TRUE},	      {"instructions", TRUE},
		{"cache_references", TRUE},   {"cache_misses", TRUE},
		{"branches", TRUE},	      {"branch_misses", TRUE},
		{"page_faults", TRUE},	      {"context_switches", TRUE},
		{"cache_miss_ratio", TRUE},   {"branch_miss_ratio", TRUE},
		{"cpu_utilization", FALSE},   {"instructions_per_cycle", TRUE},
		{"page_faults_major", FALSE},
	};
	const VmfcPower power = no_power();

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		/* the last row decides whether it is 0 in all */
		for (guint last = 0; last <= 1; last++) {
			g_autofree gchar *text = g_strdup_printf("%s,x\n0,\n,\n0.0,\n%u,\n",
								 cases[i].name, last);
			g_autoptr(VmfcTable) table = table_of(text);
			const VmfcTableRow *row;
			VmfcColumns columns;
			VmfcOrigin origin;
			vmfc_columns_init(&columns);
			g_assert_true(vmfc_columns_add_run(&columns, table, &power, NULL));
			vmfc_columns_find_origin(&columns, table, &origin);
			while (vmfc_table_reader_next(table, &row, NULL) && row != NULL)
				vmfc_columns_add_row(&columns, &origin, row);
			g_test_message("%s", text);
			g_assert_cmpint(vmfc_columns_is_never_present(&columns, 0), ==,
					cases[i].is_counter && last == 0);
			g_assert_cmpint(vmfc_columns_is_always_zero(&columns, 0), ==, last == 0);
			g_assert_true(vmfc_columns_is_never_present(&columns, 1));
			g_assert_false(vmfc_columns_is_always_zero(&columns, 1));
			g_assert_cmpuint(vmfc_columns_get_range(&columns, 0)->n_present, ==, 3);
			vmfc_origin_clear(&origin);
			vmfc_columns_clear(&columns);
		}
	}
}

/* The doubles next to each other are told apart, whatever the number of their digits. */
static void
test_near_extremes(void)
{
	static const gchar *const forms[] = {"%.17g", "%.20g", "%.16e"};
	const VmfcPower power = no_power();
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	for (guint i = 0; i < 600; i++) {
		gdouble one = g_rand_double_range(random, -1, 1) *
			      pow(10, g_rand_int_range(random, -9, 19));
		gdouble both[2] = {one, nextafter(one, i % 2 == 0 ? INFINITY : -INFINITY)};
		g_autoptr(GString) text = g_string_new("x\n");
		const VmfcTableRow *row;
		VmfcColumns columns;
		VmfcOrigin origin;
		for (guint j = 0; j < 2; j++) {
			gchar number[G_ASCII_DTOSTR_BUF_SIZE];
			g_ascii_formatd(number, sizeof number, forms[i % 3], both[j]);
			g_string_append_printf(text, "%s\n", number);
		}
		g_autoptr(VmfcTable) table = table_of(text->str);
		vmfc_columns_init(&columns);
		g_assert_true(vmfc_columns_add_run(&columns, table, &power, NULL));
		vmfc_columns_find_origin(&columns, table, &origin);
		while (vmfc_table_reader_next(table, &row, NULL) && row != NULL)
			vmfc_columns_add_row(&columns, &origin, row);
		const VmfcColumnRange *range = vmfc_columns_get_range(&columns, 0);
		g_test_message("%s", text->str);
		g_assert_cmpfloat(range->lowest, ==, MIN(both[0], both[1]));
		g_assert_cmpfloat(range->highest, ==, MAX(both[0], both[1]));
		vmfc_origin_clear(&origin);
		vmfc_columns_clear(&columns);
	}
}

/* The reason of a column is that of its state, else the one of most windows, the first of equals.
 */
static void
test_reason(void)
{
	static const struct {
		const gchar *json;
		const gchar *reason;
	} cases[] = {
		{"{}", NULL},
		{"{'reason': 'a'}", "a"},
		{"{'missing': []}", NULL},
		{"{'missing': [{'windows': 2, 'reason': 'b'}]}", "b"},
		{"{'missing': [{'windows': 0, 'reason': 'b'}]}", "b"},
		{"{'reason': 'a', 'missing': [{'windows': 2, 'reason': 'b'}]}", "a"},
		{"{'missing': [{'windows': 2, 'reason': 'b'}, {'windows': 3, 'reason': 'c'}, "
		 "{'windows': 1, 'reason': 'd'}]}",
		 "c"},
		{"{'missing': [{'windows': 3, 'reason': 'b'}, {'windows': 3, 'reason': 'c'}]}",
		 "b"},
		{"{'missing': [null, 5, {'reason': 'e'}, {'windows': 1, 'reason': 'c'}]}", "c"},
		{"{'missing': [{'windows': 9}, {'windows': 1, 'reason': 'c'}]}", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *text = g_strdelimit(g_strdup(cases[i].json), "'", '"');
		g_autoptr(JsonNode) node = json_from_string(text, NULL);
		VmfcColumnFacts *facts = vmfc_column_facts_new(json_node_get_object(node));
		g_test_message("%s", text);
		g_assert_cmpstr(facts->reason, ==, cases[i].reason);
		g_assert_null(facts->unit);
		vmfc_column_facts_free(facts);
	}
}

/* A text of a meta file is copied up to 1000 characters, of which some may have many bytes. */
static void
test_long_facts(void)
{
	for (guint n = 999; n <= 1001; n++) {
		g_autoptr(GString) text = g_string_new("{\"unit\": \"u\", \"description\": \"");
		for (guint i = 0; i < n; i++)
			g_string_append(text, i % 2 == 0 ? "x" : "\xc3\xa4");
		g_string_append(text, "\"}");
		g_autoptr(JsonNode) node = json_from_string(text->str, NULL);
		VmfcColumnFacts *facts = vmfc_column_facts_new(json_node_get_object(node));
		g_assert_true(g_utf8_validate(facts->description, -1, NULL));
		g_assert_cmpint(g_utf8_strlen(facts->description, -1), ==, MIN(n, 1000));
		g_assert_cmpstr(facts->unit, ==, "u");
		vmfc_column_facts_free(facts);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-columns/limit-of-columns", test_limit_of_columns);
	g_test_add_func("/merge-columns/limit-of-names", test_limit_of_names);
	g_test_add_func("/merge-columns/origin", test_origin);
	g_test_add_func("/merge-columns/never-present", test_never_present);
	g_test_add_func("/merge-columns/near-extremes", test_near_extremes);
	g_test_add_func("/merge-columns/reason", test_reason);
	g_test_add_func("/merge-columns/long-facts", test_long_facts);
	return g_test_run();
}
