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

/* @files: where its files are; not owned */
VmfcContext *
vmfc_sink_new(const VmfcRun *run, const VmfcPlugin *plugin, VmfcRunFiles *files, GError **error)
{
	static const VmfcDriver driver = {.create_output = create_output};
	VmfcContext *context = vmfc_context_new(run, plugin, error);

	if (context == NULL)
		return NULL;
	vmfc_context_set_driver(context, &driver, files);
	/* the table of a plugin that was built against ABI 1.4 ends before it */
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

/* Once is enough. */
gboolean
vmfc_sink_close(VmfcContext *context, GError **error)
{
	gpointer instance = g_steal_pointer(&context->instance);

	if (instance == NULL || context->plugin->sink->close(instance, error))
		return TRUE;
	vmfc_context_fill_error(context, error);
	return FALSE;
}

/* One that could not be opened again is tried with each record. */
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

/* A failing sink is told of when that changes; it is asked again with the next record. */
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

/* Says what has become of a file. Returns: whether nothing of it is lost */
static gboolean
report_fate(const VmfcOutput *output, VmfcOutputFate fate)
{
	const gchar *path = vmfc_output_get_path(output);

	switch (fate) {
	case VMFC_OUTPUT_INTACT:
		break;
	case VMFC_OUTPUT_MOVED:
		g_message("%s was moved away; vmfc goes on in a new file of that name", path);
		break;
	case VMFC_OUTPUT_DELETED:
		g_warning(
			"%s was deleted while vmfc was writing it, and the records in it are lost; "
			"vmfc goes on in a new file of that name",
			path);
		return FALSE;
	case VMFC_OUTPUT_CUT:
		g_warning("%s was cut while vmfc was writing it, and the records cut off are lost; "
			  "vmfc "
			  "goes on in a new file of that name",
			  path);
		return FALSE;
	}
	return TRUE;
}

/*
 * Looks what has become of the files of a sink, and says it.
 *
 * @with_names: also whether they are where they were, which costs more
 * @is_intact: (out): nothing has
 *
 * Returns: %FALSE when records are lost
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
		complete &= report_fate(output, fate);
	}
	return complete;
}

/* Finishes the files of a sink and has it begin new ones. */
gboolean
vmfc_sink_reopen(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	return vmfc_sink_close(context, error) && vmfc_sink_open(context, schema, error);
}
