/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/training-input.h"

#include <math.h>

#include "base/file-hash.h"
#include "output/run-files.h"
#include "rows/column-role.h"
#include "rows/power-column.h"

/* That of a thousand runs with 100 columns has 2 MiB. */
#define MAX_META_SIZE ((gsize)64 << 20)

/* ----------------------------------------------------------------- meta */

/* Whether it describes the columns of the file, as that of the same merge or run does. */
static gboolean
describes(JsonObject *meta, const VmfcTable *table)
{
	const gchar *generator = vmfc_document_get_string(meta, "generator");
	JsonArray *columns = vmfc_document_get_array(meta, "columns");

	if ((g_strcmp0(generator, "vmfc merge") != 0 && g_strcmp0(generator, "vmfc") != 0) ||
	    columns == NULL || json_array_get_length(columns) != table->columns->len)
		return FALSE;
	for (guint i = 0; i < json_array_get_length(columns); i++) {
		JsonNode *node = json_array_get_element(columns, i);
		const gchar *name = JSON_NODE_HOLDS_OBJECT(node)
					    ? vmfc_document_get_string(json_node_get_object(node),
								       "name")
					    : NULL;
		if (name == NULL || vmfc_table_find(table, name) < 0)
			return FALSE;
	}
	return TRUE;
}

static JsonNode *
read_meta(const gchar *path, const VmfcTable *table)
{
	static const gchar *const extensions[] = {
		".train.json", ".test.json", ".train.csv", ".test.csv", ".train.jsonl",
		".test.jsonl", ".json",	     ".jsonl",	   ".csv",	NULL};
	g_autoptr(VmfcRunFiles) files = vmfc_run_files_new(path, extensions, 0);
	const gchar *meta_path = vmfc_run_files_get_meta(files);
	g_autoptr(GError) error = NULL;

	if (!g_file_test(meta_path, G_FILE_TEST_EXISTS))
		return NULL;
	g_autoptr(JsonNode) root = vmfc_document_read(meta_path, MAX_META_SIZE, &error);
	if (root != NULL && JSON_NODE_HOLDS_OBJECT(root) &&
	    describes(json_node_get_object(root), table))
		return g_steal_pointer(&root);
	g_warning("%s is not used, and the columns of %s are known by their names alone: %s",
		  meta_path, path,
		  error != NULL ? error->message : "it does not describe the columns of that file");
	return NULL;
}

/* Returns: (transfer none) (nullable): what the meta file says of the column */
JsonObject *
vmfc_training_input_find_column(const VmfcTrainingInput *input, const gchar *name)
{
	JsonArray *columns = input->meta != NULL
				     ? vmfc_document_get_array(json_node_get_object(input->meta),
							       "columns")
				     : NULL;

	for (guint i = 0; columns != NULL && i < json_array_get_length(columns); i++) {
		JsonObject *column = json_array_get_object_element(columns, i);
		if (g_strcmp0(vmfc_document_get_string(column, "name"), name) == 0)
			return column;
	}
	return NULL;
}

/* Returns: (nullable): the machine of a recorded file, or of the only run of a training set */
static JsonObject *
find_machine(const VmfcTrainingInput *input)
{
	JsonObject *root = input->meta != NULL ? json_node_get_object(input->meta) : NULL;
	JsonArray *runs = root != NULL ? vmfc_document_get_array(root, "runs") : NULL;

	if (root == NULL || runs == NULL)
		return root != NULL ? vmfc_document_get_object(root, "machine") : NULL;
	JsonNode *node = json_array_get_length(runs) == 1 ? json_array_get_element(runs, 0) : NULL;
	JsonObject *features = node != NULL && JSON_NODE_HOLDS_OBJECT(node)
				       ? vmfc_document_get_object(json_node_get_object(node),
								  "features")
				       : NULL;
	return features != NULL ? vmfc_document_get_object(features, "machine") : NULL;
}

/*
 * What the meta file says of the machine that the rows are of.
 *
 * @machine: (out): borrowed
 * @n_cpus: (out): 0: it is not known
 */
void
vmfc_training_input_find_machine(const VmfcTrainingInput *input, VmfcModelMachine *machine,
				 gint64 *n_cpus)
{
	JsonObject *found = find_machine(input);
	gdouble cpus;

	*machine = (VmfcModelMachine){0};
	*n_cpus = 0;
	if (found == NULL)
		return;
	machine->cpu_model = vmfc_document_get_string(found, "cpu_model");
	machine->architecture = vmfc_document_get_string(found, "architecture");
	machine->hypervisor = vmfc_document_get_string(found, "hypervisor");
	if (vmfc_document_get_number(found, "cpus", &cpus) && cpus >= 1 && cpus <= G_MAXINT32)
		*n_cpus = (gint64)cpus;
}

/* Returns: (nullable): that of the meta file, or of a column that vmfc knows by its name */
const gchar *
vmfc_training_input_get_unit(const VmfcTrainingInput *input, const gchar *name)
{
	JsonObject *column = vmfc_training_input_find_column(input, name);
	const VmfcKnownColumn *known = vmfc_known_column_find(name);

	if (column != NULL)
		return vmfc_document_get_string(column, "unit");
	return known != NULL ? known->unit : NULL;
}

/*
 * Returns: "counter" or "gauge" of a column that a model may see; %NULL with the reason why it may
 *   not in @error
 */
const gchar *
vmfc_training_input_get_kind(const VmfcTrainingInput *input, const gchar *name, GError **error)
{
	JsonObject *column = vmfc_training_input_find_column(input, name);
	const VmfcKnownColumn *known = vmfc_known_column_find(name);
	const gchar *unit = vmfc_training_input_get_unit(input, name);
	const gchar *kind = column != NULL  ? vmfc_document_get_string(column, "kind")
			    : known != NULL ? known->kind
					    : "gauge";
	const gchar *role = column != NULL ? vmfc_document_get_string(column, "role") : NULL;

	/* a recorded file has none */
	if (role == NULL)
		role = vmfc_role_to_string(
			vmfc_role_find(name, unit, kind != NULL ? kind : "gauge", FALSE));
	if (g_str_has_prefix(name, VMFC_POWER_LABEL_PREFIX) || g_str_equal(name, "time_diff"))
		role = "label";
	if (g_strcmp0(role, "feature") == 0)
		return g_strcmp0(kind, "counter") == 0 ? "counter" : "gauge";
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--features names %s, which is not a feature but %s: a model that saw it would "
		    "learn nothing that is true elsewhere",
		    name,
		    g_strcmp0(role, "time") == 0       ? "a time"
		    : g_strcmp0(role, "workload") == 0 ? "what says which workload ran"
		    : g_strcmp0(role, "label") == 0    ? "a label"
						       : "power or an estimate of it");
	return NULL;
}

/* ---------------------------------------------------------------- files */

VmfcTrainingInput *
vmfc_training_input_open(const gchar *path, GError **error)
{
	g_autoptr(VmfcTrainingInput) input = g_new0(VmfcTrainingInput, 1);

	input->newest = NAN;
	input->table = vmfc_table_reader_open(path, error);
	if (input->table == NULL)
		return NULL;
	input->name = g_path_get_basename(path);
	input->sha256 = vmfc_file_hash(input->table->source->fd, path, error);
	if (input->sha256 == NULL)
		return NULL;
	/* without a time the rows are as old as their order says */
	input->has_clock = vmfc_row_clock_init(&input->clock, input->table, NULL);
	input->meta = read_meta(path, input->table);
	return vmfc_table_reader_rewind(input->table, error) ? g_steal_pointer(&input) : NULL;
}

void
vmfc_training_input_free(VmfcTrainingInput *input)
{
	g_clear_pointer(&input->table, vmfc_table_free);
	g_clear_pointer(&input->meta, json_node_unref);
	g_free(input->name);
	g_free(input->sha256);
	g_free(input);
}
