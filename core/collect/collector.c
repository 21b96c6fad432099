/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/collector.h"

#include <string.h>
#include <time.h>

#include "collect/missing.h"

#define NS_PER_US 1000
#define NS_PER_S  1e9
/* Smaller differences between two clocks are the time between reading one and the other. */
#define CLOCK_STEP (10 * 1000 * 1000)
/*
 * A tick that comes so late found this process stopped, frozen or starved, in ns. Where 200 busy
 * processes share two CPUs, ticks are 30 ms late at most.
 */
#define LONG_PAUSE (250 * 1000 * 1000)

enum {
	TIMESTAMP,
	TIMESTAMP_ISO,
	VM_HOSTNAME,
	TARGET_ZONES,
	STRESS_WORKLOAD,
	STRESS_PHASE,
	STRESS_TARGET_LOAD,
	STRESS_ITERATION,
	STRESS_TRANSITION,
	N_HEAD,
	COLLECTION_INTERVAL = N_HEAD,
	TIME_DELTA_SECONDS,
	TICK_LATENESS_US,
	SAMPLE_DURATION_US,
	MISSED_TICKS,
	N_COLUMNS,
};

static const VmfcColumn columns[N_COLUMNS] = {
	[TIMESTAMP] = {"timestamp", "s", VMFC_KIND_LABEL, VMFC_TYPE_FLOAT, FALSE, "CLOCK_REALTIME",
		       "when the reading that ends the window began, since the epoch"},
	[TIMESTAMP_ISO] = {"timestamp_iso", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE,
			   "CLOCK_REALTIME", "the same instant, ISO 8601 with microseconds"},
	[VM_HOSTNAME] = {"vm_hostname", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE, "uname(2)",
			 "host name"},
	[TARGET_ZONES] = {"target_zones", "", VMFC_KIND_LABEL, VMFC_TYPE_STRINGS, FALSE,
			  "--target-zones", "power zones that the record is meant for"},
	[STRESS_WORKLOAD] = {"stress_workload", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE,
			     "workload", "the workload that ran at the start of the window"},
	[STRESS_PHASE] = {"stress_phase", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE, "workload",
			  "the step within the workload at the start of the window"},
	[STRESS_TARGET_LOAD] = {"stress_target_load", "percent", VMFC_KIND_LABEL, VMFC_TYPE_FLOAT,
				FALSE, "workload", "the load that the workload was asked for"},
	[STRESS_ITERATION] = {"stress_iteration", "1", VMFC_KIND_LABEL, VMFC_TYPE_INT, FALSE,
			      "workload", "how often the sequence of workloads has started over"},
	[STRESS_TRANSITION] = {"stress_transition", "", VMFC_KIND_LABEL, VMFC_TYPE_BOOL, FALSE,
			       "workload",
			       "whether the workload or its phase changed within the window"},
	[COLLECTION_INTERVAL] = {"collection_interval", "s", VMFC_KIND_LABEL, VMFC_TYPE_FLOAT,
				 FALSE, "--interval", "the length of a window that was asked for"},
	[TIME_DELTA_SECONDS] = {"time_delta_seconds", "s", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
				"CLOCK_MONOTONIC", "the true length of the window"},
	[TICK_LATENESS_US] = {"tick_lateness_us", "us", VMFC_KIND_GAUGE, VMFC_TYPE_INT, FALSE,
			      "CLOCK_MONOTONIC", "how late the tick began against its deadline"},
	[SAMPLE_DURATION_US] = {"sample_duration_us", "us", VMFC_KIND_GAUGE, VMFC_TYPE_INT, FALSE,
				"CLOCK_MONOTONIC",
				"from the first to the last reading of the tick, asynchronous "
				"answers not counted"},
	[MISSED_TICKS] = {"missed_ticks", "1", VMFC_KIND_GAUGE, VMFC_TYPE_INT, FALSE, "ticker",
			  "deadlines that passed with no record since the record before"},
};

static const VmfcPlugin core_descriptor = {.name = "core"};

struct _VmfcCollector {
	VmfcCore *core;
	VmfcCollectorSetup setup;
	VmfcContext *own; /* the columns above */
	GPtrArray *samplers;
	VmfcBaseline *baseline;
	VmfcRow *row;
	VmfcRow *late_row; /* --no-sync: answers that wait for the next record */
	gboolean record_is_open;
	gboolean grace_is_set;
	gboolean first;
	guint n_pending;
	guint64 n_missed; /* deadlines without a record since the last record */
	gint64 now;	  /* of the tick in hand */
	gint64 last_begin;
	gint64 real_offset; /* CLOCK_REALTIME less CLOCK_MONOTONIC */
	gint64 boot_offset; /* CLOCK_BOOTTIME less CLOCK_MONOTONIC */
};

VmfcCollector *
vmfc_collector_new(VmfcCore *core, const VmfcCollectorSetup *setup)
{
	VmfcCollector *collector = g_new0(VmfcCollector, 1);
	collector->core = core;
	collector->setup = *setup;
	collector->own = vmfc_context_new(core, &core_descriptor);
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

static gboolean
add_columns(VmfcCollector *collector, guint from, guint to, GError **error)
{
	for (guint i = from; i < to; i++)
		vmfc_context_add_column(collector->own, &columns[i]);
	if (collector->own->contract_error == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&collector->own->contract_error));
	return FALSE;
}

/* Declares time and identity: before the samplers' columns. */
gboolean
vmfc_collector_add_head(VmfcCollector *collector, GError **error)
{
	return add_columns(collector, 0, N_HEAD, error);
}

/* Declares what is said of the record itself: after the samplers' columns. */
gboolean
vmfc_collector_add_tail(VmfcCollector *collector, GError **error)
{
	return add_columns(collector, N_HEAD, N_COLUMNS, error);
}

/* How far the other clocks are ahead of CLOCK_MONOTONIC. */
static void
read_offsets(VmfcCollector *collector)
{
	const VmfcClock *clock = collector->setup.clock;
	gint64 monotonic = vmfc_clock_monotonic(clock);

	collector->real_offset = clock->realtime(clock->self) - monotonic;
	collector->boot_offset = clock->boottime(clock->self) - monotonic;
}

/*
 * @samplers: of VmfcContext, opened, in the order of reading; not owned
 * @row: for the first record; not owned
 *
 * Called once the schema is frozen.
 */
void
vmfc_collector_prepare(VmfcCollector *collector, GPtrArray *samplers, VmfcRow *row)
{
	collector->samplers = samplers;
	collector->row = row;
	collector->late_row = vmfc_row_new(collector->core->schema);
	collector->baseline = vmfc_baseline_new(collector->core->schema);
	read_offsets(collector); /* so that a step in the wait for the first tick is seen */
	vmfc_context_freeze(collector->own);
	collector->own->record.baseline = collector->baseline;
	for (guint i = 0; i < samplers->len; i++) {
		VmfcContext *context = samplers->pdata[i];
		vmfc_context_freeze(context);
		context->record.baseline = collector->baseline;
		vmfc_missing_prepare(context);
	}
}

/* --------------------------------------------------- what samplers answer */

/* A sampler that fails is told of when that changes, not at every tick. */
static void
note_answer(VmfcContext *context, const GError *error)
{
	if (error != NULL) {
		context->failed_ticks++;
		if (!context->failed) {
			g_warning("%s: %s; what it does not tell is missing", context->plugin->name,
				  error->message);
			vmfc_missing_mark_said(context, error->message);
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

/* @waited: how long, in ns */
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
	if (answer > VMFC_ANSWER_NOT_DUE) {
		g_clear_error(&error);
		error = g_error_new(VMFC_ERROR, VMFC_ERROR_PLUGIN,
				    "plugin %s gave the answer %d, which means nothing",
				    context->plugin->name, (gint)answer);
		answer = VMFC_ANSWER_FAILED;
	}
	switch (answer) {
	case VMFC_ANSWER_DONE:
		note_answer(context, NULL);
		break;
	case VMFC_ANSWER_PENDING:
		context->pending = TRUE;
		context->pending_tick = collector->row->tick;
		context->pending_since = collector->now;
		collector->n_pending++;
		break;
	case VMFC_ANSWER_FAILED:
		vmfc_context_fill_error(context, &error);
		note_answer(context, error);
		break;
	case VMFC_ANSWER_NOT_DUE:
		context->failed_ticks += context->failed ? 1 : 0;
		break;
	}
}

VmfcRecord *
vmfc_context_resume(VmfcContext *context, guint64 tick)
{
	VmfcCollector *collector = context->core->collector;

	if (collector == NULL || !context->pending || context->pending_tick != tick)
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

void
vmfc_context_finish(VmfcContext *context, guint64 tick, const GError *error)
{
	VmfcCollector *collector = context->core->collector;

	if (collector == NULL || !context->pending || context->pending_tick != tick)
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

/* The grace time is over for all that have not answered. */
static void
give_up_pending(VmfcCollector *collector)
{
	for (guint i = 0; collector->n_pending > 0 && i < collector->samplers->len; i++) {
		VmfcContext *context = collector->samplers->pdata[i];
		if (context->pending)
			give_up(collector, context, collector->core->grace);
	}
}

/* -------------------------------------------------------- what the core adds */

/* Writes @n digits and a character behind them; printf(3) is slow where the cache is cold. */
static gchar *
put_digits(gchar *to, gint value, guint n, gchar behind)
{
	for (guint i = n; i > 0; i--) {
		to[i - 1] = (gchar)('0' + value % 10);
		value /= 10;
	}
	to[n] = behind;
	return to + n + 1;
}

static void
set_timestamp(VmfcRecord *record, gint64 realtime)
{
	gint64 microseconds = realtime / NS_PER_US;
	time_t seconds = (time_t)(microseconds / G_USEC_PER_SEC);
	struct tm utc;
	gchar text[VMFC_STRING_SIZE];

	gmtime_r(&seconds, &utc);
	gchar *end = put_digits(text, utc.tm_year + 1900, 4, '-');
	end = put_digits(end, utc.tm_mon + 1, 2, '-');
	end = put_digits(end, utc.tm_mday, 2, 'T');
	end = put_digits(end, utc.tm_hour, 2, ':');
	end = put_digits(end, utc.tm_min, 2, ':');
	end = put_digits(end, utc.tm_sec, 2, '.');
	end = put_digits(end, (gint)(microseconds % G_USEC_PER_SEC), 6, '+');
	memcpy(end, "00:00", sizeof("00:00"));
	vmfc_record_set_float(record, TIMESTAMP, (gdouble)microseconds / G_USEC_PER_SEC);
	vmfc_record_set_string(record, TIMESTAMP_ISO, text);
}

static void
set_labels(VmfcRecord *record, const VmfcWorkloadLabels *labels)
{
	vmfc_record_set_string(record, STRESS_WORKLOAD, labels->at_start.workload);
	if (labels->at_start.phase[0] != '\0')
		vmfc_record_set_string(record, STRESS_PHASE, labels->at_start.phase);
	vmfc_record_set_float(record, STRESS_TARGET_LOAD, labels->at_start.target_load);
	vmfc_record_set_int(record, STRESS_ITERATION, labels->at_start.iteration);
	vmfc_record_set_bool(record, STRESS_TRANSITION, labels->changed);
}

static void
set_own_cells(VmfcCollector *collector, const VmfcTick *tick, gint64 realtime, gint64 end)
{
	VmfcRecord *record = &collector->own->record;

	record->row = collector->row;
	set_timestamp(record, realtime);
	vmfc_record_set_string(record, VM_HOSTNAME, collector->setup.hostname);
	vmfc_record_set_strings(record, TARGET_ZONES, collector->setup.zones);
	set_labels(record, collector->core->labels);
	vmfc_record_set_float(record, COLLECTION_INTERVAL,
			      (gdouble)collector->core->interval / NS_PER_S);
	if (!collector->first)
		vmfc_record_set_float(record, TIME_DELTA_SECONDS,
				      (gdouble)(tick->begin - collector->last_begin) / NS_PER_S);
	vmfc_record_set_int(record, TICK_LATENESS_US, (tick->begin - tick->deadline) / NS_PER_US);
	vmfc_record_set_int(record, SAMPLE_DURATION_US, (end - tick->begin) / NS_PER_US);
	vmfc_record_set_int(record, MISSED_TICKS, (gint64)collector->n_missed);
	record->row = NULL;
}

/*
 * Deadlines and windows are on CLOCK_MONOTONIC, so that a step of the wall clock or a suspend
 * cannot make a window wrong; but timestamps jump, and whoever joins on them wants to know.
 */
static void
watch_clocks(VmfcCollector *collector, gint64 realtime, gint64 begin)
{
	gint64 real_offset = collector->real_offset;
	gint64 boot_offset = collector->boot_offset;

	if (ABS(realtime - begin - real_offset) < CLOCK_STEP)
		return;
	/* seen once more with nothing in between: the first look may have been interrupted */
	read_offsets(collector);
	gint64 step = collector->real_offset - real_offset;
	gint64 suspended = collector->boot_offset - boot_offset;
	if (ABS(step) < CLOCK_STEP)
		return;
	if (suspended >= CLOCK_STEP)
		g_warning("the machine was suspended for %.3f s; windows do not count that time, "
			  "timestamps do",
			  (gdouble)suspended / NS_PER_S);
	if (ABS(step - suspended) >= CLOCK_STEP)
		g_warning(
			"the wall clock was stepped by %+.3f s; timestamps follow it, windows are "
			"not affected",
			(gdouble)(step - suspended) / NS_PER_S);
}

/* While this process stood still its load did, and what it has started may have. */
static void
watch_pauses(VmfcCollector *collector, gint64 begin)
{
	gint64 length = begin - collector->last_begin;

	if (!collector->first && length - collector->core->interval > LONG_PAUSE)
		vmfc_workload_labels_interrupt(collector->core->labels);
}

/* --------------------------------------------------------------- one tick */

/* Asking for it costs the main loop a turn, so nobody asks without need. */
static void
set_grace(VmfcCollector *collector, gint64 deadline)
{
	collector->grace_is_set = deadline >= 0;
	collector->setup.grace(deadline, collector->setup.user_data);
}

/* A deadline whose record was lost has passed without one, which the next record tells. */
static void
deliver(VmfcCollector *collector)
{
	VmfcRow *next = collector->setup.deliver(collector->row, collector->setup.user_data);

	collector->n_missed = next != NULL ? 0 : collector->n_missed + 1;
	if (next != NULL)
		collector->row = next;
}

/* Finishes the record in hand, if there is one: what has not been answered is missing. */
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
	for (guint i = 0; !collector->first && i < collector->samplers->len; i++)
		vmfc_missing_note(collector->samplers->pdata[i], collector->row);
	vmfc_baseline_advance(collector->baseline, collector->row, collector->core->schema,
			      !collector->setup.sync);
	/* the first tick of common windows only opens the first one */
	if (!collector->first || !collector->setup.sync)
		deliver(collector);
	collector->first = FALSE;
}

/* Returns: how many deadlines have passed without a record since the last record that went on */
guint64
vmfc_collector_get_n_missed(const VmfcCollector *collector)
{
	return collector->n_missed;
}

void
vmfc_collector_tick(VmfcCollector *collector, const VmfcTick *tick)
{
	const VmfcClock *clock = collector->setup.clock;

	vmfc_collector_close_record(collector);
	gint64 realtime = clock->realtime(clock->self);
	vmfc_row_clear(collector->row, collector->core->schema);
	collector->row->tick = tick->index;
	collector->n_missed += collector->first ? 0 : tick->missed;
	collector->record_is_open = TRUE;
	collector->now = tick->begin;
	vmfc_source_files_next_tick(collector->core->files);
	for (guint i = 0; i < collector->samplers->len; i++)
		ask_sampler(collector, collector->samplers->pdata[i]);
	gint64 end = vmfc_clock_monotonic(clock);

	watch_pauses(collector, tick->begin);
	set_own_cells(collector, tick, realtime, end);
	vmfc_workload_labels_next_window(collector->core->labels);
	watch_clocks(collector, realtime, tick->begin);
	collector->last_begin = tick->begin;
	if (collector->n_pending == 0 || !collector->setup.sync)
		vmfc_collector_close_record(collector);
	else
		set_grace(collector, tick->deadline + collector->core->grace);
}
