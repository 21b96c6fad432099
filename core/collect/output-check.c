/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/output-check.h"

#include <string.h>

#include "output/output-name.h"
#include "output/stream.h"

/* @output: a stream. It takes one format, and only a format that appends. */
void
vmfc_output_check_set_stream_error(const gchar *output, const VmfcPluginIndex *index,
				   GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *entry = index->entries->pdata[i];
		if (entry->only_appends)
			g_string_append_printf(known, "%s--format %s", known->len > 0 ? " or " : "",
					       entry->name);
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--output %s is a stream, which takes only one format: give %s", output,
		    known->str);
}

/* @format: (nullable): as the user gave it */
gboolean
vmfc_output_check_is_none(const gchar *format)
{
	g_autofree gchar *name = g_strdup(format);

	return name != NULL && g_str_equal(g_strstrip(name), VMFC_NO_FORMAT);
}

/*
 * @format: (nullable): as the user gave it
 * @output: a stream
 *
 * Returns: whether the format can go there; %TRUE if the plugin must be loaded to find out
 */
gboolean
vmfc_output_check_format(const gchar *format, const gchar *output, const VmfcPluginIndex *index,
			 GError **error)
{
	const VmfcIndexEntry *sink = format != NULL ? vmfc_plugin_index_find(index, format) : NULL;
	gboolean is_other = format != NULL && sink == NULL && strchr(format, ',') == NULL;

	if (is_other || (sink != NULL && sink->only_appends))
		return TRUE;
	vmfc_output_check_set_stream_error(output, index, error);
	return FALSE;
}

/*
 * The meta file must be a separate ordinary file, not one that gets records.
 *
 * @meta: (nullable): as the user gave it
 */
gboolean
vmfc_output_check_meta(const gchar *meta, const gchar *output, const VmfcPluginIndex *index,
		       GError **error)
{
	g_auto(GStrv) extensions = vmfc_plugin_index_list_extensions(index);

	if (meta == NULL)
		return TRUE;
	if (meta[0] != '\0' && !g_str_has_suffix(meta, "/") &&
	    !vmfc_output_name_is_of_run(meta, output, (const gchar *const *)extensions) &&
	    !vmfc_stream_is_path(meta) && !g_file_test(meta, G_FILE_TEST_IS_DIR))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--meta is '%s', but must name an ordinary file that does not get records, "
		    "for example data/run.meta.json",
		    meta);
	return FALSE;
}
