/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/core-columns.h"

#include <string.h>
#include <time.h>

#define NS_PER_US 1000
#define NS_PER_S  1e9

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
			  "--target-zones", "power zones that the record is for"},
	[STRESS_WORKLOAD] = {"stress_workload", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE,
			     "workload", "the workload that ran at the start of the window"},
	[STRESS_PHASE] = {"stress_phase", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE, "workload",
			  "the step within the workload at the start of the window"},
	[STRESS_TARGET_LOAD] = {"stress_target_load", "percent", VMFC_KIND_LABEL, VMFC_TYPE_FLOAT,
				FALSE, "workload", "the load that was requested of the workload"},
	[STRESS_ITERATION] = {"stress_iteration", "1", VMFC_KIND_LABEL, VMFC_TYPE_INT, FALSE,
			      "workload", "how often the sequence of workloads has started over"},
	[STRESS_TRANSITION] = {"stress_transition", "", VMFC_KIND_LABEL, VMFC_TYPE_BOOL, FALSE,
			       "workload",
			       "whether the workload or its phase changed within the window"},
	[COLLECTION_INTERVAL] = {"collection_interval", "s", VMFC_KIND_LABEL, VMFC_TYPE_FLOAT,
				 FALSE, "--interval", "the requested length of a window"},
	[TIME_DELTA_SECONDS] = {"time_delta_seconds", "s", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
				"CLOCK_MONOTONIC", "the measured length of the window"},
	[TICK_LATENESS_US] = {"tick_lateness_us", "us", VMFC_KIND_GAUGE, VMFC_TYPE_INT, FALSE,
			      "CLOCK_MONOTONIC", "how long after its deadline the tick began"},
	[SAMPLE_DURATION_US] = {"sample_duration_us", "us", VMFC_KIND_GAUGE, VMFC_TYPE_INT, FALSE,
				"CLOCK_MONOTONIC",
				"from the first to the last reading of the tick, asynchronous "
				"answers not counted"},
	[MISSED_TICKS] = {"missed_ticks", "1", VMFC_KIND_GAUGE, VMFC_TYPE_INT, FALSE, "ticker",
			  "deadlines without a record since the previous record"},
};

/* Declares columns in the schema. Returns: %FALSE with @error set if a name is taken */
static gboolean
add_columns(VmfcContext *context, guint from, guint to, GError **error)
{
	for (guint i = from; i < to; i++)
		vmfc_context_add_column(context, &columns[i]);
	if (context->contract_error == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&context->contract_error));
	return FALSE;
}

/* Returns: (transfer full): the context of the core, which is not a plugin */
VmfcContext *
vmfc_core_columns_new(const VmfcRun *run)
{
	static const VmfcPlugin descriptor = {.name = "core"};

	return vmfc_context_new(run, &descriptor, NULL);
}

/* Declares the columns of time and identity, which come before the samplers' columns. */
gboolean
vmfc_core_columns_add_head(VmfcContext *context, GError **error)
{
	return add_columns(context, 0, N_HEAD, error);
}

/* Declares the columns about the record itself, which come after the samplers' columns. */
gboolean
vmfc_core_columns_add_tail(VmfcContext *context, GError **error)
{
	return add_columns(context, N_HEAD, N_COLUMNS, error);
}

/* --------------------------------------------------------------- cells */

/* Writes @n digits and then @after. printf(3) is slow when the cache is cold. */
static gchar *
put_digits(gchar *to, gint value, guint n, gchar after)
{
	for (guint i = n; i > 0; i--) {
		to[i - 1] = (gchar)('0' + value % 10);
		value /= 10;
	}
	to[n] = after;
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

/* Fills the cells of a record. */
void
vmfc_core_columns_set(VmfcRecord *record, const VmfcRecordFacts *facts)
{
	const VmfcTick *tick = facts->tick;

	set_timestamp(record, facts->realtime);
	vmfc_record_set_string(record, VM_HOSTNAME, facts->hostname);
	vmfc_record_set_strings(record, TARGET_ZONES, facts->zones);
	set_labels(record, facts->labels);
	vmfc_record_set_float(record, COLLECTION_INTERVAL, (gdouble)facts->interval / NS_PER_S);
	if (facts->window >= 0)
		vmfc_record_set_float(record, TIME_DELTA_SECONDS,
				      (gdouble)facts->window / NS_PER_S);
	vmfc_record_set_int(record, TICK_LATENESS_US, (tick->begin - tick->deadline) / NS_PER_US);
	vmfc_record_set_int(record, SAMPLE_DURATION_US, (facts->end - tick->begin) / NS_PER_US);
	vmfc_record_set_int(record, MISSED_TICKS, (gint64)facts->n_missed);
}
