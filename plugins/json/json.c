/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "object.h"

#include <string.h>

/*
 * The file is an array that is closed after every record: the next record overwrites the closing
 * bracket.
 */
#define EMPTY_ARRAY "[\n]\n"
#define CLOSING	    "]\n"

typedef struct {
	VmfcOutput *output;
	JsonObject object;
	gboolean any;
} Json;

static gpointer
json_open(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	VmfcOutput *output = vmfc_context_create_output(context, ".json", EMPTY_ARRAY, error);
	if (output == NULL)
		return NULL;
	Json *self = g_new0(Json, 1);
	self->output = output;
	json_object_init(&self->object, schema);
	return self;
}

static gboolean
json_write(gpointer data, const VmfcRecord *record, GError **error)
{
	Json *self = data;
	GString *text = self->object.text;
	gsize overwrite = strlen(CLOSING);

	/* after the first record the comma replaces the newline before the bracket */
	g_string_truncate(text, 0);
	if (self->any) {
		overwrite += strlen("\n");
		g_string_append(text, ",\n");
	}
	json_object_append(&self->object, record);
	g_string_append(text, "\n" CLOSING);
	if (!vmfc_output_append(self->output, overwrite, text->str, text->len, error))
		return FALSE;
	self->any = TRUE;
	return TRUE;
}

static gboolean
json_close(gpointer data, GError **error)
{
	Json *self = data;
	gboolean closed = vmfc_output_close(self->output, error);
	json_object_clear(&self->object);
	g_free(self);
	return closed;
}

static const VmfcSink sink = {
	.open = json_open,
	.write = json_write,
	.close = json_close,
	.extension = ".json",
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "json",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "an array of objects, one object per window",
	.sink = &sink,
};
