/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/plugin-descriptor.h"

#include <gmodule.h>
#include <string.h>

#define SUFFIX "." G_MODULE_SUFFIX

static const gchar *
find_missing_part(const VmfcPlugin *plugin)
{
	if (plugin->version == NULL)
		return "a version";
	if (plugin->license == NULL)
		return "a licence";
	if (plugin->summary == NULL)
		return "a summary";
	for (const VmfcOption *option = plugin->options; option != NULL && option->name != NULL;
	     option++) {
		if (option->value == NULL || option->help == NULL)
			return "the default or the help of an option";
	}
	if (plugin->sampler != NULL) {
		if (plugin->sampler->open == NULL || plugin->sampler->sample == NULL ||
		    plugin->sampler->close == NULL)
			return "open, sample or close of its sampler";
	} else if (plugin->workload != NULL) {
		if (plugin->workload->open == NULL || plugin->workload->start == NULL ||
		    plugin->workload->stop == NULL || plugin->workload->close == NULL)
			return "open, start, stop or close of its workload";
	} else if (plugin->sink->open == NULL || plugin->sink->write == NULL ||
		   plugin->sink->close == NULL) {
		return "open, write or close of its sink";
	}
	return NULL;
}

static gboolean
has_option(const VmfcPlugin *plugin, const gchar *name)
{
	const VmfcOption *option = plugin->options;

	while (option != NULL && option->name != NULL && !g_str_equal(option->name, name))
		option++;
	return option != NULL && option->name != NULL;
}

static GError *
refuse(const gchar *format, ...) G_GNUC_PRINTF(1, 2);

static GError *
refuse(const gchar *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	GError *error = g_error_new_valist(VMFC_ERROR, VMFC_ERROR_PLUGIN, format, arguments);
	va_end(arguments);
	return error;
}

static GError *
check_alias(const VmfcPlugin *plugin, const VmfcAlias *alias)
{
	if (alias->option == NULL || alias->argument == NULL || alias->help == NULL)
		return refuse("it lacks the option, the argument or the help of its alias --%s: "
			      "fill it in and build it again",
			      alias->name);
	if (!g_ascii_islower(alias->name[0]) ||
	    strspn(alias->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(alias->name))
		return refuse("it declares the alias --%s: aliases begin with a lower case letter "
			      "and contain only lower case letters, digits and -",
			      alias->name);
	if (!has_option(plugin, alias->option))
		return refuse("its alias --%s stands for the option '%s', which it does not "
			      "declare",
			      alias->name, alias->option);
	return NULL;
}

/* Fields since ABI 1.5: the descriptor and table of an older plugin end before them. */
static GError *
check_later_fields(const VmfcPlugin *plugin)
{
	if (plugin->abi_minor < 5)
		return NULL;
	for (const VmfcAlias *alias = plugin->aliases; alias != NULL && alias->name != NULL;
	     alias++) {
		GError *refusal = check_alias(plugin, alias);
		if (refusal != NULL)
			return refusal;
	}
	const gchar *extension = plugin->sink != NULL ? plugin->sink->extension : NULL;
	if (extension != NULL &&
	    (extension[0] != '.' || extension[1] == '\0' || strchr(extension, '/') != NULL))
		return refuse("its sink declares the extension '%s': an extension begins with a "
			      "dot and has no slash",
			      extension);
	return NULL;
}

/*
 * Checks the ABI numbers first: they say which other fields exist.
 *
 * @name: of the file, without its suffix
 *
 * Returns: (transfer full) (nullable): why the plugin is refused; %NULL: it is valid
 */
GError *
vmfc_plugin_descriptor_check(const VmfcPlugin *plugin, const gchar *name)
{
	if (plugin->abi_major != VMFC_ABI_MAJOR)
		return refuse("it was built for plugin ABI %u, this vmfc has %u: build it again",
			      plugin->abi_major, VMFC_ABI_MAJOR);
	if (plugin->abi_minor > VMFC_ABI_MINOR)
		return refuse("it needs plugin ABI %u.%u, this vmfc has %u.%u: use a newer vmfc",
			      plugin->abi_major, plugin->abi_minor, VMFC_ABI_MAJOR, VMFC_ABI_MINOR);
	if (plugin->name == NULL || !g_str_equal(plugin->name, name))
		return refuse("it calls itself '%s': name the file %s" SUFFIX,
			      plugin->name != NULL ? plugin->name : "",
			      plugin->name != NULL ? plugin->name : "after a name it declares");
	if (g_str_equal(plugin->name, "core"))
		return refuse("core is the name of vmfc's own columns: rename it");
	gint n_tables = (plugin->sampler != NULL) + (plugin->workload != NULL) +
			(plugin->sink != NULL);
	if (n_tables != 1)
		return refuse("it has %d of the tables sampler, workload and sink: exactly one is "
			      "needed",
			      n_tables);
	const gchar *missing = find_missing_part(plugin);
	if (missing != NULL)
		return refuse("it lacks %s: fill it in and build it again", missing);
	return check_later_fields(plugin);
}
