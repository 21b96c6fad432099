/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The words of columns, and which of those that are missing belong together. */

#include "record/schema.h"

#include "record/column-words.h"

typedef struct {
	const gchar *plugin;
	const gchar *name;
	gboolean hidden;
	VmfcState state;
	const gchar *reason;
} Column;

static void
note_missing(const VmfcDeclaration *first, const gchar *names, gpointer user_data)
{
	g_string_append_printf(user_data, "%s %s: %s; ", first->plugin,
			       first->reason != NULL ? first->reason : "?", names);
}

/* One warning for each plugin, state and reason, with all of their columns. */
static void
test_missing(void)
{
	static const Column columns[] = {
		{"cpu", "a", FALSE, VMFC_STATE_OK, NULL},
		{"perf", "b", FALSE, VMFC_STATE_DENIED, "locked"},
		{"perf", "c", FALSE, VMFC_STATE_UNSUPPORTED, "locked"},
		{"perf", "d", FALSE, VMFC_STATE_DENIED, "locked"},
		{"perf", "e", FALSE, VMFC_STATE_MULTIPLEXED, "shared"},
		{"disk", "f", FALSE, VMFC_STATE_DENIED, "locked"},
		{"disk", "g", FALSE, VMFC_STATE_DENIED, "gone"},
		{"disk", "h", TRUE, VMFC_STATE_DENIED, "gone"},
		{"disk", "i", FALSE, VMFC_STATE_DENIED, "gone"},
		{"net", "j", FALSE, VMFC_STATE_IMPLAUSIBLE, NULL},
		{"net", "k", FALSE, VMFC_STATE_OK, "locked"},
		{"net", "l", FALSE, VMFC_STATE_IMPLAUSIBLE, NULL},
		{"perf", "m", FALSE, VMFC_STATE_DENIED, "locked"},
	};
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	g_autoptr(GString) said = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
		const VmfcColumn column = {.name = columns[i].name, .hidden = columns[i].hidden};
		VmfcDeclaration *declaration = vmfc_schema_add(schema, columns[i].plugin, &column,
							       NULL);
		vmfc_declaration_set_state(declaration, columns[i].state, columns[i].reason, NULL);
	}
	vmfc_schema_freeze(schema);
	vmfc_schema_foreach_missing(schema, note_missing, said);
	g_assert_cmpstr(said->str, ==,
			"perf locked: b, d, m; perf locked: c; disk locked: f; disk gone: g, i; "
			"net ?: j, l; ");
}

/* A state is the same only if its reason and its remedy are. */
static void
test_state(void)
{
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	const VmfcColumn column = {.name = "a"};
	VmfcDeclaration *declaration = vmfc_schema_add(schema, "cpu", &column, NULL);
	const gchar *reason = "";

	vmfc_schema_freeze(schema);
	g_assert_cmpint(vmfc_schema_get_state(schema, 0, &reason), ==, VMFC_STATE_OK);
	g_assert_null(reason);
	g_assert_cmpstr(declaration->column.unit, ==, "");
	vmfc_declaration_set_state(declaration, VMFC_STATE_DENIED, "locked", "unlock it");
	g_assert_cmpint(vmfc_schema_get_state(schema, 0, &reason), ==, VMFC_STATE_DENIED);
	g_assert_cmpstr(reason, ==, "locked");
	g_assert_cmpstr(declaration->remedy, ==, "unlock it");
	g_assert_true(
		vmfc_declaration_has_state(declaration, VMFC_STATE_DENIED, "locked", "unlock it"));
	g_assert_false(vmfc_declaration_has_state(declaration, VMFC_STATE_DENIED, "locked", NULL));
	g_assert_false(
		vmfc_declaration_has_state(declaration, VMFC_STATE_DENIED, "lost", "unlock it"));
	g_assert_false(
		vmfc_declaration_has_state(declaration, VMFC_STATE_OK, "locked", "unlock it"));
	vmfc_declaration_set_state(declaration, VMFC_STATE_OK, NULL, NULL);
	g_assert_cmpint(vmfc_schema_get_state(schema, 0, &reason), ==, VMFC_STATE_OK);
	g_assert_null(reason);
	g_assert_null(declaration->remedy);
}

/* Hidden columns come last, and all others keep their order; each string has its own place. */
static void
test_freeze(void)
{
	static const VmfcColumn columns[] = {
		{.name = "a", .type = VMFC_TYPE_STRING, .hidden = TRUE},
		{.name = "b", .type = VMFC_TYPE_STRING, .kind = VMFC_KIND_LABEL},
		{.name = "c", .type = VMFC_TYPE_INT, .kind = VMFC_KIND_COUNTER, .hidden = TRUE},
		{.name = "d", .type = VMFC_TYPE_INT},
		{.name = "e", .type = VMFC_TYPE_STRING},
	};
	static const gchar *const order[] = {"b", "d", "e", "a", "c"};
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();

	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		vmfc_schema_add(schema, "test", &columns[i], NULL);
	vmfc_schema_freeze(schema);
	g_assert_cmpuint(vmfc_schema_get_n_columns(schema), ==, 3);
	g_assert_cmpuint(vmfc_schema_get_n_cells(schema), ==, 5);
	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		const VmfcDeclaration *declaration = vmfc_schema_get_declaration(schema, i);
		g_assert_cmpstr(declaration->column.name, ==, order[i]);
		g_assert_true(vmfc_schema_find(schema, order[i]) == declaration);
		g_assert_cmpuint(declaration->index, ==, i);
		g_assert_cmpuint(schema->traits[i].type, ==, declaration->column.type);
		g_assert_cmpuint(schema->traits[i].kind, ==, declaration->column.kind);
		g_assert_cmpuint(schema->traits[i].string_slot, ==, declaration->string_slot);
	}
	g_assert_cmpuint(schema->n_strings, ==, 3);
	g_assert_cmpuint(schema->traits[0].string_slot, ==, 1);
	g_assert_cmpuint(schema->traits[2].string_slot, ==, 2);
	g_assert_cmpuint(schema->traits[3].string_slot, ==, 0);
	g_assert_null(vmfc_schema_find(schema, "f"));
}

/* The words of meta files, which other programs read. */
static void
test_words(void)
{
	static const gchar *const kinds[] = {"gauge", "counter", "label"};
	static const gchar *const types[] = {"int", "float", "bool", "string", "strings"};
	static const VmfcKind kind_values[] = {VMFC_KIND_GAUGE, VMFC_KIND_COUNTER, VMFC_KIND_LABEL};
	static const VmfcType type_values[] = {VMFC_TYPE_INT, VMFC_TYPE_FLOAT, VMFC_TYPE_BOOL,
					       VMFC_TYPE_STRING, VMFC_TYPE_STRINGS};
	static const struct {
		VmfcState state;
		const gchar *word;
		gboolean is_missing;
	} states[] = {
		{VMFC_STATE_OK, "ok", FALSE},
		{VMFC_STATE_MULTIPLEXED, "multiplexed", FALSE},
		{VMFC_STATE_UNSUPPORTED, "unsupported", TRUE},
		{VMFC_STATE_DENIED, "denied", TRUE},
		{VMFC_STATE_IMPLAUSIBLE, "implausible", TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_assert_cmpstr(vmfc_kind_to_string(kind_values[i]), ==, kinds[i]);
		g_assert_cmpint(vmfc_kind_from_string(kinds[i]), ==, kind_values[i]);
	}
	g_assert_cmpint(vmfc_kind_from_string("meter"), ==, VMFC_KIND_GAUGE);
	g_assert_cmpint(vmfc_kind_from_string(NULL), ==, VMFC_KIND_GAUGE);
	for (guint i = 0; i < G_N_ELEMENTS(types); i++)
		g_assert_cmpstr(vmfc_type_to_string(type_values[i]), ==, types[i]);
	for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
		const VmfcDeclaration declaration = {.state = states[i].state};
		g_assert_cmpstr(vmfc_state_to_string(states[i].state), ==, states[i].word);
		g_assert_cmpint(vmfc_declaration_is_missing(&declaration), ==,
				states[i].is_missing);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/schema/missing", test_missing);
	g_test_add_func("/schema/state", test_state);
	g_test_add_func("/schema/freeze", test_freeze);
	g_test_add_func("/schema/words", test_words);
	return g_test_run();
}
