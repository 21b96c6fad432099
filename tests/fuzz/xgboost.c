/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as a model that XGBoost saved: the walk over its trees ends, within them. */

#include "model/predict.h"
#include "tools/train/import-xgboost.h"

#include <math.h>

#include "fuzz.h"
#include "model/model-read.h"
#include "model/model-write.h"
#include "vmfc/vmfc-plugin.h"

static void
use(const VmfcModel *model)
{
	const VmfcZoneModel *zone = g_ptr_array_index(model->zones, 0);
	const VmfcSubModel *sub_model = g_ptr_array_index(zone->sub_models, 0);
	gdouble x[VMFC_MODEL_MAX_FEATURES];

	for (guint n = 0; n < 8; n++) {
		for (guint i = 0; i < sub_model->features->len; i++)
			x[i] = (n + i) % 3 == 0 ? NAN : pow(-10, (n * i) % 20);
		vmfc_trees_predict(&sub_model->estimator, x);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gint fd;
	g_autofree gchar *path = fuzz_file(data, size, &fd);
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcModel) model = vmfc_import_xgboost(path, "package", &error);

	close(fd);
	if (model == NULL) {
		g_assert_true(g_error_matches(error, VMFC_ERROR, VMFC_ERROR_FORMAT) ||
			      g_error_matches(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED));
		return 0;
	}
	use(model);
	/* it has a file that vmfc reads */
	g_autofree gchar *text = vmfc_model_to_text(model);
	g_autoptr(VmfcModel) read = vmfc_model_parse(text, strlen(text), &error);
	g_assert_no_error(error);
	use(read);
	return 0;
}
