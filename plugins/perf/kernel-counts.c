/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "kernel-counts.h"

#include "parse.h"

/*
 * What the kernel counts by itself and shows to everybody. Not its software events of the same
 * names: those cost an interrupt on every CPU at every tick, need a right, and leave out the
 * page faults that the kernel takes on behalf of a process (mmap(2) with MAP_POPULATE, mlock(2),
 * a read into memory that was not touched yet), which can be most of them.
 */
static const struct {
	PerfEventId event;
	const gchar *path;
	const gchar *key;
} sources[PERF_N_KERNEL_COUNTS] = {
	{PERF_PAGE_FAULTS, "proc/vmstat", "pgfault"},
	{PERF_CONTEXT_SWITCHES, "proc/stat", "ctxt"},
};

void
perf_kernel_counts_open(PerfKernelCounts *counts, VmfcContext *context,
			PerfEvent events[PERF_N_EVENTS])
{
	for (guint i = 0; i < PERF_N_KERNEL_COUNTS; i++) {
		PerfEvent *event = &events[sources[i].event];
		g_autoptr(GError) error = NULL;
		if (perf_event_is_named(event))
			continue;
		counts->files[i] = vmfc_context_open_file(context, sources[i].path, &error);
		if (counts->files[i] == NULL) {
			perf_event_refuse(event, VMFC_STATE_UNSUPPORTED, error->message, NULL);
			continue;
		}
		g_autofree gchar *source = g_strdup_printf("/%s %s", sources[i].path,
							   sources[i].key);
		vmfc_context_describe(context, sources[i].event, "counted_by", source);
	}
}

/* Returns: whether all files could be read */
gboolean
perf_kernel_counts_sample(PerfKernelCounts *counts, VmfcRecord *record, GError **error)
{
	gboolean complete = TRUE;

	for (guint i = 0; i < PERF_N_KERNEL_COUNTS; i++) {
		gsize length;
		gint64 value;
		if (counts->files[i] == NULL)
			continue;
		const gchar *text = vmfc_file_read(counts->files[i], &length,
						   complete ? error : NULL);
		complete &= text != NULL;
		if (text != NULL && perf_parse_counter(text, length, sources[i].key, &value))
			vmfc_record_set_int(record, sources[i].event, value);
	}
	return complete;
}
