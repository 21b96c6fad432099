/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/sink.h"

#include "output/append-file.h"

static VmfcOutput *
create_output(VmfcContext *context, const gchar *extension, const gchar *start, GError **error)
{
	return vmfc_output_create(context->driver_data, extension, start, context->outputs, error);
}

/* @files: the files of the run; not owned */
VmfcContext *
vmfc_sink_new(const VmfcRun *run, const VmfcPlugin *plugin, VmfcRunFiles *files, GError **error)
{
	static const VmfcDriver driver = {.create_output = create_output};
	VmfcContext *context = vmfc_context_new(run, plugin, error);

	if (context == NULL)
		return NULL;
	vmfc_context_set_driver(context, &driver, files);
	/* ABI 1.4 does not have this field, so the table of an older plugin ends before it */
	if (plugin->abi_minor >= 5 && plugin->sink->extension != NULL)
		vmfc_run_files_add_extension(files, plugin->sink->extension);
	return context;
}

gboolean
vmfc_sink_open(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	g_autoptr(GError) reason = NULL;

	context->instance = context->plugin->sink->open(context, schema, &reason);
	if (context->instance != NULL && reason == NULL)
		return TRUE;
	vmfc_context_fill_error(context, &reason);
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

/* Does nothing if the sink is closed already. */
gboolean
vmfc_sink_close(VmfcContext *context, GError **error)
{
	gpointer instance = g_steal_pointer(&context->instance);

	if (instance == NULL || context->plugin->sink->close(instance, error))
		return TRUE;
	vmfc_context_fill_error(context, error);
	return FALSE;
}

/* Retries to open a sink that could not be opened again, with each record. */
static gboolean
write_record(VmfcContext *context, const VmfcRecord *record, GError **error)
{
	if (context->instance == NULL && !vmfc_sink_open(context, record->schema, error))
		return FALSE;
	if (context->plugin->sink->write(context->instance, record, error))
		return TRUE;
	vmfc_context_fill_error(context, error);
	return FALSE;
}

/* Logs a failing sink when its state changes. The next record is a retry. */
gboolean
vmfc_sink_write(VmfcContext *context, const VmfcRecord *record)
{
	g_autoptr(GError) error = NULL;

	if (write_record(context, record, &error)) {
		if (context->failed)
			g_warning("%s writes again; %" G_GUINT64_FORMAT " records are lost there",
				  context->plugin->name, context->failed_ticks);
		context->failed = FALSE;
		context->failed_ticks = 0;
		return TRUE;
	}
	context->failed_ticks++;
	if (!context->failed)
		g_warning("%s: %s; records are lost there until it can be written again",
			  context->plugin->name, error->message);
	context->failed = TRUE;
	return FALSE;
}

/* Logs what happened to a file. Returns: %FALSE if records are lost */
static gboolean
report_change(const VmfcOutput *output, VmfcOutputFate fate)
{
	const gchar *path = vmfc_output_get_path(output);

	switch (fate) {
	case VMFC_OUTPUT_INTACT:
		break;
	case VMFC_OUTPUT_MOVED:
		g_message("%s was moved; vmfc continues in a new file with that name", path);
		break;
	case VMFC_OUTPUT_DELETED:
		g_warning(
			"%s was deleted while vmfc was writing it, and the records in it are lost; "
			"vmfc continues in a new file with that name",
			path);
		return FALSE;
	case VMFC_OUTPUT_CUT:
		g_warning("%s was truncated while vmfc was writing it, and the records after that "
			  "place are lost; vmfc continues in a new file with that name",
			  path);
		return FALSE;
	}
	return TRUE;
}

/*
 * Checks whether the files of a sink were moved, deleted or truncated, and logs it.
 *
 * @with_names: also check whether they still have their names, which costs more
 * @is_intact: (out): whether none of them was
 *
 * Returns: %FALSE if records are lost
 */
gboolean
vmfc_sink_check_files(VmfcContext *context, gboolean with_names, gboolean *is_intact)
{
	gboolean complete = TRUE;

	*is_intact = TRUE;
	for (guint i = 0; i < context->outputs->len; i++) {
		VmfcOutput *output = context->outputs->pdata[i];
		VmfcOutputFate fate = vmfc_output_look(output, with_names);
		*is_intact &= fate == VMFC_OUTPUT_INTACT;
		complete &= report_change(output, fate);
	}
	return complete;
}

/* Closes the files of a sink and opens new ones. */
gboolean
vmfc_sink_reopen(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	return vmfc_sink_close(context, error) && vmfc_sink_open(context, schema, error);
}
