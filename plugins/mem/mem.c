/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"
#include "vmfc/vmfc-plugin.h"

#define SOURCE	    "/proc/meminfo"
#define KIB_PER_GIB (1024.0 * 1024.0)

enum {
	USAGE_PERCENT,
	AVAILABLE_GB,
	N_COLUMNS,
};

static const VmfcColumn columns[N_COLUMNS] = {
	[USAGE_PERCENT] = {"memory_usage_percent", "percent", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT,
			   FALSE, SOURCE, "100 x (MemTotal - MemAvailable) / MemTotal"},
	[AVAILABLE_GB] = {"memory_available_gb", "GiB", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
			  SOURCE, "MemAvailable, in units of 2^30 bytes"},
};

typedef struct {
	VmfcFile *meminfo; /* the core's */
	gboolean is_old;   /* a kernel that does not tell what is available: that was said */
} Mem;

static gpointer
mem_open(VmfcContext *context, GError **error)
{
	MemInfo info;
	gsize length;

	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	VmfcFile *meminfo = vmfc_context_open_file(context, "proc/meminfo", error);
	if (meminfo == NULL)
		return NULL;
	const gchar *text = vmfc_file_read(meminfo, &length, error);
	if (text == NULL)
		return NULL;
	mem_parse_meminfo(text, length, &info);
	Mem *self = g_new0(Mem, 1);
	self->meminfo = meminfo;
	self->is_old = info.total > 0 && info.available < 0;
	for (guint i = 0; i < N_COLUMNS && self->is_old; i++)
		vmfc_context_set_state(context, i, VMFC_STATE_UNSUPPORTED,
				       SOURCE " has no MemAvailable",
				       "Use a kernel from 3.14 on: older ones do not tell it");
	return self;
}

static VmfcAnswer
mem_sample(gpointer data, VmfcRecord *record, GError **error)
{
	const Mem *self = data;
	MemInfo info;
	gsize length;

	const gchar *text = vmfc_file_read(self->meminfo, &length, error);
	if (text == NULL)
		return VMFC_ANSWER_FAILED;
	mem_parse_meminfo(text, length, &info);
	if (info.available >= 0)
		vmfc_record_set_float(record, AVAILABLE_GB, (gdouble)info.available / KIB_PER_GIB);
	if (info.available >= 0 && info.total > 0)
		vmfc_record_set_float(record, USAGE_PERCENT,
				      100 * (gdouble)(info.total - info.available) /
					      (gdouble)info.total);
	if (info.total > 0 && (info.available >= 0 || self->is_old))
		return VMFC_ANSWER_DONE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    SOURCE " does not tell MemTotal and MemAvailable");
	return VMFC_ANSWER_FAILED;
}

static const VmfcSampler sampler = {
	.open = mem_open,
	.sample = mem_sample,
	.close = g_free,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "mem",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "memory used and available",
	.group = "proc",
	.rank = 30,
	.sampler = &sampler,
};
