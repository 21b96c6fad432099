/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A sampler with so many columns that a record is longer than a page; each holds the tick. */

#include "vmfc/vmfc-plugin.h"

typedef struct {
	guint n_columns;
} Wide;

static const VmfcOption options[] = {
	{"columns", VMFC_OPTION_INT, "400", "how many"},
	{NULL},
};

static gpointer
wide_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	Wide *self = g_new0(Wide, 1);

	self->n_columns = (guint)vmfc_context_get_int(context, "columns");
	for (guint i = 0; i < self->n_columns; i++) {
		g_autofree gchar *name = g_strdup_printf("wide_column_number_%u", i);
		const VmfcColumn column = {.name = name, .unit = "1", .type = VMFC_TYPE_INT};
		vmfc_context_add_column(context, &column);
	}
	return self;
}

static VmfcAnswer
wide_sample(gpointer data, VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	Wide *self = data;

	for (guint i = 0; i < self->n_columns; i++)
		vmfc_record_set_int(record, i, (gint64)vmfc_record_get_tick(record));
	return VMFC_ANSWER_DONE;
}

static const VmfcSampler sampler = {
	.open = wide_open,
	.sample = wide_sample,
	.close = g_free,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "wide",
	.version = "1",
	.license = "Apache-2.0",
	.summary = "has many columns",
	.rank = 200,
	.options = options,
	.sampler = &sampler,
};
