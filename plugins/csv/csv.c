/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/cell-write.h"
#include "vmfc/vmfc-plugin.h"

typedef struct {
	GArray *types; /* of guint8: the VmfcType of each column */
	VmfcOutput *output;
	GString *text;
} Csv;

static void
append_strings(GString *text, const gchar *const *values)
{
	g_autofree gchar *joined = g_strjoinv(";", (gchar **)values);
	vmfc_cell_append_csv(text, joined);
}

static void
append_cell(Csv *self, const VmfcRecord *record, guint column)
{
	gchar number[VMFC_NUMBER_SIZE];

	if (!vmfc_record_has(record, column))
		return;
	switch ((VmfcType)g_array_index(self->types, guint8, column)) {
	case VMFC_TYPE_STRING:
		vmfc_cell_append_csv(self->text, vmfc_record_get_string(record, column));
		break;
	case VMFC_TYPE_STRINGS:
		append_strings(self->text, vmfc_record_get_strings(record, column));
		break;
	case VMFC_TYPE_INT:
	case VMFC_TYPE_FLOAT:
	case VMFC_TYPE_BOOL:
		g_string_append_len(self->text, number,
				    (gssize)vmfc_record_format(record, column, number));
		break;
	}
}

static gpointer
csv_open(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	g_autoptr(GString) header = g_string_new(NULL);

	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++)
		g_string_append_printf(header, "%s%s", i > 0 ? "," : "",
				       vmfc_schema_get_column(schema, i)->name);
	g_string_append(header, "\r\n");
	VmfcOutput *output = vmfc_context_create_output(context, ".csv", header->str, error);
	if (output == NULL)
		return NULL;
	Csv *self = g_new0(Csv, 1);
	self->types = g_array_new(FALSE, FALSE, sizeof(guint8));
	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++) {
		guint8 type = (guint8)vmfc_schema_get_column(schema, i)->type;
		g_array_append_val(self->types, type);
	}
	self->output = output;
	self->text = g_string_sized_new(4096);
	return self;
}

static gboolean
csv_write(gpointer data, const VmfcRecord *record, GError **error)
{
	Csv *self = data;

	g_string_truncate(self->text, 0);
	for (guint i = 0; i < self->types->len; i++) {
		if (i > 0)
			g_string_append_c(self->text, ',');
		append_cell(self, record, i);
	}
	g_string_append(self->text, "\r\n");
	return vmfc_output_append(self->output, 0, self->text->str, self->text->len, error);
}

static gboolean
csv_close(gpointer data, GError **error)
{
	Csv *self = data;
	gboolean closed = vmfc_output_close(self->output, error);
	g_array_unref(self->types);
	g_string_free(self->text, TRUE);
	g_free(self);
	return closed;
}

static const VmfcSink sink = {
	.open = csv_open,
	.write = csv_write,
	.close = csv_close,
	.extension = ".csv",
	.only_appends = TRUE,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "csv",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "comma-separated values with a header line (RFC 4180)",
	.sink = &sink,
};
