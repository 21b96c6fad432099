/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Estimates from one window to the next: what comes and goes, and another model in mid-run. */

#include <math.h>
#include <signal.h>

#include "../../text-file.h"
#include "../collect/collector-run.h"
#include "plugin/setting.h"

extern const VmfcPlugin vmfc_plugin;

/* ------------------------------------------------------------- the machine */

enum {
	BUSY,
	CORES,
	FAULTS,
	N_SOURCES,
};

/* What the estimates are made from. */
typedef struct {
	gdouble busy; /* percent; NAN: missing */
	gint64 n_cpus;
	gint64 faults; /* in all; negative: missing */
} Source;

static gpointer
source_open(VmfcContext *context, G_GNUC_UNUSED GError **error)
{
	static const VmfcColumn columns[N_SOURCES] = {
		[BUSY] = {.name = "busy", .unit = "percent", .type = VMFC_TYPE_FLOAT},
		[CORES] = {.name = "core_count", .unit = "1", .type = VMFC_TYPE_INT},
		[FAULTS] = {.name = "faults", .kind = VMFC_KIND_COUNTER, .type = VMFC_TYPE_INT},
	};
	Source *self = g_new0(Source, 1);

	for (guint i = 0; i < N_SOURCES; i++)
		vmfc_context_add_column(context, &columns[i]);
	*self = (Source){.busy = 50, .n_cpus = 4, .faults = 1000};
	return self;
}

static VmfcAnswer
source_sample(gpointer data, VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	const Source *self = data;

	vmfc_record_set_float(record, BUSY, self->busy);
	vmfc_record_set_int(record, CORES, self->n_cpus);
	if (self->faults >= 0)
		vmfc_record_set_int(record, FAULTS, self->faults);
	return VMFC_ANSWER_DONE;
}

static const VmfcSampler source_sampler = {source_open, NULL, source_sample, NULL, g_free};
static const VmfcPlugin source_plugin = {.name = "source", .sampler = &source_sampler};

/* --------------------------------------------------------------- the model */

#define ZONE(name, sub_models) "{\"zone\":\"" name "\",\"sub_models\":[" sub_models "]}"
#define SUB_MODEL(name, constant, features, terms, width)                                          \
	"{\"name\":\"" name "\",\"features\":[" features                                           \
	"],\"family\":\"linear\",\"constant\":" #constant ",\"terms\":[" terms                     \
	"],\"interval\":{\"share\":0.9,\"log_width\":" #width ",\"floor\":2,\"groups\":9}}"
#define FEATURE(name, form, column, maximum)                                                       \
	"{\"name\":\"" name "\",\"unit\":null,\"form\":\"" form "\",\"columns\":[\"" column        \
	"\"],\"optional_columns\":[],\"sum_column\":null,\"is_positive\":false,\"minimum\":0,"     \
	"\"maximum\":" #maximum "}"
#define TERM(number, weight)                                                                       \
	"{\"feature\":" #number ",\"kind\":\"linear\",\"scale\":1,\"weight\":" #weight "}"
/* 10 W for each busy CPU, and 1 W for 1000 faults a second */
#define OF_CPUS(constant)                                                                          \
	SUB_MODEL("cpus", constant, FEATURE("a", "cpus", "busy", 64), TERM(0, 10), 0.05)
#define OF_SHARE SUB_MODEL("share", 5, FEATURE("a", "share", "busy", 1), TERM(0, 10), 0.05)
#define OF_COUNT(width)                                                                            \
	SUB_MODEL("count", 1, FEATURE("a", "value", "core_count", 64), TERM(0, 1), width)
#define OF_FAULTS(constant)                                                                        \
	SUB_MODEL("faults", constant, FEATURE("a", "rate", "faults", 1e9), TERM(0, 0.001), 0.05)
#define OF_BOTH                                                                                    \
	SUB_MODEL("both", 7,                                                                       \
		  FEATURE("a", "rate", "faults", 1e9) "," FEATURE("b", "cpus", "busy", 64),        \
		  TERM(0, 0.001) "," TERM(1, 10), 0.05)

typedef struct {
	Fixture fixture;
	gchar *path; /* of the model */
	guint64 index;
} Run;

static void
write_model(const Run *run, const gchar *zones)
{
	g_autofree gchar *text = g_strdup_printf(
		"{\"format\":\"vmfc-model/1\",\"version\":\"0\",\"zones\":[%s],\"machine\":"
		"{\"cpu_model\":null,\"architecture\":null,\"hypervisor\":null,\"cpus\":4}}",
		zones);
	g_assert_true(g_file_set_contents(run->path, text, -1, NULL));
}

static void
run_init(Run *run, const gchar *zones)
{
	Fixture *fixture = &run->fixture;
	GPtrArray *settings = vmfc_setting_list_new();

	*run = (Run){.path = text_file_new("vmfc-model-XXXXXX", "")};
	write_model(run, zones);
	vmfc_setting_list_add(settings, "power", "model", run->path, "--set", FALSE);
	fixture_init(fixture, TRUE);
	fixture->run.settings = settings;
	add_sampler(fixture, &source_plugin);
	add_sampler(fixture, &vmfc_plugin);
	fixture_start(fixture);
	fixture_tick(fixture, run->index++, 0);
}

static void
run_clear(Run *run)
{
	GPtrArray *settings = (GPtrArray *)run->fixture.run.settings;

	vmfc_context_stop(run->fixture.samplers->pdata[1]);
	tear_down(&run->fixture, NULL);
	g_ptr_array_unref(settings);
	g_unlink(run->path);
	g_free(run->path);
}

/* The next window, of 0.1 s. @faults: in it; negative: they are missing */
static void
pass(Run *run, gdouble busy, gint64 n_cpus, gint64 faults)
{
	static const gint64 base = 1000000;
	Source *source = get_sampler(&run->fixture, 0);

	source->busy = busy;
	source->n_cpus = n_cpus;
	source->faults = faults < 0 ? -1 : (source->faults < 0 ? base : source->faults) + faults;
	fixture_tick(&run->fixture, run->index++, 0);
}

/* @watts: NAN: missing */
static void
assert_watts(const Run *run, const gchar *zone, gdouble watts)
{
	g_autofree gchar *power = g_strconcat("estimated_watts_", zone, NULL);
	g_autofree gchar *energy = g_strconcat("estimated_joules_", zone, NULL);

	g_test_message("window %u, %s", run->fixture.n_records, zone);
	g_assert_cmpint(has(&run->fixture, power), ==, !isnan(watts));
	g_assert_cmpint(has(&run->fixture, energy), ==, !isnan(watts));
	if (isnan(watts))
		return;
	g_assert_cmpfloat_with_epsilon(get_float(&run->fixture, power), watts, 1e-9);
	g_assert_cmpfloat_with_epsilon(get_float(&run->fixture, energy), watts / 10, 1e-9);
}

static void
assert_state(const Run *run, const gchar *name, VmfcState state, const gchar *reason)
{
	const VmfcDeclaration *column = vmfc_schema_find(run->fixture.schema, name);

	g_assert_cmpint(column->state, ==, state);
	g_assert_true(reason == NULL ? column->reason == NULL
				     : column->reason != NULL &&
					       g_pattern_match_simple(reason, column->reason));
}

/* What the meta file says that the estimate cannot be made from, and why. */
static void
assert_better(const Run *run, const gchar *expected)
{
	const VmfcDeclaration *column = vmfc_schema_find(run->fixture.schema,
							 "estimated_watts_package");
	const gchar *better = NULL;

	for (guint i = 0; i < column->facts->len; i += 2) {
		if (g_str_equal(column->facts->pdata[i], "better"))
			better = column->facts->pdata[i + 1];
	}
	g_assert_cmpstr(better, ==, expected);
}

/* ------------------------------------------------------------------- tests */

/* A window without an estimate adds nothing, and those around it are whole; each is counted. */
static void
test_missing(void)
{
	Run run;

	run_init(&run, ZONE("package", OF_CPUS(10)) "," ZONE("core", OF_COUNT(0.05)));
	for (guint i = 0; i < 3; i++) {
		pass(&run, 50, 4, 5);
		assert_watts(&run, "package", 30);
		assert_watts(&run, "core", 5);
		g_assert_cmpfloat(get_float(&run.fixture, "estimate_missing_seconds"), ==, 0);
		g_assert_true(get_bool(&run.fixture, "estimate_in_range"));
		for (guint j = 0; j < i + 1; j++) {
			pass(&run, NAN, 4, 5);
			assert_watts(&run, "package", NAN);
			assert_watts(&run, "core", 5);
			g_assert_cmpfloat_with_epsilon(
				get_float(&run.fixture, "estimate_missing_seconds"), 0.1, 1e-9);
			g_assert_false(has(&run.fixture, "estimate_in_range"));
		}
	}
	run_clear(&run);
}

/* Of two zones that lack something the first one says why the range is not known. */
static void
test_two_reasons(void)
{
	static const gchar busy[] = "busy is missing, which it is estimated from";
	static const gchar faults[] = "faults is missing, which it is estimated from";
	Run run;

	run_init(&run, ZONE("package", OF_FAULTS(10)) "," ZONE("core", OF_CPUS(1)));
	pass(&run, 50, 4, 100);
	assert_watts(&run, "package", 11);
	assert_watts(&run, "core", 21);
	pass(&run, NAN, 4, -1);
	assert_state(&run, "estimate_in_range", VMFC_STATE_OK, faults);
	assert_state(&run, "estimated_watts_package", VMFC_STATE_OK, faults);
	assert_state(&run, "estimated_watts_core_low", VMFC_STATE_OK, busy);
	pass(&run, NAN, 4, 100);
	assert_watts(&run, "package", NAN);
	pass(&run, NAN, 4, 100);
	assert_watts(&run, "package", 11);
	assert_state(&run, "estimated_watts_package", VMFC_STATE_OK, NULL);
	assert_state(&run, "estimate_in_range", VMFC_STATE_OK, busy);
	run_clear(&run);
}

/*
 * A share of a machine says nothing while a CPU is offline, and is there again with it. That
 * another zone can be told all the same does not make it the machine of the model.
 */
static void
test_cpus(void)
{
	Run run;

	run_init(&run, ZONE("package", OF_SHARE) "," ZONE("core", OF_COUNT(0.05)));
	for (guint i = 0; i < 3; i++) {
		pass(&run, 50, 4, 5);
		assert_watts(&run, "package", 10);
		assert_watts(&run, "core", 5);
		g_assert_true(get_bool(&run.fixture, "estimate_in_range"));
		assert_state(&run, "estimated_watts_package", VMFC_STATE_OK, NULL);
		assert_state(&run, "estimated_joules_package", VMFC_STATE_OK, NULL);
		pass(&run, 50, 3, 5);
		assert_watts(&run, "package", NAN);
		assert_watts(&run, "core", 4);
		g_assert_false(get_bool(&run.fixture, "estimate_in_range"));
		assert_state(&run, "estimated_watts_package", VMFC_STATE_UNSUPPORTED,
			     "the model holds for a machine with 4 CPUs alone, *");
		assert_state(&run, "estimated_joules_package", VMFC_STATE_UNSUPPORTED,
			     "the model holds for a machine with 4 CPUs alone, *");
	}
	run_clear(&run);
}

/* A number beyond all numbers is none, and that is no fault of the values. */
static void
test_no_number(void)
{
	Run run;

	run_init(&run, ZONE("package", SUB_MODEL("huge", 1, FEATURE("a", "value", "busy", 100),
						 TERM(0, 1e307), 0.05)));
	for (guint i = 0; i < 3; i++) {
		pass(&run, 0, 4, 5);
		assert_watts(&run, "package", 1);
		assert_state(&run, "estimated_watts_package", VMFC_STATE_OK, NULL);
		pass(&run, 50, 4, 5);
		assert_watts(&run, "package", NAN);
		assert_state(&run, "estimated_watts_package", VMFC_STATE_OK,
			     "the model gives no finite number here");
	}
	run_clear(&run);
}

/* What never came gives way after five windows, to one that comes after it, whatever comes later.
 */
static void
test_gives_way(void)
{
	Run run;

	run_init(&run,
		 ZONE("package", OF_BOTH "," OF_FAULTS(2) "," OF_CPUS(10) "," OF_COUNT(0.05)));
	for (guint i = 0; i < 4; i++) {
		pass(&run, 50, 4, -1);
		assert_watts(&run, "package", NAN);
	}
	/* in this one it does, for the next one; faults were read, and begin their first window */
	pass(&run, 50, 4, 100);
	assert_watts(&run, "package", NAN);
	g_test_expect_message(
		"vmfc", G_LOG_LEVEL_WARNING,
		"package: the first 5 windows lack what the sub-model both needs: it is "
		"estimated from cpus from the next one on");
	g_main_context_iteration(NULL, FALSE);
	g_test_assert_expected_messages();
	/* which lacks something in its turn, while those before it have all */
	pass(&run, 50, 4, 100);
	assert_watts(&run, "package", 30);
	for (guint i = 0; i < 4; i++) {
		pass(&run, i == 3 ? 50 : NAN, 4, 100);
		assert_watts(&run, "package", i == 3 ? 30 : NAN);
	}
	run_clear(&run);
}

/* One that gave way has not made an estimate: it goes on with those that come after it. */
static void
test_gives_way_again(void)
{
	Run run;

	run_init(&run, ZONE("package", OF_FAULTS(2) "," OF_CPUS(10) "," OF_COUNT(0.05)));
	for (guint i = 0; i < 5; i++)
		pass(&run, 50, 4, i < 4 ? -1 : 100);
	g_test_expect_message(
		"vmfc", G_LOG_LEVEL_WARNING,
		"package: the first 5 windows lack what the sub-model faults needs: *");
	g_main_context_iteration(NULL, FALSE);
	g_test_assert_expected_messages();
	assert_better(&run, "faults: faults is missing, which it is estimated from");
	/* the sixth window without an estimate, of which the user is told */
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "power: busy is missing, which *");
	pass(&run, NAN, 4, 100);
	g_test_assert_expected_messages();
	assert_watts(&run, "package", NAN);
	pass(&run, NAN, 4, 100);
	assert_watts(&run, "package", 5);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "package: the first 6 windows lack what the sub-model cpus needs: *");
	g_main_context_iteration(NULL, FALSE);
	g_test_assert_expected_messages();
	assert_better(&run, "cpus: busy is missing, which it is estimated from");
	run_clear(&run);
}

/* Has the model read again, and passes windows until it is another one. */
static void
take_over(Run *run)
{
	g_autofree gchar *before = g_strdup(get_string(&run->fixture, "estimate_model"));
	guint n = 0;

	g_assert_cmpint(raise(SIGUSR1), ==, 0);
	while (g_str_equal(get_string(&run->fixture, "estimate_model"), before)) {
		g_assert_cmpuint(++n, <, 60000);
		if (!g_main_context_iteration(NULL, FALSE))
			g_usleep(1000);
		pass(run, 50, 4, 100);
	}
}

/* A zone is known by its name, wherever the next model has it; the joules of each go on. */
static void
test_other_order(void)
{
	Run run;

	run_init(&run, ZONE("package", OF_CPUS(100)) "," ZONE("core", OF_COUNT(null)));
	/* which the user is told of now, and not while the next model is read */
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "power: the model has no interval. *");
	for (guint i = 0; i < 6; i++)
		pass(&run, 50, 4, 100);
	g_test_assert_expected_messages();
	assert_watts(&run, "package", 120);
	assert_watts(&run, "core", 5);
	g_assert_false(has(&run.fixture, "estimated_watts_core_low"));
	assert_state(&run, "estimated_watts_core_low", VMFC_STATE_OK, "the model has no interval");
	write_model(&run, ZONE("core", OF_COUNT(0.05)) "," ZONE("package", OF_FAULTS(10)));
	take_over(&run);
	for (guint i = 0; i < 3; i++) {
		assert_watts(&run, "package", 11);
		assert_watts(&run, "core", 5);
		g_assert_true(has(&run.fixture, "estimated_watts_core_low"));
		assert_state(&run, "estimated_watts_core_low", VMFC_STATE_OK, NULL);
		pass(&run, 50, 4, 100);
	}
	run_clear(&run);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	/* the first one: to open the sampler again ignores the signal from then on */
	g_test_add_func("/power-sampler/other-order", test_other_order);
	g_test_add_func("/power-sampler/missing", test_missing);
	g_test_add_func("/power-sampler/two-reasons", test_two_reasons);
	g_test_add_func("/power-sampler/cpus", test_cpus);
	g_test_add_func("/power-sampler/no-number", test_no_number);
	g_test_add_func("/power-sampler/gives-way", test_gives_way);
	g_test_add_func("/power-sampler/gives-way/again", test_gives_way_again);
	return g_test_run();
}
