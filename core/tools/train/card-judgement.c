/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/card-judgement.h"

#include <math.h>

#include "tools/train/card-text.h"
#include "tools/train/interval.h"

/* More groups are in the model's file alone. */
#define MAX_SHOWN 50

static const VmfcCandidate *
get_candidate(const VmfcTrial *trial, guint number)
{
	return &g_array_index(trial->candidates, VmfcCandidate, number);
}

static const gchar *
get_group_word(const VmfcTrial *trial)
{
	return trial->groups->kind == VMFC_GROUPS_WORKLOADS ? "workload"
	       : trial->groups->kind == VMFC_GROUPS_PHASES  ? "phase of a workload"
							    : "block of time";
}

/* ------------------------------------------------------------- not seen */

static void
add_figures_header(GString *card, const gchar *word)
{
	g_string_append_printf(card,
			       "| %s | rows | MAPE %% | MAE W | bias W | energy %% | idle W | held "
			       "%% | ± %% |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
			       word);
}

static void
add_figures(GString *card, const gchar *name, const VmfcFigures *figures)
{
	g_autofree gchar *shown = vmfc_card_text_escape(name);

	g_string_append_printf(card, "| %s | %u |", shown, figures->n_rows);
	vmfc_card_text_add_number(card, "%.1f", figures->mape);
	vmfc_card_text_add_number(card, "%.2f", figures->mae);
	vmfc_card_text_add_number(card, "%+.2f", figures->bias);
	vmfc_card_text_add_number(card, "%+.1f", figures->energy);
	vmfc_card_text_add_number(card, "%+.2f", figures->idle);
	vmfc_card_text_add_number(card, "%.1f", figures->held);
	vmfc_card_text_add_number(card, "%.1f", figures->half_width);
	g_string_append_c(card, '\n');
}

static void
add_table(GString *card, const gchar *word, const VmfcFigureTable *table, const GPtrArray *names)
{
	add_figures_header(card, word);
	for (guint i = 0; i < MIN(table->n_groups, MAX_SHOWN); i++)
		add_figures(card, names->pdata[i], &table->groups[i]);
	add_figures(card, "mean of these", &table->mean);
	add_figures(card, "all rows", &table->rows);
	if (table->n_groups > MAX_SHOWN)
		g_string_append_printf(card, "\n%u more are in the model's file.\n",
				       table->n_groups - MAX_SHOWN);
	g_string_append_c(card, '\n');
}

static void
add_unseen(GString *card, const VmfcTrial *trial)
{
	const VmfcFigureTable *table = trial->figures;
	const gchar *word = get_group_word(trial);
	g_autofree gchar *worst = vmfc_card_text_escape(trial->groups->names->pdata[table->worst]);

	g_string_append_printf(
		card,
		"How wrong it is on what it has not seen: **%.1f %%** on average (MAPE), and "
		"**%.1f %%** on the worst, %s. Each %s was left out once, and estimated by a model "
		"that was chosen and fitted without it.\n\n",
		table->mean.mape, table->groups[table->worst].mape, worst, word);
	add_table(card, word, table, trial->groups->names);
	g_string_append_printf(
		card,
		"MAPE and ± count rows of %.4g W or more, where a relative error "
		"says something. Idle: the mean error of rows that are idle. Energy: "
		"the error of the sum. Held: rows whose power was within the "
		"interval; ±: half its width.\n\n",
		trial->floor);
}

static void
add_candidates(GString *card, const VmfcTrial *trial)
{
	g_string_append_printf(card, "Chosen: **%s**. All that was tried, each alone:\n\n",
			       get_candidate(trial, trial->chosen)->name);
	g_string_append(card, "| model | mean error % | worst % |\n|---|---:|---:|\n");
	for (guint i = 0; i < trial->candidates->len; i++) {
		g_string_append_printf(card, "| %s |", get_candidate(trial, i)->name);
		vmfc_card_text_add_number(card, "%.2f", trial->errors[i]);
		vmfc_card_text_add_number(card, "%.1f", trial->worst[i]);
		g_string_append_c(card, '\n');
	}
	g_string_append_c(card, '\n');
}

/* -------------------------------------------------------------- interval */

static void
add_interval(GString *card, const VmfcTrial *trial)
{
	const VmfcInterval *interval = &trial->interval;
	const VmfcFigureTable *table = trial->figures;
	guint least = vmfc_interval_get_least_groups(interval->share);
	g_autofree gchar *name = vmfc_card_text_escape(
		trial->groups->names->pdata[table->least_held]);

	g_string_append_printf(
		card,
		"The interval is to contain %.4g %% of rows. It contained **%.1f %%** of rows that "
		"it had not seen; of the %s where it contained least, %s, %.1f %%. It goes from "
		"the estimate "
		"divided by %.4g to the estimate times that; below %.4g W it starts at 0.\n\n",
		100 * interval->share, table->rows.held, get_group_word(trial), name,
		table->groups[table->least_held].held, exp(interval->log_width), interval->floor);
	if (trial->groups->kind != VMFC_GROUPS_WORKLOADS)
		g_string_append_printf(
			card,
			"**A %s is not a workload that it has not seen: the interval "
			"says nothing of other workloads.**\n\n",
			get_group_word(trial));
	else if (interval->n_groups < least)
		g_string_append_printf(card,
				       "**There are fewer than %u workloads: the interval is not a "
				       "promise.** Record more workloads.\n\n",
				       least);
}

/* ---------------------------------------------------------------- beside */

static void
add_top(GString *card, const VmfcTrial *trial)
{
	if (isnan(trial->top_mape))
		return;
	g_string_append_printf(card,
			       "- Beyond what it was trained on: fitted without the fifth of the "
			       "rows with the highest utilisation (above %.4g), it is %.1f %% off "
			       "on that fifth, and %+.1f %% on average.\n",
			       trial->top_from, trial->top_mape, trial->top_bias);
}

static void
add_runs(GString *card, const VmfcTrial *trial)
{
	gdouble sum = 0;
	guint worst = 0;
	guint n = 0;

	for (guint i = 0; i < trial->n_runs; i++) {
		if (isnan(trial->run_mapes[i]))
			continue;
		if (n == 0 || trial->run_mapes[i] > trial->run_mapes[worst])
			worst = i;
		sum += trial->run_mapes[i];
		n++;
	}
	if (n == 0)
		return;
	g_autofree gchar *name = vmfc_card_text_escape(trial->set->run_names->pdata[worst]);
	g_string_append_printf(card,
			       "- Runs left out: with each of %u runs left out once, it is %.1f %% "
			       "off on average, and %.1f %% on the worst, %s.\n",
			       n, sum / n, trial->run_mapes[worst], name);
}

static void
add_beside(GString *card, const VmfcTrial *trial)
{
	add_top(card, trial);
	add_runs(card, trial);
	if (!isnan(trial->shuffled_mape))
		g_string_append_printf(card,
				       "- Shuffled rows: %.1f %%. This figure flatters, because a "
				       "row's neighbours were trained on. It is here to compare "
				       "with what others publish.\n",
				       trial->shuffled_mape);
	g_string_append_printf(card, "- Made from %u rows", trial->all->n_rows);
	if (trial->nested != NULL && trial->judged->n_rows < trial->all->n_rows)
		g_string_append_printf(card,
				       ", and judged by %u of them, evenly taken from each %s",
				       trial->judged->n_rows, get_group_word(trial));
	if (trial->groups->gap > 0)
		g_string_append_printf(card,
				       "; %u rows beside a block that was left out were not "
				       "trained on either",
				       trial->groups->gap);
	g_string_append(card, ".\n\n");
}

static void
add_test(GString *card, const VmfcTrial *trial)
{
	const VmfcEvaluation *test = trial->test;
	g_autofree gchar *name = vmfc_card_text_escape(trial->test_input->name);

	g_string_append_printf(card,
			       "On %s, which was kept back: **%.1f %%** on average of its "
			       "workloads; %.1f %% of its %u rows are in range.\n\n",
			       name, test->figures->mean.mape,
			       100.0 * test->n_in_range / test->n_rows, test->n_rows);
	add_table(card, "workload", test->figures, test->groups->names);
}

/* How wrong the model is, and how that was found. */
void
vmfc_card_add_judgement(GString *card, const VmfcTrial *trial)
{
	if (trial->figures != NULL) {
		add_unseen(card, trial);
		add_interval(card, trial);
		add_candidates(card, trial);
	} else {
		g_string_append_printf(card,
				       "**How wrong it is, is not known**: there are too few "
				       "rows to leave any out (%u), so it has no interval. It is a "
				       "%s.\n\n",
				       trial->all->n_rows,
				       get_candidate(trial, trial->chosen)->name);
	}
	if (trial->test != NULL)
		add_test(card, trial);
	add_beside(card, trial);
}

/* ---------------------------------------------------------------- advice */

/* What to record so that the next model is better, or can be judged. */
void
vmfc_card_add_advice(GString *card, const VmfcTrainingSet *set, const GPtrArray *zones)
{
	const VmfcTrial *trial = NULL;

	for (guint i = 0; i < zones->len && trial == NULL; i++) {
		const VmfcZoneTrials *zone = zones->pdata[i];
		trial = zone->trials->len > 0 ? zone->trials->pdata[0] : NULL;
	}
	g_return_if_fail(trial != NULL);
	guint least = vmfc_interval_get_least_groups(trial->interval.share);
	if (trial->groups->kind == VMFC_GROUPS_WORKLOADS && trial->interval.n_groups >= least &&
	    set->uses_cpus)
		return;
	g_string_append(card, "## What to record next\n\n");
	if (trial->groups->kind != VMFC_GROUPS_WORKLOADS || trial->interval.n_groups < least)
		g_string_append_printf(
			card,
			"- %u workloads or more, each for some minutes at several loads, from idle "
			"to full: vmfc --stress-workload runs one after the other and writes "
			"their names into the records. Without at least %d nothing can be said "
			"of workloads that the model has not seen.\n",
			least, VMFC_GROUPS_MIN);
	if (!set->uses_cpus)
		g_string_append(card, "- The column core_count, which the plugin cpu of vmfc "
				      "writes, so that the model works on machines of other "
				      "sizes.\n");
}
