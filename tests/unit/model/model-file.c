/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/model-read.h"
#include "model/model-write.h"

#include <math.h>
#include <string.h>

#include "../../text-file.h"
#include "model/predict.h"
#include "vmfc/vmfc-plugin.h"

/* ----------------------------------------------------------------- model */

static VmfcFeature *
new_feature(const gchar *name, const gchar *unit, VmfcFeatureForm form, const gchar *columns)
{
	VmfcFeature *feature = vmfc_feature_new(name, unit, form);

	g_strfreev(feature->columns);
	feature->columns = g_strsplit(columns, " ", 0);
	return feature;
}

static void
add_tree(VmfcEstimator *estimator)
{
	guint root = estimator->nodes->len;
	const VmfcTreeNode nodes[] = {
		{.feature = 1, .value = 0.1F, .left = 2, .right = 1, .is_missing_left = TRUE},
		{.feature = 0, .value = -1e-30F, .left = 3, .right = 4},
		{.feature = -1, .value = 0.3F},
		{.feature = -1, .value = -0.0F},
		{.feature = -1, .value = 16777216},
	};
	g_array_append_vals(estimator->nodes, nodes, G_N_ELEMENTS(nodes));
	g_array_append_val(estimator->trees, root);
}

static void
fill_estimator(VmfcEstimator *estimator, VmfcFamily family, guint n_features)
{
	const VmfcFeatureRange ranges[] = {{0.015, 3.75}, {0, 1e10 / 3}, {NAN, NAN}};
	static const VmfcTerm terms[] = {
		{0, VMFC_TERM_LINEAR, 4, 0, 0, FALSE, 10.5},
		{1, VMFC_TERM_SQUARE, 1e10, 0, 0, FALSE, 1.0 / 3},
		{1, VMFC_TERM_ROOT, 1e10, 0, 0, FALSE, 5e-324},
		{0, VMFC_TERM_LIMIT, 4, 0, 0.1, FALSE, 3},
		{0, VMFC_TERM_SEGMENT, 4, 0.1, 0.3, FALSE, 3},
		{0, VMFC_TERM_SEGMENT, 4, 0.3, 1, TRUE, 3},
	};

	vmfc_estimator_init(estimator, family);
	g_array_append_vals(estimator->ranges, family == VMFC_FAMILY_TREES ? &ranges[2] : ranges,
			    n_features);
	if (estimator->terms != NULL) {
		estimator->constant = 12.25;
		g_array_append_vals(estimator->terms, terms, n_features > 1 ? 6 : 0);
	}
	if (estimator->trees != NULL) {
		estimator->base = 0.7F;
		add_tree(estimator);
		add_tree(estimator);
	}
}

static JsonObject *
new_facts(void)
{
	JsonObject *facts = json_object_new();
	JsonObject *inner = json_object_new();

	json_object_set_double_member(inner, "mape", 5.25);
	json_object_set_null_member(inner, "idle");
	json_object_set_object_member(facts, "stress \"cpu\" \\ ä", inner);
	json_object_set_int_member(facts, "rows", 12507);
	json_object_set_array_member(facts, "empty", json_array_new());
	return facts;
}

static VmfcModel *
new_model(void)
{
	VmfcModel *model = vmfc_model_new();
	VmfcZoneModel *zone = vmfc_model_add_zone(model, "package");
	VmfcSubModel *sub_model = vmfc_zone_model_add_sub_model(zone, "perf,cpu");
	VmfcFeature *busy = new_feature("busy", "CPUs", VMFC_FEATURE_CPUS,
					"cpu_user_time cpu_system_time");
	VmfcFeature *cycles = new_feature("cpu_cycles", "1/s", VMFC_FEATURE_RATE, "cpu_cycles");

	g_strfreev(busy->optional_columns);
	busy->optional_columns = g_strsplit("cpu_nice_time", " ", 0);
	busy->sum_column = g_strdup("cpu_busy");
	cycles->is_positive = TRUE;
	g_ptr_array_add(sub_model->features, busy);
	g_ptr_array_add(sub_model->features, cycles);
	fill_estimator(&sub_model->estimator, VMFC_FAMILY_AVERAGE, 2);
	sub_model->interval = (VmfcInterval){.share = 0.9, .floor = 3.5, .n_groups = 9};
	vmfc_interval_set_width(&sub_model->interval, 0.125);
	sub_model->judgement = new_facts();

	sub_model = vmfc_zone_model_add_sub_model(zone, "cpu");
	g_ptr_array_add(sub_model->features,
			new_feature("share", NULL, VMFC_FEATURE_SHARE, "cpu_user_time"));
	fill_estimator(&sub_model->estimator, VMFC_FAMILY_MEAN, 1);
	sub_model->interval = (VmfcInterval){.share = 0.9};
	vmfc_interval_set_width(&sub_model->interval, NAN);
	zone->pairs = json_array_new();
	json_array_add_object_element(zone->pairs, new_facts());

	zone = vmfc_model_add_zone(model, "core");
	sub_model = vmfc_zone_model_add_sub_model(zone, "proc");
	g_ptr_array_add(sub_model->features,
			new_feature("load", NULL, VMFC_FEATURE_VALUE, "load_average_1min"));
	fill_estimator(&sub_model->estimator, VMFC_FAMILY_TREES, 1);
	g_array_index(sub_model->estimator.nodes, VmfcTreeNode, 0).feature = 0;
	g_array_index(sub_model->estimator.nodes, VmfcTreeNode, 5).feature = 0;

	model->version = g_strdup("0.1.0");
	model->cpu_model = g_strdup("Intel(R) Xeon(R) CPU");
	model->hypervisor = g_strdup("kvm");
	model->n_cpus = 4;
	model->training = new_facts();
	return model;
}

/* ------------------------------------------------------------- round trip */

static VmfcModel *
parse(const gchar *text)
{
	g_autoptr(GError) error = NULL;
	VmfcModel *model = vmfc_model_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	return model;
}

/* The file says the same as the model, to the bit. */
static void
test_round_trip(void)
{
	g_autoptr(VmfcModel) model = new_model();
	g_autofree gchar *text = vmfc_model_to_text(model);
	g_autoptr(VmfcModel) read = parse(text);
	g_autofree gchar *again = vmfc_model_to_text(read);
	g_autofree gchar *sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

	g_assert_cmpstr(text, ==, again);
	g_assert_cmpstr(read->sha256, ==, sha256);
	g_assert_cmpstr(read->hypervisor, ==, "kvm");
	g_assert_null(read->architecture);
	g_assert_cmpint(read->n_cpus, ==, 4);
	const VmfcZoneModel *zone = vmfc_model_find_zone(read, "package");
	g_assert_cmpuint(zone->sub_models->len, ==, 2);
	const VmfcSubModel *first = g_ptr_array_index(zone->sub_models, 0);
	const VmfcSubModel *second = g_ptr_array_index(zone->sub_models, 1);
	g_assert_true(isnan(second->interval.log_width));
	g_assert_cmpuint(first->estimator.nodes->len, ==, 10);
	const VmfcTreeNode *leaf = &g_array_index(first->estimator.nodes, VmfcTreeNode, 3);
	g_assert_true(leaf->value == 0 && signbit(leaf->value));
	g_assert_null(vmfc_model_find_zone(read, "dram"));
}

/* What is read estimates what was written, to the bit. */
static void
test_same_estimate(void)
{
	g_autoptr(VmfcModel) model = new_model();
	g_autofree gchar *text = vmfc_model_to_text(model);
	g_autoptr(VmfcModel) read = parse(text);
	const VmfcZoneModel *zone = g_ptr_array_index(model->zones, 0);
	const VmfcZoneModel *read_zone = g_ptr_array_index(read->zones, 0);

	for (guint i = 0; i < 100; i++) {
		gdouble x[] = {i * 0.07, i * 1e8};
		VmfcEstimate expected;
		VmfcEstimate estimate;
		g_assert_true(vmfc_sub_model_estimate(g_ptr_array_index(zone->sub_models, 0), x,
						      &expected));
		g_assert_true(vmfc_sub_model_estimate(g_ptr_array_index(read_zone->sub_models, 0),
						      x, &estimate));
		g_assert_cmpfloat(estimate.watts, ==, expected.watts);
		g_assert_cmpfloat(estimate.low, ==, expected.low);
		g_assert_cmpfloat(estimate.high, ==, expected.high);
	}
}

/* Members that a later vmfc adds are no fault. */
static void
test_unknown_member(void)
{
	g_autoptr(VmfcModel) model = new_model();
	g_autofree gchar *text = vmfc_model_to_text(model);
	g_autoptr(GString) more = g_string_new(text);

	g_string_replace(more, "\"machine\": {", "\"new\": 1, \"machine\": {\"new\": [],", 1);
	g_autoptr(VmfcModel) read = parse(more->str);
	g_autofree gchar *again = vmfc_model_to_text(read);
	g_assert_cmpstr(text, ==, again);
}

/* ---------------------------------------------------------------- damage */

#define SUB_MODEL "zone 1: sub-model 1: "

/* Each replaces the first text by the second one, and makes the file invalid. */
static const struct {
	const gchar *text;
	const gchar *by;
	const gchar *message; /* a part of it */
} damages[] = {
	{"vmfc-model/1", "vmfc-model/2",
	 "its format is vmfc-model/2, and this vmfc reads vmfc-model/1: use the vmfc that made it"},
	{"\"format\": \"vmfc-model/1\",", "",
	 "it has no \"format\": \"vmfc-model/1\": name a file"},
	{"\"format\": \"vmfc-model/1\"", "\"format\": 1", "it has no \"format\""},
	{"\"version\": \"0.1.0\"", "\"version\": 1", "\"version\" has to be a text of 1 to 256"},
	{"\"kvm\"", "\"\"", "\"hypervisor\" has to be a text of 1 to 256 bytes"},
	{"\"cpus\": 4", "\"cpus\": 0", "\"cpus\" has to be an integer from 1 to"},
	{"\"zone\": \"core\"", "\"zone\": \"package\"", "zone 2: package is there twice"},
	{"\"name\": \"cpu\"", "\"name\": \"perf,cpu\"",
	 "zone 1: sub-model 2: perf,cpu is there twice"},
	{"\"busy\"", "\"bu\\u001bsy\"", SUB_MODEL "feature 1: \"name\" has to be a text"},
	{"\"busy\"", "\"bu\\u0085sy\"", SUB_MODEL "feature 1: \"name\" has to be a text"},
	{"\"cpu_nice_time\"", "\"a\\nb\"", SUB_MODEL "feature 1: \"optional_columns\" has to"},
	{"Xeon", "\\t", "\"cpu_model\" has to be a text of 1 to 256 bytes without control"},
	{"\"busy\"", "null", SUB_MODEL "feature 1: \"name\" has to be a text"},
	{"\"cpus\",", "\"cores\",",
	 SUB_MODEL "feature 1: \"form\" has to be one of cpus, share, rate, value"},
	{"\"cpu_user_time\",", "1,",
	 SUB_MODEL "feature 1: \"columns\" has to be an array of names"},
	{"\"minimum\": 0.015", "\"minimum\": 4",
	 SUB_MODEL "feature 1: \"minimum\" is above \"maximum\""},
	{"\"minimum\": 0.015", "\"minimum\": null",
	 SUB_MODEL "feature 1: \"minimum\" has to be a number"},
	{"\"average\"", "\"forest\"",
	 SUB_MODEL "\"family\" has to be one of mean, curve, linear, trees, average"},
	{"\"constant\": 12.25", "\"constant\": 1e999", "a number that is too large"},
	{"\"constant\": 12.25", "\"constant\": \"12\"",
	 SUB_MODEL "\"constant\" has to be a number"},
	{"\"feature\": 0", "\"feature\": 2",
	 SUB_MODEL "term 1: \"feature\" has to be an integer from 0 to 1"},
	{"\"feature\": 0", "\"feature\": 0.0", SUB_MODEL "term 1: \"feature\" has to be"},
	{"\"linear\"", "\"cube\"",
	 SUB_MODEL "term 1: \"kind\" has to be one of linear, square, root, limit, segment"},
	{"\"scale\": 4.0", "\"scale\": 0.0", SUB_MODEL "term 1: \"scale\" has to be a number from"},
	{"\"scale\": 4.0", "\"scale\": -4", SUB_MODEL "term 1: \"scale\" has to be a number from"},
	{"\"to\": 0.1", "\"to\": 0", SUB_MODEL "term 4: \"to\" has to be"},
	{"\"to\": 0.3", "\"to\": 0.1", SUB_MODEL "term 5: \"to\" is not above \"from\""},
	{"\"is_open\": true", "\"is_open\": 1", SUB_MODEL "term 6: \"is_open\" has to be true or"},
	{"\"base\": 0.699999988079071", "\"base\": 1e39", SUB_MODEL "\"base\" has to be a number"},
	/* trees: features 1 0, children 2 1 and 3 4 */
	{"[1, 0, -1, -1, -1]", "[2, 0, -1, -1, -1]", SUB_MODEL "tree 1: node 0 has a feature or"},
	{"[1, 0, -1, -1, -1]", "[1, 0, -1, -1, -2]", SUB_MODEL "tree 1: node 4 has a number"},
	{"[1, 0, -1, -1, -1]", "[1, 0, -1, -1]",
	 SUB_MODEL "tree 1: \"value\" has to be an array of 4 elements"},
	{"[1, 0, -1, -1, -1]", "[]", SUB_MODEL "tree 1: \"feature\" has to be an array of 1 to"},
	{"[2, 3, 0, 0, 0]", "[0, 3, 0, 0, 0]", SUB_MODEL "tree 1: node 0 has a feature or child"},
	{"[2, 3, 0, 0, 0]", "[2, 1, 0, 0, 0]", SUB_MODEL "tree 1: node 1 has a feature or child"},
	{"[2, 3, 0, 0, 0]", "[1, 3, 0, 0, 0]", SUB_MODEL "tree 1: node 0 has a feature or child"},
	{"[2, 3, 0, 0, 0]", "[2, 2, 0, 0, 0]", SUB_MODEL "tree 1: node 1 has a feature or child"},
	{"[2, 3, 0, 0, 0]", "[2, 5, 0, 0, 0]", SUB_MODEL "tree 1: node 1 has a feature or child"},
	{"[2, 3, 0, 0, 0]", "[2, -1, 0, 0, 0]", SUB_MODEL "tree 1: node 1 has a number"},
	{"[1, 4, 0, 0, 0]", "[1, 4294967298, 0, 0, 0]", SUB_MODEL "tree 1: node 1 has a number"},
	{"16777216.0", "1e39", SUB_MODEL "tree 1: node 4 has a number that is not of its type"},
	{"[1, 0, 0, 0, 0]", "[2, 0, 0, 0, 0]", SUB_MODEL "tree 1: node 0 has a number"},
	{"\"log_width\": 0.125", "\"log_width\": -1",
	 SUB_MODEL "\"log_width\" has to be a number from 0 to 100"},
	{"\"share\": 0.9", "\"share\": 90", SUB_MODEL "\"share\" has to be a number from 0 to 1"},
	{"\"groups\": 9", "\"groups\": 9.5", SUB_MODEL "\"groups\" has to be an integer"},
	{"\"share\": 0.9", "\"share\": 1.001",
	 SUB_MODEL "\"share\" has to be a number from 0 to 1"},
	{"\"share\": 0.9", "\"share\": -0.1", SUB_MODEL "\"share\" has to be a number from 0 to 1"},
	{"\"floor\": 3.5", "\"floor\": -0.1", SUB_MODEL "\"floor\" has to be a number from 0"},
	{"\"floor\": 3.5", "\"floor\": null", SUB_MODEL "\"floor\" has to be a number from 0"},
	{"\"groups\": 9", "\"groups\": -1", SUB_MODEL "\"groups\" has to be an integer from 0"},
	{"\"log_width\": 0.125", "\"log_width\": 100.5",
	 SUB_MODEL "\"log_width\" has to be a number from 0 to 100"},
	{"\"maximum\": 3.75", "\"maximum\": null",
	 SUB_MODEL "feature 1: \"maximum\" has to be a number"},
	{"\"maximum\": 3.75", "\"maximum\": 0.0149",
	 SUB_MODEL "feature 1: \"minimum\" is above \"maximum\""},
	{"\"from\": 0.1", "\"from\": -0.1", SUB_MODEL "term 5: \"from\" has to be a number from 0"},
	{"\"is_positive\": false", "\"is_positive\": 0",
	 SUB_MODEL "feature 1: \"is_positive\" has to be true or false"},
	{"\"sum_column\": \"cpu_busy\"", "\"sum_column\": 1",
	 SUB_MODEL "feature 1: \"sum_column\" has to be a text"},
	{"\"training\": {", "\"training\": 1, \"x\": {", "\"training\" has to be an object"},
	{"\"machine\": {", "\"machine\": 1, \"x\": {", "\"machine\" has to be an object"},
	{"\"judgement\": {", "\"judgement\": 1, \"x\": {", SUB_MODEL "\"judgement\" has to be an"},
	{"\"pairs\": [", "\"pairs\": 1, \"x\": [", "zone 1: \"pairs\" has to be an array"},
	{"\"zones\": [", "\"zones\": [], \"x\": [", "\"zones\" has to be an array of 1 to 16"},
	{"\"zones\": [", "\"zones\": [1,", "zone 1: it has to be an object"},
	{"\"sub_models\": [", "\"sub_models\": [], \"x\": [",
	 "zone 1: \"sub_models\" has to be an array of 1 to 16 elements"},
};

static void
check_refused(const gchar *text, const gchar *message)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(vmfc_model_parse(text, strlen(text), &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
	if (strstr(error->message, message) == NULL)
		g_error("\"%s\" does not say \"%s\"", error->message, message);
}

static void
test_damages(void)
{
	g_autoptr(VmfcModel) model = new_model();
	g_autofree gchar *text = vmfc_model_to_text(model);

	for (guint i = 0; i < G_N_ELEMENTS(damages); i++) {
		g_autoptr(GString) damaged = g_string_new(text);
		/* else the test would prove nothing */
		g_assert_nonnull(strstr(text, damages[i].text));
		g_string_replace(damaged, damages[i].text, damages[i].by, 1);
		check_refused(damaged->str, damages[i].message);
	}
	check_refused("[]", "it has to be an object");
	check_refused("", "it is empty");
}

/* Each number and each name may be as great and as long as its limit. */
static void
test_limits(void)
{
	static const struct {
		const gchar *text;
		const gchar *by;
	} changes[] = {
		{"\"share\": 0.9", "\"share\": 1"},
		{"\"share\": 0.9", "\"share\": 0"},
		{"\"floor\": 3.5", "\"floor\": 0"},
		{"\"groups\": 9", "\"groups\": 2147483647"},
		{"\"log_width\": 0.125", "\"log_width\": 100"},
		{"\"log_width\": 0.125", "\"log_width\": 0"},
		{"\"log_width\": 0.125", "\"log_width\": null"},
		{"\"maximum\": 3.75", "\"maximum\": 0.015"},
		{"\"from\": 0.1", "\"from\": 0"},
		{"\"cpus\": 4", "\"cpus\": 1"},
		{"\"cpus\": 4", "\"cpus\": null"},
		{"16777216.0", "3.4028234663852886e38"},
	};
	g_autoptr(VmfcModel) model = new_model();
	g_autofree gchar *text = vmfc_model_to_text(model);

	for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autoptr(GString) changed = g_string_new(text);
		g_assert_nonnull(strstr(text, changes[i].text));
		g_string_replace(changed, changes[i].text, changes[i].by, 1);
		g_autoptr(VmfcModel) read = parse(changed->str);
		g_assert_nonnull(read);
	}
	for (guint length = 256; length <= 257; length++) {
		g_autoptr(GString) changed = g_string_new(text);
		g_autofree gchar *name = g_strnfill(length, 'n');
		g_string_replace(changed, "perf,cpu", name, 1);
		if (length == 256) {
			g_autoptr(VmfcModel) read = parse(changed->str);
			const VmfcZoneModel *zone = vmfc_model_find_zone(read, "package");
			g_assert_nonnull(vmfc_zone_model_find_sub_model(zone, name));
			g_assert_null(vmfc_zone_model_find_sub_model(zone, "perf,cpu"));
		} else {
			check_refused(changed->str,
				      SUB_MODEL "\"name\" has to be a text of 1 to 256");
		}
	}
}

/* No prefix of a file is one. */
static void
test_cut(void)
{
	g_autoptr(VmfcModel) model = new_model();
	g_autofree gchar *text = vmfc_model_to_text(model);

	for (gsize length = strlen(text) - 2; length > 0; length -= MIN(length, 97)) {
		g_autofree gchar *part = g_strndup(text, length);
		check_refused(part, "");
	}
}

static void
test_too_many(void)
{
	g_autoptr(VmfcModel) model = new_model();
	VmfcZoneModel *zone = g_ptr_array_index(model->zones, 0);
	VmfcSubModel *sub_model = g_ptr_array_index(zone->sub_models, 0);

	for (guint i = 0; i <= VMFC_MODEL_MAX_PAIRS; i++)
		json_array_add_int_element(zone->pairs, i);
	g_autofree gchar *text = vmfc_model_to_text(model);
	check_refused(text, "zone 1: \"pairs\" has to be an array of 0 to 2000 elements");
	g_clear_pointer(&zone->pairs, json_array_unref);
	while (sub_model->estimator.trees->len <= VMFC_MODEL_MAX_TREES)
		add_tree(&sub_model->estimator);
	g_autofree gchar *trees = vmfc_model_to_text(model);
	check_refused(trees, SUB_MODEL "\"trees\" has to be an array of 0 to 5000 elements");
}

static void
test_file(void)
{
	g_autoptr(VmfcModel) model = new_model();
	g_autofree gchar *text = vmfc_model_to_text(model);
	g_autofree gchar *path = text_file_new("model-XXXXXX", text);
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcModel) read = vmfc_model_read(path, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(read->version, ==, "0.1.0");
	g_assert_true(g_file_set_contents(path, "{}", -1, NULL));
	g_assert_null(vmfc_model_read(path, &error));
	g_assert_true(g_str_has_prefix(error->message, path));
	g_unlink(path);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/model-file/round-trip", test_round_trip);
	g_test_add_func("/model-file/same-estimate", test_same_estimate);
	g_test_add_func("/model-file/unknown-member", test_unknown_member);
	g_test_add_func("/model-file/damages", test_damages);
	g_test_add_func("/model-file/limits", test_limits);
	g_test_add_func("/model-file/cut", test_cut);
	g_test_add_func("/model-file/too-many", test_too_many);
	g_test_add_func("/model-file/file", test_file);
	return g_test_run();
}
