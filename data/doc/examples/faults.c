/* SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0 */
/* A sampler: page faults that waited for a disk, from /proc/vmstat. proc(5). */
#include <stdio.h>
#include <string.h>
#include <vmfc/vmfc-plugin.h>

static const VmfcColumn column = {"faults_major",
				  .unit = "1",
				  .kind = VMFC_KIND_COUNTER,
				  .type = VMFC_TYPE_INT,
				  .source = "/proc/vmstat",
				  .description = "page faults that waited for a disk"};

/* The instance is the file: the core owns and closes it. */
static gpointer
faults_open(VmfcContext *context, GError **error)
{
	vmfc_context_add_column(context, &column); /* its index is 0, as it is the first */
	return vmfc_context_open_file(context, "proc/vmstat", error);
}

static VmfcAnswer
faults_sample(gpointer file, VmfcRecord *record, GError **error)
{
	const gchar *text = vmfc_file_read(file, NULL, error);
	const gchar *line = text != NULL ? strstr(text, "\npgmajfault ") : NULL;
	gint64 total;

	if (line != NULL && sscanf(line, " pgmajfault %" G_GINT64_FORMAT, &total) == 1) {
		vmfc_record_set_int(record, 0, total); /* the files show its growth */
		return VMFC_ANSWER_DONE;
	}
	if (text != NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "no pgmajfault in /proc/vmstat");
	return VMFC_ANSWER_FAILED;
}

static void
faults_close(G_GNUC_UNUSED gpointer file)
{
}

static const VmfcSampler sampler = {
	.open = faults_open, .sample = faults_sample, .close = faults_close};

const VmfcPlugin vmfc_plugin = {
	VMFC_ABI_MAJOR,	  VMFC_ABI_MINOR,	   .name = "faults",
	.version = "1.0", .license = "Apache-2.0", .summary = "major page faults",
	.rank = 100,	  .sampler = &sampler};
