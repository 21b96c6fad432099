/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/interval.h"

#include <math.h>

#include "tools/train/statistics.h"

/* With that many groups or fewer, the widest residual counts. */
#define FEW_GROUPS 4.0

/* Returns: how many groups it takes before an interval can promise a share: as many as it takes for
 *   one of them to be the one that is outside */
guint
vmfc_interval_get_least_groups(gdouble share)
{
	return (guint)ceil(share / (1 - share) - 1e-9);
}

gdouble
vmfc_interval_get_residual(gdouble measured, gdouble estimated, gdouble floor)
{
	return fabs(log(MAX(measured, floor) / MAX(estimated, floor)));
}

/*
 * The quantile of residuals of rows that the models had not seen. It is one above the share that
 * the interval is to contain, the more so the fewer groups there are: a quantile over eight groups
 * contains less of the ninth.
 *
 * @weights: of the rows, such that every group counts the same
 */
gdouble
vmfc_interval_find_width(const gdouble *residuals, const gdouble *weights, guint n, gdouble share,
			 guint n_groups)
{
	g_autofree guint *order = vmfc_statistics_order(residuals, n);
	gdouble level = share + (1 - share) * MIN(1, FEW_GROUPS / n_groups);
	return vmfc_statistics_weighted_quantile(residuals, weights, order, n, level);
}
