/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A sink that fails in every way there is, and says nothing about it. */

#include "vmfc/vmfc-plugin.h"

typedef struct {
	const gchar *fails;
} Tray;

static const VmfcOption options[] = {
	{"fails", VMFC_OPTION_STRING, "",
	 "which of its functions fails: open, half-open, write, close"},
	{NULL},
};

static gpointer
tray_open(VmfcContext *context, G_GNUC_UNUSED const VmfcSchema *schema, GError **error)
{
	const gchar *fails = vmfc_context_get_string(context, "fails");

	if (g_str_equal(fails, "open"))
		return NULL;
	if (g_str_equal(fails, "half-open"))
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the tray is only half open");
	Tray *self = g_new0(Tray, 1);
	self->fails = fails;
	return self;
}

static gboolean
tray_write(gpointer self, G_GNUC_UNUSED const VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	return !g_str_equal(((Tray *)self)->fails, "write");
}

static gboolean
tray_close(gpointer self, G_GNUC_UNUSED GError **error)
{
	gboolean closed = !g_str_equal(((Tray *)self)->fails, "close");
	g_free(self);
	return closed;
}

static const VmfcSink sink = {
	.open = tray_open,
	.write = tray_write,
	.close = tray_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "tray",
	.version = "1",
	.license = "Apache-2.0",
	.summary = "fails without a word",
	.options = options,
	.sink = &sink,
};
