/* SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0 */
/* A sink: one line of NAME=VALUE for each record, of numbers. What is missing is left out. */
#include <vmfc/vmfc-plugin.h>

typedef struct {
	const VmfcSchema *schema;
	VmfcOutput *output;
} Logfmt;

static gpointer
logfmt_open(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	VmfcOutput *output = vmfc_context_create_output(context, ".logfmt", "", error);
	return output != NULL ? g_memdup2(&(Logfmt){schema, output}, sizeof(Logfmt)) : NULL;
}

static gboolean
logfmt_write(gpointer data, const VmfcRecord *record, GError **error)
{
	Logfmt *self = data;
	g_autoptr(GString) line = g_string_new("");
	gchar text[VMFC_NUMBER_SIZE];

	for (guint i = 0; i < vmfc_schema_get_n_columns(self->schema); i++) {
		const gchar *name = vmfc_schema_get_column(self->schema, i)->name;
		if (vmfc_record_format(record, i, text) > 0) /* 0: missing, or a string */
			g_string_append_printf(line, "%s=%s ", name, text);
	}
	g_string_append_c(line, '\n');
	return vmfc_output_append(self->output, 0, line->str, line->len, error);
}

static gboolean
logfmt_close(gpointer data, GError **error)
{
	g_autofree Logfmt *self = data;
	return vmfc_output_close(self->output, error);
}

static const VmfcSink sink = {logfmt_open, logfmt_write, .close = logfmt_close,
			      .extension = ".logfmt", .only_appends = TRUE};

const VmfcPlugin vmfc_plugin = {
	VMFC_ABI_MAJOR,	  VMFC_ABI_MINOR,	   .name = "logfmt",
	.version = "1.0", .license = "Apache-2.0", .summary = "lines of NAME=VALUE",
	.sink = &sink};
