/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Any text as the file of a model: what is read is written, and read again as the same; each
 * sub-model makes estimates that are numbers, of any features.
 */

#include "model/feature.h"
#include "model/model-read.h"
#include "model/model-write.h"
#include "model/predict.h"

#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "vmfc/vmfc-plugin.h"

static gboolean
has_column(const gchar *name, gpointer data)
{
	return (strlen(name) + *(const uint8_t *)data) % 3 != 0;
}

static void
estimate(const VmfcSubModel *sub_model, gdouble value)
{
	gdouble x[VMFC_MODEL_MAX_FEATURES];
	VmfcEstimate estimate;

	for (guint i = 0; i < sub_model->features->len; i++)
		x[i] = value * (i + 1);
	if (!vmfc_sub_model_estimate(sub_model, x, &estimate))
		return;
	g_assert_true(isfinite(estimate.watts) && estimate.watts >= 0);
	g_assert_true(isnan(sub_model->interval.log_width) == isnan(estimate.high));
	if (!isnan(estimate.high))
		g_assert_true(estimate.low >= 0 && estimate.low <= estimate.high &&
			      isfinite(estimate.high));
}

static void
form(const VmfcSubModel *sub_model, gdouble value, uint8_t seed)
{
	gdouble x[VMFC_MODEL_MAX_FEATURES];
	g_autoptr(VmfcFeatureInputs) inputs = vmfc_feature_inputs_new(sub_model->features,
								      has_column, &seed, NULL);

	if (inputs == NULL)
		return;
	g_autofree gdouble *values = g_new(gdouble, inputs->columns->len);
	for (guint i = 0; i < inputs->columns->len; i++)
		values[i] = value;
	vmfc_feature_inputs_form(inputs, values, x);
	for (guint i = 0; i < sub_model->features->len; i++)
		g_assert_true(isnan(x[i]) || (isfinite(x[i]) && x[i] >= 0));
}

static void
use(const VmfcModel *model, uint8_t seed)
{
	static const gdouble values[] = {0, 1, -1, 1e-300, 1e300, NAN, 50, 1e9};

	for (guint i = 0; i < model->zones->len; i++) {
		const VmfcZoneModel *zone = g_ptr_array_index(model->zones, i);
		for (guint k = 0; k < zone->sub_models->len; k++) {
			for (guint n = 0; n < G_N_ELEMENTS(values); n++) {
				estimate(g_ptr_array_index(zone->sub_models, k), values[n]);
				form(g_ptr_array_index(zone->sub_models, k), values[n], seed);
			}
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree gchar *text = g_malloc(size + 1);
	g_autoptr(GError) error = NULL;

	memcpy(text, data, size);
	text[size] = '\0';
	g_autoptr(VmfcModel) model = vmfc_model_parse(text, size, &error);
	if (model == NULL) {
		g_assert_true(g_error_matches(error, VMFC_ERROR, VMFC_ERROR_FORMAT) ||
			      g_error_matches(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED));
		return 0;
	}
	g_assert_no_error(error);
	g_autofree gchar *written = vmfc_model_to_text(model);
	g_autoptr(VmfcModel) again = vmfc_model_parse(written, strlen(written), &error);
	g_assert_no_error(error);
	g_autofree gchar *twice = vmfc_model_to_text(again);
	g_assert_cmpstr(written, ==, twice);
	use(again, data[size - 1]);
	return 0;
}
