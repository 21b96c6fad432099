/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The model that train builds of trials, and its card: rows, ranges, machines and pairs. */

#include <string.h>

#include "card-lines.h"
#include "tools/train/card.h"
#include "tools/train/trial-run.h"
#include "training-sets.h"

/* Two sub-models of the zone package, and none of the zone core, which has no power. */
typedef struct {
	VmfcTrainingSet *set;
	VmfcFeatureSet features[2];
	VmfcTrial *trials[2];
	VmfcZoneTrials without;
	VmfcZoneTrials with;
	GPtrArray *zones;
	VmfcModel *model;
} Fixture;

static void
make_trials(Fixture *fixture, guint max_rows)
{
	static const gchar *const names[] = {"perf,cpu", "cpu"};
	static const gboolean families[VMFC_N_FAMILIES] = {[VMFC_FAMILY_MEAN] = TRUE};
	const VmfcTrialOptions options = {.families = families,
					  .interval_share = 0.9,
					  .max_rows = max_rows,
					  .runner = {.n_threads = 1}};
	const guint first = 0;

	for (guint i = 0; i < 2; i++) {
		fixture->features[i] = (VmfcFeatureSet){(gchar *)names[i],
							g_array_new(FALSE, FALSE, sizeof(guint))};
		g_array_append_val(fixture->features[i].features, first);
		fixture->trials[i] = vmfc_trial_new(fixture->set, fixture->with.zone,
						    &fixture->features[i]);
		g_assert_true(vmfc_trial_run(fixture->trials[i], &options, NULL));
		g_ptr_array_add(fixture->with.trials, fixture->trials[i]);
	}
}

/* @metas: (array length=n): of each file. NULL: it has none */
static void
fixture_init(Fixture *fixture, const gchar *const *texts, const gchar *const *metas, guint n,
	     guint max_rows)
{
	const VmfcTrainArguments arguments = {0};

	*fixture = (Fixture){.set = vmfc_training_set_new(), .zones = g_ptr_array_new()};
	vmfc_training_set_add_zone(fixture->set, "core", "power_watts_core");
	read_files(fixture->set, texts, n, FALSE);
	/* the only feature counts busy CPUs */
	VmfcFeature *busy = fixture->set->list->features->pdata[0];
	g_free(busy->name);
	busy->name = g_strdup("busy");
	busy->form = VMFC_FEATURE_CPUS;
	for (guint i = 0; i < n; i++) {
		VmfcTrainingInput *input = fixture->set->inputs->pdata[i];
		input->sha256 = g_strdup_printf("%u123456789abcdef", i);
		input->meta = metas[i] != NULL ? json_from_string(metas[i], NULL) : NULL;
	}
	fixture->without = (VmfcZoneTrials){fixture->set->zones->pdata[0], g_ptr_array_new(),
					    g_ptr_array_new()};
	fixture->with = (VmfcZoneTrials){fixture->set->zones->pdata[1], g_ptr_array_new(),
					 g_ptr_array_new()};
	g_ptr_array_add(fixture->without.refused, (gpointer) "no model of the zone core");
	make_trials(fixture, max_rows);
	g_ptr_array_add(fixture->zones, &fixture->without);
	g_ptr_array_add(fixture->zones, &fixture->with);
	fixture->model = vmfc_train_model_build(&arguments, fixture->set, fixture->zones);
}

static void
fixture_clear(Fixture *fixture)
{
	vmfc_model_free(fixture->model);
	for (guint i = 0; i < 2; i++) {
		vmfc_trial_free(fixture->trials[i]);
		g_array_unref(fixture->features[i].features);
	}
	g_ptr_array_unref(fixture->without.trials);
	g_ptr_array_unref(fixture->without.refused);
	g_ptr_array_unref(fixture->with.trials);
	g_ptr_array_unref(fixture->with.refused);
	g_ptr_array_unref(fixture->zones);
	vmfc_training_set_free(fixture->set);
}

#define HEADER                                                                                     \
	"timestamp,x,power_watts_package,power_watts_core,stress_workload,stress_transition,"      \
	"power_stale,core_count\n"

/* @n: rows of three workloads. Returns: (transfer full) */
static gchar *
write_rows(guint n, guint first)
{
	g_autoptr(GString) text = g_string_new(HEADER);

	for (guint i = 0; i < n; i++)
		g_string_append_printf(text, "%u,%g,%u,,%c,false,false,4\n", 2000000000 + first + i,
				       0.5 + i % 7 / 2.0, 10 + i % 11, "abc"[i % 3]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ----------------------------------------------------------------- pairs */

/* A model shows up to 2000 of the rows that it was judged by, evenly chosen. */
static void
test_pairs(void)
{
	static const struct {
		guint n_rows;
		guint max_rows;
		guint n_pairs;
	} cases[] = {{90, 1000, 90}, {90, 30, 30}, {3000, 5000, 2000}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *text = write_rows(cases[i].n_rows, 0);
		Fixture fixture;
		fixture_init(&fixture, (const gchar *[]){text}, (const gchar *[]){NULL}, 1,
			     cases[i].max_rows);
		const VmfcZoneModel *zone = fixture.model->zones->pdata[0];
		const VmfcTrial *trial = fixture.trials[0];
		g_assert_cmpuint(json_array_get_length(zone->pairs), ==, cases[i].n_pairs);
		for (guint k = 0; k < cases[i].n_pairs; k++) {
			JsonArray *pair = json_array_get_array_element(zone->pairs, k);
			guint row = (guint)floor((k + 0.5) * trial->judged->n_rows /
						 cases[i].n_pairs);
			g_assert_cmpfloat(json_array_get_double_element(pair, 0), ==,
					  trial->judged->labels[row]);
			g_assert_cmpfloat(json_array_get_double_element(pair, 1), ==,
					  trial->nested->estimates[row]);
			g_assert_cmpint(json_array_get_int_element(pair, 2), ==,
					trial->judged->groups[row]);
			g_assert_cmpfloat(json_array_get_double_element(pair, 3), ==,
					  trial->judged->features[row]);
		}
		fixture_clear(&fixture);
	}
}

/* --------------------------------------------------------------- machine */

#define RUN(cpu, architecture, cpus)                                                               \
	"{\"run\": \"r\", \"features\": {\"machine\": {\"cpu_model\": \"" cpu                      \
	"\", \"architecture\": \"" architecture "\", \"hypervisor\": \"kvm\", \"cpus\": " cpus     \
	"}}}"

/* A model is of one machine if all runs of all files say the same one. */
static void
test_machine(void)
{
	static const struct {
		const gchar *metas[2];
		const gchar *cpu_model;
		const gchar *architecture;
		const gchar *hypervisor;
		gint64 n_cpus;
	} cases[] = {
		{{"{\"runs\": [" RUN("A", "x", "4") "]}", "{\"runs\": [" RUN("A", "x", "4") "]}"},
		 "A",
		 "x",
		 "kvm",
		 4},
		{{"{\"runs\": [" RUN("A", "x", "4") "]}", "{\"runs\": [" RUN("B", "x", "4") "]}"},
		 NULL,
		 "x",
		 "kvm",
		 4},
		{{"{\"runs\": [" RUN("A", "x", "4") ", " RUN("A", "y", "4") "]}", NULL},
		 "A",
		 NULL,
		 "kvm",
		 4},
		{{"{\"runs\": [" RUN("A", "x", "4") "]}", "{\"runs\": [" RUN("A", "x", "8") "]}"},
		 "A",
		 "x",
		 "kvm",
		 0},
		{{"{\"runs\": [" RUN("unknown", "x", "4") "]}", NULL}, NULL, "x", "kvm", 4},
		{{"{\"runs\": [" RUN("A", "x", "null") ", " RUN("A", "x", "4") "]}", NULL},
		 "A",
		 "x",
		 "kvm",
		 0},
		{{"{\"runs\": [" RUN("A", "x", "4") ", {\"run\": \"r\"}]}", NULL},
		 NULL,
		 NULL,
		 NULL,
		 0},
		{{NULL, NULL}, NULL, NULL, NULL, 0},
	};
	g_autofree gchar *text = write_rows(60, 0);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		Fixture fixture;
		g_test_message("case %u", i);
		fixture_init(&fixture, (const gchar *[]){text, text}, cases[i].metas, 2, 1000);
		g_assert_cmpstr(fixture.model->cpu_model, ==, cases[i].cpu_model);
		g_assert_cmpstr(fixture.model->architecture, ==, cases[i].architecture);
		g_assert_cmpstr(fixture.model->hypervisor, ==, cases[i].hypervisor);
		g_assert_cmpint(fixture.model->n_cpus, ==, cases[i].n_cpus);
		fixture_clear(&fixture);
	}
}

/* ----------------------------------------------------------------- files */

/* What a file is, and its newest row, wherever that is; the model is as new as the newest of them.
 */
static void
test_inputs(void)
{
	static const guint firsts[][2] = {{0, 500}, {500, 0}};

	for (guint i = 0; i < G_N_ELEMENTS(firsts); i++) {
		g_autofree gchar *one = write_rows(60, firsts[i][0]);
		g_autofree gchar *other = write_rows(40, firsts[i][1]);
		Fixture fixture;
		fixture_init(&fixture, (const gchar *[]){one, other}, (const gchar *[]){NULL, NULL},
			     2, 1000);
		JsonObject *training = fixture.model->training;
		JsonArray *inputs = json_object_get_array_member(training, "inputs");
		g_assert_cmpuint(json_array_get_length(inputs), ==, 2);
		for (guint k = 0; k < 2; k++) {
			JsonObject *input = json_array_get_object_element(inputs, k);
			guint n = k == 0 ? 60 : 40;
			g_assert_cmpint(json_object_get_int_member(input, "rows"), ==, n);
			g_assert_cmpfloat(json_object_get_double_member(input, "newest_row"), ==,
					  2e9 + firsts[i][k] + n - 1);
		}
		g_assert_cmpfloat(json_object_get_double_member(training, "newest_row"), ==,
				  2e9 + 500 + (i == 0 ? 39 : 59));
		fixture_clear(&fixture);
	}
}

/* ------------------------------------------------------------------ card */

/* The zone without a model is left out, also where it comes first; rows are told by their reason.
 */
static void
test_card(void)
{
	static const gchar *const lines[] = {
		"# m.json\n",
		"| f0 | 70 | 0123456789ab... |\n| f1 | 40 | 1123456789ab... |\n",
		"do not say which machine they are of",
		"- Not every row says how many CPUs the machine has",
		"## Zone package\n",
		"### With the plugins perf,cpu (the best)\n",
		"| busy | not known | sum of shares of CPU time × number of CPUs | 0.5 | 3.5 |\n",
		"### With the plugins cpu\n",
		"## What was left out\n\n- 110 rows were read.\n"
		"- 3 were left out because the workload changed in them.\n"
		"- 2 were left out because no new power value came in them.\n"
		"- 105 have no power of the zone core, or one below 0.\n"
		"- 4 have no power of the zone package, or one below 0.\n"
		"- There is no model of the zone core.\n"
		"- 1 lack a feature of perf,cpu (zone package).\n"
		"- 1 lack a feature of cpu (zone package).\n",
		"## What to record next\n",
		NULL};
	g_autofree gchar *rows = write_rows(60, 0);
	g_autofree gchar *more = write_rows(40, 100);
	g_autofree gchar *text = g_strconcat(rows,
					     "2000000061,9,5,,a,true,false,4\n"
					     "2000000062,9,5,,a,true,false,4\n"
					     "2000000063,9,5,,a,true,false,4\n"
					     "2000000064,9,5,,a,false,true,4\n"
					     "2000000065,9,5,,a,false,true,4\n"
					     "2000000066,9,,,a,false,false,4\n"
					     "2000000067,9,,,a,false,false,4\n"
					     "2000000068,9,-1,,a,false,false,4\n"
					     "2000000069,9,,,a,false,false,4\n"
					     "2000000070,,5,,a,false,false,4\n",
					     NULL);
	Fixture fixture;

	fixture_init(&fixture, (const gchar *[]){text, more}, (const gchar *[]){NULL, NULL}, 2,
		     1000);
	g_assert_cmpuint(fixture.model->zones->len, ==, 1);
	g_autofree gchar *card = vmfc_card_build(fixture.model, fixture.set, fixture.zones,
						 "m.json");
	assert_lines(card, lines);
	/* where every row tells the CPUs, and there is one sub-model */
	fixture.set->uses_cpus = TRUE;
	VmfcZoneModel *zone = fixture.model->zones->pdata[0];
	g_ptr_array_set_size(zone->sub_models, 1);
	g_autofree gchar *other = vmfc_card_build(fixture.model, fixture.set, fixture.zones,
						  "m.json");
	g_assert_nonnull(strstr(other, "- It counts busy CPUs, so a machine of the same kind may"));
	g_assert_nonnull(strstr(other, "### With the plugins perf,cpu\n"));
	fixture_clear(&fixture);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/train-model/pairs", test_pairs);
	g_test_add_func("/train-model/machine", test_machine);
	g_test_add_func("/train-model/inputs", test_inputs);
	g_test_add_func("/train-model/card", test_card);
	return g_test_run();
}
