/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/lag-curve.h"

#include <math.h>

/* A correlation is stored with four digits. */
#define SCALE	10000.0
#define MISSING G_MININT16

static gsize
get_size(const VmfcLagCurve *curve)
{
	return 2 * (gsize)curve->n * sizeof(gint16);
}

/* A lag that is not set is unknown, because too few windows had power. */
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
 * @detail: the correlation without slow changes
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

/* Returns: NaN if the lag is unknown */
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
vmfc_lag_curve_put_aside(VmfcLagCurve *curve, VmfcSpillFile *spill, GError **error)
{
	if (curve->values == NULL)
		return TRUE;
	if (!curve->is_spilled &&
	    !vmfc_spill_file_put(spill, (const gchar *)curve->values, get_size(curve),
				 &curve->spill_offset, error))
		return FALSE;
	curve->is_spilled = TRUE;
	g_clear_pointer(&curve->values, g_free);
	return TRUE;
}

gboolean
vmfc_lag_curve_take_back(VmfcLagCurve *curve, const VmfcSpillFile *spill, GError **error)
{
	if (!curve->is_spilled || curve->values != NULL)
		return TRUE;
	curve->values = g_malloc(get_size(curve));
	return vmfc_spill_file_get(spill, curve->spill_offset, (gchar *)curve->values,
				   get_size(curve), error);
}
