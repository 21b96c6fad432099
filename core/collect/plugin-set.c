/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/plugin-set.h"

#include "base/nearest.h"
#include "workload/workload-list.h"

/* A plugin with the options that the user gave it. */
VmfcContext *
vmfc_instance_new(VmfcCore *core, const VmfcPlugin *plugin, const VmfcOptions *options,
		  GError **error)
{
	g_autoptr(VmfcContext) context = vmfc_context_new(core, plugin);

	/* the config file's come first in the list, so that the command line wins */
	for (guint i = 0; i < options->settings->len; i++) {
		const VmfcSetting *setting = options->settings->pdata[i];
		if (!g_str_equal(setting->plugin, plugin->name))
			continue;
		if (!vmfc_context_set_option(context, setting->name, setting->value, error))
			return NULL;
	}
	return g_steal_pointer(&context);
}

static gboolean
add_plugin(VmfcPluginSet *instances, VmfcCore *core, const VmfcPlugin *plugin,
	   const VmfcOptions *options, GError **error)
{
	VmfcContext *context = vmfc_instance_new(core, plugin, options, error);
	if (context == NULL)
		return FALSE;
	g_ptr_array_add(plugin->sampler != NULL ? instances->samplers : instances->sinks, context);
	return TRUE;
}

static void
set_unknown_format(const gchar *name, GError **error)
{
	static const gchar *const formats[] = {"json", "jsonl", "csv"};
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
		vmfc_nearest_try(&nearest, formats[i]);
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(
		error, VMFC_ERROR, VMFC_ERROR_USAGE,
		"--format: '%s' is no format%s; known are json, jsonl, csv and other sinks that "
		"--list-plugins shows",
		name, hint);
}

/* The sinks that --format names, besides those that --plugins names. */
static gboolean
add_formats(VmfcPluginSet *instances, VmfcCore *core, VmfcRegistry *registry,
	    const VmfcOptions *options, GError **error)
{
	g_auto(GStrv) formats = g_strsplit(options->format, ",", -1);

	if (formats[0] == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--format is empty; known are json, jsonl and csv");
		return FALSE;
	}
	for (guint i = 0; formats[i] != NULL; i++) {
		const gchar *name = g_strstrip(formats[i]);
		g_autoptr(GError) reason = NULL;
		const VmfcPlugin *plugin = vmfc_registry_lookup(registry, name, &reason);
		gboolean taken = FALSE;
		if (plugin == NULL && vmfc_registry_has(registry, name)) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return FALSE;
		}
		if (plugin == NULL || plugin->sink == NULL) {
			set_unknown_format(name, error);
			return FALSE;
		}
		for (guint j = 0; j < instances->sinks->len; j++)
			taken |= ((VmfcContext *)instances->sinks->pdata[j])->plugin == plugin;
		if (!taken && !add_plugin(instances, core, plugin, options, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
takes_part(const GPtrArray *contexts, const gchar *name)
{
	for (guint i = 0; i < contexts->len; i++) {
		const VmfcContext *context = contexts->pdata[i];
		if (g_str_equal(context->plugin->name, name))
			return TRUE;
	}
	return FALSE;
}

/* Whether an option of vmfc that stands for options of several plugins is of use to one of them. */
static gboolean
serves_another(const VmfcPluginSet *instances, const VmfcOptions *options,
	       const VmfcSetting *setting)
{
	for (guint i = 0; setting->is_alias && i < options->settings->len; i++) {
		const VmfcSetting *other = options->settings->pdata[i];
		if (other->is_alias && g_str_equal(other->given, setting->given) &&
		    takes_part(instances->samplers, other->plugin))
			return TRUE;
	}
	return FALSE;
}

/* A setting that nobody uses is a mistake; the config file may serve several kinds of runs. */
static gboolean
check_settings(const VmfcPluginSet *instances, VmfcRegistry *registry, const VmfcOptions *options,
	       GError **error)
{
	for (guint i = 0; i < options->settings->len; i++) {
		const VmfcSetting *setting = options->settings->pdata[i];
		if (takes_part(instances->samplers, setting->plugin) ||
		    vmfc_workload_runner_take_part(instances->workloads, setting->plugin) ||
		    takes_part(instances->sinks, setting->plugin) ||
		    serves_another(instances, options, setting))
			continue;
		const VmfcPlugin *plugin = vmfc_registry_lookup(registry, setting->plugin, error);
		if (plugin == NULL)
			return FALSE;
		if (setting->from_config)
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "%s: %s.%s is set, but plugin %s does not take part; name %s",
			    setting->given, setting->plugin, setting->name, setting->plugin,
			    plugin->workload != NULL ? "one of its workloads in --stress-workload"
						     : "it in --plugins");
		return FALSE;
	}
	return TRUE;
}

/* Returns: (transfer full): the one workload that a plugin offers */
static gchar *
name_workload(const VmfcPlugin *plugin, const VmfcOptions *options, GError **error)
{
	g_autoptr(GPtrArray) offers = vmfc_workload_list_new_for_plugin(plugin, options, error);

	if (offers == NULL)
		return NULL;
	if (offers->len == 1)
		return g_strdup(((const VmfcWorkloadEntry *)offers->pdata[0])->name);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "plugin %s offers %u workloads: name one of them in --stress-workload; "
		    "--list-workloads shows them",
		    plugin->name, offers->len);
	return NULL;
}

/*
 * A workload can be named among the plugins as well, and runs all the time then.
 *
 * Returns: (transfer full): the sequence that was asked for; %NULL with @error set
 */
static gchar *
choose_workload(const VmfcOptions *options, const GPtrArray *plugins, GError **error)
{
	g_autofree gchar *workload = g_strdup(options->workload);

	for (guint i = 0; i < plugins->len; i++) {
		const VmfcPlugin *plugin = plugins->pdata[i];
		if (plugin->workload == NULL)
			continue;
		if (workload != NULL) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "'%s' and '%s' are both to be the workload: name all that is "
				    "to run in --stress-workload, separated by commas",
				    workload, plugin->name);
			return NULL;
		}
		workload = name_workload(plugin, options, error);
		if (workload == NULL)
			return NULL;
	}
	return workload != NULL ? g_steal_pointer(&workload) : g_strdup("none");
}

VmfcPluginSet *
vmfc_plugin_set_new(VmfcCore *core, VmfcRegistry *registry, const VmfcOptions *options,
		    GError **error)
{
	g_autoptr(VmfcPluginSet) instances = g_new0(VmfcPluginSet, 1);
	GDestroyNotify free_context = (GDestroyNotify)vmfc_context_free;
	instances->samplers = g_ptr_array_new_with_free_func(free_context);
	instances->sinks = g_ptr_array_new_with_free_func(free_context);

	g_autoptr(GPtrArray) plugins = vmfc_registry_select(registry, options->plugins, error);
	if (plugins == NULL)
		return NULL; /* NOLINT(clang-analyzer-unix.Malloc): g_autoptr frees it */
	for (guint i = 0; i < plugins->len; i++) {
		const VmfcPlugin *plugin = plugins->pdata[i];
		if (plugin->workload == NULL &&
		    !add_plugin(instances, core, plugin, options, error))
			return NULL;
	}
	g_autofree gchar *workload = choose_workload(options, plugins, error);
	if (workload == NULL)
		return NULL;
	instances->workloads = vmfc_workload_runner_new(core, registry, options, workload, error);
	if (instances->workloads == NULL ||
	    !add_formats(instances, core, registry, options, error) ||
	    !check_settings(instances, registry, options, error))
		return NULL;
	if (instances->samplers->len == 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--plugins '%s' names no sampler, so there is nothing to collect; "
			    "--list-plugins shows them",
			    options->plugins);
		return NULL;
	}
	return g_steal_pointer(&instances);
}

void
vmfc_plugin_set_free(VmfcPluginSet *instances)
{
	g_clear_pointer(&instances->workloads, vmfc_workload_runner_free);
	g_ptr_array_unref(instances->samplers);
	g_ptr_array_unref(instances->sinks);
	g_free(instances);
}

/* ------------------------------------------------------------- opening */

/*
 * What this machine does not have or does not allow is no reason to stop: the sampler's columns
 * stay, missing, and say why. Anything else is a mistake of the user or of the plugin.
 */
static gboolean
tolerate_failure(VmfcContext *context, GError *error)
{
	if (g_error_matches(error, VMFC_ERROR, VMFC_ERROR_USAGE) ||
	    g_error_matches(error, VMFC_ERROR, VMFC_ERROR_PLUGIN))
		return FALSE;

	gboolean denied = g_error_matches(error, VMFC_ERROR, VMFC_ERROR_DENIED);
	for (guint i = 0; i < context->declarations->len; i++)
		vmfc_context_set_state(context, i,
				       denied ? VMFC_STATE_DENIED : VMFC_STATE_UNSUPPORTED,
				       error->message, NULL);
	if (context->declarations->len == 0)
		g_warning("%s: %s", context->plugin->name, error->message);
	vmfc_context_close(context);
	return TRUE;
}

/* Returns: %FALSE only when the run cannot go on; a sampler without an instance takes no part */
gboolean
vmfc_instance_open_sampler(VmfcContext *context, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (vmfc_context_open(context, &reason) || tolerate_failure(context, reason))
		return TRUE;
	g_propagate_prefixed_error(error, g_steal_pointer(&reason), "%s: ", context->plugin->name);
	return FALSE;
}

/* Opens samplers and workloads, in this order; the writer opens the sinks. */
gboolean
vmfc_plugin_set_open(VmfcPluginSet *instances, GError **error)
{
	for (guint i = 0; i < instances->samplers->len; i++) {
		if (!vmfc_instance_open_sampler(instances->samplers->pdata[i], error))
			return FALSE;
	}
	return vmfc_workload_runner_open(instances->workloads, error);
}

/* Starts the samplers that could be opened and leaves the others out of the list. */
gboolean
vmfc_plugin_set_start_samplers(VmfcPluginSet *instances, GError **error)
{
	for (guint i = 0; i < instances->samplers->len;) {
		VmfcContext *context = instances->samplers->pdata[i];
		g_autoptr(GError) reason = NULL;
		if (context->instance != NULL && !vmfc_context_start(context, &reason) &&
		    !tolerate_failure(context, reason)) {
			g_propagate_prefixed_error(error, g_steal_pointer(&reason),
						   "%s: ", context->plugin->name);
			return FALSE;
		}
		if (context->instance != NULL)
			i++;
		else
			g_ptr_array_remove_index(instances->samplers, i);
	}
	return TRUE;
}

static void
warn_of_columns(const VmfcDeclaration *first, const gchar *names, G_GNUC_UNUSED gpointer user_data)
{
	g_warning("%s: %s: %s%s%s", first->plugin, names,
		  first->reason != NULL ? first->reason : "missing",
		  first->remedy != NULL ? ". " : "", first->remedy != NULL ? first->remedy : "");
}

/* One warning per reason, with all columns that it costs. */
void
vmfc_plugin_set_warn_of_missing(const VmfcSchema *schema)
{
	vmfc_schema_foreach_missing(schema, warn_of_columns, NULL);
}
