/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The weight file of kepler-model-db that Kepler reads up to 0.9: for each zone a bias, and for
 * each metric a weight for its growth per second by a scale (pkg/model/estimator/local/regressor of
 * Kepler: model_weights.go and linear.go; the growth per second is of ToEstimatorValues()).
 */

#include "tools/train/export-kepler.h"

#include "base/document.h"
#include "vmfc/vmfc-plugin.h"

/* A metric of Kepler that is one of our features. */
typedef struct {
	const gchar *feature;
	VmfcFeatureForm form;
	const gchar *metric;
	gdouble factor; /* units of the metric in one of the feature */
} Metric;

static const Metric metrics[] = {
	/* CPUs are seconds of CPU time per second */
	{"busy", VMFC_FEATURE_CPUS, "bpf_cpu_time_ms", 1000},
	{"node_process_cpu_seconds_rate", VMFC_FEATURE_VALUE, "bpf_cpu_time_ms", 1000},
	{"cpu_cycles", VMFC_FEATURE_RATE, "cpu_cycles", 1},
	{"instructions", VMFC_FEATURE_RATE, "cpu_instructions", 1},
	{"cache_misses", VMFC_FEATURE_RATE, "cache_miss", 1},
};

/* Zones that a weight file has. */
static const gchar *const zones[] = {"package", "core", "uncore", "dram", "platform", NULL};

/* A line through 0: weight for each scale of the feature. */
typedef struct {
	gdouble scale; /* 0: no term has it */
	gdouble weight;
} Line;

G_GNUC_PRINTF(2, 3)
static gboolean
set_refused(GError **error, const gchar *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree gchar *reason = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, reason);
	return FALSE;
}

/* ---------------------------------------------------------------- terms */

/* Returns: the scale at which the term is its weight, if it is a line through 0; else 0 */
static gdouble
get_line_scale(const VmfcTerm *term)
{
	if (term->kind == VMFC_TERM_LINEAR)
		return term->scale;
	if (term->kind == VMFC_TERM_SEGMENT && term->from == 0 && term->is_open)
		return term->scale * term->to;
	return 0;
}

static const gchar *
get_kind_name(VmfcTermKind kind)
{
	static const gchar *const names[VMFC_N_TERM_KINDS] = {
		[VMFC_TERM_LINEAR] = "the value",     [VMFC_TERM_SQUARE] = "the square",
		[VMFC_TERM_ROOT] = "the square root", [VMFC_TERM_LIMIT] = "a limited value",
		[VMFC_TERM_SEGMENT] = "a part",
	};
	return names[kind];
}

static gboolean
add_term(const VmfcSubModel *sub_model, const VmfcTerm *term, Line *lines, GError **error)
{
	const VmfcFeature *feature = g_ptr_array_index(sub_model->features, term->feature);
	gdouble scale = get_line_scale(term);
	Line *line = &lines[term->feature];

	if (term->weight == 0)
		return TRUE;
	if (scale == 0)
		return set_refused(
			error,
			"it has a weight for %s of %s, and Kepler has weights for values "
			"alone",
			get_kind_name(term->kind), feature->name);
	if (line->scale == 0)
		line->scale = scale;
	line->weight += term->weight * (line->scale / scale);
	return TRUE;
}

static gboolean
add_terms(const VmfcSubModel *sub_model, Line *lines, GError **error)
{
	const VmfcEstimator *estimator = &sub_model->estimator;

	if (estimator->trees != NULL)
		return set_refused(error, "it has trees, and Kepler reads weights alone");
	for (guint i = 0; i < estimator->terms->len; i++) {
		if (!add_term(sub_model, &g_array_index(estimator->terms, VmfcTerm, i), lines,
			      error))
			return FALSE;
	}
	return TRUE;
}

/* -------------------------------------------------------------- metrics */

static const Metric *
find_metric(const VmfcFeature *feature, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(metrics); i++) {
		if (g_str_equal(metrics[i].feature, feature->name) &&
		    metrics[i].form == feature->form)
			return &metrics[i];
	}
	if (feature->form == VMFC_FEATURE_SHARE)
		set_refused(error,
			    "%s is a share of one machine, and Kepler counts CPU time: train it "
			    "with a core_count in every row",
			    feature->name);
	else
		set_refused(error, "Kepler has no metric for %s", feature->name);
	return NULL;
}

static gboolean
add_metric(const VmfcFeature *feature, const Line *line, JsonObject *variables, GError **error)
{
	const Metric *metric = find_metric(feature, error);

	if (metric == NULL)
		return FALSE;
	if (json_object_has_member(variables, metric->metric))
		return set_refused(error, "two of its features are %s of Kepler", metric->metric);
	JsonObject *variable = json_object_new();
	json_object_set_double_member(variable, "scale", line->scale * metric->factor);
	json_object_set_double_member(variable, "weight", line->weight);
	json_object_set_object_member(variables, metric->metric, variable);
	return TRUE;
}

/* Returns: (transfer full): %NULL with the reason why Kepler cannot have it in @error */
static JsonObject *
build_weights(const VmfcSubModel *sub_model, GError **error)
{
	Line lines[VMFC_MODEL_MAX_FEATURES] = {{0, 0}};
	g_autoptr(JsonObject) variables = json_object_new();
	JsonObject *weights;

	if (!add_terms(sub_model, lines, error))
		return NULL;
	for (guint i = 0; i < sub_model->features->len; i++) {
		if (lines[i].scale != 0 && !add_metric(g_ptr_array_index(sub_model->features, i),
						       &lines[i], variables, error))
			return NULL;
	}
	weights = json_object_new();
	json_object_set_double_member(weights, "Bias_Weight", sub_model->estimator.constant);
	json_object_set_object_member(weights, "Categorical_Variables", json_object_new());
	json_object_set_object_member(weights, "Numerical_Variables", g_steal_pointer(&variables));
	return weights;
}

/* ---------------------------------------------------------------- zones */

/* The first sub-model that Kepler can have; the reason why not is that of the first one. */
static gboolean
add_zone(const VmfcZoneModel *zone, JsonObject *root, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (!g_strv_contains(zones, zone->name))
		return set_refused(error, "Kepler has no zone %s", zone->name);
	for (guint i = 0; i < zone->sub_models->len; i++) {
		const VmfcSubModel *sub_model = zone->sub_models->pdata[i];
		JsonObject *weights = build_weights(sub_model, reason == NULL ? &reason : NULL);
		if (weights == NULL)
			continue;
		if (reason != NULL)
			g_warning(
				"the zone %s is exported as it is estimated from %s, which is not "
				"the best model of it; of that one %s",
				zone->name, sub_model->name, reason->message);
		JsonObject *member = json_object_new();
		json_object_set_object_member(member, "All_Weights", weights);
		json_object_set_object_member(root, zone->name, member);
		return TRUE;
	}
	g_assert(reason != NULL); /* a zone has one sub-model at least */
	const VmfcSubModel *best = zone->sub_models->pdata[0];
	return set_refused(error, "the model of the zone %s from %s: %s", zone->name, best->name,
			   reason->message);
}

/*
 * Returns: (transfer full): the text of the weight file, which estimates the same; %NULL with the
 *   reason why there can be none in @error
 */
gchar *
vmfc_export_kepler_build(const VmfcModel *model, GError **error)
{
	g_autoptr(JsonObject) root = json_object_new();

	if (model->zones->len > 1 && vmfc_model_find_zone(model, "platform") != NULL) {
		set_refused(error, "Kepler reads the zone platform in a file of its own");
		return NULL;
	}
	for (guint i = 0; i < model->zones->len; i++) {
		if (!add_zone(model->zones->pdata[i], root, error))
			return NULL;
	}
	return vmfc_document_to_text(root);
}
