/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/train-model.h"

#include <math.h>
#include <string.h>

#include "config.h"
#include "tools/train/judgement.h"
#include "tools/train/prediction-line.h"

/* --------------------------------------------------------------- inputs */

static JsonObject *
build_input(const VmfcTrainingInput *input)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "file", input->name);
	json_object_set_string_member(object, "sha256", input->sha256);
	json_object_set_int_member(object, "rows", (gint64)input->n_rows);
	json_object_set_double_member(object, "newest_row", input->newest);
	return object;
}

/* What the meta files of merge say of the runs that they describe. */
static void
add_runs(JsonArray *runs, const VmfcTrainingInput *input)
{
	static const gchar *const keys[] = {"run", "rows", "offset"};
	static const gchar *const of_features[] = {"interval", "machine", "version"};
	JsonArray *known = input->meta != NULL ? vmfc_document_get_array(
							 json_node_get_object(input->meta), "runs")
					       : NULL;

	for (guint i = 0; known != NULL && i < json_array_get_length(known); i++) {
		JsonNode *node = json_array_get_element(known, i);
		if (!JSON_NODE_HOLDS_OBJECT(node))
			continue;
		JsonObject *run = json_node_get_object(node);
		JsonObject *features = vmfc_document_get_object(run, "features");
		JsonObject *object = json_object_new();
		for (guint k = 0; k < G_N_ELEMENTS(keys); k++) {
			JsonNode *member = json_object_get_member(run, keys[k]);
			if (member != NULL)
				json_object_set_member(object, keys[k], json_node_copy(member));
		}
		/* the curve has hundreds of points, and the card shows none */
		JsonObject *offset = vmfc_document_get_object(object, "offset");
		if (offset != NULL)
			json_object_remove_member(offset, "curve");
		for (guint k = 0; features != NULL && k < G_N_ELEMENTS(of_features); k++) {
			JsonNode *member = json_object_get_member(features, of_features[k]);
			if (member != NULL)
				json_object_set_member(object, of_features[k],
						       json_node_copy(member));
		}
		json_array_add_object_element(runs, object);
	}
}

static JsonObject *
build_options(const VmfcTrainArguments *arguments)
{
	const struct {
		const gchar *name;
		GStrv list;
	} lists[] = {
		{"zones", arguments->zones},
		{"features", arguments->features},
		{"exclude", arguments->excluded},
	};
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "label", arguments->label);
	json_object_set_string_member(object, "group", arguments->group);
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autofree gchar *text = lists[i].list != NULL ? g_strjoinv(",", lists[i].list)
							       : NULL;
		json_object_set_string_member(object, lists[i].name, text);
	}
	json_object_set_string_member(object, "families", arguments->family_list);
	json_object_set_double_member(object, "interval_share", arguments->interval_share);
	json_object_set_int_member(object, "max_rows", arguments->max_rows);
	return object;
}

/* Returns: (transfer container): in the order of their bytes */
static GList *
sort_keys(GHashTable *table)
{
	return g_list_sort(g_hash_table_get_keys(table), (GCompareFunc)strcmp);
}

static JsonObject *
build_methods(const VmfcTrainingSet *set)
{
	JsonObject *methods = json_object_new();
	g_autoptr(GList) names = sort_keys(set->methods);

	for (GList *at = names; at != NULL; at = at->next)
		json_object_set_int_member(
			methods, at->data,
			GPOINTER_TO_UINT(g_hash_table_lookup(set->methods, at->data)));
	return methods;
}

static JsonArray *
build_hosts(const VmfcTrainingSet *set)
{
	JsonArray *hosts = json_array_new();
	g_autoptr(GList) names = sort_keys(set->hosts);

	for (GList *at = names; at != NULL; at = at->next)
		json_array_add_string_element(hosts, at->data);
	return hosts;
}

static JsonObject *
build_rows(const VmfcTrainingSet *set)
{
	JsonObject *rows = json_object_new();
	JsonObject *labels = json_object_new();

	json_object_set_int_member(rows, "read", (gint64)set->n_read);
	json_object_set_int_member(rows, "in_transition", (gint64)set->n_transition);
	json_object_set_int_member(rows, "stale", (gint64)set->n_stale);
	for (guint i = 0; i < set->zones->len; i++) {
		const VmfcTrainingZone *zone = set->zones->pdata[i];
		json_object_set_int_member(labels, zone->name, (gint64)zone->n_missing);
	}
	json_object_set_object_member(rows, "without_label", labels);
	json_object_set_object_member(rows, "by_power_method", build_methods(set));
	return rows;
}

static JsonArray *
build_refused(const GPtrArray *zones)
{
	JsonArray *refused = json_array_new();

	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneTrials *zone = zones->pdata[i];
		for (guint k = 0; k < zone->refused->len; k++)
			json_array_add_string_element(refused, zone->refused->pdata[k]);
	}
	return refused;
}

static JsonObject *
build_training(const VmfcTrainArguments *arguments, const VmfcTrainingSet *set,
	       const GPtrArray *zones)
{
	JsonObject *training = json_object_new();
	JsonArray *inputs = json_array_new();
	JsonArray *runs = json_array_new();
	gdouble newest = NAN;

	for (guint i = 0; i < set->inputs->len; i++) {
		const VmfcTrainingInput *input = set->inputs->pdata[i];
		json_array_add_object_element(inputs, build_input(input));
		add_runs(runs, input);
		newest = isnan(newest) ? input->newest : fmax(newest, input->newest);
	}
	json_object_set_array_member(training, "inputs", inputs);
	json_object_set_array_member(training, "runs", runs);
	json_object_set_array_member(training, "hosts", build_hosts(set));
	json_object_set_object_member(training, "rows", build_rows(set));
	json_object_set_double_member(training, "newest_row", newest);
	json_object_set_boolean_member(training, "any_machine_size", set->uses_cpus);
	json_object_set_array_member(training, "no_model", build_refused(zones));
	json_object_set_object_member(training, "options", build_options(arguments));
	json_object_set_int_member(training, "seed", arguments->seed);
	return training;
}

/* -------------------------------------------------------------- machine */

/* What all runs agree in; %NULL otherwise. */
static gchar *
find_agreed(JsonArray *runs, const gchar *key)
{
	const gchar *agreed = NULL;

	for (guint i = 0; i < json_array_get_length(runs); i++) {
		JsonObject *machine = vmfc_document_get_object(
			json_array_get_object_element(runs, i), "machine");
		const gchar *text = machine != NULL ? vmfc_document_get_string(machine, key) : NULL;
		if (text == NULL || g_str_equal(text, "unknown") ||
		    (agreed != NULL && !g_str_equal(agreed, text)))
			return NULL;
		agreed = text;
	}
	return g_strdup(agreed);
}

static gint64
find_cpus(JsonArray *runs)
{
	gdouble agreed = 0;

	for (guint i = 0; i < json_array_get_length(runs); i++) {
		JsonObject *machine = vmfc_document_get_object(
			json_array_get_object_element(runs, i), "machine");
		gdouble n_cpus;
		if (machine == NULL || !vmfc_document_get_number(machine, "cpus", &n_cpus) ||
		    (agreed != 0 && agreed != n_cpus))
			return 0;
		agreed = n_cpus;
	}
	return (gint64)agreed;
}

static void
set_machine(VmfcModel *model)
{
	JsonArray *runs = json_object_get_array_member(model->training, "runs");

	model->cpu_model = find_agreed(runs, "cpu_model");
	model->architecture = find_agreed(runs, "architecture");
	model->hypervisor = find_agreed(runs, "hypervisor");
	model->n_cpus = find_cpus(runs);
}

/* ------------------------------------------------------------ the whole */

static void
estimator_copy(const VmfcEstimator *from, VmfcEstimator *to)
{
	*to = *from;
	to->ranges = g_array_copy(from->ranges);
	to->terms = from->terms != NULL ? g_array_copy(from->terms) : NULL;
	to->trees = from->trees != NULL ? g_array_copy(from->trees) : NULL;
	to->nodes = from->nodes != NULL ? g_array_copy(from->nodes) : NULL;
}

static void
add_sub_model(VmfcZoneModel *zone, const VmfcTrial *trial)
{
	VmfcSubModel *sub_model = vmfc_zone_model_add_sub_model(zone, trial->feature_set->name);

	for (guint i = 0; i < trial->feature_set->features->len; i++) {
		guint feature = g_array_index(trial->feature_set->features, guint, i);
		g_ptr_array_add(sub_model->features,
				vmfc_feature_copy(trial->set->list->features->pdata[feature]));
	}
	estimator_copy(&trial->estimator, &sub_model->estimator);
	sub_model->interval = trial->interval;
	sub_model->judgement = vmfc_judgement_build(trial);
}

/*
 * Measured, estimated, the number of the group in the judgement, busy CPUs: evenly chosen of what
 * was judged.
 */
static JsonArray *
build_pairs(const VmfcTrial *trial)
{
	guint n = trial->judged->n_rows;
	guint n_shown = MIN(n, VMFC_MODEL_MAX_PAIRS);
	JsonArray *pairs = json_array_new();
	gint busy = vmfc_prediction_find_busy(trial->set->list->features);

	for (guint j = 0; j < n_shown; j++) {
		guint row = (guint)((2 * (guint64)j + 1) * n / (2 * n_shown));
		JsonArray *pair = json_array_sized_new(4);
		json_array_add_double_element(pair, trial->judged->labels[row]);
		json_array_add_double_element(pair, trial->nested->estimates[row]);
		json_array_add_int_element(pair, trial->judged->groups[row]);
		guint of_set = trial->all_rows[trial->judged_rows[row]];
		json_array_add_double_element(pair,
					      busy >= 0 ? trial->set->features[busy][of_set] : NAN);
		json_array_add_array_element(pairs, pair);
	}
	return pairs;
}

/* @zones: of VmfcZoneTrials. Returns: (transfer full) */
VmfcModel *
vmfc_train_model_build(const VmfcTrainArguments *arguments, const VmfcTrainingSet *set,
		       GPtrArray *zones)
{
	VmfcModel *model = vmfc_model_new();

	model->version = g_strdup(VMFC_VERSION);
	model->training = build_training(arguments, set, zones);
	set_machine(model);
	for (guint i = 0; i < zones->len; i++) {
		const VmfcZoneTrials *trials = zones->pdata[i];
		if (trials->trials->len == 0)
			continue;
		VmfcZoneModel *zone = vmfc_model_add_zone(model, trials->zone->name);
		for (guint k = 0; k < trials->trials->len; k++)
			add_sub_model(zone, trials->trials->pdata[k]);
		const VmfcTrial *best = trials->trials->pdata[0];
		if (best->nested != NULL)
			zone->pairs = build_pairs(best);
	}
	return model;
}
