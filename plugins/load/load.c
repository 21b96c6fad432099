/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "judge.h"
#include "processes.h"

enum {
	PROCESS_COUNT,
	AVERAGE_1MIN,
	AVERAGE_5MIN,
	AVERAGE_15MIN,
	PROCS_RUNNING,
	PROCS_BLOCKED,
	PROCESSES_CREATED,
	N_COLUMNS,
};

#define AVERAGE(name, text)                                                                        \
	{                                                                                          \
		name, "1", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE, "/proc/loadavg", text          \
	}
#define STAT(name, kind, text)                                                                     \
	{                                                                                          \
		name, "1", kind, VMFC_TYPE_INT, FALSE, "/proc/stat", text                          \
	}

static const VmfcColumn columns[N_COLUMNS] = {
	[PROCESS_COUNT] = {"process_count", "1", VMFC_KIND_GAUGE, VMFC_TYPE_INT, FALSE, "/proc",
			   "processes, not threads, at the end of the window"},
	[AVERAGE_1MIN] = AVERAGE("load_average_1min", "load average over one minute"),
	[AVERAGE_5MIN] = AVERAGE("load_average_5min", "load average over five minutes"),
	[AVERAGE_15MIN] = AVERAGE("load_average_15min", "load average over fifteen minutes"),
	[PROCS_RUNNING] = STAT("procs_running", VMFC_KIND_GAUGE,
			       "tasks that run or are ready to run at the end of the window"),
	[PROCS_BLOCKED] = STAT("procs_blocked", VMFC_KIND_GAUGE,
			       "tasks blocked on disk I/O at the end of the window"),
	[PROCESSES_CREATED] = STAT("processes_created", VMFC_KIND_COUNTER,
				   "processes and threads created during the window"),
};

typedef struct {
	VmfcContext *context;
	VmfcFile *loadavg;
	VmfcFile *stat;
	LoadProcesses processes;
	LoadJudge judge;
	LoadVerdict verdicts[N_COLUMNS]; /* last states that the core was given */
	gint64 tasks;			 /* number of CPUs; -1: unknown at this tick */
} Load;

/* Returns: whether the column has a value in this window */
static gboolean
set_verdict(Load *self, guint column, LoadVerdict verdict)
{
	const LoadVerdictText *text = load_verdict_get_text(verdict);

	if (verdict != self->verdicts[column])
		vmfc_context_set_state(self->context, column, text->state, text->reason,
				       text->remedy);
	self->verdicts[column] = verdict;
	return verdict == LOAD_PLAUSIBLE;
}

static void
load_close(gpointer data)
{
	Load *self = data;
	load_processes_close(&self->processes);
	g_free(self);
}

/* A part that cannot be read affects its own columns only. */
static void
give_up_columns(VmfcContext *context, guint first, guint last, const GError *error)
{
	gboolean denied = g_error_matches(error, VMFC_ERROR, VMFC_ERROR_DENIED);

	for (guint i = first; i <= last; i++)
		vmfc_context_set_state(context, i,
				       denied ? VMFC_STATE_DENIED : VMFC_STATE_UNSUPPORTED,
				       error->message, NULL);
}

static void
open_processes(Load *self, VmfcContext *context)
{
	g_autofree gchar *proc = vmfc_context_build_path(context, "proc");
	g_autoptr(GError) error = NULL;

	if (!load_processes_open(&self->processes, proc, &error))
		give_up_columns(context, PROCESS_COUNT, PROCESS_COUNT, error);
	else if (self->processes.hidden)
		vmfc_context_set_state(
			context, PROCESS_COUNT, VMFC_STATE_DENIED,
			"/proc is mounted with hidepid, which hides the processes of other users",
			"Give vmfc CAP_SYS_PTRACE, which root has, or run it in the group that the "
			"mount option gid= names");
}

/* In that case the error is the reason. */
static void
clear_verdicts(Load *self, guint first, guint last)
{
	for (guint i = first; i <= last; i++)
		set_verdict(self, i, LOAD_PLAUSIBLE);
}

static gboolean
read_loadavg(Load *self, gdouble averages[3], GError **error)
{
	gsize length;

	const gchar *text = vmfc_file_read(self->loadavg, &length, error);
	if (text == NULL)
		return FALSE;
	self->tasks = load_parse_tasks(text, length);
	if (load_parse_loadavg(text, length, averages))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "/proc/loadavg does not begin with three numbers");
	return FALSE;
}

static gboolean
sample_loadavg(Load *self, VmfcRecord *record, gint64 now, GError **error)
{
	gdouble averages[3];

	self->tasks = -1;
	if (self->loadavg == NULL)
		return TRUE;
	if (!read_loadavg(self, averages, error)) {
		clear_verdicts(self, AVERAGE_1MIN, AVERAGE_15MIN);
		return FALSE;
	}
	LoadVerdict verdict = load_judge_averages(&self->judge, averages, self->tasks, now);
	for (guint i = 0; i < G_N_ELEMENTS(averages); i++) {
		if (set_verdict(self, AVERAGE_1MIN + i, verdict) && record != NULL)
			vmfc_record_set_float(record, AVERAGE_1MIN + i, averages[i]);
	}
	return TRUE;
}

/* A withheld total still opens the next window, if it is valid. */
static void
set_created(Load *self, VmfcRecord *record, gint64 processes, LoadVerdict verdict)
{
	gboolean is_measured = set_verdict(self, PROCESSES_CREATED, verdict);

	if (record == NULL || processes <= 0)
		return;
	vmfc_record_set_int(record, PROCESSES_CREATED, processes);
	if (!is_measured)
		vmfc_record_restart(record, PROCESSES_CREATED);
}

static gboolean
sample_stat(Load *self, VmfcRecord *record, gint64 now, GError **error)
{
	LoadStat stat;
	gsize length;

	if (self->stat == NULL)
		return TRUE;
	const gchar *text = vmfc_file_read(self->stat, &length, error);
	if (text == NULL) {
		clear_verdicts(self, PROCS_RUNNING, PROCESSES_CREATED);
		return FALSE;
	}
	load_parse_stat(text, length, &stat);
	load_judge_text(&self->judge, text, length, now);
	LoadVerdict running = load_judge_running(&self->judge, &stat, self->tasks);
	LoadVerdict blocked = load_judge_blocked(&self->judge, &stat, self->tasks);
	if (set_verdict(self, PROCS_RUNNING, running) && record != NULL)
		vmfc_record_set_int(record, PROCS_RUNNING, stat.procs_running);
	if (set_verdict(self, PROCS_BLOCKED, blocked) && record != NULL)
		vmfc_record_set_int(record, PROCS_BLOCKED, stat.procs_blocked);
	set_created(self, record, stat.processes, load_judge_created(&self->judge, &stat, now));
	return TRUE;
}

static void
sample_processes(Load *self, VmfcRecord *record)
{
	if (self->processes.folder == NULL || self->processes.hidden)
		return;
	gint64 n_processes = load_processes_count(&self->processes);
	if (set_verdict(self, PROCESS_COUNT, n_processes > 0 ? LOAD_PLAUSIBLE : LOAD_NO_PROCESS))
		vmfc_record_set_int(record, PROCESS_COUNT, n_processes);
}

static VmfcAnswer
load_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Load *self = data;
	gint64 now = vmfc_context_get_time(self->context);

	sample_processes(self, record);
	/* sample the second one even when the first one fails */
	gboolean averages = sample_loadavg(self, record, now, error);
	gboolean counts = sample_stat(self, record, now, averages ? error : NULL);
	return averages && counts ? VMFC_ANSWER_DONE : VMFC_ANSWER_FAILED;
}

static gpointer
load_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	Load *self = g_new0(Load, 1);
	g_autoptr(GError) no_loadavg = NULL;
	g_autoptr(GError) no_stat = NULL;

	self->context = context;
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_context_add_column(context, &columns[i]);
	open_processes(self, context);
	self->loadavg = vmfc_context_open_file(context, "proc/loadavg", &no_loadavg);
	if (self->loadavg == NULL)
		give_up_columns(context, AVERAGE_1MIN, AVERAGE_15MIN, no_loadavg);
	self->stat = vmfc_context_open_file(context, "proc/stat", &no_stat);
	if (self->stat == NULL)
		give_up_columns(context, PROCS_RUNNING, PROCESSES_CREATED, no_stat);
	/* a first reading, so that `--check` finds the values of a sandbox */
	gint64 now = vmfc_context_get_time(context);
	sample_loadavg(self, NULL, now, NULL);
	sample_stat(self, NULL, now, NULL);
	self->judge = (LoadJudge){0};
	return self;
}

static const VmfcSampler sampler = {
	.open = load_open,
	.sample = load_sample,
	.close = load_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "load",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "processes and load averages",
	.group = "proc",
	.rank = 60,
	.sampler = &sampler,
};
