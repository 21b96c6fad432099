/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/plugin-set.h"

#include "base/nearest.h"
#include "collect/missing.h"
#include "collect/output-check.h"
#include "collect/sink.h"
#include "workload/workload-list.h"

static gboolean
add_sampler(VmfcPluginSet *set, const VmfcPlugin *plugin, GError **error)
{
	VmfcContext *context = vmfc_context_new(set->run, plugin, error);

	if (context == NULL)
		return FALSE;
	g_ptr_array_add(set->samplers, context);
	return TRUE;
}

static gboolean
add_sink(VmfcPluginSet *set, const VmfcPlugin *plugin, VmfcPluginIndex *index, GError **error)
{
	VmfcContext *context = vmfc_sink_new(set->run, plugin, set->files, error);

	if (context == NULL)
		return FALSE;
	vmfc_plugin_index_add(index, plugin);
	g_ptr_array_add(set->sinks, context);
	return TRUE;
}

static void
set_unknown_format(const VmfcPluginIndex *index, const gchar *name, GError **error)
{
	g_autofree gchar *known = vmfc_plugin_index_list_formats(index, ", ");
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *entry = index->entries->pdata[i];
		if (entry->extension != NULL)
			vmfc_nearest_try(&nearest, entry->name);
	}
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--format: '%s' is not a format%s; known are %s and other sinks that "
		    "--list-plugins shows",
		    name, hint, known);
}

/* Without a format the sinks are those of --plugins alone. */
static gboolean
check_sinks(const VmfcPluginSet *set, GError **error)
{
	if (set->sinks->len > 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--format is '" VMFC_NO_FORMAT "', and --plugins names no sink, so the records "
		    "would go nowhere: name one; --list-plugins shows them");
	return FALSE;
}

/* Adds the sinks that --format names, in addition to those that --plugins names. */
static gboolean
add_formats(VmfcPluginSet *set, const VmfcOptions *options, GError **error)
{
	g_auto(GStrv) formats = g_strsplit(options->format, ",", -1);

	if (formats[0] == NULL) {
		g_autofree gchar *known = vmfc_plugin_index_list_formats(options->index, " and ");
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "--format is empty; known are %s",
			    known);
		return FALSE;
	}
	if (vmfc_output_check_is_none(options->format))
		return check_sinks(set, error);
	for (guint i = 0; formats[i] != NULL; i++) {
		const gchar *name = g_strstrip(formats[i]);
		g_autoptr(GError) reason = NULL;
		const VmfcPlugin *plugin = vmfc_registry_lookup(options->registry, name, &reason);
		gboolean taken = FALSE;
		if (plugin == NULL && vmfc_registry_has(options->registry, name)) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return FALSE;
		}
		if (plugin == NULL || plugin->sink == NULL) {
			set_unknown_format(options->index, name, error);
			return FALSE;
		}
		for (guint j = 0; j < set->sinks->len; j++)
			taken |= ((VmfcContext *)set->sinks->pdata[j])->plugin == plugin;
		if (!taken && !add_sink(set, plugin, options->index, error))
			return FALSE;
	}
	return TRUE;
}

/* Whether a sink would write to the stream that --output names. */
static gboolean
writes_to_stream(const VmfcIndexEntry *sink, const VmfcOptions *options)
{
	g_autofree gchar *format = g_strstrip(g_strdup(options->format));
	return sink->extension != NULL || g_str_equal(sink->name, format);
}

/* Repeats the checks of the options, now that all sinks are loaded. */
static gboolean
check_outputs(const VmfcPluginSet *set, const VmfcOptions *options, GError **error)
{
	guint n_writers = 0;

	for (guint i = 0; options->is_stream && i < set->sinks->len; i++) {
		const VmfcContext *context = set->sinks->pdata[i];
		const VmfcIndexEntry *sink = vmfc_plugin_index_find(options->index,
								    context->plugin->name);
		if (!writes_to_stream(sink, options))
			continue;
		n_writers++;
		if (n_writers > 1 || !sink->only_appends) {
			vmfc_output_check_set_stream_error(options->output, options->index, error);
			return FALSE;
		}
	}
	if (options->is_stream && n_writers == 0) {
		vmfc_output_check_set_stream_error(options->output, options->index, error);
		return FALSE;
	}
	return vmfc_output_check_meta(options->meta, options->output, options->index, error);
}

static gboolean
is_enabled(const GPtrArray *contexts, const gchar *name)
{
	for (guint i = 0; i < contexts->len; i++) {
		const VmfcContext *context = contexts->pdata[i];
		if (g_str_equal(context->plugin->name, name))
			return TRUE;
	}
	return FALSE;
}

/* Whether the setting comes from an alias that also sets an option of an enabled plugin. */
static gboolean
is_used_by_other(const VmfcPluginSet *set, const VmfcOptions *options, const VmfcSetting *setting)
{
	for (guint i = 0; setting->is_alias && i < options->settings->len; i++) {
		const VmfcSetting *other = options->settings->pdata[i];
		if (other->is_alias && g_str_equal(other->given, setting->given) &&
		    is_enabled(set->samplers, other->plugin))
			return TRUE;
	}
	return FALSE;
}

/*
 * A setting of a plugin that is not enabled is an error. In the config file it is not, because the
 * file may serve several kinds of runs.
 */
static gboolean
check_settings(const VmfcPluginSet *set, const VmfcOptions *options, GError **error)
{
	for (guint i = 0; i < options->settings->len; i++) {
		const VmfcSetting *setting = options->settings->pdata[i];
		if (is_enabled(set->samplers, setting->plugin) ||
		    vmfc_workload_runner_uses_plugin(set->workloads, setting->plugin) ||
		    is_enabled(set->sinks, setting->plugin) ||
		    is_used_by_other(set, options, setting))
			continue;
		const VmfcPlugin *plugin = vmfc_registry_lookup(options->registry, setting->plugin,
								error);
		if (plugin == NULL)
			return FALSE;
		if (setting->from_config)
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "%s: %s.%s is set, but plugin %s is not enabled; name %s",
			    setting->given, setting->plugin, setting->name, setting->plugin,
			    plugin->workload != NULL ? "one of its workloads in --stress-workload"
						     : "it in --plugins");
		return FALSE;
	}
	return TRUE;
}

/* Returns: (transfer full): the name of the workload, if the plugin has only one */
static gchar *
name_workload(const VmfcPlugin *plugin, const VmfcRun *run, GError **error)
{
	g_autoptr(GPtrArray) entries = vmfc_workload_list_new_for_plugin(plugin, run, error);

	if (entries == NULL)
		return NULL;
	if (entries->len == 1)
		return g_strdup(((const VmfcWorkloadEntry *)entries->pdata[0])->name);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "plugin %s offers %u workloads: name one of them in --stress-workload; "
		    "--list-workloads shows them",
		    plugin->name, entries->len);
	return NULL;
}

/*
 * The user can also name a workload in --plugins. It then runs all the time.
 *
 * Returns: (transfer full): the requested sequence; %NULL with @error set
 */
static gchar *
choose_workload(const VmfcRun *run, const VmfcOptions *options, const GPtrArray *plugins,
		GError **error)
{
	g_autofree gchar *workload = g_strdup(options->workload);

	for (guint i = 0; i < plugins->len; i++) {
		const VmfcPlugin *plugin = plugins->pdata[i];
		if (plugin->workload == NULL)
			continue;
		if (workload != NULL) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "'%s' and '%s' are both given as the workload: name all "
				    "workloads in --stress-workload, separated by commas",
				    workload, plugin->name);
			return NULL;
		}
		workload = name_workload(plugin, run, error);
		if (workload == NULL)
			return NULL;
	}
	return workload != NULL ? g_steal_pointer(&workload) : g_strdup("none");
}

static gboolean
add_plugins(VmfcPluginSet *set, const GPtrArray *plugins, const VmfcOptions *options,
	    GError **error)
{
	for (guint i = 0; i < plugins->len; i++) {
		const VmfcPlugin *plugin = plugins->pdata[i];
		if (plugin->sampler != NULL && !add_sampler(set, plugin, error))
			return FALSE;
		if (plugin->sink != NULL && !add_sink(set, plugin, options->index, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
add_workloads(VmfcPluginSet *set, VmfcWorkloadLabels *labels, const VmfcOptions *options,
	      const GPtrArray *plugins, GError **error)
{
	g_autofree gchar *text = choose_workload(set->run, options, plugins, error);
	const VmfcWorkloadPlan plan = {
		.text = text,
		.duration = options->duration,
		.shuffle = options->shuffle,
	};

	if (text == NULL)
		return FALSE;
	set->workloads = vmfc_workload_runner_new(set->run, labels, options->registry, &plan,
						  error);
	return set->workloads != NULL;
}

/*
 * Creates the plugins that the options name. Does not open them.
 *
 * @run, @labels, @files: not owned
 */
VmfcPluginSet *
vmfc_plugin_set_new(const VmfcRun *run, VmfcWorkloadLabels *labels, VmfcRunFiles *files,
		    const VmfcOptions *options, GError **error)
{
	g_autoptr(VmfcPluginSet) set = g_new0(VmfcPluginSet, 1);
	GDestroyNotify free_context = (GDestroyNotify)vmfc_context_free;

	set->run = run;
	set->files = files;
	set->samplers = g_ptr_array_new_with_free_func(free_context);
	set->sinks = g_ptr_array_new_with_free_func(free_context);
	g_autoptr(GPtrArray) plugins = vmfc_registry_select(options->registry, options->plugins,
							    error);
	if (plugins == NULL || !add_plugins(set, plugins, options, error) ||
	    !add_workloads(set, labels, options, plugins, error) ||
	    !add_formats(set, options, error) || !check_outputs(set, options, error) ||
	    !check_settings(set, options, error))
		return NULL;
	if (set->samplers->len > 0)
		return g_steal_pointer(&set);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--plugins '%s' names no sampler, so vmfc cannot collect anything; "
		    "--list-plugins shows the samplers",
		    options->plugins);
	return NULL;
}

void
vmfc_plugin_set_free(VmfcPluginSet *set)
{
	g_clear_pointer(&set->workloads, vmfc_workload_runner_free);
	g_ptr_array_unref(set->samplers);
	g_ptr_array_unref(set->sinks);
	g_free(set);
}

/* ------------------------------------------------------------- opening */

/* Whether one of the sinks writes a file of the run. */
gboolean
vmfc_plugin_set_writes_files(const VmfcPluginSet *set, const VmfcOptions *options)
{
	gboolean writes = !vmfc_output_check_is_none(options->format);

	for (guint i = 0; i < set->sinks->len; i++) {
		const VmfcContext *context = set->sinks->pdata[i];
		const VmfcIndexEntry *sink = vmfc_plugin_index_find(options->index,
								    context->plugin->name);
		writes |= sink != NULL && sink->extension != NULL;
	}
	return writes;
}

/* Opens samplers, then workloads. The writer opens the sinks. */
gboolean
vmfc_plugin_set_open(VmfcPluginSet *set, GError **error)
{
	for (guint i = 0; i < set->samplers->len; i++) {
		if (!vmfc_context_open_sampler(set->samplers->pdata[i], error))
			return FALSE;
	}
	return vmfc_workload_runner_open(set->workloads, error);
}

/* Starts the samplers that are open and removes the others from the list. */
gboolean
vmfc_plugin_set_start_samplers(VmfcPluginSet *set, GError **error)
{
	for (guint i = 0; i < set->samplers->len;) {
		VmfcContext *context = set->samplers->pdata[i];
		if (!vmfc_context_start_sampler(context, error))
			return FALSE;
		if (context->instance != NULL)
			i++;
		else
			g_ptr_array_remove_index(set->samplers, i);
	}
	return TRUE;
}

static void
warn_columns(const VmfcDeclaration *first, const gchar *names, G_GNUC_UNUSED gpointer user_data)
{
	vmfc_missing_warn(first->plugin, names, first->reason, first->remedy);
}

/* Logs one warning per reason, with all columns that are missing for it. */
void
vmfc_plugin_set_warn_missing(const VmfcSchema *schema)
{
	vmfc_schema_foreach_missing(schema, warn_columns, NULL);
}
