/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/collector.h"

#include <math.h>

#include "../../fake-clock.h"
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
	guint64 tick; /* of its last call */
	guint n_calls;
} Puppet;

static Puppet *
puppet_new(VmfcContext *context, const gchar *counter, const gchar *gauge)
{
	const VmfcColumn columns[] = {
		{.name = counter, .kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_INT},
		{.name = gauge, .type = VMFC_TYPE_FLOAT},
	};
	Puppet *self = g_new0(Puppet, 1);
	self->context = context;
	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		vmfc_context_add_column(context, &columns[i]);
	return self;
}

static gpointer
left_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	return puppet_new(context, "left_total", "left_gauge");
}

static gpointer
right_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	return puppet_new(context, "right_total", "right_gauge");
}

static void
puppet_fill(Puppet *self, VmfcRecord *record)
{
	vmfc_record_set_int(record, 0, self->total);
	const gchar *reason = self->doubt != NULL ? self->doubt : self->usual;
	if (self->doubt == NULL && !self->leaves_out)
		vmfc_record_set_float(record, 1, (gdouble)self->total / 2);
	vmfc_context_set_state(self->context, 1,
			       self->doubt != NULL ? VMFC_STATE_IMPLAUSIBLE : VMFC_STATE_OK, reason,
			       reason != NULL ? "Tune it" : NULL);
}

static VmfcAnswer
puppet_sample(gpointer data, VmfcRecord *record, GError **error)
{
	Puppet *self = data;
	self->n_calls++;
	self->tick = vmfc_record_get_tick(record);
	if (self->answer == VMFC_ANSWER_DONE)
		puppet_fill(self, record);
	if (self->answer == VMFC_ANSWER_FAILED)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the strings are cut");
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

static VmfcRow *
deliver(VmfcRow *row, gpointer user_data)
{
	Fixture *fixture = user_data;
	if (fixture->loses)
		return NULL;
	fixture->n_records++;
	vmfc_summary_add(fixture->summary, &fixture->record);
	return row;
}

static void
set_grace(gint64 deadline, gpointer user_data)
{
	((Fixture *)user_data)->grace_deadline = deadline;
}

static VmfcContext *
add_sampler(Fixture *fixture, const VmfcPlugin *plugin)
{
	g_autoptr(GError) error = NULL;
	VmfcContext *context = vmfc_context_new(&fixture->run, plugin, NULL);
	g_ptr_array_add(fixture->samplers, context);
	g_assert_true(vmfc_context_open(context, &error));
	return context;
}

static void
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

static void
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
static void
tick(Fixture *fixture, guint64 index, gint64 late, gint64 total)
{
	VmfcTick tick;
	fixture->left->total = total;
	fixture->right->total = 10 * total;
	fixture->fake.now = T0 + (gint64)index * INTERVAL + late;
	g_assert_true(vmfc_ticker_advance(&fixture->ticker, fixture->fake.now, &tick));
	vmfc_collector_tick(fixture->collector, &tick);
}

static gboolean
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

static gdouble
get_float(Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_float(&fixture->record,
				     vmfc_schema_find(fixture->schema, name)->index);
}

static const gchar *
get_string(Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_string(&fixture->record,
				      vmfc_schema_find(fixture->schema, name)->index);
}

static gboolean
get_bool(Fixture *fixture, const gchar *name)
{
	return vmfc_record_get_bool(&fixture->record,
				    vmfc_schema_find(fixture->schema, name)->index);
}

static void
test_windows(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 100);
	g_assert_cmpuint(fixture->n_records, ==, 0);
	tick(fixture, 1, 3 * MILLISECOND, 107);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 7);
	g_assert_cmpint(get_int(fixture, "right_total"), ==, 70);
	g_assert_cmpfloat(get_float(fixture, "time_delta_seconds"), ==, 0.103);
	g_assert_cmpint(get_int(fixture, "tick_lateness_us"), ==, 3000);
	/* since the tick began, however late that was */
	g_assert_cmpint(get_int(fixture, "sample_duration_us"), >, 0);
	g_assert_cmpint(get_int(fixture, "sample_duration_us"), <, 1000);
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 0);
	g_assert_cmpfloat(get_float(fixture, "timestamp"), ==, 1700000001.103);
	g_assert_cmpstr(get_string(fixture, "timestamp_iso"), ==,
			"2023-11-14T22:13:21.103000+00:00");
	/* the window that a late tick ends is longer, the next one shorter: they join */
	tick(fixture, 2, 0, 110);
	g_assert_cmpfloat(get_float(fixture, "time_delta_seconds"), ==, 0.097);
	tick(fixture, 5, MILLISECOND, 120);
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 2);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 10);
	g_assert_cmpfloat(get_float(fixture, "time_delta_seconds"), ==, 0.301);
}

/* What was lost on its way has passed without a record as well. */
static void
test_lost_records(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	tick(fixture, 1, 0, 1);
	fixture->loses = TRUE;
	tick(fixture, 2, 0, 2);
	tick(fixture, 5, 0, 3);
	fixture->loses = FALSE;
	tick(fixture, 6, 0, 7);
	g_assert_cmpuint(fixture->n_records, ==, 2);
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 4);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 4);
	tick(fixture, 7, 0, 8);
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 0);
}

/* The run counts from the tick that fired first, whichever it was. */
static void
test_late_start(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 3, 0, 100);
	tick(fixture, 4, 0, 107);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 0);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 7);
}

/* Records and missed deadlines are as many as the run has, also when the last records are lost. */
static void
test_lost_at_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_ticker_end_at(&fixture->ticker, 10);
	tick(fixture, 0, 0, 0);
	tick(fixture, 3, 0, 1);
	fixture->loses = TRUE;
	tick(fixture, 7, 0, 2);
	tick(fixture, 12, 0, 3);
	vmfc_summary_add_missed(fixture->summary, vmfc_collector_get_n_missed(fixture->collector));
	g_assert_cmpuint(vmfc_summary_get_n_records(fixture->summary) +
				 vmfc_summary_get_n_missed(fixture->summary),
			 ==, 10);
	g_assert_cmpuint(vmfc_summary_get_n_records(fixture->summary), ==, 1);
}

/* In how many records the column was missing for this reason. */
static guint64
missing_for(Fixture *fixture, const gchar *name, const gchar *reason)
{
	const VmfcDeclaration *declaration = vmfc_schema_find(fixture->schema, name);
	guint64 n = 0;

	for (guint i = 0; i < VMFC_N_REASONS; i++) {
		if (g_strcmp0(declaration->reasons[i].text, reason) == 0)
			n += vmfc_summary_get_n_missing(fixture->summary, declaration->index, i);
	}
	return n;
}

static void
test_failure(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 1);
	fixture->left->answer = VMFC_ANSWER_FAILED;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "left: the strings are cut; its values are missing");
	tick(fixture, 1, 0, 2);
	tick(fixture, 2, 0, 3); /* said once only */
	g_assert_cmpuint(fixture->n_records, ==, 2);
	g_assert_false(has(fixture, "left_total"));
	g_assert_false(has(fixture, "left_gauge"));
	g_assert_cmpint(get_int(fixture, "right_total"), ==, 10);
	fixture->left->answer = VMFC_ANSWER_DONE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left answers again after 2 ticks");
	tick(fixture, 3, 0, 4);
	g_test_assert_expected_messages();
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the strings are cut"), ==, 2);
	/* the reading that would have opened this window failed */
	g_assert_cmpuint(
		missing_for(fixture, "left_total", "the reading that opens the window is missing"),
		==, 1);
	g_assert_true(has(fixture, "left_gauge"));
	g_assert_false(has(fixture, "left_total"));
	tick(fixture, 4, 0, 6);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 2);
}

/* Each failure has its own number of ticks; a tick at which nothing is due ends none. */
static void
test_failure_again(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		VmfcAnswer answers[3];
		const gchar *says;
	} failures[] = {
		{{VMFC_ANSWER_FAILED, VMFC_ANSWER_DONE}, "left answers again after 1 ticks"},
		{{VMFC_ANSWER_FAILED, VMFC_ANSWER_NOT_DUE, VMFC_ANSWER_DONE},
		 "left answers again after 2 ticks"},
		{{VMFC_ANSWER_NOT_DUE, VMFC_ANSWER_FAILED, VMFC_ANSWER_DONE},
		 "left answers again after 1 ticks"},
	};
	guint64 index = 0;

	tick(fixture, index++, 0, 0);
	for (guint i = 0; i < G_N_ELEMENTS(failures); i++) {
		g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: the strings are cut;*");
		g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, failures[i].says);
		for (guint j = 0; j < G_N_ELEMENTS(failures[i].answers); j++) {
			fixture->left->answer = failures[i].answers[j];
			tick(fixture, index, 0, (gint64)index);
			index++;
		}
		g_test_assert_expected_messages();
	}
}

/* A sampler that withholds a value: said once, counted in each window, over when it is over. */
static void
test_withheld(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 1);
	tick(fixture, 1, 0, 2);
	fixture->left->doubt = "the string is slack";
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "left: the string is slack. Tune it. Missing: left_gauge");
	tick(fixture, 2, 0, 3);
	g_test_assert_expected_messages();
	tick(fixture, 3, 0, 4);
	fixture->left->doubt = NULL;
	tick(fixture, 4, 0, 5);
	g_assert_true(has(fixture, "left_gauge"));
	g_assert_cmpint(vmfc_schema_find(fixture->schema, "left_gauge")->state, ==, VMFC_STATE_OK);
	fixture->left->doubt = "the string is slack";
	tick(fixture, 5, 0, 6);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the string is slack"), ==, 3);
	g_assert_cmpuint(missing_for(fixture, "right_gauge", "the string is slack"), ==, 0);
}

/* What a plugin says nothing of: a counter that falls, and what stays missing. */
static void
test_missing_without_reason(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 100);
	for (guint64 i = 1; i <= 5; i++)
		tick(fixture, i, 0, 100 - (gint64)i);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "left: its total went backwards. Missing: left_total");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "right: its total went backwards. Missing: right_total");
	tick(fixture, 6, 0, 94);
	g_test_assert_expected_messages();
	tick(fixture, 7, 0, 93);
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total went backwards"), ==, 7);
	tick(fixture, 8, 0, 94);
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total went backwards"), ==, 7);
}

/* A warning about one column does not trigger one about another that may soon be present. */
static void
test_two_reasons(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 100);
	fixture->left->doubt = "the string is slack";
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "left: the string is slack. Tune it. Missing: left_gauge");
	tick(fixture, 1, 0, 99);
	g_test_assert_expected_messages();
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total went backwards"), ==, 1);
}

/* What the user knows since open is not said again, but counted; what is new is said. */
static void
test_known_since_open(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->left->doubt = "the string is slack";
	vmfc_context_set_state(fixture->left->context, 1, VMFC_STATE_IMPLAUSIBLE,
			       "the string is slack", NULL);
	vmfc_missing_prepare(fixture->left->context);
	tick(fixture, 0, 0, 1);
	tick(fixture, 1, 0, 2);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the string is slack"), ==, 1);
	fixture->left->doubt = "the string is torn";
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: the string is torn. *");
	tick(fixture, 2, 0, 3);
	g_test_assert_expected_messages();
	/* a sampler whose answer is not due lacks nothing */
	fixture->right->answer = VMFC_ANSWER_NOT_DUE;
	for (guint64 i = 3; i < 12; i++)
		tick(fixture, i, 0, 4);
	g_assert_false(has(fixture, "right_gauge"));
	for (guint i = 0; i < VMFC_N_REASONS; i++) {
		const VmfcDeclaration *right = vmfc_schema_find(fixture->schema, "right_gauge");
		g_assert_cmpuint(vmfc_summary_get_n_missing(fixture->summary, right->index, i), ==,
				 0);
	}
}

/* What is usual in single windows is counted, and said where it stays. */
static void
test_usual(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->left->usual = "the string is short";
	tick(fixture, 0, 0, 1);
	for (guint64 i = 1; i <= 4; i++) {
		fixture->left->leaves_out = i % 2 == 0;
		tick(fixture, i, 0, (gint64)i);
	}
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the string is short"), ==, 2);
	for (guint64 i = 5; i <= 8; i++)
		tick(fixture, i, 0, (gint64)i);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "left: the string is short. Tune it. Missing: left_gauge");
	tick(fixture, 9, 0, 9);
	g_test_assert_expected_messages();
	g_assert_cmpint(vmfc_schema_find(fixture->schema, "left_gauge")->state, ==, VMFC_STATE_OK);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the string is short"), ==, 7);
}

/* A plugin that puts figures into its reasons fills no memory. */
static void
test_many_reasons(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gchar text[32];

	fixture->left->doubt = text;
	for (guint64 i = 0; i < 100; i++) {
		g_snprintf(text, sizeof(text), "%u mm too long", (guint)i);
		if (i >= 1 && i <= 9)
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
					      "left: *. Missing: left_gauge");
		tick(fixture, i, 0, (gint64)i);
		g_test_assert_expected_messages();
	}
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "1 mm too long"), ==, 1);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "other reasons"), ==, 91);
}

static void
answer(Puppet *puppet, guint64 of_tick)
{
	VmfcRecord *record = vmfc_context_resume(puppet->context, of_tick);
	if (record != NULL) {
		g_assert_cmpuint(vmfc_record_get_tick(record), ==, of_tick);
		puppet_fill(puppet, record);
	}
	vmfc_context_finish(puppet->context, of_tick, NULL);
}

static void
test_pending_in_time(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->left->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 5);
	answer(fixture->left, 0);
	tick(fixture, 1, 0, 8);
	g_assert_cmpuint(fixture->n_records, ==, 0);
	g_assert_cmpint(fixture->grace_deadline, ==, T0 + INTERVAL + INTERVAL / 5 * 4);
	answer(fixture->left, 1);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(fixture->grace_deadline, ==, -1);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 3);
	/* twice: thrown away */
	g_assert_null(vmfc_context_resume(fixture->left->context, 1));
	vmfc_context_finish(fixture->left->context, 1, NULL);
	g_assert_cmpuint(fixture->n_records, ==, 1);
}

static void
test_pending_too_late(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 5);
	fixture->left->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 1, 0, 8);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "left: no answer within 0.08 s; its values are missing");
	vmfc_collector_close_record(fixture->collector);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_false(has(fixture, "left_gauge"));
	g_assert_true(has(fixture, "right_gauge"));
	tick(fixture, 2, 0, 9);
	/* the answer to the tick before must not get into this record */
	g_assert_null(vmfc_context_resume(fixture->left->context, 1));
	vmfc_context_finish(fixture->left->context, 1, NULL);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left answers again*");
	answer(fixture->left, 2);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->n_records, ==, 2);
	g_assert_true(has(fixture, "left_gauge"));
}

/* The next tick completes a record that is still open, before it begins. */
static void
test_pending_at_next_tick(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 5);
	fixture->left->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 1, 0, 8);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: no answer within*");
	fixture->left->answer = VMFC_ANSWER_DONE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left answers again*");
	tick(fixture, 2, 0, 9);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->n_records, ==, 2);
}

static void
test_pending_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "connection refused");

	tick(fixture, 0, 0, 5);
	fixture->left->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 1, 0, 8);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: connection refused;*");
	vmfc_context_finish(fixture->left->context, 1, error);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_false(has(fixture, "left_gauge"));
}

static void
test_two_pending(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->left->answer = fixture->right->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 1);
	answer(fixture->left, 0);
	answer(fixture->right, 0);
	tick(fixture, 1, 0, 2);
	answer(fixture->right, 1);
	g_assert_cmpuint(fixture->n_records, ==, 0);
	answer(fixture->left, 1);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 1);
	g_assert_cmpint(get_int(fixture, "right_total"), ==, 10);
}

/* A plugin that keeps its record and writes later cannot write any cells. */
static void
test_writes_after_return(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 1);
	tick(fixture, 1, 0, 2);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "*it no longer owns: vmfc ignores it*");
	vmfc_record_set_float(&fixture->left->context->record, 1, 99);
	g_test_assert_expected_messages();
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 1);
}

static void
test_no_sync(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 100);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_false(has(fixture, "left_total"));
	g_assert_true(has(fixture, "left_gauge"));
	g_assert_false(has(fixture, "time_delta_seconds"));
	tick(fixture, 1, 0, 103);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 3);
	/* the window is the time since the sampler's own last good reading */
	fixture->left->answer = VMFC_ANSWER_FAILED;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: *");
	tick(fixture, 2, 0, 104);
	g_assert_false(has(fixture, "left_total"));
	fixture->left->answer = VMFC_ANSWER_DONE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left answers again*");
	tick(fixture, 3, 0, 109);
	g_test_assert_expected_messages();
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 6);
}

/* Without common windows a pending answer goes into the next record, whenever it comes. */
static void
test_no_sync_pending(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->left->answer = fixture->right->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 100);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_false(has(fixture, "left_gauge"));
	answer(fixture->left, 0);
	answer(fixture->right, 0);
	g_assert_false(has(fixture, "left_gauge"));
	tick(fixture, 1, 0, 110);
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 50);
	g_assert_cmpfloat(get_float(fixture, "right_gauge"), ==, 500);
	g_assert_cmpuint(fixture->left->n_calls, ==, 2);
	/* one that has not answered is not asked again */
	tick(fixture, 2, 0, 120);
	g_assert_cmpuint(fixture->left->n_calls, ==, 2);
	g_assert_false(has(fixture, "left_gauge"));
	answer(fixture->left, 1);
	tick(fixture, 3, 0, 130);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 20);
	/* nor is one waited for that never comes */
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "right: no answer within 10 s;*");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "right answers again*");
	fixture->right->answer = VMFC_ANSWER_DONE;
	answer(fixture->left, 3);
	tick(fixture, 200, 0, 140);
	g_test_assert_expected_messages();
	g_assert_true(has(fixture, "right_gauge"));
}

/* An answer is waited for for 10 s since it was asked for, and no longer. */
static void
test_no_sync_timeout(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->left->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 150, 0, 0);
	tick(fixture, 151, 0, 0);
	tick(fixture, 249, 0, 0);
	g_assert_cmpuint(fixture->left->n_calls, ==, 1);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: no answer within 10 s;*");
	tick(fixture, 250, 0, 0);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->left->n_calls, ==, 2);
	tick(fixture, 349, 0, 0);
	g_assert_cmpuint(fixture->left->n_calls, ==, 2);
}

/* What an answer leaves out is missing: nothing of the answer before it stays. */
static void
test_no_sync_fewer_cells(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->left->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 100);
	answer(fixture->left, 0);
	tick(fixture, 1, 0, 110);
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 50);
	fixture->left->leaves_out = TRUE;
	answer(fixture->left, 1);
	tick(fixture, 2, 0, 120);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 10);
	g_assert_false(has(fixture, "left_gauge"));
	fixture->left->leaves_out = FALSE;
	answer(fixture->left, 2);
	tick(fixture, 3, 0, 130);
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 60);
}

/* An answer that ends with an error counts as none, whatever was set before the error. */
static void
test_no_sync_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "connection refused");

	fixture->left->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 100);
	answer(fixture->left, 0);
	tick(fixture, 1, 0, 110);
	g_assert_true(has(fixture, "left_gauge"));
	puppet_fill(fixture->left, vmfc_context_resume(fixture->left->context, 1));
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: connection refused;*");
	vmfc_context_finish(fixture->left->context, 1, error);
	tick(fixture, 2, 0, 120);
	g_assert_false(has(fixture, "left_gauge"));
	g_assert_false(has(fixture, "left_total"));
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left answers again*");
	answer(fixture->left, 2);
	tick(fixture, 3, 0, 130);
	g_test_assert_expected_messages();
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 60);
	/* since its own last good reading, which was of the first tick */
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 20);
}

/* An answer goes into one record only, whatever its sampler answers afterwards. */
static void
test_no_sync_once(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const VmfcAnswer later[] = {VMFC_ANSWER_PENDING, VMFC_ANSWER_NOT_DUE};

	for (guint i = 0; i < G_N_ELEMENTS(later); i++) {
		guint64 at = i * 10;
		fixture->left->answer = VMFC_ANSWER_PENDING;
		tick(fixture, at, 0, (gint64)at);
		answer(fixture->left, at);
		fixture->left->answer = later[i];
		tick(fixture, at + 1, 0, (gint64)at + 1);
		g_assert_true(has(fixture, "left_gauge"));
		for (guint64 j = 2; j < 6; j++) {
			tick(fixture, at + j, 0, (gint64)(at + j));
			g_assert_false(has(fixture, "left_gauge"));
			g_assert_false(has(fixture, "left_total"));
			g_assert_true(has(fixture, "right_gauge"));
		}
		if (later[i] == VMFC_ANSWER_PENDING)
			answer(fixture->left, at + 1);
	}
}

static void
test_labels(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	tick(fixture, 1, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "none");
	g_assert_false(has(fixture, "stress_phase"));
	g_assert_false(has(fixture, "stress_target_load"));
	g_assert_false(get_bool(fixture, "stress_transition"));

	vmfc_workload_labels_set_workload(fixture->labels, "cycle", 2);
	vmfc_workload_labels_set_phase(fixture->labels, "load=45");
	vmfc_workload_labels_set_target_load(fixture->labels, 45);
	tick(fixture, 2, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "none");
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 3, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "cycle");
	g_assert_cmpstr(get_string(fixture, "stress_phase"), ==, "load=45");
	g_assert_cmpfloat(get_float(fixture, "stress_target_load"), ==, 45);
	g_assert_cmpint(get_int(fixture, "stress_iteration"), ==, 2);
	g_assert_false(get_bool(fixture, "stress_transition"));

	/* the same reason again is not a change */
	vmfc_workload_labels_set_phase(fixture->labels, "load=45");
	vmfc_workload_labels_set_target_load(fixture->labels, 45);
	tick(fixture, 4, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	vmfc_workload_labels_set_target_load(fixture->labels, NAN);
	tick(fixture, 5, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));

	/* between two steps no window is what its labels say, however long that takes */
	vmfc_workload_labels_begin_transition(fixture->labels);
	tick(fixture, 6, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 7, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "cycle");
	g_assert_true(get_bool(fixture, "stress_transition"));
	vmfc_workload_labels_set_phase(fixture->labels, "load=45");
	tick(fixture, 8, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 9, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));

	vmfc_workload_labels_begin_transition(fixture->labels);
	vmfc_workload_labels_set_workload(fixture->labels, "none", 3);
	tick(fixture, 10, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "cycle");
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 11, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "none");
	g_assert_false(has(fixture, "stress_phase"));
	g_assert_cmpint(get_int(fixture, "stress_iteration"), ==, 3);
	g_assert_false(get_bool(fixture, "stress_transition"));
}

/* Who did not run for a while cannot say that the load did; an idle machine is idle all the same.
 */
static void
test_pause(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	tick(fixture, 5, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	vmfc_workload_labels_set_workload(fixture->labels, "load", 0);
	tick(fixture, 6, 0, 0);
	tick(fixture, 7, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	/* late, but not by more than a busy machine makes it */
	tick(fixture, 9, 40 * MILLISECOND, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	/* that is its lateness, and not how long the window is */
	tick(fixture, 12, 70 * MILLISECOND, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	tick(fixture, 17, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 18, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
}

/* Nothing follows nothing: no change. */
static void
test_same_workload(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	vmfc_workload_labels_set_workload(fixture->labels, "none", 0);
	tick(fixture, 1, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	vmfc_workload_labels_set_workload(fixture->labels, "none", 1);
	tick(fixture, 2, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));
}

static void
test_clock_step(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	tick(fixture, 1, 0, 1);
	fixture->fake.real_offset -= 3600 * 1000 * MILLISECOND;
	/* two clocks are never read at one instant */
	fixture->fake.boot_offset += MILLISECOND / 4;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "the wall clock was stepped by -3600.000 s; timestamps follow it, "
			      "windows are not affected");
	tick(fixture, 2, 0, 2);
	g_test_assert_expected_messages();
	g_assert_cmpfloat(get_float(fixture, "time_delta_seconds"), ==, 0.1);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 1);
	/* said once */
	tick(fixture, 3, 0, 3);
	fixture->fake.real_offset += 60 * 1000 * MILLISECOND;
	fixture->fake.boot_offset += 60 * 1000 * MILLISECOND;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "the machine was suspended for 60.000 s; windows do not count that "
			      "time, timestamps do");
	tick(fixture, 4, 0, 4);
	g_test_assert_expected_messages();
}

/* Who was held up between its looks at two clocks has not seen a step. */
static void
test_clock_moves(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcTick held_up = {.index = 1, .deadline = T0 + INTERVAL, .begin = T0 + INTERVAL};

	tick(fixture, 0, 0, 0);
	/* 50 ms pass after the tick has begun, before it looks at the wall clock */
	fixture->fake.now = held_up.begin + 50 * MILLISECOND;
	vmfc_collector_tick(fixture->collector, &held_up);
	g_assert_cmpfloat(get_float(fixture, "timestamp"), ==, 1700000001.15);
	/* a real step at the tick after that, by as little as counts, and by a little less */
	fixture->fake.real_offset += 10 * MILLISECOND;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "the wall clock was stepped by +0.010 s;*");
	tick(fixture, 2, 0, 2);
	g_test_assert_expected_messages();
	fixture->fake.real_offset -= 10 * MILLISECOND - 1;
	tick(fixture, 3, 0, 3);
	/* what was too little by itself counts with what follows */
	fixture->fake.real_offset -= 1;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "the wall clock was stepped by -0.010 s;*");
	tick(fixture, 4, 0, 4);
	g_test_assert_expected_messages();
}

/* Both at once: each is said, with its own length. */
static void
test_clock_step_in_suspend(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	fixture->fake.boot_offset += 30 * 1000 * MILLISECOND;
	fixture->fake.real_offset += 32 * 1000 * MILLISECOND;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "the machine was suspended for 30.000 s;*");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "the wall clock was stepped by +2.000 s;*");
	tick(fixture, 1, 0, 1);
	g_test_assert_expected_messages();
	/* as short as counts, and not added to what was before */
	fixture->fake.boot_offset += 10 * MILLISECOND;
	fixture->fake.real_offset += 10 * MILLISECOND;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "the machine was suspended for 0.010 s;*");
	tick(fixture, 2, 0, 2);
	g_test_assert_expected_messages();
}

#define ADD(path, func) g_test_add("/collector/" path, Fixture, NULL, set_up, func, tear_down)
#define ADD_NO_SYNC(path, func)                                                                    \
	g_test_add("/collector/" path, Fixture, GINT_TO_POINTER(1), set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("windows", test_windows);
	ADD("lost-records", test_lost_records);
	ADD("late-start", test_late_start);
	ADD("lost-at-end", test_lost_at_end);
	ADD("failure", test_failure);
	ADD("failure/again", test_failure_again);
	ADD("missing/withheld", test_withheld);
	ADD("missing/known-since-open", test_known_since_open);
	ADD("missing/two-reasons", test_two_reasons);
	ADD("missing/usual", test_usual);
	ADD("missing/without-reason", test_missing_without_reason);
	ADD("missing/many-reasons", test_many_reasons);
	ADD("pending/in-time", test_pending_in_time);
	ADD("pending/too-late", test_pending_too_late);
	ADD("pending/at-next-tick", test_pending_at_next_tick);
	ADD("pending/fails", test_pending_fails);
	ADD("pending/two", test_two_pending);
	ADD("writes-after-return", test_writes_after_return);
	ADD_NO_SYNC("no-sync/windows", test_no_sync);
	ADD_NO_SYNC("no-sync/pending", test_no_sync_pending);
	ADD_NO_SYNC("no-sync/timeout", test_no_sync_timeout);
	ADD_NO_SYNC("no-sync/fewer-cells", test_no_sync_fewer_cells);
	ADD_NO_SYNC("no-sync/fails", test_no_sync_fails);
	ADD_NO_SYNC("no-sync/once", test_no_sync_once);
	ADD("labels", test_labels);
	ADD("labels/pause", test_pause);
	ADD("labels/same", test_same_workload);
	ADD("clock-step", test_clock_step);
	ADD("clock-step/moves", test_clock_moves);
	ADD("clock-step/in-suspend", test_clock_step_in_suspend);
	return g_test_run();
}
