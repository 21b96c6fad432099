/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/evaluation-print.h"

#include <math.h>
#include <stdio.h>

/* Columns of the terminal for the name of a workload; longer ones stand out of line. */
#define NAME_WIDTH 24

/* Text of a file goes to the terminal: control characters would command it. */
static gchar *
show_name(const gchar *name)
{
	g_autoptr(GString) shown = g_string_new(NULL);

	for (; *name != '\0'; name = g_utf8_next_char(name)) {
		gunichar c = g_utf8_get_char(name);
		g_string_append_unichar(shown, g_unichar_isprint(c) ? c : '?');
	}
	return g_string_free(g_steal_pointer(&shown), FALSE);
}

/* Left, in that width. */
static void
print_name(const gchar *name)
{
	g_autofree gchar *shown = show_name(name);
	glong length = g_utf8_strlen(shown, -1);

	printf("  %s%*s", shown, (gint)MAX(NAME_WIDTH - length, 0), "");
}

static void
print_number(gdouble value, gint digits)
{
	if (isnan(value))
		printf(" %9s", "-");
	else
		printf(" %9.*f", digits, value);
}

static void
print_figures(const gchar *name, const VmfcFigures *figures)
{
	print_name(name);
	printf(" %8u", figures->n_rows);
	print_number(figures->mae, 2);
	print_number(figures->mape, 1);
	print_number(figures->bias, 2);
	print_number(figures->idle, 2);
	print_number(figures->energy, 1);
	print_number(figures->held, 1);
	print_number(figures->half_width, 1);
	printf("\n");
}

static void
print_table(const VmfcEvaluation *evaluation)
{
	const VmfcFigureTable *table = evaluation->figures;

	print_name("workload");
	printf(" %8s %9s %9s %9s %9s %9s %9s %9s\n", "rows", "MAE W", "MAPE %", "bias W", "idle W",
	       "energy %", "held %", "width %");
	for (guint i = 0; table->n_groups > 1 && i < table->n_groups; i++)
		print_figures(evaluation->groups->names->pdata[i], &table->groups[i]);
	if (table->n_groups > 1)
		print_figures("mean of the workloads", &table->mean);
	print_figures("all rows", &table->rows);
	printf("  MAPE: rows of %.3g W and more; held: rows within the interval, which is to hold "
	       "%g %%, of +- width\n",
	       evaluation->sub_model->interval.floor, 100 * evaluation->sub_model->interval.share);
}

static gdouble
get_mean(const VmfcEvaluation *evaluation)
{
	gdouble sum = 0;

	for (guint i = 0; i < evaluation->n_rows; i++)
		sum += evaluation->estimated[i];
	return sum / evaluation->n_rows;
}

/* For its reader at a terminal. */
void
vmfc_evaluation_print(const VmfcEvaluation *evaluation)
{
	const VmfcSubModel *sub_model = evaluation->sub_model;

	printf("%s from %s (%s): %u of %u rows estimated", evaluation->zone->name, sub_model->name,
	       vmfc_family_get_name(sub_model->estimator.family), evaluation->n_rows,
	       evaluation->n_asked);
	if (!evaluation->is_range_known)
		printf(", range not known");
	else
		printf(", %.1f %% of them in range",
		       100.0 * evaluation->n_in_range / evaluation->n_rows);
	if (evaluation->figures == NULL) {
		printf(", %.2f W in the mean; there is no measured power\n", get_mean(evaluation));
		return;
	}
	printf("\n");
	print_table(evaluation);
}
