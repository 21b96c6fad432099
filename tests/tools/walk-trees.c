/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * walk-trees MODEL.json NAME... <ROWS >PREDICTIONS
 *
 * What vmfc estimates with a model that XGBoost saved, as floats, for rows of floats in the order
 * of the names; NaN is missing. The model goes through vmfc's own file on the way.
 */

#include <stdio.h>
#include <string.h>

#include "model/model-read.h"
#include "model/model-write.h"
#include "model/predict.h"
#include "tools/train/import-xgboost.h"

#define MAX_COLUMNS 1024

static VmfcModel *
import(const gchar *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcModel) imported = vmfc_import_xgboost(path, "package", &error);

	g_assert_no_error(error);
	g_autofree gchar *text = vmfc_model_to_text(imported);
	VmfcModel *model = vmfc_model_parse(text, strlen(text), &error);
	g_assert_no_error(error);
	return model;
}

int
main(int argc, char *argv[])
{
	gfloat row[MAX_COLUMNS];
	gsize n_columns = (gsize)argc - 2;
	guint places[VMFC_MODEL_MAX_FEATURES];

	g_assert_true(argc > 2 && n_columns <= MAX_COLUMNS);
	g_autoptr(VmfcModel) model = import(argv[1]);
	const VmfcZoneModel *zone = g_ptr_array_index(model->zones, 0);
	const VmfcSubModel *sub_model = g_ptr_array_index(zone->sub_models, 0);
	for (guint i = 0; i < sub_model->features->len; i++) {
		const VmfcFeature *feature = g_ptr_array_index(sub_model->features, i);
		places[i] = 0;
		while (!g_str_equal(argv[2 + places[i]], feature->name))
			places[i]++;
	}
	while (fread(row, sizeof(gfloat), n_columns, stdin) == n_columns) {
		gdouble x[VMFC_MODEL_MAX_FEATURES];
		for (guint i = 0; i < sub_model->features->len; i++)
			x[i] = (gdouble)row[places[i]];
		gfloat watts = vmfc_trees_predict(&sub_model->estimator, x);
		fwrite(&watts, sizeof(watts), 1, stdout);
	}
	return 0;
}
