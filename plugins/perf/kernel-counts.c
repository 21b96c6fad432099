/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "kernel-counts.h"

#include <math.h>
#include <unistd.h>

#include "parse.h"

/*
 * Counts of the kernel that every user may read. The kernel's software events of the same names are
 * worse: they cost an interrupt on every CPU at every tick, require a right, and omit the page
 * faults that the kernel takes for a process (mmap(2) with MAP_POPULATE, mlock(2), a read into
 * memory that was not touched yet), which can be most of them.
 */
static const struct {
	PerfEventId event;
	const gchar *path;
	const gchar *key;
	const gchar *not_counted;
} sources[PERF_N_KERNEL_COUNTS] = {
	{PERF_PAGE_FAULTS, "proc/vmstat", "pgfault",
	 "/proc/vmstat has no line pgfault with a number above 0: a sandbox does not count it"},
	{PERF_CONTEXT_SWITCHES, "proc/stat", "ctxt",
	 "/proc/stat has no line ctxt with a number above 0: a sandbox does not count it"},
};

#define TOO_FAST "its total grew by more than all CPUs can count in the window"
/*
 * A CPU needs at least 100 ns for a page fault, and twice that for a switch: ten times the possible
 * rate.
 */
#define MAX_OF_A_CPU_PER_NS 0.1
/* Maximum delay of a reading after its window was measured. */
#define LATE_NS 1e8

static gboolean
read_count(VmfcFile *file, guint i, gint64 *value)
{
	gsize length;
	const gchar *text = vmfc_file_read(file, &length, NULL);

	return text != NULL && perf_parse_counter(text, length, sources[i].key, value);
}

static void
report_not_counted(PerfKernelCounts *counts, guint i)
{
	vmfc_context_set_state(counts->context, sources[i].event, VMFC_STATE_UNSUPPORTED,
			       sources[i].not_counted, NULL);
}

void
perf_kernel_counts_open(PerfKernelCounts *counts, VmfcContext *context,
			PerfEvent events[PERF_N_EVENTS])
{
	counts->context = context;
	counts->most_per_ns = MAX_OF_A_CPU_PER_NS * (gdouble)sysconf(_SC_NPROCESSORS_CONF);
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
		gint64 value;
		if (!read_count(counts->files[i], i, &value))
			report_not_counted(counts, i);
	}
}

/* @elapsed: ns since the last total; infinite without one */
static void
set_count(PerfKernelCounts *counts, guint i, VmfcRecord *record, gint64 value, gdouble elapsed)
{
	PerfEventId event = sources[i].event;
	gdouble most = counts->most_per_ns * (elapsed + LATE_NS);
	gboolean fast = (gdouble)value - (gdouble)counts->totals[i] > most;

	vmfc_record_set_int(record, event, value);
	if (fast)
		vmfc_record_restart(record, event);
	counts->totals[i] = value;
	counts->has_totals[i] = TRUE;
	vmfc_context_set_state(counts->context, event,
			       fast ? VMFC_STATE_IMPLAUSIBLE : VMFC_STATE_OK,
			       fast ? TOO_FAST : NULL, NULL);
}

/* Returns: whether all files could be read */
gboolean
perf_kernel_counts_sample(PerfKernelCounts *counts, VmfcRecord *record, GError **error)
{
	gint64 now = vmfc_context_get_time(counts->context);
	gdouble elapsed = (gdouble)(now - counts->time);
	gboolean complete = TRUE;

	counts->time = now;
	for (guint i = 0; i < PERF_N_KERNEL_COUNTS; i++) {
		gsize length;
		gint64 value;
		if (counts->files[i] == NULL)
			continue;
		const gchar *text = vmfc_file_read(counts->files[i], &length,
						   complete ? error : NULL);
		complete &= text != NULL;
		gboolean has_total = counts->has_totals[i];
		counts->has_totals[i] = FALSE;
		if (text == NULL) {
			/* the error is the reason, and not what was wrong before */
			vmfc_context_set_state(counts->context, sources[i].event, VMFC_STATE_OK,
					       NULL, NULL);
			continue;
		}
		if (perf_parse_counter(text, length, sources[i].key, &value))
			set_count(counts, i, record, value, has_total ? elapsed : INFINITY);
		else
			report_not_counted(counts, i);
	}
	return complete;
}
