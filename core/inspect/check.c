/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "inspect/check.h"

#include <unistd.h>

#include "base/host-info.h"
#include "inspect/plugin-check.h"
#include "inspect/list-commands.h"

/* The group of samplers for the bare-metal host, without sources in a virtual machine. */
#define HOST_GROUP "host"

/* From best to worst. */
typedef enum {
	GOOD,
	PARTLY_GOOD,
	BAD,
} Verdict;

typedef struct {
	GString *text;
	gboolean in_colour;
	gboolean is_virtual;	  /* this machine; FALSE for another one below --root */
	const VmfcPlugin *plugin; /* whose columns are reported */
	GPtrArray *selected;	  /* plugins that a run with these options would enable */
	GString *host_names;	  /* of plugins that only work on the host */
	gboolean is_good;	  /* all selected plugins work */
} Check;

/* ISO 6429: green, yellow, red. */
static void
append_verdict(Check *check, Verdict verdict, const gchar *words)
{
	static const gchar *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};

	if (check->in_colour)
		g_string_append_printf(check->text, "%s%s\033[0m", colours[verdict], words);
	else
		g_string_append(check->text, words);
}

/* Appends the verdict on a plugin. If the plugin is selected, it counts for the whole check. */
static void
append_plugin(Check *check, const VmfcPlugin *plugin, Verdict verdict, const gchar *words,
	      const gchar *more)
{
	g_string_append_printf(check->text, "%s: ", plugin->name);
	append_verdict(check, verdict, words);
	g_string_append_printf(check->text, "%s\n", more);
	if (verdict != GOOD && g_ptr_array_find(check->selected, plugin, NULL))
		check->is_good = FALSE;
}

static void
append_missing(const VmfcDeclaration *first, const gchar *names, gpointer user_data)
{
	const Check *check = user_data;
	GString *text = check->text;

	/* those that it derives from are reported where their own plugins are */
	if (!g_str_equal(first->plugin, check->plugin->name))
		return;
	g_string_append_printf(text, "    missing (%s): %s\n", vmfc_state_to_string(first->state),
			       names);
	if (first->reason != NULL)
		g_string_append_printf(text, "      why: %s\n", first->reason);
	if (first->remedy != NULL)
		g_string_append_printf(text, "      remedy: %s\n", first->remedy);
}

/* Whether none of the plugin's sources exists here. A source that exists but fails is different. */
static gboolean
is_unsupported(const VmfcPluginCheck *probe)
{
	gboolean nothing = probe->n_missing == probe->n_columns;

	for (guint i = 0; i < probe->n_columns && probe->error == NULL; i++)
		nothing &= vmfc_plugin_check_get_column(probe, i)->state == VMFC_STATE_UNSUPPORTED;
	return nothing;
}

/* Whether the plugin is for the host, this is a virtual machine, and it is not selected. */
static gboolean
is_expected_on_host_only(const Check *check, const VmfcPlugin *plugin)
{
	return check->is_virtual && g_strcmp0(plugin->group, HOST_GROUP) == 0 &&
	       !g_ptr_array_find(check->selected, plugin, NULL);
}

/* Whether the user did not request the plugin, and did not set the options that it requires.
 */
static gboolean
lacks_options(const Check *check, const VmfcPluginCheck *probe)
{
	return g_error_matches(probe->error, VMFC_ERROR, VMFC_ERROR_USAGE) &&
	       !g_ptr_array_find(check->selected, probe->context->plugin, NULL);
}

/* What a plugin that derives says of its columns: how it would do that here. */
static void
append_facts(Check *check, const VmfcPluginCheck *probe)
{
	for (guint i = 0; i < probe->n_columns; i++) {
		const VmfcDeclaration *declaration = vmfc_plugin_check_get_column(probe, i);
		const GPtrArray *facts = declaration->facts;
		if (facts->len > 0)
			g_string_append_printf(check->text, "    %s:\n", declaration->column.name);
		for (guint k = 0; k < facts->len; k += 2)
			g_string_append_printf(check->text, "      %s: %s\n",
					       (const gchar *)facts->pdata[k],
					       (const gchar *)facts->pdata[k + 1]);
	}
}

static void
append_sampler(Check *check, const VmfcPlugin *plugin, const VmfcOptions *options)
{
	g_autoptr(VmfcPluginCheck) probe = vmfc_plugin_check_new(plugin, options, NULL, TRUE);
	guint n_columns = probe->n_columns;

	if (is_expected_on_host_only(check, plugin) && is_unsupported(probe)) {
		g_string_append_printf(check->host_names, "%s%s",
				       check->host_names->len > 0 ? ", " : "", plugin->name);
		return;
	}
	if (probe->error != NULL) {
		g_autofree gchar *why = g_strconcat(": ", probe->error->message, NULL);
		if (lacks_options(check, probe))
			append_plugin(check, plugin, PARTLY_GOOD, "not set up", why);
		else
			append_plugin(check, plugin, BAD, "does NOT work", why);
		return;
	}
	g_autofree gchar *counts = g_strdup_printf(", %u of %u columns",
						   n_columns - probe->n_missing, n_columns);
	if (probe->n_missing == 0)
		append_plugin(check, plugin, GOOD, "ok", counts);
	else if (probe->n_missing < n_columns)
		append_plugin(check, plugin, PARTLY_GOOD, "works in part", counts);
	else
		append_plugin(check, plugin, BAD, "does NOT work", counts);
	check->plugin = plugin;
	vmfc_schema_foreach_missing(probe->schema, append_missing, check);
	if (probe->others->len > 0)
		append_facts(check, probe);
}

static void
append_samplers(Check *check, VmfcRegistry *registry, const VmfcOptions *options)
{
	g_autoptr(GPtrArray) samplers = vmfc_list_samplers(registry);

	for (guint i = 0; i < samplers->len; i++)
		append_sampler(check, samplers->pdata[i], options);
	if (check->host_names->len > 0)
		g_string_append_printf(
			check->text,
			"%s: for the bare-metal host: their sources do not exist in "
			"a virtual machine (for details: --check --plugins " HOST_GROUP ")\n",
			check->host_names->str);
	if (samplers->len > 0)
		return;
	check->is_good = FALSE;
	g_string_append(check->text,
			"samplers: NONE found\n    remedy: install vmfc again, or name "
			"their folder with --plugin-path\n");
}

static void
append_workloads(Check *check, VmfcRegistry *registry, const VmfcOptions *options)
{
	g_autoptr(GPtrArray) plugins = vmfc_registry_list_workloads(registry);

	for (guint i = 0; i < plugins->len; i++) {
		const VmfcPlugin *plugin = plugins->pdata[i];
		g_autoptr(VmfcPluginCheck) probe = vmfc_plugin_check_new(plugin, options, NULL,
									 TRUE);
		g_autofree gchar *why = probe->error != NULL
						? g_strconcat(": ", probe->error->message, NULL)
						: g_strdup("");
		append_plugin(check, plugin, probe->error == NULL ? GOOD : BAD,
			      probe->error == NULL ? "ok" : "does NOT work", why);
	}
}

static void
append_output(Check *check, const VmfcOptions *options)
{
	g_autofree gchar *folder = g_path_get_dirname(options->output);
	g_autofree gchar *existing = g_strdup(folder);

	if (options->is_stream)
		return;
	while (!g_file_test(existing, G_FILE_TEST_EXISTS)) {
		gchar *parent = g_path_get_dirname(existing);
		g_free(existing);
		existing = parent;
	}
	g_string_append(check->text, "output: ");
	if (g_file_test(existing, G_FILE_TEST_IS_DIR) && access(existing, W_OK) == 0) {
		append_verdict(check, GOOD, "ok");
		g_string_append_printf(check->text, ", files go into %s\n", folder);
		return;
	}
	check->is_good = FALSE;
	append_verdict(check, BAD, "NOT ok");
	g_string_append_printf(check->text,
			       ", %s cannot be written\n    remedy: choose another place with "
			       "--output\n",
			       existing);
}

static void
append_refused(Check *check, VmfcRegistry *registry)
{
	const GPtrArray *entries = vmfc_registry_get_entries(registry);

	for (guint i = 0; i < entries->len; i++) {
		const VmfcRegistryEntry *entry = entries->pdata[i];
		if (entry->refusal == NULL)
			continue;
		g_string_append_printf(check->text, "%s: ", entry->name);
		append_verdict(check, BAD, "does NOT work");
		g_string_append_printf(check->text, ": %s\n", entry->refusal->message);
	}
}

static void
append_machine(Check *check, const VmfcHostInfo *machine)
{
	g_string_append_printf(check->text,
			       "machine: %s, %s, Linux %s %s, %ld CPUs (%s)\n"
			       "hypervisor: %s, container: %s, clock source: %s\n",
			       machine->hostname, machine->os, machine->kernel,
			       machine->architecture, machine->n_cpus, machine->cpu_model,
			       machine->hypervisor, machine->container, machine->clock_source);
}

/*
 * @is_good: (out): whether all plugins work that a run with these options would enable
 *
 * Returns: (transfer full): %NULL with @error set if --plugins names an unknown plugin
 */
gchar *
vmfc_check_report(VmfcRegistry *registry, const VmfcOptions *options, gboolean *is_good,
		  GError **error)
{
	g_autoptr(GPtrArray) selected = vmfc_registry_select(registry, options->plugins, error);
	g_autoptr(VmfcHostInfo) machine = vmfc_host_info_new(options->root);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) host_names = g_string_new(NULL);

	if (selected == NULL)
		return NULL;
	const gchar *no_colour = g_getenv("NO_COLOR");
	Check check = {
		.text = text,
		.in_colour = isatty(STDOUT_FILENO) != 0 &&
			     (no_colour == NULL || no_colour[0] == '\0'),
		.is_virtual = g_str_equal(options->root, "/") &&
			      !g_str_has_prefix(machine->hypervisor, "unknown"),
		.selected = selected,
		.host_names = host_names,
		.is_good = TRUE,
	};
	append_machine(&check, machine);
	append_samplers(&check, registry, options);
	append_workloads(&check, registry, options);
	append_refused(&check, registry);
	append_output(&check, options);
	*is_good = check.is_good;
	return g_string_free(g_steal_pointer(&text), FALSE);
}
