/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <unistd.h>

#include "check.h"
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
	/* hidden: the basis of the shares, one for each field of the line */
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
	[UTILIZATION] = SHARE("cpu_utilization", "100 - cpu_idle"),
	[USER_TIME] = SHARE("cpu_user_time", "share of all CPU time spent in user mode"),
	[SYSTEM_TIME] = SHARE("cpu_system_time", "share of all CPU time spent in the kernel"),
	[NICE_TIME] = SHARE("cpu_nice_time", "share of all CPU time spent in niced user mode"),
	[IOWAIT] = SHARE("cpu_iowait", "share of all CPU time idle while waiting for disk I/O"),
	[IRQ] = SHARE("cpu_irq", "share of all CPU time spent in interrupts"),
	[SOFTIRQ] = SHARE("cpu_softirq", "share of all CPU time spent in soft interrupts"),
	[STEAL] = SHARE("cpu_steal", "share of all CPU time that the hypervisor gave to others"),
	[IDLE] = SHARE("cpu_idle", "share of all CPU time idle, without waiting for disk I/O"),
	[EFFICIENCY] = {"cpu_efficiency", "1", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, SOURCE,
			"(user + system) / total, 0 to 1"},
	[BUSY] = SHARE("cpu_busy", "share of all CPU time used by this machine's own work: all but "
				   "idle, iowait and steal"),
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

/* Why shares are missing in a window. */
typedef enum {
	MEASURED,
	NO_TICK,
	SPLIT_UNKNOWN,
	NO_START,
	OTHER_CPUS,
	OTHER_FIELDS,
	WENT_BACKWARDS,
	TOO_LITTLE,
	TOO_MUCH,
	CONTRADICTION,
	NO_TIME_AT_ALL,
	N_REASONS,
} Reason;

static const struct {
	VmfcState state;
	const gchar *text;
	const gchar *remedy;
} reasons[N_REASONS] = {
	[MEASURED] = {VMFC_STATE_OK, NULL, NULL},
	[NO_TICK] = {VMFC_STATE_OK, "the kernel counted no whole tick in the window",
		     "Use a longer interval: a tick of " SOURCE " is 1/100 s of a CPU"},
	[SPLIT_UNKNOWN] = {VMFC_STATE_OK,
			   "the kernel counted no whole tick in the window, or moved time between "
			   "idle and iowait, so that one of them went backwards",
			   NULL},
	[NO_START] = {VMFC_STATE_OK, "the reading that opens the window is missing", NULL},
	[OTHER_FIELDS] = {VMFC_STATE_UNSUPPORTED, SOURCE " has other fields than at the last tick",
			  NULL},
	[OTHER_CPUS] = {VMFC_STATE_UNSUPPORTED,
			"a CPU was added or removed, so that the window lacks two readings of the "
			"same CPUs",
			NULL},
	[WENT_BACKWARDS] = {VMFC_STATE_IMPLAUSIBLE, "a time in " SOURCE " went backwards", NULL},
	[TOO_LITTLE] = {VMFC_STATE_IMPLAUSIBLE,
			"a CPU counted less than half of the time that passed, but even an idle "
			"CPU counts all of it",
			"In a container read the host's " SOURCE
			" instead of the one that lxcfs provides; after a pause of the machine one "
			"window is missing"},
	[TOO_MUCH] = {VMFC_STATE_IMPLAUSIBLE, "a CPU counted more than twice the time that passed",
		      "Update the kernel, hypervisor or lxcfs: some versions let stolen or idle "
		      "time jump"},
	[CONTRADICTION] = {VMFC_STATE_IMPLAUSIBLE,
			   "the line cpu of " SOURCE " and the lines of the CPUs contradict each "
			   "other",
			   NULL},
	[NO_TIME_AT_ALL] =
		{VMFC_STATE_IMPLAUSIBLE,
		 SOURCE " is constant: no CPU has counted any time since boot",
		 "Run vmfc outside of the sandbox: older releases of gVisor provide such a file"},
};

/* Of a tick: in a row of windows shorter than this, several without a tick are certain. */
#define SHORT_PART 8

typedef struct {
	VmfcContext *context;
	VmfcFile *stat;
	CpuCheck check;
	guint64 signature; /* of the CPUs that were online at the last reading */
	guint n_fields;	   /* of the last reading; 0: it failed, or there was none */
	Reason reason;	   /* last state that the core was given */
	gboolean is_short; /* true when most windows have no tick */
} Cpu;

static gboolean
is_split(guint field)
{
	return field == CPU_IDLE || field == CPU_IOWAIT;
}

static gboolean
is_usual(Reason reason)
{
	return reason == NO_TICK || reason == SPLIT_UNKNOWN;
}

/* Says of which columns the kernel has no field. @n_fields: 0: that is not known */
static void
report_absent(const Cpu *self, guint n_fields)
{
	static const gchar reason[] = SOURCE " has no such field on this machine";

	if (n_fields == 0)
		return;
	for (guint i = n_fields; i < CPU_N_FIELDS; i++)
		vmfc_context_set_state(self->context, share_of_field[i], VMFC_STATE_UNSUPPORTED,
				       reason, NULL);
	if (n_fields <= CPU_STEAL)
		vmfc_context_set_state(self->context, BUSY, VMFC_STATE_UNSUPPORTED,
				       SOURCE " has no field for the time that others took", NULL);
}

static void
set_reason(Cpu *self, Reason reason)
{
	if (reason == self->reason)
		return;
	self->reason = reason;
	for (guint i = 0; i < CORE_COUNT; i++) {
		gboolean of_split = i == IDLE || i == IOWAIT || i == UTILIZATION;
		Reason of_share = is_usual(reason) && of_split ? SPLIT_UNKNOWN
				  : reason == SPLIT_UNKNOWN    ? MEASURED
							       : reason;
		/* report at once; otherwise only after several windows in a row without a tick */
		gboolean is_lack = self->is_short && is_usual(of_share);
		vmfc_context_set_state(self->context, i,
				       is_lack ? VMFC_STATE_UNSUPPORTED : reasons[of_share].state,
				       reasons[of_share].text, reasons[of_share].remedy);
	}
	report_absent(self, self->n_fields);
}

/*
 * In short windows a missing tick or split is as usual as a known one. So the reason stays until
 * another one replaces it: otherwise each change would allocate a text. It counts only in windows
 * in which a share is missing.
 */
static void
give_reason(Cpu *self, Reason reason)
{
	gboolean is_said = is_usual(self->reason) &&
			   (reason == MEASURED || reason == SPLIT_UNKNOWN);
	if (!is_said)
		set_reason(self, reason);
}

static void
cpu_close(gpointer data)
{
	Cpu *self = data;
	cpu_check_clear(&self->check);
	g_free(self);
}

static gpointer
cpu_open(VmfcContext *context, GError **error)
{
	CpuTimes times = {0};
	gsize length;

	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	VmfcFile *stat = vmfc_context_open_file(context, "proc/stat", error);
	if (stat == NULL)
		return NULL;
	const gchar *text = vmfc_file_read(stat, &length, NULL);
	if (text != NULL)
		cpu_parse_stat(text, length, &times);
	Cpu *self = g_new0(Cpu, 1);
	self->context = context;
	self->stat = stat;
	cpu_check_init(&self->check, sysconf(_SC_CLK_TCK), times.n_cpus);
	self->is_short = SHORT_PART * vmfc_context_get_interval(context) < self->check.ns_per_tick;
	report_absent(self, times.n_fields);
	if (times.n_fields > 0 && times.total == 0)
		give_reason(self, NO_TIME_AT_ALL);
	return self;
}

/* Returns: why the counts do not continue those of the last reading */
static Reason
set_counters(Cpu *self, VmfcRecord *record, const CpuTimes *times)
{
	guint n_before = self->n_fields;

	for (guint i = 0; i < times->n_fields; i++)
		vmfc_record_set_int(record, FIELDS + i, times->ticks[i]);
	vmfc_record_set_int(record, TOTAL, times->total);
	vmfc_record_set_int(record, WAITING, times->ticks[CPU_IDLE] + times->ticks[CPU_IOWAIT]);
	if (times->signature == self->signature && times->n_fields == n_before)
		return MEASURED;
	/* another set of CPUs: the kernel counts the idle time of offline CPUs differently */
	self->signature = times->signature;
	self->n_fields = times->n_fields;
	vmfc_record_restart(record, TOTAL);
	if (n_before == 0)
		return NO_START;
	return n_before != times->n_fields ? OTHER_FIELDS : OTHER_CPUS;
}

static const Reason reason_of_verdict[] = {
	[CPU_PLAUSIBLE] = MEASURED,
	[CPU_TOO_LITTLE] = TOO_LITTLE,
	[CPU_TOO_MUCH] = TOO_MUCH,
	[CPU_CONTRADICTION] = CONTRADICTION,
};

/* Whether the shares have a valid total: all its parts must have grown and be plausible. */
static Reason
judge_total(const VmfcRecord *record, const CpuTimes *times, CpuVerdict verdict, gdouble *total)
{
	if (times->total == 0)
		return NO_TIME_AT_ALL;
	for (guint i = 0; i < times->n_fields; i++) {
		if (!is_split(i) && !vmfc_record_has(record, FIELDS + i))
			return WENT_BACKWARDS;
	}
	if (!vmfc_record_has(record, WAITING) || !vmfc_record_get_delta(record, TOTAL, total))
		return WENT_BACKWARDS;
	if (verdict != CPU_PLAUSIBLE)
		return reason_of_verdict[verdict];
	return *total > 0 ? MEASURED : NO_TICK;
}

/*
 * The kernel moves time between idle and iowait when it learns more (proc(5): iowait "is not
 * reliable"), so that one of them can go backwards. Then neither is known, but their sum is known,
 * and with it the total and all other shares.
 */
static Reason
set_shares(VmfcRecord *record, guint n_fields, gdouble total)
{
	gdouble deltas[CPU_N_FIELDS] = {0};
	gdouble waiting;

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
	/* what others took is in some other field where the kernel has none for it */
	if (n_fields > CPU_STEAL && vmfc_record_get_delta(record, WAITING, &waiting))
		vmfc_record_set_float(record, BUSY,
				      100 * (total - waiting - deltas[CPU_STEAL]) / total);
	return split_is_known ? MEASURED : SPLIT_UNKNOWN;
}

static gboolean
read_stat(Cpu *self, CpuReading *now, GError **error)
{
	now->instant.earliest = vmfc_context_get_time(self->context);
	now->text = vmfc_file_read(self->stat, &now->length, error);
	if (now->text == NULL)
		return FALSE;
	now->instant.latest = vmfc_context_get_time(self->context);
	cpu_parse_stat(now->text, now->length, &now->times);
	return TRUE;
}

/* The error is the reason. The next reading opens a window, but ends none. */
static VmfcAnswer
lose_reading(Cpu *self)
{
	set_reason(self, MEASURED);
	self->n_fields = 0;
	return VMFC_ANSWER_FAILED;
}

static VmfcAnswer
cpu_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Cpu *self = data;
	CpuReading now;
	gdouble total;

	if (!read_stat(self, &now, error))
		return lose_reading(self);
	if (now.times.n_cpus > 0)
		vmfc_record_set_int(record, CORE_COUNT, now.times.n_cpus);
	if (now.times.n_cpus == 0 || now.times.n_fields == 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    SOURCE " has no complete list of CPUs and their times");
		return lose_reading(self);
	}
	Reason reason = set_counters(self, record, &now.times);
	CpuVerdict verdict = cpu_check_window(&self->check, &now);
	if (reason == MEASURED)
		reason = judge_total(record, &now.times, verdict, &total);
	if (reason == MEASURED)
		reason = set_shares(record, now.times.n_fields, total);
	give_reason(self, reason);
	return VMFC_ANSWER_DONE;
}

static void
cpu_stop(gpointer data)
{
	Cpu *self = data;
	if (is_usual(self->reason))
		set_reason(self, MEASURED);
}

static const VmfcSampler sampler = {
	.open = cpu_open,
	.sample = cpu_sample,
	.stop = cpu_stop,
	.close = cpu_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "cpu",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "how the CPU time of this machine was used",
	.group = "proc",
	.rank = 20,
	.sampler = &sampler,
};
