/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "workload/workload-list.h"

#include <string.h>

#include "collect/plugin-set.h"
#include "base/nearest.h"

static void
offer_free(VmfcWorkloadEntry *offer)
{
	g_free(offer->name);
	g_free(offer->summary);
	g_free(offer);
}

static void
add_offer(GPtrArray *offers, const VmfcPlugin *plugin, const gchar *name, const gchar *summary)
{
	VmfcWorkloadEntry *offer = g_new0(VmfcWorkloadEntry, 1);
	offer->plugin = plugin;
	offer->name = g_strdup(name);
	offer->summary = g_strdup(summary);
	g_ptr_array_add(offers, offer);
}

/* Whether users can ask for it. */
static gboolean
is_name(const gchar *name)
{
	static const gchar letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return name[0] != '\0' && strspn(name, letters) == strlen(name);
}

void
vmfc_context_add_workload(VmfcContext *context, const gchar *name, const gchar *summary)
{
	g_return_if_fail(context->offers != NULL);
	if (!is_name(name)) {
		g_message("workload '%s' of plugin %s is left out: a name has small letters, "
			  "digits, _ and - only",
			  name, context->plugin->name);
		return;
	}
	add_offer(context->offers, context->plugin, name, summary);
}

/* Whether it says itself what it offers, which may be what users have written. */
static gboolean
has_list(const VmfcPlugin *plugin)
{
	/* the table of a plugin that was built against ABI 1.1 ends before list */
	return plugin->abi_minor >= 2 && plugin->workload->list != NULL;
}

/* Returns: (transfer full) (element-type VmfcWorkloadEntry): what one plugin offers */
GPtrArray *
vmfc_workload_list_new_for_plugin(const VmfcPlugin *plugin, const VmfcOptions *options,
				  GError **error)
{
	g_autoptr(VmfcSourceFiles) files = vmfc_source_files_new(options->root);
	VmfcCore core = {.files = files};
	g_autoptr(VmfcContext) context = vmfc_instance_new(&core, plugin, options, error);

	if (context == NULL)
		return NULL;
	g_autoptr(GPtrArray) offers = g_ptr_array_new_with_free_func((GDestroyNotify)offer_free);
	context->offers = offers;
	if (has_list(plugin))
		plugin->workload->list(context);
	else
		vmfc_context_add_workload(context, plugin->name, plugin->summary);
	return g_steal_pointer(&offers);
}

static gboolean
is_offered(const GPtrArray *offers, const gchar *name)
{
	for (guint i = 0; i < offers->len; i++) {
		const VmfcWorkloadEntry *offer = offers->pdata[i];
		if (g_str_equal(offer->name, name))
			return TRUE;
	}
	return FALSE;
}

/* Adds what a plugin offers, but for names that are taken. */
static gboolean
add_offers(GPtrArray *offers, const VmfcPlugin *plugin, const VmfcOptions *options, GError **error)
{
	g_autoptr(GPtrArray) more = vmfc_workload_list_new_for_plugin(plugin, options, error);

	for (guint i = 0; more != NULL && i < more->len; i++) {
		const VmfcWorkloadEntry *offer = more->pdata[i];
		if (is_offered(offers, offer->name))
			g_message("workload %s of plugin %s is left out: the name is taken",
				  offer->name, plugin->name);
		else
			add_offer(offers, plugin, offer->name, offer->summary);
	}
	return more != NULL;
}

/* Returns: (transfer full) (element-type VmfcWorkloadEntry): all workloads that can be asked for */
GPtrArray *
vmfc_workload_list_new(VmfcRegistry *registry, const VmfcOptions *options, GError **error)
{
	g_autoptr(GPtrArray) plugins = vmfc_registry_list_workloads(registry);
	g_autoptr(GPtrArray) offers = g_ptr_array_new_with_free_func((GDestroyNotify)offer_free);

	add_offer(offers, NULL, "none", "no workload; records are labelled with none");
	add_offer(offers, NULL, "idle",
		  "nothing runs besides what runs anyway; labelled with idle");
	for (guint turn = 0; turn < 2; turn++) {
		for (guint i = 0; i < plugins->len; i++) {
			if (has_list(plugins->pdata[i]) == (turn == 1) &&
			    !add_offers(offers, plugins->pdata[i], options, error))
				return NULL;
		}
	}
	return g_steal_pointer(&offers);
}

/* Returns: (transfer none): %NULL with a sentence for the user in @error */
const VmfcWorkloadEntry *
vmfc_workload_list_find(const GPtrArray *offers, const gchar *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (guint i = 0; i < offers->len; i++) {
		const VmfcWorkloadEntry *offer = offers->pdata[i];
		if (g_str_equal(offer->name, name))
			return offer;
		vmfc_nearest_try(&nearest, offer->name);
		g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", offer->name);
	}
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "unknown workload '%s'%s; known are: %s; --list-workloads describes them", name,
		    hint, known->str);
	return NULL;
}
