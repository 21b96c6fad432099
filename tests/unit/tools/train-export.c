/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The weight file for Kepler: its metrics and scales, and what cannot be exported. */

#include <string.h>

#include "tools/train/export-kepler.h"
#include "vmfc/vmfc-plugin.h"

typedef struct {
	const gchar *name;
	VmfcFeatureForm form;
} Feature;

/* Adds a sub-model of linear terms. @constant: W */
static void
add_sub_model(VmfcZoneModel *zone, const gchar *name, const Feature *features, guint n_features,
	      gdouble constant, const VmfcTerm *terms, guint n_terms)
{
	VmfcSubModel *sub_model = vmfc_zone_model_add_sub_model(zone, name);

	for (guint i = 0; i < n_features; i++)
		g_ptr_array_add(sub_model->features,
				vmfc_feature_new(features[i].name, NULL, features[i].form));
	vmfc_estimator_init(&sub_model->estimator, VMFC_FAMILY_LINEAR);
	sub_model->estimator.constant = constant;
	g_array_append_vals(sub_model->estimator.terms, terms, n_terms);
}

/* Returns: (transfer full): the file */
static JsonNode *export(const VmfcModel *model)
{
	g_autoptr(GError) error = NULL;
	g_autofree gchar *text = vmfc_export_kepler_build(model, &error);

	g_assert_no_error(error);
	return json_from_string(text, NULL);
}

static JsonObject *
get_weights(JsonNode *file, const gchar *zone)
{
	JsonObject *member = json_object_get_object_member(json_node_get_object(file), zone);
	return json_object_get_object_member(member, "All_Weights");
}

/* Each metric has the weight of the feature that it is, for growth in the metric's own unit. */
static void
test_metrics(void)
{
	static const struct {
		Feature feature;
		const gchar *metric;
		gdouble factor;
	} cases[] = {
		{{"busy", VMFC_FEATURE_CPUS}, "bpf_cpu_time_ms", 1000},
		{{"node_process_cpu_seconds_rate", VMFC_FEATURE_VALUE}, "bpf_cpu_time_ms", 1000},
		{{"cpu_cycles", VMFC_FEATURE_RATE}, "cpu_cycles", 1},
		{{"instructions", VMFC_FEATURE_RATE}, "cpu_instructions", 1},
		{{"cache_misses", VMFC_FEATURE_RATE}, "cache_miss", 1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcModel) model = vmfc_model_new();
		const VmfcTerm term = {.kind = VMFC_TERM_LINEAR, .scale = 8, .weight = 3.5};
		add_sub_model(vmfc_model_add_zone(model, "core"), "cpu", &cases[i].feature, 1, 2.25,
			      &term, 1);
		g_autoptr(JsonNode) file = export(model);
		JsonObject *weights = get_weights(file, "core");
		JsonObject *numbers = json_object_get_object_member(weights, "Numerical_Variables");
		g_assert_cmpfloat(json_object_get_double_member(weights, "Bias_Weight"), ==, 2.25);
		g_assert_cmpuint(json_object_get_size(numbers), ==, 1);
		JsonObject *metric = json_object_get_object_member(numbers, cases[i].metric);
		g_assert_nonnull(metric);
		g_assert_cmpfloat(json_object_get_double_member(metric, "scale"), ==,
				  8 * cases[i].factor);
		g_assert_cmpfloat(json_object_get_double_member(metric, "weight"), ==, 3.5);
	}
}

static const Feature features[] = {{"busy", VMFC_FEATURE_CPUS}, {"cpu_cycles", VMFC_FEATURE_RATE}};

/* Terms without a weight, and features without a term, need no metric of Kepler. */
static void
test_without_weight(void)
{
	static const Feature others[] = {{"cpu_cycles", VMFC_FEATURE_RATE},
					 {"load", VMFC_FEATURE_VALUE},
					 {"other", VMFC_FEATURE_VALUE}};
	static const VmfcTerm terms[] = {
		{1, VMFC_TERM_LINEAR, 1, 0, 0, FALSE, 0},
		{0, VMFC_TERM_SQUARE, 1, 0, 0, FALSE, 0},
		{0, VMFC_TERM_LINEAR, 2, 0, 0, FALSE, 6},
		/* 4 W at 10, as 0.8 W at 2 */
		{0, VMFC_TERM_SEGMENT, 20, 0, 0.5, TRUE, 4},
	};
	g_autoptr(VmfcModel) model = vmfc_model_new();

	add_sub_model(vmfc_model_add_zone(model, "dram"), "perf", others, 3, 1, terms,
		      G_N_ELEMENTS(terms));
	g_autoptr(JsonNode) file = export(model);
	JsonObject *numbers = json_object_get_object_member(get_weights(file, "dram"),
							    "Numerical_Variables");
	g_assert_cmpuint(json_object_get_size(numbers), ==, 1);
	JsonObject *metric = json_object_get_object_member(numbers, "cpu_cycles");
	g_assert_cmpfloat(json_object_get_double_member(metric, "scale"), ==, 2);
	g_assert_cmpfloat_with_epsilon(json_object_get_double_member(metric, "weight"), 6.8, 1e-12);
}

/* Each zone has its own weights; the zone platform stands alone. */
static void
test_zones(void)
{
	static const gchar *const names[] = {"package", "core", "uncore", "dram", "platform"};

	for (guint n = 1; n <= G_N_ELEMENTS(names); n++) {
		g_autoptr(VmfcModel) model = vmfc_model_new();
		g_autoptr(GError) error = NULL;
		for (guint i = n == 1 ? 4 : 0; i < (n == 1 ? 5 : n); i++) {
			const VmfcTerm term = {i % 2, VMFC_TERM_LINEAR, 1, 0, 0, FALSE, 2 + i};
			add_sub_model(vmfc_model_add_zone(model, names[i]), "cpu", features, 2, i,
				      &term, 1);
		}
		g_autofree gchar *text = vmfc_export_kepler_build(model, &error);
		if (n == 5) {
			g_assert_cmpstr(error->message, ==,
					"Kepler reads the zone platform in a file of its own");
			continue;
		}
		g_assert_no_error(error);
		g_autoptr(JsonNode) file = json_from_string(text, NULL);
		g_assert_cmpuint(json_object_get_size(json_node_get_object(file)), ==,
				 model->zones->len);
		for (guint i = n == 1 ? 4 : 0; i < (n == 1 ? 5 : n); i++) {
			JsonObject *weights = get_weights(file, names[i]);
			JsonObject *numbers = json_object_get_object_member(weights,
									    "Numerical_Variables");
			JsonObject *metric = json_object_get_object_member(
				numbers, i % 2 == 0 ? "bpf_cpu_time_ms" : "cpu_cycles");
			g_assert_cmpfloat(json_object_get_double_member(weights, "Bias_Weight"), ==,
					  i);
			g_assert_cmpfloat(json_object_get_double_member(metric, "weight"), ==,
					  2 + i);
		}
	}
}

/* What Kepler would estimate otherwise is refused, with the reason of the best sub-model. */
static void
test_refused(void)
{
	static const struct {
		VmfcTerm term;
		const gchar *reason;
	} cases[] = {
		{{0, VMFC_TERM_SQUARE, 1, 0, 0, FALSE, 1}, "the square of busy"},
		{{1, VMFC_TERM_ROOT, 1, 0, 0, FALSE, 1}, "the square root of cpu_cycles"},
		{{0, VMFC_TERM_LIMIT, 1, 0, 1, FALSE, 1}, "a limited value of busy"},
		{{0, VMFC_TERM_SEGMENT, 1, 0, 1, FALSE, 1}, "a part of busy"},
		{{1, VMFC_TERM_SEGMENT, 1, 0.1, 1, TRUE, 1}, "a part of cpu_cycles"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcModel) model = vmfc_model_new();
		g_autoptr(GError) error = NULL;
		VmfcZoneModel *zone = vmfc_model_add_zone(model, "core");
		add_sub_model(zone, "perf,cpu", features, 2, 5, &cases[i].term, 1);
		/* the reason of another one does not count */
		add_sub_model(zone, "cpu", features, 2, 5, &cases[(i + 1) % 5].term, 1);
		g_autofree gchar *wanted = g_strdup_printf(
			"the model of the zone core from perf,cpu: it has a weight for %s, and "
			"Kepler has weights for values alone",
			cases[i].reason);
		g_assert_null(vmfc_export_kepler_build(model, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
		g_assert_cmpstr(error->message, ==, wanted);
	}
}

/* A feature is a metric of Kepler only in its own form. */
static void
test_other_forms(void)
{
	static const struct {
		Feature feature;
		const gchar *reason;
	} cases[] = {
		{{"cpu_cycles", VMFC_FEATURE_VALUE}, "*: Kepler has no metric for cpu_cycles"},
		{{"busy", VMFC_FEATURE_VALUE}, "*: Kepler has no metric for busy"},
		{{"busy", VMFC_FEATURE_SHARE}, "*: busy is a share of one machine, and Kepler *"},
		{{"branches", VMFC_FEATURE_RATE}, "*: Kepler has no metric for branches"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		static const VmfcTerm term = {0, VMFC_TERM_LINEAR, 1, 0, 0, FALSE, 1};
		g_autoptr(VmfcModel) model = vmfc_model_new();
		g_autoptr(GError) error = NULL;
		add_sub_model(vmfc_model_add_zone(model, "core"), "cpu", &cases[i].feature, 1, 5,
			      &term, 1);
		g_assert_null(vmfc_export_kepler_build(model, &error));
		g_test_message("%s", error->message);
		g_assert_true(g_pattern_match_simple(cases[i].reason, error->message));
	}
}

/* Where the best sub-model cannot be exported, another one is, and that is told with the reason. */
static void
test_not_the_best(void)
{
	static const VmfcTerm terms[] = {{0, VMFC_TERM_SQUARE, 1, 0, 0, FALSE, 1},
					 {0, VMFC_TERM_LINEAR, 1, 0, 0, FALSE, 7}};
	g_autoptr(VmfcModel) model = vmfc_model_new();
	VmfcZoneModel *zone = vmfc_model_add_zone(model, "core");

	add_sub_model(zone, "perf,cpu", features, 2, 5, terms, 2);
	add_sub_model(zone, "cpu", features, 1, 6, &terms[1], 1);
	add_sub_model(zone, "proc", features, 1, 7, &terms[1], 1);
	g_test_expect_message(
		"vmfc", G_LOG_LEVEL_WARNING,
		"the zone core is exported as it is estimated from cpu, which is not the "
		"best model of it; of that one it has a weight for the square of busy,*");
	g_autoptr(JsonNode) file = export(model);
	g_test_assert_expected_messages();
	g_assert_cmpfloat(json_object_get_double_member(get_weights(file, "core"), "Bias_Weight"),
			  ==, 6);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/train-export/metrics", test_metrics);
	g_test_add_func("/train-export/without-weight", test_without_weight);
	g_test_add_func("/train-export/zones", test_zones);
	g_test_add_func("/train-export/refused", test_refused);
	g_test_add_func("/train-export/other-forms", test_other_forms);
	g_test_add_func("/train-export/not-the-best", test_not_the_best);
	return g_test_run();
}
