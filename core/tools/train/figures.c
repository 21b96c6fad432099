/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/figures.h"

#include <math.h>

#include "tools/train/statistics.h"

/* A row is idle where its utilisation is among that share of the smallest. */
#define IDLE_SHARE 0.05

/* What is added up over rows. */
typedef struct {
	VmfcFigures sum;
	guint n_above; /* rows not below the floor */
	guint n_idle;
	gdouble estimated; /* J */
	gdouble measured;
} Sums;

static void
add_row(Sums *sums, const VmfcEstimates *estimates, guint row, gdouble idle)
{
	gdouble measured = estimates->measured[row];
	gdouble error = estimates->estimated[row] - measured;
	gdouble seconds = estimates->seconds != NULL ? estimates->seconds[row] : 1;
	VmfcFigures *sum = &sums->sum;

	sum->n_rows++;
	sum->mae += fabs(error);
	sum->bias += error;
	sums->estimated += estimates->estimated[row] * seconds;
	sums->measured += measured * seconds;
	if (isnan(estimates->low[row]))
		sum->held = NAN;
	else if (measured >= estimates->low[row] && measured <= estimates->high[row])
		sum->held += 1;
	if (estimates->utilisation[row] <= idle) {
		sum->idle += error;
		sums->n_idle++;
	}
	if (measured >= estimates->floor && measured > 0) {
		sum->mape += fabs(error) / measured;
		sum->half_width += (estimates->high[row] - estimates->low[row]) / 2 / measured;
		sums->n_above++;
	}
}

static gdouble
divide(gdouble sum, gdouble n)
{
	return n > 0 ? sum / n : NAN;
}

static void
finish(const Sums *sums, VmfcFigures *figures)
{
	const VmfcFigures *sum = &sums->sum;

	figures->n_rows = sum->n_rows;
	figures->mae = divide(sum->mae, sum->n_rows);
	figures->bias = divide(sum->bias, sum->n_rows);
	figures->energy = 100 * (divide(sums->estimated, sums->measured) - 1);
	figures->held = 100 * divide(sum->held, sum->n_rows);
	figures->idle = divide(sum->idle, sums->n_idle);
	figures->mape = 100 * divide(sum->mape, sums->n_above);
	figures->half_width = 100 * divide(sum->half_width, sums->n_above);
}

/* Returns: the utilisation up to which rows are idle, every group counting the same */
static gdouble
find_idle(const VmfcEstimates *estimates)
{
	g_autofree guint *counts = g_new0(guint, estimates->n_groups + 1);
	g_autofree gdouble *weights = g_new(gdouble, estimates->n_rows + 1);
	g_autofree guint *order = vmfc_statistics_order(estimates->utilisation, estimates->n_rows);

	for (guint i = 0; i < estimates->n_rows; i++)
		counts[estimates->groups[i]]++;
	for (guint i = 0; i < estimates->n_rows; i++)
		weights[i] = 1.0 / counts[estimates->groups[i]];
	return vmfc_statistics_weighted_quantile(estimates->utilisation, weights, order,
						 estimates->n_rows, IDLE_SHARE);
}

/* ---------------------------------------------------------- of all groups */

/* The mean of those groups that have the figure. */
static gdouble
average(const VmfcFigureTable *table, gsize offset)
{
	gdouble sum = 0;
	guint n = 0;

	for (guint i = 0; i < table->n_groups; i++) {
		gdouble value = G_STRUCT_MEMBER(gdouble, &table->groups[i], offset);
		if (isnan(value))
			continue;
		sum += value;
		n++;
	}
	return divide(sum, n);
}

static void
sum_up(VmfcFigureTable *table)
{
	static const gsize offsets[] = {
		G_STRUCT_OFFSET(VmfcFigures, mae),	  G_STRUCT_OFFSET(VmfcFigures, mape),
		G_STRUCT_OFFSET(VmfcFigures, bias),	  G_STRUCT_OFFSET(VmfcFigures, energy),
		G_STRUCT_OFFSET(VmfcFigures, idle),	  G_STRUCT_OFFSET(VmfcFigures, held),
		G_STRUCT_OFFSET(VmfcFigures, half_width),
	};

	for (guint i = 0; i < G_N_ELEMENTS(offsets); i++)
		G_STRUCT_MEMBER(gdouble, &table->mean, offsets[i]) = average(table, offsets[i]);
	table->mean.n_rows = table->rows.n_rows;
	for (guint i = 0; i < table->n_groups; i++) {
		if (table->groups[i].mape > table->groups[table->worst].mape ||
		    isnan(table->groups[table->worst].mape))
			table->worst = i;
		if (table->groups[i].held < table->groups[table->least_held].held ||
		    isnan(table->groups[table->least_held].held))
			table->least_held = i;
	}
}

VmfcFigureTable *
vmfc_figure_table_new(const VmfcEstimates *estimates)
{
	VmfcFigureTable *table = g_new0(VmfcFigureTable, 1);
	g_autofree Sums *sums = g_new0(Sums, estimates->n_groups + 1);
	Sums *all = &sums[estimates->n_groups];
	gdouble idle = find_idle(estimates);

	for (guint i = 0; i < estimates->n_rows; i++) {
		add_row(&sums[estimates->groups[i]], estimates, i, idle);
		add_row(all, estimates, i, idle);
	}
	table->n_groups = estimates->n_groups;
	table->groups = g_new0(VmfcFigures, estimates->n_groups + 1);
	for (guint i = 0; i < estimates->n_groups; i++)
		finish(&sums[i], &table->groups[i]);
	finish(all, &table->rows);
	sum_up(table);
	return table;
}

void
vmfc_figure_table_free(VmfcFigureTable *table)
{
	g_free(table->groups);
	g_free(table);
}
