/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "workload/workload-runner.h"

#include "workload/workload-labels.h"
#include "base/mask.h"
#include "workload/workload-list.h"

/* A part of the sequence, and its workload. */
typedef struct {
	const gchar *name;
	VmfcContext *context; /* NULL: no workload; equal parts share one */
} Stage;

struct _VmfcWorkloadRunner {
	const VmfcRun *run;
	VmfcWorkloadLabels *labels;
	gchar *text; /* as the user wrote it */
	VmfcSequence *sequence;
	GArray *stages; /* of Stage, one for each part of the sequence */
	GPtrArray *contexts;

	gint64 t0; /* start of the first part, CLOCK_MONOTONIC */
	VmfcWakeFunc wake;
	VmfcWakeFunc ended;
	gpointer user_data;

	gint64 next;	      /* end of the current part, CLOCK_MONOTONIC */
	VmfcPosition wanted;  /* the part that should run now */
	gboolean is_waiting;  /* it has not started yet */
	VmfcContext *running; /* NULL: no workload */
	gboolean is_finishing;
	gboolean has_ended; /* @running has, and must be stopped */
};

static void
end_workload(VmfcContext *context, const GError *error);

static void
set_phase(VmfcContext *context, const gchar *phase)
{
	VmfcWorkloadRunner *runner = context->driver_data;
	vmfc_workload_labels_set_phase(runner->labels, phase);
}

static void
begin_transition(VmfcContext *context)
{
	VmfcWorkloadRunner *runner = context->driver_data;
	vmfc_workload_labels_begin_transition(runner->labels);
}

static void
set_target_load(VmfcContext *context, gdouble percent)
{
	VmfcWorkloadRunner *runner = context->driver_data;
	vmfc_workload_labels_set_target_load(runner->labels, percent);
}

static void
add_work_time(VmfcContext *context, gdouble seconds)
{
	VmfcWorkloadRunner *runner = context->driver_data;
	runner->labels->work_time += seconds;
}

static const VmfcDriver driver = {
	.set_phase = set_phase,
	.begin_transition = begin_transition,
	.set_target_load = set_target_load,
	.end_workload = end_workload,
	.add_work_time = add_work_time,
};

void
vmfc_workload_runner_free(VmfcWorkloadRunner *runner)
{
	g_clear_pointer(&runner->contexts, g_ptr_array_unref);
	g_clear_pointer(&runner->stages, g_array_unref);
	g_clear_pointer(&runner->sequence, vmfc_sequence_free);
	g_free(runner->text);
	g_free(runner);
}

/* ------------------------------------------------------------- opening */

/* Equal parts share one instance, which continues where it stopped. */
static VmfcContext *
find_context(const VmfcWorkloadRunner *runner, const VmfcPart *part)
{
	for (guint i = 0; i < runner->contexts->len; i++) {
		VmfcContext *context = runner->contexts->pdata[i];
		if (g_str_equal(context->workload, part->name) &&
		    g_strcmp0(context->argument, part->argument) == 0)
			return context;
	}
	return NULL;
}

static gboolean
add_stage(VmfcWorkloadRunner *runner, const VmfcPart *part, const GPtrArray *entries,
	  GError **error)
{
	Stage stage = {part->name, find_context(runner, part)};
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
		stage.context = vmfc_context_new(runner->run, entry->plugin, error);
		if (stage.context == NULL)
			return FALSE;
		vmfc_context_set_driver(stage.context, &driver, runner);
		vmfc_context_set_workload(stage.context, part->name, part->argument);
		g_ptr_array_add(runner->contexts, stage.context);
	}
	g_array_append_val(runner->stages, stage);
	return TRUE;
}

static gboolean
add_stages(VmfcWorkloadRunner *runner, VmfcRegistry *registry, GError **error)
{
	const GPtrArray *parts = runner->sequence->parts;
	g_autoptr(GPtrArray) entries = vmfc_workload_list_new(registry, runner->run, error);

	if (entries == NULL)
		return FALSE;
	for (guint i = 0; i < parts->len; i++) {
		if (!add_stage(runner, parts->pdata[i], entries, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
parse_plan(VmfcWorkloadRunner *runner, VmfcRegistry *registry, const VmfcWorkloadPlan *plan,
	   GError **error)
{
	const VmfcRun *run = runner->run;

	runner->sequence = vmfc_sequence_new(plan->text, plan->duration, run->interval, error);
	if (runner->sequence == NULL)
		return FALSE;
	if (plan->shuffle)
		vmfc_sequence_shuffle(runner->sequence, run->seed);
	/* most runs have no workload: do not load plugins for them */
	if (g_str_equal(plan->text, "none")) {
		const Stage nothing = {"none", NULL};
		g_array_append_val(runner->stages, nothing);
		return TRUE;
	}
	return add_stages(runner, registry, error);
}

/*
 * Parses the plan; opens no plugin yet.
 *
 * @labels: not owned
 */
VmfcWorkloadRunner *
vmfc_workload_runner_new(const VmfcRun *run, VmfcWorkloadLabels *labels, VmfcRegistry *registry,
			 const VmfcWorkloadPlan *plan, GError **error)
{
	g_autoptr(VmfcWorkloadRunner) runner = g_new0(VmfcWorkloadRunner, 1);
	g_autoptr(GError) reason = NULL;

	runner->run = run;
	runner->labels = labels;
	runner->text = g_strdup(plan->text);
	runner->contexts = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_context_free);
	runner->stages = g_array_new(FALSE, FALSE, sizeof(Stage));
	if (parse_plan(runner, registry, plan, &reason))
		return g_steal_pointer(&runner);
	vmfc_mask_pieces(reason, plan->text);
	g_propagate_error(error, g_steal_pointer(&reason));
	return NULL;
}

const gchar *
vmfc_workload_runner_get_text(const VmfcWorkloadRunner *runner)
{
	return runner->text;
}

/* Returns: whether the run uses a workload of the plugin */
gboolean
vmfc_workload_runner_uses_plugin(const VmfcWorkloadRunner *runner, const gchar *plugin)
{
	for (guint i = 0; i < runner->contexts->len; i++) {
		const VmfcContext *context = runner->contexts->pdata[i];
		if (g_str_equal(context->plugin->name, plugin))
			return TRUE;
	}
	return FALSE;
}

/* Returns: whether the run has a workload */
gboolean
vmfc_workload_runner_has_workloads(const VmfcWorkloadRunner *runner)
{
	return runner->contexts->len > 0;
}

gboolean
vmfc_workload_runner_open(VmfcWorkloadRunner *runner, GError **error)
{
	for (guint i = 0; i < runner->contexts->len; i++) {
		if (!vmfc_context_open(runner->contexts->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

/* ------------------------------------------------------- while it runs */

/*
 * @t0: start of the first part and of the first window; CLOCK_MONOTONIC, ns
 * @wake: called when the caller must call vmfc_workload_runner_advance() at once
 * @ended: called when a workload without a given end has ended
 */
void
vmfc_workload_runner_begin(VmfcWorkloadRunner *runner, gint64 t0, VmfcWakeFunc wake,
			   VmfcWakeFunc ended, gpointer user_data)
{
	runner->t0 = t0;
	runner->next = t0 - VMFC_WORKLOAD_LEAD;
	runner->wake = wake;
	runner->ended = ended;
	runner->user_data = user_data;
}

static void
report_end(VmfcWorkloadRunner *runner, const VmfcContext *context, const GError *error)
{
	g_warning("workload %s ended too early: %s", context->workload, error->message);
	runner->labels->failed = TRUE;
}

static void
end_workload(VmfcContext *context, const GError *error)
{
	VmfcWorkloadRunner *runner = context->driver_data;

	if (runner->running != context || runner->has_ended)
		return;
	runner->has_ended = TRUE;
	if (error != NULL)
		report_end(runner, context, error);
	if (!runner->is_finishing)
		vmfc_workload_labels_set_workload(runner->labels, "none", runner->wanted.iteration);
	runner->wake(runner->user_data);
}

/* @running has ended or must end now. */
static void
clear_running(VmfcWorkloadRunner *runner)
{
	vmfc_context_stop(runner->running);
	runner->running = NULL;
	runner->has_ended = FALSE;
	runner->is_finishing = FALSE;
}

static void
finish_running(VmfcWorkloadRunner *runner)
{
	const VmfcPlugin *plugin = runner->running->plugin;

	/* the table of a plugin that was built against ABI 1.1 ends before finish */
	if (plugin->abi_minor < 2 || plugin->workload->finish == NULL) {
		clear_running(runner);
		return;
	}
	runner->is_finishing = TRUE;
	plugin->workload->finish(runner->running->instance);
}

/* Before ABI 1.2 the contract did not say that an instance can start again, so create a new one. */
static gboolean
reopen_old_abi(VmfcContext *context, GError **error)
{
	if (context->plugin->abi_minor >= 2 || context->begin == 0)
		return TRUE;
	vmfc_context_close(context);
	return vmfc_context_open(context, error);
}

static const Stage *
get_wanted(const VmfcWorkloadRunner *runner)
{
	return &g_array_index(runner->stages, Stage, runner->wanted.part);
}

static void
start_wanted(VmfcWorkloadRunner *runner)
{
	const Stage *stage = get_wanted(runner);
	g_autoptr(GError) error = NULL;

	runner->is_waiting = FALSE;
	vmfc_workload_labels_set_workload(runner->labels, stage->name, runner->wanted.iteration);
	if (stage->context == NULL)
		return;
	runner->running = stage->context;
	if (reopen_old_abi(stage->context, &error)) {
		stage->context->begin = runner->t0 + runner->wanted.begin;
		if (vmfc_context_start(stage->context, &error))
			return;
	}
	report_end(runner, stage->context, error);
	vmfc_workload_labels_set_workload(runner->labels, "none", runner->wanted.iteration);
	runner->running = NULL;
	runner->has_ended = FALSE;
	if (runner->wanted.end == G_MAXINT64)
		runner->ended(runner->user_data);
}

static gboolean
is_due(const VmfcWorkloadRunner *runner, gint64 now)
{
	return runner->next >= 0 && now >= runner->next;
}

/*
 * Ends and starts workloads that are due.
 *
 * @now: CLOCK_MONOTONIC, ns
 *
 * Returns: when the next call is due; -1: @wake reports it
 */
gint64
vmfc_workload_runner_advance(VmfcWorkloadRunner *runner, gint64 now)
{
	if (runner->has_ended) {
		gboolean is_last = !runner->is_finishing && runner->wanted.end == G_MAXINT64;
		clear_running(runner);
		if (is_last)
			runner->ended(runner->user_data);
	}
	if (is_due(runner, now)) {
		vmfc_sequence_find(runner->sequence, now - runner->t0, &runner->wanted);
		runner->next = runner->wanted.end == G_MAXINT64 ? -1
								: runner->t0 + runner->wanted.end;
		runner->is_waiting = TRUE;
		if (runner->running != NULL || get_wanted(runner)->context != NULL)
			vmfc_workload_labels_begin_transition(runner->labels);
		if (runner->running != NULL && !runner->is_finishing)
			finish_running(runner);
		/* the workload may have ended within finish */
		if (runner->has_ended)
			clear_running(runner);
	}
	if (runner->is_waiting && runner->running == NULL)
		start_wanted(runner);
	return runner->has_ended ? now : runner->next;
}

/* Stops the running workload and waits for its end. */
void
vmfc_workload_runner_stop(VmfcWorkloadRunner *runner)
{
	runner->next = -1;
	runner->is_waiting = FALSE;
	if (runner->running != NULL)
		clear_running(runner);
}
