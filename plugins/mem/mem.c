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

static const struct {
	VmfcState state;
	const gchar *reason;
	const gchar *remedy;
} verdicts[] = {
	[MEM_PLAUSIBLE] = {VMFC_STATE_OK, NULL, NULL},
	[MEM_NOT_TOLD] = {VMFC_STATE_UNSUPPORTED, SOURCE " has no MemAvailable",
			  "Use Linux 3.14 or newer"},
	[MEM_NO_MEMORY] = {VMFC_STATE_IMPLAUSIBLE,
			   "MemTotal in " SOURCE " is 0, or larger than any machine can have",
			   "In a container set a memory limit, or read the host's " SOURCE},
	[MEM_MORE_THAN_ALL] = {VMFC_STATE_IMPLAUSIBLE,
			       "MemAvailable or MemFree in " SOURCE " is not less than MemTotal",
			       "In a container read the host's " SOURCE
			       " instead of the one that lxcfs provides"},
};

typedef struct {
	VmfcContext *context;
	VmfcFile *meminfo; /* last state that the core was given */
	gboolean is_old;   /* a kernel without MemAvailable */
	MemVerdict verdict;
} Mem;

static void
set_verdict(Mem *self, MemVerdict verdict)
{
	if (verdict == self->verdict)
		return;
	self->verdict = verdict;
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_set_state(self->context, i, verdicts[verdict].state,
				       verdicts[verdict].reason, verdicts[verdict].remedy);
}

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
	self->context = context;
	self->meminfo = meminfo;
	self->is_old = info.total > 0 && info.available < 0;
	MemVerdict verdict = mem_judge(&info);
	if (verdict != MEM_NOT_TOLD || self->is_old)
		set_verdict(self, verdict);
	return self;
}

/* Returns: %FALSE when the error is the reason */
static gboolean
judge(Mem *self, const gchar *text, gsize length, MemInfo *info, GError **error)
{
	MemVerdict verdict = MEM_PLAUSIBLE;

	if (text != NULL) {
		mem_parse_meminfo(text, length, info);
		verdict = mem_judge(info);
	}
	gboolean untold = verdict == MEM_NOT_TOLD && !self->is_old;
	if (untold)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    SOURCE " does not contain MemTotal and MemAvailable as numbers");
	set_verdict(self, untold ? MEM_PLAUSIBLE : verdict);
	return text != NULL && !untold;
}

static VmfcAnswer
mem_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Mem *self = data;
	MemInfo info;
	gsize length;

	const gchar *text = vmfc_file_read(self->meminfo, &length, error);
	if (!judge(self, text, length, &info, error))
		return VMFC_ANSWER_FAILED;
	if (self->verdict != MEM_PLAUSIBLE)
		return VMFC_ANSWER_DONE;
	vmfc_record_set_float(record, AVAILABLE_GB, (gdouble)info.available / KIB_PER_GIB);
	vmfc_record_set_float(record, USAGE_PERCENT,
			      100 * (gdouble)(info.total - info.available) / (gdouble)info.total);
	return VMFC_ANSWER_DONE;
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
