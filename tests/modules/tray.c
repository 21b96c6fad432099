/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A sink that fails in every way there is, and says nothing about it; or counts what it gets; or
 * writes a file.
 */

#include "vmfc/vmfc-plugin.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct {
	const gchar *fails;
	gint count_fd; /* -1 for none */
	gint64 n_records;
	VmfcOutput *output; /* NULL: none */
} Tray;

static const VmfcOption options[] = {
	{"fails", VMFC_OPTION_STRING, "",
	 "which of its functions fails: open, half-open, write, close; or hangs: for ever in "
	 "write"},
	{"count", VMFC_OPTION_STRING, "", "file for the number of records so far, 8 bytes"},
	{"file", VMFC_OPTION_BOOL, "false", "write a file with a line for each record"},
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
	self->count_fd = open(vmfc_context_get_string(context, "count"),
			      O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (vmfc_context_get_bool(context, "file")) {
		g_message("tray: --output is %s", vmfc_context_get_output_path(context));
		self->output = vmfc_context_create_output(context, ".tray", "begin\n", error);
	}
	return self;
}

static gboolean
tray_write(gpointer data, G_GNUC_UNUSED const VmfcRecord *record, GError **error)
{
	Tray *self = data;

	while (g_str_equal(self->fails, "hangs"))
		pause();
	self->n_records++;
	if (self->count_fd >= 0 &&
	    pwrite(self->count_fd, &self->n_records, sizeof(self->n_records), 0) < 0)
		return FALSE;
	if (self->output != NULL && !vmfc_output_append(self->output, 0, "record\n", 7, error))
		return FALSE;
	return !g_str_equal(self->fails, "write");
}

static gboolean
tray_close(gpointer data, GError **error)
{
	Tray *self = data;
	gboolean closed = !g_str_equal(self->fails, "close");

	if (self->count_fd >= 0)
		close(self->count_fd);
	if (self->output != NULL)
		closed &= vmfc_output_close(self->output, error);
	g_free(self);
	return closed;
}

static const VmfcSink sink = {
	.open = tray_open,
	.write = tray_write,
	.close = tray_close,
	.extension = ".tray",
	.only_appends = TRUE,
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
