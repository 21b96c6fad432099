/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/collector.h"

#include "collect/clock-watch.h"
#include "collect/core-columns.h"
#include "collect/missing.h"

#define NS_PER_S 1e9
/*
 * If a tick is later than this (in ns), this process was stopped, frozen or starved. Measured: with
 * 200 busy processes on two CPUs, ticks are at most 30 ms late.
 */
#define LONG_PAUSE (250 * 1000 * 1000)

struct _VmfcCollector {
	const VmfcRun *run;
	VmfcCollectorSetup setup;
	const VmfcClock *clock;
	VmfcClockWatch clock_watch;
	VmfcContext *own; /* the core's columns */
	GPtrArray *samplers;
	VmfcBaseline *baseline;
	VmfcRow *row;
	VmfcRow *late_row; /* --no-sync: answers for the next record; each sampler uses its own
			      cells */
	gboolean record_is_open;
	gboolean grace_is_set;
	gboolean first;
	guint n_pending;
	guint64 n_missed; /* deadlines without a record since the last record */
	gint64 now;	  /* of the current tick */
	gint64 last_begin;
};

static void
begin_record(VmfcCollector *collector, const VmfcTick *tick);
static void
ask_sampler(VmfcCollector *collector, VmfcContext *context);
static void
derive(VmfcCollector *collector, VmfcContext *context);
static void
watch_pauses(VmfcCollector *collector, gint64 begin);
static void
fill_own_cells(VmfcCollector *collector, const VmfcTick *tick, gint64 realtime, gint64 end);
static void
set_grace(VmfcCollector *collector, gint64 deadline);
static void
give_up_pending(VmfcCollector *collector);
static void
deliver(VmfcCollector *collector);

/* --------------------------------------------------------------- one tick */

/* Makes the record of a tick. If a sampler answers later, the record stays open. */
void
vmfc_collector_tick(VmfcCollector *collector, const VmfcTick *tick)
{
	vmfc_collector_close_record(collector);
	gint64 realtime = collector->clock->realtime(collector->clock->self);
	begin_record(collector, tick);
	for (guint i = 0; i < collector->samplers->len; i++)
		ask_sampler(collector, collector->samplers->pdata[i]);
	gint64 end = vmfc_clock_monotonic(collector->clock);

	watch_pauses(collector, tick->begin);
	fill_own_cells(collector, tick, realtime, end);
	vmfc_workload_labels_next_window(collector->setup.labels);
	vmfc_clock_watch_check(&collector->clock_watch, realtime, tick->begin);
	collector->last_begin = tick->begin;
	if (collector->n_pending == 0 || !collector->setup.sync)
		vmfc_collector_close_record(collector);
	else
		set_grace(collector, tick->deadline + collector->run->grace);
}

/* Finishes the open record, if any. Values of samplers that have not answered are missing. */
void
vmfc_collector_close_record(VmfcCollector *collector)
{
	if (!collector->record_is_open)
		return;
	collector->record_is_open = FALSE;
	if (collector->setup.sync)
		give_up_pending(collector);
	if (collector->grace_is_set)
		set_grace(collector, -1);
	for (guint i = 0; i < collector->samplers->len; i++)
		derive(collector, collector->samplers->pdata[i]);
	for (guint i = 0; !collector->first && i < collector->samplers->len; i++)
		vmfc_missing_note(collector->samplers->pdata[i], collector->row);
	vmfc_baseline_advance(collector->baseline, collector->row, collector->run->schema,
			      !collector->setup.sync);
	/* with common windows the first tick only opens the first window */
	if (!collector->first || !collector->setup.sync)
		deliver(collector);
	collector->first = FALSE;
}

static void
begin_record(VmfcCollector *collector, const VmfcTick *tick)
{
	vmfc_row_clear(collector->row, collector->run->schema);
	collector->row->tick = tick->index;
	collector->n_missed += collector->first ? 0 : tick->missed;
	collector->record_is_open = TRUE;
	collector->now = tick->begin;
	vmfc_source_files_next_tick(collector->run->files);
}

/* Lets a sampler compute columns from those of other samplers. */
static void
derive(VmfcCollector *collector, VmfcContext *context)
{
	const VmfcPlugin *plugin = context->plugin;
	VmfcRecord *record = &context->record;

	/* ABI 1.4 does not have this function, so the table of an older plugin ends before it */
	if (plugin->abi_minor < 5 || plugin->sampler->derive == NULL)
		return;
	record->row = collector->row;
	record->n_readable = context->n_known;
	plugin->sampler->derive(context->instance, record);
	record->n_readable = record->n_columns;
	record->row = NULL;
}

/* Where this process did not run for a while, its workload may not have run either. */
static void
watch_pauses(VmfcCollector *collector, gint64 begin)
{
	gint64 length = begin - collector->last_begin;

	if (!collector->first && length - collector->run->interval > LONG_PAUSE)
		vmfc_workload_labels_interrupt(collector->setup.labels);
}

static void
fill_own_cells(VmfcCollector *collector, const VmfcTick *tick, gint64 realtime, gint64 end)
{
	const VmfcRecordFacts facts = {
		.tick = tick,
		.realtime = realtime,
		.end = end,
		.window = collector->first ? -1 : tick->begin - collector->last_begin,
		.interval = collector->run->interval,
		.n_missed = collector->n_missed,
		.hostname = collector->setup.hostname,
		.zones = collector->setup.zones,
		.labels = collector->setup.labels,
	};

	collector->own->record.row = collector->row;
	vmfc_core_columns_set(&collector->own->record, &facts);
	collector->own->record.row = NULL;
}

/* @deadline: when to close the record; -1: never. Each change costs the main loop a turn. */
static void
set_grace(VmfcCollector *collector, gint64 deadline)
{
	collector->grace_is_set = deadline >= 0;
	collector->setup.grace(deadline, collector->setup.user_data);
}

/* A record that is lost counts as a missed tick of the next one. */
static void
deliver(VmfcCollector *collector)
{
	VmfcRow *next = collector->setup.deliver(collector->row, collector->setup.user_data);

	collector->n_missed = next != NULL ? 0 : collector->n_missed + 1;
	if (next != NULL)
		collector->row = next;
}

/* --------------------------------------------------- what samplers answer */

/* Logs a failing sampler when its state changes, not at every tick. */
static void
note_answer(VmfcContext *context, const GError *error)
{
	if (error != NULL) {
		context->failed_ticks++;
		if (!context->failed) {
			g_warning("%s: %s; its values are missing", context->plugin->name,
				  error->message);
			vmfc_missing_mark_reported(context, error->message);
		}
		if (g_strcmp0(context->failure, error->message) != 0) {
			g_free(context->failure);
			context->failure = g_strdup(error->message);
		}
		context->failed = TRUE;
	} else if (context->failed) {
		g_warning("%s answers again after %" G_GUINT64_FORMAT " ticks",
			  context->plugin->name, context->failed_ticks);
		context->failed = FALSE;
		context->failed_ticks = 0;
	}
}

/* @waited: how long the sampler had time to answer, in ns */
static void
give_up(VmfcCollector *collector, VmfcContext *context, gint64 waited)
{
	g_autoptr(GError) error = g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "no answer within %g s",
					      (gdouble)waited / NS_PER_S);
	context->record.row = NULL;
	context->pending = FALSE;
	collector->n_pending--;
	note_answer(context, error);
}

/* Ends the grace time of all samplers that have not answered. */
static void
give_up_pending(VmfcCollector *collector)
{
	for (guint i = 0; collector->n_pending > 0 && i < collector->samplers->len; i++) {
		VmfcContext *context = collector->samplers->pdata[i];
		if (context->pending)
			give_up(collector, context, collector->run->grace);
	}
}

static void
take_answer(VmfcCollector *collector, VmfcContext *context, VmfcAnswer answer, GError **error)
{
	switch (answer) {
	case VMFC_ANSWER_DONE:
		note_answer(context, NULL);
		return;
	case VMFC_ANSWER_PENDING:
		context->pending = TRUE;
		context->pending_tick = collector->row->tick;
		context->pending_since = collector->now;
		collector->n_pending++;
		return;
	case VMFC_ANSWER_FAILED:
		vmfc_context_fill_error(context, error);
		note_answer(context, *error);
		return;
	case VMFC_ANSWER_NOT_DUE:
		context->failed_ticks += context->failed ? 1 : 0;
		return;
	}
	g_clear_error(error);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
		    "plugin %s returned the invalid answer %d", context->plugin->name,
		    (gint)answer);
	note_answer(context, *error);
}

static void
ask_sampler(VmfcCollector *collector, VmfcContext *context)
{
	g_autoptr(GError) error = NULL;

	if (context->has_late_answer) {
		vmfc_row_copy_cells(collector->row, collector->late_row, &context->record);
		context->has_late_answer = FALSE;
	}
	if (context->pending && collector->now - context->pending_since < VMFC_ANSWER_TIMEOUT)
		return;
	if (context->pending)
		give_up(collector, context, VMFC_ANSWER_TIMEOUT);

	context->record.row = collector->row;
	VmfcAnswer answer = context->plugin->sampler->sample(context->instance, &context->record,
							     &error);
	context->record.row = NULL;
	context->not_due = answer == VMFC_ANSWER_NOT_DUE;
	take_answer(collector, context, answer, &error);
}

/* implements vmfc_context_resume() */
static VmfcRecord *
resume(VmfcContext *context, guint64 tick)
{
	VmfcCollector *collector = context->driver_data;

	if (!context->pending || context->pending_tick != tick)
		return NULL;
	if (collector->setup.sync) {
		context->record.row = collector->row;
	} else {
		context->record.row = collector->late_row;
		collector->late_row->tick = tick;
		vmfc_row_clear_cells(collector->late_row, &context->record);
	}
	return &context->record;
}

/* implements vmfc_context_finish() */
static void
finish(VmfcContext *context, guint64 tick, const GError *error)
{
	VmfcCollector *collector = context->driver_data;

	if (!context->pending || context->pending_tick != tick)
		return;
	context->record.row = NULL;
	context->pending = FALSE;
	collector->n_pending--;
	note_answer(context, error);
	if (!collector->setup.sync)
		context->has_late_answer = error == NULL;
	else if (collector->n_pending == 0)
		vmfc_collector_close_record(collector);
}

/* ------------------------------------------------------ before the first tick */

/* @run, and what @setup points to: not owned */
VmfcCollector *
vmfc_collector_new(const VmfcRun *run, const VmfcCollectorSetup *setup)
{
	VmfcCollector *collector = g_new0(VmfcCollector, 1);

	collector->run = run;
	collector->setup = *setup;
	collector->clock = run->clock != NULL ? run->clock : &vmfc_clock_system;
	collector->own = vmfc_core_columns_new(run);
	collector->first = TRUE;
	return collector;
}

void
vmfc_collector_free(VmfcCollector *collector)
{
	vmfc_context_free(collector->own);
	g_clear_pointer(&collector->baseline, vmfc_baseline_free);
	g_clear_pointer(&collector->late_row, vmfc_row_free);
	g_free(collector);
}

/* Declares the columns of time and identity, which come before the samplers' columns. */
gboolean
vmfc_collector_add_head(VmfcCollector *collector, GError **error)
{
	return vmfc_core_columns_add_head(collector->own, error);
}

/* Declares the columns about the record itself, which come after the samplers' columns. */
gboolean
vmfc_collector_add_tail(VmfcCollector *collector, GError **error)
{
	return vmfc_core_columns_add_tail(collector->own, error);
}

static void
prepare_context(VmfcCollector *collector, VmfcContext *context)
{
	vmfc_context_freeze(context);
	context->record.baseline = collector->baseline;
}

/*
 * @samplers: of VmfcContext, opened, in the order in which they are read; not owned
 * @row: for the first record; not owned
 *
 * Called after the schema is frozen.
 */
void
vmfc_collector_prepare(VmfcCollector *collector, GPtrArray *samplers, VmfcRow *row)
{
	static const VmfcDriver driver = {.resume = resume, .finish = finish};

	collector->samplers = samplers;
	collector->row = row;
	collector->late_row = vmfc_row_new(collector->run->schema);
	collector->baseline = vmfc_baseline_new(collector->run->schema);
	/* here already, so that a step before the first tick is detected */
	vmfc_clock_watch_init(&collector->clock_watch, collector->clock);
	prepare_context(collector, collector->own);
	for (guint i = 0; i < samplers->len; i++) {
		VmfcContext *context = samplers->pdata[i];
		vmfc_context_set_driver(context, &driver, collector);
		prepare_context(collector, context);
		vmfc_missing_prepare(context);
	}
}

/* Returns: how many deadlines have passed without a record since the last delivered record */
guint64
vmfc_collector_get_n_missed(const VmfcCollector *collector)
{
	return collector->n_missed;
}
