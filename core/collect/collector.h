/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "workload/workload-labels.h"
#include "collect/ticker.h"
#include "plugin/context.h"

/* --no-sync: timeout of a pending answer in ns; after it the sampler is read again. */
#define VMFC_ANSWER_TIMEOUT G_GINT64_CONSTANT(10000000000)

/*
 * Takes a complete record and returns an empty row for the next one. Returns %NULL if the record is
 * lost; then its row is used again. Must not block.
 */
typedef VmfcRow *(*VmfcDeliverFunc)(VmfcRow *row, gpointer user_data);
/* Requests vmfc_collector_close_record() at @deadline, CLOCK_MONOTONIC; -1 cancels it. */
typedef void (*VmfcGraceFunc)(gint64 deadline, gpointer user_data);

typedef struct {
	VmfcWorkloadLabels *labels;
	const gchar *hostname;
	const gchar *const *zones;
	gboolean sync;
	VmfcDeliverFunc deliver;
	VmfcGraceFunc grace;
	gpointer user_data;
} VmfcCollectorSetup;

/* Makes one record per tick: reads the samplers and adds the core's own columns. */
typedef struct _VmfcCollector VmfcCollector;

VmfcCollector *
vmfc_collector_new(const VmfcRun *run, const VmfcCollectorSetup *setup);
void
vmfc_collector_free(VmfcCollector *collector);
gboolean
vmfc_collector_add_head(VmfcCollector *collector, GError **error);
gboolean
vmfc_collector_add_tail(VmfcCollector *collector, GError **error);
void
vmfc_collector_prepare(VmfcCollector *collector, GPtrArray *samplers, VmfcRow *row);
void
vmfc_collector_tick(VmfcCollector *collector, const VmfcTick *tick);
void
vmfc_collector_close_record(VmfcCollector *collector);
guint64
vmfc_collector_get_n_missed(const VmfcCollector *collector);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcCollector, vmfc_collector_free)
