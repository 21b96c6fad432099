/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "json/object.h"

typedef struct {
	VmfcOutput *output;
	JsonObject object;
} Jsonl;

static gpointer
jsonl_open(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	VmfcOutput *output = vmfc_context_create_output(context, ".jsonl", "", error);
	if (output == NULL)
		return NULL;
	Jsonl *self = g_new0(Jsonl, 1);
	self->output = output;
	json_object_init(&self->object, schema);
	return self;
}

static gboolean
jsonl_write(gpointer data, const VmfcRecord *record, GError **error)
{
	Jsonl *self = data;
	GString *text = self->object.text;

	g_string_truncate(text, 0);
	json_object_append(&self->object, record);
	g_string_append_c(text, '\n');
	return vmfc_output_append(self->output, 0, text->str, text->len, error);
}

static gboolean
jsonl_close(gpointer data, GError **error)
{
	Jsonl *self = data;
	gboolean closed = vmfc_output_close(self->output, error);
	json_object_clear(&self->object);
	g_free(self);
	return closed;
}

static const VmfcSink sink = {
	.open = jsonl_open,
	.write = jsonl_write,
	.close = jsonl_close,
	.extension = ".jsonl",
	.only_appends = TRUE,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "jsonl",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "one JSON object per line and window",
	.sink = &sink,
};
