/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "workload/workload-runner.h"

#include "workload/workload-labels.h"
#include "base/mask.h"
#include "workload/workload-list.h"

/* A part of the sequence and what runs in it. */
typedef struct {
	const gchar *name;
	VmfcContext *context; /* NULL: nothing; parts that ask for the same share one */
} Stage;

struct _VmfcWorkloadRunner {
	const VmfcRun *run;
	VmfcWorkloadLabels *labels;
	gchar *text; /* as the user wrote it */
	VmfcSequence *sequence;
	GArray *stages; /* of Stage, one for each part of the sequence */
	GPtrArray *contexts;

	gint64 t0; /* when the first part begins, CLOCK_MONOTONIC */
	VmfcWakeFunc wake;
	VmfcWakeFunc over;
	gpointer user_data;

	gint64 next;	      /* when the part in hand is over, CLOCK_MONOTONIC */
	VmfcPosition wanted;  /* what is to run now */
	gboolean is_waiting;  /* what is to run now has not begun */
	VmfcContext *running; /* NULL: nothing */
	gboolean is_finishing;
	gboolean has_ended; /* @running has, and is to be stopped */
};

static void
end_workload(VmfcContext *context, const GError *error);

static void
set_phase(VmfcContext *context, const gchar *phase)
{
	VmfcWorkloadRunner *workloads = context->driver_data;
	vmfc_workload_labels_set_phase(workloads->labels, phase);
}

static void
begin_transition(VmfcContext *context)
{
	VmfcWorkloadRunner *workloads = context->driver_data;
	vmfc_workload_labels_begin_transition(workloads->labels);
}

static void
set_target_load(VmfcContext *context, gdouble percent)
{
	VmfcWorkloadRunner *workloads = context->driver_data;
	vmfc_workload_labels_set_target_load(workloads->labels, percent);
}

static void
add_work_time(VmfcContext *context, gdouble seconds)
{
	VmfcWorkloadRunner *workloads = context->driver_data;
	workloads->labels->work_time += seconds;
}

static const VmfcDriver driver = {
	.set_phase = set_phase,
	.begin_transition = begin_transition,
	.set_target_load = set_target_load,
	.end_workload = end_workload,
	.add_work_time = add_work_time,
};

void
vmfc_workload_runner_free(VmfcWorkloadRunner *workloads)
{
	g_clear_pointer(&workloads->contexts, g_ptr_array_unref);
	g_clear_pointer(&workloads->stages, g_array_unref);
	g_clear_pointer(&workloads->sequence, vmfc_sequence_free);
	g_free(workloads->text);
	g_free(workloads);
}

/* ------------------------------------------------------------- opening */

/* Parts that ask for the same are one instance, which goes on where it was. */
static VmfcContext *
find_context(const VmfcWorkloadRunner *workloads, const VmfcPart *part)
{
	for (guint i = 0; i < workloads->contexts->len; i++) {
		VmfcContext *context = workloads->contexts->pdata[i];
		if (g_str_equal(context->workload, part->name) &&
		    g_strcmp0(context->argument, part->argument) == 0)
			return context;
	}
	return NULL;
}

static gboolean
add_stage(VmfcWorkloadRunner *workloads, const VmfcPart *part, const GPtrArray *entries,
	  GError **error)
{
	Stage stage = {part->name, find_context(workloads, part)};
	const VmfcWorkloadEntry *entry = vmfc_workload_list_find(entries, part->name, error);

	if (entry == NULL)
		return FALSE;
	gboolean knows_arguments = entry->plugin != NULL && entry->plugin->abi_minor >= 2;
	if (!knows_arguments && part->argument != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--stress-workload: '%s' takes no argument", part->name);
		return FALSE;
	}
	if (entry->plugin != NULL && stage.context == NULL) {
		stage.context = vmfc_context_new(workloads->run, entry->plugin, error);
		if (stage.context == NULL)
			return FALSE;
		vmfc_context_set_driver(stage.context, &driver, workloads);
		vmfc_context_set_workload(stage.context, part->name, part->argument);
		g_ptr_array_add(workloads->contexts, stage.context);
	}
	g_array_append_val(workloads->stages, stage);
	return TRUE;
}

static gboolean
add_stages(VmfcWorkloadRunner *workloads, VmfcRegistry *registry, GError **error)
{
	const GPtrArray *parts = workloads->sequence->parts;
	g_autoptr(GPtrArray) entries = vmfc_workload_list_new(registry, workloads->run, error);

	if (entries == NULL)
		return FALSE;
	for (guint i = 0; i < parts->len; i++) {
		if (!add_stage(workloads, parts->pdata[i], entries, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
understand(VmfcWorkloadRunner *workloads, VmfcRegistry *registry, const VmfcWorkloadPlan *plan,
	   GError **error)
{
	const VmfcRun *run = workloads->run;

	workloads->sequence = vmfc_sequence_new(plan->text, plan->duration, run->interval, error);
	if (workloads->sequence == NULL)
		return FALSE;
	if (plan->shuffle)
		vmfc_sequence_shuffle(workloads->sequence, run->seed);
	/* most runs have none, and then no plugin is looked at */
	if (g_str_equal(plan->text, "none")) {
		const Stage nothing = {"none", NULL};
		g_array_append_val(workloads->stages, nothing);
		return TRUE;
	}
	return add_stages(workloads, registry, error);
}

/*
 * Understands what the user asked for; nothing is opened yet.
 *
 * @labels: not owned
 */
VmfcWorkloadRunner *
vmfc_workload_runner_new(const VmfcRun *run, VmfcWorkloadLabels *labels, VmfcRegistry *registry,
			 const VmfcWorkloadPlan *plan, GError **error)
{
	g_autoptr(VmfcWorkloadRunner) workloads = g_new0(VmfcWorkloadRunner, 1);
	g_autoptr(GError) reason = NULL;

	workloads->run = run;
	workloads->labels = labels;
	workloads->text = g_strdup(plan->text);
	workloads->contexts = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_context_free);
	workloads->stages = g_array_new(FALSE, FALSE, sizeof(Stage));
	if (understand(workloads, registry, plan, &reason))
		return g_steal_pointer(&workloads);
	vmfc_mask_pieces(reason, plan->text);
	g_propagate_error(error, g_steal_pointer(&reason));
	return NULL; /* NOLINT(clang-analyzer-unix.Malloc): g_autoptr frees it */
}

const gchar *
vmfc_workload_runner_get_text(const VmfcWorkloadRunner *workloads)
{
	return workloads->text;
}

/* Whether an instance of the plugin is among them. */
gboolean
vmfc_workload_runner_take_part(const VmfcWorkloadRunner *workloads, const gchar *plugin)
{
	for (guint i = 0; i < workloads->contexts->len; i++) {
		const VmfcContext *context = workloads->contexts->pdata[i];
		if (g_str_equal(context->plugin->name, plugin))
			return TRUE;
	}
	return FALSE;
}

/* Whether anything is going to run. */
gboolean
vmfc_workload_runner_are_there(const VmfcWorkloadRunner *workloads)
{
	return workloads->contexts->len > 0;
}

gboolean
vmfc_workload_runner_open(VmfcWorkloadRunner *workloads, GError **error)
{
	for (guint i = 0; i < workloads->contexts->len; i++) {
		if (!vmfc_context_open(workloads->contexts->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

/* ------------------------------------------------------- while it runs */

/*
 * @t0: when the first part begins, which is when the first window opens; CLOCK_MONOTONIC, ns
 * @wake: called when vmfc_workload_runner_advance() is to be called at once
 * @over: called when a workload without a given end has ended
 */
void
vmfc_workload_runner_begin(VmfcWorkloadRunner *workloads, gint64 t0, VmfcWakeFunc wake,
			   VmfcWakeFunc over, gpointer user_data)
{
	workloads->t0 = t0;
	workloads->next = t0 - VMFC_WORKLOAD_LEAD;
	workloads->wake = wake;
	workloads->over = over;
	workloads->user_data = user_data;
}

static void
report_end(VmfcWorkloadRunner *workloads, const VmfcContext *context, const GError *error)
{
	g_warning("workload %s ended before its time: %s", context->workload, error->message);
	workloads->labels->failed = TRUE;
}

static void
end_workload(VmfcContext *context, const GError *error)
{
	VmfcWorkloadRunner *workloads = context->driver_data;

	if (workloads->running != context || workloads->has_ended)
		return;
	workloads->has_ended = TRUE;
	if (error != NULL)
		report_end(workloads, context, error);
	if (!workloads->is_finishing)
		vmfc_workload_labels_set_workload(workloads->labels, "none",
						  workloads->wanted.iteration);
	workloads->wake(workloads->user_data);
}

/* @running has ended or is to end now. */
static void
clear_running(VmfcWorkloadRunner *workloads)
{
	vmfc_context_stop(workloads->running);
	workloads->running = NULL;
	workloads->has_ended = FALSE;
	workloads->is_finishing = FALSE;
}

static void
finish_running(VmfcWorkloadRunner *workloads)
{
	const VmfcPlugin *plugin = workloads->running->plugin;

	/* the table of a plugin that was built against ABI 1.1 ends before finish */
	if (plugin->abi_minor < 2 || plugin->workload->finish == NULL) {
		clear_running(workloads);
		return;
	}
	workloads->is_finishing = TRUE;
	plugin->workload->finish(workloads->running->instance);
}

/* Before ABI 1.2 nobody was told that an instance may be started again: it gets a new one. */
static gboolean
renew(VmfcContext *context, GError **error)
{
	if (context->plugin->abi_minor >= 2 || context->begin == 0)
		return TRUE;
	vmfc_context_close(context);
	return vmfc_context_open(context, error);
}

static const Stage *
get_wanted(const VmfcWorkloadRunner *workloads)
{
	return &g_array_index(workloads->stages, Stage, workloads->wanted.part);
}

static void
start_wanted(VmfcWorkloadRunner *workloads)
{
	const Stage *stage = get_wanted(workloads);
	g_autoptr(GError) error = NULL;

	workloads->is_waiting = FALSE;
	vmfc_workload_labels_set_workload(workloads->labels, stage->name,
					  workloads->wanted.iteration);
	if (stage->context == NULL)
		return;
	workloads->running = stage->context;
	if (renew(stage->context, &error)) {
		stage->context->begin = workloads->t0 + workloads->wanted.begin;
		if (vmfc_context_start(stage->context, &error))
			return;
	}
	report_end(workloads, stage->context, error);
	vmfc_workload_labels_set_workload(workloads->labels, "none", workloads->wanted.iteration);
	workloads->running = NULL;
	workloads->has_ended = FALSE;
	if (workloads->wanted.end == G_MAXINT64)
		workloads->over(workloads->user_data);
}

static gboolean
is_time(const VmfcWorkloadRunner *workloads, gint64 now)
{
	return workloads->next >= 0 && now >= workloads->next;
}

/*
 * Does what is due.
 *
 * @now: CLOCK_MONOTONIC, ns
 *
 * Returns: when to call it again; -1 when it will ask for it
 */
gint64
vmfc_workload_runner_advance(VmfcWorkloadRunner *workloads, gint64 now)
{
	if (workloads->has_ended) {
		gboolean is_last = !workloads->is_finishing && workloads->wanted.end == G_MAXINT64;
		clear_running(workloads);
		if (is_last)
			workloads->over(workloads->user_data);
	}
	if (is_time(workloads, now)) {
		vmfc_sequence_find(workloads->sequence, now - workloads->t0, &workloads->wanted);
		workloads->next = workloads->wanted.end == G_MAXINT64
					  ? -1
					  : workloads->t0 + workloads->wanted.end;
		workloads->is_waiting = TRUE;
		if (workloads->running != NULL || get_wanted(workloads)->context != NULL)
			vmfc_workload_labels_begin_transition(workloads->labels);
		if (workloads->running != NULL && !workloads->is_finishing)
			finish_running(workloads);
		/* what had nothing to end has ended at once */
		if (workloads->has_ended)
			clear_running(workloads);
	}
	if (workloads->is_waiting && workloads->running == NULL)
		start_wanted(workloads);
	return workloads->has_ended ? now : workloads->next;
}

/* Ends what runs and waits for it. */
void
vmfc_workload_runner_stop(VmfcWorkloadRunner *workloads)
{
	workloads->next = -1;
	workloads->is_waiting = FALSE;
	if (workloads->running != NULL)
		clear_running(workloads);
}
