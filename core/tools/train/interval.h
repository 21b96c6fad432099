/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

guint
vmfc_interval_get_least_groups(gdouble share);
gdouble
vmfc_interval_get_residual(gdouble measured, gdouble estimated, gdouble floor);
gdouble
vmfc_interval_find_width(const gdouble *residuals, const gdouble *weights, guint n, gdouble share,
			 guint n_groups);
