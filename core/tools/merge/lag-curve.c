/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/lag-curve.h"

#include <math.h>

/* A correlation is kept to four digits. */
#define SCALE	10000.0
#define MISSING G_MININT16

static gsize
get_size(const VmfcLagCurve *curve)
{
	return 2 * (gsize)curve->n * sizeof(gint16);
}

/* Of lags that are not set nothing is known: too few windows had power. */
void
vmfc_lag_curve_init(VmfcLagCurve *curve, gdouble first, gdouble step, guint n)
{
	*curve = (VmfcLagCurve){.first = first, .step = step, .n = n};
	curve->values = g_new(gint16, 2 * (gsize)n);
	for (guint i = 0; i < 2 * n; i++)
		curve->values[i] = MISSING;
}

void
vmfc_lag_curve_clear(VmfcLagCurve *curve)
{
	g_clear_pointer(&curve->values, g_free);
	curve->n = 0;
}

/*
 * @whole: the correlation of load and power
 * @detail: that of their changes, without what is slow
 */
void
vmfc_lag_curve_set(VmfcLagCurve *curve, guint index, gdouble whole, gdouble detail)
{
	curve->values[2 * index] = (gint16)lround(whole * SCALE);
	curve->values[2 * index + 1] = (gint16)lround(detail * SCALE);
}

static gdouble
get_value(const VmfcLagCurve *curve, guint index)
{
	return curve->values[index] == MISSING ? NAN : curve->values[index] / SCALE;
}

/* Returns: NaN where nothing is known of that lag */
gdouble
vmfc_lag_curve_get_whole(const VmfcLagCurve *curve, guint index)
{
	return get_value(curve, 2 * index);
}

gdouble
vmfc_lag_curve_get_detail(const VmfcLagCurve *curve, guint index)
{
	return get_value(curve, 2 * index + 1);
}

gboolean
vmfc_lag_curve_put_aside(VmfcLagCurve *curve, VmfcSpillFile *aside, GError **error)
{
	if (curve->values == NULL)
		return TRUE;
	if (!curve->is_aside && !vmfc_spill_file_put(aside, (const gchar *)curve->values,
						     get_size(curve), &curve->aside_at, error))
		return FALSE;
	curve->is_aside = TRUE;
	g_clear_pointer(&curve->values, g_free);
	return TRUE;
}

gboolean
vmfc_lag_curve_take_back(VmfcLagCurve *curve, const VmfcSpillFile *aside, GError **error)
{
	if (!curve->is_aside || curve->values != NULL)
		return TRUE;
	curve->values = g_malloc(get_size(curve));
	return vmfc_spill_file_get(aside, curve->aside_at, (gchar *)curve->values, get_size(curve),
				   error);
}
