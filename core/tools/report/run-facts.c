/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/run-facts.h"

#include <string.h>

#include "base/document.h"
#include "output/output-name.h"
#include "rows/column-role.h"
#include "rows/power-column.h"
#include "tools/report/markup.h"

/* @path: of the rows. Returns: (transfer full): where their meta file is, if they have one */
gchar *
vmfc_run_facts_build_path(const gchar *path)
{
	static const gchar *const extensions[] = {".json", ".jsonl", ".csv", NULL};
	g_autofree gchar *base = vmfc_output_name_strip(path, extensions);

	return g_strconcat(base, ".meta.json", NULL);
}

/* @path: of the rows */
void
vmfc_run_facts_init(VmfcRunFacts *facts, const gchar *path)
{
	*facts = (VmfcRunFacts){.path = vmfc_run_facts_build_path(path)};
	facts->columns = g_hash_table_new(g_str_hash, g_str_equal);
}

void
vmfc_run_facts_clear(VmfcRunFacts *facts)
{
	g_free(facts->path);
	g_free(facts->reason);
	g_clear_pointer(&facts->columns, g_hash_table_unref);
	g_clear_pointer(&facts->root, json_node_unref);
}

static void
list_columns(VmfcRunFacts *facts, JsonObject *root)
{
	JsonArray *columns = vmfc_document_get_array(root, "columns");

	for (guint i = 0; columns != NULL && i < json_array_get_length(columns); i++) {
		JsonNode *node = json_array_get_element(columns, i);
		if (!JSON_NODE_HOLDS_OBJECT(node))
			continue;
		JsonObject *column = json_node_get_object(node);
		const gchar *name = vmfc_document_get_string(column, "name");
		if (name != NULL)
			g_hash_table_insert(facts->columns, (gpointer)name, column);
	}
}

/* @root: (transfer full) (nullable) */
void
vmfc_run_facts_take(VmfcRunFacts *facts, JsonNode *root)
{
	if (root == NULL)
		return;
	facts->root = root;
	if (JSON_NODE_HOLDS_OBJECT(root))
		list_columns(facts, json_node_get_object(root));
}

/* @reason: (nullable): why the meta file is not used, if there is one */
void
vmfc_run_facts_refuse(VmfcRunFacts *facts, const gchar *reason)
{
	if (reason != NULL && g_file_test(facts->path, G_FILE_TEST_EXISTS))
		facts->reason = g_strdup(reason);
}

/* Returns: (nullable) */
JsonObject *
vmfc_run_facts_get_root(const VmfcRunFacts *facts)
{
	return facts->root != NULL && JSON_NODE_HOLDS_OBJECT(facts->root)
		       ? json_node_get_object(facts->root)
		       : NULL;
}

static const gchar *
get_text(JsonObject *object, const gchar *key)
{
	const gchar *text = vmfc_document_get_string(object, key);
	return text != NULL ? text : "";
}

/* Without a meta file, unit and kind follow from the names of vmfc's columns. */
VmfcColumnFact
vmfc_run_facts_find_column(const VmfcRunFacts *facts, const gchar *name)
{
	JsonObject *column = g_hash_table_lookup(facts->columns, name);
	const VmfcKnownColumn *known = column == NULL ? vmfc_known_column_find(name) : NULL;
	VmfcColumnFact fact = {"", "", "", ""};

	if (known != NULL) {
		fact.unit = known->unit;
		fact.kind = known->kind;
	} else if (column == NULL && vmfc_power_is_watts(name)) {
		fact.unit = "W";
		fact.kind = "gauge";
	} else if (column != NULL) {
		fact.unit = get_text(column, "unit");
		fact.kind = get_text(column, "kind");
		fact.state = get_text(column, "state");
		fact.reason = get_text(column, "reason");
	}
	return fact;
}

static void
add_member(VmfcSection *section, const gchar *name, JsonObject *object, const gchar *key)
{
	if (object != NULL)
		vmfc_section_add_fact(section, name, vmfc_document_get_string(object, key));
}

static void
add_number(VmfcSection *section, const gchar *name, JsonObject *object, const gchar *key,
	   const gchar *unit)
{
	g_autoptr(GString) text = g_string_new(NULL);
	gdouble value;

	if (object == NULL || !vmfc_document_get_number(object, key, &value))
		return;
	vmfc_markup_append_number(text, value, 10);
	g_string_append(text, unit);
	vmfc_section_add_fact(section, name, text->str);
}

static gboolean
needs_quotes(const gchar *word)
{
	for (const gchar *p = word; *p != '\0'; p++) {
		if (!g_ascii_isalnum(*p) && strchr("_@%+=:,./-", *p) == NULL)
			return TRUE;
	}
	return *word == '\0';
}

static void
add_command_line(VmfcSection *section, JsonObject *root)
{
	JsonArray *words = vmfc_document_get_array(root, "command_line");
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; words != NULL && i < json_array_get_length(words); i++) {
		JsonNode *node = json_array_get_element(words, i);
		if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
			continue;
		const gchar *word = json_node_get_string(node);
		g_autofree gchar *quoted = needs_quotes(word) ? g_shell_quote(word)
							      : g_strdup(word);
		g_string_append_printf(text, "%s%s", i > 0 ? " " : "", quoted);
	}
	vmfc_section_add_fact(section, "Command line", text->str);
}

/* The machine, versions and command line. */
void
vmfc_run_facts_describe(const VmfcRunFacts *facts, VmfcSection *section)
{
	JsonObject *root = vmfc_run_facts_get_root(facts);

	if (root == NULL)
		return;
	JsonObject *machine = vmfc_document_get_object(root, "machine");
	add_member(section, "Host", machine, "host");
	add_member(section, "CPU model", machine, "cpu_model");
	add_number(section, "CPUs", machine, "cpus", "");
	add_member(section, "Hypervisor", machine, "hypervisor");
	add_member(section, "Container", machine, "container");
	add_member(section, "Operating system", machine, "os");
	add_member(section, "Kernel", machine, "kernel");
	add_member(section, "Architecture", machine, "architecture");
	add_member(section, "Clock source", machine, "clock_source");
	add_member(section, "Recorded by", root, "generator");
	add_member(section, "Version", root, "version");
	add_number(section, "Interval", root, "interval", " s");
	add_number(section, "Seed", root, "seed", "");
	add_command_line(section, root);
}
