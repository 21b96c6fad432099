/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gdouble
vmfc_statistics_quantile(gdouble *values, gsize n, gdouble share);
gdouble
vmfc_statistics_weighted_quantile(const gdouble *values, const gdouble *weights, const guint *order,
				  gsize n, gdouble share);
guint *
vmfc_statistics_order(const gdouble *values, gsize n);
gdouble
vmfc_statistics_correlation(const gdouble *values, gsize stride, const gdouble *others, gsize n);
