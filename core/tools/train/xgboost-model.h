/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

/* A regressor that XGBoost saved as JSON. */
typedef struct {
	gchar *version;		 /* of XGBoost */
	gchar *sha256;		 /* (nullable) of the file */
	GStrv feature_names;	 /* empty where it was trained without */
	VmfcEstimator estimator; /* trees; ranges are not known */
} VmfcXgboostModel;

VmfcXgboostModel *
vmfc_xgboost_model_parse(const gchar *text, gsize length, GError **error);
VmfcXgboostModel *
vmfc_xgboost_model_read(const gchar *path, GError **error);
void
vmfc_xgboost_model_free(VmfcXgboostModel *model);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcXgboostModel, vmfc_xgboost_model_free)
