/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/boosted-trees.h"

#include "vmfc/vmfc-plugin.h"

#ifdef VMFC_HAS_XGBOOST

#include <math.h>
#include <xgboost/c_api.h>

#include "base/number-text.h"
#include "tools/train/xgboost-model.h"

/*
 * Trees of XGBoost (Chen and Guestrin 2016), which are few and shallow: deeper or more of them were
 * better on workloads that they had seen, and worse on others.
 */
#define N_ROUNDS 200
#define DEPTH	 "3"
#define RATE	 "0.05"
/* A leaf has that share of the rows at least, and its value is drawn to 0 as by that share. */
#define LEAF_SHARE	0.01
#define SHRINKAGE_SHARE 0.001

gboolean
vmfc_boosted_trees_are_available(void)
{
	return TRUE;
}

static gboolean
check(int result, GError **error)
{
	if (result == 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, "XGBoost cannot fit trees: %s",
		    XGBGetLastError());
	return FALSE;
}

static void
free_matrix(DMatrixHandle *matrix)
{
	if (*matrix != NULL)
		XGDMatrixFree(*matrix);
}

static void
free_booster(BoosterHandle *booster)
{
	if (*booster != NULL)
		XGBoosterFree(*booster);
}

/* --------------------------------------------------------------- fitting */

/* The rows as XGBoost takes them. */
typedef struct {
	gfloat *features;
	gfloat *labels;
	gfloat *weights;
	gfloat base;
} Rows;

static void
rows_clear(Rows *rows)
{
	g_free(rows->features);
	g_free(rows->labels);
	g_free(rows->weights);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rows, rows_clear)

static void
rows_init(Rows *rows, const VmfcSelection *selection)
{
	const VmfcSamples *samples = selection->samples;
	guint n_features = samples->n_features;
	g_autofree gdouble *weights = vmfc_selection_build_weights(selection, 0);
	gdouble weighted = 0;
	gdouble sum = 0;
	gsize n = 0;

	rows->features = g_new(gfloat, (gsize)selection->n_rows * n_features + 1);
	rows->labels = g_new(gfloat, selection->n_rows + 1);
	rows->weights = g_new(gfloat, selection->n_rows + 1);
	for (guint i = 0; i < samples->n_rows; i++) {
		if (!selection->has[i])
			continue;
		const gdouble *from = vmfc_samples_get_row(samples, i);
		for (guint j = 0; j < n_features; j++)
			rows->features[n * n_features + j] = (gfloat)from[j];
		gdouble weight = weights[i] * selection->n_rows;
		rows->labels[n] = (gfloat)samples->labels[i];
		rows->weights[n++] = (gfloat)weight;
		weighted += weight * samples->labels[i];
		sum += weight;
	}
	rows->base = (gfloat)(weighted / sum);
}

static gboolean
build_matrix(const VmfcSelection *selection, Rows *rows, DMatrixHandle *matrix, GError **error)
{
	guint n_rows = selection->n_rows;

	if (!check(XGDMatrixCreateFromMat_omp(rows->features, n_rows,
					      selection->samples->n_features, NAN, matrix, 1),
		   error))
		return FALSE;
	/* XGBoost has a copy */
	g_clear_pointer(&rows->features, g_free);
	return check(XGDMatrixSetFloatInfo(*matrix, "label", rows->labels, n_rows), error) &&
	       check(XGDMatrixSetFloatInfo(*matrix, "weight", rows->weights, n_rows), error);
}

/* More work is not less power: one for each feature. */
static gchar *
build_constraints(guint n_features)
{
	g_autoptr(GString) text = g_string_new("(1");

	for (guint i = 1; i < n_features; i++)
		g_string_append(text, ",1");
	g_string_append_c(text, ')');
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean
set_parameters(BoosterHandle booster, const VmfcSelection *selection, gfloat base, GError **error)
{
	g_autofree gchar *constraints = build_constraints(selection->samples->n_features);
	gchar base_text[VMFC_NUMBER_SIZE];
	gchar leaf[VMFC_NUMBER_SIZE];
	gchar shrinkage[VMFC_NUMBER_SIZE];

	vmfc_number_text_format_float((gdouble)base, base_text);
	vmfc_number_text_format_float(LEAF_SHARE * selection->n_rows, leaf);
	vmfc_number_text_format_float(SHRINKAGE_SHARE * selection->n_rows, shrinkage);
	const gchar *const parameters[][2] = {
		{"verbosity", "0"},
		{"objective", "reg:squarederror"},
		{"tree_method", "hist"},
		{"max_bin", "256"},
		{"max_depth", DEPTH},
		{"eta", RATE},
		{"gamma", "0"},
		{"min_child_weight", leaf},
		{"reg_lambda", shrinkage},
		{"base_score", base_text},
		{"monotone_constraints", constraints},
		/* fits run side by side, and a sum in another order would not be the same */
		{"nthread", "1"},
		{"seed", "0"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(parameters); i++) {
		if (!check(XGBoosterSetParam(booster, parameters[i][0], parameters[i][1]), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
grow(BoosterHandle booster, DMatrixHandle matrix, GError **error)
{
	for (gint round = 0; round < N_ROUNDS; round++) {
		if (!check(XGBoosterUpdateOneIter(booster, round, matrix), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
take_trees(BoosterHandle booster, VmfcEstimator *estimator, GError **error)
{
	bst_ulong length;
	const char *text;

	if (!check(XGBoosterSaveModelToBuffer(booster, "{\"format\": \"json\"}", &length, &text),
		   error))
		return FALSE;
	/* the buffer is the booster's, and does not end with a NUL */
	g_autofree gchar *copy = g_strndup(text, length);
	g_autoptr(VmfcXgboostModel) model = vmfc_xgboost_model_parse(copy, length, error);
	if (model == NULL) {
		g_prefix_error(error,
			       "the installed XGBoost describes its trees in a way that vmfc "
			       "does not know; train with --families mean,curve,linear: ");
		return FALSE;
	}
	estimator->base = model->estimator.base;
	g_array_append_vals(estimator->trees, model->estimator.trees->data,
			    model->estimator.trees->len);
	g_array_append_vals(estimator->nodes, model->estimator.nodes->data,
			    model->estimator.nodes->len);
	return TRUE;
}

/*
 * Fits trees to the rows, each of which counts as much as its group gives it.
 *
 * @estimator: has no trees yet
 */
gboolean
vmfc_boosted_trees_fit(const VmfcSelection *selection, VmfcEstimator *estimator, GError **error)
{
	__attribute__((cleanup(free_matrix))) DMatrixHandle matrix = NULL;
	__attribute__((cleanup(free_booster))) BoosterHandle booster = NULL;
	g_auto(Rows) rows = {0};

	rows_init(&rows, selection);
	if (!build_matrix(selection, &rows, &matrix, error) ||
	    !check(XGBoosterCreate(&matrix, 1, &booster), error) ||
	    !set_parameters(booster, selection, rows.base, error) || !grow(booster, matrix, error))
		return FALSE;
	return take_trees(booster, estimator, error);
}

#else

gboolean
vmfc_boosted_trees_are_available(void)
{
	return FALSE;
}

gboolean
vmfc_boosted_trees_fit(const VmfcSelection *selection G_GNUC_UNUSED,
		       VmfcEstimator *estimator G_GNUC_UNUSED, GError **error)
{
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "boosted trees are not available: vmfc was built without XGBoost");
	return FALSE;
}

#endif
