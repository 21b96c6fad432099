/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A collector with the samplers that a test adds, on a fake clock. */

#pragma once

#include "../../fake-clock.h"
#include "collect/collector.h"
#include "collect/summary.h"

#define MILLISECOND G_GINT64_CONSTANT(1000000)
#define INTERVAL    (100 * MILLISECOND)
#define T0	    (1000 * MILLISECOND)
#define EPOCH	    (G_GINT64_CONSTANT(1700000000) * 1000 * MILLISECOND)

typedef struct {
	VmfcSchema *schema;
	VmfcSourceFiles *files;
	VmfcWorkloadLabels *labels;
	VmfcCollector *collector;
	VmfcRun run;
	GPtrArray *samplers;
	VmfcSummary *summary;
	VmfcRow *row;
	VmfcRecord record; /* the last one that was delivered */
	VmfcTicker ticker;
	FakeClock fake;
	guint n_records;
	gboolean loses; /* records are lost on their way */
	gint64 grace_deadline;
} Fixture;

static inline VmfcRow *
deliver(VmfcRow *row, gpointer user_data)
{
	Fixture *fixture = user_data;
	if (fixture->loses)
		return NULL;
	fixture->n_records++;
	vmfc_summary_add(fixture->summary, &fixture->record);
	return row;
}

static inline void
set_grace(gint64 deadline, gpointer user_data)
{
	((Fixture *)user_data)->grace_deadline = deadline;
}

/* Between this and fixture_start() a test adds its samplers, in the order of reading. */
static inline void
fixture_init(Fixture *fixture, gboolean sync)
{
	static const gchar *const zones[] = {"package", NULL};

	fake_clock_init(&fixture->fake, 0, EPOCH);
	fixture->schema = vmfc_schema_new();
	fixture->files = vmfc_source_files_new("/");
	fixture->labels = vmfc_workload_labels_new();
	fixture->run = (VmfcRun){
		.schema = fixture->schema,
		.files = fixture->files,
		.clock = &fixture->fake.clock,
		.interval = INTERVAL,
		.grace = INTERVAL / 5 * 4,
	};
	const VmfcCollectorSetup setup = {
		.labels = fixture->labels,
		.hostname = "puppets",
		.zones = zones,
		.sync = sync,
		.deliver = deliver,
		.grace = set_grace,
		.user_data = fixture,
	};
	fixture->collector = vmfc_collector_new(&fixture->run, &setup);
	fixture->samplers = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_context_free);
	g_assert_true(vmfc_collector_add_head(fixture->collector, NULL));
}

static inline void
add_sampler(Fixture *fixture, const VmfcPlugin *plugin)
{
	g_autoptr(GError) error = NULL;
	VmfcContext *context = vmfc_context_new(&fixture->run, plugin, NULL);

	g_ptr_array_add(fixture->samplers, context);
	g_assert_true(vmfc_context_open(context, &error));
}

/* Returns: what the sampler has opened that was added as number @index, from 0 */
static inline gpointer
get_sampler(const Fixture *fixture, guint index)
{
	const VmfcContext *context = fixture->samplers->pdata[index];
	return context->instance;
}

static inline void
fixture_start(Fixture *fixture)
{
	g_assert_true(vmfc_collector_add_tail(fixture->collector, NULL));
	vmfc_schema_freeze(fixture->schema);
	for (guint i = 0; i < fixture->samplers->len; i++)
		g_assert_true(vmfc_context_start(fixture->samplers->pdata[i], NULL));
	fixture->summary = vmfc_summary_new(fixture->schema);
	fixture->row = vmfc_row_new(fixture->schema);
	vmfc_collector_prepare(fixture->collector, fixture->samplers, fixture->row);
	vmfc_ticker_init(&fixture->ticker, T0, INTERVAL);
	fixture->record = (VmfcRecord){
		.schema = fixture->schema,
		.n_columns = vmfc_schema_get_n_columns(fixture->schema),
		.n_readable = vmfc_schema_get_n_columns(fixture->schema),
		.row = fixture->row,
	};
}

static inline void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_test_assert_expected_messages();
	g_ptr_array_unref(fixture->samplers);
	vmfc_collector_free(fixture->collector);
	vmfc_row_free(fixture->row);
	vmfc_summary_free(fixture->summary);
	g_free(fixture->labels);
	vmfc_source_files_free(fixture->files);
	vmfc_schema_free(fixture->schema);
}

/* The tick of deadline @index begins @late ns after it. */
static inline void
fixture_tick(Fixture *fixture, guint64 index, gint64 late)
{
	VmfcTick tick;

	fixture->fake.now = T0 + (gint64)index * INTERVAL + late;
	g_assert_true(vmfc_ticker_advance(&fixture->ticker, fixture->fake.now, &tick));
	vmfc_collector_tick(fixture->collector, &tick);
}

static inline guint
find(const Fixture *fixture, const gchar *name)
{
	return vmfc_schema_find(fixture->schema, name)->index;
}

static inline gboolean
has(const Fixture *fixture, const gchar *name)
{
	return vmfc_record_has(&fixture->record, find(fixture, name));
}

static inline gint64
get_int(const Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_int(&fixture->record, find(fixture, name));
}

static inline gdouble
get_float(const Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_float(&fixture->record, find(fixture, name));
}

static inline const gchar *
get_string(const Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_string(&fixture->record, find(fixture, name));
}

static inline gboolean
get_bool(const Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_bool(&fixture->record, find(fixture, name));
}
