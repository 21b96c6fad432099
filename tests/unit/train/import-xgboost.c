/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/import-xgboost.h"

#include <math.h>
#include <string.h>

#include "../../text-file.h"
#include "model/model-write.h"
#include "model/predict.h"
#include "tools/train/xgboost-model.h"
#include "vmfc/vmfc-plugin.h"

/*
 * As XGBoost 1.7 saves it, without what vmfc does not read. The first tree has its nodes in an
 * order that pruning can give: x2 < 1.5 ? (x0 < 20 ? 1 : 2) : 3. The second one is a leaf.
 */
static const gchar text[] =
	"{\"learner\":{\"attributes\":{},"
	"\"feature_names\":[\"cpu_user_time\",\"cpu_idle\",\"cpu_cycles\"],"
	"\"gradient_booster\":{\"model\":{"
	"\"gbtree_model_param\":{\"num_parallel_tree\":\"1\",\"num_trees\":\"2\","
	"\"size_leaf_vector\":\"0\"},\"trees\":["
	"{\"categories_nodes\":[],\"default_left\":[1,0,0,0,0,0],"
	"\"left_children\":[4,-1,-1,-1,3,-1],\"right_children\":[1,-1,-1,-1,2,-1],"
	"\"split_conditions\":[1.5E0,3E0,2E0,1E0,2E1,9E9],\"split_indices\":[2,0,0,0,0,7]},"
	"{\"categories_nodes\":[],\"default_left\":[0],\"left_children\":[-1],"
	"\"right_children\":[-1],\"split_conditions\":[1E1],\"split_indices\":[0]}]},"
	"\"name\":\"gbtree\"},\"learner_model_param\":{\"base_score\":\"5E-1\","
	"\"num_class\":\"0\",\"num_feature\":\"3\",\"num_target\":\"1\"},"
	"\"objective\":{\"name\":\"reg:squarederror\"}},\"version\":[1,7,4]}";

/* Returns: (transfer full): the text with one part in place of another */
static gchar *
replace(const gchar *part, const gchar *by)
{
	g_autoptr(GString) changed = g_string_new(text);

	/* else the test would prove nothing */
	g_assert_nonnull(strstr(text, part));
	g_string_replace(changed, part, by, 1);
	return g_string_free(g_steal_pointer(&changed), FALSE);
}

static VmfcModel *
import(const gchar *content, GError **error)
{
	g_autofree gchar *path = text_file_new("xgboost-XXXXXX", content);
	VmfcModel *model = vmfc_import_xgboost(path, "package", error);

	g_unlink(path);
	return model;
}

static const VmfcSubModel *
get_sub_model(const VmfcModel *model)
{
	const VmfcZoneModel *zone = vmfc_model_find_zone(model, "package");
	return g_ptr_array_index(zone->sub_models, 0);
}

static void
test_estimates(void)
{
	static const struct {
		gdouble user;
		gdouble cycles;
		gdouble watts;
	} rows[] = {{19, 1, 11.5}, {20, 1, 12.5}, {19, 1.5, 13.5}, {19, NAN, 11.5}, {NAN, 1, 12.5}};
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcModel) model = import(text, &error);

	g_assert_no_error(error);
	const VmfcSubModel *sub_model = get_sub_model(model);
	/* what it does not split by is not needed */
	g_assert_cmpuint(sub_model->features->len, ==, 2);
	const VmfcFeature *feature = g_ptr_array_index(sub_model->features, 1);
	g_assert_cmpstr(feature->name, ==, "cpu_cycles");
	g_assert_cmpint(feature->form, ==, VMFC_FEATURE_VALUE);
	g_assert_true(isnan(sub_model->interval.log_width));
	g_assert_false(vmfc_estimator_is_range_known(&sub_model->estimator));
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		gdouble x[] = {rows[i].user, rows[i].cycles};
		g_assert_cmpfloat(vmfc_trees_predict(&sub_model->estimator, x), ==, rows[i].watts);
	}
	g_autofree gchar *written = vmfc_model_to_text(model);
	g_assert_nonnull(strstr(written, "\"xgboost_version\": \"1.7.4\""));
}

/* How releases of XGBoost write the same. */
static void
test_forms(void)
{
	static const gchar *const forms[][2] = {
		{"\"base_score\":\"5E-1\"", "\"base_score\":0.5"},
		{"\"base_score\":\"5E-1\"", "\"base_score\":[0.5]"},
		{"\"base_score\":\"5E-1\"", "\"base_score\":\"[5E-1]\""},
		{"\"base_score\":\"5E-1\"", "\"base_score\":[\"5E-1\"]"},
		{"\"num_feature\":\"3\"", "\"num_feature\":3"},
		{"\"num_class\":\"0\",", ""},
		{",\"num_target\":\"1\"", ""},
		{"\"size_leaf_vector\":\"0\"", "\"size_leaf_vector\":\"1\""},
		{"\"default_left\":[1,0,0,0,0,0]",
		 "\"default_left\":[true,false,false,false,false,false]"},
		{"\"categories_nodes\":[],", ""},
	};
	const gdouble x[] = {19, NAN};

	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree gchar *changed = replace(forms[i][0], forms[i][1]);
		g_autoptr(GError) error = NULL;
		g_autoptr(VmfcModel) model = import(changed, &error);
		g_assert_no_error(error);
		g_assert_cmpfloat(vmfc_trees_predict(&get_sub_model(model)->estimator, x), ==,
				  11.5);
	}
}

/* XGBRegressor would stop after the first tree, and says so; a Booster would not. */
static void
test_best_iteration(void)
{
	static const struct {
		const gchar *attributes;
		guint n_trees;
	} rows[] = {
		{"\"attributes\":{\"best_iteration\":\"0\",\"scikit_learn\":\"{}\"}", 1},
		{"\"attributes\":{\"best_iteration\":\"1\",\"scikit_learn\":\"{}\"}", 2},
		{"\"attributes\":{\"best_iteration\":\"0\"}", 2},
		{"\"attributes\":{\"scikit_learn\":\"{}\"}", 2},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree gchar *changed = replace("\"attributes\":{}", rows[i].attributes);
		g_autoptr(VmfcModel) model = import(changed, NULL);
		g_assert_cmpuint(get_sub_model(model)->estimator.trees->len, ==, rows[i].n_trees);
	}
}

static void
test_refused(void)
{
	static const gchar *const rows[][3] = {
		{"{\"learner\"", "[{\"learner\"",
		 "save it as JSON, with save_model(\"NAME.json\")"},
		{"\"learner\"", "\"other\"", "\"learner\" has to be an object"},
		{"\"gbtree\"", "\"dart\"", "its booster is dart, not gbtree"},
		{"\"gbtree\"", "\"gblinear\"", "its booster is gblinear, not gbtree"},
		{"\"gbtree\"", "\"a\\u001b\"", "\"name\" has to be a text"},
		{"reg:squarederror", "binary:logistic",
		 "its objective is binary:logistic, not reg:squarederror"},
		{"\"num_target\":\"1\"", "\"num_target\":\"2\"", "it has several targets"},
		{"\"num_class\":\"0\"", "\"num_class\":\"3\"", "it has several classes"},
		{"\"base_score\":\"5E-1\"", "\"base_score\":[1,2]", "\"base_score\" has to be one"},
		{"\"base_score\":\"5E-1\"", "\"base_score\":\"nan\"",
		 "\"base_score\" has to be one"},
		{"\"base_score\":\"5E-1\"", "\"base_score\":1e39", "is not within its bounds"},
		{"\"num_feature\":\"3\"", "\"num_feature\":\"-1\"", "is not within its bounds"},
		{"\"size_leaf_vector\":\"0\"", "\"size_leaf_vector\":\"2\"",
		 "it has several values in a leaf"},
		{"[\"cpu_user_time\",\"cpu_idle\",\"cpu_cycles\"]", "[]",
		 "its features have no names"},
		{"[\"cpu_user_time\",\"cpu_idle\",\"cpu_cycles\"]", "[\"cpu_user_time\"]",
		 "it has 3 features and 1 names of them"},
		{"\"cpu_cycles\"]", "\"f2\"]", "its feature f2 has no name"},
		{"\"cpu_cycles\"]", "\"timestamp\"]",
		 "its feature timestamp is a time, a label or"},
		{"\"cpu_cycles\"]", "\"power_watts_core\"]",
		 "its feature power_watts_core is a time"},
		{"\"cpu_cycles\"]", "\"cpu_user_time\"]",
		 "two of its features are called cpu_user_time"},
		{"\"categories_nodes\":[]", "\"categories_nodes\":[0]",
		 "tree 1: it splits by categories"},
		{"[4,-1,-1,-1,3,-1]", "[0,-1,-1,-1,3,-1]", "tree 1: node 0 has a child"},
		{"[4,-1,-1,-1,3,-1]", "[6,-1,-1,-1,3,-1]", "tree 1: node 0 has a child"},
		{"[4,-1,-1,-1,3,-1]", "[4,-1,-1,-1,0,-1]", "tree 1: node 4 has a child"},
		{"[4,-1,-1,-1,3,-1]", "[4,-1,-1,-1,2,-1]", "tree 1: node 4 has a child"},
		{"[4,-1,-1,-1,3,-1]", "[4,-2,-1,-1,3,-1]", "tree 1: node 1 has a child"},
		{"[4,-1,-1,-1,3,-1]", "[4,-1]",
		 "\"right_children\" has to be an array of 2 elements"},
		{"[4,-1,-1,-1,3,-1]", "[4.5,-1,-1,-1,3,-1]", "tree 1: node 0 has a number"},
		{"\"split_indices\":[2,", "\"split_indices\":[3,", "tree 1: node 0 has a feature"},
		{"1.5E0", "1E39", "tree 1: node 0 has a number"},
		{"1.5E0", "null", "tree 1: node 0 has a number"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree gchar *changed = replace(rows[i][0], rows[i][1]);
		g_autoptr(GError) error = NULL;
		g_assert_null(import(changed, &error));
		if (strstr(error->message, rows[i][2]) == NULL)
			g_error("\"%s\" does not say \"%s\"", error->message, rows[i][2]);
		g_assert_true(error->code == VMFC_ERROR_FORMAT ||
			      error->code == VMFC_ERROR_UNSUPPORTED);
	}
}

/* Features beyond those that a model may have do not matter where they are not used. */
static void
test_many_features(void)
{
	g_autoptr(GString) names = g_string_new("\"cpu_user_time\",\"cpu_idle\",\"cpu_cycles\"");
	g_autofree gchar *few = NULL;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 97; i++)
		g_string_append_printf(names, ",\"column_%u\"", i);
	few = replace("\"cpu_user_time\",\"cpu_idle\",\"cpu_cycles\"", names->str);
	g_autoptr(GString) many = g_string_new(few);
	g_string_replace(many, "\"num_feature\":\"3\"", "\"num_feature\":\"100\"", 1);
	g_autoptr(VmfcModel) model = import(many->str, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(get_sub_model(model)->features->len, ==, 2);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/import-xgboost/estimates", test_estimates);
	g_test_add_func("/import-xgboost/forms", test_forms);
	g_test_add_func("/import-xgboost/best-iteration", test_best_iteration);
	g_test_add_func("/import-xgboost/refused", test_refused);
	g_test_add_func("/import-xgboost/many-features", test_many_features);
	return g_test_run();
}
