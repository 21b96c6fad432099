/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Columns that a sampler derives from those of others, ABI 1.5. */

#include "collector-run.h"

/* ------------------------------------------------------------- samplers */

enum {
	TOTAL,
	GAUGE,
	NAME,
	N_SOURCES,
};

/* What others derive from. */
typedef struct {
	VmfcContext *context;
	VmfcAnswer answer;
	gint64 total;
	guint64 tick;
} Source;

static gpointer
source_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	static const VmfcColumn columns[N_SOURCES] = {
		[TOTAL] = {.name = "total", .kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_INT},
		[GAUGE] = {.name = "gauge", .type = VMFC_TYPE_FLOAT},
		[NAME] = {.name = "name", .type = VMFC_TYPE_STRING},
	};
	Source *self = g_new0(Source, 1);

	self->context = context;
	for (guint i = 0; i < N_SOURCES; i++)
		vmfc_context_add_column(context, &columns[i]);
	return self;
}

static void
source_fill(const Source *self, VmfcRecord *record)
{
	vmfc_record_set_int(record, TOTAL, self->total);
	vmfc_record_set_float(record, GAUGE, (gdouble)self->total / 4);
	vmfc_record_set_string(record, NAME, "a name");
}

static VmfcAnswer
source_sample(gpointer data, VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	Source *self = data;

	self->tick = vmfc_record_get_tick(record);
	if (self->answer == VMFC_ANSWER_DONE)
		source_fill(self, record);
	return self->answer;
}

enum {
	DELTA,
	SUM,
	OWN_TOTAL,
	COPY,
	N_DERIVED,
};

typedef struct {
	VmfcContext *context;
	const gchar *wanted; /* a column that the other one derives */
	guint total;
	guint gauge;
	guint name;
	guint other;
	gint64 own_total;
	guint n_calls;
	gboolean writes_foreign;
	gboolean reads_in_sample;
	gboolean finds_in_sample;
} Deriver;

/* The first one and the second one, each with columns of its own. */
static gpointer
deriver_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	static const gchar *const first_names[] = {"first_delta", "first_sum", "first_total",
						   "first_copy"};
	static const gchar *const second_names[] = {"second_delta", "second_sum", "second_total",
						    "second_copy"};
	gboolean is_first = g_str_equal(context->plugin->name, "first");
	const gchar *const *names = is_first ? first_names : second_names;
	const VmfcColumn columns[N_DERIVED] = {
		[DELTA] = {.name = names[DELTA], .type = VMFC_TYPE_INT},
		[SUM] = {.name = names[SUM], .type = VMFC_TYPE_FLOAT},
		[OWN_TOTAL] = {.name = names[OWN_TOTAL],
			       .kind = VMFC_KIND_COUNTER,
			       .type = VMFC_TYPE_INT},
		[COPY] = {.name = names[COPY], .type = VMFC_TYPE_STRING},
	};
	Deriver *self = g_new0(Deriver, 1);

	self->context = context;
	self->wanted = is_first ? second_names[SUM] : first_names[SUM];
	for (guint i = 0; i < N_DERIVED; i++)
		vmfc_context_add_column(context, &columns[i]);
	return self;
}

static gboolean
deriver_start(gpointer data, G_GNUC_UNUSED GError **error)
{
	Deriver *self = data;

	self->total = vmfc_context_find_column(self->context, "total");
	self->gauge = vmfc_context_find_column(self->context, "gauge");
	self->name = vmfc_context_find_column(self->context, "name");
	self->other = vmfc_context_find_column(self->context, self->wanted);
	return TRUE;
}

static VmfcAnswer
deriver_sample(gpointer data, VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	Deriver *self = data;

	if (self->reads_in_sample)
		g_assert_false(vmfc_record_has(record, self->total));
	if (self->finds_in_sample)
		g_assert_cmpuint(vmfc_context_find_column(self->context, "gauge"), ==, G_MAXUINT);
	return VMFC_ANSWER_DONE;
}

/* Each column from one kind of another's; the sum also from what another has derived. */
static void
deriver_derive(gpointer data, VmfcRecord *record)
{
	Deriver *self = data;

	self->n_calls++;
	self->own_total += 5;
	vmfc_record_set_int(record, OWN_TOTAL, self->own_total);
	if (vmfc_record_has(record, self->total))
		vmfc_record_set_int(record, DELTA, vmfc_record_get_int(record, self->total));
	gboolean is_whole = vmfc_record_has(record, self->gauge);
	if (is_whole)
		vmfc_record_set_float(record, SUM,
				      vmfc_record_get_float(record, self->gauge) +
					      (vmfc_record_has(record, self->other)
						       ? vmfc_record_get_float(record, self->other)
						       : 0));
	vmfc_context_set_state(self->context, SUM,
			       is_whole ? VMFC_STATE_OK : VMFC_STATE_IMPLAUSIBLE,
			       is_whole ? NULL : "the gauge is missing", NULL);
	if (vmfc_record_has(record, self->name))
		vmfc_record_set_string(record, COPY, vmfc_record_get_string(record, self->name));
	if (self->writes_foreign)
		vmfc_record_set_float(record, self->gauge, 666);
}

static const VmfcSampler source_sampler = {
	.open = source_open, .sample = source_sample, .close = g_free};
static const VmfcSampler deriver_sampler = {
	.open = deriver_open,
	.start = deriver_start,
	.sample = deriver_sample,
	.close = g_free,
	.derive = deriver_derive,
};
static const VmfcPlugin source_plugin = {.name = "source", .sampler = &source_sampler};
static const VmfcPlugin first_plugin = {
	.abi_minor = 5, .name = "first", .sampler = &deriver_sampler};
static const VmfcPlugin second_plugin = {
	.abi_minor = 5, .name = "second", .sampler = &deriver_sampler};
/* as one that ends before derive: what stands there must not be called */
static const VmfcPlugin old_plugin = {
	.abi_minor = 4, .name = "second", .sampler = &deriver_sampler};

/* -------------------------------------------------------------- a run */

typedef struct {
	const VmfcPlugin *second;
	gboolean no_sync;
} Setup;

static void
set_up(Fixture *fixture, gconstpointer data)
{
	const Setup *setup = data;

	fixture_init(fixture, !setup->no_sync);
	/* the source last: derive comes after all have been asked */
	add_sampler(fixture, &first_plugin);
	add_sampler(fixture, setup->second);
	add_sampler(fixture, &source_plugin);
	fixture_start(fixture);
}

static Deriver *
first(const Fixture *fixture)
{
	return get_sampler(fixture, 0);
}

static Deriver *
second(const Fixture *fixture)
{
	return get_sampler(fixture, 1);
}

static Source *
source(const Fixture *fixture)
{
	return get_sampler(fixture, 2);
}

static void
tick(Fixture *fixture, guint64 index, gint64 total)
{
	source(fixture)->total = total;
	fixture_tick(fixture, index, 0);
}

/* The source's answer to a tick that it let wait. */
static void
answer(Fixture *fixture)
{
	VmfcContext *context = source(fixture)->context;
	VmfcRecord *record = vmfc_context_resume(context, source(fixture)->tick);

	g_assert_nonnull(record);
	source_fill(source(fixture), record);
	vmfc_context_finish(context, source(fixture)->tick, NULL);
}

/* --------------------------------------------------------------- tests */

static void
test_reads_others(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	/* the first tick opens the first window: no deltas, neither of others nor of its columns */
	tick(fixture, 0, 100);
	g_assert_cmpuint(first(fixture)->n_calls, ==, 1);
	g_assert_cmpuint(fixture->n_records, ==, 0);
	g_assert_false(has(fixture, "first_delta"));
	g_assert_false(has(fixture, "first_total"));
	tick(fixture, 1, 108);
	g_assert_cmpuint(first(fixture)->n_calls, ==, 2);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(get_int(fixture, "first_delta"), ==, 8);
	g_assert_cmpfloat(get_float(fixture, "first_sum"), ==, 27);
	g_assert_cmpstr(get_string(fixture, "first_copy"), ==, "a name");
	/* its own counter has a baseline as any other */
	g_assert_cmpint(get_int(fixture, "first_total"), ==, 5);
	tick(fixture, 2, 109);
	g_assert_cmpint(get_int(fixture, "first_delta"), ==, 1);
	g_assert_cmpint(get_int(fixture, "first_total"), ==, 5);
}

/* In the order of reading: the second one sees what the first one has derived, not vice versa. */
static void
test_order(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0);
	tick(fixture, 1, 40);
	g_assert_cmpfloat(get_float(fixture, "first_sum"), ==, 10);
	g_assert_cmpfloat(get_float(fixture, "second_sum"), ==, 20);
}

static void
test_pending(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	source(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0);
	g_assert_cmpuint(first(fixture)->n_calls, ==, 0);
	answer(fixture);
	g_assert_cmpuint(first(fixture)->n_calls, ==, 1);
	tick(fixture, 1, 40);
	source(fixture)->total = 44;
	answer(fixture);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(get_int(fixture, "first_delta"), ==, 44);
	g_assert_cmpfloat(get_float(fixture, "first_sum"), ==, 11);
	/* an answer that did not come in time is missing there as well, with the deriver's reason
	 */
	tick(fixture, 2, 48);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "source: no answer within*");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "first: the gauge is missing. Missing: first_sum");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "second: the gauge is missing. Missing: second_sum");
	vmfc_collector_close_record(fixture->collector);
	g_assert_cmpuint(fixture->n_records, ==, 2);
	g_assert_cmpuint(first(fixture)->n_calls, ==, 3);
	g_assert_false(has(fixture, "first_sum"));
	g_assert_false(has(fixture, "first_delta"));
	g_assert_cmpint(get_int(fixture, "first_total"), ==, 5);
}

static void
test_reason(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcDeclaration *sum = vmfc_schema_find(fixture->schema, "second_sum");
	const gchar *reason;

	tick(fixture, 0, 0);
	source(fixture)->answer = VMFC_ANSWER_NOT_DUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "first: the gauge is missing. Missing: first_sum");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "second: the gauge is missing. Missing: second_sum");
	tick(fixture, 1, 4);
	g_assert_cmpint(vmfc_schema_get_state(fixture->schema, sum->index, &reason), ==,
			VMFC_STATE_IMPLAUSIBLE);
	g_assert_cmpstr(reason, ==, "the gauge is missing");
	g_assert_cmpstr(sum->missing_now->text, ==, "the gauge is missing");
	source(fixture)->answer = VMFC_ANSWER_DONE;
	tick(fixture, 2, 8);
	g_assert_cmpint(vmfc_schema_get_state(fixture->schema, sum->index, &reason), ==,
			VMFC_STATE_OK);
	g_assert_null(reason);
	g_assert_true(has(fixture, "second_sum"));
}

/* Without common windows it derives from what each sampler has answered last. */
static void
test_no_sync(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	source(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 40);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_false(has(fixture, "first_sum"));
	answer(fixture);
	tick(fixture, 1, 80);
	g_assert_cmpuint(fixture->n_records, ==, 2);
	g_assert_cmpfloat(get_float(fixture, "first_sum"), ==, 10);
	g_assert_cmpint(get_int(fixture, "first_total"), ==, 5);
}

static void
test_writes_foreign(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	first(fixture)->writes_foreign = TRUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "plugin first writes column *, but has only 4: vmfc ignores it*");
	tick(fixture, 0, 0);
	tick(fixture, 1, 40);
	g_assert_cmpfloat(get_float(fixture, "gauge"), ==, 10);
}

static void
test_reads_in_sample(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0);
	first(fixture)->reads_in_sample = TRUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "plugin first reads column *, but can read only 4 here*");
	tick(fixture, 1, 40);
	tick(fixture, 2, 80); /* said once */
	g_assert_cmpfloat(get_float(fixture, "first_sum"), ==, 20);
}

static void
test_finds_in_sample(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	first(fixture)->finds_in_sample = TRUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "plugin first looks up the column gauge, which is allowed only from "
			      "start of a sampler on, and not in a tick*");
	tick(fixture, 0, 0);
	tick(fixture, 1, 40);
	g_assert_cmpfloat(get_float(fixture, "first_sum"), ==, 10);
}

/* The same index each time; for its columns their own index. */
static void
test_lookup(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcContext *context = first(fixture)->context;
	guint n_known = context->n_known;
	const gchar *reason = "";

	g_assert_cmpuint(first(fixture)->total, >=, N_DERIVED);
	g_assert_cmpuint(vmfc_context_find_column(context, "total"), ==, first(fixture)->total);
	g_assert_cmpuint(vmfc_context_find_column(context, "first_sum"), ==, SUM);
	g_assert_cmpuint(context->n_known, ==, n_known);
	g_assert_cmpuint(vmfc_context_find_column(context, "nothing"), ==, G_MAXUINT);
	/* columns of the core as well */
	guint tick_column = vmfc_context_find_column(context, "missed_ticks");
	g_assert_cmpstr(vmfc_context_get_column(context, tick_column)->name, ==, "missed_ticks");
	g_assert_cmpstr(vmfc_context_get_column(context, SUM)->name, ==, "first_sum");
	g_assert_cmpint(vmfc_context_get_state(context, first(fixture)->gauge, &reason), ==,
			VMFC_STATE_OK);
	g_assert_null(reason);
}

/* A column that is looked up between two ticks can be read from the next one on. */
static void
test_lookup_later(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcContext *context = second(fixture)->context;

	tick(fixture, 0, 0);
	tick(fixture, 1, 40);
	guint column = vmfc_context_find_column(context, "collection_interval");
	g_assert_cmpuint(column, !=, second(fixture)->gauge);
	second(fixture)->gauge = column;
	tick(fixture, 2, 50);
	g_assert_cmpfloat(get_float(fixture, "second_sum"), ==,
			  get_float(fixture, "collection_interval") +
				  get_float(fixture, "first_sum"));
}

/* What holds no longer is not said either. */
static void
test_facts(void)
{
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	const VmfcRun run = {.schema = schema};
	g_autoptr(VmfcContext) context = vmfc_context_new(&run, &source_plugin, NULL);

	g_assert_true(vmfc_context_open(context, NULL));
	const GPtrArray *facts = vmfc_context_get_declaration(context, GAUGE)->facts;
	vmfc_context_describe(context, GAUGE, "maker", NULL);
	g_assert_cmpuint(facts->len, ==, 0);
	vmfc_context_describe(context, GAUGE, "maker", "Abacus");
	vmfc_context_describe(context, GAUGE, "year", "1642");
	vmfc_context_describe(context, GAUGE, "maker", NULL);
	g_assert_cmpuint(facts->len, ==, 2);
	g_assert_cmpstr(facts->pdata[0], ==, "year");
	vmfc_context_describe(context, GAUGE, "year", "1643");
	g_assert_cmpstr(facts->pdata[1], ==, "1643");
}

/* Its own columns it knows in open already; those of others only once all are known. */
static void
test_before_start(void)
{
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	const VmfcRun run = {.schema = schema};
	g_autoptr(VmfcContext) context = vmfc_context_new(&run, &source_plugin, NULL);
	const gchar *reason;

	g_assert_true(vmfc_context_open(context, NULL));
	g_assert_cmpstr(vmfc_context_get_column(context, GAUGE)->name, ==, "gauge");
	vmfc_context_set_state(context, GAUGE, VMFC_STATE_DENIED, "the door is locked", NULL);
	g_assert_cmpint(vmfc_context_get_state(context, GAUGE, &reason), ==, VMFC_STATE_DENIED);
	g_assert_cmpstr(reason, ==, "the door is locked");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "plugin source looks up the column total*");
	g_assert_cmpuint(vmfc_context_find_column(context, "total"), ==, G_MAXUINT);
	g_test_assert_expected_messages();
}

static void
test_older_plugin(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0);
	tick(fixture, 1, 40);
	g_assert_cmpuint(first(fixture)->n_calls, ==, 2);
	g_assert_cmpuint(second(fixture)->n_calls, ==, 0);
	g_assert_false(has(fixture, "second_sum"));
}

int
main(int argc, char *argv[])
{
	static const Setup usual = {&second_plugin, FALSE};
	static const Setup no_sync = {&second_plugin, TRUE};
	static const Setup older = {&old_plugin, FALSE};
	static const struct {
		const gchar *path;
		const Setup *setup;
		void (*test)(Fixture *fixture, gconstpointer data);
	} tests[] = {
		{"/derive/reads-others", &usual, test_reads_others},
		{"/derive/order", &usual, test_order},
		{"/derive/pending", &usual, test_pending},
		{"/derive/reason", &usual, test_reason},
		{"/derive/no-sync", &no_sync, test_no_sync},
		{"/derive/writes-foreign", &usual, test_writes_foreign},
		{"/derive/reads-in-sample", &usual, test_reads_in_sample},
		{"/derive/finds-in-sample", &usual, test_finds_in_sample},
		{"/derive/lookup-later", &usual, test_lookup_later},
		{"/derive/lookup", &usual, test_lookup},
		{"/derive/older-plugin", &older, test_older_plugin},
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, tests[i].setup, set_up, tests[i].test,
			   tear_down);
	g_test_add_func("/derive/facts", test_facts);
	g_test_add_func("/derive/before-start", test_before_start);
	return g_test_run();
}
