/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A collector with two samplers that do what a test tells them to, on a fake clock. */

#pragma once

#include "../../fake-clock.h"
#include "collect/collector.h"
#include "collect/missing.h"
#include "collect/summary.h"

#define MILLISECOND G_GINT64_CONSTANT(1000000)
#define INTERVAL    (100 * MILLISECOND)
#define T0	    (1000 * MILLISECOND)
#define EPOCH	    (G_GINT64_CONSTANT(1700000000) * 1000 * MILLISECOND)

/* A sampler that does what the test tells it to. */
typedef struct {
	VmfcContext *context;
	VmfcAnswer answer;
	gint64 total;
	const gchar *doubt; /* of the gauge; NULL: none */
	const gchar *usual; /* why it is left out; NULL: it is not */
	gboolean leaves_out;
	const gchar *fault; /* why it fails; NULL: the usual reason */
	gboolean restarts;  /* its counter */
	guint64 tick;	    /* of its last call */
	guint n_calls;
} Puppet;

static inline Puppet *
puppet_new(VmfcContext *context, const gchar *const *names)
{
	const VmfcColumn columns[] = {
		{.name = names[0], .kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_INT},
		{.name = names[1], .type = VMFC_TYPE_FLOAT},
		/* what is not set of these is not missing */
		{.name = names[2], .type = VMFC_TYPE_FLOAT, .hidden = TRUE},
		{.name = names[3], .kind = VMFC_KIND_LABEL, .type = VMFC_TYPE_STRING},
	};
	Puppet *self = g_new0(Puppet, 1);
	self->context = context;
	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		vmfc_context_add_column(context, &columns[i]);
	return self;
}

static inline gpointer
left_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	static const gchar *const names[] = {"left_total", "left_gauge", "left_hidden",
					     "left_label"};
	return puppet_new(context, names);
}

static inline gpointer
right_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	static const gchar *const names[] = {"right_total", "right_gauge", "right_hidden",
					     "right_label"};
	return puppet_new(context, names);
}

static inline void
puppet_fill(Puppet *self, VmfcRecord *record)
{
	vmfc_record_set_int(record, 0, self->total);
	if (self->restarts)
		vmfc_record_restart(record, 0);
	const gchar *reason = self->doubt != NULL ? self->doubt : self->usual;
	if (self->doubt == NULL && !self->leaves_out)
		vmfc_record_set_float(record, 1, (gdouble)self->total / 2);
	vmfc_context_set_state(self->context, 1,
			       self->doubt != NULL ? VMFC_STATE_IMPLAUSIBLE : VMFC_STATE_OK, reason,
			       reason != NULL ? "Tune it" : NULL);
}

static inline VmfcAnswer
puppet_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Puppet *self = data;
	self->n_calls++;
	self->tick = vmfc_record_get_tick(record);
	if (self->answer == VMFC_ANSWER_DONE)
		puppet_fill(self, record);
	if (self->answer == VMFC_ANSWER_FAILED)
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_IO,
				    self->fault != NULL ? self->fault : "the strings are cut");
	return self->answer;
}

static const VmfcSampler left_sampler = {left_open, NULL, puppet_sample, NULL, g_free};
static const VmfcSampler right_sampler = {right_open, NULL, puppet_sample, NULL, g_free};
static const VmfcPlugin left_plugin = {.name = "left", .sampler = &left_sampler};
static const VmfcPlugin right_plugin = {.name = "right", .sampler = &right_sampler};

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
	Puppet *left;
	Puppet *right;
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

static inline VmfcContext *
add_sampler(Fixture *fixture, const VmfcPlugin *plugin)
{
	g_autoptr(GError) error = NULL;
	VmfcContext *context = vmfc_context_new(&fixture->run, plugin, NULL);
	g_ptr_array_add(fixture->samplers, context);
	g_assert_true(vmfc_context_open(context, &error));
	return context;
}

static inline void
set_up(Fixture *fixture, gconstpointer no_sync)
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
		.sync = no_sync == NULL,
		.deliver = deliver,
		.grace = set_grace,
		.user_data = fixture,
	};
	fixture->collector = vmfc_collector_new(&fixture->run, &setup);
	fixture->samplers = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_context_free);
	g_assert_true(vmfc_collector_add_head(fixture->collector, NULL));
	fixture->left = add_sampler(fixture, &left_plugin)->instance;
	fixture->right = add_sampler(fixture, &right_plugin)->instance;
	g_assert_true(vmfc_collector_add_tail(fixture->collector, NULL));
	vmfc_schema_freeze(fixture->schema);
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
	g_ptr_array_unref(fixture->samplers);
	vmfc_collector_free(fixture->collector);
	vmfc_row_free(fixture->row);
	vmfc_summary_free(fixture->summary);
	g_free(fixture->labels);
	vmfc_source_files_free(fixture->files);
	vmfc_schema_free(fixture->schema);
}

/* The tick of deadline @index begins @late ns after it; both puppets have counted @total. */
static inline void
tick(Fixture *fixture, guint64 index, gint64 late, gint64 total)
{
	VmfcTick tick;
	fixture->left->total = total;
	fixture->right->total = 10 * total;
	fixture->fake.now = T0 + (gint64)index * INTERVAL + late;
	g_assert_true(vmfc_ticker_advance(&fixture->ticker, fixture->fake.now, &tick));
	vmfc_collector_tick(fixture->collector, &tick);
}

static inline gboolean
has(Fixture *fixture, const gchar *name)
{
	return vmfc_record_has(&fixture->record, vmfc_schema_find(fixture->schema, name)->index);
}

static gint64
get_int(Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_int(&fixture->record,
				   vmfc_schema_find(fixture->schema, name)->index);
}

static inline gdouble
get_float(Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_float(&fixture->record,
				     vmfc_schema_find(fixture->schema, name)->index);
}

static inline const gchar *
get_string(Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_string(&fixture->record,
				      vmfc_schema_find(fixture->schema, name)->index);
}

static inline gboolean
get_bool(Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_bool(&fixture->record,
				    vmfc_schema_find(fixture->schema, name)->index);
}
