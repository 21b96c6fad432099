/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"
#include "vmfc/vmfc-plugin.h"

enum {
	UTILIZATION,
	USER_TIME,
	SYSTEM_TIME,
	NICE_TIME,
	IOWAIT,
	IRQ,
	SOFTIRQ,
	STEAL,
	IDLE,
	EFFICIENCY,
	BUSY,
	CORE_COUNT,
	N_SHOWN,
	/* hidden: what the shares are made of, one for each field of the line */
	FIELDS = N_SHOWN,
	TOTAL = FIELDS + CPU_N_FIELDS,
	WAITING,
	N_COLUMNS,
};

#define SOURCE "/proc/stat"
#define SHARE(name, text)                                                                          \
	{                                                                                          \
		name, "percent", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, SOURCE, text             \
	}
#define TICKS(name)                                                                                \
	{                                                                                          \
		name, "ticks", VMFC_KIND_COUNTER, VMFC_TYPE_INT, TRUE, SOURCE,                     \
			"basis of the CPU shares"                                                  \
	}

static const VmfcColumn columns[N_COLUMNS] = {
	[UTILIZATION] = SHARE("cpu_utilization", "100 less cpu_idle"),
	[USER_TIME] = SHARE("cpu_user_time", "share of all CPU time spent in user mode"),
	[SYSTEM_TIME] = SHARE("cpu_system_time", "share of all CPU time spent in the kernel"),
	[NICE_TIME] = SHARE("cpu_nice_time", "share of all CPU time spent in niced user mode"),
	[IOWAIT] = SHARE("cpu_iowait", "share of all CPU time idle while a disk was waited for"),
	[IRQ] = SHARE("cpu_irq", "share of all CPU time spent in interrupts"),
	[SOFTIRQ] = SHARE("cpu_softirq", "share of all CPU time spent in soft interrupts"),
	[STEAL] = SHARE("cpu_steal", "share of all CPU time that the hypervisor kept for others"),
	[IDLE] = SHARE("cpu_idle", "share of all CPU time idle, without waiting for a disk"),
	[EFFICIENCY] = {"cpu_efficiency", "1", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, SOURCE,
			"(user + system) / total, 0 to 1"},
	[BUSY] = SHARE("cpu_busy", "what this machine's own work used: all but idle, iowait and "
				   "steal"),
	[CORE_COUNT] = {"core_count", "1", VMFC_KIND_GAUGE, VMFC_TYPE_INT, FALSE, SOURCE,
			"CPUs online at the end of the window"},
	[FIELDS + CPU_USER] = TICKS("cpu_user_ticks"),
	[FIELDS + CPU_NICE] = TICKS("cpu_nice_ticks"),
	[FIELDS + CPU_SYSTEM] = TICKS("cpu_system_ticks"),
	[FIELDS + CPU_IDLE] = TICKS("cpu_idle_ticks"),
	[FIELDS + CPU_IOWAIT] = TICKS("cpu_iowait_ticks"),
	[FIELDS + CPU_IRQ] = TICKS("cpu_irq_ticks"),
	[FIELDS + CPU_SOFTIRQ] = TICKS("cpu_softirq_ticks"),
	[FIELDS + CPU_STEAL] = TICKS("cpu_steal_ticks"),
	[TOTAL] = TICKS("cpu_total_ticks"),
	[WAITING] = TICKS("cpu_waiting_ticks"),
};

static const guint share_of_field[CPU_N_FIELDS] = {
	[CPU_USER] = USER_TIME,	 [CPU_NICE] = NICE_TIME, [CPU_SYSTEM] = SYSTEM_TIME,
	[CPU_IDLE] = IDLE,	 [CPU_IOWAIT] = IOWAIT,	 [CPU_IRQ] = IRQ,
	[CPU_SOFTIRQ] = SOFTIRQ, [CPU_STEAL] = STEAL,
};

typedef struct {
	VmfcFile *stat;
	guint64 signature; /* of the CPUs online at the last reading */
	guint n_fields;	   /* that it had */
} Cpu;

static gpointer
cpu_open(VmfcContext *context, GError **error)
{
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	VmfcFile *stat = vmfc_context_open_file(context, "proc/stat", error);
	if (stat == NULL)
		return NULL;
	Cpu *self = g_new0(Cpu, 1);
	self->stat = stat;
	return self;
}

static void
set_counters(Cpu *self, VmfcRecord *record, const CpuTimes *times)
{
	for (guint i = 0; i < times->n_fields; i++)
		vmfc_record_set_int(record, FIELDS + i, times->ticks[i]);
	vmfc_record_set_int(record, TOTAL, times->total);
	vmfc_record_set_int(record, WAITING, times->ticks[CPU_IDLE] + times->ticks[CPU_IOWAIT]);
	if (times->signature == self->signature && times->n_fields == self->n_fields)
		return;
	/* another set of CPUs: the kernel counts their idle time in another way while offline */
	self->signature = times->signature;
	self->n_fields = times->n_fields;
	vmfc_record_restart(record, TOTAL);
}

static gboolean
is_split(guint field)
{
	return field == CPU_IDLE || field == CPU_IOWAIT;
}

/* Whether the shares have a whole: all that goes into it must have gone forward. */
static gboolean
get_total(const VmfcRecord *record, guint n_fields, gdouble *total)
{
	for (guint i = 0; i < n_fields; i++) {
		if (!is_split(i) && !vmfc_record_has(record, FIELDS + i))
			return FALSE;
	}
	return vmfc_record_has(record, WAITING) && vmfc_record_get_delta(record, TOTAL, total) &&
	       *total > 0;
}

/*
 * The kernel moves time between idle and iowait when it learns more (proc(5): iowait "is not
 * reliable"), so that one of them can go backwards; then neither is known, but their sum, and
 * with it the total and all other shares, is.
 */
static void
set_shares(VmfcRecord *record, guint n_fields)
{
	gdouble deltas[CPU_N_FIELDS] = {0};
	gdouble total, waiting;

	if (!get_total(record, n_fields, &total))
		return;
	gboolean split_is_known = TRUE;
	for (guint i = 0; i < n_fields; i++)
		split_is_known &= vmfc_record_get_delta(record, FIELDS + i, &deltas[i]);
	for (guint i = 0; i < n_fields; i++) {
		if (split_is_known || !is_split(i))
			vmfc_record_set_float(record, share_of_field[i], 100 * deltas[i] / total);
	}
	if (split_is_known)
		vmfc_record_set_float(record, UTILIZATION, 100 - 100 * deltas[CPU_IDLE] / total);
	vmfc_record_set_float(record, EFFICIENCY, (deltas[CPU_USER] + deltas[CPU_SYSTEM]) / total);
	if (vmfc_record_get_delta(record, WAITING, &waiting))
		vmfc_record_set_float(record, BUSY,
				      100 * (total - waiting - deltas[CPU_STEAL]) / total);
}

static VmfcAnswer
cpu_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Cpu *self = data;
	CpuTimes times;
	gsize length;

	const gchar *text = vmfc_file_read(self->stat, &length, error);
	if (text == NULL)
		return VMFC_ANSWER_FAILED;
	cpu_parse_stat(text, length, &times);
	if (times.n_cpus > 0)
		vmfc_record_set_int(record, CORE_COUNT, times.n_cpus);
	if (times.n_cpus == 0 || times.n_fields == 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    SOURCE " has no whole list of CPUs and their times");
		return VMFC_ANSWER_FAILED;
	}
	set_counters(self, record, &times);
	set_shares(record, times.n_fields);
	return VMFC_ANSWER_DONE;
}

static const VmfcSampler sampler = {
	.open = cpu_open,
	.sample = cpu_sample,
	.close = g_free,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "cpu",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "where the CPU time of this machine went",
	.group = "proc",
	.rank = 20,
	.sampler = &sampler,
};
